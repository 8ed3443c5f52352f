//! Brings one posture attribute on one device into agreement with all grants on it.
//!
//! Read the grants inside the lease; gate what is applying by reading the device again; mark
//! durably that a write is coming; write; read back; settle. Or remove, and settle. A lost
//! answer is followed by a read before anything is written again.

mod failed;

use super::{Held, Outcome, Worker};
use crate::app::settle::Settled;
use crate::domain::attribute::Key;
use crate::domain::comment;
use crate::domain::device::Device;
use crate::domain::facts::DeviceFacts;
use crate::domain::grant::{
    DeviceChange, EndReason, FailureCause, Grant, GrantCommand, GrantState, WORTH_WRITING,
    WriteMark,
};
use crate::domain::ids::GrantId;
use crate::domain::key::{self, Wanted};
use crate::domain::seconds;
use crate::store::StoreError;
use crate::tailscale::FailureClass;
use std::time::Duration;

/// How a step towards agreement went.
enum Step {
    /// The key is as wanted.
    Agreed,
    /// Something about the grants changed; look again.
    LookAgain,
    /// Stop here.
    Stop(Outcome),
}

/// A look at the grants can change them; this many looks are plenty.
const LOOKS: usize = 6;

impl Worker {
    pub(super) async fn sync_key(&self, held: &Held, key: &Key) -> Result<Outcome, StoreError> {
        for _ in 0..LOOKS {
            let grants = self.app.store.grants_on(key).await?;
            let step = match key::wanted(&grants, self.app.clock.now()) {
                Wanted::Nothing => Step::Agreed,
                Wanted::Absent(grant) => self.close(held, key, grant, &grants).await?,
                Wanted::Open(grant) => self.open(held, key, grant, &grants).await?,
            };
            match step {
                Step::Agreed => return Ok(Outcome::Done),
                Step::LookAgain => {}
                Step::Stop(outcome) => return Ok(outcome),
            }
        }
        Ok(Outcome::Again {
            after: Duration::from_secs(1),
            why: "unsettled",
        })
    }

    /// The key should be open as this grant has it.
    async fn open(
        &self,
        held: &Held,
        key: &Key,
        wanted: &Grant,
        grants: &[Grant],
    ) -> Result<Step, StoreError> {
        let clashing = key::clashing(grants);
        if !clashing.is_empty() {
            let fail = |id| (id, GrantCommand::Fail(FailureCause::ValueClash));
            return self
                .look_again(held, clashing.into_iter().map(fail).collect())
                .await;
        }
        let late: Vec<_> = applying(grants)
            .filter(|grant| seconds::until(grant.ends_at, self.app.clock.now()) < WORTH_WRITING)
            .map(|grant| (grant.id.clone(), GrantCommand::TimeUp))
            .collect();
        if !late.is_empty() {
            return self.look_again(held, late).await;
        }
        if applying(grants).next().is_some()
            && let Some(step) = self.gate(held, key, grants).await?
        {
            return Ok(step);
        }
        let unclear = grants
            .iter()
            .any(|grant| grant.write == WriteMark::Sent && grant.is_applying());
        let confirmed = !wanted.is_applying();
        if unclear || confirmed {
            match self.is_open_as(held, key, wanted, grants).await? {
                Ok(true) => return self.confirm(held, grants).await,
                Ok(false) => {}
                Err(step) => return Ok(step),
            }
        }
        self.write(held, key, wanted, grants).await
    }

    /// Apply is the gate: the device is read again before anything is written for it.
    async fn gate(
        &self,
        held: &Held,
        key: &Key,
        grants: &[Grant],
    ) -> Result<Option<Step>, StoreError> {
        self.pace.wait_for_tailscale().await;
        if !self.may_send(held) {
            return Ok(Some(Step::Stop(Outcome::Fenced)));
        }
        let device = match self.app.tailscale.device(&key.node).await {
            Ok(device) => device,
            Err(error) if error.is_gone() => {
                let failed = self
                    .fail_applying(held, grants, |_| FailureCause::DeviceGone)
                    .await?;
                return Ok(Some(failed));
            }
            Err(error) => return self.failed_call(held, grants, &error).await.map(Some),
        };
        let mut changed = Vec::new();
        for grant in applying(grants) {
            if let Some(what) = self.change_of(grant, &device).await? {
                let cause = FailureCause::DeviceChanged { what };
                changed.push((grant.id.clone(), GrantCommand::Fail(cause)));
            }
        }
        if changed.is_empty() {
            Ok(None)
        } else {
            self.look_again(held, changed).await.map(Some)
        }
    }

    /// What speaks against opening: how the device is not the one that was approved.
    async fn change_of(
        &self,
        grant: &Grant,
        device: &Device,
    ) -> Result<Option<DeviceChange>, StoreError> {
        let Some(request) = self.app.store.request(&grant.request).await? else {
            return Err(StoreError::Inconsistent {
                table: "grants",
                column: "request",
                row: grant.id.to_string(),
            });
        };
        let now = DeviceFacts::from(device);
        let then = &request.facts.device;
        if now.owner != then.owner {
            return Ok(Some(DeviceChange::Owner));
        }
        if now.tags != then.tags {
            return Ok(Some(DeviceChange::Tags));
        }
        let unusable = device.usable(self.app.clock.now()).err();
        Ok(unusable.map(DeviceChange::Unusable))
    }

    /// Marks the write, sends it, reads it back.
    async fn write(
        &self,
        held: &Held,
        key: &Key,
        wanted: &Grant,
        grants: &[Grant],
    ) -> Result<Step, StoreError> {
        let was_untouched = wanted.write == WriteMark::Untouched;
        if wanted.is_applying() && was_untouched {
            let mark = [(wanted.id.clone(), GrantCommand::MarkSent)];
            let Settled::Stored(marked) = self.app.settle(&held.row, &mark).await? else {
                return Ok(Step::Stop(Outcome::Fenced));
            };
            if !marked.iter().all(Grant::wants_open) {
                return Ok(Step::LookAgain);
            }
        }
        self.pace.wait_for_tailscale().await;
        if !self.may_send(held) {
            return Ok(Step::Stop(Outcome::Fenced));
        }
        if seconds::until(wanted.ends_at, self.app.clock.now()) < WORTH_WRITING {
            // What applies is not worth it any more; what is active ends in a moment anyway.
            let wait = Outcome::Again {
                after: Duration::from_secs(1),
                why: "ends_now",
            };
            return Ok(if wanted.is_applying() {
                Step::LookAgain
            } else {
                Step::Stop(wait)
            });
        }
        let sent = self
            .app
            .tailscale
            .write(key, &wanted.value, wanted.ends_at, &wanted.comment)
            .await;
        if let Err(error) = sent {
            if was_untouched && error.class != FailureClass::Ambiguous {
                let unmark = [(wanted.id.clone(), GrantCommand::MarkUntouched)];
                if self.app.settle(&held.row, &unmark).await? == Settled::Fenced {
                    return Ok(Step::Stop(Outcome::Fenced));
                }
            }
            return self.failed_call(held, grants, &error).await;
        }
        match self.is_open_as(held, key, wanted, grants).await? {
            Ok(true) => self.confirm(held, grants).await,
            Ok(false) => self.not_shown(held, wanted, grants).await,
            Err(step) => Ok(step),
        }
    }

    /// Reads the attribute and compares it with what the grant says.
    async fn is_open_as(
        &self,
        held: &Held,
        key: &Key,
        wanted: &Grant,
        grants: &[Grant],
    ) -> Result<Result<bool, Step>, StoreError> {
        self.pace.wait_for_tailscale().await;
        if !self.may_send(held) {
            return Ok(Err(Step::Stop(Outcome::Fenced)));
        }
        match self.app.tailscale.attributes(&key.node).await {
            Ok(attributes) => Ok(Ok(attributes
                .get(&key.attribute)
                .is_some_and(|(value, expiry)| key::agrees(wanted, &value, expiry)))),
            Err(error) => self.failed_call(held, grants, &error).await.map(Err),
        }
    }

    /// The key is open: every grant on it that waited for that is active, and those that were to
    /// end no longer hold it.
    async fn confirm(&self, held: &Held, grants: &[Grant]) -> Result<Step, StoreError> {
        let commands = grants
            .iter()
            .filter_map(|grant| match grant.state {
                GrantState::Applying { .. } => Some((grant.id.clone(), GrantCommand::Confirm)),
                GrantState::Ending { .. } => Some((grant.id.clone(), GrantCommand::ConfirmRemoval)),
                _ => None,
            })
            .collect();
        self.agreed(held, commands).await
    }

    /// The key should be closed.
    async fn close(
        &self,
        held: &Held,
        key: &Key,
        grant: &Grant,
        grants: &[Grant],
    ) -> Result<Step, StoreError> {
        let GrantState::Ending { ending } = &grant.state else {
            return Ok(Step::Agreed);
        };
        self.pace.wait_for_tailscale().await;
        if !self.may_send(held) {
            return Ok(Step::Stop(Outcome::Fenced));
        }
        let by_hand = matches!(ending.why, EndReason::Released | EndReason::Revoked);
        let removed = if by_hand {
            let comment = comment::of_removal(grant.number, &grant.holder, ending);
            self.app.tailscale.remove(key, &comment).await
        } else {
            self.app.tailscale.delete(key).await
        };
        if let Err(error) = removed {
            return self.failed_call(held, grants, &error).await;
        }
        if by_hand {
            self.pace.wait_for_tailscale().await;
            if !self.may_send(held) {
                return Ok(Step::Stop(Outcome::Fenced));
            }
            match self.app.tailscale.attributes(&key.node).await {
                Ok(attributes) if attributes.get(&key.attribute).is_none() => {}
                Err(error) if error.is_gone() => {}
                Ok(_) => return self.not_shown(held, grant, grants).await,
                Err(error) => return self.failed_call(held, grants, &error).await,
            }
        }
        let commands = grants
            .iter()
            .filter(|grant| matches!(grant.state, GrantState::Ending { .. }))
            .map(|grant| (grant.id.clone(), GrantCommand::ConfirmRemoval))
            .collect();
        self.agreed(held, commands).await
    }

    async fn agreed(
        &self,
        held: &Held,
        commands: Vec<(GrantId, GrantCommand)>,
    ) -> Result<Step, StoreError> {
        Ok(match self.look_again(held, commands).await? {
            Step::LookAgain => Step::Agreed,
            other => other,
        })
    }

    async fn look_again(
        &self,
        held: &Held,
        commands: Vec<(GrantId, GrantCommand)>,
    ) -> Result<Step, StoreError> {
        if commands.is_empty() {
            return Ok(Step::LookAgain);
        }
        Ok(match self.app.settle(&held.row, &commands).await? {
            Settled::Stored(_) => Step::LookAgain,
            Settled::Fenced => Step::Stop(Outcome::Fenced),
        })
    }
}

fn applying(grants: &[Grant]) -> impl Iterator<Item = &Grant> {
    grants.iter().filter(|grant| grant.is_applying())
}
