//! Which deliveries of Slack were seen, so that one that comes twice is acted on once.

use super::error::Result;
use super::query::run;
use super::row::millis;
use super::sql::house as sql;
use super::tx::writes;
use chrono::{DateTime, Utc};
use sqlx::AnyConnection;

writes! {
    /// Whether this delivery is seen for the first time; it counts as seen from now on.
    fn first_delivery(id: &str, now: DateTime<Utc>) -> bool = first;
    /// Forgets deliveries that can no longer come again; answers how many.
    fn forget_deliveries(before: DateTime<Utc>) -> u64 = forget;
}

async fn first(conn: &mut AnyConnection, id: &str, now: DateTime<Utc>) -> Result<bool> {
    let query = sqlx::query(sql::FIRST_DELIVERY).bind(id).bind(millis(now));
    Ok(run(conn, query).await? == 1)
}

async fn forget(conn: &mut AnyConnection, before: DateTime<Utc>) -> Result<u64> {
    run(
        conn,
        sqlx::query(sql::FORGET_DELIVERIES).bind(millis(before)),
    )
    .await
}
