//! The request form: what to ask for, on which device, for how long, and why.
//!
//! What it sends back is a wish: everything is looked up and judged again. Its metadata carries
//! what was typed and has no field at the moment, and nothing that could be taken for trusted.

mod fields;
mod wish;

pub(super) use fields::device_label;

use super::ids::{Field, callback};
use super::kit::{self, Dispatch, Input, Presence};
use super::sentence::{Sentence, say};
use super::story::spoken;
use crate::domain::device::Device;
use crate::domain::ids::{NodeId, PersonId};
use crate::domain::number::RequestNumber;
use crate::domain::policy::{ApproverChoice, JustificationRule, Profile};
use crate::slack::text;
use chrono::{DateTime, Utc};
use slack_morphism::prelude::{
    SlackBlock, SlackBlockId, SlackCallbackId, SlackModalView, SlackSectionBlock, SlackView,
};
use std::collections::BTreeMap;

pub use fields::{Found, MOST_OPTIONS, found_approvers, found_devices};
pub(super) use fields::{custom_duration, durations};
pub use wish::{DurationWish, Wish, read_form, read_note};

const TITLE: &str = "Request access";
const WHAT: &str = "What do you need?";
const SUBMIT: &str = "Ask for access";
const READERS: &str = "Approvers and auditors see this.";

/// Everything that the form shows.
#[derive(Clone, Debug)]
pub struct FormModel<'a> {
    /// The profiles that this person may ask for.
    pub profiles: Vec<&'a Profile>,
    /// The one that is chosen; the fields below follow it.
    pub chosen: Option<&'a Profile>,
    /// The devices that may be asked for.
    pub devices: Devices<'a>,
    /// Whom the requester may ask first, where the profile lets them choose.
    pub approvers: Vec<(PersonId, String)>,
    /// What was typed so far.
    pub typed: Typed,
    /// Of when the devices are, where that is too long ago to keep quiet about.
    pub devices_as_of: Option<DateTime<Utc>>,
    /// Why what is filled in was not asked as it stands.
    pub refusal: Option<String>,
}

/// The devices that a person may ask for.
#[derive(Clone, Debug)]
pub enum Devices<'a> {
    /// All of them.
    List(Vec<&'a Device>),
    /// More than a select holds: searched while typing.
    Search {
        /// The one that was chosen before.
        initial: Option<&'a Device>,
    },
    /// There is none.
    None,
}

/// What was typed or chosen before the form is drawn again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// The chosen duration.
    pub duration: Option<DurationWish>,
    /// The typed duration.
    pub custom_duration: Option<String>,
    /// The justification.
    pub justification: Option<String>,
    /// The device.
    pub device: Option<NodeId>,
    /// The approver to ask first.
    pub approver: Option<PersonId>,
}

/// The form as it opens, and as it is drawn again when the profile or the duration changes.
pub fn request_form(model: &FormModel<'_>) -> SlackView {
    if model.profiles.is_empty() {
        return kit::notice(
            TITLE,
            &[say(
                "There is no profile that you may ask for. Nothing was asked; if you expected one, tell whoever runs Lapse here.",
            )],
        );
    }
    let Some(profile) = model.chosen else {
        return unfinished(model, Vec::new());
    };
    let mut blocks = Vec::new();
    blocks.push(kit::context(outlook(profile).mrkdwn()));
    let age = model.devices_as_of.map(|as_of| {
        let sentence = say("⚠ Devices as of ").date(as_of);
        let why = ": Tailscale could not be asked since.";
        kit::context(sentence.say(why).mrkdwn())
    });
    let Some(device) = fields::device(model, profile) else {
        blocks.push(kit::section(no_device(profile).mrkdwn()));
        blocks.extend(age);
        return unfinished(model, blocks);
    };
    blocks.insert(0, profile_field(model));
    let refusal = model.refusal.as_deref();
    if let Some(refusal) = refusal.filter(|refusal| !refusal.trim().is_empty()) {
        blocks.insert(0, kit::plain_section(&format!("⚠ {refusal}")));
    }
    blocks.push(device);
    blocks.extend(age);
    blocks.extend(duration_fields(model, profile));
    let justification = justification_field(model, profile);
    let has_field = justification.is_some();
    blocks.extend(justification);
    if profile.approver_choice == ApproverChoice::Requester {
        blocks.extend(fields::approver(model, profile));
    }
    let view = kit::modal(TITLE, Some((SUBMIT, callback::REQUEST_FORM)), blocks);
    SlackView::Modal(if has_field {
        view
    } else {
        setting_aside(view, model)
    })
}

/// A justification that was typed, or that a message's shortcut began, waits in the form until
/// there is a profile that wants one.
fn setting_aside(view: SlackModalView, model: &FormModel<'_>) -> SlackModalView {
    let typed = model.typed.justification.as_deref().unwrap_or_default();
    match text::plain(typed, fields::LONGEST_JUSTIFICATION) {
        nothing if nothing.is_empty() => view,
        kept => view.with_private_metadata(kept),
    }
}

/// The form while there is nothing to submit. Slack takes inputs only beside a submit button, so
/// the profile is chosen beside a section here.
fn unfinished(model: &FormModel<'_>, mut blocks: Vec<SlackBlock>) -> SlackView {
    let choice = SlackSectionBlock::new()
        .with_block_id(SlackBlockId(Field::Profile.block(None)))
        .with_text(kit::plain(WHAT, 75).into())
        .with_accessory(fields::profile(model).into());
    blocks.insert(0, choice.into());
    let view = kit::modal(TITLE, None, blocks)
        .with_callback_id(SlackCallbackId(callback::REQUEST_FORM.to_owned()));
    SlackView::Modal(setting_aside(view, model))
}

/// The view that stands there while the form is being prepared.
pub fn loading() -> SlackView {
    kit::notice(TITLE, &[say("Looking up your profiles and devices…")])
}

/// What the form turns into once the request is stored.
///
/// `unnamed` counts those who were asked and whose names are not known.
pub fn asked_view(
    number: RequestNumber,
    asked: &[&str],
    unnamed: usize,
    others_able: u32,
) -> SlackView {
    kit::notice(TITLE, &asked_sentences(number, asked, unnamed, others_able))
}

/// Who was asked, who else may answer, and what the request is called.
pub(super) fn asked_sentences(
    number: RequestNumber,
    asked: &[&str],
    unnamed: usize,
    others_able: u32,
) -> Vec<Sentence> {
    let asked = match (asked, unnamed) {
        ([], 0) => nobody_has_a_card(number).say(" You'll hear by DM."),
        ([], 1) => say("Asked one person. You'll hear by DM."),
        ([], more) => say(format!("Asked {more} people. You'll hear by DM.")),
        (names, 0) => say("Asked ")
            .names(names, "and")
            .say(". You'll hear by DM."),
        (names, more) => say("Asked ").name(&names.join(", ")).say(match more {
            1 => " and one other. You'll hear by DM.".to_owned(),
            more => format!(" and {more} others. You'll hear by DM."),
        }),
    };
    let mut sentences = vec![asked];
    if others_able > 0 {
        sentences.push(
            say("Also able to answer: ")
                .say(super::approver::more(others_able))
                .say(", with ")
                .code(&format!("/access status {number}")),
        );
    }
    sentences.push(Sentence::default().code(&number.to_string()));
    sentences
}

/// What a requester reads when everybody may answer and so nobody in particular was asked.
pub(super) fn nobody_has_a_card(number: RequestNumber) -> Sentence {
    say("Nobody was sent a card: everybody who may review can answer with ")
        .code(&format!("/access status {number}"))
        .say(". Tell one of them.")
}

/// A view that says why there is no form.
pub fn refused_view(sentence: &str) -> SlackView {
    SlackView::Modal(kit::modal(TITLE, None, vec![kit::plain_section(sentence)]))
}

/// An error under a field of a form, as `response_action: errors` takes it, by the id of a block
/// that is on the screen.
pub fn error(block: String, sentence: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(block, text::one_line(sentence, 500))])
}

fn profile_field(model: &FormModel<'_>) -> SlackBlock {
    let input = Input {
        block: Field::Profile.block(None),
        label: WHAT,
        hint: None,
        presence: Presence::Required,
        dispatch: Dispatch::AtOnce,
    };
    kit::input(input, fields::profile(model))
}

/// The attribute, the cap, who approves.
fn outlook(profile: &Profile) -> Sentence {
    let sentence = say("Sets ")
        .code(profile.attribute.as_str())
        .say(format!(" for at most {}. ", spoken(profile.max_duration)));
    let selectors: Vec<String> = profile.approvers.iter().map(text::selector).collect();
    let sentence = sentence.say("Approved by ").names(&selectors, "or");
    match profile.approvals {
        0 | 1 => sentence.say("."),
        n => sentence.say(format!("; {n} of them must agree.")),
    }
}

fn no_device(profile: &Profile) -> Sentence {
    use crate::domain::policy::DeviceRule;
    let sentence = say(
        "You have no device that can get this. Log in to Tailscale on one of your own devices, wait until it is authorised, and open this form again.",
    );
    match &profile.devices {
        DeviceRule::Own => sentence,
        DeviceRule::OwnAndTagged(tags) => sentence
            .say(" No authorised machine carries ")
            .names(tags, "or")
            .say(" either."),
    }
}

fn duration_fields(model: &FormModel<'_>, profile: &Profile) -> Vec<SlackBlock> {
    let chosen = match &model.typed.duration {
        Some(DurationWish::Offered(chosen)) if profile.durations.contains(chosen) => {
            DurationWish::Offered(*chosen)
        }
        Some(DurationWish::Custom) => DurationWish::Custom,
        _ => DurationWish::Offered(profile.default_duration),
    };
    let input = Input {
        block: Field::Duration.block(Some(&profile.id)),
        label: "For how long?",
        hint: None,
        presence: Presence::Required,
        dispatch: Dispatch::AtOnce,
    };
    let mut blocks = vec![kit::input(
        input,
        durations(&profile.durations, Some(&chosen)),
    )];
    if chosen == DurationWish::Custom {
        let hint = format!("At most {}.", spoken(profile.max_duration));
        blocks.push(custom_duration(
            model.typed.custom_duration.as_deref(),
            &hint,
        ));
    }
    blocks
}

fn justification_field(model: &FormModel<'_>, profile: &Profile) -> Option<SlackBlock> {
    let presence = match profile.justification {
        JustificationRule::Required => Presence::Required,
        JustificationRule::Optional => Presence::Optional,
        JustificationRule::None => return None,
    };
    let hint = match profile.justification_hint.as_deref().map(str::trim) {
        Some(own) if !own.is_empty() => {
            format!("{}. {READERS}", own.trim_end_matches('.'))
        }
        _ => READERS.to_owned(),
    };
    let input = Input {
        block: Field::Justification.block(None),
        label: "Why?",
        hint: Some(&hint),
        presence,
        dispatch: Dispatch::OnSubmit,
    };
    Some(kit::input(
        input,
        fields::justification(model.typed.justification.as_deref()),
    ))
}
