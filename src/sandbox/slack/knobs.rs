//! Changing the workspace and making it go wrong, from outside.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;

use super::{
    SlackSandbox,
    faults::{Fault, Times},
    messages::{Audience, Author, Message},
    places::{Channel, Usergroup},
    rates::RateLimits,
    state::Draft,
    users::User,
};

impl SlackSandbox {
    /// Adds a person, or changes who they are.
    pub fn set_user(&self, user: User) {
        self.shared
            .change(|state| state.users.insert(user.id.clone(), user));
    }

    /// Adds a user group, or changes what it is.
    pub fn add_usergroup(&self, group: Usergroup) {
        self.shared
            .change(|state| state.usergroups.insert(group.id.clone(), group));
    }

    /// Changes who is in a group.
    pub fn set_usergroup_members(&self, id: &str, members: &[&str]) {
        let members = members.iter().map(|id| (*id).to_owned()).collect();
        self.shared.change(|state| {
            if let Some(group) = state.usergroups.get_mut(id) {
                group.members = members;
            }
        });
    }

    /// Adds a channel, or changes what it is.
    pub fn set_channel(&self, channel: Channel) {
        self.shared
            .change(|state| state.channels.insert(channel.id.clone(), channel));
    }

    /// Archives a channel.
    pub fn archive_channel(&self, id: &str) {
        self.shared.change(|state| {
            if let Some(channel) = state.channels.get_mut(id) {
                channel.archived = true;
            }
        });
    }

    /// Removes a message, as a person with the right to do so can.
    pub fn remove_message(&self, channel: &str, ts: &str) {
        self.shared.change(|state| {
            if let Some(message) = state.messages.find_mut(channel, ts) {
                message.removed = true;
            }
        });
    }

    /// Writes a message as a person.
    pub fn say(&self, channel: &str, user: &str, text: &str) -> Message {
        self.write_as(channel, None, user, text)
    }

    /// The same, as an answer in the thread of another message.
    pub fn say_in_thread(&self, under: &Message, user: &str, text: &str) -> Message {
        let thread = under.thread_ts.as_ref().unwrap_or(&under.ts);
        self.write_as(&under.channel, Some(thread.clone()), user, text)
    }

    fn write_as(
        &self,
        channel: &str,
        thread_ts: Option<String>,
        user: &str,
        text: &str,
    ) -> Message {
        self.shared.change(|state| {
            state.write(Draft {
                channel,
                thread_ts,
                author: Author::Person(user.to_owned()),
                audience: Audience::Channel,
                text,
                blocks: &Value::Null,
            })
        })
    }

    /// From now on the token answers `token_revoked`.
    pub fn revoke_token(&self) {
        self.shared.change(|state| state.token_revoked = true);
    }

    /// The token works again.
    pub fn restore_token(&self) {
        self.shared.change(|state| state.token_revoked = false);
    }

    /// Changes what the token was granted.
    pub fn set_scopes(&self, scopes: &[&str]) {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.shared.change(|state| state.scopes = scopes);
    }

    /// Switches the app's messages tab, without which nobody can be written to.
    pub fn set_messages_tab(&self, enabled: bool) {
        self.shared.change(|state| state.messages_tab = enabled);
    }

    /// Limits how long messages can be edited; `None` is for ever.
    pub fn set_edit_window(&self, window: Option<Duration>) {
        let window = window.and_then(|window| TimeDelta::from_std(window).ok());
        self.shared.change(|state| state.edit_window = window);
    }

    /// Puts the `Date` of answers off by so many seconds.
    pub fn set_date_skew(&self, seconds: i64) {
        self.shared
            .change(|state| state.date_skew = TimeDelta::seconds(seconds));
    }

    /// Changes the rate limits and forgets what was counted.
    pub fn set_rate_limits(&self, limits: RateLimits) {
        self.shared.change(|state| state.rates.set_limits(limits));
    }

    /// Plans a fault for a method: `chat.update`, `response_url`, or `*` for all of them.
    pub fn fail(&self, method: &str, fault: Fault, times: Times) {
        self.shared
            .change(|state| state.faults.plan(method, None, fault, times));
    }

    /// The same, for calls about one conversation (`C…`, `D…`) or person (`U…`) only.
    pub fn fail_in(&self, method: &str, channel: &str, fault: Fault, times: Times) {
        self.shared
            .change(|state| state.faults.plan(method, Some(channel), fault, times));
    }

    /// Forgets all planned faults, and is up again.
    pub fn clear_faults(&self) {
        self.shared.change(|state| state.faults.clear());
    }

    /// The next interaction reaches the app twice, byte for byte the same.
    pub fn deliver_next_twice(&self) {
        self.shared.change(|state| state.faults.twice = true);
    }

    /// Whether the next interaction is still to be delivered twice.
    pub fn delivers_next_twice(&self) -> bool {
        self.shared.read(|state| state.faults.twice)
    }

    /// The same, and from now on it is not.
    pub(super) fn takes_doubling(&self) -> bool {
        let take = |state: &mut super::state::State| std::mem::take(&mut state.faults.twice);
        self.delivers_next_twice() && self.shared.change(take)
    }

    /// Every connection is closed without an answer from now on.
    pub fn down(&self) {
        self.shared.change(|state| state.faults.down = true);
    }

    /// Answers again.
    pub fn up(&self) {
        self.shared.change(|state| state.faults.down = false);
    }
}
