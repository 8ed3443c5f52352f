//! What people were told: every message that was ever posted, in every wording it ever had.

use super::world::{ADA, GRACE, LINUS, PROD_CHANNEL, SAM, SECURITY_CHANNEL, World};
use lapse::sandbox::slack::{Audience, Author, Call, Message};

impl World {
    /// Everything that the app ever posted to a person's direct messages, in order.
    pub fn ever_told(&self, who: &str) -> Vec<Message> {
        self.ever_posted_in(&self.person(who).direct_channel())
    }

    /// Everything that the app ever posted in a conversation, in order; removed messages too.
    pub fn ever_posted_in(&self, channel: &str) -> Vec<Message> {
        let mut messages = self.slack.everything_in(channel);
        messages.retain(|message| {
            message.author == Author::App && message.audience == Audience::Channel
        });
        messages
    }

    /// How many new messages came to a person with this in their text; edits are no news.
    pub fn news(&self, who: &str, words: &str) -> usize {
        let told = self.ever_told(who);
        told.iter()
            .filter(|message| as_posted(message).contains(words))
            .count()
    }

    /// The notification of every new message that came to a person, in order.
    pub fn notifications(&self, who: &str) -> Vec<String> {
        let told = self.ever_told(who);
        told.iter()
            .map(|message| as_posted(message).to_owned())
            .collect()
    }

    /// Every text that ever stood anywhere, edited away or not.
    pub fn everything_ever_said(&self) -> Vec<String> {
        let mut said = Vec::new();
        for who in [ADA, GRACE, LINUS, SAM] {
            said.extend(self.ever_told(who).iter().flat_map(wordings));
        }
        for channel in [PROD_CHANNEL, SECURITY_CHANNEL] {
            said.extend(self.ever_posted_in(channel).iter().flat_map(wordings));
        }
        said
    }

    /// Fails if one of these words was ever said to anybody.
    pub fn nobody_was_told(&self, words: &[&str]) {
        for said in self.everything_ever_said() {
            for word in words {
                assert!(!said.contains(word), "somebody was told {said:?}");
            }
        }
    }

    /// The calls of a method so far that went to this channel or person.
    pub fn calls_to(&self, method: &str, channel: &str) -> Vec<Call> {
        let mut calls = self.slack.calls_of(method);
        calls.retain(|call| call.args["channel"] == channel);
        calls
    }
}

/// The text with which a message came, which is what a notification shows.
pub fn as_posted(message: &Message) -> &str {
    message
        .history
        .first()
        .map_or(message.text.as_str(), |first| first.text.as_str())
}

/// Every text that ever stood in a message.
pub fn wordings(message: &Message) -> Vec<String> {
    let now = message.texts().into_iter().map(str::to_owned);
    let before = message.history.iter().flat_map(|wording| {
        let earlier = Message {
            text: wording.text.clone(),
            blocks: wording.blocks.clone(),
            ..message.clone()
        };
        let texts = earlier.texts().into_iter().map(str::to_owned);
        texts.collect::<Vec<_>>()
    });
    before.chain(now).collect()
}
