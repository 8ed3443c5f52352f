//! Writes a line that is read back as the same.

use super::ask::{BEFORE_A_DEVICE, CLAUSES, COURTESIES};
use super::{Ask, Length, Target, Which, Words, wire};
use crate::domain::duration::written;
use std::fmt;

/// Further words that stand for something where a name may stand.
const MORE: [&str; 6] = ["all", "mine", "a", "an", "one", "and"];

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => Ok(()),
            Self::Request(ask) => write!(f, "request{ask}"),
            Self::Status(None) => f.write_str("status"),
            Self::Status(Some(number)) => write!(f, "status {number}"),
            Self::List(Which::Mine) => f.write_str("list"),
            Self::List(Which::All) => f.write_str("list all"),
            Self::List(Which::Profile(profile)) => write!(f, "list {}", name(profile)),
            Self::Done(None) => f.write_str("done"),
            Self::Done(Some(Target::Request(number))) => write!(f, "done {number}"),
            Self::Done(Some(Target::Named(profile))) => write!(f, "done {}", name(profile)),
            Self::Cancel(number) => write!(f, "cancel {number}"),
            Self::Revoke { number, note } => {
                write!(f, "revoke {number} {}", wire::escaped(note))
            }
            Self::Who(profile) => write!(f, "who {}", name(profile)),
            Self::Profiles => f.write_str("profiles"),
            Self::Help => f.write_str("help"),
        }
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(profile) = &self.profile {
            write!(f, " {}", name(profile))?;
        }
        match &self.length {
            Some(Length::Known(length)) => write!(f, " for {}", written(*length))?,
            Some(Length::Unread(typed)) => write!(f, " for {}", name(typed))?,
            None => {}
        }
        if let Some(device) = &self.device {
            write!(f, " on {}", name(device))?;
        }
        match &self.because {
            Some(because) => write!(f, " because {}", wire::escaped(because)),
            None => Ok(()),
        }
    }
}

/// A name, between quotation marks unless it is a plain word that means nothing else.
fn name(name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    let folded = name.to_lowercase();
    let means_more = [&CLAUSES[..], &COURTESIES, &BEFORE_A_DEVICE, &MORE]
        .iter()
        .any(|words| words.contains(&folded.as_str()));
    if is_plain && !means_more && !folded.starts_with("req") {
        name.to_owned()
    } else {
        format!("\"{}\"", wire::escaped(name))
    }
}
