//! What went over the wire to and from Slack, readable, secrets cut.

use askama::Template;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{House, names};
use crate::sandbox::slack::{Answered, Call, Outcome, Sent};

/// How many are shown, of both directions together.
const SHOWN: usize = 16;
/// Enough to tell two signatures apart, too little to use one.
const KEPT_OF_A_SIGNATURE: usize = 9;

#[derive(Template)]
#[template(path = "panes/wire.html")]
struct Wire {
    lines: Vec<Line>,
}

/// One request.
struct Line {
    at: DateTime<Utc>,
    to_app: bool,
    number: u64,
    what: String,
    status: String,
    went_well: bool,
}

impl Line {
    fn kind(&self) -> &'static str {
        if self.to_app { "sent" } else { "call" }
    }

    fn utc(&self) -> String {
        names::utc(self.at)
    }
}

pub(super) fn wire(house: &House) -> askama::Result<String> {
    let sent = house.slack.last_sent(SHOWN);
    let calls = house.slack.last_calls(SHOWN);
    let mut lines: Vec<Line> = sent.iter().map(delivery).collect();
    lines.extend(calls.iter().map(call));
    lines.sort_by_key(|line| std::cmp::Reverse(line.at));
    lines.truncate(SHOWN);
    Wire { lines }.render()
}

fn delivery(sent: &Sent) -> Line {
    Line {
        at: sent.at,
        to_app: true,
        number: sent.number,
        what: format!("POST {} {}", sent.delivery.path, what_it_is(sent)),
        status: match sent.answered {
            Answered::NotYet => "…".to_owned(),
            Answered::Status(status) => status.to_string(),
            Answered::Never => "no answer".to_owned(),
        },
        went_well: matches!(sent.answered, Answered::NotYet | Answered::Status(200)),
    }
}

/// `block_actions approve`, `/access status`: what a person would call it.
fn what_it_is(sent: &Sent) -> String {
    let body = readable(&sent.delivery.body);
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let payload = &body["payload"];
    let parts = if payload.is_object() {
        vec![
            word(&payload["type"]),
            word(&payload["actions"][0]["action_id"]),
            word(&payload["callback_id"]),
            word(&payload["view"]["callback_id"]),
        ]
    } else if body["command"].is_string() {
        vec![word(&body["command"]), word(&body["text"])]
    } else {
        vec![
            word(&body["event"]["type"]),
            word(&body["event"]["function"]["callback_id"]),
        ]
    };
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

fn call(call: &Call) -> Line {
    let (status, went_well) = told(&call.outcome);
    Line {
        at: call.at,
        to_app: false,
        number: call.number,
        what: call.method.clone(),
        status,
        went_well,
    }
}

fn told(outcome: &Outcome) -> (String, bool) {
    match outcome {
        Outcome::Ok => ("ok".to_owned(), true),
        Outcome::Error(code) => (code.clone(), false),
        Outcome::RateLimited { retry_after, .. } => (format!("429, wait {retry_after} s"), false),
        Outcome::Status(status) => (status.to_string(), false),
        Outcome::Reset => ("no answer".to_owned(), false),
        Outcome::Lost(truth) => (format!("{}, answer lost", told(truth).0), false),
    }
}

/// One request to the app in full.
pub(super) fn sent_in_full(house: &House, number: u64) -> Option<String> {
    let sent = house.slack.sent(number)?;
    let headers = sent.delivery.headers.iter().map(|(name, value)| {
        let shown = if name.eq_ignore_ascii_case("x-slack-signature") {
            let kept: String = value.chars().take(KEPT_OF_A_SIGNATURE).collect();
            format!("{kept}…")
        } else {
            value.clone()
        };
        format!("{name}: {shown}\n")
    });
    let head: String = headers.collect();
    let body = readable(&sent.delivery.body);
    Some(format!("{head}\n{}", pretty(&body)))
}

/// One call of the Web API in full.
pub(super) fn call_in_full(house: &House, number: u64) -> Option<String> {
    let call = house.slack.call(number)?;
    let mut args = call.args;
    cut(&mut args);
    Some(pretty(&args))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// A body as JSON, whatever it was sent as; secrets are cut.
fn readable(body: &[u8]) -> Value {
    let mut value = serde_json::from_slice(body).unwrap_or_else(|_| {
        let fields = form_urlencoded::parse(body).map(|(name, value)| {
            let value = match &*name {
                "payload" => serde_json::from_str(&value).unwrap_or(Value::Null),
                _ => json!(value),
            };
            (name.into_owned(), value)
        });
        Value::Object(fields.collect::<Map<_, _>>())
    });
    cut(&mut value);
    value
}

/// Cuts what would let somebody act: tokens, triggers, addresses to answer to.
fn cut(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(cut),
        Value::Object(fields) => {
            for (name, field) in fields {
                let is_secret = matches!(
                    name.as_str(),
                    "token"
                        | "bot_access_token"
                        | "trigger_id"
                        | "response_url"
                        | "client_secret"
                        | "authorization"
                );
                if is_secret && field.is_string() {
                    *field = json!("…");
                } else {
                    cut(field);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_cut_from_forms_and_payloads() {
        let payload = json!({
            "type": "block_actions",
            "token": "one",
            "trigger_id": "two",
            "response_url": "http://three",
            "bot_access_token": "six",
            "view": { "blocks": [{ "text": "kept", "token": "four" }] },
        });
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", "five")
            .append_pair("payload", &payload.to_string())
            .finish();
        let read = pretty(&readable(body.as_bytes()));
        for secret in ["one", "two", "three", "four", "five", "six"] {
            assert!(!read.contains(secret), "{secret} in {read}");
        }
        assert!(read.contains("kept") && read.contains("block_actions"));
    }

    #[test]
    fn json_bodies_are_read_as_well() {
        let read = readable(br#"{"type":"event_callback","token":"one"}"#);
        assert_eq!(read["type"], "event_callback");
        assert_eq!(read["token"], "…");
    }
}
