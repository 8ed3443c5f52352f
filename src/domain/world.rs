//! What is known at the moment of a decision, gathered before the core is asked.

use super::device::Device;
use super::ids::{PersonId, PolicyHash};
use super::person::{Identity, IdentityRefusal};
use super::policy::{Policy, Profile};
use super::refusal::Refusal;
use super::roster::Roster;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Why somebody could not be identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unidentified {
    /// Slack could not be asked in time, so nothing is known.
    Unread,
    /// Slack answered, and the account may not act.
    Refused(IdentityRefusal),
}

impl From<Unidentified> for Refusal {
    fn from(unidentified: Unidentified) -> Self {
        match unidentified {
            Unidentified::Refused(why) => Self::Identity(why),
            Unidentified::Unread => Self::CouldNotCheckYou,
        }
    }
}

/// Everybody whose standing matters for this decision.
pub type People = BTreeMap<PersonId, Result<Identity, Unidentified>>;

/// The facts of the moment: policy, people, memberships, the device as last seen, the time.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// The configuration in force.
    pub policy: &'a Policy,
    /// Who is in which group.
    pub roster: &'a Roster,
    /// Clicker, requester and everyone whose stored approval counts.
    pub people: &'a People,
    /// The device as the index has it; `None` when it is not known there.
    pub device: Option<&'a Device>,
    /// The moment of the decision.
    pub now: DateTime<Utc>,
}

impl<'a> World<'a> {
    /// The identity of somebody who wants to act, or why they may not.
    pub fn actor(&self, id: &PersonId) -> Result<&'a Identity, Refusal> {
        match self.people.get(id) {
            Some(Ok(identity)) => Ok(identity),
            Some(Err(unidentified)) => Err((*unidentified).into()),
            None => Err(Refusal::CouldNotCheckYou),
        }
    }

    /// The identity of somebody who is only judged; `None` when it is not certain.
    pub fn known(&self, id: &PersonId) -> Option<&'a Identity> {
        self.people.get(id).and_then(|known| known.as_ref().ok())
    }

    /// The profile with this id as the configuration has it now.
    pub fn profile(&self, id: &super::ids::ProfileId) -> Option<&'a Profile> {
        self.policy.profile(id)
    }

    /// The fingerprint stored with the decision.
    pub fn policy_hash(&self) -> PolicyHash {
        self.policy.hash.clone()
    }
}
