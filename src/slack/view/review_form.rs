//! The small forms behind *Approve for less…*, *Deny…* and *Revoke…*.
//!
//! `private_metadata` carries what the button carried, and is believed as little.

use super::facts;
use super::form::{DurationWish, Typed, custom_duration, durations};
use super::ids::{ButtonValue, Field, action, callback};
use super::kit::{self, Dispatch, Input, Presence};
use super::sentence::{Sentence, say};
use super::story::{Story, spoken};
use crate::domain::policy::Profile;
use crate::domain::request::Request;
use slack_morphism::prelude::{
    SlackActionId, SlackBlock, SlackBlockPlainTextInputElement, SlackView,
};
use std::time::Duration;

/// The most that a note may say.
const LONGEST_NOTE: u64 = 500;

/// Approve for less: the profile's durations that are shorter, and "Custom…". `typed` is what
/// was chosen before the form is drawn again.
pub fn shorten_form(request: &Request, profile: &Profile, typed: &Typed) -> SlackView {
    let current = request.facts.duration;
    let shorter: Vec<Duration> = profile
        .durations
        .iter()
        .copied()
        .filter(|duration| *duration < current)
        .collect();
    let chosen = match &typed.duration {
        Some(DurationWish::Offered(chosen)) if shorter.contains(chosen) => {
            Some(DurationWish::Offered(*chosen))
        }
        Some(DurationWish::Custom) => Some(DurationWish::Custom),
        _ => Some(shorter.last().map_or(DurationWish::Custom, |longest| {
            DurationWish::Offered(*longest)
        })),
    };
    let mut blocks = about(request);
    let input = Input {
        block: Field::Duration.block(Some(&profile.id)),
        label: "For how long?",
        hint: None,
        presence: Presence::Required,
        dispatch: Dispatch::AtOnce,
    };
    blocks.push(kit::input(input, durations(&shorter, chosen.as_ref())));
    if chosen == Some(DurationWish::Custom) {
        let hint = format!("Less than {}.", spoken(current));
        blocks.push(custom_duration(typed.custom_duration.as_deref(), &hint));
    }
    form(
        "Approve for less",
        "Approve",
        callback::SHORTEN_FORM,
        request,
        blocks,
    )
}

/// Deny, with or without a note.
pub fn deny_form(request: &Request) -> SlackView {
    let mut blocks = about(request);
    let hint = Sentence::default()
        .name(&request.requester.name)
        .say(" and auditors see this.");
    blocks.push(note(&hint, Presence::Optional));
    form(
        "Deny this request",
        "Deny",
        callback::DENY_FORM,
        request,
        blocks,
    )
}

/// Revoke; the note is required.
pub fn revoke_form(story: &Story<'_>) -> SlackView {
    let request = story.request;
    let mut head = Sentence::default()
        .strong()
        .name(&request.requester.name)
        .say(" loses ")
        .name(&request.facts.profile_name)
        .ordinary()
        .say(" on ")
        .code(&request.facts.device.name)
        .say(" at once.");
    if let Some(grant) = story.grant {
        head = head
            .say(" It would last until ")
            .date(grant.ends_at)
            .say(".");
    }
    let mut blocks = vec![head.block(), facts::fields_of(request)];
    blocks.push(kit::quotation(request.justification.as_deref()));
    let hint = Sentence::default()
        .name(&request.requester.name)
        .say(" and auditors see this.");
    blocks.push(note(&hint, Presence::Required));
    form(
        "Revoke this access",
        "Revoke",
        callback::REVOKE_FORM,
        request,
        blocks,
    )
}

fn about(request: &Request) -> Vec<SlackBlock> {
    let head = Sentence::default()
        .strong()
        .name(&request.requester.name)
        .say(" asks for ")
        .name(&request.facts.profile_name)
        .ordinary()
        .say(" on ")
        .code(&request.facts.device.name);
    vec![
        head.block(),
        facts::fields_of(request),
        kit::quotation(request.justification.as_deref()),
    ]
}

fn note(hint: &Sentence, presence: Presence) -> SlackBlock {
    let element = SlackBlockPlainTextInputElement::new()
        .with_action_id(SlackActionId(action::NOTE.to_owned()))
        .with_multiline(true)
        .with_max_length(LONGEST_NOTE);
    let input = Input {
        block: Field::Note.block(None),
        label: "Why?",
        hint: Some(&hint.plain()),
        presence,
        dispatch: Dispatch::OnSubmit,
    };
    kit::input(input, element)
}

fn form(
    title: &str,
    submit: &str,
    callback: &str,
    request: &Request,
    mut blocks: Vec<SlackBlock>,
) -> SlackView {
    blocks.push(kit::context(
        Sentence::default()
            .code(&request.number.to_string())
            .mrkdwn(),
    ));
    let value = ButtonValue {
        request: request.id.clone(),
        facts_number: request.facts_number,
    };
    SlackView::Modal(
        kit::modal(title, Some((submit, callback)), blocks)
            .with_private_metadata(value.to_string()),
    )
}

/// A form whose moment has passed: it says what happened instead.
pub fn settled_view(title: &str, sentence: &str) -> SlackView {
    SlackView::Modal(kit::modal(title, None, vec![kit::plain_section(sentence)]))
}

/// The view that stands there while a form is being prepared.
pub fn loading(title: &str) -> SlackView {
    kit::notice(title, &[say("One moment…")])
}
