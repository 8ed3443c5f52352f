//! Pauses that a platform asked for, shared by all replicas.

use super::error::Result;
use super::outbox::Lane;
use super::query::{all, run};
use super::row::{Reader, millis};
use super::sql::house as sql;
use super::tx::{reads, single_writes};
use chrono::{DateTime, Utc};
use sqlx::AnyConnection;

/// A lane that is not to be used for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// The lane; those below it (`slack` has `slack:…` below it) are paused too.
    pub lane: Lane,
    /// Until when.
    pub until: DateTime<Utc>,
}

reads! {
    /// The pauses that hold now.
    fn pauses(now: DateTime<Utc>) -> Vec<Pause> = pauses;
}

single_writes! {
    /// Pauses a lane; of two pauses the later end counts.
    fn pause(lane: &Lane, until: DateTime<Utc>) -> () = pause;
}

impl Pause {
    /// Whether it holds for this lane.
    pub fn covers(&self, lane: &Lane) -> bool {
        lane.is_within(&self.lane)
    }
}

async fn pauses(conn: &mut AnyConnection, now: DateTime<Utc>) -> Result<Vec<Pause>> {
    let rows = all(conn, sqlx::query(sql::PAUSES).bind(millis(now))).await?;
    rows.iter()
        .map(|row| {
            let row = Reader::new("pauses", "lane", row);
            Ok(Pause {
                lane: Lane::new(row.text("lane")?),
                until: row.instant("ends_at")?,
            })
        })
        .collect()
}

async fn pause(conn: &mut AnyConnection, lane: &Lane, until: DateTime<Utc>) -> Result<()> {
    let query = sqlx::query(sql::PAUSE)
        .bind(lane.as_str())
        .bind(millis(until));
    run(conn, query).await?;
    Ok(())
}
