//! How a grant ends: given back, taken away, or because its time is up.

use super::{EndReason, Ending, Grant, GrantState};
use crate::domain::audit::{Actor, EventKind, PersonRef};
use crate::domain::ids::{ExecutionId, PersonId};
use crate::domain::person::Standing;
use crate::domain::refusal::Refusal;
use crate::domain::rights::{self, ReviewRight};
use crate::domain::transition::{Audience, Effect, Transition};
use crate::domain::world::World;
use chrono::{DateTime, Utc};

impl Ending {
    /// "Sam revoked it".
    fn told(&self) -> String {
        let by = self
            .by
            .as_ref()
            .map_or("its workflow", |by| by.name.as_str());
        match &self.why {
            EndReason::Expired => "its time was up".to_owned(),
            EndReason::Released => format!("{by} gave it back"),
            EndReason::Revoked => format!("{by} revoked it"),
            EndReason::NeverOpened { .. } => "its time was up before it opened".to_owned(),
            EndReason::Failed { .. } => "opening it failed".to_owned(),
            EndReason::PersonLeft { standing } => format!("the holder{}", standing.departure()),
        }
    }
}

impl Grant {
    pub(super) fn release(
        &self,
        by: &PersonId,
        world: &World<'_>,
    ) -> Result<Transition<Self>, Refusal> {
        if *by != self.holder.id {
            return Err(Refusal::NotYours);
        }
        self.must_be_open(by)?;
        let actor = Actor::Person(self.holder.clone());
        let by = Some(self.holder.clone());
        let ending = Ending {
            why: EndReason::Released,
            by,
            note: None,
            at: world.now,
            opened: self.opened(),
        };
        Ok(self.ending(ending, actor))
    }

    pub(super) fn revoke(
        &self,
        by: &PersonId,
        note: &str,
        world: &World<'_>,
    ) -> Result<Transition<Self>, Refusal> {
        let identity = world.actor(by)?;
        if !self.may_revoke(identity, world) {
            return Err(Refusal::NotAnApprover);
        }
        if note.trim().is_empty() {
            return Err(Refusal::NoteMissing);
        }
        self.must_be_open(by)?;
        let by = PersonRef::from(identity);
        let ending = Ending {
            why: EndReason::Revoked,
            by: Some(by.clone()),
            note: Some(note.trim().to_owned()),
            at: world.now,
            opened: self.opened(),
        };
        Ok(self.ending(ending, Actor::Person(by)))
    }

    /// Ends, because its holder is no full member of the workspace any more.
    pub(super) fn person_left(&self, standing: Standing, now: DateTime<Utc>) -> Transition<Self> {
        let ending = Ending {
            why: EndReason::PersonLeft { standing },
            by: None,
            note: None,
            at: now,
            opened: self.opened(),
        };
        self.ending(ending, Actor::Lapse)
    }

    /// Ends, because the workflow that asked for it is done with it.
    pub(super) fn ended_by_workflow(
        &self,
        execution: &ExecutionId,
        now: DateTime<Utc>,
    ) -> Transition<Self> {
        let ending = Ending {
            why: EndReason::Revoked,
            by: None,
            note: None,
            at: now,
            opened: self.opened(),
        };
        self.ending(ending, Actor::Workflow(execution.clone()))
    }

    /// Whoever may review the profile now, and security; where the profile is gone, security
    /// and the people recorded as its approvers.
    pub fn may_revoke(&self, who: &crate::domain::person::Identity, world: &World<'_>) -> bool {
        let by_profile = match world.profile(&self.profile) {
            Some(profile) => {
                rights::may_review(profile, world.roster, who, world.now) != ReviewRight::None
            }
            None => self
                .approvers
                .iter()
                .any(|approver| approver.id == *who.id()),
        };
        by_profile || rights::is_security(world.policy, world.roster, who, world.now)
    }

    /// Refuses to end twice; whoever ended it and says so again is not told anything new.
    fn must_be_open(&self, by: &PersonId) -> Result<(), Refusal> {
        match &self.state {
            GrantState::Applying { .. } | GrantState::Active { .. } => Ok(()),
            GrantState::Ending { ending } | GrantState::Ended { ending, .. }
                if ending.by.as_ref().is_some_and(|person| person.id == *by) =>
            {
                Err(Refusal::Repeated)
            }
            _ => Err(self.not_open()),
        }
    }

    /// For whoever comes too late: who ended it, and when.
    pub(super) fn not_open(&self) -> Refusal {
        let how = match &self.state {
            GrantState::Applying { .. } | GrantState::Active { .. } => None,
            GrantState::Ending { ending } | GrantState::Ended { ending, .. } => {
                Some((ending.told(), ending.at))
            }
            GrantState::Failed { at, .. } => Some(("opening it failed".to_owned(), *at)),
        };
        Refusal::NotOpen {
            number: self.number,
            how,
        }
    }

    /// Starts the removal.
    pub(super) fn ending(&self, ending: Ending, actor: Actor) -> Transition<Self> {
        let audience = match ending.why {
            EndReason::Expired => Audience::Involved,
            _ => Audience::Everyone,
        };
        let kind = EventKind::EndingBegan {
            why: ending.why.clone(),
            note: ending.note.clone(),
        };
        let event = self.event_by(actor, kind, ending.at);
        let failed = matches!(ending.why, EndReason::Failed { .. });
        let transition = self
            .moves(GrantState::Ending { ending })
            .recording(event)
            .causing(Effect::SyncKey(self.key.clone()))
            .causing(Effect::RefreshCards(audience));
        if failed {
            transition.causing(Effect::ShowInChannel)
        } else {
            transition
        }
    }

    /// Ends at once: nothing was ever sent, so nothing is to be removed.
    pub(super) fn ended(&self, ending: &Ending, now: DateTime<Utc>) -> Transition<Self> {
        self.moves(GrantState::Ended {
            ending: ending.clone(),
            at: now,
        })
        .recording(self.event(
            EventKind::Ended {
                why: ending.why.clone(),
            },
            now,
        ))
        .causing(Effect::RefreshCards(Audience::Everyone))
    }

    /// The attribute no longer stands for this grant.
    pub(super) fn removed(&self, ending: &Ending, now: DateTime<Utc>) -> Transition<Self> {
        let state = match &ending.why {
            EndReason::Failed { cause } => GrantState::Failed {
                cause: cause.clone(),
                at: now,
                opened: ending.opened,
            },
            _ => GrantState::Ended {
                ending: ending.clone(),
                at: now,
            },
        };
        let audience = match ending.why {
            EndReason::Expired => Audience::Involved,
            _ => Audience::Everyone,
        };
        let mut transition = self
            .moves(state)
            .recording(self.event(
                EventKind::Ended {
                    why: ending.why.clone(),
                },
                now,
            ))
            .causing(Effect::RefreshCards(audience));
        transition.next.write = super::WriteMark::Untouched;
        transition
    }
}
