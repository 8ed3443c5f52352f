//! Grants: one a request, several a key.

use super::error::{Result, StoreError};
use super::query::{Query, all, one, run};
use super::row::{Reader, json, millis};
use super::sql::grants as sql;
use super::tx::{Tx, reads};
use crate::domain::attribute::{Attribute, Key};
use crate::domain::grant::{Grant, GrantState};
use crate::domain::ids::{GrantId, NodeId, PersonId, ProfileId, RequestId};
use crate::domain::number::RequestNumber;
use chrono::{DateTime, Utc};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::collections::BTreeSet;

/// Whose open grants to list. Open means applying, active or ending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenGrants {
    /// Everybody's.
    All,
    /// One person's.
    HeldBy(PersonId),
    /// Those of any of these profiles.
    In(Vec<ProfileId>),
}

/// Where to look for the open grants of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OthersGrants {
    /// Everywhere.
    Everywhere,
    /// In these profiles.
    In(Vec<ProfileId>),
}

/// The place after which a list of grants goes on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrantCursor {
    /// The end of the last grant that was seen.
    pub ends_at: DateTime<Utc>,
    /// Its id.
    pub id: GrantId,
}

impl From<&Grant> for GrantCursor {
    fn from(grant: &Grant) -> Self {
        Self {
            ends_at: grant.ends_at,
            id: grant.id.clone(),
        }
    }
}

reads! {
    /// A grant.
    fn grant(id: &GrantId) -> Option<Grant> = by_id;
    /// The grants with a claim on a key: applying, active or ending.
    fn grants_on(key: &Key) -> Vec<Grant> = on_key;
    /// Open grants, the earliest end first; the next page begins after the last one's cursor.
    fn open_grants(whose: &OpenGrants, after: Option<&GrantCursor>, limit: u32) -> Vec<Grant> = open;
    /// Open grants that this person does not hold, the earliest end first.
    fn open_grants_of_others(person: &PersonId, place: &OthersGrants, limit: u32) -> Vec<Grant> = of_others;
    /// How many these are, counted no further than the limit.
    fn count_open_of_others(person: &PersonId, place: &OthersGrants, limit: u32) -> u32 = count_of_others;
    /// How many open grants there are.
    fn count_open(whose: &OpenGrants) -> u64 = count_open;
}

impl Tx {
    /// Stores a new grant. A second one for the same request is a conflict.
    pub async fn insert_grant(&mut self, grant: &Grant) -> Result<()> {
        run(self.conn(), insert(grant)?).await?;
        Ok(())
    }

    /// Stores the next version of a grant, if the version before is still the stored one.
    pub async fn update_grant(&mut self, grant: &Grant) -> Result<()> {
        match run(self.conn(), update(grant)?).await? {
            1 => Ok(()),
            _ => Err(StoreError::Conflict),
        }
    }

    /// Whether another open grant already waits for an operator to mend the OAuth client.
    pub async fn is_another_stuck(&mut self, than: &GrantId) -> Result<bool> {
        let query = sqlx::query(sql::OTHER_STUCK)
            .bind(i64::MIN)
            .bind(than.to_string());
        Ok(one(self.conn(), query).await?.is_some())
    }
}

fn insert(grant: &Grant) -> Result<Query<'static>> {
    Ok(sqlx::query(sql::INSERT)
        .bind(grant.id.to_string())
        .bind(grant.request.to_string())
        .bind(i64::from(grant.number.0))
        .bind(i64::from(grant.version))
        .bind(grant.holder.id.to_string())
        .bind(json(&grant.holder)?)
        .bind(grant.profile.to_string())
        .bind(grant.key.node.to_string())
        .bind(grant.key.attribute.to_string())
        .bind(json(&grant.value)?)
        .bind(grant.comment.clone())
        .bind(millis(grant.approved_at))
        .bind(millis(grant.ends_at))
        .bind(json(&grant.approvers)?)
        .bind(grant.write.name())
        .bind(grant.warned_at.map(millis))
        .bind(grant.late_since.map(millis))
        .bind(grant.held_by.as_ref().map(json).transpose()?)
        .bind(grant.due_at().map(millis))
        .bind(grant.state.name())
        .bind(json(&grant.state)?))
}

/// What a grant was opened with never changes; only what it has come to is written again.
fn update(grant: &Grant) -> Result<Query<'static>> {
    Ok(sqlx::query(sql::UPDATE)
        .bind(grant.id.to_string())
        .bind(i64::from(grant.version))
        .bind(json(&grant.approvers)?)
        .bind(grant.write.name())
        .bind(grant.warned_at.map(millis))
        .bind(grant.late_since.map(millis))
        .bind(grant.held_by.as_ref().map(json).transpose()?)
        .bind(grant.due_at().map(millis))
        .bind(grant.state.name())
        .bind(json(&grant.state)?))
}

fn read(row: &AnyRow) -> Result<Grant> {
    let row = Reader::new("grants", "id", row);
    let state: GrantState = row.json("state_detail")?;
    if state.name() != row.text("state")? {
        return Err(row.inconsistent("state"));
    }
    let attribute = Attribute::parse(&row.text("attribute")?);
    Ok(Grant {
        id: GrantId::new(row.text("id")?),
        request: RequestId::new(row.text("request")?),
        number: RequestNumber(row.number("number")?),
        version: row.number("version")?,
        holder: row.json("holder_as")?,
        profile: ProfileId::new(row.text("profile")?),
        key: Key {
            node: NodeId::new(row.text("node")?),
            attribute: attribute.map_err(|_| row.inconsistent("attribute"))?,
        },
        value: row.json("value")?,
        comment: row.text("comment")?,
        approved_at: row.instant("approved_at")?,
        ends_at: row.instant("ends_at")?,
        approvers: row.json("approvers")?,
        write: row.word("write_mark")?,
        warned_at: row.instant_or_none("warned_at")?,
        late_since: row.instant_or_none("late_since")?,
        held_by: row.json_or_none("held_by")?,
        state,
    })
}

async fn by_id(conn: &mut AnyConnection, id: &GrantId) -> Result<Option<Grant>> {
    let query = sqlx::query(sql::BY_ID).bind(id.as_str());
    one(conn, query).await?.map(|row| read(&row)).transpose()
}

async fn on_key(conn: &mut AnyConnection, key: &Key) -> Result<Vec<Grant>> {
    let query = sqlx::query(sql::ON_KEY)
        .bind(key.node.as_str())
        .bind(key.attribute.as_str());
    all(conn, query).await?.iter().map(read).collect()
}

async fn open(
    conn: &mut AnyConnection,
    whose: &OpenGrants,
    after: Option<&GrantCursor>,
    limit: u32,
) -> Result<Vec<Grant>> {
    let page = |sql: &'static str| {
        sqlx::query(sql)
            .bind(after.map_or(i64::MIN, |cursor| millis(cursor.ends_at)))
            .bind(after.map_or_else(String::new, |cursor| cursor.id.to_string()))
            .bind(i64::from(limit))
    };
    let mut grants = Vec::new();
    match whose {
        OpenGrants::All => grants.extend(all(conn, page(sql::OPEN)).await?),
        OpenGrants::HeldBy(person) => {
            let query = page(sql::OPEN_OF_HOLDER).bind(person.as_str());
            grants.extend(all(conn, query).await?);
        }
        // One short look a profile, then the earliest of all.
        OpenGrants::In(profiles) => {
            for profile in profiles {
                let query = page(sql::OPEN_IN_PROFILE).bind(profile.as_str());
                grants.extend(all(conn, query).await?);
            }
        }
    }
    let mut grants: Vec<Grant> = grants.iter().map(read).collect::<Result<_>>()?;
    grants.sort_by(|a, b| (a.ends_at, &a.id).cmp(&(b.ends_at, &b.id)));
    grants.dedup_by(|a, b| a.id == b.id);
    grants.truncate(limit as usize);
    Ok(grants)
}

fn others(sql: &'static str, person: &PersonId, limit: u32) -> Query<'static> {
    sqlx::query(sql)
        .bind(i64::MIN)
        .bind(person.to_string())
        .bind(i64::from(limit))
}

/// In profiles: one short look at each, then the earliest of all.
async fn of_others(
    conn: &mut AnyConnection,
    person: &PersonId,
    place: &OthersGrants,
    limit: u32,
) -> Result<Vec<Grant>> {
    let mut rows = Vec::new();
    match place {
        OthersGrants::Everywhere => {
            let query = others(sql::OPEN_OF_OTHERS, person, limit);
            rows.extend(all(conn, query).await?);
        }
        OthersGrants::In(profiles) => {
            for profile in profiles {
                let query = others(sql::OPEN_OF_OTHERS_IN_PROFILE, person, limit);
                rows.extend(all(conn, query.bind(profile.to_string())).await?);
            }
        }
    }
    let mut grants: Vec<Grant> = rows.iter().map(read).collect::<Result<_>>()?;
    grants.sort_by(|a, b| (a.ends_at, &a.id).cmp(&(b.ends_at, &b.id)));
    grants.truncate(limit as usize);
    Ok(grants)
}

async fn count_of_others(
    conn: &mut AnyConnection,
    person: &PersonId,
    place: &OthersGrants,
    limit: u32,
) -> Result<u32> {
    let profiles: Vec<Option<&ProfileId>> = match place {
        OthersGrants::Everywhere => vec![None],
        OthersGrants::In(profiles) => profiles.iter().map(Some).collect(),
    };
    let mut counted = 0;
    for profile in profiles {
        if counted >= limit {
            break;
        }
        let left = limit - counted;
        let query = match profile {
            None => others(sql::COUNT_OPEN_OF_OTHERS, person, left),
            Some(profile) => {
                others(sql::COUNT_OPEN_OF_OTHERS_IN_PROFILE, person, left).bind(profile.to_string())
            }
        };
        if let Some(row) = one(conn, query).await? {
            counted += Reader::new("grants", "open_now", &row).number::<u32>("open_now")?;
        }
    }
    Ok(counted)
}

async fn count_open(conn: &mut AnyConnection, whose: &OpenGrants) -> Result<u64> {
    let mut queries = Vec::new();
    match whose {
        OpenGrants::All => queries.push(sqlx::query(sql::COUNT_OPEN).bind(i64::MIN)),
        OpenGrants::HeldBy(person) => {
            queries.push(sqlx::query(sql::COUNT_OPEN_OF_HOLDER).bind(person.as_str()));
        }
        OpenGrants::In(profiles) => {
            let distinct: BTreeSet<&ProfileId> = profiles.iter().collect();
            let counts = distinct.into_iter();
            queries
                .extend(counts.map(|id| sqlx::query(sql::COUNT_OPEN_IN_PROFILE).bind(id.as_str())));
        }
    }
    let mut times = 0;
    for query in queries {
        if let Some(row) = one(conn, query).await? {
            times += Reader::new("grants", "times", &row).number::<u64>("times")?;
        }
    }
    Ok(times)
}
