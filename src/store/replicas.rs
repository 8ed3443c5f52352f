//! How many processes share the work, so that each takes its part of a rate.

use super::error::Result;
use super::query::{one, run};
use super::row::{Reader, millis};
use super::sql::house as sql;
use super::tx::{reads, single_writes};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::AnyConnection;

/// A replica that was not seen for so long is forgotten.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::days(1);

reads! {
    /// How many replicas were seen since then.
    fn replicas(since: DateTime<Utc>) -> u32 = alive;
}

single_writes! {
    /// Says that this replica is alive.
    fn heartbeat(owner: &str, now: DateTime<Utc>) -> () = beat;
}

async fn alive(conn: &mut AnyConnection, since: DateTime<Utc>) -> Result<u32> {
    let query = sqlx::query(sql::REPLICAS).bind(millis(since));
    one(conn, query).await?.map_or(Ok(0), |row| {
        Reader::new("replicas", "alive", &row).number("alive")
    })
}

async fn beat(conn: &mut AnyConnection, owner: &str, now: DateTime<Utc>) -> Result<()> {
    let query = sqlx::query(sql::HEARTBEAT).bind(owner).bind(millis(now));
    run(conn, query).await?;
    let query = sqlx::query(sql::FORGET_REPLICAS).bind(millis(now - FORGOTTEN_AFTER));
    run(conn, query).await?;
    Ok(())
}
