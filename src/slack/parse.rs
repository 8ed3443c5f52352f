//! What Slack sends, as closed types.
//!
//! The wire is read leniently into small structs of our own: Slack leaves fields out, sends
//! `null` for them in installations of a whole organisation, and adds new ones at any time. What
//! Lapse does not know, but can read, is `Unknown` and is acknowledged; what cannot be read is
//! [`Malformed`]. Nothing here judges who may do what, and nothing here keeps or logs a body.

mod action;
mod caller;
mod command;
mod event;
mod form;
mod interaction;
mod lenient;
mod place;
#[cfg(test)]
mod samples;
mod value;
mod view;

pub use action::Action;
pub use caller::Caller;
pub use command::Command;
pub use event::{Event, EventEnvelope, EventPost};
pub use interaction::{
    BlockActions, BlockSuggestion, Interaction, Lifetime, MessageShortcut, Shortcut, Surface,
    ViewClosed, ViewSubmission,
};
pub use place::MessagePlace;
pub use value::{Value, Values};
pub use view::{View, ViewKind};

/// Everything that arrives, by the route it arrives on.
#[derive(Clone, Debug, PartialEq)]
pub enum Inbound {
    /// Somebody typed a slash command.
    Command(Command),
    /// Somebody clicked, typed, submitted or closed something.
    Interaction(Interaction),
    /// Slack tells of something that happened.
    Event(EventPost),
}

/// A signed body that is not what Slack's documentation says it should be. It carries no detail,
/// because the detail would be a piece of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is not one that Slack sends here")]
pub struct Malformed;

impl From<serde_json::Error> for Malformed {
    fn from(_: serde_json::Error) -> Self {
        Self
    }
}

/// Reads the form of a [slash command](https://docs.slack.dev/interactivity/implementing-slash-commands).
pub fn parse_command(body: &[u8]) -> Result<Command, Malformed> {
    command::from_form(&form::Form::read(body)?)
}

/// Reads the form with the one `payload` field that every
/// [interaction](https://docs.slack.dev/reference/interaction-payloads) comes in.
pub fn parse_interaction(body: &[u8]) -> Result<Interaction, Malformed> {
    let form = form::Form::read(body)?;
    let payload = form.once("payload")?.ok_or(Malformed)?;
    interaction::from_json(payload.as_bytes())
}

/// Reads the payload of a slash command that came over
/// [Socket Mode](https://docs.slack.dev/apis/events-api/using-socket-mode#slash-commands): the
/// fields of the form, as JSON.
pub fn parse_command_payload(json: &[u8]) -> Result<Command, Malformed> {
    command::from_form(&form::Form::read_json(json)?)
}

/// Reads the payload of an interaction that came over Socket Mode.
pub fn parse_interaction_payload(json: &[u8]) -> Result<Interaction, Malformed> {
    interaction::from_json(json)
}

/// Reads a post of the [Events API](https://docs.slack.dev/apis/events-api).
pub fn parse_event(body: &[u8]) -> Result<EventPost, Malformed> {
    event::from_json(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads the same bytes in all three ways; what matters is that it comes back.
    fn read_every_way(bytes: &[u8]) {
        let _ = parse_command(bytes);
        let _ = parse_interaction(bytes);
        let _ = parse_event(bytes);
        let _ = parse_command_payload(bytes);
        let _ = parse_interaction_payload(bytes);
    }

    #[test]
    fn deep_nesting_is_refused_before_it_eats_the_stack() {
        for (open, close) in [("[", "]"), (r#"{"view":"#, "}"), (r#"{"x":"#, "}")] {
            let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
            read_every_way(deep.as_bytes());
            let nested = format!(r#"{{"type":"event_callback","event":{deep}}}"#);
            assert_eq!(parse_event(nested.as_bytes()), Err(Malformed));
        }
    }

    #[test]
    fn a_million_pairs_are_refused() {
        let flood = "a=1&".repeat(1_000_000);
        assert_eq!(parse_command(flood.as_bytes()), Err(Malformed));
        assert_eq!(parse_interaction(flood.as_bytes()), Err(Malformed));
    }

    #[test]
    fn an_interaction_comes_in_exactly_one_payload() {
        let payload = samples::form(&[("payload", samples::SHORTCUT)]);
        assert!(parse_interaction(payload.as_bytes()).is_ok());
        let twice = samples::form(&[("payload", samples::SHORTCUT), ("payload", "{}")]);
        assert_eq!(parse_interaction(twice.as_bytes()), Err(Malformed));
        assert_eq!(parse_interaction(b"other=1"), Err(Malformed));
        assert_eq!(parse_interaction(b""), Err(Malformed));
    }

    #[test]
    fn a_command_is_the_same_as_a_form_and_as_json() {
        let form = samples::form(&[
            ("user_id", "U0AMELIE"),
            ("team_id", "T0HARBOUR"),
            ("command", "/access"),
            ("text", "status “REQ-7F3K”"),
            ("is_enterprise_install", "false"),
        ]);
        let json = r#"{"user_id":"U0AMELIE","team_id":"T0HARBOUR","command":"/access",
            "text":"status “REQ-7F3K”","is_enterprise_install":"false","enterprise_id":null,
            "further":{"nested":[1,2]}}"#;
        let read = parse_command_payload(json.as_bytes()).expect("a command");
        assert_eq!(parse_command(form.as_bytes()), Ok(read.clone()));
        let flag = json.replace(r#""false""#, "false");
        assert_eq!(parse_command_payload(flag.as_bytes()), Ok(read));
        let twice = r#"{"user_id":"U0AMELIE","user_id":"U0LINUS","command":"/access"}"#;
        for bad in [twice, "[]", "null", r#"{"command":"/access"}"#, "{", ""] {
            assert_eq!(
                parse_command_payload(bad.as_bytes()),
                Err(Malformed),
                "{bad}"
            );
        }
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            "[a-z_]{0,12}".prop_map(Into::into),
        ];
        let key = prop_oneof![
            prop::sample::select(vec![
                "type",
                "user",
                "id",
                "team",
                "team_id",
                "view",
                "state",
                "values",
                "actions",
                "container",
                "channel",
                "event",
                "value",
                "selected_option",
                "challenge",
            ])
            .prop_map(str::to_owned),
            "[a-z_]{1,8}",
        ];
        leaf.prop_recursive(5, 48, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::hash_map(key.clone(), inner, 0..6)
                    .prop_map(|map| { serde_json::Value::Object(map.into_iter().collect()) }),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            read_every_way(&bytes);
        }

        #[test]
        fn no_json_makes_it_panic(
            mut value in json(),
            kind in prop::sample::select(samples::KINDS.to_vec()),
        ) {
            if let Some(object) = value.as_object_mut() {
                object.insert("type".to_owned(), kind.into());
            }
            read_every_way(value.to_string().as_bytes());
        }

        #[test]
        fn no_damage_to_a_good_payload_makes_it_panic(
            sample in prop::sample::select(samples::ALL.to_vec()),
            place in any::<prop::sample::Index>(),
            length in 0..40_usize,
            patch in prop::collection::vec(any::<u8>(), 0..8),
        ) {
            let mut bytes = sample.as_bytes().to_vec();
            let start = place.index(bytes.len());
            let end = bytes.len().min(start + length);
            bytes.splice(start..end, patch);
            read_every_way(&bytes);
        }

        #[test]
        fn one_field_replaced_by_another_kind_does_not_make_it_panic(
            sample in prop::sample::select(samples::ALL.to_vec()),
            pick in any::<prop::sample::Index>(),
            replacement in json(),
        ) {
            let mut value: serde_json::Value = serde_json::from_str(sample).expect("good JSON");
            let keys: Vec<String> = value.as_object().expect("an object").keys().cloned().collect();
            value[keys[pick.index(keys.len())].as_str()] = replacement;
            read_every_way(value.to_string().as_bytes());
        }
    }
}
