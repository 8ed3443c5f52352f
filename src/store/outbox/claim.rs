//! Claims: a lease on a few rows, the most urgent first.

use super::job::{Job, Lane, Priority};
use crate::store::error::Result;
use crate::store::open::{Flavor, Store};
use crate::store::query::{all, run};
use crate::store::row::{Reader, millis};
use crate::store::sql::outbox as sql;
use chrono::{DateTime, Utc};
use sqlx::any::AnyRow;
use std::time::Duration;

/// A row that one run may work on until its lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// What to do.
    pub job: Job,
    /// The lane that it goes through.
    pub lane: Lane,
    /// How urgent it is.
    pub priority: Priority,
    /// Goes up each time it is enqueued.
    pub generation: u64,
    /// How often it was tried and put off.
    pub attempts: u32,
    /// When the first of these attempts was claimed.
    pub first_failed_at: Option<DateTime<Utc>>,
    /// Whether the run before this one ended without a word: its lease ran out, or its process
    /// was killed. What it sent, nobody knows.
    pub previous_run_died: bool,
    /// When it was allowed to run.
    pub run_at: DateTime<Utc>,
    /// When this claim was made, in the caller's time.
    pub claimed_at: DateTime<Utc>,
    pub(super) owner: String,
    /// The end of the lease as it is stored; with the owner it names this claim and no other.
    pub(super) lease: i64,
}

impl Store {
    /// Claims at most `limit` rows whose time has come and whose lane is not paused. On
    /// PostgreSQL the lease is counted on the database's own clock.
    ///
    /// A row of a known kind that cannot be read is logged and stays leased: it neither stops
    /// the others nor comes back before the lease ends.
    pub async fn claim(
        &self,
        owner: &str,
        now: DateTime<Utc>,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Claimed>> {
        let mut tx = self.begin().await?;
        let flavor = tx.flavor();
        let mut abandon = sqlx::query(sql::ABANDON.on(flavor));
        if flavor == Flavor::Sqlite {
            abandon = abandon.bind(millis(now));
        }
        run(tx.conn(), abandon).await?;
        let query = sqlx::query(sql::CLAIM.on(flavor))
            .bind(owner)
            .bind(millis(now))
            .bind(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX))
            .bind(i64::from(limit));
        let rows = all(tx.conn(), query).await?;
        tx.commit().await?;
        let mut claimed: Vec<Claimed> = rows
            .iter()
            .filter_map(|row| match read(row, owner, now) {
                Ok(claimed) => Some(claimed),
                Err(error) => {
                    tracing::error!(%error, "left an outbox row alone because it cannot be read");
                    None
                }
            })
            .collect();
        claimed.sort_by(|a, b| (a.priority, a.run_at, &a.job).cmp(&(b.priority, b.run_at, &b.job)));
        Ok(claimed)
    }
}

fn read(row: &AnyRow, owner: &str, now: DateTime<Utc>) -> Result<Claimed> {
    let row = Reader::new("outbox", "subject", row);
    let job = Job::parse(&row.text("kind")?, &row.text("subject")?)
        .ok_or_else(|| row.inconsistent("subject"))?;
    Ok(Claimed {
        job,
        lane: Lane::new(row.text("lane")?),
        priority: Priority::from_rank(row.integer("priority")?)
            .ok_or_else(|| row.inconsistent("priority"))?,
        generation: row.number("generation")?,
        attempts: row.number("attempts")?,
        first_failed_at: row.instant_or_none("first_failed_at")?,
        previous_run_died: row.instant_or_none("abandoned_at")?.is_some(),
        run_at: row.instant("run_at")?,
        claimed_at: now,
        owner: owner.to_owned(),
        lease: row.integer("leased_until")?,
    })
}
