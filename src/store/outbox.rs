//! The outbox: subjects to bring into agreement with what is stored.
//!
//! One row a `(kind, subject)`. Enqueueing again raises its generation; a finished run deletes
//! the row only if nothing was enqueued since it was claimed, else the row runs once more. A
//! claim is a lease; a run that comes back late is told that the row is no longer its own,
//! even when the same owner has claimed it again.

mod claim;
mod finish;
mod job;
mod wishes;

pub use claim::Claimed;
pub use finish::{Fenced, Finished};
pub use job::{Job, Lane, Priority};
pub(super) use wishes::Wishes;

use super::error::Result;
use super::open::Store;
use super::query::{all, one};
use super::row::{Reader, millis};
use super::sql::outbox as sql;
use super::tx::{Tx, reads};
use chrono::{DateTime, Utc};
use sqlx::AnyConnection;

/// How many rows of one kind wait or run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depth {
    /// The kind's stable word.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// The earliest time at which one of them may run, or might have.
    pub oldest: DateTime<Utc>,
}

reads! {
    /// How much waits, by kind.
    fn outbox_depth() -> Vec<Depth> = depth;
}

impl Store {
    /// When a claim is worth the trouble next: something may run, a lease or a pause ends.
    pub async fn next_run_at(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
        let mut conn = self.connection().await?;
        let query = sqlx::query(sql::NEXT_RUN_AT.on(self.flavor)).bind(millis(now));
        one(&mut conn, query).await?.map_or(Ok(None), |row| {
            Reader::new("outbox", "at", &row).instant_or_none("at")
        })
    }
}

impl Tx {
    /// Asks for a job. A job that is asked for already runs once more, at the earlier of the
    /// two times and under the more urgent of the two priorities, in that one's lane.
    ///
    /// It is stored at the latest by the commit.
    pub fn enqueue(&mut self, job: &Job, run_at: DateTime<Utc>, lane: &Lane, priority: Priority) {
        self.wishes.add(job, run_at, lane, priority);
    }
}

async fn depth(conn: &mut AnyConnection) -> Result<Vec<Depth>> {
    let rows = all(conn, sqlx::query(sql::DEPTH)).await?;
    rows.iter()
        .map(|row| {
            let row = Reader::new("outbox", "kind", row);
            Ok(Depth {
                kind: row.text("kind")?,
                count: row.number("rows_waiting")?,
                oldest: row.instant("oldest")?,
            })
        })
        .collect()
}
