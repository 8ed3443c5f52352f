//! The card of somebody who may review.

use super::buttons::{self, Own};
use super::facts;
use super::head::{self, To};
use super::kit;
use super::message::Message;
use super::sentence::{Sentence, say};
use super::stage::{Pace, Stage};
use super::story::Story;
use crate::domain::card::HowAsked;
use crate::domain::grant::GrantState;
use crate::domain::ids::PersonId;
use crate::domain::policy::{Selector, SelfApproval};
use crate::domain::request::SHORTEST;
use crate::slack::text;
use slack_morphism::prelude::SlackBlockButtonElement;

/// Whether the reader has acted: then their card follows every state.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// They reviewed it, ended it, or fetched the card to act on it.
    Acting,
    /// They were asked, and somebody else decided.
    Watching,
}

/// The card of this person.
pub fn card(story: &Story<'_>, person: &PersonId, because: &Selector, how: HowAsked) -> Message {
    let stage = Stage::of(story);
    let part = part_of(story, person, how);
    let buttons = buttons_of(story, &stage, person, part);
    let head = head_of(story, &stage, person, part);
    let mut blocks = Vec::new();
    if let Some(head) = &head {
        blocks.push(head.block());
    }
    blocks.push(title(story, &stage).block());
    blocks.push(facts::fields(story));
    blocks.push(kit::quotation(story.request.justification.as_deref()));
    blocks.extend(facts::workflow(story).map(|line| line.block()));
    blocks.push(kit::context(
        why(story, &stage, person, because, how).mrkdwn(),
    ));
    let mut notices = facts::notices(story, &stage);
    if part == Part::Acting {
        notices.extend(facts::opened_late(story, &stage));
    }
    for notice in notices {
        blocks.push(kit::context(notice.mrkdwn()));
    }
    let text = sentence(story, &stage, head, way_on(story, &stage, person));
    blocks.extend(buttons::row(buttons));
    blocks.push(kit::context(facts::signature(story).mrkdwn()));
    Message {
        text: text.text(),
        blocks,
    }
}

fn part_of(story: &Story<'_>, person: &PersonId, how: HowAsked) -> Part {
    let reviewed = story.request.reviews.iter().any(|r| r.by.id == *person);
    let ended = story.grant.is_some_and(|grant| match &grant.state {
        GrantState::Ending { ending } | GrantState::Ended { ending, .. } => {
            ending.by.as_ref().is_some_and(|by| by.id == *person)
        }
        _ => false,
    });
    if reviewed || ended || how == HowAsked::Fetched {
        Part::Acting
    } else {
        Part::Watching
    }
}

fn head_of(
    story: &Story<'_>,
    stage: &Stage<'_>,
    person: &PersonId,
    part: Part,
) -> Option<Sentence> {
    let to = if *person == story.request.requester.id {
        To::Requester
    } else {
        To::Others
    };
    match (stage, part) {
        (Stage::Pending, _) if may_review(story, person) => head::pending(story, Some(person)),
        (Stage::Pending, _) => head::pending(story, None),
        (stage, Part::Watching) if stage.follows_decision() => Some(head::decision(story)),
        (stage, _) => Some(head::of(story, stage, to)),
    }
}

/// "*Ada Lovelace asks for Production SSH* on `ada-mbp`".
pub(super) fn title(story: &Story<'_>, stage: &Stage<'_>) -> Sentence {
    let facts = &story.request.facts;
    who_asks(Sentence::default().strong(), story, stage)
        .name(&facts.profile_name)
        .ordinary()
        .say(" on ")
        .code(&facts.device.name)
}

/// Goes on with "Ada asks for", or "A workflow asked in Ada's name for" while she has not confirmed it.
pub fn who_asks(sentence: Sentence, story: &Story<'_>, stage: &Stage<'_>) -> Sentence {
    let who = &story.request.requester.name;
    if !story.request.is_confirmed() {
        return sentence
            .say("A workflow asked in the name of ")
            .name(who)
            .say(" for ");
    }
    sentence.name(who).say(match stage {
        Stage::Pending => " asks for ",
        _ => " asked for ",
    })
}

/// The whole sentence, for the notification.
fn sentence(
    story: &Story<'_>,
    stage: &Stage<'_>,
    head: Option<Sentence>,
    way_on: &str,
) -> Sentence {
    let request = story.request;
    let asks = who_asks(Sentence::default(), story, stage)
        .then(story.what())
        .then(story.wish());
    if *stage != Stage::Pending {
        return head
            .unwrap_or_default()
            .say(" · ")
            .then(asks)
            .say(format!(" · {}", request.number));
    }
    let asks = match request.justification.as_deref().map(str::trim) {
        Some(reason) if !reason.is_empty() => asks.say(": ").quote(reason),
        _ => asks,
    };
    let asks = asks.say(way_on);
    match head {
        Some(head) => head.say(" · ").then(asks),
        None => asks,
    }
}

/// What the buttons of a pending request let this person do.
fn way_on(story: &Story<'_>, stage: &Stage<'_>, person: &PersonId) -> &'static str {
    if *stage != Stage::Pending || !may_review(story, person) {
        return ".";
    }
    let own = *person == story.request.requester.id;
    match (own, may_approve(story, person)) {
        (false, true) => ". Approve or deny.",
        (false, false) => ". You can still deny it.",
        (true, true) => ". Approve it, or cancel it on your own card.",
        (true, false) => ". You can still cancel it on your own card.",
    }
}

/// Why this person, who else, how many, how often lately.
pub(super) fn why(
    story: &Story<'_>,
    stage: &Stage<'_>,
    person: &PersonId,
    because: &Selector,
    how: HowAsked,
) -> Sentence {
    let part = part_of(story, person, how);
    let reason = match because {
        Selector::Everyone => say("because everybody may review this profile"),
        Selector::Address(_) => say("because the profile names you"),
        group => say("because you are in ").name(&text::selector(group)),
    };
    let request = story.request;
    let number = request.number.to_string();
    if *stage != Stage::Pending {
        if *person == request.requester.id {
            return say("You asked for this yourself.");
        }
        let reason = match how {
            HowAsked::Asked => say("You were asked "),
            HowAsked::Fetched => say("You may act on this "),
        }
        .then(reason)
        .say(".");
        return match (stage, part) {
            (_, Part::Watching) if stage.follows_decision() => reason
                .say(" While it is open, ")
                .code(&format!("/access status {number}"))
                .say(" lets you revoke it."),
            _ => reason,
        };
    }
    if story.profile.is_none() {
        return say("The profile is gone from the configuration, so this is being closed.");
    }
    let mut sentence = if story.no_longer.contains(person) {
        say("You may not review this any more.")
    } else if !may_review(story, person) {
        say("You asked for this yourself, so somebody else has to agree.")
    } else if story.approval_of(person).is_some() {
        say("You may review this ").then(reason).say(".")
    } else {
        say("You can approve ").then(reason).say(".")
    };
    let others = story.also_asked(person);
    if !others.is_empty() {
        sentence = sentence.say(" Also asked: ").names(&others, "and").say(".");
    }
    if story.others_able > 0 {
        sentence = sentence.say(format!(" {} can answer too.", more(story.others_able)));
    }
    let needed = request.facts.approvals;
    sentence = sentence.say(if needed > 1 {
        format!(" {} of {needed} needed. ", story.missing())
    } else {
        " 1 approval needed. ".to_owned()
    });
    sentence.then(facts::how_often(story))
}

/// "30 others".
pub fn more(others: u32) -> String {
    match others {
        1 => "1 other".to_owned(),
        n => format!("{n} others"),
    }
}

/// Whether this approver's review counts: not once they left the group, and their own request
/// only where the profile says so.
fn may_review(story: &Story<'_>, person: &PersonId) -> bool {
    !story.no_longer.contains(person)
        && story.profile.is_some_and(|profile| {
            *person != story.request.requester.id || profile.self_approval == SelfApproval::Allowed
        })
}

/// Whether there is an approval for somebody who may review to give.
fn may_approve(story: &Story<'_>, person: &PersonId) -> bool {
    // Enough approvals stand and it still waits: one of them did not count when it was given,
    // and approving once more has them counted again.
    let recount = story.standing().len() >= story.request.facts.approvals as usize;
    recount || story.approval_of(person).is_none()
}

fn buttons_of(
    story: &Story<'_>,
    stage: &Stage<'_>,
    person: &PersonId,
    part: Part,
) -> Vec<SlackBlockButtonElement> {
    match stage {
        Stage::Pending => review_buttons(story, person),
        Stage::Active { .. } if part == Part::Acting => vec![buttons::revoke(story)],
        Stage::Closing {
            pace: Pace::Late | Pace::Stuck { .. },
            ..
        } => buttons::open_device(story).into_iter().collect(),
        stage if stage.can_be_retried(story) => vec![buttons::retry(story)],
        _ => Vec::new(),
    }
}

/// What this person can do with a pending request.
pub(super) fn review_buttons(story: &Story<'_>, person: &PersonId) -> Vec<SlackBlockButtonElement> {
    let own = *person == story.request.requester.id;
    if !may_review(story, person) {
        return Vec::new();
    }
    let mut row = Vec::new();
    if may_approve(story, person) {
        row.push(buttons::approve(
            story,
            if own { Own::Yes } else { Own::No },
        ));
        if story.request.facts.duration > SHORTEST {
            row.push(buttons::approve_less(story));
        }
    }
    if !own {
        row.push(buttons::deny(story));
    }
    row
}
