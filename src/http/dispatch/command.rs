//! `/access` and its words.

use super::{Switchboard, as_json};
use crate::http::reply::Reply;
use crate::slack::parse::Command;
use crate::slack::view::{Message, answer};

impl Switchboard {
    pub(super) async fn take_command(&self, command: Command) -> Reply {
        if let Err(failure) = self.admit(&command.caller, "command").await {
            return Reply::ephemeral(&super::sentence(&failure));
        }
        let text = command.text.as_str().trim().to_owned();
        let mut words = text.split_whitespace();
        let word = words.next().map(str::to_lowercase);
        match word.as_deref() {
            None => self.open_by_command(&command).await,
            Some("help") => ephemeral(&answer::help(&answer::WORDS)),
            Some("status") => self.status(&command, words.next()).await,
            Some(unknown) => ephemeral(&answer::unknown_word(unknown, &answer::WORDS)),
        }
    }
}

/// A message that only the caller sees, in the HTTP response itself.
pub(super) fn ephemeral(message: &Message) -> Reply {
    let mut body = as_json(message);
    body["response_type"] = "ephemeral".into();
    Reply::Json(body)
}
