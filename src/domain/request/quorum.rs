//! Which of the stored approvals count at this moment, and whether they suffice.

use super::{Request, Review, Verdict};
use crate::domain::audit::MembershipUsed;
use crate::domain::person::Identity;
use crate::domain::policy::{Profile, SelfApproval};
use crate::domain::rights::{self, ReviewRight};
use crate::domain::world::World;

/// An approval that counts, with what gave its giver the right just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedApproval<'a> {
    /// The stored review.
    pub review: &'a Review,
    /// Its giver as known now.
    pub identity: &'a Identity,
    /// The membership that counts.
    pub membership: MembershipUsed,
}

/// The approvals that count, one a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum<'a> {
    /// In the order they were given.
    pub counted: Vec<CountedApproval<'a>>,
    /// How many are needed.
    pub needed: u32,
}

impl Quorum<'_> {
    /// How many different people agree.
    pub fn size(&self) -> u32 {
        u32::try_from(self.counted.len()).unwrap_or(u32::MAX)
    }

    /// Whether they suffice.
    pub fn is_reached(&self) -> bool {
        self.size() >= self.needed
    }
}

impl Request {
    /// Judges every stored approval with the memberships and accounts of now: a giver who is
    /// no longer entitled, cannot be read, or is the same person as another does not count.
    pub fn quorum<'a>(&'a self, profile: &Profile, world: &World<'a>) -> Quorum<'a> {
        let mut counted: Vec<CountedApproval<'a>> = Vec::new();
        for review in self.reviews.iter().filter(|review| self.stands(review)) {
            let Some(identity) = world.known(&review.by.id) else {
                continue;
            };
            let right = rights::may_review(profile, world.roster, identity, world.now);
            let ReviewRight::Full(selector) = right else {
                continue;
            };
            let known_already = counted
                .iter()
                .any(|approval| approval.identity.is_same_person(identity));
            let allowed = profile.self_approval == SelfApproval::Allowed
                || !self.is_requester(identity, world);
            if !known_already && allowed {
                let membership = MembershipUsed {
                    person: identity.id().clone(),
                    selector,
                };
                counted.push(CountedApproval {
                    review,
                    identity,
                    membership,
                });
            }
        }
        Quorum {
            counted,
            needed: profile.approvals,
        }
    }

    /// Whether a review is an approval that nothing but a shorter duration has come after.
    pub fn stands(&self, review: &Review) -> bool {
        review.verdict != Verdict::Deny && review.facts_number >= self.approvals_from
    }

    /// Whether this is the person who asked, under whichever account.
    pub fn is_requester(&self, who: &Identity, world: &World<'_>) -> bool {
        *who.id() == self.requester.id
            || who.login == self.login
            || (who.person.email.is_some() && who.person.email == self.requester.email)
            || world
                .known(&self.requester.id)
                .is_some_and(|requester| requester.is_same_person(who))
    }
}
