//! People as Slack last described them, and which login belongs to whom.

use super::error::Result;
use super::query::{all, one, run};
use super::row::{Reader, millis, word};
use super::sql::people as sql;
use super::tx::{Tx, reads};
use crate::domain::ids::{PersonId, RequestId};
use crate::domain::person::{Email, Login, Person, Pins};
use chrono::{DateTime, Utc};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

/// As many ids as one statement takes.
const AT_ONCE: usize = 8;

reads! {
    /// A person.
    fn person(id: &PersonId) -> Option<Person> = by_id;
    /// Those of these people that are known, in no particular order.
    fn people(ids: &[PersonId]) -> Vec<Person> = by_ids;
    /// For each of these pairs, which login the person used first, and who used the login first.
    fn pins(claims: &[(PersonId, Login)]) -> Vec<Pins> = pins;
    /// Who these logins belong to, as far as that is known: the account that used it first, or
    /// else the member with this e-mail address, unless they are known to use another login.
    fn people_with_logins(logins: &[Login]) -> Vec<(Login, PersonId)> = with_logins;
    /// The requests of a person that wait or are open: what ends when they leave.
    fn open_of(person: &PersonId, limit: u32) -> Vec<RequestId> = open_of;
    /// Pending requests that this person has reviewed.
    fn pending_reviewed_by(person: &PersonId, limit: u32) -> Vec<RequestId> = pending_reviewed_by;
    /// Whether anything that waits or is open depends on this person.
    fn has_something_open(person: &PersonId) -> bool = something_open;
    /// Who waits for something or holds something and was last read before this, the longest ago
    /// first.
    fn holders_read_before(before: DateTime<Utc>, limit: u32) -> Vec<PersonId> = holders_read_before;
    /// The account that each address of the configuration was first resolved to.
    fn address_pins() -> BTreeMap<Email, PersonId> = address_pins;
}

impl Tx {
    /// Stores what Slack said about a person, unless something newer is stored.
    pub async fn upsert_person(&mut self, person: &Person) -> Result<()> {
        let query = sqlx::query(sql::UPSERT)
            .bind(person.id.as_str())
            .bind(person.name.as_str())
            .bind(person.email.as_ref().map(ToString::to_string))
            .bind(word(&person.standing)?)
            .bind(millis(person.read_at));
        run(self.conn(), query).await?;
        Ok(())
    }

    /// Slack said that something about a person changed: whoever needs them reads them again.
    /// Answers whether anything is known of them.
    pub async fn forget_person_freshness(&mut self, id: &PersonId) -> Result<bool> {
        let query = sqlx::query(sql::FORGET_FRESHNESS).bind(id.as_str());
        Ok(run(self.conn(), query).await? == 1)
    }

    /// Ties a person and a login together; `false` when either is tied already.
    pub async fn pin(&mut self, person: &PersonId, login: &Login) -> Result<bool> {
        let query = sqlx::query(sql::PIN)
            .bind(person.as_str())
            .bind(login.as_str());
        Ok(run(self.conn(), query).await? == 1)
    }

    /// Ties an address of the configuration to an account; `false` when it is tied already.
    pub async fn pin_address(&mut self, address: &Email, person: &PersonId) -> Result<bool> {
        let query = sqlx::query(sql::PIN_ADDRESS)
            .bind(address.as_str())
            .bind(person.as_str());
        Ok(run(self.conn(), query).await? == 1)
    }
}

fn read(row: &AnyRow) -> Result<Person> {
    let row = Reader::new("people", "id", row);
    Ok(Person {
        id: PersonId::new(row.text("id")?),
        name: row.text("name")?,
        email: row.text_or_none("email")?.as_deref().map(Email::new),
        standing: row.word("standing")?,
        read_at: row.instant("read_at")?,
    })
}

async fn by_id(conn: &mut AnyConnection, id: &PersonId) -> Result<Option<Person>> {
    let query = sqlx::query(sql::BY_ID).bind(id.as_str());
    one(conn, query).await?.map(|row| read(&row)).transpose()
}

async fn open_of(
    conn: &mut AnyConnection,
    person: &PersonId,
    limit: u32,
) -> Result<Vec<RequestId>> {
    requests(conn, sql::OPEN_OF, person, limit).await
}

async fn pending_reviewed_by(
    conn: &mut AnyConnection,
    person: &PersonId,
    limit: u32,
) -> Result<Vec<RequestId>> {
    requests(conn, sql::PENDING_REVIEWED_BY, person, limit).await
}

async fn requests(
    conn: &mut AnyConnection,
    sql: &'static str,
    person: &PersonId,
    limit: u32,
) -> Result<Vec<RequestId>> {
    let query = sqlx::query(sql)
        .bind(person.as_str())
        .bind(i64::from(limit));
    let rows = all(conn, query).await?;
    rows.iter()
        .map(|row| {
            let row = Reader::new("requests", "request", row);
            Ok(RequestId::new(row.text("request")?))
        })
        .collect()
}

async fn something_open(conn: &mut AnyConnection, person: &PersonId) -> Result<bool> {
    let query = sqlx::query(sql::SOMETHING_OPEN).bind(person.as_str());
    Ok(one(conn, query).await?.is_some())
}

async fn holders_read_before(
    conn: &mut AnyConnection,
    before: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<PersonId>> {
    let query = sqlx::query(sql::HOLDERS_READ_BEFORE)
        .bind(millis(before))
        .bind(i64::from(limit));
    let rows = all(conn, query).await?;
    rows.iter()
        .map(|row| Ok(PersonId::new(Reader::new("people", "id", row).text("id")?)))
        .collect()
}

async fn by_ids(conn: &mut AnyConnection, ids: &[PersonId]) -> Result<Vec<Person>> {
    let mut people = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        let mut query = sqlx::query(sql::BY_IDS);
        let repeated = some.last().into_iter().cycle();
        for id in some.iter().chain(repeated).take(AT_ONCE) {
            query = query.bind(id.as_str());
        }
        for row in all(conn, query).await? {
            people.push(read(&row)?);
        }
    }
    people.sort_by(|a, b| a.id.cmp(&b.id));
    people.dedup_by(|a, b| a.id == b.id);
    Ok(people)
}

async fn with_logins(conn: &mut AnyConnection, logins: &[Login]) -> Result<Vec<(Login, PersonId)>> {
    let mut people = Vec::new();
    for some in logins.chunks(AT_ONCE) {
        let mut query = sqlx::query(sql::WITH_LOGINS);
        let repeated = some.last().into_iter().cycle();
        for login in some.iter().chain(repeated).take(AT_ONCE) {
            query = query.bind(login.as_str());
        }
        for row in all(conn, query).await? {
            let row = Reader::new("identity_pins", "person", &row);
            people.push((
                Login::new(&row.text("login")?),
                PersonId::new(row.text("person")?),
            ));
        }
    }
    Ok(people)
}

async fn pins(conn: &mut AnyConnection, claims: &[(PersonId, Login)]) -> Result<Vec<Pins>> {
    let mut found = Vec::with_capacity(claims.len());
    for some in claims.chunks(AT_ONCE) {
        let padded = || {
            let repeated = some.last().into_iter().cycle();
            some.iter().chain(repeated).take(AT_ONCE)
        };
        let mut query = sqlx::query(sql::PINS);
        for (person, _) in padded() {
            query = query.bind(person.as_str());
        }
        for (_, login) in padded() {
            query = query.bind(login.as_str());
        }
        let mut stored = Vec::new();
        for row in all(conn, query).await? {
            let row = Reader::new("identity_pins", "person", &row);
            stored.push((
                PersonId::new(row.text("person")?),
                Login::new(&row.text("login")?),
            ));
        }
        found.extend(some.iter().map(|(person, login)| Pins {
            login_of_id:
                (stored.iter().find(|(pinned, _)| pinned == person)).map(|(_, to)| to.clone()),
            id_of_login:
                (stored.iter().find(|(_, to)| to == login)).map(|(pinned, _)| pinned.clone()),
        }));
    }
    Ok(found)
}

pub(super) async fn address_pins(conn: &mut AnyConnection) -> Result<BTreeMap<Email, PersonId>> {
    let rows = all(conn, sqlx::query(sql::ADDRESS_PINS)).await?;
    rows.iter()
        .map(|row| {
            let row = Reader::new("address_pins", "address", row);
            Ok((
                Email::new(&row.text("address")?),
                PersonId::new(row.text("person")?),
            ))
        })
        .collect()
}
