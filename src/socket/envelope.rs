//! What comes over a connection, and what goes back.
//!
//! Read as leniently as everything else of Slack's: what is not known is `Unknown`, what cannot
//! be read is nothing.

use crate::slack::parse::{self, Inbound, Malformed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// One message of Slack's.
#[derive(Debug)]
pub(super) enum Frame {
    /// The connection is ready.
    Hello,
    /// The connection will end.
    Disconnect(Reason),
    /// Something to be acknowledged.
    Envelope(Envelope),
    /// Something that this version does not know, and that asks for no acknowledgement.
    Unknown,
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// In about ten seconds: `warning`.
    Soon,
    /// Slack wants it replaced: `refresh_requested`.
    Refresh,
    /// Somebody switched Socket Mode off for the app: `link_disabled`.
    SwitchedOff,
    /// The app has ten connections already: `too_many_websockets`.
    TooMany,
    /// For a reason that this version does not know.
    Other,
}

/// Something to be acknowledged.
#[derive(Debug)]
pub(super) struct Envelope {
    id: String,
    pub(super) kind: Kind,
    answer: Answer,
    payload: Option<Box<RawValue>>,
}

/// What an envelope holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A slash command.
    Command,
    /// A click, search, submission, closing, shortcut.
    Interaction,
    /// A post of the Events API.
    Event,
    /// Something that this version does not know, by Slack's name for it.
    Unknown(String),
}

/// Whether the acknowledgement may say more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Taken,
    NotTaken,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: Option<String>,
    reason: Option<String>,
    envelope_id: Option<String>,
    accepts_response_payload: Option<bool>,
    payload: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct Acknowledgement<'a> {
    envelope_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a Value>,
}

impl Frame {
    /// Reads a message.
    pub(super) fn read(text: &str) -> Result<Self, Malformed> {
        let wire: Wire = serde_json::from_str(text)?;
        let kind = wire.kind.unwrap_or_default();
        Ok(match (kind.as_str(), wire.envelope_id) {
            ("hello", _) => Self::Hello,
            ("disconnect", _) => Self::Disconnect(Reason::named(&wire.reason.unwrap_or_default())),
            (_, Some(id)) if !id.is_empty() => Self::Envelope(Envelope {
                id,
                kind: Kind::named(kind),
                answer: match wire.accepts_response_payload {
                    Some(true) => Answer::Taken,
                    Some(false) | None => Answer::NotTaken,
                },
                payload: wire.payload,
            }),
            _ => Self::Unknown,
        })
    }
}

impl Reason {
    fn named(name: &str) -> Self {
        match name {
            "warning" => Self::Soon,
            "refresh_requested" => Self::Refresh,
            "link_disabled" => Self::SwitchedOff,
            "too_many_websockets" => Self::TooMany,
            _ => Self::Other,
        }
    }
}

impl Kind {
    fn named(name: String) -> Self {
        match name.as_str() {
            "slash_commands" => Self::Command,
            "interactive" => Self::Interaction,
            "events_api" => Self::Event,
            _ => Self::Unknown(name),
        }
    }

    /// The name in metrics and logs, that of the route in HTTP mode.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Command => "commands",
            Self::Interaction => "interactions",
            Self::Event => "events",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl Envelope {
    /// What it holds, by the same parsers as in HTTP mode; nothing if this version does not know
    /// the kind.
    pub(super) fn open(&self) -> Result<Option<Inbound>, Malformed> {
        let payload = self.payload.as_deref().map_or("", RawValue::get).as_bytes();
        let inbound = match self.kind {
            Kind::Command => Inbound::Command(parse::parse_command_payload(payload)?),
            Kind::Interaction => Inbound::Interaction(parse::parse_interaction_payload(payload)?),
            Kind::Event => Inbound::Event(parse::parse_event(payload)?),
            Kind::Unknown(_) => return Ok(None),
        };
        Ok(Some(inbound))
    }

    /// What Slack is answered: that it was taken, and where it may say more, what.
    pub(super) fn acknowledge(&self, answer: Option<&Value>) -> String {
        let acknowledgement = Acknowledgement {
            envelope_id: &self.id,
            payload: answer.filter(|_| self.answer == Answer::Taken),
        };
        serde_json::to_string(&acknowledgement).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn envelope(json: &Value) -> Envelope {
        match Frame::read(&json.to_string()) {
            Ok(Frame::Envelope(envelope)) => envelope,
            other => panic!("{other:?} is no envelope"),
        }
    }

    #[test]
    fn every_kind_of_envelope_is_opened_by_its_parser() {
        let command = envelope(&json!({
            "type": "slash_commands", "envelope_id": "e1", "accepts_response_payload": true,
            "payload": { "user_id": "U0AMELIE", "command": "/access", "text": "help" },
        }));
        assert!(matches!(command.open(), Ok(Some(Inbound::Command(_)))));
        let click = envelope(&json!({
            "type": "interactive", "envelope_id": "e2", "accepts_response_payload": true,
            "payload": { "type": "shortcut", "callback_id": "x", "user": { "id": "U0AMELIE" } },
        }));
        assert!(matches!(click.open(), Ok(Some(Inbound::Interaction(_)))));
        let event = envelope(&json!({
            "type": "events_api", "envelope_id": "e3", "accepts_response_payload": false,
            "retry_attempt": 1, "retry_reason": "timeout",
            "payload": { "type": "event_callback", "event": { "type": "app_uninstalled" } },
        }));
        assert!(matches!(event.open(), Ok(Some(Inbound::Event(_)))));
        let new = envelope(&json!({ "type": "hologram", "envelope_id": "e4", "payload": 1 }));
        assert!(matches!(new.open(), Ok(None)));
        assert_eq!(new.kind.label(), "unknown");
    }

    #[test]
    fn what_is_no_payload_is_malformed() {
        for payload in [json!(null), json!("text"), json!({}), json!([[]])] {
            for kind in ["slash_commands", "interactive", "events_api"] {
                let json = json!({ "type": kind, "envelope_id": "e1", "payload": payload });
                assert!(envelope(&json).open().is_err(), "{json}");
            }
        }
    }

    #[test]
    fn an_answer_goes_along_only_where_slack_takes_one() {
        let answer = json!({ "options": [] });
        let takes = |takes: Value| {
            let json = json!({
                "type": "interactive", "envelope_id": "e1", "accepts_response_payload": takes,
            });
            envelope(&json).acknowledge(Some(&answer))
        };
        assert_eq!(
            takes(json!(true)),
            r#"{"envelope_id":"e1","payload":{"options":[]}}"#
        );
        assert_eq!(takes(json!(false)), r#"{"envelope_id":"e1"}"#);
        assert_eq!(takes(json!(null)), r#"{"envelope_id":"e1"}"#);
    }

    #[test]
    fn hello_and_goodbye_are_known() {
        let hello = r#"{"type":"hello","num_connections":1,"debug_info":{"host":"x"}}"#;
        assert!(matches!(Frame::read(hello), Ok(Frame::Hello)));
        for (name, reason) in [
            ("warning", Reason::Soon),
            ("refresh_requested", Reason::Refresh),
            ("link_disabled", Reason::SwitchedOff),
            ("too_many_websockets", Reason::TooMany),
            ("moonrise", Reason::Other),
        ] {
            let json = json!({ "type": "disconnect", "reason": name }).to_string();
            match Frame::read(&json) {
                Ok(Frame::Disconnect(read)) => assert_eq!(read, reason),
                other => panic!("{json}: {other:?}"),
            }
        }
    }

    #[test]
    fn nonsense_is_neither_known_nor_a_panic() {
        for text in [
            "{}",
            r#"{"type":null}"#,
            r#"{"type":"hologram","envelope_id":""}"#,
        ] {
            assert!(matches!(Frame::read(text), Ok(Frame::Unknown)), "{text}");
        }
        let deep = format!(r#"{{"payload":{}}}"#, "[".repeat(10_000));
        for text in ["", "[]", "null", r#"{"type":1}"#, deep.as_str()] {
            assert!(Frame::read(text).is_err(), "{text:.40}");
        }
    }
}
