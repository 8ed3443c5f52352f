//! The line in the profile's channel. Nobody is mentioned in it, so nobody is pinged.

use super::head;
use super::message::Message;
use super::sentence::{Sentence, say};
use super::stage::{Pace, Stage};
use super::story::{Story, names, spoken};
use crate::domain::grant::EndReason;
use crate::domain::policy::Announcement;

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

fn line(story: &Story<'_>, stage: &Stage<'_>) -> Sentence {
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
        Stage::Failed(failure) => had("❗ ", " did not get ")
            .say(": ")
            .then(head::failed(failure)),
        Stage::Unclear(until) => had("❗ ", " may have got ")
            .say(": Tailscale's answer was lost. It is being removed and closes at ")
            .date(*until)
            .say(" at the latest"),
        Stage::MissedUnconfirmed(until) => had("❗ ", " did not get ")
            .say(": Tailscale did not confirm it before ")
            .date(*until)
            .say("; not confirmed yet"),
        Stage::TimeUp(until) => had("⏹ ", " had ")
            .say(" until ")
            .date(*until)
            .say("; Tailscale closes it by itself, not confirmed yet"),
        Stage::Closing {
            until,
            pace: Pace::Late | Pace::Stuck { .. },
            ..
        } => had("🚨 ", "'s access to ")
            .say(" was ended, but Tailscale has not confirmed. It may stay open until ")
            .date(*until),
        Stage::Closing { .. } => had("⏳ ", "'s access to ").say(" is being closed"),
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
                    match &ending.by {
                        Some(by) => revoked.say(" by ").name(&by.name),
                        None => revoked,
                    }
                    .say(" ")
                    .date(ending.at)
                    .say(after)
                }
                EndReason::NeverOpened { cause } => {
                    let missed = head::missed(story, ending, cause.as_ref());
                    had("❗ ", " did not get ").say(": ").then(missed)
                }
                EndReason::Failed { cause } => had("❗ ", " did not get ")
                    .say(": ")
                    .then(head::because(cause))
                    .say(". Nothing was granted"),
            }
        }
        Stage::Pending => had("🕒 ", " asked for "),
        Stage::Lapsed | Stage::Denied { .. } | Stage::Cancelled(_) | Stage::ProfileGone(_) => {
            had("", " asked for ").say(". Closed, nothing was granted")
        }
    }
}
