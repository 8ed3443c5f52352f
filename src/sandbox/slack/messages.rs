//! Messages: what stands in a channel now, and everything that stood there before.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use super::blocks::{Placed, placed};

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Author {
    /// The app under test.
    App,
    /// A person.
    Person(String),
}

/// Who can see a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Audience {
    /// Everybody in the channel.
    Channel,
    /// Only this person, and only until they reload (an ephemeral message).
    Only(String),
}

/// One wording of a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wording {
    /// Since when it stood there.
    pub at: DateTime<Utc>,
    /// The text that notifications show.
    pub text: String,
    /// The blocks, as Slack keeps them.
    pub blocks: Vec<Value>,
}

/// A message and its history.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    /// The conversation it stands in.
    pub channel: String,
    /// Its id within the conversation.
    pub ts: String,
    /// The first message of its thread, when it is a reply.
    pub thread_ts: Option<String>,
    /// Who wrote it.
    pub author: Author,
    /// Who sees it.
    pub audience: Audience,
    /// The text that notifications show.
    pub text: String,
    /// The blocks, as Slack keeps them.
    pub blocks: Vec<Value>,
    /// When the present wording was written.
    pub at: DateTime<Utc>,
    /// Earlier wordings, oldest first.
    pub history: Vec<Wording>,
    /// Whether it was removed.
    pub removed: bool,
}

impl Message {
    /// Whether it was changed after it was posted.
    pub fn edited(&self) -> bool {
        !self.history.is_empty()
    }

    /// Every text that a reader sees, the notification's first.
    pub fn texts(&self) -> Vec<&str> {
        let mut texts = vec![self.text.as_str()];
        for block in &self.blocks {
            collect_texts(block, &mut texts);
        }
        texts
    }

    /// Whether one of its texts contains this.
    pub fn says(&self, text: &str) -> bool {
        self.texts().iter().any(|own| own.contains(text))
    }

    /// The buttons on it, as `(action_id, label)`.
    pub fn buttons(&self) -> Vec<(&str, &str)> {
        let buttons = placed(&self.blocks).into_iter();
        buttons
            .filter(|placed| placed.kind() == "button")
            .map(
                |Placed {
                     action_id, element, ..
                 }| {
                    (
                        action_id,
                        element["text"]["text"].as_str().unwrap_or_default(),
                    )
                },
            )
            .collect()
    }

    /// What the buttons with this `action_id` carry.
    pub fn value_of(&self, action_id: &str) -> Option<&str> {
        let button = placed(&self.blocks)
            .into_iter()
            .find(|placed| placed.action_id == action_id)?;
        button.element["value"].as_str()
    }

    pub(super) fn reword(&mut self, text: String, blocks: Vec<Value>, now: DateTime<Utc>) {
        self.history.push(Wording {
            at: self.at,
            text: std::mem::replace(&mut self.text, text),
            blocks: std::mem::replace(&mut self.blocks, blocks),
        });
        self.at = now;
    }

    pub(super) fn has_rich_text(&self) -> bool {
        has_rich_text(&self.blocks)
    }
}

pub(super) fn has_rich_text(blocks: &[Value]) -> bool {
    blocks.iter().any(|block| block["type"] == "rich_text")
}

fn collect_texts<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if name == "text" => texts.push(text),
                    other => collect_texts(other, texts),
                }
            }
        }
        _ => {}
    }
}

/// All messages of the workspace.
#[derive(Debug, Default)]
pub(super) struct Messages {
    by_channel: BTreeMap<String, Vec<Message>>,
    last_micros: i64,
}

impl Messages {
    /// A new id: later than every one before it, whatever the clock does.
    pub(super) fn next_ts(&mut self, now: DateTime<Utc>) -> String {
        self.last_micros = now.timestamp_micros().max(self.last_micros + 1);
        let (seconds, micros) = (
            self.last_micros.div_euclid(1_000_000),
            self.last_micros.rem_euclid(1_000_000),
        );
        format!("{seconds}.{micros:06}")
    }

    pub(super) fn add(&mut self, message: Message) {
        let channel = self.by_channel.entry(message.channel.clone());
        channel.or_default().push(message);
    }

    /// Everything that stands in a channel now, in order.
    pub(super) fn standing(&self, channel: &str) -> impl Iterator<Item = &Message> {
        let all = self.by_channel.get(channel).into_iter().flatten();
        all.filter(|message| !message.removed)
    }

    /// Everything that ever stood in a channel, in order.
    pub(super) fn ever(&self, channel: &str) -> &[Message] {
        self.by_channel
            .get(channel)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    pub(super) fn find(&self, channel: &str, ts: &str) -> Option<&Message> {
        self.standing(channel).find(|message| message.ts == ts)
    }

    pub(super) fn find_mut(&mut self, channel: &str, ts: &str) -> Option<&mut Message> {
        let all = self.by_channel.get_mut(channel)?;
        all.iter_mut()
            .find(|message| message.ts == ts && !message.removed)
    }

    /// What this person alone can see, anywhere.
    pub(super) fn only_for(&self, user: &str) -> Vec<Message> {
        let mut seen: Vec<Message> = self
            .by_channel
            .values()
            .flatten()
            .filter(|message| !message.removed)
            .filter(|message| message.audience == Audience::Only(user.to_owned()))
            .cloned()
            .collect();
        seen.sort_by(|a, b| a.ts.cmp(&b.ts));
        seen
    }
}

/// Who the app is, for whatever it writes.
#[expect(
    clippy::struct_field_names,
    reason = "Slack's own names for them, and nothing but ids"
)]
#[derive(Clone, Debug)]
pub(super) struct AppIdentity {
    pub(super) app_id: String,
    pub(super) bot_id: String,
    pub(super) bot_user_id: String,
    pub(super) team_id: String,
}

/// The object that Slack's answers and payloads carry for a message.
pub(super) fn describe(message: &Message, app: &AppIdentity) -> Value {
    let mut object = json!({
        "type": "message",
        "ts": message.ts,
        "text": message.text,
        "team": app.team_id,
    });
    match &message.author {
        Author::App => {
            object["user"] = json!(app.bot_user_id);
            object["bot_id"] = json!(app.bot_id);
            object["app_id"] = json!(app.app_id);
        }
        Author::Person(user) => object["user"] = json!(user),
    }
    if !message.blocks.is_empty() {
        object["blocks"] = json!(message.blocks);
    }
    if let Some(thread) = &message.thread_ts {
        object["thread_ts"] = json!(thread);
    }
    if message.edited() {
        object["edited"] =
            json!({ "user": object["bot_id"], "ts": message.at.timestamp().to_string() });
    }
    object
}
