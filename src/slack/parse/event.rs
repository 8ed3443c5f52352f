//! Posts of the Events API.

use super::Malformed;
use super::caller::Flag;
use super::lenient::{filled, or_default};
use crate::domain::ids::{ExecutionId, PersonId, TeamId};
use crate::domain::workflow::Inputs;
use crate::slack::Reach;
use crate::slack::ids::{CallbackId, DeliveryId, EnterpriseId};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// One post.
#[derive(Clone, Debug, PartialEq)]
pub enum EventPost {
    /// Slack asks whether this address is ours: it wants the challenge back.
    UrlVerification {
        /// What to send back.
        challenge: String,
    },
    /// Something happened.
    Callback(EventEnvelope),
    /// A kind of post that this version does not know.
    Unknown {
        /// What Slack calls it.
        kind: String,
    },
}

/// What happened, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct EventEnvelope {
    /// Names the delivery; a repetition carries the same one.
    pub delivery: Option<DeliveryId>,
    /// The workspace, unless it happened to an organisation.
    pub team: Option<TeamId>,
    /// The organisation, if there is one.
    pub enterprise: Option<EnterpriseId>,
    /// Whether the app is installed in one workspace or in a whole organisation.
    pub reach: Reach,
    /// What happened.
    pub event: Event,
}

/// Something that happened. <https://docs.slack.dev/reference/events>
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody opened the app's home tab.
    AppHomeOpened {
        /// Who.
        person: PersonId,
    },
    /// An account changed: name, e-mail address, switched off, guest, …
    UserChange {
        /// Whose.
        person: PersonId,
    },
    /// A workflow came to a step of ours.
    StepRuns {
        /// Which step, by its callback id in the manifest.
        callback_id: CallbackId,
        /// This run of it.
        execution: ExecutionId,
        /// What the workflow filled in.
        inputs: Inputs,
    },
    /// A user group, or who is in it, changed.
    UserGroupsChanged,
    /// The app was let into a workspace of the organisation, or out of one.
    WorkspacesChanged,
    /// Tokens stopped working.
    TokensRevoked {
        /// The bot users whose tokens they were. Slack lists user ids here, not tokens.
        bots: Vec<PersonId>,
    },
    /// The app was removed.
    AppUninstalled,
    /// Something that this version does not act on.
    Ignored {
        /// What Slack calls it.
        kind: String,
    },
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    challenge: Option<String>,
    #[serde(default)]
    event_id: Option<String>,
    #[serde(default)]
    team_id: Option<String>,
    #[serde(default)]
    enterprise_id: Option<String>,
    #[serde(default)]
    authorizations: Option<Vec<Authorization>>,
    #[serde(default, borrow)]
    event: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Authorization {
    #[serde(default)]
    enterprise_id: Option<String>,
    #[serde(default)]
    is_enterprise_install: Option<Flag>,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
}

/// `user` is an id in some events and an object in others.
#[derive(Deserialize)]
struct ByUser {
    user: UserOrId,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum UserOrId {
    Id(String),
    User { id: String },
}

#[derive(Deserialize)]
struct Tab {
    #[serde(default, deserialize_with = "or_default")]
    tab: String,
}

#[derive(Deserialize)]
struct Ran {
    function: Function,
    function_execution_id: String,
    #[serde(default, deserialize_with = "or_default")]
    inputs: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Function {
    callback_id: String,
}

#[derive(Deserialize)]
struct Revoked {
    #[serde(default, deserialize_with = "or_default")]
    tokens: Tokens,
}

#[derive(Default, Deserialize)]
struct Tokens {
    #[serde(default, deserialize_with = "or_default")]
    bot: Vec<String>,
}

pub(super) fn from_json(body: &[u8]) -> Result<EventPost, Malformed> {
    let wire: Wire<'_> = serde_json::from_slice(body)?;
    match wire.kind.as_str() {
        "url_verification" => Ok(EventPost::UrlVerification {
            challenge: wire.challenge.ok_or(Malformed)?,
        }),
        "event_callback" => wire.envelope().map(EventPost::Callback),
        _ => Ok(EventPost::Unknown { kind: wire.kind }),
    }
}

impl Wire<'_> {
    fn envelope(self) -> Result<EventEnvelope, Malformed> {
        let event = event(self.event.ok_or(Malformed)?.get())?;
        let installed = self.authorizations.unwrap_or_default().into_iter().next();
        let (installed_in, flag) = installed.map_or((None, None), |installed| {
            (installed.enterprise_id, installed.is_enterprise_install)
        });
        Ok(EventEnvelope {
            delivery: filled(self.event_id).map(DeliveryId::new),
            team: filled(self.team_id).map(TeamId::new),
            enterprise: filled(self.enterprise_id)
                .or_else(|| filled(installed_in))
                .map(EnterpriseId::new),
            reach: Flag::reach(flag.as_ref()),
            event,
        })
    }
}

fn event(json: &str) -> Result<Event, Malformed> {
    let Kind { kind } = serde_json::from_str(json)?;
    Ok(match kind.as_str() {
        "app_home_opened" if is_home_tab(json)? => Event::AppHomeOpened {
            person: by_user(json)?,
        },
        "user_change" => Event::UserChange {
            person: by_user(json)?,
        },
        "subteam_created" | "subteam_updated" | "subteam_members_changed" => {
            Event::UserGroupsChanged
        }
        "function_executed" => step(json)?,
        "team_access_granted" | "team_access_revoked" => Event::WorkspacesChanged,
        "tokens_revoked" => {
            let revoked: Revoked = serde_json::from_str(json)?;
            let bots = revoked.tokens.bot.into_iter().map(PersonId::new);
            Event::TokensRevoked {
                bots: bots.collect(),
            }
        }
        "app_uninstalled" => Event::AppUninstalled,
        _ => Event::Ignored { kind },
    })
}

/// The same event tells of the messages tab.
/// <https://docs.slack.dev/reference/events/app_home_opened>
fn is_home_tab(json: &str) -> Result<bool, Malformed> {
    let Tab { tab } = serde_json::from_str(json)?;
    Ok(tab == "home")
}

/// Values that are no text, number or yes-or-no are left out: no input of ours takes them.
fn step(json: &str) -> Result<Event, Malformed> {
    let ran: Ran = serde_json::from_str(json)?;
    let text = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    let inputs = ran.inputs.into_iter();
    let inputs = inputs.filter_map(|(name, value)| Some((name, text(value)?)));
    Ok(Event::StepRuns {
        callback_id: CallbackId::new(ran.function.callback_id),
        execution: filled(Some(ran.function_execution_id))
            .map(ExecutionId::new)
            .ok_or(Malformed)?,
        inputs: Inputs::new(inputs.collect()),
    })
}

fn by_user(json: &str) -> Result<PersonId, Malformed> {
    let (UserOrId::Id(id) | UserOrId::User { id }) = serde_json::from_str::<ByUser>(json)?.user;
    filled(Some(id)).map(PersonId::new).ok_or(Malformed)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn happened(json: &str) -> EventEnvelope {
        match from_json(json.as_bytes()) {
            Ok(EventPost::Callback(envelope)) => envelope,
            other => panic!("expected an event, got {other:?}"),
        }
    }

    #[test]
    fn a_challenge_is_read() {
        let post =
            from_json(br#"{"type":"url_verification","challenge":"lighthouse","token":"x"}"#);
        assert_eq!(
            post,
            Ok(EventPost::UrlVerification {
                challenge: "lighthouse".to_owned()
            })
        );
    }

    #[test]
    fn opening_the_home_and_changing_an_account_name_the_person() {
        let home = happened(samples::HOME_OPENED);
        assert_eq!(
            home.event,
            Event::AppHomeOpened {
                person: PersonId::new("U0AMELIE")
            }
        );
        assert_eq!(home.delivery.expect("an id").as_str(), "Ev0001");
        assert_eq!(home.team.expect("a team").as_str(), "T0HARBOUR");
        let change = happened(samples::USER_CHANGE_ORG_WIDE);
        assert_eq!(
            change.event,
            Event::UserChange {
                person: PersonId::new("W0LINUS")
            }
        );
        assert_eq!(change.team, None);
        assert_eq!(change.enterprise.expect("one").as_str(), "E0FLEET");
        assert_eq!(change.reach, Reach::Organisation);
    }

    #[test]
    fn the_messages_tab_is_not_the_home_tab() {
        for tab in ["\"messages\"", "\"about\"", "null"] {
            let tab = format!(r#""tab": {tab}"#);
            let json = samples::HOME_OPENED.replace(r#""tab": "home""#, &tab);
            let kind = "app_home_opened".to_owned();
            assert_eq!(happened(&json).event, Event::Ignored { kind }, "{tab}");
        }
    }

    #[test]
    fn the_end_of_a_token_names_the_bots() {
        assert_eq!(
            happened(samples::TOKENS_REVOKED).event,
            Event::TokensRevoked {
                bots: vec![PersonId::new("U0LAPSE")]
            }
        );
        let without = r#"{"type":"event_callback","event":{"type":"tokens_revoked"}}"#;
        assert_eq!(
            happened(without).event,
            Event::TokensRevoked { bots: vec![] }
        );
        let removed = r#"{"type":"event_callback","event":{"type":"app_uninstalled"}}"#;
        assert_eq!(happened(removed).event, Event::AppUninstalled);
    }

    #[test]
    fn groups_that_change_are_noticed() {
        let json = r#"{"type":"event_callback","event":{"type":"subteam_members_changed","subteam_id":"S01"}}"#;
        assert_eq!(happened(json).event, Event::UserGroupsChanged);
    }

    #[test]
    fn a_step_brings_what_the_workflow_filled_in() {
        let Event::StepRuns {
            callback_id,
            execution,
            inputs,
        } = happened(samples::FUNCTION_EXECUTED).event
        else {
            panic!("a step runs");
        };
        assert_eq!(callback_id.as_str(), "request_access");
        assert_eq!(execution.as_str(), "Fx01");
        assert!(inputs.get("profile").is_some());
        let odd = r#"{"type":"event_callback","event":{"type":"function_executed",
            "function":{"callback_id":"x"},"function_execution_id":"Fx2",
            "inputs":{"a":1,"b":true,"c":null,"d":{"e":1},"f":" "}}}"#;
        let Event::StepRuns { inputs, .. } = happened(odd).event else {
            panic!("a step runs");
        };
        let given = ["a", "b", "c", "d", "f"].map(|name| inputs.get(name));
        assert_eq!(given, [Some("1"), Some("true"), None, None, None]);
        let nameless = odd.replace("\"Fx2\"", "\"\"");
        assert!(from_json(nameless.as_bytes()).is_err());
    }

    #[test]
    fn what_this_version_does_not_act_on_is_named() {
        let odd = r#"{"type":"event_callback","event":{"type":"emoji_changed"}}"#;
        assert_eq!(
            happened(odd).event,
            Event::Ignored {
                kind: "emoji_changed".to_owned()
            }
        );
        assert_eq!(
            from_json(br#"{"type":"app_rate_limited","minute_rate_limited":7}"#),
            Ok(EventPost::Unknown {
                kind: "app_rate_limited".to_owned()
            })
        );
    }

    #[test]
    fn posts_without_what_makes_them_are_malformed() {
        for json in [
            "{}",
            r#"{"type":"url_verification"}"#,
            r#"{"type":"event_callback"}"#,
            r#"{"type":"event_callback","event":{}}"#,
            r#"{"type":"event_callback","event":{"type":"user_change"}}"#,
            r#"{"type":"event_callback","event":{"type":"user_change","user":{"id":""}}}"#,
        ] {
            assert_eq!(from_json(json.as_bytes()), Err(Malformed), "{json}");
        }
    }
}
