//! Home tabs: who has opened theirs, what it shows, and which changes concern it. Nobody else's
//! is published.

use super::error::Result;
use super::query::{all, one, run};
use super::row::{Reader, millis};
use super::sql::homes as sql;
use super::tx::{reads, writes};
use crate::domain::ids::{PersonId, ProfileId};
use chrono::{DateTime, Utc};
use sqlx::AnyConnection;
use std::collections::BTreeSet;

/// How "everything" is stored; no profile is called that.
const EVERYTHING: &str = "*";

/// Somebody's home tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Whose.
    pub person: PersonId,
    /// When they used it last.
    pub opened_at: DateTime<Utc>,
    /// A fingerprint of what was published last; nothing since it was opened.
    pub shown: Option<String>,
}

/// Which requests of others somebody's home shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Watch {
    /// Those of every profile.
    Everything,
    /// Those of one profile.
    Profile(ProfileId),
}

reads! {
    /// Somebody's home, if they have opened it lately.
    fn home(person: &PersonId) -> Option<Home> = by_person;
    /// The homes that a change of this person's request concerns: theirs, and the most lately
    /// opened ones of those who watch the profile, and of those who watch everything.
    fn homes_concerned(person: &PersonId, profile: &ProfileId, limit: u32) -> BTreeSet<PersonId> = concerned;
}

writes! {
    /// Somebody opens their home: it is published whatever it showed before.
    fn home_opened(person: &PersonId, now: DateTime<Utc>) -> () = opened;
    /// Somebody uses their home.
    fn home_used(person: &PersonId, now: DateTime<Utc>) -> () = used;
    /// This is what the home shows now, unless it was opened again meanwhile.
    fn home_shown(home: &Home, digest: &str) -> () = shown;
    /// What the home shows of others; the next changes there concern it.
    fn home_watches(home: &Home, watches: &BTreeSet<Watch>) -> () = watch;
    /// Nobody looks at this home any more.
    fn forget_home(person: &PersonId) -> () = forget;
    /// Forgets homes that were not used since then; answers how many.
    fn forget_homes(before: DateTime<Utc>) -> u64 = forget_old;
}

impl Watch {
    fn text(&self) -> &str {
        match self {
            Self::Everything => EVERYTHING,
            Self::Profile(profile) => profile.as_str(),
        }
    }
}

async fn by_person(conn: &mut AnyConnection, person: &PersonId) -> Result<Option<Home>> {
    let query = sqlx::query(sql::BY_PERSON).bind(person.as_str());
    let Some(row) = one(conn, query).await? else {
        return Ok(None);
    };
    let row = Reader::new("homes", "person", &row);
    Ok(Some(Home {
        person: PersonId::new(row.text("person")?),
        opened_at: row.instant("opened_at")?,
        shown: row.text_or_none("shown")?,
    }))
}

async fn concerned(
    conn: &mut AnyConnection,
    person: &PersonId,
    profile: &ProfileId,
    limit: u32,
) -> Result<BTreeSet<PersonId>> {
    let query = sqlx::query(sql::CONCERNED)
        .bind(person.as_str())
        .bind(profile.as_str())
        .bind(i64::from(limit));
    let rows = all(conn, query).await?;
    rows.iter()
        .map(|row| {
            Reader::new("homes", "person", row)
                .text("person")
                .map(PersonId::new)
        })
        .collect()
}

async fn opened(conn: &mut AnyConnection, person: &PersonId, now: DateTime<Utc>) -> Result<()> {
    let query = sqlx::query(sql::OPENED)
        .bind(person.as_str())
        .bind(millis(now));
    run(conn, query).await.map(|_| ())
}

async fn used(conn: &mut AnyConnection, person: &PersonId, now: DateTime<Utc>) -> Result<()> {
    let query = sqlx::query(sql::USED)
        .bind(person.as_str())
        .bind(millis(now));
    run(conn, query).await.map(|_| ())
}

async fn shown(conn: &mut AnyConnection, home: &Home, digest: &str) -> Result<()> {
    let query = sqlx::query(sql::SHOWN)
        .bind(home.person.as_str())
        .bind(millis(home.opened_at))
        .bind(digest);
    run(conn, query).await.map(|_| ())
}

/// Writes only what differs: most often nothing does.
async fn watch(conn: &mut AnyConnection, home: &Home, watches: &BTreeSet<Watch>) -> Result<()> {
    let person = home.person.as_str();
    let rows = all(conn, sqlx::query(sql::WATCHES).bind(person)).await?;
    let mut stored = BTreeSet::new();
    for row in &rows {
        let row = Reader::new("home_watches", "profile", row);
        stored.insert((row.text("profile")?, row.instant("opened_at")?));
    }
    let wanted: BTreeSet<_> = watches
        .iter()
        .map(|watch| (watch.text().to_owned(), home.opened_at))
        .collect();
    if stored == wanted {
        return Ok(());
    }
    run(conn, sqlx::query(sql::FORGET_WATCHES).bind(person)).await?;
    for (profile, opened_at) in wanted {
        let query = sqlx::query(sql::WATCH)
            .bind(person)
            .bind(profile)
            .bind(millis(opened_at));
        run(conn, query).await?;
    }
    Ok(())
}

async fn forget(conn: &mut AnyConnection, person: &PersonId) -> Result<()> {
    let person = person.as_str();
    run(conn, sqlx::query(sql::FORGET_WATCHES).bind(person)).await?;
    run(conn, sqlx::query(sql::FORGET).bind(person)).await?;
    Ok(())
}

async fn forget_old(conn: &mut AnyConnection, before: DateTime<Utc>) -> Result<u64> {
    let before = millis(before);
    run(conn, sqlx::query(sql::FORGET_OLD_WATCHES).bind(before)).await?;
    run(conn, sqlx::query(sql::FORGET_OLD).bind(before)).await
}
