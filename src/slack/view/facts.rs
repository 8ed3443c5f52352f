//! The facts of a request, as the store, the configuration and Tailscale have them; what the
//! requester claims stands apart from them.

use super::kit;
use super::sentence::{Sentence, say};
use super::stage::Stage;
use super::story::{LATELY, Story, spoken};
use crate::domain::device::Presence;
use crate::domain::grant::DELAYED_AFTER;
use crate::domain::request::{Request, Review};
use crate::domain::seconds;
use chrono::{DateTime, Utc};
use slack_morphism::prelude::SlackBlock;
use std::time::Duration;

/// A machine may have dozens of tags, and a field takes 2,000 characters.
const MOST_TAGS: usize = 5;

/// For how long, which device, what it opens, until when it can be answered.
pub fn fields(story: &Story<'_>) -> SlackBlock {
    as_block(&of_story(story))
}

/// The same facts below a title.
pub fn titled(story: &Story<'_>, title: &Sentence) -> SlackBlock {
    let facts = of_story(story).iter().map(Sentence::mrkdwn).collect();
    kit::titled_fields(title.mrkdwn(), facts)
}

fn of_story(story: &Story<'_>) -> Vec<Sentence> {
    let request = story.request;
    let mut duration = say(spoken(request.facts.duration)).say(" from approval");
    if let Some(shortened) = story.shortened() {
        duration = shortened;
    }
    let mut facts = of_request(request, duration);
    if let Some(device) = story.device {
        let presence = match device.presence {
            Presence::Online => say(" · online"),
            Presence::LastSeen(at) => say(" · seen ").date(at),
            Presence::NeverSeen => say(" · never seen"),
        };
        facts[1] = facts[1].clone().then(presence);
    }
    facts
}

/// The same facts for the forms, where nothing is known of the device's presence.
pub fn fields_of(request: &Request) -> SlackBlock {
    let duration = say(spoken(request.facts.duration)).say(" from approval");
    as_block(&of_request(request, duration))
}

fn of_request(request: &Request, duration: Sentence) -> Vec<Sentence> {
    let facts = &request.facts;
    let label = |name: &str| Sentence::default().strong().say(name).ordinary().say("\n");
    let mut device = label("Device")
        .name(&facts.device.name)
        .say(" · ")
        .name(&facts.device.os);
    // A shared machine has tags, and nobody owns it.
    if !facts.device.owner.as_str().is_empty() {
        device = device.say(" · ").name(facts.device.owner.as_str());
    }
    for tag in facts.device.tags.iter().take(MOST_TAGS) {
        device = device.say(" · ").code(tag);
    }
    vec![
        label("For").then(duration),
        device.say(" · ").code(facts.device.node.as_str()),
        // A lone `*` would go with the formatting, and `tcp:*` opens more than `tcp:`.
        label("Opens").name(&facts.description.replace('*', "∗")),
        label("Answer by").date(request.answer_by),
    ]
}

fn as_block(facts: &[Sentence]) -> SlackBlock {
    kit::fields(facts.iter().map(Sentence::mrkdwn).collect())
}

/// "REQ-7F3K · asked {d}".
pub fn signature(story: &Story<'_>) -> Sentence {
    Sentence::default()
        .code(&story.request.number.to_string())
        .say(" · asked ")
        .date(story.request.asked_at)
}

/// That a workflow asked, and what its author calls it, which is theirs to say.
pub fn workflow(story: &Story<'_>) -> Option<Sentence> {
    let workflow = story.request.workflow.as_ref()?;
    let asked = match story.request.justification {
        Some(_) => say("Asked by a workflow, which also wrote the reason above"),
        None => say("Asked by a workflow"),
    };
    let asked = match &workflow.name {
        Some(name) => asked.say("; its author calls it ").quote(name),
        None => asked,
    };
    Some(match workflow.confirmed_at {
        Some(at) => asked
            .say("; confirmed by ")
            .name(&story.request.requester.name)
            .say(" ")
            .date(at),
        None => asked,
    })
}

/// How often the same was asked lately.
pub fn how_often(story: &Story<'_>) -> Sentence {
    let days = LATELY.as_secs() / 86_400;
    let who = Sentence::default().name(&story.request.requester.name);
    match story.asked_lately {
        0 => who.say(format!(" has not asked for this in the last {days} days.")),
        1 => who.say(format!(
            " asked for this once before in the last {days} days."
        )),
        n => who.say(format!(
            " asked for this {n} times before in the last {days} days."
        )),
    }
}

/// What everybody should know beside the facts.
pub fn notices(story: &Story<'_>, stage: &Stage<'_>) -> Vec<Sentence> {
    let request = story.request;
    let mut notices = Vec::new();
    if !request.facts.device.tags.is_empty() {
        notices.push(say(
            "⚠ Shared machine: everyone who can log on to it gets this.",
        ));
    }
    if let Some(as_of) = request.device_as_of {
        notices.push(
            say("⚠ Device as of ")
                .date(as_of)
                .say(": Tailscale could not be asked. It is read again before anything opens."),
        );
    }
    if *stage == Stage::Pending {
        if let Some((at, changes)) = story.changed {
            let words: Vec<String> = changes.iter().map(ToString::to_string).collect();
            notices.push(
                say("⚠ Changed ")
                    .date(at)
                    .say(": ")
                    .say(words.join(" and ")),
            );
        }
        let aside = names(&story.set_aside());
        if !aside.is_empty() {
            notices.push(
                say("⚠ Set aside, because the request changed afterwards: the approval of ")
                    .names(&aside, "and")
                    .say(". It can be given again."),
            );
        }
        let gone = names(&story.discounted());
        if !gone.is_empty() {
            notices.push(
                say("⚠ The approval of ")
                    .names(&gone, "and")
                    .say(" does not count: they may not review this any more."),
            );
        }
    }
    let uncounted = names(&story.uncounted());
    if !uncounted.is_empty() {
        notices.push(
            say("The approval of ")
                .names(&uncounted, "and")
                .say(" did not count any more when it was decided."),
        );
    }
    notices
}

/// Whoever gets it late gets what is left, and the card says how much.
pub fn opened_late(story: &Story<'_>, stage: &Stage<'_>) -> Option<Sentence> {
    let (since, left) = left_when_late(story, stage)?;
    Some(say("Opened late, ").date(since).say(format!(
        ": {} of its {} were left.",
        spoken(left),
        spoken(story.granted())
    )))
}

/// When it opened and how much was left then, if it opened later than it should.
pub fn left_when_late(story: &Story<'_>, stage: &Stage<'_>) -> Option<(DateTime<Utc>, Duration)> {
    let Stage::Active { since, until } = *stage else {
        return None;
    };
    let late = seconds::until(since, story.approved_at());
    let left = Duration::from_secs(seconds::until(until, since).as_secs());
    (late >= DELAYED_AFTER).then_some((since, left))
}

fn names<'a>(reviews: &[&'a Review]) -> Vec<&'a str> {
    reviews
        .iter()
        .map(|review| review.by.name.as_str())
        .collect()
}
