//! The one handler of access requests.

use super::{CancelReason, Request, RequestCommand, RequestState};
use crate::domain::audit::{Actor, AuditEvent, EventKind, MembershipUsed, PersonRef, Subject};
use crate::domain::ids::PersonId;
use crate::domain::policy::Selector;
use crate::domain::refusal::Refusal;
use crate::domain::transition::{Audience, Effect, Transition};
use crate::domain::world::World;
use chrono::{DateTime, Utc};

impl Request {
    /// Judges a command against the facts of the moment.
    pub fn handle(
        &self,
        command: &RequestCommand,
        world: &World<'_>,
    ) -> Result<Transition<Self>, Refusal> {
        match command {
            RequestCommand::Review {
                by,
                verdict,
                note,
                facts_seen,
            } => self.review(by, *verdict, note.as_deref(), *facts_seen, world),
            RequestCommand::Confirm { by, confirmed } => self.confirm(by, confirmed, world),
            RequestCommand::Cancel { by } => {
                if *by != self.requester.id {
                    return Err(Refusal::NotYours);
                }
                self.must_be_open(world)?;
                Ok(self.cancelled(
                    CancelReason::Requester,
                    Actor::Person(self.requester.clone()),
                    world,
                ))
            }
            RequestCommand::Remind { by, asked } => self.remind(by, asked, world),
            RequestCommand::Lapse => {
                self.must_be_undecided()?;
                if world.now < self.answer_by {
                    return Err(Refusal::Repeated);
                }
                let next = self.in_state(RequestState::Lapsed { at: world.now });
                let kind = if self.is_confirmed() {
                    EventKind::Lapsed
                } else {
                    EventKind::NotConfirmed
                };
                Ok(Transition::to(next)
                    .recording(self.event(Actor::Lapse, kind, world))
                    .causing(Effect::RefreshCards(Audience::Everyone)))
            }
            RequestCommand::PersonLeft { standing } => {
                self.must_be_open(world)?;
                let why = CancelReason::PersonLeft {
                    standing: *standing,
                };
                Ok(self.cancelled(why, Actor::Lapse, world))
            }
            RequestCommand::Withdraw => {
                self.must_be_open(world)?;
                if world.profile(&self.facts.profile).is_some() {
                    return Err(Refusal::Repeated);
                }
                Ok(self.cancelled(CancelReason::ProfileGone, Actor::Lapse, world))
            }
        }
    }

    pub(super) fn cancelled(
        &self,
        why: CancelReason,
        actor: Actor,
        world: &World<'_>,
    ) -> Transition<Self> {
        let next = self.in_state(RequestState::Cancelled { why, at: world.now });
        Transition::to(next)
            .recording(self.event(actor, EventKind::Cancelled { why }, world))
            .causing(Effect::RefreshCards(Audience::Everyone))
    }

    pub(super) fn event(&self, actor: Actor, kind: EventKind, world: &World<'_>) -> AuditEvent {
        AuditEvent {
            subject: Subject::Request(self.id.clone()),
            actor,
            at: world.now,
            kind,
        }
    }

    fn must_be_undecided(&self) -> Result<(), Refusal> {
        match self.how_settled() {
            None => Ok(()),
            Some((how, at)) => Err(Refusal::Settled {
                number: self.number,
                how,
                at,
            }),
        }
    }

    /// That somebody asked, and on what grounds it was let through.
    pub fn requested(
        &self,
        asked: &[PersonId],
        because: Option<&Selector>,
        world: &World<'_>,
    ) -> AuditEvent {
        let memberships = because.map(|selector| MembershipUsed {
            person: self.requester.id.clone(),
            selector: selector.clone(),
        });
        let kind = EventKind::Requested {
            evidence: self.evidence(memberships.into_iter().collect(), world),
            justification: self.justification.clone(),
            answer_by: self.answer_by,
            asked: asked.to_vec(),
        };
        self.event(Actor::Person(self.requester.clone()), kind, world)
    }

    /// Nothing happens after lapse, whether or not the sweeper has been here.
    pub(super) fn must_be_open(&self, world: &World<'_>) -> Result<(), Refusal> {
        self.must_be_undecided_by(world.now)
    }

    /// The same, at this moment.
    pub(super) fn must_be_undecided_by(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        self.must_be_undecided()?;
        if now >= self.answer_by && self.state == RequestState::Unconfirmed {
            return Err(Refusal::ConfirmedTooLate {
                number: self.number,
            });
        }
        if now >= self.answer_by {
            return Err(Refusal::LapsedAlready {
                number: self.number,
                answer_by: self.answer_by,
            });
        }
        Ok(())
    }
}

impl From<&PersonRef> for Actor {
    fn from(person: &PersonRef) -> Self {
        Self::Person(person.clone())
    }
}
