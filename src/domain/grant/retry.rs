//! "Try again" on a failed grant: judged like a click on Approve. The end does not move.

use super::{Grant, GrantState, WORTH_WRITING};
use crate::domain::audit::{Actor, EventKind, PersonRef};
use crate::domain::facts::FactChange;
use crate::domain::ids::PersonId;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::rights::{self, ReviewRight};
use crate::domain::roster::Membership;
use crate::domain::seconds;
use crate::domain::transition::{Audience, Effect, Transition};
use crate::domain::world::{Unidentified, World};

impl Grant {
    /// The requester or anyone who may review presses; the requester and all stored approvals
    /// are judged anew.
    pub fn retry(
        &self,
        by: &PersonId,
        request: &Request,
        world: &World<'_>,
    ) -> Result<Transition<Self>, Refusal> {
        let identity = world.actor(by)?;
        let profile = world.profile(&self.profile).ok_or(Refusal::NoSuchProfile)?;
        let reviewer = rights::may_review(profile, world.roster, identity, world.now);
        if *by != self.holder.id {
            match reviewer {
                ReviewRight::Full(_) => {}
                ReviewRight::DenyOnly(_) => return Err(Refusal::GroupTooOld),
                ReviewRight::None => return Err(Refusal::NotAnApprover),
            }
        }
        let GrantState::Failed { .. } = self.state else {
            return Err(Refusal::NotFailed {
                number: self.number,
            });
        };
        if seconds::until(self.ends_at, world.now) < WORTH_WRITING {
            return Err(Refusal::TimeOver {
                number: self.number,
            });
        }
        let refused = Refusal::HolderRefused {
            number: self.number,
        };
        match world.people.get(&self.holder.id) {
            Some(Ok(holder)) if holder.login == request.login => {
                match rights::may_request(profile, world.roster, holder, world.now) {
                    Membership::Yes => {}
                    Membership::No => return Err(refused),
                    _ => return Err(Refusal::RequestersGroupTooOld),
                }
            }
            Some(Ok(_) | Err(Unidentified::Refused(_))) => return Err(refused),
            _ => return Err(Refusal::CouldNotCheckRequester),
        }
        request.judge_device(profile, world)?;
        let changes: Vec<FactChange> = request
            .facts
            .changes(&request.facts.renewed(profile, world.device));
        if !changes.is_empty() {
            return Err(Refusal::FactsDiffer {
                number: self.number,
                changes,
            });
        }
        if request.facts.duration > profile.max_duration {
            return Err(Refusal::OverCap {
                cap: profile.max_duration,
            });
        }
        let quorum = request.quorum(profile, world);
        if !quorum.is_reached() {
            return Err(Refusal::QuorumLost {
                number: self.number,
                counted: quorum.size(),
                needed: quorum.needed,
            });
        }
        let memberships = quorum
            .counted
            .iter()
            .map(|a| a.membership.clone())
            .collect();
        let kind = EventKind::Retried {
            evidence: request.evidence(memberships, world),
        };
        let actor = Actor::Person(PersonRef::from(identity));
        Ok(self
            .moves(GrantState::Applying { since: world.now })
            .recording(self.event_by(actor, kind, world.now))
            .causing(Effect::SyncKey(self.key.clone()))
            .causing(Effect::RefreshCards(Audience::Everyone)))
    }
}
