//! Workflow Builder and the workflows that were built in it: they run steps of the app.
//! <https://docs.slack.dev/reference/events/function_executed>

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    SlackSandbox,
    deliveries::{Answered, Delivery, EVENTS, Reply, Undelivered},
    events,
    functions::{Execution, ExecutionState, Function},
    state::State,
};

/// Why Workflow Builder does not run a step.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StepError {
    /// The app declares no such function.
    #[error("the app's manifest declares no function {0:?}")]
    NoFunction(String),
    /// The function has no such menu.
    #[error("{function} has no input {input:?} whose choices come from the app")]
    NoMenu {
        /// The function's callback id.
        function: String,
        /// The input.
        input: String,
    },
    /// The inputs are not what the function takes.
    #[error("Workflow Builder does not run it: {}", .0.join("; "))]
    BadInputs(Vec<String>),
}

/// Why a menu of Workflow Builder stays empty.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OptionsError {
    /// It was not asked for.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The function lists no options.
    #[error("{0:?} has no output `options`")]
    NoOptions(String),
    /// The app never got the question.
    #[error(transparent)]
    Undelivered(#[from] Undelivered),
    /// The app did not acknowledge the event.
    #[error("the app answered {0}")]
    Unacknowledged(u16),
    /// The app acknowledged first; it was recorded as a refusal.
    #[error("the app acknowledged the event before it gave the options")]
    AcknowledgedFirst,
    /// The app said that it could not.
    #[error("the app could not list them: {0}")]
    Failed(String),
}

/// One choice of a menu in Workflow Builder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepOption {
    /// What people read.
    pub text: String,
    /// What the step is given.
    pub value: String,
    /// What stands below, if anything.
    pub description: Option<String>,
}

impl SlackSandbox {
    /// What the app declares.
    pub fn functions(&self) -> Vec<Function> {
        self.shared.read(|state| state.functions.clone())
    }

    /// A workflow comes to a step of the app. Inputs that Workflow Builder would not let
    /// anybody leave like this are refused here. An app that cannot be reached is no error:
    /// the execution runs, and can be told of again.
    pub async fn run_step(&self, callback_id: &str, inputs: Value) -> Result<Execution, StepError> {
        let (id, _) = self.execute(callback_id, inputs).await?;
        self.execution(&id)
            .ok_or_else(|| StepError::NoFunction(callback_id.to_owned()))
    }

    /// Tells the app of an execution again, the way Slack retries events.
    pub async fn redeliver_step(&self, id: &str, attempt: u8) -> Result<Reply, Undelivered> {
        let event = self.execution(id).map(|execution| execution.event);
        let event = event.ok_or_else(|| Undelivered::NoAnswer(format!("{id} never ran")))?;
        let reply = self.redeliver(&event, attempt).await;
        self.note_answer(id, &reply);
        reply
    }

    /// A run, by its id `Fx…`.
    pub fn execution(&self, id: &str) -> Option<Execution> {
        self.shared.read(|state| state.executions.get(id).cloned())
    }

    /// Every run so far, oldest first.
    pub fn executions(&self) -> Vec<Execution> {
        self.shared
            .read(|state| state.executions.all().cloned().collect())
    }

    /// A run as soon as it does not run any more.
    pub async fn await_execution(&self, id: &str, patience: Duration) -> Option<Execution> {
        self.until(patience, |slack| {
            slack
                .execution(id)
                .filter(|execution| !execution.is_running())
        })
        .await
    }

    /// Ends a run, as when somebody removes its workflow: the app is not told, and cannot
    /// complete it any more.
    pub fn end_execution(&self, id: &str) {
        self.shared.change(|state| {
            let now = state.now();
            let _ = state.executions.stop(id, ExecutionState::Ended, now);
        });
    }

    /// Opens a menu of Workflow Builder: runs a function that lists options. The app has to
    /// complete it before it acknowledges the event.
    /// <https://docs.slack.dev/workflows/creating-custom-steps-dynamic-options>
    pub async fn options(
        &self,
        callback_id: &str,
        inputs: Value,
    ) -> Result<Vec<StepOption>, OptionsError> {
        let lists = self
            .functions()
            .iter()
            .any(|function| function.callback_id == callback_id && function.lists_options());
        if !lists {
            return Err(OptionsError::NoOptions(callback_id.to_owned()));
        }
        let (id, reply) = self.execute(callback_id, inputs).await?;
        // What counts is how it stood when the answer came.
        let state = self.execution(&id).map(|execution| execution.state);
        let reply = reply?;
        if !reply.acknowledged() {
            return Err(OptionsError::Unacknowledged(reply.status));
        }
        match state {
            Some(ExecutionState::Completed(outputs)) => Ok(choices(&outputs)),
            Some(ExecutionState::Failed(error)) => Err(OptionsError::Failed(error)),
            _ => {
                let says = format!("{callback_id} has to be completed before the acknowledgement");
                self.shared.change(|state| {
                    let code = "options_acknowledged_first";
                    state.record.refuse("function_executed", code, vec![says]);
                });
                Err(OptionsError::AcknowledgedFirst)
            }
        }
    }

    /// Opens the menu of one input of a step, of which a builder has filled in `given` so far.
    pub async fn options_of(
        &self,
        callback_id: &str,
        input: &str,
        given: &Value,
    ) -> Result<Vec<StepOption>, OptionsError> {
        let functions = self.functions();
        let function = functions.iter().find(|one| one.callback_id == callback_id);
        let function = function.ok_or_else(|| StepError::NoFunction(callback_id.to_owned()))?;
        let dynamic = function
            .input(input)
            .and_then(|input| input.dynamic.as_ref());
        let dynamic = dynamic.ok_or_else(|| StepError::NoMenu {
            function: callback_id.to_owned(),
            input: input.to_owned(),
        })?;
        self.options(&dynamic.function, dynamic.resolve(given))
            .await
    }

    async fn execute(
        &self,
        callback_id: &str,
        inputs: Value,
    ) -> Result<(String, Result<Reply, Undelivered>), StepError> {
        let (id, event) = self
            .shared
            .change(|state| begin(state, callback_id, inputs))?;
        let reply = self.send_event(event).await;
        self.note_answer(&id, &reply);
        Ok((id, reply))
    }

    fn note_answer(&self, id: &str, reply: &Result<Reply, Undelivered>) {
        let answered = match reply {
            Ok(reply) => Answered::Status(reply.status),
            Err(_) => Answered::Never,
        };
        self.shared.change(|state| {
            if let Some(execution) = state.executions.get_mut(id) {
                execution.answered = answered;
            }
        });
    }
}

fn begin(
    state: &mut State,
    callback_id: &str,
    inputs: Value,
) -> Result<(String, Vec<u8>), StepError> {
    let mut declared = state.functions.iter();
    let function = declared
        .find(|one| one.callback_id == callback_id)
        .cloned()
        .ok_or_else(|| StepError::NoFunction(callback_id.to_owned()))?;
    let problems = function.refuses_inputs(state, &inputs);
    if !problems.is_empty() {
        return Err(StepError::BadInputs(problems));
    }
    let (id, run) = (state.fresh_id("Fx"), state.fresh_id("Wx"));
    let token = format!("xwfp-{:032x}", rand::random::<u128>());
    let now = state.now();
    let event = json!({
        "type": "function_executed",
        "function": function.describe(&state.app.app_id, state.opened_at),
        "inputs": inputs,
        "function_execution_id": id,
        "workflow_execution_id": run,
        "event_ts": format!("{}.{:06}", now.timestamp(), now.timestamp_subsec_micros()),
        "bot_access_token": token,
    });
    let event_id = state.fresh_id("Ev");
    let body = events::envelope(state, &event_id, &event)
        .to_string()
        .into_bytes();
    state.executions.add(Execution {
        id: id.clone(),
        workflow_execution_id: run,
        function: function.callback_id,
        title: function.title,
        inputs,
        state: ExecutionState::Running,
        began_at: now,
        ended_at: None,
        token,
        answered: Answered::NotYet,
        event: Delivery {
            path: EVENTS.to_owned(),
            headers: Vec::new(),
            body: body.clone(),
        },
    });
    Ok((id, body))
}

fn choices(outputs: &Value) -> Vec<StepOption> {
    let options = outputs["options"].as_array().into_iter().flatten();
    let said = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    options
        .map(|option| StepOption {
            text: said(&option["text"]["text"]),
            value: said(&option["value"]),
            description: option["description"]["text"].as_str().map(str::to_owned),
        })
        .collect()
}
