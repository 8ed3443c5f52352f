//! Turns what is known about a request into what a view tells. Worker and edge draw from it.

use super::App;
use super::query::{AskedPerson, Known};
use crate::domain::card::Delivery;
use crate::slack::view::{Asked, Reached, Story, Told};

impl Known {
    /// Those who were asked, as views want them; lives as long as the story that borrows it.
    pub fn asked(&self) -> Vec<Asked<'_>> {
        self.asked.iter().map(one_asked).collect()
    }

    /// The story that views tell.
    pub fn story<'a>(&'a self, app: &'a App, asked: &'a [Asked<'a>]) -> Story<'a> {
        Story {
            request: &self.request,
            grant: self.grant.as_ref(),
            profile: app.policy.profile(&self.request.facts.profile),
            device: self.device.as_deref(),
            asked,
            others_able: self.others_able,
            asked_lately: self.asked_lately,
            no_longer: &self.no_longer,
            security_told: self.security_told.as_ref().map_or(Told::NotYet, Told::In),
            changed: self
                .changed
                .as_ref()
                .map(|(at, changes)| (*at, changes.as_slice())),
            devices: &self.devices,
            now: app.clock.now(),
        }
    }
}

fn one_asked(person: &AskedPerson) -> Asked<'_> {
    Asked {
        person: &person.person,
        name: person.name.as_deref(),
        because: &person.because,
        reached: match person.delivery {
            Delivery::Posted(_) => Reached::Yes,
            Delivery::Unsent | Delivery::Unknown { .. } => Reached::NotYet,
            Delivery::Undeliverable { .. } => Reached::No,
        },
    }
}
