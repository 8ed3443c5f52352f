//! The buttons of cards and lines. Each carries the request's id and the number of the facts
//! that stood beside it, names what it is about, and asks twice only where a slip costs
//! something.

use super::ids::{ButtonValue, action};
use super::kit;
use super::sentence::{Sentence, say};
use super::story::{Story, spoken};
use crate::domain::policy::Risk;
use crate::domain::request::Request;
use crate::slack::text;
use slack_morphism::prelude::{
    SlackAccessibilityLabel, SlackActionBlockElement, SlackActionId, SlackActionsBlock, SlackBlock,
    SlackBlockButtonElement, SlackBlockButtonStyle, SlackBlockConfirmItem,
};
use url::Url;

/// Slack's limits for a button and its confirmation.
const LONGEST_LABEL: usize = 75;
const LONGEST_TITLE: usize = 100;
const LONGEST_QUESTION: usize = 300;
const LONGEST_ANSWER: usize = 30;
/// The console finds a device by its name, <https://tailscale.com/kb/1176/filter-devices>.
const MACHINES: &str = "https://login.tailscale.com/admin/machines";

/// A row of buttons; none draws nothing.
pub fn row(buttons: Vec<SlackBlockButtonElement>) -> Option<SlackBlock> {
    let elements: Vec<SlackActionBlockElement> = buttons.into_iter().map(Into::into).collect();
    (!elements.is_empty()).then(|| SlackActionsBlock::new(elements).into())
}

fn button(
    request: &Request,
    action_id: &str,
    label: &str,
    spoken_label: &Sentence,
) -> SlackBlockButtonElement {
    let value = ButtonValue {
        request: request.id.clone(),
        facts_number: request.facts_number,
    };
    SlackBlockButtonElement::new(kit::plain(label, LONGEST_LABEL))
        .with_action_id(SlackActionId(action_id.to_owned()))
        .with_value(value.to_string())
        .with_accessibility_label(SlackAccessibilityLabel(text::shorten(
            &spoken_label.plain(),
            LONGEST_LABEL,
        )))
}

fn confirmation(title: &str, question: &Sentence, yes: &str, style: &str) -> SlackBlockConfirmItem {
    SlackBlockConfirmItem::new(
        kit::plain(title, LONGEST_TITLE),
        kit::plain(&question.plain(), LONGEST_QUESTION).into(),
        kit::plain(yes, LONGEST_ANSWER),
        kit::plain("Go back", LONGEST_ANSWER),
    )
    .with_style(style.to_owned())
}

/// "Ada's request for Production SSH".
fn the_request(request: &Request) -> Sentence {
    Sentence::default()
        .name(&request.requester.name)
        .say("'s request for ")
        .name(&request.facts.profile_name)
}

/// Approve as it is; asks twice for risky profiles and for one's own request.
pub fn approve(story: &Story<'_>, own: Own) -> SlackBlockButtonElement {
    let request = story.request;
    let label = say("Approve ").then(the_request(request));
    let approve = button(request, action::APPROVE, "Approve", &label)
        .with_style(SlackBlockButtonStyle::Primary);
    let what = Sentence::default()
        .then(story.what())
        .say(format!(" for {}", spoken(request.facts.duration)));
    let risky = story.profile.is_some_and(|p| p.risk == Risk::High);
    let question = match (own, risky) {
        (Own::Yes, _) => say("You asked for ")
            .then(what)
            .say(" yourself. Your own approval counts and is recorded as such."),
        (Own::No, true) => Sentence::default()
            .name(&request.requester.name)
            .say(" gets ")
            .then(what)
            .say(". This profile is marked as high risk."),
        (Own::No, false) => return approve,
    };
    approve.with_confirm(confirmation(
        if own == Own::Yes {
            "Approve your own request?"
        } else {
            "Approve high-risk access?"
        },
        &question,
        "Approve",
        "primary",
    ))
}

/// Whether the reader reviews what they asked for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// It is their own request.
    Yes,
    /// Somebody else asked.
    No,
}

/// Open the form for a shorter approval.
pub fn approve_less(story: &Story<'_>) -> SlackBlockButtonElement {
    let label = say("Approve for less: ").then(the_request(story.request));
    button(
        story.request,
        action::APPROVE_LESS,
        "Approve for less…",
        &label,
    )
}

/// Open the form for a denial.
pub fn deny(story: &Story<'_>) -> SlackBlockButtonElement {
    let label = say("Deny ").then(the_request(story.request));
    button(story.request, action::DENY, "Deny…", &label)
}

/// Open the form for a revocation.
pub fn revoke(story: &Story<'_>) -> SlackBlockButtonElement {
    let request = story.request;
    let access = Sentence::default()
        .name(&request.requester.name)
        .say("'s access to ")
        .then(story.what());
    let question = Sentence::default()
        .name(&request.requester.name)
        .say(" loses ")
        .then(story.what())
        .say(" at once. You are asked for a note first.");
    button(
        request,
        action::REVOKE,
        "Revoke…",
        &say("Revoke ").then(access),
    )
    .with_style(SlackBlockButtonStyle::Danger)
    .with_confirm(confirmation(
        "Revoke this access?",
        &question,
        "Revoke…",
        "danger",
    ))
}

/// Confirm what a workflow asked in one's name.
pub fn confirm(story: &Story<'_>) -> SlackBlockButtonElement {
    let label = say("Confirm the request for ").name(&story.request.facts.profile_name);
    button(story.request, action::CONFIRM, "Confirm", &label)
        .with_style(SlackBlockButtonStyle::Primary)
}

/// Decline what a workflow asked in one's name.
pub fn decline(story: &Story<'_>) -> SlackBlockButtonElement {
    let label = say("Decline the request for ").name(&story.request.facts.profile_name);
    button(story.request, action::DECLINE, "I don't want this", &label)
}

/// Withdraw a pending request.
pub fn cancel(story: &Story<'_>) -> SlackBlockButtonElement {
    let label = say("Cancel your request for ").then(story.what());
    button(story.request, action::CANCEL, "Cancel", &label)
}

/// Remind those who were asked and have not answered.
pub fn remind(story: &Story<'_>) -> SlackBlockButtonElement {
    let label = say("Remind the approvers of your request for ").then(story.what());
    button(story.request, action::REMIND, "Remind approvers", &label)
}

/// Give the access back, in the words of the state.
pub fn release(story: &Story<'_>, label: &str) -> SlackBlockButtonElement {
    let spoken_label = say(label).say(": give back ").then(story.what());
    button(story.request, action::RELEASE, label, &spoken_label)
}

/// Try a failed grant again.
pub fn retry(story: &Story<'_>) -> SlackBlockButtonElement {
    let label = say("Try again to open ").then(story.what());
    button(story.request, action::RETRY, "Try again", &label)
        .with_style(SlackBlockButtonStyle::Primary)
}

/// Open the request form, filled in like this request.
pub fn ask_again(story: &Story<'_>, label: &str) -> SlackBlockButtonElement {
    let spoken_label = say("Ask again for ").then(story.what());
    button(story.request, action::ASK_AGAIN, label, &spoken_label)
}

/// A link to the device in Tailscale's console.
pub fn open_device(story: &Story<'_>) -> Option<SlackBlockButtonElement> {
    let name = text::name(&story.request.facts.device.name);
    let url = Url::parse_with_params(MACHINES, [("q", name)]).ok()?;
    let label = say("Open in Tailscale the device ").name(&story.request.facts.device.name);
    Some(
        button(
            story.request,
            action::OPEN_DEVICE,
            "Open device in Tailscale",
            &label,
        )
        .with_url(url),
    )
}
