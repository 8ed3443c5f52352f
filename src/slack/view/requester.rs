//! The requester's own card.

use super::approver::more;
use super::buttons;
use super::device_choice;
use super::facts;
use super::form::nobody_has_a_card;
use super::head::{self, To};
use super::kit;
use super::message::Message;
use super::sentence::{Sentence, say};
use super::stage::Stage;
use super::story::{Story, Told, spoken};
use crate::domain::grant::EndReason;
use slack_morphism::prelude::SlackBlockButtonElement;

/// The card of who asked.
pub fn card(story: &Story<'_>) -> Message {
    let stage = Stage::of(story);
    let head = head_of(story, &stage);
    let details = details(story, &stage);
    let mut blocks = vec![head.block()];
    if !names_its_object(&stage) {
        blocks.push(
            story
                .what()
                .say(format!(" for {}", spoken(story.request.facts.duration)))
                .block(),
        );
    }
    blocks.push(kit::quotation(story.request.justification.as_deref()));
    blocks.extend(facts::workflow(story).map(|line| line.block()));
    let notices = facts::notices(story, &stage);
    let late = facts::opened_late(story, &stage);
    for line in details.iter().chain(&notices).chain(&late) {
        blocks.push(kit::context(line.mrkdwn()));
    }
    if stage == Stage::Unconfirmed && story.chooses_device() {
        blocks.push(device_choice::block(story.devices));
    }
    blocks.extend(buttons::row(buttons_of(story, &stage)));
    blocks.push(kit::context(facts::signature(story).mrkdwn()));
    let mut text = head;
    if !names_its_object(&stage) {
        text = text.say(" · ").then(story.what());
    }
    let detail = match (&stage, unreachable(story)) {
        (Stage::Pending, Some(nobody)) => Some(nobody),
        (Stage::Unconfirmed, _) => Some(what_to_do(story)),
        _ => details.into_iter().next(),
    };
    if let Some(detail) = detail {
        text = text.say(" · ").then(detail);
    }
    text = text.say(format!(" · {}", story.request.number));
    Message {
        text: text.text(),
        blocks,
    }
}

/// The first line, as the person who waits for it reads it.
pub fn head_of(story: &Story<'_>, stage: &Stage<'_>) -> Sentence {
    match stage {
        Stage::Active { until, .. } => say("✅ ")
            .name(&story.request.facts.profile_name)
            .say(" is open on ")
            .code(&story.request.facts.device.name)
            .say(" until ")
            .date(*until),
        Stage::Closed(ending) if ending.why == EndReason::Expired => {
            let at = story.grant.map_or(ending.at, |grant| grant.ends_at);
            say("⏹ ")
                .name(&story.request.facts.profile_name)
                .say(" ended on ")
                .code(&story.request.facts.device.name)
                .say(" ")
                .date(at)
        }
        other => head::of(story, other, To::Requester),
    }
}

/// Whether the first line says what was asked for.
pub(super) fn names_its_object(stage: &Stage<'_>) -> bool {
    match stage {
        Stage::Unconfirmed | Stage::Pending | Stage::Active { .. } => true,
        Stage::Closed(ending) => ending.why == EndReason::Expired,
        _ => false,
    }
}

fn details(story: &Story<'_>, stage: &Stage<'_>) -> Vec<Sentence> {
    match stage {
        Stage::Unconfirmed => vec![
            say("Opens ")
                .name(&story.request.facts.description.replace('*', "∗"))
                .say(format!(
                    " for {} from approval.",
                    spoken(story.request.facts.duration)
                )),
            say(
                "Confirm asks the approvers; nothing opens before they agree. Until then nobody else hears of it.",
            ),
            say("Confirm only what you want yourself · closes ").date(story.request.answer_by),
        ],
        Stage::Pending => waiting(story),
        Stage::Active { .. } => vec![
            say("approved by ")
                .names(&super::story::names(story.approvers()), "and")
                .say(" ")
                .date(story.approved_at())
                .say(format!(" · for {}", spoken(story.granted()))),
        ],
        Stage::Closed(ending) if ending.why == EndReason::Expired => {
            vec![say(format!("after its {}", spoken(story.granted())))]
        }
        Stage::Failed(_) | Stage::Unclear(_) | Stage::Delayed { .. } => match story.security_told {
            Told::In(channel) => vec![
                Sentence::default()
                    .channel(channel.as_str())
                    .say(" has been told"),
            ],
            Told::NotYet => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// What a notification asks of whoever a workflow named.
fn what_to_do(story: &Story<'_>) -> Sentence {
    let asked = match story.request.justification.as_deref().map(str::trim) {
        Some(reason) if !reason.is_empty() => Sentence::default().quote(reason).say(" · "),
        _ => Sentence::default(),
    };
    asked
        .say("Confirm to ask the approvers, or decline, before ")
        .date(story.request.answer_by)
}

fn waiting(story: &Story<'_>) -> Vec<Sentence> {
    let request = story.request;
    if story.profile.is_none() {
        return vec![say(
            "the profile is gone from the configuration, so this is being closed. Nothing was granted",
        )];
    }
    let mut first = if story.standing().is_empty() {
        Sentence::default()
    } else {
        head::count(story).say(" · ")
    };
    let awaited = story.awaited(Some(&request.requester.id));
    let own = story
        .asked
        .iter()
        .any(|asked| *asked.person == request.requester.id);
    first = match (awaited.is_empty(), own) {
        (false, _) => first.say("waiting for ").names(&awaited, "or"),
        (true, true) => first.say("waiting for your own approval"),
        (true, false) => first.say("waiting for an approver"),
    };
    first = first.say(" · closes ").date(request.answer_by);
    if let Some(reminded) = request.reminded {
        first = match reminded.times {
            1 => first.say(" · reminded "),
            times => first.say(format!(" · reminded {times} times, last ")),
        }
        .date(reminded.at);
    }
    let mut lines = vec![first];
    if let Some(shortened) = story.shortened() {
        lines.push(say("For ").then(shortened).say("."));
    }
    if story.asked.is_empty() {
        lines.push(nobody_has_a_card(request.number));
    }
    if story.others_able > 0 {
        lines.push(
            say("Also able to answer: ")
                .say(more(story.others_able))
                .say(", with ")
                .code(&format!("/access status {}", request.number)),
        );
    }
    let unreached = story.unreached();
    if !unreached.is_empty() {
        let mut line = say("⚠ Could not reach ").names(&unreached, "and").say(".");
        if story.reached_nobody() {
            line = line.say(" Nobody has a card yet: tell one of them yourself.");
        }
        lines.push(line);
    }
    lines
}

/// What a notification has to say once nobody who was asked could be reached.
fn unreachable(story: &Story<'_>) -> Option<Sentence> {
    (story.profile.is_some() && story.reached_nobody()).then(|| {
        say("could not reach ")
            .names(&story.unreached(), "and")
            .say("; nobody has a card: tell one of them yourself · closes ")
            .date(story.request.answer_by)
    })
}

/// What the requester can do.
pub(super) fn buttons_of(story: &Story<'_>, stage: &Stage<'_>) -> Vec<SlackBlockButtonElement> {
    let again = |label: &str| {
        story
            .profile
            .map(|_| buttons::ask_again(story, label))
            .into_iter()
    };
    match stage {
        Stage::Unconfirmed => vec![buttons::confirm(story), buttons::decline(story)],
        Stage::Pending => {
            let remind = story.can_be_reminded().then(|| buttons::remind(story));
            remind.into_iter().chain([buttons::cancel(story)]).collect()
        }
        Stage::Delayed { .. } => vec![buttons::release(story, "I don't need it any more")],
        Stage::Active { .. } => vec![buttons::release(story, "I'm done")],
        Stage::Failed(_) if stage.can_be_retried(story) => vec![buttons::retry(story)],
        Stage::Denied { .. } | Stage::Lapsed | Stage::NotConfirmed => again("Ask again…").collect(),
        Stage::Closed(ending) if matches!(ending.why, EndReason::PersonLeft { .. }) => Vec::new(),
        Stage::Cancelled(_) | Stage::Closed(_) | Stage::Failed(_) => again("Ask again").collect(),
        Stage::Applying
        | Stage::TimeUp(_)
        | Stage::Closing { .. }
        | Stage::MissedUnconfirmed(_)
        | Stage::Unclear(_)
        | Stage::ProfileGone(_)
        | Stage::Declined(_)
        | Stage::PersonLeft { .. } => Vec::new(),
    }
}
