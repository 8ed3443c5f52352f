//! The one place that says who may do what. Every entrance comes through here.

use super::person::Identity;
use super::policy::{Policy, Profile, Selector};
use super::roster::{Membership, Roster};
use chrono::{DateTime, Utc};

/// What a person may do with the requests of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewRight {
    /// Approve, deny and revoke.
    Full(Selector),
    /// Deny and revoke: the group that names them is too old to open anything.
    DenyOnly(Selector),
    /// Nothing.
    None,
}

/// Whether this person may ask for this profile.
pub fn may_request(
    profile: &Profile,
    roster: &Roster,
    who: &Identity,
    now: DateTime<Utc>,
) -> Membership {
    roster.strongest(&profile.requesters, who, now).0
}

/// Whether this person may review requests for this profile.
pub fn may_review(
    profile: &Profile,
    roster: &Roster,
    who: &Identity,
    now: DateTime<Utc>,
) -> ReviewRight {
    match roster.strongest(&profile.approvers, who, now) {
        (Membership::Yes, Some(selector)) => ReviewRight::Full(selector.clone()),
        (Membership::Stale, Some(selector)) => ReviewRight::DenyOnly(selector.clone()),
        _ => ReviewRight::None,
    }
}

/// Whether this person belongs to `[security]`. Last known members count: all that it allows
/// takes access away or looks.
pub fn is_security(policy: &Policy, roster: &Roster, who: &Identity, now: DateTime<Utc>) -> bool {
    roster.strongest(&policy.security.selectors, who, now).0 >= Membership::Stale
}

/// Whether a profile exists for this person: they may ask for it, review it, or are security.
pub fn may_see(
    policy: &Policy,
    profile: &Profile,
    roster: &Roster,
    who: &Identity,
    now: DateTime<Utc>,
) -> bool {
    may_request(profile, roster, who, now) >= Membership::Stale
        || may_review(profile, roster, who, now) != ReviewRight::None
        || is_security(policy, roster, who, now)
}
