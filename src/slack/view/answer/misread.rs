//! Lines that were not understood, and names that nothing has.

use super::super::message::Message;
use super::super::sentence::{Sentence, say};
use super::listed;
use crate::slack::text;
use crate::slack::words::Misread;

/// More of what somebody typed is not repeated.
const LONGEST_TYPED: usize = 40;
/// More names than this are not offered at once.
const OFFERED: usize = 6;

/// What a name was looked for among.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The profiles that one may ask for.
    Profile,
    /// One's own devices.
    Device,
    /// What one has open.
    OpenProfile,
}

/// A line that was not understood: what of it, and what to do.
pub fn misread(misread: &Misread) -> Message {
    listed(&[match misread {
        Misread::UnknownWord { typed, meant } => {
            guess(dont_know(say("I don't know "), typed), *meant)
                .unwrap_or_else(|unknown| unknown.code("/access help").say(" shows what I know."))
        }
        Misread::Leftover { typed, meant } => {
            let unknown = dont_know(say("I don't know what to do with "), typed);
            let sentence = guess(unknown, *meant).unwrap_or_else(|unknown| {
                unknown
                    .code("/access help")
                    .say(" shows how a request is written.")
            });
            sentence.say(" Nothing was asked.")
        }
        Misread::Twice { clause } => Sentence::default()
            .code(clause)
            .say(" stands there twice. Nothing was asked; say it once."),
        Misread::NumberMissing { word } => say("Say which request: ")
            .code(&format!("/access {word} REQ-7F3K"))
            .say(". Nothing changed; ")
            .code("/access list")
            .say(" shows yours."),
        Misread::NotANumber { typed, .. } => code(typed)
            .say(" is no request: a request's id looks like ")
            .code("REQ-7F3K")
            .say(". Nothing changed."),
        Misread::ProfileMissing { word } => say("Say which profile: ")
            .code(&format!("/access {word} prod-ssh"))
            .say(". ")
            .code("/access profiles")
            .say(" shows yours."),
    }])
}

/// A name that nothing has which this person may know of.
pub fn unknown(kind: Kind, typed: &str, meant: Option<&str>) -> Message {
    let (what, help) = match kind {
        Kind::Profile => (
            "I don't know the profile ",
            say("There is none that you may see under this name; ")
                .code("/access profiles")
                .say(" shows what you may ask for."),
        ),
        Kind::Device => (
            "I don't know the device ",
            say("It is not one of those that you may ask for here; ")
                .code("/access")
                .say(" shows them."),
        ),
        Kind::OpenProfile => (
            "You have nothing open that is called ",
            Sentence::default()
                .code("/access list")
                .say(" shows what you have open."),
        ),
    };
    let sentence =
        guess(dont_know(say(what), typed), meant).unwrap_or_else(|unknown| unknown.then(help));
    listed(&[sentence.say(kind.unchanged())])
}

/// A name that several things have, or begin with.
pub fn could_be(kind: Kind, typed: &str, names: &[&str]) -> Message {
    let mut sentence = code(typed).say(" could be ");
    for (nth, name) in names.iter().take(OFFERED).enumerate() {
        sentence = match nth {
            0 => sentence.code(name),
            _ if nth + 1 == names.len() => sentence.say(" or ").code(name),
            _ => sentence.say(", ").code(name),
        };
    }
    if names.len() > OFFERED {
        sentence = sentence.say(format!(" or {} others", names.len() - OFFERED));
    }
    listed(&[sentence.say(". Say which.").say(kind.unchanged())])
}

impl Kind {
    fn unchanged(self) -> &'static str {
        match self {
            Self::Profile | Self::OpenProfile => " Nothing changed.",
            Self::Device => " Nothing was asked.",
        }
    }
}

fn code(typed: &str) -> Sentence {
    Sentence::default().code(&text::one_line(typed, LONGEST_TYPED))
}

fn dont_know(begin: Sentence, typed: &str) -> Sentence {
    begin.then(code(typed)).say(". ")
}

/// "… Did you mean `request`?"; the sentence as it was when there is no guess.
fn guess(unknown: Sentence, meant: Option<&str>) -> Result<Sentence, Sentence> {
    match meant {
        Some(meant) => Ok(unknown.say("Did you mean ").code(meant).say("?")),
        None => Err(unknown),
    }
}
