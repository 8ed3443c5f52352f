//! The devices that a person may ask for, from memory.

use super::App;
use crate::domain::device::Device;
use crate::domain::person::Identity;
use crate::domain::policy::Profile;
use crate::domain::request::{Request, RequestState};
use crate::domain::workflow::DeviceChoice;
pub use crate::tailscale::Offer;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::Duration;

/// The index decides about a device that cannot be read, and is shown without its age, while it
/// is younger than this.
pub(in crate::app) const INDEX_GOOD_FOR: Duration = Duration::from_mins(15);

impl App {
    /// Of when the devices are, where that is too long ago to keep quiet about.
    pub fn devices_as_of(&self) -> Option<DateTime<Utc>> {
        let now = self.clock.now();
        let is_old = self.devices.age(now)? > INDEX_GOOD_FOR;
        self.devices.snapshot().as_of().filter(|_| is_old)
    }

    /// Own devices first, online ones first. When there is none, the index is read again soon.
    pub fn offers(&self, who: &Identity, profile: &Profile) -> Vec<Offer> {
        let now = self.clock.now();
        let offers = self.devices.of_owner(&who.login, &profile.devices, now);
        if offers.is_empty() {
            self.refresher.refresh_soon();
        }
        offers
    }

    /// At most so many of them whose name contains what was typed. A name that nobody has makes
    /// the index be read again soon.
    pub fn find_devices(
        &self,
        typed: &str,
        who: &Identity,
        profile: &Profile,
        at_most: usize,
    ) -> Vec<Arc<Device>> {
        let now = self.clock.now();
        let found = self
            .devices
            .search(typed, &who.login, &profile.devices, now, at_most);
        if found.is_empty() {
            self.refresher.refresh_soon();
        }
        found.into_iter().map(|offer| offer.device).collect()
    }

    /// The devices that somebody chooses from when they confirm what a workflow asked.
    pub(super) fn devices_to_choose(&self, request: &Request) -> Vec<Arc<Device>> {
        let by_person = request.state == RequestState::Unconfirmed
            && (request.workflow.as_ref())
                .is_some_and(|workflow| workflow.device == DeviceChoice::ByPerson);
        let profile = self.policy.profile(&request.facts.profile);
        let Some(profile) = profile.filter(|_| by_person) else {
            return Vec::new();
        };
        let now = self.clock.now();
        let offers = self.devices.of_owner(&request.login, &profile.devices, now);
        offers.into_iter().map(|offer| offer.device).collect()
    }

    /// The device as the index has it, if that is newer than what the request was judged by.
    pub(super) fn device_seen_since(&self, request: &Request) -> Option<Arc<Device>> {
        let judged_by = request.device_as_of.unwrap_or(request.asked_at);
        let snapshot = self.devices.snapshot();
        snapshot
            .as_of()
            .filter(|as_of| *as_of >= judged_by)
            .and_then(|_| self.devices.get(&request.facts.device.node))
    }
}
