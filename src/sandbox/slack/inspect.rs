//! Looking at what was called, refused and written.

use std::collections::BTreeMap;

use super::{
    SlackSandbox,
    messages::{Audience, Message},
    record::{Call, Outcome, Refusal},
    users::User,
    views::View,
};

impl SlackSandbox {
    /// Every call so far, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.shared
            .read(|state| state.record.calls.iter().cloned().collect())
    }

    /// Every call of one method so far, oldest first.
    pub fn calls_of(&self, method: &str) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.method == method);
        calls
    }

    /// How often each method was called.
    pub fn call_counts(&self) -> BTreeMap<String, usize> {
        self.shared.read(|state| state.record.counts.clone())
    }

    /// Calls that came although their caller had been asked to wait.
    pub fn impatient_calls(&self) -> Vec<Call> {
        let impatient = |outcome: &Outcome| match outcome {
            Outcome::RateLimited { inside_pause, .. } => *inside_pause,
            _ => false,
        };
        let mut calls = self.calls();
        calls.retain(|call| impatient(&call.outcome));
        calls
    }

    /// Everything that Slack would not have taken from the app so far.
    pub fn refusals(&self) -> Vec<Refusal> {
        self.shared.read(|state| state.record.refusals.clone())
    }

    /// The same, and forgets them: for a test that expected what it just saw.
    pub fn take_refusals(&self) -> Vec<Refusal> {
        self.shared
            .change(|state| std::mem::take(&mut state.record.refusals))
    }

    /// Forgets calls, refusals and counts.
    pub fn forget_calls(&self) {
        self.shared
            .change(|state| state.record = super::record::Record::default());
    }

    /// What stands in a channel now for everybody, threads included, in order.
    pub fn channel_messages(&self, channel: &str) -> Vec<Message> {
        self.shared.read(|state| {
            let standing = state.messages.standing(channel);
            standing
                .filter(|message| message.audience == Audience::Channel)
                .cloned()
                .collect()
        })
    }

    /// The replies to a message, in order.
    pub fn thread(&self, channel: &str, ts: &str) -> Vec<Message> {
        let mut messages = self.channel_messages(channel);
        messages.retain(|message| message.thread_ts.as_deref() == Some(ts));
        messages
    }

    /// Everything that ever stood in a conversation, removed and ephemeral messages too.
    pub fn everything_in(&self, channel: &str) -> Vec<Message> {
        self.shared
            .read(|state| state.messages.ever(channel).to_vec())
    }

    /// A message as it stands now.
    pub fn message(&self, channel: &str, ts: &str) -> Option<Message> {
        self.shared
            .read(|state| state.messages.find(channel, ts).cloned())
    }

    /// All people, by id.
    pub fn users(&self) -> Vec<User> {
        self.shared
            .read(|state| state.users.values().cloned().collect())
    }

    /// The modals on somebody's screen, lowest first.
    pub fn views_of(&self, user: &str) -> Vec<View> {
        self.shared.read(|state| state.views.stack(user).to_vec())
    }
}
