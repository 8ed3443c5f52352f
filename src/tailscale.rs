//! Tailscale: what Lapse asks of its API, and the cached index of the tailnet's devices.
//!
//! [`Tailscale`] is the whole of it as the rest of Lapse sees it; [`Client`] speaks to the real
//! API (<https://tailscale.com/api>). Every failure is a [`CallError`] of one of three classes,
//! so that callers decide by class and show people its sentence. Nothing here retries, apart
//! from one fresh token after a 401: that is the worker's business, as is the rate.

mod client;
mod device_list;
mod devices;
mod error;
mod model;
mod policy_file;
mod refresh;
mod skew;
#[cfg(test)]
mod testing;
mod token;
mod wire;

pub use client::Client;
pub use devices::{DeviceIndex, Offer, Snapshot};
pub use error::{Call, CallError, FailureClass, FailureKind};
pub use model::{Attributes, Removed};
pub use refresh::Refresher;
pub use token::Credentials;

use crate::domain::attribute::{Attribute, AttributeValue, Key};
use crate::domain::device::Device;
use crate::domain::ids::NodeId;
use crate::domain::person::Login;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;

/// What a call will answer.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, CallError>> + Send + 'a>>;

/// Members of the tailnet policy's groups, by the group's name without `group:`.
pub type Groups = BTreeMap<String, BTreeSet<Login>>;

/// What Lapse asks of Tailscale.
pub trait Tailscale: Send + Sync {
    /// One device as it is now. [`CallError::is_gone`] when it has left the tailnet.
    fn device<'a>(&'a self, node: &'a NodeId) -> Answer<'a, Device>;

    /// The posture attributes of one device, with their ends.
    fn attributes<'a>(&'a self, node: &'a NodeId) -> Answer<'a, Attributes>;

    /// Writes an attribute or replaces it, its end included. Never without an end. Any 2xx
    /// counts, whatever the body: read back with [`Tailscale::attributes`].
    fn write<'a>(
        &'a self,
        key: &'a Key,
        value: &'a AttributeValue,
        expiry: DateTime<Utc>,
        comment: &'a str,
    ) -> Answer<'a, ()>;

    /// Takes an attribute away and leaves a comment in Tailscale's log: for a grant that
    /// somebody ends early.
    fn remove<'a>(&'a self, key: &'a Key, comment: &'a str) -> Answer<'a, Removed>;

    /// Takes an attribute away without a comment: for a grant that reached its end.
    fn delete<'a>(&'a self, key: &'a Key) -> Answer<'a, Removed>;

    /// Every device of the tailnet. Large, and without posture attributes: for the index only.
    fn devices(&self) -> Answer<'_, Vec<Device>>;

    /// The groups of the tailnet policy. Groups inside groups are not followed.
    fn groups(&self) -> Answer<'_, Groups>;

    /// The custom attributes that some posture of the tailnet policy looks at.
    fn policy_postures(&self) -> Answer<'_, BTreeSet<Attribute>>;

    /// What the token may do (`devices:core:read`, …), as Tailscale said when it gave it out.
    fn granted_scopes(&self) -> Answer<'_, BTreeSet<String>>;
}
