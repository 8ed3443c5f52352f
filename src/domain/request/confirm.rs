//! Confirming what a workflow asked in one's name: only then does the request's life begin.

use super::{Request, RequestState};
use crate::domain::facts::Facts;
use crate::domain::ids::PersonId;
use crate::domain::refusal::Refusal;
use crate::domain::workflow::Workflow;
use chrono::{DateTime, Utc};

/// A request as it goes on once it is confirmed, everything about it judged anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// The facts of now, with the device that the person chose.
    pub facts: Facts,
    /// The age of the device index, where it decided about the device.
    pub device_as_of: Option<DateTime<Utc>>,
    /// When it lapses.
    pub answer_by: DateTime<Utc>,
}

impl Request {
    /// The pending request that this one becomes when its requester confirms it.
    pub fn confirm(
        &self,
        by: &PersonId,
        confirmed: &Confirmed,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        let workflow = self.to_confirm(by, now)?;
        Ok(Self {
            facts: confirmed.facts.clone(),
            wished: confirmed.facts.duration,
            device_as_of: confirmed.device_as_of,
            asked_at: now,
            answer_by: confirmed.answer_by,
            workflow: Some(Workflow {
                confirmed_at: Some(now),
                ..workflow.clone()
            }),
            ..self.in_state(RequestState::Pending)
        })
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
        if let Some((how, at)) = self.how_settled() {
            return Err(Refusal::Settled { number, how, at });
        }
        match &self.workflow {
            Some(workflow) if self.state == RequestState::Unconfirmed => {
                if now < self.answer_by {
                    Ok(workflow)
                } else {
                    Err(Refusal::ConfirmedTooLate { number })
                }
            }
            _ => Err(Refusal::Repeated),
        }
    }
}
