//! Tells a workflow how its step ended, once. Saying it again does no harm: Slack takes the first
//! answer and says of any other that the step does not run any more.

use super::sync_card::TOKEN_PROBE;
use super::{Held, Outcome, Worker};
use crate::domain::audit::{Actor, AuditEvent, EventKind, Subject};
use crate::domain::ids::{ExecutionId, RequestId};
use crate::domain::workflow::StepAnswer;
use crate::slack::{CallError, Class, step};
use crate::store::outbox::Lane;
use crate::store::{Execution, StoreError};

/// Slack's words for a step that was answered, or whose workflow is gone,
/// <https://docs.slack.dev/reference/methods/functions.completeSuccess#errors>.
const OVER: [&str; 2] = [
    "execution_not_in_running_state",
    "function_execution_not_found",
];

impl Worker {
    pub(super) async fn complete_step(
        &self,
        held: &Held,
        id: &ExecutionId,
    ) -> Result<Outcome, StoreError> {
        let Some(execution) = self.app.store.execution(id).await? else {
            return Ok(Outcome::Done);
        };
        let (Some(answer), None) = (&execution.answer, execution.told_at) else {
            return Ok(Outcome::Done);
        };
        let lane = Lane::complete_step();
        if let Err(after) = self.admit(held, &lane).await? {
            return Ok(Outcome::Paused { lane, after });
        }
        if !self.may_send(held) {
            return Ok(Outcome::Fenced);
        }
        let sent = match answer {
            StepAnswer::Failed { sentence } => self.app.slack.step_failed(id, sentence).await,
            answer => {
                let outputs = step::outputs(answer);
                self.app.slack.step_succeeded(id, &outputs).await
            }
        };
        match sent {
            Ok(()) => self.step_told(&execution).await,
            Err(error) if OVER.iter().any(|word| error.is(word)) => {
                tracing::info!(execution = %id, "the workflow of a step does not wait for it any more");
                self.step_told(&execution).await
            }
            Err(error) => self.untold(held, &execution, lane, &error).await,
        }
    }

    async fn step_told(&self, execution: &Execution) -> Result<Outcome, StoreError> {
        let mut tx = self.app.store.begin().await?;
        tx.execution_told(&execution.id, self.app.clock.now())
            .await?;
        tx.commit().await?;
        Ok(Outcome::Done)
    }

    async fn untold(
        &self,
        held: &Held,
        execution: &Execution,
        lane: Lane,
        error: &CallError,
    ) -> Result<Outcome, StoreError> {
        let (id, class) = (&execution.id, error.class);
        tracing::warn!(execution = %id, error = %error.error, class = class.label(), "a workflow could not be told how its step ended");
        match class {
            Class::TokenDead => Ok(Outcome::Paused {
                lane: Lane::slack(),
                after: TOKEN_PROBE,
            }),
            Class::Retryable { after: Some(after) } => Ok(Outcome::Paused { lane, after }),
            Class::Permanent => {
                self.give_up_step(execution, &error.error).await?;
                self.step_told(execution).await
            }
            Class::Retryable { after: None } | Class::Ambiguous
                if self.has_tried_long_enough(held) =>
            {
                self.give_up_step(execution, &error.error).await
            }
            Class::Retryable { after: None } | Class::Ambiguous => {
                Ok(held.again(None, class.label()))
            }
        }
    }

    /// The person learns that their workflow stands still. What was only never answered is tried
    /// once more at the next start.
    async fn give_up_step(
        &self,
        execution: &Execution,
        error: &str,
    ) -> Result<Outcome, StoreError> {
        metrics::counter!("lapse_steps_untold_total").increment(1);
        if let Some(request) = &execution.request {
            self.tell_of_untold_step(request, error).await?;
        }
        Ok(Outcome::Done)
    }

    async fn tell_of_untold_step(
        &self,
        request: &RequestId,
        error: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.app.store.begin().await?;
        let kind = EventKind::WorkflowNotTold {
            error: error.to_owned(),
        };
        let event = AuditEvent {
            subject: Subject::Request(request.clone()),
            actor: Actor::Lapse,
            at: self.app.clock.now(),
            kind,
        };
        self.app
            .record_and_announce(&mut tx, request, &event)
            .await?;
        tx.commit().await
    }
}
