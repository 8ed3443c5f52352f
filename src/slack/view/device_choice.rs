//! The menu on the card that asks somebody to confirm: on which of their devices.

use super::form::device_label;
use super::ids::{Field, action};
use super::kit;
use crate::domain::device::Device;
use slack_morphism::prelude::{
    SlackActionId, SlackBlock, SlackBlockChoiceItem, SlackBlockId, SlackBlockPlainTextOnly,
    SlackBlockStaticSelectElement, SlackSectionBlock,
};
use std::sync::Arc;

/// Slack's limits for a menu.
const MOST_OPTIONS: usize = 100;
const LONGEST_OPTION: usize = 75;

/// The likeliest comes first, and none is chosen already: whoever confirms says on which.
pub fn block(devices: &[Arc<Device>]) -> SlackBlock {
    let choices: Vec<_> = devices
        .iter()
        .take(MOST_OPTIONS)
        .map(|device| choice(device))
        .collect();
    let menu = SlackBlockStaticSelectElement::new()
        .with_action_id(SlackActionId(action::DEVICE.to_owned()))
        .with_placeholder(kit::plain("Choose a device", LONGEST_OPTION));
    SlackSectionBlock::new()
        .with_block_id(SlackBlockId(Field::Device.block(None)))
        .with_text(kit::plain("On which device?", LONGEST_OPTION).into())
        .with_accessory(menu.with_options(choices).into())
        .into()
}

fn choice(device: &Device) -> SlackBlockChoiceItem<SlackBlockPlainTextOnly> {
    SlackBlockChoiceItem::new(
        kit::plain(&device_label(device), LONGEST_OPTION),
        device.node.to_string(),
    )
}
