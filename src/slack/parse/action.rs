//! One use of one element.

use super::lenient::or_default;
use super::value::{Value, WireValue};
use crate::slack::ids::{ActionId, BlockId};
use serde::Deserialize;

/// Somebody pressed a button, chose an option or typed into an input that tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The element.
    pub action_id: ActionId,
    /// The block that holds it.
    pub block_id: BlockId,
    /// What it holds now; for a button, the value that Lapse gave it.
    pub value: Value,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireAction {
    #[serde(default, deserialize_with = "or_default")]
    action_id: String,
    #[serde(default, deserialize_with = "or_default")]
    block_id: String,
    #[serde(flatten)]
    value: WireValue,
}

impl From<WireAction> for Action {
    fn from(wire: WireAction) -> Self {
        Self {
            action_id: ActionId::new(wire.action_id),
            block_id: BlockId::new(wire.block_id),
            value: wire.value.into(),
        }
    }
}
