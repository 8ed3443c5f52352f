//! One-line messages: what is news to somebody, told once as a new message.
//!
//! The requester's carry the buttons of the new state and are kept up to date: buttons go when
//! they stop working. Those of the security channel and of the thread stay as they are.

use super::buttons;
use super::channel;
use super::facts;
use super::head::{self, To};
use super::message::Message;
use super::requester;
use super::sentence::{Sentence, say};
use super::stage::Stage;
use super::story::{Story, names, spoken};
use crate::domain::audit::{Actor, AuditEvent, EventKind, Hearer};
use crate::domain::grant::{EndReason, Ending, FailureCause, HeldBy, Opened};
use crate::domain::request::CancelReason;
use slack_morphism::prelude::SlackBlockButtonElement;

/// The new line that an event is worth to this hearer.
pub fn line(story: &Story<'_>, event: &AuditEvent, hearer: Hearer) -> Message {
    match hearer {
        Hearer::Requester => line_now(story, event),
        Hearer::Security => {
            let (news, step) = for_security(story, event);
            let mut message = told(&news, Vec::new());
            message.text = news.say(" ").then(step.clone()).text();
            message.blocks.push(step.block());
            message
        }
        Hearer::Channel => told(&for_thread(story, event), Vec::new()),
    }
}

/// The requester's line as it should stand now: the sentence of the event for as long as it is
/// true, and only buttons that work.
pub fn line_now(story: &Story<'_>, event: &AuditEvent) -> Message {
    let stage = Stage::of(story);
    // Whoever reads it, on the screen or as a notification, can say which request is meant.
    let sentence = for_requester(story, &stage, event)
        .say(" · ")
        .code(&story.request.number.to_string());
    told(&sentence, buttons_of(story, &stage, &event.kind))
}

fn told(sentence: &Sentence, buttons: Vec<SlackBlockButtonElement>) -> Message {
    let mut blocks = vec![sentence.block()];
    blocks.extend(buttons::row(buttons));
    Message {
        text: sentence.text(),
        blocks,
    }
}

fn for_requester(story: &Story<'_>, stage: &Stage<'_>, event: &AuditEvent) -> Sentence {
    let profile = &story.request.facts.profile_name;
    let device = &story.request.facts.device.name;
    match &event.kind {
        EventKind::Activated { .. } => opened(story, stage, event),
        EventKind::EndingSoon { ends_at, left } => match stage {
            Stage::Active { .. } => say("⏰ ")
                .name(profile)
                .say(" ends on ")
                .code(device)
                .say(" ")
                .date(*ends_at)
                .say(format!(", in {}", spoken(*left))),
            _ => say("⏰ ")
                .name(profile)
                .say(" was to end on ")
                .code(device)
                .say(" ")
                .date(*ends_at),
        },
        EventKind::Denied { note, .. } => {
            let denied = by(
                say("⛔ Your request for ")
                    .then(story.what())
                    .say(" was denied"),
                event,
            );
            match note.as_deref().map(str::trim) {
                Some(note) if !note.is_empty() => denied.say(": ").quote(note),
                _ => denied,
            }
        }
        EventKind::WorkflowNotTold { .. } => say("⚠ The workflow that asked for ")
            .then(story.what())
            .say(" could not be told what became of it, and stands still. Your access did not change: ")
            .code(&format!("/access status {}", story.request.number))
            .say(" shows it. Tell whoever runs the workflow"),
        EventKind::Lapsed => head::of(story, &Stage::Lapsed, To::Requester)
            .say(" · ")
            .then(story.what()),
        EventKind::Cancelled {
            why: CancelReason::ProfileGone,
        } => say("↩ Your request for ")
            .then(story.what())
            .say(" was closed ")
            .date(event.at)
            .say(": the profile is gone, or you may no longer ask for it. Nothing was granted"),
        EventKind::Failed { cause } => {
            let failed = match stage {
                Stage::Failed(newest) if newest.at <= event.at => failed(story, cause),
                Stage::Closed(ending) if ended_failed(ending) => failed(story, cause),
                _ => at_first(story, cause),
            };
            failed.say(" · ").then(story.what())
        }
        EventKind::EndingBegan {
            why: EndReason::Failed { cause },
            ..
        } => match stage {
            Stage::Unclear(_) => head::of(story, stage, To::Requester)
                .say(" · ")
                .then(story.what()),
            Stage::Failed(newest) if newest.opened == Opened::Perhaps => {
                head::of(story, stage, To::Requester)
                    .say(" · ")
                    .then(story.what())
            }
            Stage::Closed(ending) if ended_failed(ending) => head::of(story, stage, To::Requester)
                .say(" · ")
                .then(story.what()),
            _ => at_first(story, cause).say(" · ").then(story.what()),
        },
        EventKind::Ended {
            why: EndReason::Expired,
        } => say("⏹ ")
            .name(profile)
            .say(" ended on ")
            .code(device)
            .say(" ")
            .date(story.grant.map_or(event.at, |grant| grant.ends_at)),
        _ => requester::head_of(story, stage)
            .say(" · ")
            .then(story.what()),
    }
}

fn opened(story: &Story<'_>, stage: &Stage<'_>, event: &AuditEvent) -> Sentence {
    let Stage::Active { .. } = stage else {
        return say("✅ ")
            .name(&story.request.facts.profile_name)
            .say(" was opened on ")
            .code(&story.request.facts.device.name)
            .say(" ")
            .date(event.at);
    };
    let granted = spoken(story.granted());
    requester::head_of(story, stage)
        .say(", approved by ")
        .names(&names(story.approvers()), "and")
        .say(match facts::left_when_late(story, stage) {
            Some((_, left)) => format!(" · opened late, {} of {granted} left", spoken(left)),
            None => format!(" · for {granted}"),
        })
}

fn failed(story: &Story<'_>, cause: &FailureCause) -> Sentence {
    head::approved_but(story)
        .then(head::because(story, cause, To::Requester))
        .say(". Nothing was granted")
}

/// What is left of a failure once it was tried again.
fn at_first(story: &Story<'_>, cause: &FailureCause) -> Sentence {
    say("❗ At first ")
        .then(head::because(story, cause, To::Requester))
        .say("; tried again since, see the newer message")
}

/// Whether nothing was tried after the failure until its time was up.
fn ended_failed(ending: &Ending) -> bool {
    matches!(ending.why, EndReason::NeverOpened { cause: Some(_) })
}

/// "… by Grace {d}".
fn by(sentence: Sentence, event: &AuditEvent) -> Sentence {
    match &event.actor {
        Actor::Person(person) => sentence.say(" by ").name(&person.name),
        Actor::Workflow(_) => sentence.say(" by its workflow"),
        Actor::Account(_) | Actor::Lapse => sentence,
    }
    .say(" ")
    .date(event.at)
}

/// What happened, and what whoever reads it can do about it.
fn for_security(story: &Story<'_>, event: &AuditEvent) -> (Sentence, Sentence) {
    if let EventKind::Delayed { held_by, .. } | EventKind::RemovalDelayed { held_by, .. } =
        &event.kind
        && let Some(HeldBy::ClientRefused { status }) = held_by
    {
        return client_refused(story, &event.kind, *status);
    }
    let subject = say("🚨 ")
        .code(&story.request.number.to_string())
        .say(": ")
        .name(&story.request.requester.name)
        .say(" was to get ")
        .then(story.what())
        .say(", approved by ")
        .names(&names(story.approvers()), "and");
    match &event.kind {
        EventKind::Failed { cause } => (
            subject
                .say(", but ")
                .then(head::because(story, cause, To::Others))
                .say(". Nothing was granted."),
            next_step(story, cause),
        ),
        EventKind::EndingBegan {
            why: EndReason::Failed { cause },
            ..
        } => {
            let until = story.grant.map_or(event.at, |grant| grant.ends_at);
            let step = say("Removing it began ")
                .date(event.at)
                .say("; it closes at ")
                .date(until)
                .say(" at the latest. ")
                .code(&format!("lapse audit {}", story.request.number))
                .say(" shows whether it has.");
            (
                subject
                    .say(", but it failed (")
                    .then(head::because(story, cause, To::Others))
                    .say(") after a write whose answer was lost."),
                step,
            )
        }
        _ => (
            subject.say("."),
            head::of(story, &Stage::of(story), To::Others).say("."),
        ),
    }
}

/// What has to be done before a failed grant can be opened.
fn next_step(story: &Story<'_>, cause: &FailureCause) -> Sentence {
    let requester = &story.request.requester.name;
    if !cause.can_be_mended() {
        return Sentence::default()
            .name(requester)
            .say(" has to ask again.");
    }
    let mend = match cause {
        FailureCause::Refused {
            status: 403,
            sentence,
        } if sentence.contains("the OAuth client lacks") => {
            "Give the client that scope in Tailscale; then "
        }
        _ => "Once that is mended, ",
    };
    say(mend)
        .name(requester)
        .say(" or an approver can press Try again.")
}

/// Nothing is opened or closed early until somebody mends it; told once, with the first
/// request that it keeps waiting.
fn client_refused(story: &Story<'_>, event: &EventKind, status: u16) -> (Sentence, Sentence) {
    let news = say(format!(
        "🚨 Tailscale refuses our OAuth client: {status}; until that is mended nothing is opened or closed early. "
    ))
    .code(&story.request.number.to_string());
    let (news, step) = match event {
        EventKind::RemovalDelayed { .. } => (
            to_be_removed(story, news.say(": ")),
            say("To close it now, remove the attribute ")
                .code(story.request.facts.attribute.as_str())
                .say(" from the device in Tailscale; then set"),
        ),
        _ => (
            news.say(" waits: ")
                .name(&story.request.requester.name)
                .say(" is to get ")
                .then(story.what())
                .say("."),
            say("Set"),
        ),
    };
    let step = step
        .say(" a working ")
        .code("TAILSCALE_CLIENT_ID")
        .say(" and ")
        .code("TAILSCALE_CLIENT_SECRET")
        .say(" and restart Lapse.");
    (news, step)
}

/// Who should have lost it, and until when it may stay open.
fn to_be_removed(story: &Story<'_>, news: Sentence) -> Sentence {
    match Stage::of(story) {
        Stage::Closing { ending, until, .. } => news
            .then(channel::closed_by(story, ending))
            .say(", and it may stay open until ")
            .date(until)
            .say("."),
        _ => news
            .then(channel::access(story))
            .say(" is not confirmed closed."),
    }
}

fn for_thread(story: &Story<'_>, event: &AuditEvent) -> Sentence {
    let ending = story.grant.and_then(|grant| match &grant.state {
        crate::domain::grant::GrantState::Ended { ending, .. } => Some(ending),
        _ => None,
    });
    match (&event.kind, ending) {
        (EventKind::Retried { .. }, _) => by(say("↻ Tried again"), event),
        (EventKind::Ended { .. }, Some(ending)) => {
            // The note stays between the people whom it concerns.
            let ending = crate::domain::grant::Ending {
                note: None,
                ..ending.clone()
            };
            head::of(story, &Stage::Closed(&ending), To::Others)
        }
        _ => head::of(story, &Stage::of(story), To::Others),
    }
}

fn buttons_of(
    story: &Story<'_>,
    stage: &Stage<'_>,
    event: &EventKind,
) -> Vec<SlackBlockButtonElement> {
    let again = |label: &str| story.profile.map(|_| buttons::ask_again(story, label));
    let button = match event {
        EventKind::Activated { .. } | EventKind::EndingSoon { .. } => match stage {
            Stage::Active { .. } => Some(buttons::release(story, "I'm done")),
            _ => None,
        },
        EventKind::Failed { .. } | EventKind::EndingBegan { .. } => match stage {
            Stage::Failed(failure) if !failure.cause.can_be_mended() => again("Ask again"),
            _ => stage.can_be_retried(story).then(|| buttons::retry(story)),
        },
        EventKind::Denied { .. } | EventKind::Lapsed => again("Ask again…"),
        EventKind::Ended { .. } => again("Ask again"),
        _ => None,
    };
    button.into_iter().collect()
}
