//! What is open and what exists, as far as the person who asks may know it.
//!
//! Looking decides nothing; whom it shows to is judged by the same rights as everything else.

use super::App;
use crate::domain::grant::Grant;
use crate::domain::ids::{PersonId, ProfileId, RequestId};
use crate::domain::person::Identity;
use crate::domain::policy::Profile;
use crate::domain::rights::{self, ReviewRight};
use crate::store::{OpenGrants, StoreError};
use std::collections::BTreeMap;

/// Open grants, the earliest end first.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenNow {
    /// As many as were wanted.
    pub grants: Vec<Grant>,
    /// What their devices are called, by request.
    pub devices: BTreeMap<RequestId, String>,
    /// How many more there are.
    pub more: u64,
}

/// Whose access somebody may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Everybody's: they are security.
    Everything,
    /// That of the profiles which they may review; none is none.
    Profiles(Vec<ProfileId>),
}

impl Sight {
    /// Whether it shows nobody's.
    pub fn is_empty(&self) -> bool {
        *self == Self::Profiles(Vec::new())
    }

    /// Whether they see who has this profile.
    pub fn covers(&self, profile: &ProfileId) -> bool {
        match self {
            Self::Everything => true,
            Self::Profiles(profiles) => profiles.contains(profile),
        }
    }
}

impl App {
    /// The profiles that exist for this person, in the order of the configuration.
    pub fn seen_profiles(&self, who: &Identity) -> Vec<&Profile> {
        let (roster, now) = (self.memberships.roster(), self.clock.now());
        let sees = |profile: &&Profile| rights::may_see(&self.policy, profile, &roster, who, now);
        self.policy.profiles.iter().filter(sees).collect()
    }

    /// Whose access this person may see besides their own. A group that is too old still shows:
    /// its last known members may take access away, too.
    pub fn sight(&self, who: &Identity) -> Sight {
        let (roster, now) = (self.memberships.roster(), self.clock.now());
        if rights::is_security(&self.policy, &roster, who, now) {
            return Sight::Everything;
        }
        let reviews = |profile: &&Profile| {
            rights::may_review(profile, &roster, who, now) != ReviewRight::None
        };
        let reviewed = self.policy.profiles.iter().filter(reviews);
        Sight::Profiles(reviewed.map(|profile| profile.id.clone()).collect())
    }

    /// What this person has open, so many at most.
    pub async fn open_of(&self, person: &PersonId, at_most: u32) -> Result<OpenNow, StoreError> {
        let whose = OpenGrants::HeldBy(person.clone());
        self.open_now(&whose, at_most).await
    }

    /// What is open in a profile, so many at most.
    pub async fn open_in(&self, profile: &ProfileId, at_most: u32) -> Result<OpenNow, StoreError> {
        let whose = OpenGrants::In(vec![profile.clone()]);
        self.open_now(&whose, at_most).await
    }

    /// Everything open that somebody may see, so many at most.
    pub async fn open_in_sight(&self, sight: &Sight, at_most: u32) -> Result<OpenNow, StoreError> {
        let whose = match sight {
            Sight::Everything => OpenGrants::All,
            Sight::Profiles(profiles) => OpenGrants::In(profiles.clone()),
        };
        self.open_now(&whose, at_most).await
    }

    async fn open_now(&self, whose: &OpenGrants, at_most: u32) -> Result<OpenNow, StoreError> {
        let grants = self.store.open_grants(whose, None, at_most).await?;
        let listed = u64::try_from(grants.len()).unwrap_or(u64::MAX);
        let more = if listed < u64::from(at_most) {
            0
        } else {
            let all = self.store.count_open(whose).await?;
            all.saturating_sub(listed)
        };
        let ids: Vec<RequestId> = grants.iter().map(|grant| grant.request.clone()).collect();
        let devices = self.store.device_names(&ids).await?;
        Ok(OpenNow {
            grants,
            devices,
            more,
        })
    }

    /// What people call a profile; its id, once the configuration does not know it any more.
    pub fn profile_name<'a>(&'a self, id: &'a ProfileId) -> &'a str {
        let profile = self.policy.profile(id);
        profile.map_or(id.as_str(), |profile| profile.name.as_str())
    }
}
