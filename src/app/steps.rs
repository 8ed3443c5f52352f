//! Steps of workflows: taken up by the worker after they were acknowledged, and answered once.
//!
//! Slack does not say who runs a workflow or which one runs, so a step can only ask: whoever it
//! names confirms it before anybody else hears of it. What a step waits for is stored, so that an
//! answer survives any stop.

mod check;
mod end;
mod options;
mod request;

use super::decide::Case;
use super::{App, Failure};
use crate::domain::audit::{Actor, AuditEvent, EventKind, Subject};
use crate::domain::ids::{ExecutionId, PersonId};
use crate::domain::policy::{Profile, WorkflowRule};
use crate::domain::workflow::{self, Inputs, Step, StepAnswer, StepFault};
use crate::store::outbox::{Job, Lane, Priority};
use crate::store::{Execution, StoreError, Tally, Tx};
use chrono::{DateTime, TimeDelta, Utc};

pub use options::StepOption;

/// What cannot be read for so long fails the step.
const GIVE_UP_AFTER: TimeDelta = TimeDelta::minutes(15);

/// What came of taking a step up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It has its answer, or waits for somebody.
    Done,
    /// Something that has to be known could not be read just now.
    NotYet,
}

/// How a step goes on.
enum Next {
    /// It is answered at once.
    Answer(StepAnswer),
    /// Somebody else's word or Tailscale's decides; whatever does answers the step.
    Wait,
}

/// Why a step does not go on.
enum Stop {
    /// It fails, with a sentence for whoever wrote the workflow.
    Fault(StepFault),
    /// It is tried again in a moment.
    NotYet,
    /// The database could not do it.
    Store(StoreError),
}

impl From<StepFault> for Stop {
    fn from(fault: StepFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl App {
    /// Remembers that a step runs, before Slack is told that we know. A delivery that comes again
    /// changes nothing.
    pub async fn step_began(
        &self,
        id: &ExecutionId,
        step: Step,
        inputs: &Inputs,
    ) -> Result<(), Failure> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        if tx.begin_execution(id, step, inputs, now).await? {
            let job = Job::TakeStep(id.clone());
            tx.enqueue(&job, now, &Lane::steps(), Priority::OtherCard);
        }
        tx.commit().await?;
        self.work.ring();
        Ok(())
    }

    /// Takes a step up: asks, ends or looks.
    pub async fn take_step(&self, id: &ExecutionId) -> Result<Taken, StoreError> {
        let Some(execution) = self.store.execution(id).await? else {
            return Ok(Taken::Done);
        };
        if execution.answer.is_some() || execution.request.is_some() {
            return Ok(Taken::Done);
        }
        let next = match execution.step {
            Step::RequestAccess => self.take_request(&execution).await,
            Step::EndAccess => self.take_end(&execution).await,
            Step::CheckAccess => self.take_check(&execution).await,
        };
        let answer = match next {
            Ok(Next::Wait) => return Ok(Taken::Done),
            Ok(Next::Answer(answer)) => answer,
            Err(Stop::Store(error)) => return Err(error),
            Err(Stop::Fault(fault)) => self.failed(&execution, &fault).await?,
            Err(Stop::NotYet) if self.clock.now() - execution.began_at < GIVE_UP_AFTER => {
                return Ok(Taken::NotYet);
            }
            Err(Stop::NotYet) => {
                let fault = match execution.step {
                    Step::EndAccess => StepFault::NotEnded,
                    Step::RequestAccess | Step::CheckAccess => StepFault::Unread,
                };
                self.failed(&execution, &fault).await?
            }
        };
        let mut tx = self.store.begin().await?;
        self.answer(&mut tx, &execution.id, &answer, self.clock.now())
            .await?;
        tx.commit().await?;
        self.work.ring();
        Ok(Taken::Done)
    }

    /// Records why nothing was done, where somebody was named: once a person, reason and minute.
    async fn failed(
        &self,
        execution: &Execution,
        fault: &StepFault,
    ) -> Result<StepAnswer, StoreError> {
        let (id, reason) = (&execution.id, fault.reason());
        tracing::info!(execution = %id, step = execution.step.name(), reason, "a step of a workflow failed, and its workflow is told why");
        let named = (execution.inputs.get("requester")).or_else(|| execution.inputs.get("person"));
        if let Some(person) = named.map(PersonId::new) {
            let now = self.clock.now();
            let mut tx = self.store.begin().await?;
            if tx.tally_refusal(&person, None, reason, now).await? == Tally::First {
                let kind = EventKind::Refused {
                    reason: reason.to_owned(),
                    attempt: execution.step.name().to_owned(),
                };
                tx.record(&AuditEvent {
                    subject: Subject::Person(person),
                    actor: Actor::Workflow(id.clone()),
                    at: now,
                    kind,
                })
                .await?;
            }
            tx.commit().await?;
        }
        Ok(fault.clone().into())
    }

    /// Stores the answer of a step, and has the workflow told.
    async fn answer(
        &self,
        tx: &mut Tx,
        id: &ExecutionId,
        answer: &StepAnswer,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if tx.answer_execution(id, answer, now).await? {
            let job = Job::CompleteStep(id.clone());
            tx.enqueue(&job, now, &Lane::complete_step(), Priority::RequestersCard);
        }
        Ok(())
    }

    /// Answers the steps that waited for what has just been decided.
    pub(super) async fn answer_waiting(
        &self,
        tx: &mut Tx,
        case: &Case,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if case.request.workflow.is_none() {
            return Ok(());
        }
        for execution in tx.executions_waiting_for(&case.request.id).await? {
            let grant = case.grant.as_ref();
            let answer = match execution.step {
                Step::RequestAccess => workflow::answer(&case.request, grant),
                Step::EndAccess => workflow::ended(grant),
                Step::CheckAccess => None,
            };
            if let Some(answer) = answer {
                self.answer(tx, &execution.id, &answer, now).await?;
            }
        }
        Ok(())
    }

    /// Has workflows told that were not, also those that were given up before the last stop.
    pub async fn answer_again(&self) -> Result<(), StoreError> {
        const MOST: u32 = 1_000;
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        for id in tx.untold_executions(MOST).await? {
            let job = Job::CompleteStep(id);
            tx.enqueue(&job, now, &Lane::complete_step(), Priority::OtherCard);
        }
        tx.commit().await
    }

    /// The profile that a workflow's author means, by its id or its name.
    fn profile_meant(&self, text: &str) -> Option<&Profile> {
        let profiles = self.policy.profiles.iter();
        let named = |profile: &&Profile| profile.name.eq_ignore_ascii_case(text);
        profiles
            .clone()
            .find(|profile| profile.id.as_str() == text)
            .or_else(|| {
                let mut named = profiles.filter(named);
                named.next().filter(|_| named.next().is_none())
            })
    }

    /// The same, where workflows may ask for it.
    fn profile_offered(&self, text: &str) -> Result<&Profile, StepFault> {
        self.profile_meant(text)
            .filter(|profile| profile.workflows == WorkflowRule::Confirm)
            .ok_or(StepFault::NotOffered)
    }
}
