//! A person in front of a screen: sees what Slack shows them, and presses what is there.
//!
//! A person can only do what a client lets them do: a button that is gone cannot be
//! pressed, a dialog has to be confirmed, an empty field cannot be submitted. What a client
//! would not send has a name of its own ([`Person::click_stale`], [`Person::forge_click`],
//! [`Person::submit_unchecked`]).

mod click;
mod command;
mod modal;
mod payload;
mod submit;

use std::time::Duration;

use serde_json::json;

pub use submit::{SubmitReply, Submitted};

use super::{
    SlackSandbox,
    deliveries::{Reply, Undelivered},
    messages::{Audience, Message},
    places::direct_id,
    views::View,
};

/// Why a person could not do something.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PersonError {
    /// The request never got an answer.
    #[error(transparent)]
    Undelivered(#[from] Undelivered),
    /// No modal is open.
    #[error("no modal is open")]
    NoView,
    /// The message is not there any more.
    #[error("the message is gone")]
    NoMessage,
    /// There is no such element on the screen.
    #[error("there is no element {0:?} on the screen")]
    NoElement(String),
    /// Several elements have this id.
    #[error("several elements are called {0:?}: name the block too, as `block_id/action_id`")]
    Ambiguous(String),
    /// A button asks for confirmation first.
    #[error("the button asks {0:?} first: use the confirmed variant")]
    NeedsConfirm(String),
    /// A button was to be confirmed, and asks nothing.
    #[error("the button asks for no confirmation")]
    NothingToConfirm,
    /// The element offers no such choice.
    #[error("there is no option {0:?}")]
    NoOption(String),
    /// The client does not allow it.
    #[error("the client does not allow it: {0}")]
    NotAllowed(String),
    /// The app's answer is one that Slack does not take; it was recorded as a refusal.
    #[error("Slack does not take the app's answer: {0}")]
    BadAnswer(String),
}

/// Somebody who can act.
#[derive(Clone)]
pub struct Person {
    slack: SlackSandbox,
    id: String,
}

impl Person {
    pub(super) fn new(slack: SlackSandbox, id: &str) -> Self {
        Self {
            slack,
            id: id.to_owned(),
        }
    }

    /// The user id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The conversation with the app.
    pub fn direct_channel(&self) -> String {
        direct_id(&self.id)
    }

    /// What stands in the direct messages with the app now, in order.
    pub fn messages(&self) -> Vec<Message> {
        self.slack.channel_messages(&self.direct_channel())
    }

    /// What only this person can see, in any channel, in order.
    pub fn ephemerals(&self) -> Vec<Message> {
        self.slack
            .shared
            .read(|state| state.messages.only_for(&self.id))
    }

    /// The newest ephemeral message.
    pub fn latest_ephemeral(&self) -> Option<Message> {
        self.ephemerals().pop()
    }

    /// The newest direct message that says this somewhere.
    pub fn latest_card_containing(&self, text: &str) -> Option<Message> {
        let messages = self.messages();
        messages
            .into_iter()
            .rev()
            .find(|message| message.says(text))
    }

    /// The same, as soon as there is one.
    pub async fn await_card(&self, text: &str, patience: Duration) -> Option<Message> {
        self.slack
            .until(patience, |_| self.latest_card_containing(text))
            .await
    }

    /// The modal on top.
    pub fn open_view(&self) -> Option<View> {
        self.slack
            .shared
            .read(|state| state.views.top(&self.id).cloned())
    }

    /// The same, as soon as there is one that says this somewhere.
    pub async fn await_view(&self, text: &str, patience: Duration) -> Option<View> {
        self.slack
            .until(patience, |_| {
                self.open_view().filter(|view| view.says(text))
            })
            .await
    }

    /// The app's home tab, as it was last published.
    pub fn home(&self) -> Option<View> {
        self.slack
            .shared
            .read(|state| state.views.homes.get(&self.id).cloned())
    }

    /// Looks at the app's home tab, of which the app is told.
    /// <https://docs.slack.dev/reference/events/app_home_opened>
    pub async fn open_home(&self) -> Result<Reply, PersonError> {
        let event = self.slack.shared.change(|state| {
            let mut event = json!({
                "type": "app_home_opened",
                "user": self.id,
                "channel": state.direct(&self.id),
                "tab": "home",
                "event_ts": format!("{}.000000", state.now().timestamp()),
            });
            if let Some(home) = state.views.homes.get(&self.id) {
                event["view"] = home.describe(&state.app);
            }
            event
        });
        Ok(self.slack.event(event).await?)
    }

    fn can_see(&self, message: &Message) -> bool {
        if let Audience::Only(user) = &message.audience {
            return *user == self.id;
        }
        self.slack.shared.read(|state| {
            let channel = state.channels.get(&message.channel);
            match channel.and_then(|channel| channel.person()) {
                Some(person) => person == self.id,
                None => true,
            }
        })
    }
}
