//! A step that did not succeed: what is stored about it, and when it is tried again.

use super::{Step, applying};
use crate::app::settle::Settled;
use crate::domain::grant::{FailureCause, Grant, GrantCommand, HeldBy};
use crate::store::StoreError;
use crate::tailscale::{CallError, FailureClass, FailureKind};
use crate::worker::{Held, Outcome, Worker};

impl Worker {
    /// Stores what a failed call means.
    pub(super) async fn failed_call(
        &self,
        held: &Held,
        grants: &[Grant],
        error: &CallError,
    ) -> Result<Step, StoreError> {
        if error.class == FailureClass::Permanent && applying(grants).next().is_some() {
            let cause = || FailureCause::Refused {
                status: error.status.unwrap_or_default(),
                sentence: error.sentence(),
            };
            return self.fail_applying(held, grants, |_| cause()).await;
        }
        let by = match (error.kind, error.class) {
            (FailureKind::TokenRefused, _) => HeldBy::ClientRefused {
                status: error.status.unwrap_or_default(),
            },
            (FailureKind::RateLimited, FailureClass::Retryable { after: Some(after) }) => {
                HeldBy::ToldToWait {
                    until: self.app.clock.now() + after,
                }
            }
            _ => HeldBy::Silence,
        };
        if self.hold(held, grants, &by).await? == Settled::Fenced {
            return Ok(Step::Stop(Outcome::Fenced));
        }
        if let Some(grant) = grants.first() {
            let (number, node) = (grant.number, &grant.key.node);
            let (method, outcome) = (error.call.label(), error.kind.label());
            let tries = held.row.attempts + 1;
            tracing::warn!(request = %number, %node, method, outcome, status = error.status, tries, "Tailscale did not do what was asked for {number}; trying again");
        }
        if let FailureClass::Retryable { after: Some(after) } = error.class {
            return Ok(Step::Stop(Outcome::Paused {
                lane: crate::store::outbox::Lane::tailscale(),
                after,
            }));
        }
        Ok(Step::Stop(held.again(None, error.kind.label())))
    }

    /// Tailscale took a change and does not show it.
    pub(super) async fn not_shown(
        &self,
        held: &Held,
        grant: &Grant,
        grants: &[Grant],
    ) -> Result<Step, StoreError> {
        let (number, node, tries) = (grant.number, &grant.key.node, held.row.attempts + 1);
        tracing::warn!(request = %number, %node, tries, "Tailscale took the change for {number} and does not show it yet; looking again");
        Ok(Step::Stop(
            match self.hold(held, grants, &HeldBy::NotShown).await? {
                Settled::Fenced => Outcome::Fenced,
                Settled::Stored(_) => held.again(None, "read_back"),
            },
        ))
    }

    /// Stores what keeps these grants waiting.
    async fn hold(
        &self,
        held: &Held,
        grants: &[Grant],
        by: &HeldBy,
    ) -> Result<Settled, StoreError> {
        let waiting: Vec<_> = grants
            .iter()
            .filter(|grant| grant.is_live())
            .map(|grant| (grant.id.clone(), GrantCommand::Hold(by.clone())))
            .collect();
        self.app.settle(&held.row, &waiting).await
    }

    pub(super) async fn fail_applying(
        &self,
        held: &Held,
        grants: &[Grant],
        cause: impl Fn(&Grant) -> FailureCause,
    ) -> Result<Step, StoreError> {
        let commands = applying(grants)
            .map(|grant| (grant.id.clone(), GrantCommand::Fail(cause(grant))))
            .collect();
        self.look_again(held, commands).await
    }
}
