//! Clicks, searches, submissions, closings and shortcuts.
//! <https://docs.slack.dev/reference/interaction-payloads>

use super::Malformed;
use super::action::{Action, WireAction};
use super::caller::{Caller, Flag, WireTeam, WireUser};
use super::lenient::{WireChannel, WithId, filled, or_default};
use super::place::MessagePlace;
use super::value::{Values, WireState};
use super::view::{View, WireView};
use crate::domain::ids::ChannelId;
use crate::slack::ids::{ActionId, BlockId, CallbackId};
use crate::slack::{MessageTs, ResponseUrl, TriggerId, Unlogged};
use serde::Deserialize;

/// Somebody used something that Lapse shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Interaction {
    /// A button, or an element of a view that tells of each change.
    BlockActions(BlockActions),
    /// A select with search asks for its options.
    BlockSuggestion(BlockSuggestion),
    /// A view was submitted.
    ViewSubmission(ViewSubmission),
    /// A view was closed without submitting.
    ViewClosed(ViewClosed),
    /// A shortcut from anywhere.
    Shortcut(Shortcut),
    /// A shortcut from a message's menu.
    MessageShortcut(MessageShortcut),
    /// Something that this version does not know.
    Unknown {
        /// What Slack calls it.
        kind: String,
    },
}

/// Elements were used, in a message or in a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockActions {
    /// Who used them.
    pub caller: Caller,
    /// Where they stand.
    pub surface: Surface,
    /// What was used; one, as far as anybody has seen.
    pub actions: Vec<Action>,
    /// What the inputs of the message hold; those of a view are with the view.
    pub values: Values,
    /// Opens one view. Absent in messages that a workflow's token posted.
    pub trigger: Option<TriggerId>,
    /// Takes later answers; only clicks in messages bring one.
    pub response_url: Option<ResponseUrl>,
}

/// Where an element stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Surface {
    /// In a message.
    Message {
        /// The channel or direct message.
        channel: ChannelId,
        /// The message in it.
        ts: MessageTs,
        /// Whether the message can be edited later.
        lifetime: Lifetime,
    },
    /// In a modal or home tab.
    View(Box<View>),
    /// Somewhere that this version does not know.
    Elsewhere,
}

/// Whether Slack keeps a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Stored, can be edited with `chat.update`.
    Kept,
    /// Shown to one person, stored nowhere; only its `response_url` can change it.
    Ephemeral,
}

/// A select with search asks for options: at most a hundred, within three seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockSuggestion {
    /// Who is searching.
    pub caller: Caller,
    /// The select.
    pub action_id: ActionId,
    /// The block that holds it.
    pub block_id: BlockId,
    /// What has been typed so far.
    pub typed: Unlogged,
    /// The view that holds it, unless it stands in a message.
    pub view: Option<View>,
}

/// A view was submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewSubmission {
    /// Who submitted it.
    pub caller: Caller,
    /// The view with everything that was filled in.
    pub view: View,
    /// Opens one view.
    pub trigger: Option<TriggerId>,
}

/// A view was closed without submitting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewClosed {
    /// Who closed it.
    pub caller: Caller,
    /// The view as it was.
    pub view: View,
}

/// A shortcut from anywhere. It brings no channel and no `response_url`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// Who used it.
    pub caller: Caller,
    /// Which shortcut it is.
    pub callback_id: CallbackId,
    /// Opens one view.
    pub trigger: Option<TriggerId>,
}

/// A shortcut from a message's menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageShortcut {
    /// Who used it.
    pub caller: Caller,
    /// Which shortcut it is.
    pub callback_id: CallbackId,
    /// The message.
    pub message: MessagePlace,
    /// Opens one view.
    pub trigger: Option<TriggerId>,
    /// Takes later answers.
    pub response_url: Option<ResponseUrl>,
}

/// All payloads in one: each kind fills in its part, and every field may be missing or `null`.
#[derive(Debug, Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    user: Option<WireUser>,
    #[serde(default)]
    team: Option<WireTeam>,
    #[serde(default)]
    enterprise: Option<WithId>,
    #[serde(default)]
    is_enterprise_install: Option<Flag>,
    #[serde(default)]
    trigger_id: Option<String>,
    #[serde(default)]
    response_url: Option<String>,
    #[serde(default)]
    callback_id: Option<String>,
    #[serde(default)]
    channel: Option<WireChannel>,
    #[serde(default)]
    container: Option<WireContainer>,
    #[serde(default)]
    message: Option<WireMessage>,
    #[serde(default)]
    message_ts: Option<String>,
    #[serde(default)]
    view: Option<WireView>,
    #[serde(default, deserialize_with = "or_default")]
    state: WireState,
    #[serde(default, deserialize_with = "or_default")]
    actions: Vec<WireAction>,
    #[serde(default)]
    action_id: Option<String>,
    #[serde(default)]
    block_id: Option<String>,
    #[serde(default)]
    value: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WireContainer {
    #[serde(default)]
    message_ts: Option<String>,
    #[serde(default)]
    channel_id: Option<String>,
    #[serde(default)]
    is_ephemeral: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct WireMessage {
    #[serde(default)]
    ts: Option<String>,
    #[serde(default)]
    thread_ts: Option<String>,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
}

const KNOWN: [&str; 6] = [
    "block_actions",
    "block_suggestion",
    "view_submission",
    "view_closed",
    "shortcut",
    "message_action",
];

pub(super) fn from_json(payload: &[u8]) -> Result<Interaction, Malformed> {
    match serde_json::from_slice::<Wire>(payload) {
        Ok(wire) => wire.understood(),
        // A kind from the future may give a known field another shape: its name is enough.
        Err(_) => match serde_json::from_slice::<Kind>(payload)? {
            Kind { kind } if KNOWN.contains(&kind.as_str()) => Err(Malformed),
            Kind { kind } => Ok(Interaction::Unknown { kind }),
        },
    }
}

impl Wire {
    fn understood(self) -> Result<Interaction, Malformed> {
        match self.kind.as_str() {
            "block_actions" => self.block_actions().map(Interaction::BlockActions),
            "block_suggestion" => self.block_suggestion().map(Interaction::BlockSuggestion),
            "view_submission" => self.view_submission().map(Interaction::ViewSubmission),
            "view_closed" => self.view_closed().map(Interaction::ViewClosed),
            "shortcut" => self.shortcut().map(Interaction::Shortcut),
            "message_action" => self.message_shortcut().map(Interaction::MessageShortcut),
            _ => Ok(Interaction::Unknown { kind: self.kind }),
        }
    }

    fn caller(&mut self) -> Result<Caller, Malformed> {
        Caller::from_wire(
            self.user.take(),
            self.team.take(),
            self.enterprise.take(),
            self.is_enterprise_install.as_ref(),
        )
    }

    fn trigger(&mut self) -> Option<TriggerId> {
        filled(self.trigger_id.take()).map(TriggerId::new)
    }

    fn response_url(&mut self) -> Option<ResponseUrl> {
        filled(self.response_url.take()).map(ResponseUrl::new)
    }

    fn callback_id(&mut self) -> Result<CallbackId, Malformed> {
        let id = filled(self.callback_id.take()).ok_or(Malformed)?;
        Ok(CallbackId::new(id))
    }

    fn view(&mut self) -> Result<View, Malformed> {
        self.view.take().ok_or(Malformed)?.try_into()
    }

    /// The message, from whichever of the places that name it. Clicks on ephemeral messages
    /// bring no `message`, only the `container`.
    fn message(&mut self) -> Option<(ChannelId, MessageTs, Lifetime)> {
        let container = self.container.take();
        let (channel, ts, ephemeral) = container.map_or((None, None, None), |container| {
            let WireContainer {
                channel_id,
                message_ts,
                is_ephemeral,
            } = container;
            (filled(channel_id), filled(message_ts), is_ephemeral)
        });
        let channel = channel.or_else(|| filled(self.channel.take()?.id))?;
        let ts = ts
            .or_else(|| filled(self.message_ts.take()))
            .or_else(|| self.message.take().and_then(|message| filled(message.ts)))?;
        let lifetime = if ephemeral == Some(true) {
            Lifetime::Ephemeral
        } else {
            Lifetime::Kept
        };
        Some((ChannelId::new(channel), MessageTs::new(ts), lifetime))
    }

    fn surface(&mut self) -> Result<Surface, Malformed> {
        if self.view.is_some() {
            return Ok(Surface::View(Box::new(self.view()?)));
        }
        Ok(match self.message() {
            Some((channel, ts, lifetime)) => Surface::Message {
                channel,
                ts,
                lifetime,
            },
            None => Surface::Elsewhere,
        })
    }

    fn block_actions(mut self) -> Result<BlockActions, Malformed> {
        Ok(BlockActions {
            caller: self.caller()?,
            surface: self.surface()?,
            trigger: self.trigger(),
            response_url: self.response_url(),
            actions: self.actions.into_iter().map(Action::from).collect(),
            values: self.state.into(),
        })
    }

    fn block_suggestion(mut self) -> Result<BlockSuggestion, Malformed> {
        Ok(BlockSuggestion {
            caller: self.caller()?,
            action_id: ActionId::new(self.action_id.take().ok_or(Malformed)?),
            block_id: BlockId::new(self.block_id.take().unwrap_or_default()),
            typed: Unlogged::new(self.value.take().unwrap_or_default()),
            view: self.view.take().map(View::try_from).transpose()?,
        })
    }

    fn view_submission(mut self) -> Result<ViewSubmission, Malformed> {
        Ok(ViewSubmission {
            caller: self.caller()?,
            view: self.view()?,
            trigger: self.trigger(),
        })
    }

    fn view_closed(mut self) -> Result<ViewClosed, Malformed> {
        Ok(ViewClosed {
            caller: self.caller()?,
            view: self.view()?,
        })
    }

    fn shortcut(mut self) -> Result<Shortcut, Malformed> {
        Ok(Shortcut {
            caller: self.caller()?,
            callback_id: self.callback_id()?,
            trigger: self.trigger(),
        })
    }

    fn message_shortcut(mut self) -> Result<MessageShortcut, Malformed> {
        let domain = self.team.as_mut().and_then(|team| team.domain.take());
        let name = self
            .channel
            .as_mut()
            .and_then(|channel| channel.name.take());
        let thread = self
            .message
            .as_mut()
            .and_then(|message| message.thread_ts.take());
        let (channel, ts, _) = self.message().ok_or(Malformed)?;
        Ok(MessageShortcut {
            caller: self.caller()?,
            callback_id: self.callback_id()?,
            message: MessagePlace {
                domain: filled(domain),
                channel,
                channel_name: filled(name),
                ts,
                thread: filled(thread).map(MessageTs::new),
            },
            trigger: self.trigger(),
            response_url: self.response_url(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::slack::Reach;
    use crate::slack::parse::ViewKind;

    fn read(json: &str) -> Interaction {
        from_json(json.as_bytes()).expect("an interaction")
    }

    fn clicked(json: &str) -> BlockActions {
        match read(json) {
            Interaction::BlockActions(actions) => actions,
            other => panic!("expected a click, got {other:?}"),
        }
    }

    #[test]
    fn a_click_on_a_card_names_person_message_and_button() {
        let click = clicked(samples::CLICK_ON_CARD);
        assert_eq!(click.caller.person.as_str(), "U0GRACE");
        assert_eq!(click.caller.team, click.caller.user_team);
        assert_eq!(
            click.surface,
            Surface::Message {
                channel: ChannelId::new("D0GRACE"),
                ts: MessageTs::new("1793620800.000100"),
                lifetime: Lifetime::Kept,
            }
        );
        let [action] = click.actions.as_slice() else {
            panic!("one action");
        };
        assert_eq!(action.action_id.as_str(), "approve");
        assert_eq!(action.block_id.as_str(), "verdict");
        assert_eq!(action.value.text(), Some("0199-request.3"));
        assert!(click.trigger.is_some() && click.response_url.is_some());
    }

    #[test]
    fn a_click_on_an_ephemeral_message_has_only_a_container() {
        let click = clicked(samples::CLICK_ON_EPHEMERAL);
        let Surface::Message { lifetime, .. } = click.surface else {
            panic!("a message");
        };
        assert_eq!(lifetime, Lifetime::Ephemeral);
        assert_eq!(click.values.iter().count(), 1);
    }

    #[test]
    fn a_click_in_an_org_wide_installation_has_no_team() {
        let click = clicked(samples::CLICK_ORG_WIDE);
        assert_eq!(click.caller.person.as_str(), "W0LINUS");
        assert_eq!(click.caller.team, None);
        assert_eq!(click.caller.enterprise.expect("one").as_str(), "E0FLEET");
        assert_eq!(click.caller.reach, Reach::Organisation);
    }

    #[test]
    fn a_click_of_somebody_from_outside_shows_both_teams() {
        let click = clicked(samples::CLICK_FROM_OUTSIDE);
        assert_eq!(click.caller.team.expect("ours").as_str(), "T0HARBOUR");
        assert_eq!(click.caller.user_team.expect("theirs").as_str(), "T0RIVAL");
    }

    #[test]
    fn a_click_on_a_workflows_message_has_no_trigger_and_no_response_url() {
        let click = clicked(samples::CLICK_ON_WORKFLOW_MESSAGE);
        assert_eq!((click.trigger, click.response_url), (None, None));
        assert_eq!(click.actions.len(), 1);
    }

    #[test]
    fn a_change_in_a_modal_brings_the_view_with_its_hash_and_values() {
        let change = clicked(samples::CHANGE_IN_MODAL);
        let Surface::View(view) = change.surface else {
            panic!("a view");
        };
        assert_eq!((view.id.as_str(), view.kind), ("V0FORM", ViewKind::Modal));
        assert_eq!(view.hash.expect("a hash").as_str(), "1793620800.abc");
        let profile = view.values.of_action(&ActionId::new("profile"));
        assert_eq!(
            profile.and_then(|(_, value)| value.selected()),
            Some("prod-ssh")
        );
        assert_eq!(change.actions[0].value.selected(), Some("prod-ssh"));
    }

    #[test]
    fn a_submission_brings_what_was_filled_in() {
        let Interaction::ViewSubmission(submission) = read(samples::SUBMISSION) else {
            panic!("a submission");
        };
        assert_eq!(
            submission.view.callback_id.expect("one").as_str(),
            "request"
        );
        assert_eq!(submission.view.external_id, None);
        assert_eq!(submission.view.private_metadata.as_str(), "form-7");
        let why = submission.view.values.of_action(&ActionId::new("why"));
        assert_eq!(
            why.and_then(|(_, value)| value.text()),
            Some("The tide gauge is stuck")
        );
    }

    #[test]
    fn a_search_brings_what_was_typed_so_far() {
        let Interaction::BlockSuggestion(search) = read(samples::SEARCH) else {
            panic!("a search");
        };
        assert_eq!(search.typed.as_str(), "ama");
        assert_eq!(search.action_id.as_str(), "device");
        assert_eq!(search.view.expect("a view").id.as_str(), "V0FORM");
        assert_eq!(search.caller.enterprise.expect("one").as_str(), "E0FLEET");
    }

    #[test]
    fn shortcuts_and_closings_are_read() {
        assert!(matches!(
            read(samples::SHORTCUT),
            Interaction::Shortcut(Shortcut { callback_id, .. }) if callback_id.as_str() == "request_access"
        ));
        let Interaction::MessageShortcut(shortcut) = read(samples::MESSAGE_SHORTCUT) else {
            panic!("a message shortcut");
        };
        assert_eq!(shortcut.message.channel.as_str(), "C0DECK");
        assert_eq!(shortcut.message.ts.as_str(), "1793620700.000300");
        assert_eq!(
            shortcut.message.words(),
            "https://harbour.slack.com/archives/C0DECK/p1793620700000300?thread_ts=1793620600.000200&cid=C0DECK"
        );
        assert!(matches!(read(samples::CLOSED), Interaction::ViewClosed(_)));
    }

    #[test]
    fn unknown_kinds_are_named_whatever_they_look_like() {
        for json in [
            r#"{"type":"hologram"}"#,
            r#"{"type":"hologram","user":[1,2],"view":"x"}"#,
        ] {
            assert_eq!(
                read(json),
                Interaction::Unknown {
                    kind: "hologram".to_owned()
                },
                "{json}"
            );
        }
    }

    #[test]
    fn known_kinds_without_what_makes_them_are_malformed() {
        for json in [
            "{}",
            "[]",
            "null",
            r#"{"type":7}"#,
            r#"{"type":"block_actions"}"#,
            r#"{"type":"block_actions","user":{"id":""}}"#,
            r#"{"type":"block_actions","user":"U0GRACE"}"#,
            r#"{"type":"view_submission","user":{"id":"U0GRACE"}}"#,
            r#"{"type":"view_submission","user":{"id":"U0GRACE"},"view":{"id":""}}"#,
            r#"{"type":"shortcut","user":{"id":"U0GRACE"}}"#,
            r#"{"type":"shortcut","type":"block_actions"}"#,
        ] {
            assert_eq!(from_json(json.as_bytes()), Err(Malformed), "{json}");
        }
    }

    #[test]
    fn a_submission_shows_no_justification_when_printed() {
        let shown = format!("{:?}", read(samples::SUBMISSION));
        assert!(!shown.contains("tide"), "{shown}");
    }
}
