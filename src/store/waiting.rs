//! The requests that wait for one person's review.

use super::error::Result;
use super::query::{Query, all, one};
use super::requests::read_all;
use super::row::{Reader, millis};
use super::sql::requests as sql;
use super::tx::reads;
use crate::domain::ids::{PersonId, ProfileId};
use crate::domain::request::Request;
use chrono::{DateTime, Utc};
use sqlx::AnyConnection;

/// A profile whose requests somebody may review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewable {
    /// The profile.
    pub profile: ProfileId,
    /// Whether their own requests wait for them too.
    pub own: OwnRequests,
}

/// Whether somebody's own requests are among those that wait for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnRequests {
    /// They may approve them.
    Included,
    /// Somebody else has to.
    LeftOut,
}

reads! {
    /// The requests that wait for this person in these profiles, the longest waiting first.
    fn waiting_for(person: &PersonId, profiles: &[Reviewable], now: DateTime<Utc>, limit: u32) -> Vec<Request> = waiting_for;
    /// How many these are, counted no further than the limit.
    fn count_waiting_for(person: &PersonId, profiles: &[Reviewable], now: DateTime<Utc>, limit: u32) -> u32 = count_waiting_for;
}

fn waiting(
    sql: &'static str,
    person: &PersonId,
    reviewable: &Reviewable,
    now: DateTime<Utc>,
    limit: u32,
) -> Query<'static> {
    let left_out = match reviewable.own {
        OwnRequests::Included => String::new(),
        OwnRequests::LeftOut => person.to_string(),
    };
    sqlx::query(sql)
        .bind(reviewable.profile.to_string())
        .bind(person.to_string())
        .bind(millis(now))
        .bind(left_out)
        .bind(i64::from(limit))
}

/// One short look a profile, then the oldest of all.
async fn waiting_for(
    conn: &mut AnyConnection,
    person: &PersonId,
    profiles: &[Reviewable],
    now: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Request>> {
    let mut found = Vec::new();
    for reviewable in profiles {
        let query = waiting(sql::WAITING_IN_PROFILE, person, reviewable, now, limit);
        found.extend(read_all(&all(conn, query).await?)?);
    }
    found.sort_by(|a, b| (a.asked_at, &a.id).cmp(&(b.asked_at, &b.id)));
    found.truncate(limit as usize);
    Ok(found)
}

async fn count_waiting_for(
    conn: &mut AnyConnection,
    person: &PersonId,
    profiles: &[Reviewable],
    now: DateTime<Utc>,
    limit: u32,
) -> Result<u32> {
    let mut counted = 0;
    for reviewable in profiles {
        if counted >= limit {
            break;
        }
        let left = limit - counted;
        let query = waiting(sql::COUNT_WAITING, person, reviewable, now, left);
        if let Some(row) = one(conn, query).await? {
            counted += Reader::new("requests", "waiting", &row).number::<u32>("waiting")?;
        }
    }
    Ok(counted)
}
