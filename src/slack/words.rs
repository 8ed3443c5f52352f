//! The words of `/access`: what a person typed, as a closed type.
//!
//! One table names every word, says what it does and knows how to read it; the help is drawn
//! from the same table. Nothing is looked up here: profiles and devices stay as they were typed,
//! until [`pick`] finds them among those that exist for that person.

mod ask;
mod line;
pub mod pick;
#[cfg(test)]
mod tests;
mod wire;
mod write;

use crate::domain::number::RequestNumber;
use crate::likeness::nearest;
use line::Line;
use std::time::Duration;

/// What somebody wants of `/access`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// The form.
    Form,
    /// To ask for access, with whatever was said about it.
    Request(Ask),
    /// How one request stands, or all of one's own.
    Status(Option<RequestNumber>),
    /// What is open and what waits.
    List(Which),
    /// To give access back.
    Done(Option<Target>),
    /// To withdraw a request.
    Cancel(RequestNumber),
    /// To take somebody's access away.
    Revoke {
        /// Which.
        number: RequestNumber,
        /// Why, as it was typed.
        note: String,
    },
    /// Who has a profile, and who approves it.
    Who(String),
    /// What one may ask for.
    Profiles,
    /// What the words are.
    Help,
}

/// What was said about a request. What was not said is asked in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// The profile, as it was typed.
    pub profile: Option<String>,
    /// The device, as it was typed.
    pub device: Option<String>,
    /// For how long.
    pub length: Option<Length>,
    /// Why: everything after `because`, as it was typed.
    pub because: Option<String>,
}

/// What was said about how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Length {
    /// So long.
    Known(Duration),
    /// Something that is no length of time.
    Unread(String),
}

/// Whose access to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// One's own.
    Mine,
    /// That of every profile that one may review.
    All,
    /// That of one profile, as it was typed.
    Profile(String),
}

/// Which access to give back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// That of a request.
    Request(RequestNumber),
    /// That of a profile, as it was typed; or a request's number without its `REQ-`.
    Named(String),
}

/// Why a line was not understood. Nothing was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misread {
    /// It begins with no word of the table.
    UnknownWord {
        /// What stands there.
        typed: String,
        /// What was probably meant.
        meant: Option<&'static str>,
    },
    /// Something stands where nothing is known to stand.
    Leftover {
        /// What.
        typed: String,
        /// What was probably meant.
        meant: Option<&'static str>,
    },
    /// The same was said twice.
    Twice {
        /// The word that stands there twice.
        clause: &'static str,
    },
    /// A request's id is needed.
    NumberMissing {
        /// The word that needs it.
        word: &'static str,
    },
    /// Something stands where a request's id is needed.
    NotANumber {
        /// The word that needs it.
        word: &'static str,
        /// What stands there.
        typed: String,
    },
    /// A profile is needed.
    ProfileMissing {
        /// The word that needs it.
        word: &'static str,
    },
}

/// One word of the table.
pub struct Word {
    /// The word itself; empty for a line without any.
    pub name: &'static str,
    /// The ways to use it.
    pub forms: &'static [Form],
    read: fn(&mut Line<'_>) -> Result<Words, Misread>,
}

/// One way to use a word.
pub struct Form {
    /// How it is written; `<…>` stands for something, `[…]` may be left out.
    pub usage: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

/// Every word that there is.
pub static TABLE: [Word; 10] = [
    Word {
        name: "",
        forms: &[Form {
            usage: "",
            meaning: "opens the form to ask for access",
        }],
        read: |_| Ok(Words::Form),
    },
    Word {
        name: REQUEST,
        forms: &[Form {
            usage: "request <profile> [for 2h] [on <device>] [because <reason>]",
            meaning: "asks at once when the line says everything, else opens the form with it",
        }],
        read: |line| ask::read(line).map(Words::Request),
    },
    Word {
        name: STATUS,
        forms: &[
            Form {
                usage: "status",
                meaning: "shows what became of your last requests",
            },
            Form {
                usage: "status REQ-7F3K",
                meaning: "shows one request; approvers get its card by direct message",
            },
        ],
        read: |line| match line.number(STATUS) {
            Err(Misread::NumberMissing { .. }) => Ok(Words::Status(None)),
            read => read.map(|number| Words::Status(Some(number))),
        },
    },
    Word {
        name: "list",
        forms: &[
            Form {
                usage: "list",
                meaning: "shows what you have open and what still waits",
            },
            Form {
                usage: "list all",
                meaning: "shows everything that is open and that you may review",
            },
            Form {
                usage: "list <profile>",
                meaning: "shows the same for one profile",
            },
        ],
        read: |line| Ok(Words::List(which(line))),
    },
    Word {
        name: "done",
        forms: &[Form {
            usage: "done [<profile> or REQ-7F3K]",
            meaning: "gives your access back",
        }],
        read: |line| Ok(Words::Done(target(line))),
    },
    Word {
        name: CANCEL,
        forms: &[Form {
            usage: "cancel REQ-7F3K",
            meaning: "withdraws a request that still waits",
        }],
        read: |line| line.number(CANCEL).map(Words::Cancel),
    },
    Word {
        name: REVOKE,
        forms: &[Form {
            usage: "revoke REQ-7F3K <note>",
            meaning: "takes access away; for those who may review it",
        }],
        read: |line| {
            let number = line.number(REVOKE)?;
            let note = line.rest().unwrap_or_default();
            Ok(Words::Revoke { number, note })
        },
    },
    Word {
        name: WHO,
        forms: &[Form {
            usage: "who <profile>",
            meaning: "shows who approves it; to approvers, also who has it",
        }],
        read: |line| match line.name() {
            Some(profile) => Ok(Words::Who(profile)),
            None => Err(Misread::ProfileMissing { word: WHO }),
        },
    },
    Word {
        name: "profiles",
        forms: &[Form {
            usage: "profiles",
            meaning: "shows what you may ask for",
        }],
        read: |_| Ok(Words::Profiles),
    },
    Word {
        name: "help",
        forms: &[Form {
            usage: "help",
            meaning: "shows this",
        }],
        read: |_| Ok(Words::Help),
    },
];

const REQUEST: &str = "request";
const STATUS: &str = "status";
const CANCEL: &str = "cancel";
const REVOKE: &str = "revoke";
const WHO: &str = "who";

/// Reads what stood behind the command. What is read of text that Slack may have escaped, or
/// made links of, is what the person typed.
pub fn read(typed: &str) -> Result<Words, Misread> {
    let typed = wire::unwrapped(typed);
    let mut line = Line::of(&typed);
    let first = line.next_but(&["please"]);
    let name = first.as_ref().map_or_else(String::new, line::Token::word);
    let known = TABLE.iter().find(|word| word.name == name);
    match (known, first) {
        (_, None) if typed.contains('?') => Ok(Words::Help),
        (_, None) => Ok(Words::Form),
        (Some(word), Some(_)) => (word.read)(&mut line),
        (None, Some(first)) => Err(Misread::UnknownWord {
            meant: nearest(&name, TABLE.iter().map(|word| word.name)),
            typed: first.name(),
        }),
    }
}

fn which(line: &mut Line<'_>) -> Which {
    let mut ahead = line.clone();
    match ahead.next() {
        None => return Which::Mine,
        Some(token) if !token.quoted && ahead.is_at_end() => match token.word().as_str() {
            "all" => return Which::All,
            "mine" => return Which::Mine,
            _ => {}
        },
        Some(_) => {}
    }
    line.name().map_or(Which::Mine, Which::Profile)
}

fn target(line: &mut Line<'_>) -> Option<Target> {
    let mut ahead = line.clone();
    let begins_with_req = ahead
        .next()
        .is_some_and(|token| !token.quoted && token.word().starts_with("req"));
    if begins_with_req && let Ok(number) = line.clone().number("done") {
        return Some(Target::Request(number));
    }
    line.name().map(Target::Named)
}
