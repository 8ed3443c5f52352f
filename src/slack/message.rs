//! What is posted, where, and what Slack answers.

use super::ids::MessageTs;
use super::unlogged::Unlogged;
use crate::domain::ids::{ChannelId, PersonId};
use serde_json::{Value, json};

/// A message: the sentence that notifications show, and the blocks that the conversation shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The whole sentence, escaped.
    pub text: Unlogged,
    /// Block Kit, as an array; empty for a plain line.
    pub blocks: Blocks,
}

/// Blocks of a message. They hold what people typed, so `Debug` shows only how many there are.
#[derive(Clone, Default, PartialEq)]
pub struct Blocks(Vec<Value>);

impl Blocks {
    /// Takes blocks in the order in which they are shown.
    pub fn new(blocks: Vec<Value>) -> Self {
        Self(blocks)
    }

    /// The blocks themselves.
    pub fn as_slice(&self) -> &[Value] {
        &self.0
    }
}

impl std::fmt::Debug for Blocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{} blocks]", self.0.len())
    }
}

impl Message {
    /// A line without blocks.
    pub fn line(text: impl Into<String>) -> Self {
        Self {
            text: Unlogged::new(text),
            blocks: Blocks::default(),
        }
    }

    /// A message with blocks.
    pub fn new(text: impl Into<String>, blocks: Vec<Value>) -> Self {
        Self {
            text: Unlogged::new(text),
            blocks: Blocks::new(blocks),
        }
    }

    /// The fields that every way of sending has. Slack neither turns names and addresses in the
    /// text into links nor pings anybody that it names:
    /// <https://docs.slack.dev/messaging/formatting-message-text>.
    pub(super) fn fields(&self) -> Value {
        let mut fields = json!({
            "text": self.text.as_str(),
            "parse": "none",
            "link_names": false,
        });
        if !self.blocks.as_slice().is_empty() {
            fields["blocks"] = self.blocks.as_slice().into();
        }
        fields
    }
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Destination {
    /// A channel, or a direct message that is already open.
    Channel(ChannelId),
    /// A person's direct messages. Slack opens the conversation and answers with its channel.
    Person(PersonId),
}

impl Destination {
    /// What Slack takes as `channel`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Channel(channel) => channel.as_str(),
            Self::Person(person) => person.as_str(),
        }
    }
}

/// A message that stands: what later edits need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The channel that Slack answered with; for a person the one of their direct messages.
    pub channel: ChannelId,
    /// The message in it.
    pub ts: MessageTs,
}

/// The address that came with a command or click. Who has it can answer in Lapse's name, so
/// `Debug` does not show it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResponseUrl(Unlogged);

impl ResponseUrl {
    /// Takes the address as it came; whether it is Slack's is checked when it is followed.
    pub fn new(url: impl Into<String>) -> Self {
        Self(Unlogged::new(url))
    }

    /// The address as text, for storing.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// An answer through a [`ResponseUrl`].
#[derive(Clone, Debug, PartialEq)]
pub enum Response {
    /// A new message that only the person sees.
    Ephemeral(Message),
    /// Takes the place of the message that was clicked.
    Replace(Message),
}
