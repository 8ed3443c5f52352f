//! How many more people may answer than were asked: a number on every card that still waits.
//!
//! Whoever may approve a profile is found once and kept for a moment, because finding them reads
//! whole groups. Nothing is decided by this.

use crate::app::App;
use crate::domain::ids::{PersonId, ProfileId};
use crate::domain::person::Email;
use crate::domain::policy::{Profile, SelfApproval};
use crate::domain::request::Request;
use crate::store::StoreError;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// People come and go without a change of the groups, too.
const KEPT_FOR: TimeDelta = TimeDelta::seconds(20);

/// Who may approve each profile, as found a moment ago, with their address where it is known.
#[derive(Debug, Default)]
pub(in crate::app) struct AbleApprovers(Mutex<BTreeMap<ProfileId, Found>>);

#[derive(Debug)]
struct Found {
    people: Arc<Able>,
    at: DateTime<Utc>,
}

type Able = BTreeMap<PersonId, Option<Email>>;

impl AbleApprovers {
    /// Forgets everybody, because a group changed.
    pub(in crate::app) fn forget(&self) {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        found.clear();
    }

    fn of(&self, profile: &ProfileId, now: DateTime<Utc>) -> Option<Arc<Able>> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = found.get(profile)?;
        ((now - found.at).abs() < KEPT_FOR).then(|| Arc::clone(&found.people))
    }

    fn keep(&self, profile: ProfileId, people: Arc<Able>, at: DateTime<Utc>) {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        found.insert(profile, Found { people, at });
    }
}

impl App {
    /// How many people may answer besides those who were asked.
    pub(in crate::app) async fn others_able(
        &self,
        request: &Request,
        asked: &BTreeSet<&PersonId>,
    ) -> Result<u32, StoreError> {
        let Some(profile) = self.policy.profile(&request.facts.profile) else {
            return Ok(0);
        };
        if !request.is_pending() {
            return Ok(0);
        }
        let able = self.able_lately(profile).await?;
        let others = able
            .iter()
            .filter(|(id, _)| !asked.contains(id))
            .filter(|(id, email)| {
                profile.self_approval == SelfApproval::Allowed
                    || !is_requester(request, id, email.as_ref())
            })
            .count();
        Ok(u32::try_from(others).unwrap_or(u32::MAX))
    }

    async fn able_lately(&self, profile: &Profile) -> Result<Arc<Able>, StoreError> {
        let now = self.clock.now();
        if let Some(people) = self.memberships.able.of(&profile.id, now) {
            return Ok(people);
        }
        let roster = self.memberships.roster();
        let (found, mut known) = self.able(profile, &roster).await?;
        let people = found.by_person.into_keys().map(|id| {
            let email = known.remove(&id).and_then(|person| person.email);
            (id, email)
        });
        let people = Arc::new(people.collect::<Able>());
        self.memberships
            .able
            .keep(profile.id.clone(), Arc::clone(&people), now);
        Ok(people)
    }
}

/// Two accounts with one address are the same person.
fn is_requester(request: &Request, id: &PersonId, email: Option<&Email>) -> bool {
    let requester = &request.requester;
    *id == requester.id || (email.is_some() && email == requester.email.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_found_is_believed_for_a_moment_and_until_a_group_changes() {
        let found = AbleApprovers::default();
        let (prod, noon) = (ProfileId::new("prod"), DateTime::UNIX_EPOCH);
        let after = |seconds| found.of(&prod, noon + TimeDelta::seconds(seconds));
        assert_eq!(after(0), None);
        let people = Arc::new(Able::from([(PersonId::new("U1"), None)]));
        found.keep(prod.clone(), Arc::clone(&people), noon);
        assert_eq!(after(19), Some(people));
        assert_eq!(after(20), None);
        assert_eq!(after(-20), None, "a clock that jumped back");
        found.forget();
        assert_eq!(after(1), None);
    }
}
