//! What becomes of requests and access when somebody's account changes.
//!
//! Slack's event says only that something changed: the account is read again, and whoever turns
//! out to be no full member any more loses what they wait for and what they hold. What they
//! approved stops counting by itself, because every decision judges its approvers anew; here the
//! cards are drawn again so that they say so.

use super::App;
use super::decide::Moves;
use super::sweep::on_request;
use crate::domain::grant::GrantCommand;
use crate::domain::ids::{PersonId, RequestId};
use crate::domain::person::{Person, Standing};
use crate::domain::request::RequestCommand;
use crate::store::outbox::{Job, Lane, Priority};
use crate::store::{StoreError, Tx};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// How many requests of one person are ended in one go.
const BATCH: u32 = 50;
/// Each round ends a batch, or finds that somebody else was faster.
const MOST_ROUNDS: u32 = 1_000;
/// A decision that has read the account a moment before the event is stored by then.
const DECISIONS_END: TimeDelta = TimeDelta::seconds(5);
/// Slack gives an event up after three tries; whoever holds access is looked at now and then
/// even if no event came.
const LOOK_EVERY: Duration = Duration::from_mins(10);
/// How old the last look may be.
const LOOKED_LATELY: TimeDelta = TimeDelta::hours(2);
/// How many people are looked at each time: a tenth of what Slack allows.
const LOOKED_AT_ONCE: u32 = 100;

impl App {
    /// Slack says that an account changed. It is read again before it counts, and soon, first of
    /// all when something depends on it.
    pub async fn account_changed(
        &self,
        person: &PersonId,
        delivery: Option<&str>,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        let is_new = match delivery {
            Some(id) => tx.first_delivery(id, self.clock.now()).await?,
            None => true,
        };
        // Whoever has never been read has nothing here.
        if is_new && tx.forget_person_freshness(person).await? {
            self.home_follows(&mut tx, person).await?;
            let priority = if tx.has_something_open(person).await? {
                Priority::Removal
            } else {
                Priority::OtherCard
            };
            // Later than at once: what is being decided at this moment judges them as they were
            // a moment ago, and has to be found.
            let at = self.clock.now() + DECISIONS_END;
            have_looked_at(&mut tx, person, at, priority);
        }
        tx.commit().await?;
        self.work.ring();
        Ok(())
    }

    /// Slack took the app into a workspace of the organisation, or out of one: everybody who
    /// waits for something or holds something is read again.
    pub async fn workspaces_changed(&self) -> Result<(), StoreError> {
        // Also those who were read in this very moment.
        let before = self.clock.now() + TimeDelta::seconds(1);
        self.look_at_holders(before, u32::MAX).await
    }

    /// Looks now and then at everybody who waits for something or holds something.
    pub async fn keep_looking_at_holders(self) {
        loop {
            self.clock.sleep(LOOK_EVERY).await;
            let before = self.clock.now() - LOOKED_LATELY;
            if let Err(error) = self.look_at_holders(before, LOOKED_AT_ONCE).await {
                tracing::warn!(%error, "the accounts of people who hold access could not be looked at; trying again");
            }
        }
    }

    async fn look_at_holders(&self, before: DateTime<Utc>, most: u32) -> Result<(), StoreError> {
        let holders = self.store.holders_read_before(before, most).await?;
        if holders.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        for person in &holders {
            have_looked_at(&mut tx, person, self.clock.now(), Priority::Removal);
        }
        tx.commit().await?;
        self.work.ring();
        Ok(())
    }

    /// Stores how an account was read, and ends what somebody who left still has.
    pub async fn account_read(&self, person: &Person) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        tx.upsert_person(person).await?;
        if person.standing.has_left() {
            for request in tx.pending_reviewed_by(&person.id, BATCH).await? {
                for card in tx.cards_of(&request).await? {
                    self.refresh_card(&mut tx, &card);
                }
            }
        }
        tx.commit().await?;
        if person.standing.has_left() {
            self.person_left(&person.id, person.standing).await?;
        }
        Ok(())
    }

    /// An account that Slack does not show to us any more.
    pub async fn account_vanished(&self, id: &PersonId) -> Result<(), StoreError> {
        let known = self.store.person(id).await?;
        let person = Person {
            id: id.clone(),
            name: known.map_or_else(|| id.to_string(), |known| known.name),
            email: None,
            standing: Standing::External,
            read_at: self.clock.now(),
        };
        self.account_read(&person).await
    }

    async fn person_left(&self, id: &PersonId, standing: Standing) -> Result<(), StoreError> {
        for _ in 0..MOST_ROUNDS {
            let mut again = false;
            for request in self.store.open_of(id, BATCH).await? {
                match self.end_for(&request, standing).await {
                    // Where another click or replica was faster, what it left is looked at.
                    Ok(true) | Err(StoreError::Conflict) => again = true,
                    Ok(false) => {}
                    Err(error @ StoreError::Inconsistent { .. }) => {
                        metrics::counter!("lapse_unreadable_rows_total").increment(1);
                        tracing::error!(%error, "something of somebody who left cannot be read; the rest is ended");
                    }
                    Err(error) => return Err(error),
                }
            }
            self.work.ring();
            if !again {
                return Ok(());
            }
        }
        // The worker tries again.
        Err(StoreError::Busy)
    }

    /// Whether anything changed.
    async fn end_for(&self, id: &RequestId, standing: Standing) -> Result<bool, StoreError> {
        let now = self.clock.now();
        self.move_unasked(id, now, |case, world| match &case.grant {
            Some(grant) => grant
                .advance(&GrantCommand::PersonLeft { standing }, now)
                .map(|moved| Moves::Grant(Box::new(moved))),
            None => on_request(case, &RequestCommand::PersonLeft { standing }, world),
        })
        .await
    }
}

fn have_looked_at(tx: &mut Tx, person: &PersonId, at: DateTime<Utc>, priority: Priority) {
    let job = Job::ReadPerson(person.clone());
    tx.enqueue(&job, at, &Lane::users_info(), priority);
}
