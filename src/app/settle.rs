//! Stores what Tailscale's answers mean for grants. Only the worker that holds the key's lease
//! may: late completions are fenced off.

use super::decide::{Moves, load};
use super::journal;
use super::{ATTEMPTS, App};
use crate::domain::grant::{Grant, GrantCommand};
use crate::domain::ids::GrantId;
use crate::store::StoreError;
use crate::store::outbox::Claimed;

/// Whether a completion was stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Settled {
    /// Stored; the grants as they are now.
    Stored(Vec<Grant>),
    /// Another worker holds the lease by now; nothing was stored.
    Fenced,
}

impl App {
    /// Advances grants, all in one transaction. A command that no longer applies is left out.
    pub async fn settle(
        &self,
        held: &Claimed,
        commands: &[(GrantId, GrantCommand)],
    ) -> Result<Settled, StoreError> {
        for _ in 0..ATTEMPTS {
            match self.settle_once(held, commands).await {
                Err(StoreError::Conflict) => {}
                other => return other,
            }
        }
        Err(StoreError::Conflict)
    }

    async fn settle_once(
        &self,
        held: &Claimed,
        commands: &[(GrantId, GrantCommand)],
    ) -> Result<Settled, StoreError> {
        let mut tx = self.store.begin().await?;
        let now = self.clock.now();
        let mut grants = Vec::with_capacity(commands.len());
        let mut cases = Vec::new();
        for (id, command) in commands {
            let Some(case) = load(&mut tx, &id.request()).await? else {
                continue;
            };
            let Some(grant) = &case.grant else {
                continue;
            };
            let Some(transition) = grant.advance(command, now) else {
                grants.extend(case.grant);
                continue;
            };
            let case = self
                .persist_moves(&mut tx, case, Moves::Grant(Box::new(transition)), now)
                .await?;
            grants.extend(case.grant.clone());
            cases.push(case);
        }
        // Last, because locks are taken in one order everywhere, and this row's comes after the
        // grants'. Dropping the transaction undoes the rest.
        if !tx.holds(held).await? {
            return Ok(Settled::Fenced);
        }
        tx.commit().await?;
        cases.iter().for_each(journal::write);
        self.work.ring();
        self.due.ring();
        Ok(Settled::Stored(grants))
    }
}
