//! The first line of a card: one sentence a state, the same for everybody.

use super::sentence::{Sentence, say};
use super::stage::{Failure, Pace, Stage};
use super::story::{Story, lasted, names, spoken};
use crate::domain::device::DeviceRefusal;
use crate::domain::grant::{DeviceChange, EndReason, Ending, FailureCause, HeldBy, Opened};
use crate::domain::ids::PersonId;
use crate::domain::person::Standing;
use chrono::{DateTime, Utc};

/// Who reads it: who has to do something is "you" to one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Whoever asked.
    Requester,
    /// Anybody else.
    Others,
}

/// "Approved by Grace {d}".
pub fn approval(story: &Story<'_>) -> Sentence {
    say("Approved by ")
        .names(&names(story.approvers()), "and")
        .say(" ")
        .date(story.approved_at())
}

/// "❗ Approved by Grace {d}, but ".
pub fn approved_but(story: &Story<'_>) -> Sentence {
    say("❗ ").then(approval(story)).say(", but ")
}

/// The sentence of a state that is not pending.
pub fn of(story: &Story<'_>, stage: &Stage<'_>, to: To) -> Sentence {
    match stage {
        Stage::Unconfirmed => to_confirm(story),
        Stage::NotConfirmed => say("⌛ ")
            .name(&story.request.requester.name)
            .say(" did not confirm it by ")
            .date(story.request.answer_by)
            .say(". No approver was asked, nothing was granted"),
        Stage::Declined(at) => say("↩ Declined by ")
            .name(&story.request.requester.name)
            .say(" ")
            .date(*at)
            .say(". No approver was asked, nothing was granted"),
        Stage::Pending => waiting(story),
        Stage::Lapsed => lapsed(story),
        Stage::Denied { by, at, note } => {
            let denied = say("⛔ Denied by ").name(&by.name).say(" ").date(*at);
            with_note(denied, *note)
        }
        Stage::Cancelled(at) => say("↩ Cancelled by ")
            .name(&story.request.requester.name)
            .say(" ")
            .date(*at),
        Stage::ProfileGone(at) => say("↩ Closed ")
            .date(*at)
            .say(": the profile is gone, or ")
            .name(&story.request.requester.name)
            .say(" may no longer ask for it. Nothing was granted"),
        Stage::PersonLeft { standing, at } => say("🔒 Closed ")
            .date(*at)
            .say(": ")
            .then(departure(story, *standing))
            .say(". Nothing was granted"),
        Stage::Applying => say("⏳ ").then(approval(story)).say(", applying…"),
        Stage::Delayed {
            since,
            until,
            held_by,
        } => say("⏳ ")
            .then(approval(story))
            .say(", not open yet: ")
            .then(kept(*held_by, *since))
            .say(". Trying until ")
            .date(*until),
        Stage::Active { until, .. } => say("✅ ")
            .then(approval(story))
            .say(", active until ")
            .date(*until),
        Stage::TimeUp(until) => say("⏹ Its time was up ")
            .date(*until)
            .say("; Tailscale closes it by itself, not confirmed yet"),
        Stage::Closing {
            ending,
            until,
            pace: pace @ (Pace::Late | Pace::Stuck { .. }),
        } => match ending.why {
            EndReason::PersonLeft { standing } => say("🚨 Removal began ")
                .date(ending.at)
                .say(", because ")
                .then(departure(story, standing)),
            _ => with_note(say("🚨 ").then(ended_by(ending)), note(ending)),
        }
        .say(", but ")
        .then(unconfirmed(*pace, *until)),
        Stage::Closing { ending, .. } => match ending.why {
            EndReason::PersonLeft { standing } => say("⏳ Closing since ")
                .date(ending.at)
                .say(": ")
                .then(departure(story, standing)),
            _ => with_note(say("⏳ ").then(ended_by(ending)), note(ending)).say(", closing…"),
        },
        Stage::MissedUnconfirmed(until) => approved_but(story)
            .say("Tailscale did not confirm it before ")
            .date(*until)
            .say(". If it opened, it closes by itself; not confirmed yet"),
        Stage::Unclear(until) => approved_but(story).say(
            "we don't know what Tailscale did (the answer was lost). Removing it; it closes at ",
        )
        .date(*until)
        .say(" at the latest"),
        Stage::Closed(ending) => closed(story, ending, to),
        Stage::Failed(failure) => approved_but(story).then(failed(story, failure, to)),
    }
}

/// The sentence that stays true for those who did not act: "Approved by Grace {d} for 2 h".
pub fn decision(story: &Story<'_>) -> Sentence {
    say("✅ ")
        .then(approval(story))
        .say(format!(" for {}", spoken(story.granted())))
}

/// What keeps it from being open, without a full stop.
fn kept(by: Option<&HeldBy>, since: DateTime<Utc>) -> Sentence {
    match by {
        None => say("it has been waiting for Tailscale since ").date(since),
        Some(HeldBy::Silence) => say("Tailscale has not answered since ").date(since),
        Some(HeldBy::ToldToWait { until }) => say("Tailscale asked us to wait until ").date(*until),
        Some(HeldBy::ClientRefused { status }) => client_refused(*status),
        Some(HeldBy::NotShown) => say("Tailscale answered, but the attribute is not there yet"),
    }
}

fn client_refused(status: u16) -> Sentence {
    say(format!(
        "Tailscale refuses our OAuth client: {status}; an operator can mend it"
    ))
}

/// Why it failed and what that left, without a full stop.
pub fn failed(story: &Story<'_>, failure: &Failure<'_>, to: To) -> Sentence {
    match failure.opened {
        Opened::Never => because(story, failure.cause, to).say(". Nothing was granted"),
        Opened::Perhaps | Opened::At(_) => say("it failed (")
            .then(because(story, failure.cause, to))
            .say("). It may have been open until ")
            .date(failure.at)
            .say("; it is closed now"),
    }
}

/// Why it did not open before its time was up, without a full stop.
pub fn missed(
    story: &Story<'_>,
    ending: &Ending,
    cause: Option<&FailureCause>,
    to: To,
) -> Sentence {
    let ends_at = story.grant.map_or(ending.at, |grant| grant.ends_at);
    match (cause, ending.opened) {
        (Some(cause), Opened::Never) => because(story, cause, to)
            .say(". Its time was up ")
            .date(ends_at)
            .say("; it never opened"),
        (Some(cause), _) => say("it failed (")
            .then(because(story, cause, to))
            .say("). Its time was up ")
            .date(ends_at)
            .say("; it may have been open for a while and is closed now"),
        (None, Opened::Never) => match story.grant.and_then(|grant| grant.held_by.as_ref()) {
            Some(HeldBy::ClientRefused { status }) => say(format!(
                "Tailscale refused our OAuth client ({status}), and its time was up "
            )),
            Some(HeldBy::ToldToWait { .. }) => {
                say("Tailscale asked us to wait, and its time was up ")
            }
            Some(HeldBy::Silence) => say("Tailscale could not be reached before "),
            Some(HeldBy::NotShown) | None => say("it could not be opened before "),
        }
        .date(ends_at)
        .say(". It never opened"),
        (None, _) => say("Tailscale did not confirm it before ")
            .date(ends_at)
            .say(". It may have been open for a while and is closed now"),
    }
}

/// How long it was open, as it stands behind "given back" and "revoked".
pub fn how_long(ending: &Ending) -> String {
    match ending.opened {
        Opened::At(since) => format!(", after {}", lasted(since, ending.at)),
        Opened::Never => "; it had not opened".to_owned(),
        Opened::Perhaps => "; it was never confirmed open".to_owned(),
    }
}

/// Why it failed, without a full stop.
pub fn because(story: &Story<'_>, cause: &FailureCause, to: To) -> Sentence {
    match cause {
        FailureCause::Refused { status, sentence } => {
            let known = sentence.trim_start().starts_with(&status.to_string());
            let number = if known {
                String::new()
            } else {
                format!("{status}, ")
            };
            say(format!("Tailscale refused: {number}")).report(sentence)
        }
        FailureCause::DeviceChanged {
            what: DeviceChange::Unusable(DeviceRefusal::KeyExpired),
        } => {
            let expired = say("the key of ")
                .code(&story.request.facts.device.name)
                .say(" has expired");
            match to {
                To::Requester => expired.say(": log in to Tailscale on it, then try again"),
                To::Others => expired
                    .say("; ")
                    .name(&story.request.requester.name)
                    .say(" has to log in to Tailscale on it first"),
            }
        }
        other => Sentence::default().report(&other.to_string()),
    }
}

/// What an approver reads while it is pending and something has happened already; `reader` is
/// nobody when their own review would not count.
pub fn pending(story: &Story<'_>, reader: Option<&PersonId>) -> Option<Sentence> {
    let counts = match reader.map(|reader| (reader, story.approval_of(reader))) {
        Some((reader, Some(mine))) => Some(mine_counts(story, reader, mine.at)),
        _ if story.standing().is_empty() => None,
        None => Some(say("🟡 ").then(count(story))),
        Some(_) => Some(say("🟡 ").then(count(story)).say(", yours is still needed")),
    };
    let shortened = story.shortened().map(|s| say("For ").then(s));
    match (counts, shortened) {
        (Some(counts), Some(shortened)) => Some(counts.say(". ").then(shortened)),
        (counts, shortened) => counts.or(shortened),
    }
}

/// "1 of 2 approvals (Grace {d})".
pub fn count(story: &Story<'_>) -> Sentence {
    let standing = story.standing();
    let mut sentence = say(format!(
        "{} of {} approvals (",
        standing.len(),
        story.request.facts.approvals
    ));
    for (at, review) in standing.iter().enumerate() {
        sentence = sentence
            .say(if at == 0 { "" } else { ", " })
            .name(&review.by.name)
            .say(" ")
            .date(review.at);
    }
    sentence.say(")")
}

fn mine_counts(story: &Story<'_>, reader: &PersonId, at: DateTime<Utc>) -> Sentence {
    let sentence = say("🟡 You approved ")
        .date(at)
        .say(format!("; {} more needed", story.missing()));
    let awaited = story.awaited(Some(reader));
    if awaited.is_empty() {
        sentence
    } else {
        sentence.say(" (").names(&awaited, "or").say(")")
    }
}

fn waiting(story: &Story<'_>) -> Sentence {
    let mut sentence = say("🕒 Asked for ")
        .then(story.what())
        .say(format!(" ({}", spoken(story.request.facts.duration)));
    if story.shortened().is_some() {
        sentence = sentence.say(format!(" instead of {}", spoken(story.request.wished)));
    }
    sentence.say(")")
}

/// "A workflow asks in your name for …", on a device that the workflow named.
fn to_confirm(story: &Story<'_>) -> Sentence {
    let facts = &story.request.facts;
    let asks = say("🙋 A workflow asks in your name for ").name(&facts.profile_name);
    let asks = if story.chooses_device() {
        asks
    } else {
        asks.say(" on ").code(&facts.device.name)
    };
    asks.say(format!(" ({})", spoken(facts.duration)))
}

fn lapsed(story: &Story<'_>) -> Sentence {
    let sentence = if story.standing().is_empty() {
        say("⌛ Nobody answered by ")
    } else {
        say("⌛ Only ").then(count(story)).say(" by ")
    };
    sentence
        .date(story.request.answer_by)
        .say(". Closed, nothing was granted")
}

fn ended_by(ending: &Ending) -> Sentence {
    match ending.why {
        EndReason::Released => say("Given back"),
        _ => say("Revoked"),
    }
    .then(by_whom(ending))
}

/// "Ada's account was deactivated".
pub fn departure(story: &Story<'_>, standing: Standing) -> Sentence {
    Sentence::default()
        .name(&story.request.requester.name)
        .say(standing.departure())
}

/// " by Sam {d}".
pub fn by_whom(ending: &Ending) -> Sentence {
    match &ending.by {
        Some(person) => say(" by ").name(&person.name),
        None if ending.why == EndReason::Revoked => say(" by the workflow that asked for it"),
        None => Sentence::default(),
    }
    .say(" ")
    .date(ending.at)
}

/// Why what was ended may still be open, and until when.
pub fn unconfirmed(pace: Pace, until: DateTime<Utc>) -> Sentence {
    match pace {
        Pace::Stuck { status } => client_refused(status),
        Pace::Usual | Pace::Late => say("Tailscale has not confirmed"),
    }
    .say(". It may stay open until ")
    .date(until)
    .say("; trying again")
}

fn closed(story: &Story<'_>, ending: &Ending, to: To) -> Sentence {
    let after = how_long(ending);
    let ends_at = story.grant.map_or(ending.at, |grant| grant.ends_at);
    match &ending.why {
        EndReason::Expired => say("⏹ Ended ")
            .date(ends_at)
            .say(format!(", after its {}", spoken(story.granted()))),
        EndReason::Released => say("⏹ ").then(ended_by(ending)).say(after),
        EndReason::Revoked => with_note(say("🔒 ").then(ended_by(ending)), note(ending)).say(after),
        EndReason::PersonLeft { standing } => say("🔒 Ended ")
            .date(ending.at)
            .say(after)
            .say(": ")
            .then(departure(story, *standing)),
        EndReason::NeverOpened { cause } => {
            approved_but(story).then(missed(story, ending, cause.as_ref(), to))
        }
        EndReason::Failed { cause } => approved_but(story).then(failed(
            story,
            &Failure {
                cause,
                at: ending.at,
                opened: ending.opened,
            },
            to,
        )),
    }
}

fn note(ending: &Ending) -> Option<&str> {
    ending.note.as_deref()
}

fn with_note(sentence: Sentence, note: Option<&str>) -> Sentence {
    match note.map(str::trim).filter(|note| !note.is_empty()) {
        Some(note) => sentence.say(": ").quote(note),
        None => sentence,
    }
}
