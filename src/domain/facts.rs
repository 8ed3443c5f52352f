//! What the approver saw, and therefore what is granted.

use super::attribute::{Attribute, AttributeValue, Key};
use super::device::Device;
use super::ids::{NodeId, PersonId, ProfileId};
use super::person::Login;
use super::policy::Profile;
use super::seconds;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// The device, as far as it is part of what an approver agrees to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceFacts {
    /// Tailscale's `nodeId`.
    pub node: NodeId,
    /// Its name.
    pub name: String,
    /// The login of whoever registered it.
    pub owner: Login,
    /// Its operating system.
    pub os: String,
    /// Its tags, sorted.
    pub tags: Vec<String>,
}

impl From<&Device> for DeviceFacts {
    fn from(device: &Device) -> Self {
        let mut tags = device.tags.clone();
        tags.sort();
        Self {
            node: device.node.clone(),
            name: device.name.clone(),
            owner: device.owner.clone(),
            os: device.os.clone(),
            tags,
        }
    }
}

/// The facts of an access request. When one of them changes, their number goes up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Who gets the access.
    pub requester: PersonId,
    /// The profile's key.
    pub profile: ProfileId,
    /// The profile's name, as people read it.
    pub profile_name: String,
    /// What the profile opens, as people read it.
    pub description: String,
    /// The attribute that is written.
    pub attribute: Attribute,
    /// The value that it is given.
    pub value: AttributeValue,
    /// The device that it is written on.
    pub device: DeviceFacts,
    /// How long, counted from the approval.
    #[serde(with = "seconds")]
    pub duration: Duration,
    /// How many different people must agree.
    pub approvals: u32,
}

/// Which fact is not what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactChange {
    /// The profile's name or description.
    Profile,
    /// The attribute or its value.
    Attribute,
    /// The device's name, owner, system or tags.
    Device,
    /// How long.
    Duration,
    /// How many people must agree.
    Approvals,
}

impl fmt::Display for FactChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Profile => "what the profile opens",
            Self::Attribute => "the posture attribute",
            Self::Device => "the device",
            Self::Duration => "the duration",
            Self::Approvals => "how many people must agree",
        })
    }
}

impl Facts {
    /// The facts of a new request.
    pub fn new(
        requester: PersonId,
        profile: &Profile,
        device: DeviceFacts,
        duration: Duration,
    ) -> Self {
        Self {
            requester,
            profile: profile.id.clone(),
            profile_name: profile.name.clone(),
            description: profile.description.clone(),
            attribute: profile.attribute.clone(),
            value: profile.value.clone(),
            device,
            duration,
            approvals: profile.approvals,
        }
    }

    /// The same request seen with the profile and the device as they are now.
    #[must_use]
    pub fn renewed(&self, profile: &Profile, device: Option<&Device>) -> Self {
        let device = device.map_or_else(|| self.device.clone(), DeviceFacts::from);
        Self::new(self.requester.clone(), profile, device, self.duration)
    }

    /// What differs between these facts and others.
    pub fn changes(&self, other: &Self) -> Vec<FactChange> {
        let mut changes = Vec::new();
        let mut note = |differs: bool, change| {
            if differs {
                changes.push(change);
            }
        };
        note(
            (&self.profile_name, &self.description) != (&other.profile_name, &other.description),
            FactChange::Profile,
        );
        note(
            (&self.attribute, &self.value) != (&other.attribute, &other.value),
            FactChange::Attribute,
        );
        note(self.device != other.device, FactChange::Device);
        note(self.duration != other.duration, FactChange::Duration);
        note(self.approvals != other.approvals, FactChange::Approvals);
        changes
    }

    /// The key that a grant of these facts lives under.
    pub fn key(&self) -> Key {
        Key {
            node: self.device.node.clone(),
            attribute: self.attribute.clone(),
        }
    }
}
