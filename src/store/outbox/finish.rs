//! How a run ends: done, put off, or given back. Each is fenced by the claim.

use super::claim::Claimed;
use crate::store::error::Result;
use crate::store::query::{Query, run};
use crate::store::row::millis;
use crate::store::sql::outbox as sql;
use crate::store::tx::{single_writes, writes};
use chrono::{DateTime, Utc};
use sqlx::AnyConnection;

/// What became of a finished run's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// It is gone; the subject agrees.
    Deleted,
    /// It was enqueued again meanwhile and runs once more.
    RunsAgain,
    /// The lease was lost: somebody else has it, or has finished it.
    Lost,
}

/// Whether a claim still held when it was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fenced {
    /// It held, and the row is free again.
    Held,
    /// The lease was lost before; nothing changed.
    Lost,
}

single_writes! {
    /// The run is done.
    fn finish(claimed: &Claimed) -> Finished = finish;
    /// The run failed in a way that may pass: it is tried again, at the given time, or at once
    /// if it was enqueued again meanwhile.
    fn retry_at(claimed: &Claimed, run_at: DateTime<Utc>, error_class: &str) -> Fenced = retry_at;
    /// The row was not worked on; anybody may have it.
    fn release(claimed: &Claimed) -> Fenced = release;
    /// Gives everything back that this owner has claimed; answers how many rows.
    fn release_all(owner: &str) -> u64 = release_all;
}

writes! {
    /// Whether the claim still holds. Inside a transaction nobody can take it over before the
    /// commit.
    fn holds(claimed: &Claimed) -> bool = holds;
}

/// A statement whose first four values name one claim of one row.
fn fenced(sql: &'static str, claimed: &Claimed) -> Query<'static> {
    sqlx::query(sql)
        .bind(claimed.job.kind())
        .bind(claimed.job.subject())
        .bind(claimed.owner.clone())
        .bind(claimed.lease)
}

fn generation(claimed: &Claimed) -> i64 {
    i64::try_from(claimed.generation).unwrap_or(i64::MAX)
}

async fn finish(conn: &mut AnyConnection, claimed: &Claimed) -> Result<Finished> {
    let delete = fenced(sql::FINISH, claimed).bind(generation(claimed));
    if run(conn, delete).await? == 1 {
        return Ok(Finished::Deleted);
    }
    match run(conn, fenced(sql::RUN_AGAIN, claimed)).await? {
        1 => Ok(Finished::RunsAgain),
        _ => Ok(Finished::Lost),
    }
}

async fn retry_at(
    conn: &mut AnyConnection,
    claimed: &Claimed,
    run_at: DateTime<Utc>,
    error_class: &str,
) -> Result<Fenced> {
    let query = fenced(sql::RETRY_AT, claimed)
        .bind(generation(claimed))
        .bind(millis(run_at))
        .bind(millis(claimed.claimed_at))
        .bind(error_class);
    Ok(of_rows(run(conn, query).await?))
}

async fn release(conn: &mut AnyConnection, claimed: &Claimed) -> Result<Fenced> {
    Ok(of_rows(run(conn, fenced(sql::RELEASE, claimed)).await?))
}

async fn release_all(conn: &mut AnyConnection, owner: &str) -> Result<u64> {
    run(conn, sqlx::query(sql::RELEASE_ALL).bind(owner)).await
}

async fn holds(conn: &mut AnyConnection, claimed: &Claimed) -> Result<bool> {
    Ok(run(conn, fenced(sql::HOLDS, claimed)).await? == 1)
}

fn of_rows(touched: u64) -> Fenced {
    match touched {
        1 => Fenced::Held,
        _ => Fenced::Lost,
    }
}
