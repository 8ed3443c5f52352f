//! The line in the profile's channel. Nobody is mentioned in it, so nobody is pinged.

use super::head::{self, To};
use super::message::Message;
use super::sentence::{Sentence, say};
use super::stage::{Failure, Pace, Stage};
use super::story::{Story, names, spoken};
use crate::domain::grant::{EndReason, Ending, FailureCause, Opened};
use crate::domain::policy::Announcement;
use chrono::{DateTime, Utc};

/// One line, updated. Always rich text, so that no update takes rich text away.
pub fn card(story: &Story<'_>) -> Message {
    let stage = Stage::of(story);
    let mut sentence = line(story, &stage);
    if let Some(reason) = announced(story) {
        sentence = sentence.say(" · ").quote(reason);
    }
    sentence = sentence.say(" · ").code(&story.request.number.to_string());
    Message {
        text: sentence.text(),
        blocks: vec![sentence.rich_block()],
    }
}

fn announced<'a>(story: &Story<'a>) -> Option<&'a str> {
    let told = story
        .profile
        .is_some_and(|profile| profile.announcement == Announcement::WithJustification);
    story
        .request
        .justification
        .as_deref()
        .filter(|reason| told && !reason.trim().is_empty())
}

/// What has become of it, for somebody who did not ask.
pub(super) fn line(story: &Story<'_>, stage: &Stage<'_>) -> Sentence {
    let who = &story.request.requester.name;
    let had = |mark: &str, verb: &str| say(mark).name(who).say(verb).then(story.what());
    match stage {
        Stage::Active { until, .. } => had("✅ ", " has ")
            .say(" until ")
            .date(*until)
            .say(", approved by ")
            .names(&names(story.approvers()), "and"),
        Stage::Applying | Stage::Delayed { .. } => had("⏳ ", " waits for ")
            .say(", approved by ")
            .names(&names(story.approvers()), "and")
            .say(", not open yet"),
        Stage::Failed(failure) => failed(story, failure),
        Stage::Unclear(until) => had("❗ ", " may have got ")
            .say(": Tailscale's answer was lost. It is being removed and closes at ")
            .date(*until)
            .say(" at the latest"),
        Stage::MissedUnconfirmed(until) => had("❗ ", " may have got ")
            .say(": Tailscale did not confirm it before ")
            .date(*until)
            .say(". If it opened, it closes by itself; not confirmed yet"),
        Stage::TimeUp(until) => say("⏹ The time of ")
            .then(access(story))
            .say(" was up ")
            .date(*until)
            .say("; Tailscale closes it by itself, not confirmed yet"),
        Stage::Closing {
            ending,
            until,
            pace: pace @ (Pace::Late | Pace::Stuck { .. }),
        } => say("🚨 ")
            .then(closed_by(story, ending))
            .say(", but ")
            .then(head::unconfirmed(*pace, *until)),
        Stage::Closing { ending, .. } => say("⏳ ")
            .then(access(story))
            .say(match ending.why {
                EndReason::Released => " is being closed, given back",
                EndReason::PersonLeft { .. } => " is being closed, because its holder left",
                _ => " is being closed, revoked",
            })
            .then(head::by_whom(ending)),
        Stage::Closed(ending) => {
            let after = head::how_long(ending);
            match &ending.why {
                EndReason::Expired => had("⏹ ", " had ")
                    .say(" until ")
                    .date(story.grant.map_or(ending.at, |grant| grant.ends_at))
                    .say(format!(", for its {}", spoken(story.granted()))),
                EndReason::Released => had("⏹ ", " gave back ").say(" ").date(ending.at).say(after),
                EndReason::Revoked => {
                    let revoked = had("🔒 ", "'s access to ").say(" was revoked");
                    revoked.then(head::by_whom(ending)).say(after)
                }
                EndReason::PersonLeft { standing } => had("🔒 ", "'s access to ")
                    .say(" ended ")
                    .date(ending.at)
                    .say(after)
                    .say(": ")
                    .then(head::departure(story, *standing)),
                EndReason::NeverOpened { cause } => missed(story, ending, cause.as_ref()),
                EndReason::Failed { cause } => failed(
                    story,
                    &Failure {
                        cause,
                        at: ending.at,
                        opened: ending.opened,
                    },
                ),
            }
        }
        Stage::Pending => had("🕒 ", " asked for "),
        Stage::Unconfirmed
        | Stage::NotConfirmed
        | Stage::Declined(_)
        | Stage::Lapsed
        | Stage::Denied { .. }
        | Stage::Cancelled(_)
        | Stage::ProfileGone(_)
        | Stage::PersonLeft { .. } => had("", " asked for ").say(". Closed, nothing was granted"),
    }
}

/// "Ada's access to Production SSH on `ada-mbp`".
pub fn access(story: &Story<'_>) -> Sentence {
    Sentence::default()
        .name(&story.request.requester.name)
        .say("'s access to ")
        .then(story.what())
}

/// "Sam revoked Ada's access to Production SSH on `ada-mbp` {d}", before its end is confirmed.
pub fn closed_by(story: &Story<'_>, ending: &Ending) -> Sentence {
    match (&ending.why, &ending.by) {
        (EndReason::Released, _) => Sentence::default()
            .name(&story.request.requester.name)
            .say(" began to give back ")
            .then(story.what()),
        (EndReason::PersonLeft { standing }, _) => access(story)
            .say(" is being closed, because ")
            .then(head::departure(story, *standing)),
        (_, Some(by)) => Sentence::default()
            .name(&by.name)
            .say(" revoked ")
            .then(access(story)),
        (_, None) => access(story).say(" was ended by the workflow that asked for it"),
    }
    .say(" ")
    .date(ending.at)
}

fn failed(story: &Story<'_>, failure: &Failure<'_>) -> Sentence {
    match failure.opened {
        Opened::Never => did_not_get(story).then(head::failed(story, failure, To::Others)),
        Opened::Perhaps | Opened::At(_) => may_have_had(story, failure.at)
            .say("it failed (")
            .then(head::because(story, failure.cause, To::Others))
            .say("). It is closed now"),
    }
}

fn missed(story: &Story<'_>, ending: &Ending, cause: Option<&FailureCause>) -> Sentence {
    let ends_at = story.grant.map_or(ending.at, |grant| grant.ends_at);
    match (ending.opened, cause) {
        (Opened::Never, _) => {
            did_not_get(story).then(head::missed(story, ending, cause, To::Others))
        }
        (_, Some(cause)) => may_have_had(story, ends_at)
            .say("it failed (")
            .then(head::because(story, cause, To::Others))
            .say("). It is closed now"),
        (_, None) => may_have_had(story, ends_at)
            .say("Tailscale did not confirm it in time. It is closed now"),
    }
}

/// "❗ Ada did not get Production SSH on `ada-mbp`: ".
fn did_not_get(story: &Story<'_>) -> Sentence {
    say("❗ ")
        .name(&story.request.requester.name)
        .say(" did not get ")
        .then(story.what())
        .say(": ")
}

/// "❗ Ada may have had Production SSH on `ada-mbp` until {d}: ".
fn may_have_had(story: &Story<'_>, until: DateTime<Utc>) -> Sentence {
    say("❗ ")
        .name(&story.request.requester.name)
        .say(" may have had ")
        .then(story.what())
        .say(" until ")
        .date(until)
        .say(": ")
}
