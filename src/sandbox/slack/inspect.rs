//! Looking at what was called, refused and written.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    SlackSandbox,
    messages::{Audience, Author, Message},
    places::{Channel, Usergroup},
    record::{Call, Outcome, Refusal},
    users::User,
    views::View,
};

/// What an app gets when it is installed.
#[derive(Clone)]
pub struct Credentials {
    /// For the Web API.
    pub bot_token: String,
    /// For judging requests.
    pub signing_secret: String,
}

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

    /// The newest so many of them, newest first.
    pub fn last_calls(&self, most: usize) -> Vec<Call> {
        self.shared.read(|state| {
            state
                .record
                .calls
                .iter()
                .rev()
                .take(most)
                .cloned()
                .collect()
        })
    }

    /// One of them by its number, as long as it is kept.
    pub fn call(&self, number: u64) -> Option<Call> {
        self.shared.read(|state| {
            let mut kept = state.record.calls.iter();
            kept.find(|call| call.number == number).cloned()
        })
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
        self.shared.change(|state| state.record.forget());
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

    /// How many messages of the app stand in a channel that came after this one.
    pub fn count_after(&self, channel: &str, ts: &str) -> usize {
        self.shared.read(|state| {
            let standing = state.messages.standing(channel);
            standing
                .filter(|message| message.author == Author::App)
                .filter(|message| message.audience == Audience::Channel)
                .filter(|message| message.ts.as_str() > ts)
                .count()
        })
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

    /// What somebody has chosen so far in the menus of a message: `block_id` → `action_id` →
    /// value.
    pub fn choices(&self, user: &str, message: &Message) -> Map<String, Value> {
        let place = (user.to_owned(), message.channel.clone(), message.ts.clone());
        self.shared
            .read(|state| state.choices.get(&place).cloned())
            .unwrap_or_default()
    }

    /// All people, by id.
    pub fn users(&self) -> Vec<User> {
        self.shared
            .read(|state| state.users.values().cloned().collect())
    }

    /// Somebody, by id.
    pub fn user(&self, id: &str) -> Option<User> {
        self.shared.read(|state| state.users.get(id).cloned())
    }

    /// All conversations, direct messages included, by id.
    pub fn channels(&self) -> Vec<Channel> {
        self.shared
            .read(|state| state.channels.values().cloned().collect())
    }

    /// All user groups that are switched on, by id.
    pub fn usergroups(&self) -> Vec<Usergroup> {
        self.shared.read(|state| {
            let groups = state.usergroups.values();
            groups.filter(|group| !group.disabled).cloned().collect()
        })
    }

    /// What people read for the id of a person, a channel or a user group.
    pub fn name_of(&self, id: &str) -> Option<String> {
        self.shared.read(|state| {
            let user = state.users.get(id).map(|user| user.real_name.clone());
            let channel = || Some(format!("#{}", state.channels.get(id)?.name));
            let group = || Some(format!("@{}", state.usergroups.get(id)?.handle));
            user.or_else(channel).or_else(group)
        })
    }

    /// What the app has to know: its token and its signing secret.
    pub fn credentials(&self) -> Credentials {
        self.shared.read(|state| Credentials {
            bot_token: state.token.clone(),
            signing_secret: state.signing_secret.clone(),
        })
    }

    /// The modals on somebody's screen, lowest first.
    pub fn views_of(&self, user: &str) -> Vec<View> {
        self.shared.read(|state| state.views.stack(user).to_vec())
    }
}
