//! What a review does.

use super::{CancelReason, Request, RequestState, Review, SHORTEST, Verdict};
use crate::domain::audit::{Actor, EventKind, Evidence, MembershipUsed, PersonRef};
use crate::domain::facts::Facts;
use crate::domain::grant::Grant;
use crate::domain::ids::PersonId;
use crate::domain::person::Identity;
use crate::domain::policy::{Profile, Selector, SelfApproval};
use crate::domain::refusal::Refusal;
use crate::domain::rights::{self, ReviewRight};
use crate::domain::roster::Membership;
use crate::domain::seconds;
use crate::domain::transition::{Audience, Effect, Transition};
use crate::domain::world::{Unidentified, World};

/// A reviewer whose right was judged just now.
struct Reviewer<'a> {
    identity: &'a Identity,
    because: Selector,
    right: ReviewRight,
}

impl Request {
    pub(super) fn review(
        &self,
        by: &PersonId,
        verdict: Verdict,
        note: Option<&str>,
        facts_seen: u32,
        world: &World<'_>,
    ) -> Result<Transition<Self>, Refusal> {
        if self.state == RequestState::Unconfirmed {
            return Err(Refusal::NoSuchRequest);
        }
        let identity = world.actor(by)?;
        let repeated = self.said_before(by, verdict, facts_seen);
        if repeated && !self.is_pending() {
            return Err(Refusal::Repeated);
        }
        let Some(profile) = world.profile(&self.facts.profile) else {
            self.must_be_open(world)?;
            return Ok(self.cancelled(CancelReason::ProfileGone, Actor::Lapse, world));
        };
        let right = rights::may_review(profile, world.roster, identity, world.now);
        let because = match &right {
            ReviewRight::Full(selector) | ReviewRight::DenyOnly(selector) => selector.clone(),
            ReviewRight::None => return Err(Refusal::NotAnApprover),
        };
        self.must_be_open(world)?;
        if repeated && !self.would_suffice(verdict, facts_seen, profile, world) {
            return Err(Refusal::Repeated);
        }
        let reviewer = Reviewer {
            identity,
            because,
            right,
        };
        match verdict {
            Verdict::Deny => self.deny(&reviewer, note, facts_seen, world),
            Verdict::Approve | Verdict::Shorten(_) => {
                self.approve(&reviewer, verdict, note, facts_seen, profile, world)
            }
        }
    }

    fn said_before(&self, by: &PersonId, verdict: Verdict, facts_seen: u32) -> bool {
        self.reviews.iter().any(|review| {
            review.by.id == *by
                && review.verdict == verdict
                && review.facts_number == facts_seen
                && (verdict == Verdict::Deny || self.stands(review))
        })
    }

    /// Whether the stored approvals suffice by now, because somebody who could not be counted
    /// when the last one was given can be: then approving once more opens it, storing nothing new.
    fn would_suffice(
        &self,
        verdict: Verdict,
        facts_seen: u32,
        profile: &Profile,
        world: &World<'_>,
    ) -> bool {
        verdict == Verdict::Approve
            && facts_seen == self.facts_number
            && self.quorum(profile, world).is_reached()
    }

    fn deny(
        &self,
        reviewer: &Reviewer<'_>,
        note: Option<&str>,
        facts_seen: u32,
        world: &World<'_>,
    ) -> Result<Transition<Self>, Refusal> {
        if self.is_requester(reviewer.identity, world) {
            return Err(Refusal::CancelInstead);
        }
        let by = PersonRef::from(reviewer.identity);
        let note = note.map(str::to_owned);
        let state = RequestState::Denied {
            by: by.clone(),
            at: world.now,
            note: note.clone(),
        };
        let mut next = self.in_state(state);
        next.reviews
            .push(reviewer.review(Verdict::Deny, note.clone(), facts_seen, world));
        let membership = MembershipUsed {
            person: by.id.clone(),
            selector: reviewer.because.clone(),
        };
        let evidence = self.evidence(vec![membership], world);
        Ok(Transition::to(next)
            .recording(self.event(
                Actor::Person(by),
                EventKind::Denied { note, evidence },
                world,
            ))
            .causing(Effect::RefreshCards(Audience::Everyone)))
    }

    fn approve(
        &self,
        reviewer: &Reviewer<'_>,
        verdict: Verdict,
        note: Option<&str>,
        facts_seen: u32,
        profile: &Profile,
        world: &World<'_>,
    ) -> Result<Transition<Self>, Refusal> {
        if profile.self_approval == SelfApproval::Never
            && self.is_requester(reviewer.identity, world)
        {
            return Err(Refusal::OwnRequest);
        }
        let ReviewRight::Full(_) = reviewer.right else {
            return Err(Refusal::GroupTooOld);
        };
        match self.judge_requester(profile, world)? {
            Membership::Yes => {}
            Membership::No => {
                return Ok(self.cancelled(CancelReason::ProfileGone, Actor::Lapse, world));
            }
            Membership::Stale | Membership::Unknown => return Err(Refusal::RequestersGroupTooOld),
        }
        self.judge_device(profile, world)?;
        let renewed = self.facts.renewed(profile, world.device);
        if renewed != self.facts {
            return Ok(self.with_facts(renewed, world));
        }
        if facts_seen != self.facts_number {
            return Err(Refusal::FactsMoved {
                number: self.number,
                changes: Vec::new(),
            });
        }
        let stands_already = self.reviews.iter().any(|review| {
            self.stands(review)
                && world.known(&review.by.id).map_or_else(
                    || review.by.id == *reviewer.identity.id(),
                    |giver| giver.is_same_person(reviewer.identity),
                )
        });
        let sufficient = self.would_suffice(verdict, facts_seen, profile, world);
        if stands_already && !sufficient {
            return Err(Refusal::AlreadyApprovedByYou {
                number: self.number,
            });
        }
        let duration = match verdict {
            Verdict::Shorten(to) if to < SHORTEST => {
                return Err(Refusal::TooShort { floor: SHORTEST });
            }
            Verdict::Shorten(to) if to >= self.facts.duration => {
                return Err(Refusal::NotShorter {
                    limit: self.facts.duration,
                });
            }
            Verdict::Shorten(to) => to,
            Verdict::Approve | Verdict::Deny => self.facts.duration,
        };
        if duration > profile.max_duration {
            return Err(Refusal::OverCap {
                cap: profile.max_duration,
            });
        }
        let mut next = self.in_state(RequestState::Pending);
        if stands_already {
            return Ok(next.counted(verdict, &PersonRef::from(reviewer.identity), profile, world));
        }
        next.reviews
            .push(reviewer.review(verdict, note.map(str::to_owned), facts_seen, world));
        if duration != self.facts.duration {
            next.facts.duration = duration;
            next.facts_number += 1;
        }
        Ok(next.counted(verdict, &PersonRef::from(reviewer.identity), profile, world))
    }

    /// Whether the requester may still ask, as far as that is known.
    fn judge_requester(&self, profile: &Profile, world: &World<'_>) -> Result<Membership, Refusal> {
        match world.people.get(&self.requester.id) {
            Some(Ok(requester)) if requester.login == self.login => Ok(rights::may_request(
                profile,
                world.roster,
                requester,
                world.now,
            )),
            Some(Ok(_) | Err(Unidentified::Refused(_))) => Err(Refusal::RequesterRefused),
            Some(Err(Unidentified::Unread)) | None => Err(Refusal::CouldNotCheckRequester),
        }
    }

    /// The device, as far as it is known, must still be one that the requester may ask for:
    /// approving changed facts must not open somebody else's machine.
    pub(crate) fn judge_device(&self, profile: &Profile, world: &World<'_>) -> Result<(), Refusal> {
        let Some(device) = world.device else {
            return Ok(());
        };
        device
            .admit(&profile.devices, &self.login, world.now)
            .map(|_| ())
            .map_err(Refusal::DeviceRefused)
    }

    /// Something that an approver agrees to is not what it was: all approvals are set aside.
    fn with_facts(&self, facts: Facts, world: &World<'_>) -> Transition<Self> {
        let changes = self.facts.changes(&facts);
        let mut next = self.in_state(RequestState::Pending);
        next.facts = facts.clone();
        next.facts_number += 1;
        next.approvals_from = next.facts_number;
        let kind = EventKind::FactsChanged {
            changes,
            facts,
            facts_number: next.facts_number,
        };
        Transition::to(next)
            .recording(self.event(Actor::Lapse, kind, world))
            .causing(Effect::RefreshCards(Audience::Everyone))
    }

    /// The request with its newest approval on board: approved if they suffice now.
    fn counted(
        self,
        verdict: Verdict,
        by: &PersonRef,
        profile: &Profile,
        world: &World<'_>,
    ) -> Transition<Self> {
        let quorum = self.quorum(profile, world);
        let memberships = quorum
            .counted
            .iter()
            .map(|a| a.membership.clone())
            .collect();
        let evidence = self.evidence(memberships, world);
        if !quorum.is_reached() {
            let counted = quorum.size();
            let event = self.event(
                by.into(),
                EventKind::Reviewed {
                    verdict,
                    counted,
                    evidence,
                },
                world,
            );
            return Transition::to(self)
                .recording(event)
                .causing(Effect::RefreshCards(Audience::Everyone));
        }
        let approvers: Vec<PersonRef> =
            quorum.counted.iter().map(|a| a.review.by.clone()).collect();
        let ends_at = seconds::cut(world.now + self.facts.duration);
        let kind = EventKind::Approved {
            verdict,
            approvers: approvers.clone(),
            ends_at,
            evidence,
        };
        let event = self.event(by.into(), kind, world);
        let grant = Grant::open(&self, &approvers, ends_at, world.now);
        let effect = Effect::SyncKey(grant.key.clone());
        let mut next = self;
        next.state = RequestState::Approved {
            by: approvers,
            at: world.now,
        };
        let mut transition = Transition::to(next)
            .recording(event)
            .causing(effect)
            .causing(Effect::RefreshCards(Audience::Everyone));
        transition.opens = Some(grant);
        transition
    }

    /// What a decision is based on.
    pub fn evidence(&self, memberships: Vec<MembershipUsed>, world: &World<'_>) -> Evidence {
        Evidence {
            facts: self.facts.clone(),
            facts_number: self.facts_number,
            memberships,
            policy: world.policy_hash(),
        }
    }
}

impl Reviewer<'_> {
    fn review(
        &self,
        verdict: Verdict,
        note: Option<String>,
        facts_number: u32,
        world: &World<'_>,
    ) -> Review {
        Review {
            by: PersonRef::from(self.identity),
            login: self.identity.login.clone(),
            verdict,
            facts_number,
            note,
            because: self.because.clone(),
            at: world.now,
        }
    }
}
