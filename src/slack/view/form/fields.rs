//! The elements of the request form, with Slack's limits on options kept.

use super::super::ids::{CUSTOM, Field, action};
use super::super::kit::{self, Dispatch, Input, Presence};
use super::super::story::spoken;
use super::{Devices, DurationWish, FormModel};
use crate::domain::device::{Device, Presence as Seen};
use crate::domain::ids::PersonId;
use crate::domain::policy::Profile;
use crate::slack::text;
use serde::Serialize;
use slack_morphism::prelude::{
    SlackActionId, SlackBlock, SlackBlockChoiceItem, SlackBlockExternalSelectElement,
    SlackBlockOptionGroup, SlackBlockPlainTextInputElement, SlackBlockPlainTextOnly,
    SlackBlockRadioButtonsElement, SlackBlockStaticSelectElement, SlackBlockText,
    SlackInputBlockElement,
};
use std::cmp::Reverse;
use std::time::Duration;

/// The most options that a select holds, and the most groups.
pub const MOST_OPTIONS: usize = 100;
/// Slack's limit for an option's text, its description and a group's label.
const LONGEST_OPTION: usize = 75;
const LONGEST_PLACEHOLDER: usize = 150;
/// The most that people may write.
pub const LONGEST_JUSTIFICATION: usize = 500;

/// One option of a select.
pub type Choice = SlackBlockChoiceItem<SlackBlockPlainTextOnly>;

fn choice(label: &str, value: &str) -> Choice {
    let label = text::one_line(label, LONGEST_OPTION);
    let label = if label.is_empty() { value } else { &label };
    Choice::new(kit::plain(label, LONGEST_OPTION), value.to_owned())
}

fn action_id(name: &str) -> SlackActionId {
    SlackActionId(name.to_owned())
}

/// Profiles by environment, in the order of the configuration.
pub fn profile(model: &FormModel<'_>) -> SlackBlockStaticSelectElement {
    let option = |profile: &Profile| {
        let option = choice(&profile.name, profile.id.as_str());
        let description = text::one_line(&profile.description, LONGEST_OPTION);
        if description.is_empty() {
            option
        } else {
            option.with_description(kit::plain(&description, LONGEST_OPTION))
        }
    };
    let mut select = SlackBlockStaticSelectElement::new()
        .with_action_id(action_id(action::PROFILE))
        .with_placeholder(kit::plain("Choose a profile", LONGEST_PLACEHOLDER));
    let is_grouped = model.profiles.iter().any(|p| p.environment.is_some());
    if is_grouped || model.profiles.len() > MOST_OPTIONS {
        let groups = groups(&model.profiles)
            .into_iter()
            .map(|(label, profiles)| {
                let options = profiles.into_iter().map(option).collect();
                SlackBlockOptionGroup::new(kit::plain(&label, LONGEST_OPTION), options)
            })
            .take(MOST_OPTIONS)
            .collect();
        select = select.with_option_groups(groups);
    } else {
        select = select.with_options(model.profiles.iter().map(|p| option(p)).collect());
    }
    let chosen = model
        .chosen
        .filter(|chosen| model.profiles.iter().any(|p| p.id == chosen.id));
    match chosen {
        Some(chosen) => select.with_initial_option(option(chosen)),
        None => select,
    }
}

/// One group an environment, and further ones where a group would hold more than Slack takes.
fn groups<'a>(profiles: &[&'a Profile]) -> Vec<(String, Vec<&'a Profile>)> {
    let mut groups: Vec<(String, Vec<&Profile>)> = Vec::new();
    for profile in profiles {
        let label = match &profile.environment {
            Some(environment) => text::name(environment),
            None => "Other".to_owned(),
        };
        match groups.iter_mut().find(|(known, _)| *known == label) {
            Some((_, members)) => members.push(profile),
            None => groups.push((label, vec![profile])),
        }
    }
    let parts = groups.into_iter().flat_map(|(label, members)| {
        let parts = members.chunks(MOST_OPTIONS).map(<[_]>::to_vec);
        let parts: Vec<Vec<&Profile>> = parts.collect();
        parts.into_iter().enumerate().map(move |(nth, part)| {
            let label = match nth {
                0 => label.clone(),
                nth => format!("{} ({})", text::shorten(&label, 60), nth + 1),
            };
            (label, part)
        })
    });
    parts.collect()
}

/// "ada-mbp · macOS · online", as an option of a select.
pub fn device_label(device: &Device) -> String {
    let presence = match device.presence {
        Seen::Online => "online".to_owned(),
        Seen::LastSeen(at) => format!("seen {}", text::utc(at)),
        Seen::NeverSeen => "never seen".to_owned(),
    };
    let shared = if device.tags.is_empty() {
        ""
    } else {
        " · shared machine"
    };
    let rest = format!(" · {}{shared} · {presence}", text::one_line(&device.os, 12));
    let room = LONGEST_OPTION.saturating_sub(rest.encode_utf16().count());
    format!("{}{rest}", text::shorten(&text::name(&device.name), room))
}

fn device_choice(device: &Device) -> Choice {
    choice(&device_label(device), device.node.as_str())
}

/// A single device is chosen already. `None`: there is none.
pub fn device(model: &FormModel<'_>, profile: &Profile) -> Option<SlackBlock> {
    let element: SlackInputBlockElement = match &model.devices {
        Devices::None => return None,
        Devices::List(devices) if devices.is_empty() => return None,
        Devices::List(devices) => {
            let mut devices = devices.clone();
            devices.sort_by_key(|device| order(device));
            let wished = model.typed.device.as_ref();
            let initial = match devices.as_slice() {
                [only] => Some(*only),
                _ => devices.iter().find(|d| Some(&d.node) == wished).copied(),
            };
            if devices.len() > MOST_OPTIONS {
                search(initial).into()
            } else {
                let options = devices.iter().map(|d| device_choice(d)).collect();
                let select = SlackBlockStaticSelectElement::new()
                    .with_action_id(action_id(action::DEVICE))
                    .with_placeholder(kit::plain("Choose a device", LONGEST_PLACEHOLDER))
                    .with_options(options);
                match initial {
                    Some(device) => select.with_initial_option(device_choice(device)),
                    None => select,
                }
                .into()
            }
        }
        Devices::Search { initial } => search(*initial).into(),
    };
    let input = Input {
        block: Field::Device.block(Some(&profile.id)),
        label: "On which device?",
        hint: None,
        presence: Presence::Required,
        dispatch: Dispatch::OnSubmit,
    };
    Some(kit::input(input, element))
}

/// Own devices first, online first.
fn order(device: &Device) -> (bool, Reverse<i64>, String) {
    let seen = match device.presence {
        Seen::Online => i64::MAX,
        Seen::LastSeen(at) => at.timestamp(),
        Seen::NeverSeen => i64::MIN,
    };
    (!device.tags.is_empty(), Reverse(seen), device.name.clone())
}

fn search(initial: Option<&Device>) -> SlackBlockExternalSelectElement {
    let select = SlackBlockExternalSelectElement::new()
        .with_action_id(action_id(action::DEVICE))
        .with_placeholder(kit::plain("Search for a device", LONGEST_PLACEHOLDER))
        .with_min_query_length(0);
    match initial {
        Some(device) => select.with_initial_option(device_choice(device)),
        None => select,
    }
}

/// What a search answers, as Slack takes it for a `block_suggestion`,
/// <https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#external_select>.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// At most a hundred.
    pub options: Vec<Choice>,
}

/// The devices that a search found, the best first.
pub fn found_devices(devices: &[&Device]) -> Found {
    let options = devices.iter().map(|device| device_choice(device));
    Found {
        options: options.take(MOST_OPTIONS).collect(),
    }
}

/// The approvers whose name contains what was typed.
pub fn found_approvers(approvers: &[(PersonId, String)], query: &str) -> Found {
    let query = text::one_line(query, LONGEST_OPTION).to_lowercase();
    let options = approvers
        .iter()
        .filter(|(_, name)| name.to_lowercase().contains(&query))
        .map(|(id, name)| choice(name, id.as_str()));
    Found {
        options: options.take(MOST_OPTIONS).collect(),
    }
}

/// The offered durations and "Custom…", as radio buttons; Slack draws at most ten.
pub fn durations(
    offered: &[Duration],
    chosen: Option<&DurationWish>,
) -> SlackBlockRadioButtonsElement {
    let option = |label: String, value: String| {
        let label = SlackBlockText::from(kit::plain(&label, LONGEST_OPTION));
        SlackBlockChoiceItem::new(label, value)
    };
    let of = |wish: &DurationWish| match wish {
        DurationWish::Offered(duration) => {
            option(spoken(*duration), duration.as_secs().to_string())
        }
        DurationWish::Custom => option("Custom…".to_owned(), CUSTOM.to_owned()),
    };
    let mut options: Vec<_> = offered
        .iter()
        .take(9)
        .map(|duration| of(&DurationWish::Offered(*duration)))
        .collect();
    options.push(of(&DurationWish::Custom));
    let initial = chosen.map(of).filter(|initial| options.contains(initial));
    let radio =
        SlackBlockRadioButtonsElement::new(options).with_action_id(action_id(action::DURATION));
    match initial {
        Some(initial) => radio.with_initial_option(initial),
        None => radio,
    }
}

/// The text field that "Custom…" brings.
pub fn custom_duration(typed: Option<&str>, hint: &str) -> SlackBlock {
    let mut element = SlackBlockPlainTextInputElement::new()
        .with_action_id(action_id(action::CUSTOM_DURATION))
        .with_placeholder(kit::plain("e.g. 2h30m", LONGEST_PLACEHOLDER))
        .with_max_length(20);
    if let Some(typed) = typed.filter(|typed| !typed.is_empty()) {
        element = element.with_initial_value(text::one_line(typed, 20));
    }
    let input = Input {
        block: Field::CustomDuration.block(None),
        label: "How long exactly?",
        hint: Some(hint),
        presence: Presence::Required,
        dispatch: Dispatch::OnSubmit,
    };
    kit::input(input, element)
}

/// The requester's reason.
pub fn justification(typed: Option<&str>) -> SlackBlockPlainTextInputElement {
    written(action::JUSTIFICATION, typed)
}

/// Several lines of people's own words.
pub fn written(action: &str, typed: Option<&str>) -> SlackBlockPlainTextInputElement {
    let element = SlackBlockPlainTextInputElement::new()
        .with_action_id(action_id(action))
        .with_multiline(true)
        .with_max_length(LONGEST_JUSTIFICATION as u64);
    match typed.filter(|typed| !typed.is_empty()) {
        Some(typed) => element.with_initial_value(text::plain(typed, LONGEST_JUSTIFICATION)),
        None => element,
    }
}

/// Whom to ask first; nobody to choose from draws nothing.
pub fn approver(model: &FormModel<'_>, profile: &Profile) -> Option<SlackBlock> {
    if model.approvers.is_empty() {
        return None;
    }
    let options: Vec<Choice> = model
        .approvers
        .iter()
        .map(|(id, name)| choice(name, id.as_str()))
        .collect();
    let wished = model.typed.approver.as_ref().map(PersonId::as_str);
    let initial = options
        .iter()
        .find(|option| Some(option.value.as_str()) == wished)
        .cloned();
    let placeholder = kit::plain("Anybody", LONGEST_PLACEHOLDER);
    let element: SlackInputBlockElement = if options.len() > MOST_OPTIONS {
        let select = SlackBlockExternalSelectElement::new()
            .with_action_id(action_id(action::APPROVER))
            .with_placeholder(placeholder)
            .with_min_query_length(0);
        match initial {
            Some(initial) => select.with_initial_option(initial),
            None => select,
        }
        .into()
    } else {
        let select = SlackBlockStaticSelectElement::new()
            .with_action_id(action_id(action::APPROVER))
            .with_placeholder(placeholder)
            .with_options(options);
        match initial {
            Some(initial) => select.with_initial_option(initial),
            None => select,
        }
        .into()
    };
    let input = Input {
        block: Field::Approver.block(Some(&profile.id)),
        label: "Whom to ask first?",
        hint: Some("Empty asks as usual."),
        presence: Presence::Optional,
        dispatch: Dispatch::OnSubmit,
    };
    Some(kit::input(input, element))
}
