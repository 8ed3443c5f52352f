//! Confirming what a workflow asked in one's name: only then does the request's life begin.

use super::{Request, RequestState};
use crate::domain::facts::Facts;
use crate::domain::ids::PersonId;
use crate::domain::policy::Selector;
use crate::domain::refusal::Refusal;
use crate::domain::transition::{Audience, Effect, Transition};
use crate::domain::workflow::Workflow;
use crate::domain::world::World;
use chrono::{DateTime, Utc};

/// What was found when everything about a request was judged anew, as if it were asked just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// The facts of now, with the device that the person chose.
    pub facts: Facts,
    /// The age of the device index, where it decided about the device.
    pub device_as_of: Option<DateTime<Utc>>,
    /// When it lapses.
    pub answer_by: DateTime<Utc>,
    /// Who gets a card.
    pub asked: Vec<PersonId>,
    /// The selector that lets the person ask.
    pub because: Option<Selector>,
}

impl Request {
    pub(super) fn confirm(
        &self,
        by: &PersonId,
        confirmed: &Confirmed,
        world: &World<'_>,
    ) -> Result<Transition<Self>, Refusal> {
        let workflow = self.to_confirm(by, world.now)?;
        let next = Self {
            facts: confirmed.facts.clone(),
            wished: confirmed.facts.duration,
            device_as_of: confirmed.device_as_of,
            asked_at: world.now,
            answer_by: confirmed.answer_by,
            workflow: Some(Workflow {
                confirmed_at: Some(world.now),
                ..workflow.clone()
            }),
            ..self.in_state(RequestState::Pending)
        };
        let event = next.requested(&confirmed.asked, confirmed.because.as_ref(), world);
        Ok(Transition::to(next)
            .recording(event)
            .causing(Effect::RefreshCards(Audience::Everyone)))
    }

    /// The workflow that waits for this person's word, or why there is nothing to confirm.
    pub fn to_confirm(&self, by: &PersonId, now: DateTime<Utc>) -> Result<&Workflow, Refusal> {
        let number = self.number;
        if *by != self.requester.id {
            return Err(Refusal::NoSuchRequest);
        }
        let is_lapsed = matches!(self.state, RequestState::Lapsed { .. });
        if is_lapsed && !self.is_confirmed() {
            return Err(Refusal::ConfirmedTooLate { number });
        }
        self.must_be_undecided_by(now)?;
        match &self.workflow {
            Some(workflow) if self.state == RequestState::Unconfirmed => Ok(workflow),
            _ => Err(Refusal::Repeated),
        }
    }
}
