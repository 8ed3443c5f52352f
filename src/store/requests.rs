//! Access requests and what has been said about them.

use super::error::{Result, StoreError};
use super::query::{Query, all, one, run};
use super::row::{Reader, json, millis};
use super::sql::requests as sql;
use super::tx::{Tx, reads};
use crate::domain::facts::Facts;
use crate::domain::ids::{NodeId, Origin, PersonId, ProfileId, RequestId};
use crate::domain::number::RequestNumber;
use crate::domain::person::Login;
use crate::domain::request::{Reminded, Request, RequestState, Review, Verdict};
use chrono::{DateTime, Utc};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;
use std::time::Duration;

/// As many ids as one statement takes.
const AT_ONCE: usize = 8;
/// More reviewers than this are not remembered by how lately they reviewed.
const REVIEWERS_REMEMBERED: i64 = 500;

/// What became of a new request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is stored.
    Stored,
    /// The delivery that it came from made this one before; nothing was stored.
    SameOrigin(RequestId),
    /// The same person waits for the same profile on the same device; nothing was stored.
    AlreadyPending(RequestNumber),
    /// A workflow asked the same person for the same profile, and they have not confirmed it;
    /// nothing was stored.
    AlreadyUnconfirmed,
}

reads! {
    /// A request with its reviews.
    fn request(id: &RequestId) -> Option<Request> = by_id;
    /// The request that people call by this number.
    fn request_by_number(number: RequestNumber) -> Option<Request> = by_number;
    /// The request that this delivery made.
    fn request_by_origin(origin: &Origin) -> Option<Request> = by_origin;
    /// These requests, as far as they exist.
    fn requests_with_ids(ids: &[RequestId]) -> Vec<Request> = by_ids;
    /// What the devices of these requests were called when it was last looked at for them.
    fn device_names(ids: &[RequestId]) -> BTreeMap<RequestId, String> = device_names;
    /// The number of this person's request that waits for the same profile and device.
    fn pending_twin(person: &PersonId, profile: &ProfileId, node: &NodeId) -> Option<RequestNumber> = pending_twin;
    /// A person's requests, newest first.
    fn requests_of(person: &PersonId, limit: u32) -> Vec<Request> = of_requester;
    /// A person's requests that wait, the next to lapse first.
    fn waiting_of(person: &PersonId, limit: u32) -> Vec<Request> = waiting_of;
    /// Requests that wait in any of these profiles, the longest waiting first.
    fn pending_for_profiles(profiles: &[ProfileId], limit: u32) -> Vec<Request> = pending_in;
    /// The profiles that something is pending for.
    fn pending_profiles() -> Vec<ProfileId> = pending_profiles;
    /// How often a person asked for a profile since then.
    fn asked_lately(person: &PersonId, profile: &ProfileId, since: DateTime<Utc>) -> u32 = asked_lately;
    /// When people last reviewed requests for a profile, in milliseconds since 1970.
    fn last_reviews(profile: &ProfileId) -> BTreeMap<PersonId, i64> = last_reviews;
}

impl Tx {
    /// The next number that people read aloud. Numbers of transactions that are rolled back
    /// are used again.
    pub async fn next_request_number(&mut self) -> Result<RequestNumber> {
        let row = one(self.conn(), sqlx::query(sql::NEXT_NUMBER)).await?;
        let row = row.ok_or(StoreError::Inconsistent {
            table: "counters",
            column: "value",
            row: "request_number".to_owned(),
        })?;
        let row = Reader::new("counters", "value", &row);
        row.number("value").map(RequestNumber)
    }

    /// Stores a new request, or says which one stands in its way.
    pub async fn insert_request(&mut self, request: &Request) -> Result<Inserted> {
        let inserted = run(self.conn(), insert(request)?).await?;
        if inserted == 1 {
            append_reviews(self.conn(), request).await?;
            return Ok(Inserted::Stored);
        }
        let query = sqlx::query(sql::ID_BY_ORIGIN).bind(request.origin.as_str());
        if let Some(row) = one(self.conn(), query).await? {
            let id = Reader::new("requests", "id", &row).text("id")?;
            return Ok(Inserted::SameOrigin(RequestId::new(id)));
        }
        let facts = &request.facts;
        let (who, profile) = (&request.requester.id, &facts.profile);
        if request.state == RequestState::Unconfirmed {
            let query = sqlx::query(sql::UNCONFIRMED_TWIN)
                .bind(who.as_str())
                .bind(profile.as_str());
            return match one(self.conn(), query).await? {
                Some(_) => Ok(Inserted::AlreadyUnconfirmed),
                None => Err(StoreError::Conflict),
            };
        }
        match pending_twin(self.conn(), who, profile, &facts.device.node).await? {
            Some(number) => Ok(Inserted::AlreadyPending(number)),
            // Whatever stood in its way was decided in this very moment.
            None => Err(StoreError::Conflict),
        }
    }

    /// Stores the next version of a request and the reviews that are new, if the version
    /// before is still the stored one.
    pub async fn update_request(&mut self, request: &Request) -> Result<()> {
        if run(self.conn(), update(request)?).await? != 1 {
            return Err(StoreError::Conflict);
        }
        append_reviews(self.conn(), request).await
    }
}

fn insert(request: &Request) -> Result<Query<'static>> {
    let facts = &request.facts;
    Ok(sqlx::query(sql::INSERT)
        .bind(request.id.to_string())
        .bind(i64::from(request.number.0))
        .bind(i64::from(request.version))
        .bind(request.origin.to_string())
        .bind(request.requester.id.to_string())
        .bind(json(&request.requester)?)
        .bind(request.login.to_string())
        .bind(facts.profile.to_string())
        .bind(facts.device.node.to_string())
        .bind(json(facts)?)
        .bind(i64::from(request.facts_number))
        .bind(i64::from(request.approvals_from))
        .bind(i64::try_from(request.wished.as_secs()).unwrap_or(i64::MAX))
        .bind(request.justification.clone())
        .bind(request.ask_first.as_ref().map(ToString::to_string))
        .bind(request.workflow.as_ref().map(json).transpose()?)
        .bind(request.device_as_of.map(millis))
        .bind(millis(request.asked_at))
        .bind(millis(request.answer_by))
        .bind(request.state.name())
        .bind(json(&request.state)?)
        .bind(reminders(request))
        .bind(request.reminded.map(|reminded| millis(reminded.at))))
}

fn reminders(request: &Request) -> i64 {
    i64::from(request.reminded.map_or(0, |reminded| reminded.times))
}

fn update(request: &Request) -> Result<Query<'static>> {
    Ok(sqlx::query(sql::UPDATE)
        .bind(request.id.to_string())
        .bind(i64::from(request.version))
        .bind(request.facts.profile.to_string())
        .bind(request.facts.device.node.to_string())
        .bind(json(&request.facts)?)
        .bind(i64::from(request.facts_number))
        .bind(i64::from(request.approvals_from))
        .bind(request.device_as_of.map(millis))
        .bind(millis(request.answer_by))
        .bind(request.state.name())
        .bind(json(&request.state)?)
        .bind(i64::try_from(request.wished.as_secs()).unwrap_or(i64::MAX))
        .bind(request.workflow.as_ref().map(json).transpose()?)
        .bind(millis(request.asked_at))
        .bind(reminders(request))
        .bind(request.reminded.map(|reminded| millis(reminded.at))))
}

/// Newest first, until one is stored already: the usual click costs one statement.
async fn append_reviews(conn: &mut AnyConnection, request: &Request) -> Result<()> {
    for (nth, review) in request.reviews.iter().enumerate().rev() {
        let query = sqlx::query(sql::INSERT_REVIEW)
            .bind(request.id.to_string())
            .bind(i64::try_from(nth).unwrap_or(i64::MAX))
            .bind(review.by.id.to_string())
            .bind(verdict(review.verdict))
            .bind(i64::from(review.facts_number))
            .bind(json(review)?);
        if run(conn, query).await? == 0 {
            break;
        }
        let query = sqlx::query(sql::REMEMBER_REVIEWER)
            .bind(request.facts.profile.to_string())
            .bind(review.by.id.to_string())
            .bind(millis(review.at));
        run(conn, query).await?;
    }
    Ok(())
}

fn verdict(verdict: Verdict) -> String {
    match verdict {
        Verdict::Approve => "approve".to_owned(),
        Verdict::Shorten(to) => format!("shorten:{}", to.as_secs()),
        Verdict::Deny => "deny".to_owned(),
    }
}

/// Puts requests together from rows that repeat them once a review.
pub(super) fn read_all(rows: &[AnyRow]) -> Result<Vec<Request>> {
    let mut requests: Vec<Request> = Vec::new();
    for row in rows {
        let row = Reader::new("requests", "id", row);
        let id = row.text("id")?;
        let review: Option<Review> = row.json_or_none("review")?;
        match requests.last_mut() {
            Some(last) if last.id.as_str() == id => last.reviews.extend(review),
            _ => {
                let mut request = read(&row, id)?;
                request.reviews.extend(review);
                requests.push(request);
            }
        }
    }
    Ok(requests)
}

fn read(row: &Reader<'_>, id: String) -> Result<Request> {
    let state: RequestState = row.json("state_detail")?;
    if state.name() != row.text("state")? {
        return Err(row.inconsistent("state"));
    }
    let times = row.number("reminders")?;
    let reminded = row.instant_or_none("reminded_at")?;
    Ok(Request {
        id: RequestId::new(id),
        number: RequestNumber(row.number("number")?),
        version: row.number("version")?,
        origin: Origin::new(row.text("origin")?),
        requester: row.json("requester_as")?,
        login: Login::new(&row.text("login")?),
        facts: row.json("facts")?,
        facts_number: row.number("facts_number")?,
        approvals_from: row.number("approvals_from")?,
        wished: Duration::from_secs(row.number("wished_seconds")?),
        justification: row.text_or_none("justification")?,
        ask_first: row.text_or_none("ask_first")?.map(PersonId::new),
        workflow: row.json_or_none("workflow")?,
        device_as_of: row.instant_or_none("device_as_of")?,
        asked_at: row.instant("asked_at")?,
        answer_by: row.instant("answer_by")?,
        reminded: reminded.map(|at| Reminded { times, at }),
        reviews: Vec::new(),
        state,
    })
}

async fn by_id(conn: &mut AnyConnection, id: &RequestId) -> Result<Option<Request>> {
    let query = sqlx::query(sql::BY_ID).bind(id.as_str());
    Ok(read_all(&all(conn, query).await?)?.pop())
}

async fn by_ids(conn: &mut AnyConnection, ids: &[RequestId]) -> Result<Vec<Request>> {
    let mut requests = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        let mut query = sqlx::query(sql::BY_IDS);
        let repeated = some.last().into_iter().cycle();
        for id in some.iter().chain(repeated).take(AT_ONCE) {
            query = query.bind(id.as_str());
        }
        requests.extend(read_all(&all(conn, query).await?)?);
    }
    Ok(requests)
}

async fn device_names(
    conn: &mut AnyConnection,
    ids: &[RequestId],
) -> Result<BTreeMap<RequestId, String>> {
    let mut names = BTreeMap::new();
    for some in ids.chunks(AT_ONCE) {
        let mut query = sqlx::query(sql::FACTS);
        let repeated = some.last().into_iter().cycle();
        for id in some.iter().chain(repeated).take(AT_ONCE) {
            query = query.bind(id.as_str());
        }
        for row in all(conn, query).await? {
            let row = Reader::new("requests", "id", &row);
            let facts: Facts = row.json("facts")?;
            names.insert(RequestId::new(row.text("id")?), facts.device.name);
        }
    }
    Ok(names)
}

async fn by_number(conn: &mut AnyConnection, number: RequestNumber) -> Result<Option<Request>> {
    let query = sqlx::query(sql::BY_NUMBER).bind(i64::from(number.0));
    Ok(read_all(&all(conn, query).await?)?.pop())
}

async fn by_origin(conn: &mut AnyConnection, origin: &Origin) -> Result<Option<Request>> {
    let query = sqlx::query(sql::BY_ORIGIN).bind(origin.as_str());
    Ok(read_all(&all(conn, query).await?)?.pop())
}

async fn pending_twin(
    conn: &mut AnyConnection,
    person: &PersonId,
    profile: &ProfileId,
    node: &NodeId,
) -> Result<Option<RequestNumber>> {
    let query = sqlx::query(sql::PENDING_TWIN)
        .bind(person.as_str())
        .bind(profile.as_str())
        .bind(node.as_str());
    one(conn, query)
        .await?
        .map(|row| {
            Reader::new("requests", "number", &row)
                .number("number")
                .map(RequestNumber)
        })
        .transpose()
}

async fn of_requester(
    conn: &mut AnyConnection,
    person: &PersonId,
    limit: u32,
) -> Result<Vec<Request>> {
    let query = sqlx::query(sql::OF_REQUESTER)
        .bind(person.as_str())
        .bind(i64::from(limit));
    read_all(&all(conn, query).await?)
}

async fn waiting_of(
    conn: &mut AnyConnection,
    person: &PersonId,
    limit: u32,
) -> Result<Vec<Request>> {
    let query = sqlx::query(sql::WAITING_OF_REQUESTER)
        .bind(person.as_str())
        .bind(i64::from(limit));
    read_all(&all(conn, query).await?)
}

/// One short look a profile, then the oldest of all: each look reads no more than the limit.
async fn pending_in(
    conn: &mut AnyConnection,
    profiles: &[ProfileId],
    limit: u32,
) -> Result<Vec<Request>> {
    let mut pending = Vec::new();
    for profile in profiles {
        let query = sqlx::query(sql::PENDING_IN_PROFILE)
            .bind(profile.as_str())
            .bind(i64::from(limit));
        pending.extend(read_all(&all(conn, query).await?)?);
    }
    pending.sort_by(|a, b| (a.asked_at, &a.id).cmp(&(b.asked_at, &b.id)));
    pending.dedup_by(|a, b| a.id == b.id);
    pending.truncate(limit as usize);
    Ok(pending)
}

/// One look a profile, so that their number counts and not that of the requests.
async fn pending_profiles(conn: &mut AnyConnection) -> Result<Vec<ProfileId>> {
    let mut profiles: Vec<ProfileId> = Vec::new();
    loop {
        let after = profiles.last().map_or("", ProfileId::as_str);
        let query = sqlx::query(sql::NEXT_PENDING_PROFILE).bind(after);
        let Some(row) = one(conn, query).await? else {
            return Ok(profiles);
        };
        let profile = Reader::new("requests", "profile", &row).text("profile")?;
        profiles.push(ProfileId::new(profile));
    }
}

async fn asked_lately(
    conn: &mut AnyConnection,
    person: &PersonId,
    profile: &ProfileId,
    since: DateTime<Utc>,
) -> Result<u32> {
    let query = sqlx::query(sql::ASKED_LATELY)
        .bind(person.as_str())
        .bind(profile.as_str())
        .bind(millis(since));
    one(conn, query).await?.map_or(Ok(0), |row| {
        Reader::new("requests", "times", &row).number("times")
    })
}

async fn last_reviews(
    conn: &mut AnyConnection,
    profile: &ProfileId,
) -> Result<BTreeMap<PersonId, i64>> {
    let query = sqlx::query(sql::LAST_REVIEWS)
        .bind(profile.as_str())
        .bind(REVIEWERS_REMEMBERED);
    let rows = all(conn, query).await?;
    rows.iter()
        .map(|row| {
            let row = Reader::new("last_reviews", "person", row);
            Ok((PersonId::new(row.text("person")?), row.integer("at")?))
        })
        .collect()
}
