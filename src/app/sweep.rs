//! What the clock does: unanswered requests lapse, grants reach their end, holders are warned.

use super::App;
use super::decide::{Case, Moves, load};
use super::journal;
use crate::domain::grant::GrantCommand;
use crate::domain::ids::RequestId;
use crate::domain::request::RequestCommand;
use crate::domain::roster::Roster;
use crate::domain::world::{People, World};
use crate::store::{Due, StoreError};
use chrono::{DateTime, Utc};

/// How many due rows one sweep takes.
const BATCH: u32 = 200;

impl App {
    /// Does everything that is due now, and says when something is due next.
    pub async fn sweep(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        loop {
            let now = self.clock.now();
            let next = self.store.next_due().await?;
            if next.is_none_or(|at| at > now) {
                return Ok(next);
            }
            let due = self.store.due(now, BATCH).await?;
            if due.is_empty() {
                // Somebody else has done it in this moment.
                return self.store.next_due().await;
            }
            let mut moved = 0;
            for item in &due {
                match self.sweep_one(item, now).await {
                    Ok(true) => moved += 1,
                    Ok(false) | Err(StoreError::Conflict) => {}
                    Err(error @ StoreError::Inconsistent { .. }) => {
                        metrics::counter!("lapse_unreadable_rows_total").increment(1);
                        tracing::error!(%error, "something that is due cannot be read; the rest goes on");
                    }
                    Err(error) => return Err(error),
                }
            }
            self.work.ring();
            if moved == 0 {
                // Others are busy with them; looking again at once would find the same.
                return Ok(None);
            }
        }
    }

    /// Whether anything changed.
    async fn sweep_one(&self, due: &Due, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let id = match due {
            Due::Lapse(request) => request.clone(),
            Due::Clock(grant) => grant.request(),
        };
        self.move_unasked(&id, now, |case, world| match due {
            Due::Lapse(_) => on_request(case, &RequestCommand::Lapse, world),
            Due::Clock(_) => case.grant.as_ref().and_then(|grant| {
                [
                    GrantCommand::TimeUp,
                    GrantCommand::ReportLate,
                    GrantCommand::Warn,
                ]
                .iter()
                .find_map(|command| grant.advance(command, now))
                .map(|transition| Moves::Grant(Box::new(transition)))
            }),
        })
        .await
    }

    /// Moves a request or its grant without anybody having asked: by the clock, by the
    /// configuration, or because somebody left. Nobody's right is judged, so nobody is read.
    /// Answers whether anything changed.
    pub(super) async fn move_unasked(
        &self,
        id: &RequestId,
        now: DateTime<Utc>,
        judge: impl Fn(&Case, &World<'_>) -> Option<Moves>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.store.begin().await?;
        let Some(case) = load(&mut tx, id).await? else {
            return Ok(false);
        };
        let (roster, people) = (Roster::default(), People::new());
        let world = World {
            policy: &self.policy,
            roster: &roster,
            people: &people,
            device: None,
            now,
        };
        let Some(moves) = judge(&case, &world) else {
            return Ok(false);
        };
        let case = self.persist_moves(&mut tx, case, moves, now).await?;
        tx.commit().await?;
        journal::write(&case);
        Ok(true)
    }

    /// Closes pending requests whose profile the configuration no longer has.
    pub async fn withdraw_orphans(&self) -> Result<(), StoreError> {
        let mut orphaned = self.store.pending_profiles().await?;
        orphaned.retain(|profile| self.policy.profile(profile).is_none());
        loop {
            let mut closed = 0;
            for request in self.store.pending_for_profiles(&orphaned, BATCH).await? {
                match self.withdraw(&request.id).await {
                    Ok(true) => closed += 1,
                    // Another replica that starts at the same time closes it.
                    Ok(false) | Err(StoreError::Conflict) => {}
                    Err(error) => return Err(error),
                }
            }
            if closed == 0 {
                return Ok(());
            }
        }
    }

    async fn withdraw(&self, id: &RequestId) -> Result<bool, StoreError> {
        self.move_unasked(id, self.clock.now(), |case, world| {
            on_request(case, &RequestCommand::Withdraw, world)
        })
        .await
    }
}

/// What a command makes of a request, unless it no longer applies.
pub(super) fn on_request(
    case: &Case,
    command: &RequestCommand,
    world: &World<'_>,
) -> Option<Moves> {
    let transition = case.request.handle(command, world).ok()?;
    Some(Moves::Request(Box::new(transition)))
}
