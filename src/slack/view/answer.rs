//! Answers to commands and clicks that only one person sees, once.
//!
//! They cannot be changed later, so they carry no buttons and nothing that will not stay true
//! as "what I was told then".

use super::kit;
use super::message::Message;
use super::requester;
use super::sentence::{Sentence, say};
use super::stage::Stage;
use super::story::Story;
use crate::slack::text;
use slack_morphism::prelude::SlackBlock;

/// The words of `/access` that exist, and what each does.
pub const WORDS: [(&str, &str); 4] = [
    ("", "opens the form to ask for access"),
    ("status", "shows what you asked for and what is open"),
    (
        "status REQ-7F3K",
        "shows one request; approvers get its card by direct message",
    ),
    ("help", "shows this"),
];
/// The most requests that one answer lists.
const LISTED: usize = 15;
/// Escaping may make a text five times as long; Slack takes four thousand characters.
const LONGEST_ANSWER: usize = 750;
/// Where the blocks tell everything, `text` may stop after whole lines.
const LONGEST_TEXT: usize = 3500;
/// How much two words must be alike to be worth a guess.
const ALIKE: f64 = 0.7;

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

/// `/access help`.
pub fn help(words: &[(&str, &str)]) -> Message {
    let mut lines = vec![say(
        "Lapse gives access to the tailnet for a limited time, once somebody agrees.",
    )];
    for (word, meaning) in words {
        let command = format!("/access {word}");
        lines.push(
            Sentence::default()
                .code(command.trim_end())
                .say(format!(" – {meaning}")),
        );
    }
    listed(&lines)
}

/// "I don't know `reqest`. Did you mean `request`?"
pub fn unknown_word(word: &str, words: &[(&str, &str)]) -> Message {
    let typed = text::one_line(word, 40);
    let mut known: Vec<&str> = words
        .iter()
        .filter_map(|(word, _)| word.split_whitespace().next())
        .collect();
    known.dedup();
    let likeness = |word: &&str| strsim::jaro_winkler(&typed.to_lowercase(), word);
    let guess = known
        .into_iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .filter(|word| likeness(word) >= ALIKE);
    let sentence = say("I don't know ").code(&typed).say(". ");
    listed(&[match guess {
        Some(guess) => sentence.say("Did you mean ").code(guess).say("?"),
        None => sentence.code("/access help").say(" shows what I know."),
    }])
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
            match stage {
                Stage::Pending | Stage::Active { .. } => line,
                _ => line.say(" · ").then(story.what()),
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
    let what = Sentence::default()
        .name(&request.requester.name)
        .say(" asked for ")
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
