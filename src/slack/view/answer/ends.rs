//! What a word has come to. Words follow facts: what is only under way is called so.

use super::super::form::asked_sentences;
use super::super::message::Message;
use super::super::sentence::{Sentence, say};
use super::super::story::Story;
use super::listed;
use super::open::OpenAccess;
use crate::domain::number::RequestNumber;

/// A request that was asked in one line; as the form says it.
pub fn asked(number: RequestNumber, named: &[&str], unnamed: usize, others_able: u32) -> Message {
    listed(&asked_sentences(number, named, unnamed, others_able))
}

/// A request that was withdrawn.
pub fn cancelled(number: RequestNumber) -> Message {
    listed(&[Sentence::default()
        .code(&number.to_string())
        .say(" is cancelled. Nothing was granted.")])
}

/// Access that is being given back.
pub fn released(story: &Story<'_>) -> Message {
    listed(&[say("Giving back ")
        .then(story.what())
        .say(" (")
        .code(&story.request.number.to_string())
        .say("). Your card says when it is closed.")])
}

/// Access that is being taken away.
pub fn revoked(story: &Story<'_>) -> Message {
    let number = story.request.number;
    listed(&[say("Revoking the access of ")
        .name(&story.request.requester.name)
        .say(" to ")
        .then(story.what())
        .say(". ")
        .code(&format!("/access status {number}"))
        .say(" shows when it is closed.")])
}

/// There is nothing to give back.
pub fn nothing_open() -> Message {
    listed(&[say("You have nothing open. Nothing changed.")])
}

/// There is more than one access to give back.
pub fn say_which(open: &[OpenAccess<'_>]) -> Message {
    let mut lines = vec![say(format!(
        "You have {} open. Nothing changed; say which:",
        open.len()
    ))];
    lines.extend(open.iter().map(|access| {
        Sentence::default()
            .code(&format!("/access done {}", access.number))
            .say(" · ")
            .then(access.what())
            .say(" until ")
            .date(access.until)
    }));
    listed(&lines)
}
