//! What Workflow Builder does, and the workflows that were built in it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{super::House, Declined, Done, silence, surely};
use crate::sandbox::slack::{Answered, Function, OptionsError, ParameterKind, StepError};

type Theirs = State<Arc<House>>;

/// A step with what was filled in so far, as the browser holds it.
#[derive(Deserialize)]
pub(in super::super) struct Filled {
    function: String,
    #[serde(default)]
    inputs: BTreeMap<String, Value>,
}

/// A menu of a step is opened.
#[derive(Deserialize)]
pub(in super::super) struct Menu {
    #[serde(flatten)]
    step: Filled,
    input: String,
}

#[derive(Deserialize)]
pub(in super::super) struct OfRun {
    run: String,
}

impl Filled {
    /// The inputs as the function wants them; what is empty is left out.
    fn typed(&self, house: &House) -> Result<Value, Declined> {
        let functions = house.slack.functions();
        let function = functions
            .iter()
            .find(|function| function.callback_id == self.function)
            .ok_or_else(|| {
                let unknown = StepError::NoFunction(self.function.clone());
                Declined::because(format!("{unknown}. Nothing ran."))
            })?;
        let mut inputs = Map::new();
        for (name, held) in &self.inputs {
            if held.as_str() != Some("") && !held.is_null() {
                inputs.insert(name.clone(), typed(function, name, held)?);
            }
        }
        Ok(Value::Object(inputs))
    }
}

/// Browsers hold words, also where a number is meant.
fn typed(function: &Function, name: &str, held: &Value) -> Result<Value, Declined> {
    let input = function.input(name);
    let (Some(input), Some(text)) = (input, held.as_str()) else {
        return Ok(held.clone());
    };
    let number = match input.kind {
        ParameterKind::Integer | ParameterKind::Timestamp => {
            text.parse::<i64>().ok().map(Value::from)
        }
        ParameterKind::Number => text.parse::<f64>().ok().map(Value::from),
        _ => return Ok(held.clone()),
    };
    number.ok_or_else(|| {
        let title = &input.title;
        Declined::because(format!("{title} has to be a number. Nothing ran."))
    })
}

pub(super) async fn options(State(house): Theirs, Json(menu): Json<Menu>) -> Done {
    surely(async move {
        let given = menu.step.typed(&house)?;
        let found = house
            .slack
            .options_of(&menu.step.function, &menu.input, &given)
            .await;
        let app = &house.app;
        let options = found.map_err(|error| {
            Declined::because(match error {
                OptionsError::Undelivered(_) => {
                    format!("{app} does not answer, so this menu stays empty.")
                }
                OptionsError::Unacknowledged(status) => {
                    format!("{app} answered {status}, so this menu stays empty.")
                }
                OptionsError::AcknowledgedFirst => format!(
                    "{app} acknowledged before it gave the options, so this menu stays empty."
                ),
                OptionsError::Failed(says) => format!("{app} could not list them: {says}"),
                other => format!("This menu stays empty: {other}."),
            })
        })?;
        let options = options.into_iter().map(|option| {
            json!({
                "value": option.value,
                "text": option.text,
                "description": option.description,
            })
        });
        Ok(Json(json!({ "options": options.collect::<Vec<_>>() })))
    })
    .await
}

pub(super) async fn run(State(house): Theirs, Json(step): Json<Filled>) -> Done {
    surely(async move {
        let inputs = step.typed(&house)?;
        let ran = house.slack.run_step(&step.function, inputs).await;
        let execution = ran.map_err(|error| Declined::because(format!("{error}. Nothing ran.")))?;
        let app = &house.app;
        match execution.answered {
            Answered::Status(200) | Answered::NotYet => Ok(silence()),
            Answered::Status(status) => Err(Declined::because(format!(
                "The workflow waits at this step: {app} answered {status}. Tell it again below."
            ))),
            Answered::Never => Err(Declined::because(format!(
                "The workflow waits at this step: {app} does not answer. Tell it again below."
            ))),
        }
    })
    .await
}

pub(super) async fn tell_again(State(house): Theirs, Json(of): Json<OfRun>) -> Done {
    surely(async move {
        let told = house.slack.redeliver_step(&of.run, 1).await;
        let app = &house.app;
        match told {
            Ok(reply) if reply.acknowledged() => Ok(silence()),
            Ok(reply) => Err(Declined::because(format!(
                "{app} answered {}. The workflow still waits.",
                reply.status
            ))),
            Err(_) => Err(Declined::because(format!(
                "{app} does not answer. The workflow still waits."
            ))),
        }
    })
    .await
}

pub(super) async fn end(State(house): Theirs, Json(of): Json<OfRun>) -> Done {
    house.slack.end_execution(&of.run);
    Ok(silence())
}
