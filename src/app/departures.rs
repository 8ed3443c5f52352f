//! What becomes of requests and access when somebody's account changes.
//!
//! Slack's event says only that something changed: the account is read again, and whoever turns
//! out to be no full member any more loses what they wait for and what they hold. What they
//! approved stops counting by itself, because every decision judges its approvers anew; here the
//! cards are drawn again so that they say so.

use super::decide::{Moves, load};
use super::{App, journal};
use crate::domain::grant::GrantCommand;
use crate::domain::ids::{PersonId, RequestId};
use crate::domain::person::{Person, Standing};
use crate::domain::request::RequestCommand;
use crate::domain::roster::Roster;
use crate::domain::world::{People, World};
use crate::store::outbox::{Job, Lane, Priority};
use crate::store::{StoreError, Tx};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// How many requests of one person are ended in one go.
const BATCH: u32 = 50;
/// Slack gives an event up after three tries; whoever holds access is looked at now and then
/// even if no event came.
const LOOK_EVERY: Duration = Duration::from_mins(10);
/// How old the last look may be.
const LOOKED_LATELY: TimeDelta = TimeDelta::hours(2);
/// How many people are looked at each time: a tenth of what Slack allows.
const LOOKED_AT_ONCE: u32 = 100;

impl App {
    /// Slack says that an account changed. It is read again before it counts, and at once when
    /// something depends on it.
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
        if is_new {
            tx.forget_person_freshness(person).await?;
            self.home_follows(&mut tx, person).await?;
            if tx.has_something_open(person).await? {
                self.have_looked_at(&mut tx, person);
            }
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
            self.have_looked_at(&mut tx, person);
        }
        tx.commit().await?;
        self.work.ring();
        Ok(())
    }

    fn have_looked_at(&self, tx: &mut Tx, person: &PersonId) {
        let job = Job::ReadPerson(person.clone());
        let lane = Lane::users_info();
        tx.enqueue(&job, self.clock.now(), &lane, Priority::Removal);
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
        loop {
            let mut ended = 0;
            for request in self.store.open_of(id, BATCH).await? {
                match self.end_for(&request, standing).await {
                    Ok(true) => ended += 1,
                    // Another click or another replica was faster: it is looked at again.
                    Ok(false) | Err(StoreError::Conflict) => {}
                    Err(error) => return Err(error),
                }
            }
            self.work.ring();
            if ended == 0 {
                return Ok(());
            }
        }
    }

    /// Whether anything changed.
    async fn end_for(&self, id: &RequestId, standing: Standing) -> Result<bool, StoreError> {
        let now = self.clock.now();
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
        let moves = match &case.grant {
            Some(grant) => grant
                .advance(&GrantCommand::PersonLeft { standing }, now)
                .map(|moved| Moves::Grant(Box::new(moved))),
            None => (case.request)
                .handle(&RequestCommand::PersonLeft { standing }, &world)
                .ok()
                .map(|moved| Moves::Request(Box::new(moved))),
        };
        let Some(moves) = moves else { return Ok(false) };
        let case = self.persist_moves(&mut tx, case, moves, now).await?;
        tx.commit().await?;
        journal::write(&case);
        Ok(true)
    }
}
