//! Takes up a step of a workflow that was acknowledged.

use super::{Held, Outcome, Worker};
use crate::app::steps::Taken;
use crate::domain::ids::ExecutionId;
use crate::store::StoreError;
use crate::store::outbox::Lane;

impl Worker {
    pub(super) async fn take_step(
        &self,
        held: &Held,
        id: &ExecutionId,
    ) -> Result<Outcome, StoreError> {
        let lane = Lane::steps();
        if let Err(after) = self.admit(held, &lane).await? {
            return Ok(Outcome::Paused { lane, after });
        }
        if !self.may_send(held) {
            return Ok(Outcome::Fenced);
        }
        Ok(match self.app.take_step(id).await? {
            Taken::Done => Outcome::Done,
            Taken::NotYet => held.again(None, "not_readable_yet"),
        })
    }
}
