//! How often somebody was refused: one row a person, subject, reason and minute.
//!
//! The first of a minute is worth an audit event; the rest is counted beside it.

use super::audit::text;
use super::error::{Result, StoreError};
use super::query::one;
use super::row::{Reader, millis};
use super::sql::audit as sql;
use super::tx::{Tx, reads};
use crate::domain::audit::Subject;
use crate::domain::ids::{PersonId, RequestId};
use chrono::{DateTime, Utc};
use sqlx::AnyConnection;

const MINUTE: i64 = 60_000;

/// Whether a refusal is the first of its minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tally {
    /// It is.
    First,
    /// So many have been counted in this minute, this one included.
    Repeated(u32),
}

reads! {
    /// How often this person met this refusal about this subject in the minute of an event.
    fn refusal_times(subject: &Subject, person: &PersonId, reason: &str, at: DateTime<Utc>) -> Option<u32> = times;
}

impl Tx {
    /// Counts a refusal.
    pub async fn tally_refusal(
        &mut self,
        who: &PersonId,
        request: Option<&RequestId>,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<Tally> {
        let subject = match request {
            Some(request) => Subject::Request(request.clone()),
            None => Subject::Person(who.clone()),
        };
        let query = sqlx::query(sql::TALLY)
            .bind(text(&subject))
            .bind(who.as_str())
            .bind(reason)
            .bind(minute(now));
        let row = one(self.conn(), query).await?.ok_or(StoreError::Conflict)?;
        let times = Reader::new("refusals", "times", &row).number("times")?;
        Ok(match times {
            1 => Tally::First,
            times => Tally::Repeated(times),
        })
    }
}

/// The beginning of the minute.
fn minute(at: DateTime<Utc>) -> i64 {
    let at = millis(at);
    at - at.rem_euclid(MINUTE)
}

async fn times(
    conn: &mut AnyConnection,
    subject: &Subject,
    person: &PersonId,
    reason: &str,
    at: DateTime<Utc>,
) -> Result<Option<u32>> {
    let query = sqlx::query(sql::REFUSAL_TIMES)
        .bind(text(subject))
        .bind(person.as_str())
        .bind(reason.to_owned())
        .bind(minute(at));
    one(conn, query)
        .await?
        .map(|row| Reader::new("refusals", "times", &row).number("times"))
        .transpose()
}
