//! Load, handle, store: what happens between an authenticated call and a committed transition.
//!
//! Facts are gathered first (store, Slack, the device index), then one transaction loads the
//! aggregate again, asks the core, and stores the answer with its audit events and outbox rows.
//! No remote call happens inside a transaction. Nothing here knows HTTP or how a card looks.

pub mod bell;
pub mod candidates;
pub mod decide;
mod departures;
pub mod devices;
pub mod end;
pub mod gather;
pub mod home;
pub mod ids;
pub mod install;
mod journal;
pub mod lists;
pub mod memberships;
pub mod patience;
pub mod persist;
pub mod query;
pub mod refresh;
pub mod review;
pub mod settle;
pub mod status;
pub mod steps;
pub mod story;
pub mod submit;
pub mod sweep;

use crate::clock::Clock;
use crate::domain::policy::Policy;
use crate::domain::refusal::Refusal;
use crate::slack::Slack;
use crate::store::{Store, StoreError};
use crate::tailscale::{DeviceIndex, Refresher, Tailscale};
use bell::Bell;
use install::Installed;
use memberships::Memberships;
use std::sync::Arc;

/// Everything that a decision needs. Cheap to clone; clones share all of it.
#[derive(Clone)]
pub struct App {
    /// The truth.
    pub store: Store,
    /// The configuration in force.
    pub policy: Arc<Policy>,
    /// Asks Slack who people are, and tells them.
    pub slack: Arc<dyn Slack>,
    /// Writes attributes and reads them back.
    pub tailscale: Arc<dyn Tailscale>,
    /// The tailnet's devices as last read.
    pub devices: Arc<DeviceIndex>,
    /// Has the devices read again.
    pub refresher: Arc<Refresher>,
    /// Who is in which group.
    pub memberships: Arc<Memberships>,
    /// Where the token is installed, once Slack has said so.
    pub installed: Installed,
    /// The time.
    pub clock: Clock,
    /// Wakes the worker.
    pub work: Bell,
    /// Wakes the sweeper.
    pub due: Bell,
}

/// Why nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The core said no; the sentence is what the person reads.
    #[error("{0}")]
    Refused(Refusal),
    /// The database could not do it.
    #[error("{}", not_stored(.0))]
    Store(#[from] StoreError),
    /// Others changed the same thing again and again in between.
    #[error("Too many people are changing this at the same moment. Nothing changed; try again.")]
    Contended,
}

/// What a person reads when the database could not do it; operators read the error itself.
fn not_stored(error: &StoreError) -> &'static str {
    match error {
        error if error.leaves_in_doubt() => {
            "Lapse lost its database just now, so this may or may not have been stored. \
             Look at the newest message about it; if it has not changed, try again: \
             saying the same twice does no harm."
        }
        StoreError::Full | StoreError::ReadOnly | StoreError::Inconsistent { .. } => {
            "Lapse cannot store anything just now. Nothing changed; tell whoever runs Lapse."
        }
        _ => "Lapse is busy and could not store this. Nothing changed; try again in a moment.",
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// How often a decision is made anew when somebody else was faster.
const ATTEMPTS: usize = 8;
