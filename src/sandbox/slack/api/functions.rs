//! `functions.*`.

use serde_json::{Value, json};

use super::super::{
    arguments::Arguments,
    functions::{Execution, ExecutionState},
    refused::Refused,
    state::State,
};

/// <https://docs.slack.dev/reference/methods/functions.completeSuccess>
pub(super) fn complete_success(state: &mut State, arguments: &Arguments) -> Result<Value, Refused> {
    let outputs = arguments.get("outputs").cloned();
    let outputs = outputs.ok_or_else(|| Refused::missing("outputs"))?;
    let execution = running(state, arguments)?;
    let (id, name) = (execution.id.clone(), execution.function.clone());
    let function = state.functions.iter().find(|one| one.callback_id == name);
    let problems = match function {
        Some(function) => function.refuses_outputs(state, &outputs),
        None => vec![format!(
            "[ERROR] the function {name} is not declared any more"
        )],
    };
    if !problems.is_empty() {
        return Err(Refused {
            messages: problems,
            ..Refused::misuse("parameter_validation_failed")
        });
    }
    stop(state, &id, ExecutionState::Completed(outputs))
}

/// <https://docs.slack.dev/reference/methods/functions.completeError>
pub(super) fn complete_error(state: &mut State, arguments: &Arguments) -> Result<Value, Refused> {
    let error = arguments.required("error")?.trim();
    if error.is_empty() {
        return Err(Refused::missing("error"));
    }
    let error = error.to_owned();
    let id = running(state, arguments)?.id.clone();
    stop(state, &id, ExecutionState::Failed(error))
}

fn running<'a>(state: &'a State, arguments: &Arguments) -> Result<&'a Execution, Refused> {
    let id = arguments.required("function_execution_id")?;
    let execution = state.executions.get(id);
    let execution = execution.ok_or_else(|| Refused::because("function_execution_not_found"))?;
    if execution.is_running() {
        return Ok(execution);
    }
    Err(Refused::because("execution_not_in_running_state"))
}

fn stop(state: &mut State, id: &str, how: ExecutionState) -> Result<Value, Refused> {
    let now = state.now();
    let stopped = state.executions.stop(id, how, now);
    stopped
        .map(|()| json!({}))
        .ok_or_else(|| Refused::because("execution_not_in_running_state"))
}
