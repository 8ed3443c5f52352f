//! Lists of what is open and what waits.

use super::super::message::Message;
use super::super::sentence::{Sentence, say};
use super::super::story::spoken;
use super::listed;
use crate::domain::number::RequestNumber;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// One access that has not ended.
#[derive(Clone, Copy, Debug)]
pub struct OpenAccess<'a> {
    /// The request that it was asked with.
    pub number: RequestNumber,
    /// Who has it; left out where everything listed is the reader's own.
    pub holder: Option<&'a str>,
    /// What the profile is called.
    pub profile: &'a str,
    /// What the device is called.
    pub device: &'a str,
    /// How far it is.
    pub openness: Openness,
    /// Its end.
    pub until: DateTime<Utc>,
}

/// How far an access is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Openness {
    /// Agreed to, and not confirmed by Tailscale.
    Opening,
    /// Confirmed.
    Open,
    /// Being taken away, and not confirmed.
    Closing,
}

/// One request that waits for an answer.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    /// Its number.
    pub number: RequestNumber,
    /// What the profile is called.
    pub profile: &'a str,
    /// What the device is called.
    pub device: &'a str,
    /// For how long.
    pub duration: Duration,
    /// When it closes unanswered.
    pub answer_by: DateTime<Utc>,
    /// For whom it waits.
    pub whom: WaitsFor,
}

/// For whom a request waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// For those who may review it.
    Approvers,
    /// A workflow asked, and whoever reads this has to confirm it.
    Oneself,
}

impl OpenAccess<'_> {
    /// "✅ `REQ-7F3K` · Production SSH on `ada-mbp`, open until {d}".
    pub(super) fn line(&self) -> Sentence {
        let sign = match self.openness {
            Openness::Open => "✅ ",
            Openness::Opening | Openness::Closing => "⏳ ",
        };
        let mut line = say(sign).code(&self.number.to_string()).say(" · ");
        if let Some(holder) = self.holder {
            line = line.name(holder).say(": ");
        }
        line.then(self.what())
            .say(match self.openness {
                Openness::Opening => ", not open yet, ends ",
                Openness::Open => ", open until ",
                Openness::Closing => ", closing, not confirmed yet; Tailscale closes it by itself ",
            })
            .date(self.until)
    }

    /// "Production SSH on `ada-mbp`".
    pub(super) fn what(&self) -> Sentence {
        Sentence::default()
            .name(self.profile)
            .say(" on ")
            .code(self.device)
    }
}

impl Waiting<'_> {
    fn line(&self) -> Sentence {
        let sign = match self.whom {
            WaitsFor::Approvers => "🕒 ",
            WaitsFor::Oneself => "🙋 ",
        };
        let line = say(sign)
            .code(&self.number.to_string())
            .say(" · ")
            .name(self.profile);
        match self.whom {
            WaitsFor::Approvers => line
                .say(" on ")
                .code(self.device)
                .say(format!(" ({}), waits until ", spoken(self.duration))),
            // The device may be chosen only then.
            WaitsFor::Oneself => line.say(format!(
                " ({}), asked by a workflow: confirm it on its card until ",
                spoken(self.duration)
            )),
        }
        .date(self.answer_by)
    }
}

/// `/access list`: what one has open, how many more, and what waits.
pub fn mine(open: &[OpenAccess<'_>], more: u64, waiting: &[Waiting<'_>]) -> Message {
    let mut lines: Vec<Sentence> = open.iter().map(OpenAccess::line).collect();
    lines.extend(and_more(more));
    lines.extend(waiting.iter().map(Waiting::line));
    if lines.is_empty() {
        lines.push(
            say("You have nothing open, and nothing of yours waits. ")
                .code("/access")
                .say(" opens the form."),
        );
    }
    listed(&lines)
}

/// `/access list all` and `list <profile>`: what is open in what the reader may review.
pub fn open_now(profile: Option<&str>, open: &[OpenAccess<'_>], more: u64) -> Message {
    let place = |sentence: Sentence| match profile {
        Some(profile) => sentence.say(" in ").name(profile),
        None => sentence.say(" in what you may review"),
    };
    let mut lines = holders(open, more);
    if lines.is_empty() {
        lines.push(place(say("Nothing is open")).say("."));
    } else {
        lines.insert(0, place(say("Open now")).say(":"));
        lines.push(
            Sentence::default()
                .code("/access revoke REQ-… <note>")
                .say(" revokes one."),
        );
    }
    listed(&lines)
}

/// One line each, and one for those that are not listed.
pub(super) fn holders(open: &[OpenAccess<'_>], more: u64) -> Vec<Sentence> {
    let mut lines: Vec<Sentence> = open.iter().map(OpenAccess::line).collect();
    lines.extend(and_more(more));
    lines
}

fn and_more(more: u64) -> Option<Sentence> {
    (more > 0).then(|| say(format!("and {more} more")))
}
