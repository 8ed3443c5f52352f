//! The audit trail: events numbered 1, 2, 3… within their subject, never changed.
//!
//! Both databases refuse to update or delete them (triggers in the migrations).

use super::error::{Result, StoreError};
use super::query::{all, one};
use super::row::{Reader, json, millis};
use super::sql::audit as sql;
use super::tx::{Tx, reads};
use crate::domain::audit::{AuditEvent, Subject};
use crate::domain::ids::{EventId, RequestId};
use chrono::{DateTime, Utc};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

/// How often a number that somebody else took at the same moment is asked for again.
const ATTEMPTS: u32 = 8;

/// An event as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// `<subject>#<number>`.
    pub id: EventId,
    /// Its number within its subject, from 1 without a gap.
    pub number: u32,
    /// What happened.
    pub event: AuditEvent,
}

/// The place after which a list of events goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventCursor {
    at: DateTime<Utc>,
    subject: String,
    number: u32,
}

impl StoredEvent {
    /// The place of this event in time.
    pub fn cursor(&self) -> EventCursor {
        EventCursor {
            at: self.event.at,
            subject: text(&self.event.subject),
            number: self.number,
        }
    }
}

reads! {
    /// One event.
    fn event(id: &EventId) -> Option<StoredEvent> = by_id;
    /// What happened to a request and its grant, in order.
    fn events_of(request: &RequestId) -> Vec<StoredEvent> = of_request;
    /// When the security channel was last told of a request, if it was.
    fn security_told(request: &RequestId) -> Option<StoredEvent> = security_told;
    /// What happened to any subject, in order.
    fn events_about(subject: &Subject) -> Vec<StoredEvent> = of_subject;
    /// Everything from an instant on, a page at a time; the next page begins after the last
    /// one's cursor.
    fn events_since(at: DateTime<Utc>, after: Option<&EventCursor>, limit: u32) -> Vec<StoredEvent> = since;
}

impl Tx {
    /// Appends to the trail under the next number of the event's subject.
    pub async fn record(&mut self, event: &AuditEvent) -> Result<EventId> {
        for _ in 0..ATTEMPTS {
            let query = sqlx::query(sql::RECORD)
                .bind(text(&event.subject))
                .bind(event.kind.name())
                .bind(millis(event.at))
                .bind(json(event)?);
            if let Some(row) = one(self.conn(), query).await? {
                let row = Reader::new("audit_events", "id", &row);
                return row.text("id").map(EventId::new);
            }
        }
        Err(StoreError::Conflict)
    }
}

/// A subject as it is stored, and as an event's id begins.
pub(super) fn text(subject: &Subject) -> String {
    match subject {
        Subject::Request(id) => format!("request:{id}"),
        Subject::Person(id) => format!("person:{id}"),
    }
}

fn read(row: &AnyRow) -> Result<StoredEvent> {
    let row = Reader::new("audit_events", "id", row);
    Ok(StoredEvent {
        id: EventId::new(row.text("id")?),
        number: row.number("number")?,
        event: row.json("event")?,
    })
}

async fn by_id(conn: &mut AnyConnection, id: &EventId) -> Result<Option<StoredEvent>> {
    let query = sqlx::query(sql::BY_ID).bind(id.as_str());
    one(conn, query).await?.map(|row| read(&row)).transpose()
}

async fn of_request(conn: &mut AnyConnection, request: &RequestId) -> Result<Vec<StoredEvent>> {
    of_subject(conn, &Subject::Request(request.clone())).await
}

async fn security_told(
    conn: &mut AnyConnection,
    request: &RequestId,
) -> Result<Option<StoredEvent>> {
    let subject = text(&Subject::Request(request.clone()));
    let query = sqlx::query(sql::SECURITY_TOLD).bind(subject);
    one(conn, query).await?.map(|row| read(&row)).transpose()
}

async fn of_subject(conn: &mut AnyConnection, subject: &Subject) -> Result<Vec<StoredEvent>> {
    let query = sqlx::query(sql::OF_SUBJECT).bind(text(subject));
    all(conn, query).await?.iter().map(read).collect()
}

async fn since(
    conn: &mut AnyConnection,
    at: DateTime<Utc>,
    after: Option<&EventCursor>,
    limit: u32,
) -> Result<Vec<StoredEvent>> {
    let after = after.filter(|cursor| cursor.at >= at);
    let query = sqlx::query(sql::SINCE)
        .bind(millis(after.map_or(at, |cursor| cursor.at)))
        .bind(after.map_or_else(String::new, |cursor| cursor.subject.clone()))
        .bind(after.map_or(0, |cursor| i64::from(cursor.number)))
        .bind(i64::from(limit));
    all(conn, query).await?.iter().map(read).collect()
}
