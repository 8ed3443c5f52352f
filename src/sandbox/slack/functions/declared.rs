//! One function of an app.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{
    super::state::State,
    parameter::{Parameter, ParameterKind, Place},
};

/// A function that an app declares: a step in Workflow Builder, or what fills a menu there.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// How the app tells its functions apart.
    pub callback_id: String,
    /// What the step is called.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// What it takes, in the manifest's order.
    pub inputs: Vec<Parameter>,
    /// What it gives back, in the manifest's order.
    pub outputs: Vec<Parameter>,
}

impl Function {
    /// Whether it fills a menu of Workflow Builder, and is no step for people.
    pub fn lists_options(&self) -> bool {
        self.outputs
            .iter()
            .any(|output| output.name == "options" && output.kind == ParameterKind::Options)
    }

    /// One of its inputs.
    pub fn input(&self, name: &str) -> Option<&Parameter> {
        self.inputs.iter().find(|input| input.name == name)
    }

    /// The object of a `function_executed` event.
    pub(in crate::sandbox::slack) fn describe(&self, app_id: &str, since: DateTime<Utc>) -> Value {
        let all = |parameters: &[Parameter]| -> Vec<Value> {
            parameters.iter().map(Parameter::describe).collect()
        };
        json!({
            "id": format!("Fn0{}", self.callback_id.to_uppercase().replace('_', "")),
            "callback_id": self.callback_id,
            "title": self.title,
            "description": self.description,
            "type": "app",
            "input_parameters": all(&self.inputs),
            "output_parameters": all(&self.outputs),
            "app_id": app_id,
            "date_created": since.timestamp(),
            "date_updated": since.timestamp(),
            "date_deleted": 0,
            "form_enabled": false,
        })
    }

    /// What is wrong with these inputs, as Workflow Builder would say it.
    pub(in crate::sandbox::slack) fn refuses_inputs(
        &self,
        state: &State,
        given: &Value,
    ) -> Vec<String> {
        problems(state, &self.inputs, given, "inputs", Place::Builder)
    }

    /// What is wrong with these outputs.
    pub(in crate::sandbox::slack) fn refuses_outputs(
        &self,
        state: &State,
        given: &Value,
    ) -> Vec<String> {
        problems(state, &self.outputs, given, "outputs", Place::App)
    }
}

fn problems(
    state: &State,
    declared: &[Parameter],
    given: &Value,
    at: &str,
    place: Place,
) -> Vec<String> {
    let Some(given) = given.as_object() else {
        return vec![format!("[ERROR] must be an object [json-pointer:/{at}]")];
    };
    let mut found = unknown(declared, given, at);
    for parameter in declared {
        match given.get(&parameter.name) {
            None | Some(Value::Null) if parameter.required => found.push(format!(
                "[ERROR] missing required field: {} [json-pointer:/{at}]",
                parameter.name
            )),
            None | Some(Value::Null) => {}
            Some(value) => {
                let says = parameter.refuses(state, value, place);
                found.extend(
                    says.map(|says| {
                        format!("[ERROR] {says} [json-pointer:/{at}/{}]", parameter.name)
                    }),
                );
            }
        }
    }
    found
}

fn unknown(declared: &[Parameter], given: &Map<String, Value>, at: &str) -> Vec<String> {
    given
        .keys()
        .filter(|name| !declared.iter().any(|known| known.name == **name))
        .map(|name| {
            format!("[ERROR] no additional properties allowed: {name} [json-pointer:/{at}]")
        })
        .collect()
}
