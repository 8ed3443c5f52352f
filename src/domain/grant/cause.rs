//! Why access is not open: what a try was held by, and what it failed for.

use crate::domain::device::DeviceRefusal;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What keeps a grant from being opened or removed, although it is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldBy {
    /// Tailscale gave no answer, or none that helps.
    Silence,
    /// Tailscale said that there were too many calls.
    ToldToWait {
        /// Until when it asked for silence.
        until: DateTime<Utc>,
    },
    /// Tailscale gives our OAuth client no token: an operator has to mend it.
    ClientRefused {
        /// The HTTP status.
        status: u16,
    },
    /// Tailscale took the change and does not show it.
    NotShown,
}

/// Why access could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCause {
    /// Tailscale refused for good: its status and a sentence about it.
    Refused {
        /// The HTTP status.
        status: u16,
        /// What is missing or wrong, as a sentence that people read.
        sentence: String,
    },
    /// The device is not in the tailnet any more.
    DeviceGone,
    /// The device is not what was approved.
    DeviceChanged {
        /// What is different.
        what: DeviceChange,
    },
    /// Another live grant holds the attribute with another value.
    ValueClash,
}

/// What is different about a device since it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceChange {
    /// Somebody else owns it.
    Owner,
    /// It carries other tags.
    Tags,
    /// The tailnet does not let it do anything.
    Unusable(DeviceRefusal),
}

impl fmt::Display for DeviceChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Owner | Self::Unusable(DeviceRefusal::NotYours) => {
                "the device's owner changed since it was asked for"
            }
            Self::Tags => "the device's tags changed since it was asked for",
            Self::Unusable(DeviceRefusal::External) => "the device belongs to another tailnet",
            Self::Unusable(DeviceRefusal::Unauthorized) => {
                "the device waits for an administrator to authorize it"
            }
            Self::Unusable(DeviceRefusal::KeyExpired) => {
                "the device's key has expired; somebody has to log in to Tailscale on it first"
            }
        })
    }
}

impl fmt::Display for FailureCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { sentence, .. } => write!(f, "Tailscale refused: {sentence}"),
            Self::DeviceGone => f.write_str("the device is not in the tailnet any more"),
            Self::DeviceChanged { what } => write!(f, "{what}"),
            Self::ValueClash => {
                f.write_str("the same attribute is open on that device with another value")
            }
        }
    }
}

impl FailureCause {
    /// Whether trying the same again can ever help. A device that is gone or somebody else's by
    /// now has to be asked for anew.
    pub fn can_be_mended(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::ValueClash => true,
            Self::DeviceGone => false,
            Self::DeviceChanged { what } => matches!(
                what,
                DeviceChange::Unusable(DeviceRefusal::Unauthorized | DeviceRefusal::KeyExpired)
            ),
        }
    }
}
