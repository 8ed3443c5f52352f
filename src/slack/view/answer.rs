//! Answers to commands and clicks that only one person sees, once.
//!
//! They cannot be changed later, so they carry no buttons and nothing that will not stay true
//! as "what I was told then".

mod ends;
mod misread;
mod open;
mod profiles;

use super::approver;
use super::kit;
use super::message::Message;
use super::requester;
use super::sentence::{Sentence, say};
use super::stage::Stage;
use super::story::Story;
use crate::slack::text;
use crate::slack::words::TABLE;
use slack_morphism::prelude::SlackBlock;

pub use ends::{asked, cancelled, nothing_open, released, revoked, say_which};
pub use misread::{Kind, could_be, misread, unknown};
pub use open::{OpenAccess, Openness, Waiting, WaitsFor, mine, open_now};
pub use profiles::{profiles, who};

/// The most requests that one answer lists.
const LISTED: usize = 15;
/// Escaping may make a text five times as long; Slack takes four thousand characters.
const LONGEST_ANSWER: usize = 750;
/// Where the blocks tell everything, `text` may stop after whole lines.
const LONGEST_TEXT: usize = 3500;

/// A sentence, cleaned, with nothing formatted in it.
pub fn ephemeral(sentence: &str) -> Message {
    let words = text::plain(sentence, LONGEST_ANSWER);
    Message {
        text: if words.is_empty() {
            "…".to_owned()
        } else {
            text::unmarked(&words)
        },
        blocks: vec![kit::plain_section(sentence)],
    }
}

/// `/access help`, out of the table that the words are read by.
pub fn help() -> Message {
    let mut lines = vec![say(
        "Lapse gives access to the tailnet for a limited time, once somebody agrees.",
    )];
    for form in TABLE.iter().flat_map(|word| word.forms) {
        let command = format!("/access {}", form.usage);
        lines.push(
            Sentence::default()
                .code(command.trim_end())
                .say(format!(" – {}", form.meaning)),
        );
    }
    listed(&lines)
}

/// `/access status`: the newest first, as the caller orders them.
pub fn status_list(stories: &[Story<'_>]) -> Message {
    if stories.is_empty() {
        return listed(&[say("You have asked for nothing lately. ")
            .code("/access")
            .say(" opens the form.")]);
    }
    let mut lines: Vec<Sentence> = stories
        .iter()
        .take(LISTED)
        .map(|story| {
            let stage = Stage::of(story);
            let line = Sentence::default()
                .code(&story.request.number.to_string())
                .say(" · ")
                .then(requester::head_of(story, &stage));
            if requester::names_its_object(&stage) {
                line
            } else {
                line.say(" · ").then(story.what())
            }
        })
        .collect();
    if stories.len() > LISTED {
        lines.push(say(format!("and {} more", stories.len() - LISTED)));
    }
    listed(&lines)
}

/// `/access status REQ-…` for the requester, or whoever may see it and needs no buttons.
pub fn status_one(story: &Story<'_>) -> Message {
    let stage = Stage::of(story);
    let request = story.request;
    let head = Sentence::default()
        .code(&request.number.to_string())
        .say(" · ")
        .then(requester::head_of(story, &stage));
    let what = approver::who_asks(Sentence::default(), story, &stage)
        .then(story.what())
        .then(story.wish())
        .say(" · ")
        .date(request.asked_at);
    Message {
        text: head.clone().say(" · ").then(what.clone()).text(),
        blocks: vec![
            head.block(),
            kit::context(what.mrkdwn()),
            kit::quotation(request.justification.as_deref()),
        ],
    }
}

/// `/access status REQ-…` for somebody who may review it.
pub fn card_sent(story: &Story<'_>) -> Message {
    listed(&[say("I sent you the card of ")
        .code(&story.request.number.to_string())
        .say(" as a direct message.")])
}

fn listed(lines: &[Sentence]) -> Message {
    let blocks: Vec<SlackBlock> = lines.iter().map(Sentence::block).collect();
    let mut text = String::new();
    for line in lines.iter().map(Sentence::text) {
        let room = LONGEST_TEXT.saturating_sub(text.encode_utf16().count());
        if line.encode_utf16().count() > room {
            text.push('…');
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    Message { text, blocks }
}
