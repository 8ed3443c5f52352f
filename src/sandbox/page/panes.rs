//! The panes of a window, each an HTML fragment with a name.

use super::{House, conversation, devices, stage, window::Window, wire, workflow};

/// A part of the page that changes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pane {
    Messages,
    Modal,
    People,
    Places,
    Tailnet,
    Clock,
    Faults,
    Wire,
    Runs,
}

impl Pane {
    /// All of them; people come after the messages, because looking at those reads them.
    pub(super) const ALL: [Self; 9] = [
        Self::Messages,
        Self::Modal,
        Self::People,
        Self::Places,
        Self::Tailnet,
        Self::Clock,
        Self::Faults,
        Self::Wire,
        Self::Runs,
    ];

    /// The element that it fills is called `pane-` and this.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Modal => "modal",
            Self::People => "people",
            Self::Places => "places",
            Self::Tailnet => "tailnet",
            Self::Clock => "clock",
            Self::Faults => "faults",
            Self::Wire => "wire",
            Self::Runs => "runs",
        }
    }

    /// What it shows now.
    pub(super) fn draw(self, house: &House, window: &Window) -> String {
        let drawn = match self {
            Self::Messages => conversation::messages(house, window),
            Self::Modal => conversation::modal(house, window),
            Self::People => conversation::people(house, window),
            Self::Places => conversation::places(house, window),
            Self::Tailnet => devices::tailnet(house),
            Self::Clock => stage::clock(house),
            Self::Faults => stage::faults(house),
            Self::Wire => wire::wire(house),
            Self::Runs => workflow::runs(house),
        };
        drawn.unwrap_or_else(|error| {
            tracing::error!(%error, pane = self.name(), "a pane of the page could not be drawn");
            "<p class=\"not-rendered\">This part of the page could not be drawn.</p>".to_owned()
        })
    }
}
