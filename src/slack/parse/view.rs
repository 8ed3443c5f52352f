//! The view that something happened in.

use super::Malformed;
use super::lenient::{filled, or_default};
use super::value::{Values, WireState};
use crate::slack::Unlogged;
use crate::slack::ids::{CallbackId, ViewHash, ViewId};
use serde::Deserialize;

/// A modal or home tab as it was when somebody used it. What it carries besides its ids came
/// from outside and is a wish, never a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Names the open view.
    pub id: ViewId,
    /// Its state at that moment.
    pub hash: Option<ViewHash>,
    /// Modal or home.
    pub kind: ViewKind,
    /// Which of Lapse's views it is.
    pub callback_id: Option<CallbackId>,
    /// The id that Lapse gave to this one view.
    pub external_id: Option<String>,
    /// What Lapse wrote into it when it was opened.
    pub private_metadata: Unlogged,
    /// The lowest view of the stack.
    pub root: Option<ViewId>,
    /// The view beneath this one.
    pub previous: Option<ViewId>,
    /// What its inputs hold.
    pub values: Values,
}

/// Where a view is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewKind {
    /// A dialog on top of the conversation.
    Modal,
    /// The app's own tab.
    Home,
    /// A kind that this version does not know.
    Other,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireView {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    hash: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    callback_id: Option<String>,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    private_metadata: Option<String>,
    #[serde(default)]
    root_view_id: Option<String>,
    #[serde(default)]
    previous_view_id: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    state: WireState,
}

impl TryFrom<WireView> for View {
    type Error = Malformed;

    fn try_from(wire: WireView) -> Result<Self, Malformed> {
        Ok(Self {
            id: filled(wire.id).map(ViewId::new).ok_or(Malformed)?,
            hash: filled(wire.hash).map(ViewHash::new),
            kind: match wire.kind.as_deref() {
                Some("modal") => ViewKind::Modal,
                Some("home") => ViewKind::Home,
                _ => ViewKind::Other,
            },
            callback_id: filled(wire.callback_id).map(CallbackId::new),
            external_id: filled(wire.external_id),
            private_metadata: Unlogged::new(wire.private_metadata.unwrap_or_default()),
            root: filled(wire.root_view_id).map(ViewId::new),
            previous: filled(wire.previous_view_id).map(ViewId::new),
            values: wire.state.into(),
        })
    }
}
