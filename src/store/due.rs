//! What the clock has to do with: requests to lapse, grants to end or to warn about.

use super::error::Result;
use super::query::{all, one};
use super::row::{Reader, millis};
use super::sql::{grants, house, requests};
use super::tx::reads;
use crate::domain::ids::{GrantId, RequestId};
use chrono::{DateTime, Utc};
use sqlx::AnyConnection;

/// Something whose time has come.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Due {
    /// A pending request that nobody answered.
    Lapse(RequestId),
    /// A grant that ends, or whose holder should hear that it does.
    Clock(GrantId),
}

reads! {
    /// Whose time has come, the most overdue first.
    fn due(now: DateTime<Utc>, limit: u32) -> Vec<Due> = due;
    /// When something is due next; it may have passed already.
    fn next_due() -> Option<DateTime<Utc>> = next_due;
}

async fn due(conn: &mut AnyConnection, now: DateTime<Utc>, limit: u32) -> Result<Vec<Due>> {
    let mut due = Vec::new();
    let ask = |sql: &'static str| sqlx::query(sql).bind(millis(now)).bind(i64::from(limit));
    for row in all(conn, ask(requests::DUE)).await? {
        let row = Reader::new("requests", "id", &row);
        let lapse = Due::Lapse(RequestId::new(row.text("id")?));
        due.push((row.instant("answer_by")?, lapse));
    }
    for row in all(conn, ask(grants::DUE)).await? {
        let row = Reader::new("grants", "id", &row);
        let clock = Due::Clock(GrantId::new(row.text("id")?));
        due.push((row.instant("due_at")?, clock));
    }
    due.sort_by_key(|(at, _)| *at);
    due.truncate(limit as usize);
    Ok(due.into_iter().map(|(_, due)| due).collect())
}

async fn next_due(conn: &mut AnyConnection) -> Result<Option<DateTime<Utc>>> {
    let row = one(conn, sqlx::query(house::NEXT_DUE)).await?;
    row.map_or(Ok(None), |row| {
        Reader::new("requests and grants", "at", &row).instant_or_none("at")
    })
}
