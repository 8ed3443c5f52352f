//! The *End access* step: ends what a *Request access* step opened, and nothing else.

use super::{Next, Stop};
use crate::app::decide::{Moves, load};
use crate::app::{ATTEMPTS, App, journal};
use crate::domain::grant::GrantCommand;
use crate::domain::ids::RequestId;
use crate::domain::workflow::{self, StepFault};
use crate::store::{Execution, StoreError};

impl App {
    /// The opaque id is what gives a workflow the right: only the step that asked returned it.
    pub(super) async fn take_end(&self, execution: &Execution) -> Result<Next, Stop> {
        let id = RequestId::new(execution.inputs.need("request_id", "Request id")?);
        for _ in 0..ATTEMPTS {
            match self.end_once(execution, &id).await {
                Err(Stop::Store(StoreError::Conflict)) => {}
                other => return other,
            }
        }
        Err(Stop::NotYet)
    }

    async fn end_once(&self, execution: &Execution, id: &RequestId) -> Result<Next, Stop> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let case = load(&mut tx, id).await?;
        let case = case.filter(|case| case.request.workflow.is_some());
        let case = case.ok_or(StepFault::NoSuchRequest)?;
        if let Some(answer) = workflow::ended(case.grant.as_ref()) {
            return Ok(Next::Answer(answer));
        }
        tx.execution_waits_for(&execution.id, None, id).await?;
        let command = GrantCommand::EndByWorkflow {
            execution: execution.id.clone(),
        };
        let moved = case.grant.as_ref().and_then(|g| g.advance(&command, now));
        let Some(moved) = moved else {
            // It is ending already: whoever confirms that answers the step, unless that happened
            // before it was known that the step waits.
            tx.commit().await?;
            let mut tx = self.store.begin().await?;
            let case = load(&mut tx, id).await?;
            let answer = case.and_then(|case| workflow::ended(case.grant.as_ref()));
            return Ok(answer.map_or(Next::Wait, Next::Answer));
        };
        let moves = Moves::Grant(Box::new(moved));
        let case = self.persist_moves(&mut tx, case, moves, now).await?;
        tx.commit().await?;
        journal::write(&case);
        self.work.ring();
        self.due.ring();
        Ok(Next::Wait)
    }
}
