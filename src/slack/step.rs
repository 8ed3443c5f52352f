//! What a step of a workflow gets as its outputs: the names and types of the manifest's
//! `output_parameters`, <https://docs.slack.dev/workflows/workflow-steps>.

use crate::domain::workflow::{Decision, StepAnswer};
use serde_json::{Value, json};

/// The outputs of a step that succeeded; a failed one has none.
pub fn outputs(answer: &StepAnswer) -> Value {
    match answer {
        StepAnswer::Requested(answer) => {
            let mut outputs = json!({
                "request_id": answer.request.as_str(),
                "approved": answer.decision == Decision::Approved,
                "decision": answer.decision.name(),
                "device": answer.device,
            });
            if let Some(person) = &answer.decided_by {
                outputs["decided_by"] = person.as_str().into();
            }
            if let Some(at) = answer.ends_at {
                outputs["ends_at"] = at.timestamp().into();
            }
            outputs
        }
        StepAnswer::Ended { at } => {
            let mut outputs = json!({ "ended": at.is_some() });
            if let Some(at) = at {
                outputs["ended_at"] = at.timestamp().into();
            }
            outputs
        }
        StepAnswer::Checked { until } => {
            let mut outputs = json!({ "active": until.is_some() });
            if let Some(until) = until {
                outputs["ends_at"] = until.timestamp().into();
            }
            outputs
        }
        StepAnswer::Failed { .. } => json!({}),
    }
}

/// The options that an options function lists.
pub fn options<'a>(options: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let one = |(text, value): (&str, &str)| {
        json!({
            "text": { "type": "plain_text", "text": super::text::plain(text, LONGEST_OPTION) },
            "value": value,
        })
    };
    let listed: Vec<Value> = options.into_iter().map(one).collect();
    json!({ "options": listed })
}

/// Slack's limit for the text of an option.
const LONGEST_OPTION: usize = 75;
