//! Years of history, made by the database itself from one real row of each table.

use crate::workplace::{Home, PROFILE, address, node, requester};
use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use lapse::clock::Clock;
use lapse::domain::attribute::{Attribute, AttributeValue, Key};
use lapse::domain::audit::{Actor, AuditEvent, EventKind, PersonRef, Subject};
use lapse::domain::facts::{DeviceFacts, Facts};
use lapse::domain::grant::{EndReason, Ending, Grant, GrantState, Opened, WriteMark};
use lapse::domain::ids::{GrantId, NodeId, Origin, PersonId, ProfileId, RequestId};
use lapse::domain::number::RequestNumber;
use lapse::domain::person::{Email, Login};
use lapse::domain::request::{Request, RequestState};
use lapse::store::Store;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};
use std::time::Duration;

/// Twenty thousand requests a day.
const EVERY: TimeDelta = TimeDelta::milliseconds(4_320);
/// People who have ever asked. So few that the short history fills a page of each of them too: a
/// long history must not make a full page slower.
pub const ASKERS: u64 = 2_000;
/// Profiles.
pub const PROFILES: u64 = 20;
/// Requests that wait, whatever the history; a tenth of them is due.
const PENDING: u64 = 500;
/// Grants that are open, whatever the history; one in twenty is due.
const OPEN: u64 = 50_000;
/// Effects that wait.
pub const EFFECTS: u64 = 10_000;

/// The columns of a request.
pub const REQUEST: &str = "id, number, version, origin, requester, requester_as, login, profile, node, \
    facts, facts_number, approvals_from, wished_seconds, justification, ask_first, device_as_of, \
    reminders, asked_at, answer_by, state, state_detail";
/// The columns of a grant.
pub const GRANT: &str = "id, request, number, version, holder, holder_as, profile, node, attribute, \
    value, comment, approved_at, ends_at, approvers, write_mark, warned_at, late_since, due_at, \
    state, state_detail";

/// Runs statements on a connection of their own.
pub async fn run(url: &str, statements: &[impl AsRef<str>]) -> anyhow::Result<()> {
    sqlx::any::install_default_drivers();
    let mut conn = AnyConnection::connect(url).await?;
    if url.starts_with("sqlite") {
        conn.execute("PRAGMA busy_timeout = 5000").await?;
    }
    for statement in statements {
        conn.execute(AssertSqlSafe(statement.as_ref().to_owned()))
            .await
            .with_context(|| statement.as_ref().to_owned())?;
    }
    conn.close().await?;
    Ok(())
}

/// Fills an empty home with so many decided requests, each with its grant and two events, and
/// with what is open at any time.
pub async fn fill(home: &Home, rows: u64) -> anyhow::Result<()> {
    let (url, now) = (home.url(), Clock::system().now());
    let store = Store::open(&url, 2).await?;
    plant(&store, now).await?;
    store.close().await;
    drop(store);

    let mut statements = settings(&url);
    statements.extend(statements_for(rows, now));
    if url.starts_with("postgres") {
        // As autovacuum would have done long ago.
        statements.push("VACUUM ANALYZE".to_owned());
    } else {
        statements.push("PRAGMA wal_checkpoint(TRUNCATE)".to_owned());
    }
    run(&url, &statements).await
}

/// Loading is not what is measured, so it need not be safe.
fn settings(url: &str) -> Vec<String> {
    let settings: &[&str] = if url.starts_with("sqlite") {
        &[
            "PRAGMA synchronous = OFF",
            "PRAGMA foreign_keys = OFF",
            "PRAGMA cache_size = -200000",
        ]
    } else {
        &[
            "SET synchronous_commit = off",
            "SET session_replication_role = replica",
        ]
    };
    settings
        .iter()
        .map(|setting| (*setting).to_owned())
        .collect()
}

/// Ten thousand effects that wait; those that are there already stay.
fn effects(now: i64) -> String {
    format!(
        "INSERT INTO outbox (kind, subject, lane, lane_group, priority, run_at, generation, \
         attempts) {} \
         SELECT 'sync_card', 'w' || CAST(n % {PENDING} AS TEXT) || '/c' || CAST(n AS TEXT), \
         'slack:post:C' || CAST(n % 1000 AS TEXT), 'slack:post', 4, {now} - n, 1, 0 FROM s WHERE 1 = 1 ON CONFLICT DO NOTHING",
        series(EFFECTS)
    )
}

/// Puts back what was done of the effects, and lets go of what was claimed.
pub async fn refill(home: &Home) -> anyhow::Result<()> {
    let free = "UPDATE outbox SET owner = NULL, leased_until = NULL WHERE owner IS NOT NULL";
    let now = Clock::system().now().timestamp_millis();
    run(&home.url(), &[free, effects(now).as_str()]).await
}

/// So many numbers, from one.
pub fn series(count: u64) -> String {
    format!(
        "WITH RECURSIVE s(n) AS (SELECT CAST(1 AS BIGINT) UNION ALL \
         SELECT n + 1 FROM s WHERE n < {count})"
    )
}

fn statements_for(rows: u64, now: DateTime<Utc>) -> Vec<String> {
    let (now, every) = (now.timestamp_millis(), EVERY.num_milliseconds());
    let at = format!("{now} - ({rows} - n) * CAST({every} AS BIGINT)");
    let copy = "t.facts, 1, 1, 3600, t.justification, t.ask_first, t.device_as_of, 0";
    let whose = format!("'U0H' || CAST((n * 7919) % {ASKERS} AS TEXT)");
    let what = format!("'profile-' || CAST(n % {PROFILES} AS TEXT)");
    let late = "CASE WHEN n % 10 = 0 THEN -60000 ELSE 3600000 + n END";
    let soon = "CASE WHEN n % 20 = 0 THEN -60000 ELSE 3600000 + n END";
    let grant = "t.holder_as";
    vec![
        format!(
            "INSERT INTO requests ({REQUEST}) {} SELECT 'h' || CAST(n AS TEXT), n + 10000, 2, \
             'view:h' || CAST(n AS TEXT), {whose}, t.requester_as, t.login, {what}, \
             'nH' || CAST(n AS TEXT), {copy}, {at}, {at} + 3600000, 'lapsed', t.state_detail \
             FROM s, requests AS t WHERE t.id = 'template-lapsed'",
            series(rows)
        ),
        format!(
            "INSERT INTO requests ({REQUEST}) {} SELECT 'w' || CAST(n AS TEXT), n + 100, 1, \
             'view:w' || CAST(n AS TEXT), {whose}, t.requester_as, t.login, {what}, \
             'nW' || CAST(n AS TEXT), {copy}, {now} - n * 1000, {now} + {late}, 'pending', \
             t.state_detail FROM s, requests AS t WHERE t.id = 'template-pending'",
            series(PENDING)
        ),
        format!(
            "INSERT INTO grants ({GRANT}) {} SELECT 'h' || CAST(n AS TEXT), \
             'h' || CAST(n AS TEXT), n + 10000, 4, {whose}, {grant}, {what}, \
             'nH' || CAST(n AS TEXT), t.attribute, t.value, t.comment, {at}, {at} + 3600000, \
             t.approvers, 'sent', t.warned_at, t.late_since, t.due_at, 'ended', t.state_detail \
             FROM s, grants AS t WHERE t.id = 'template-ended'",
            series(rows)
        ),
        format!(
            "INSERT INTO grants ({GRANT}) {} SELECT 'o' || CAST(n AS TEXT), \
             'o' || CAST(n AS TEXT), n + 1000, 3, {whose}, {grant}, {what}, \
             'nO' || CAST(n AS TEXT), t.attribute, t.value, t.comment, {now} - 60000, \
             {now} + 7200000 + n, t.approvers, 'sent', t.warned_at, t.late_since, \
             {now} + {soon}, 'active', t.state_detail \
             FROM s, grants AS t WHERE t.id = 'template-active'",
            series(OPEN)
        ),
        format!(
            "INSERT INTO audit_events (id, subject, number, kind, at, event) {} \
             SELECT 'request:h' || CAST(n AS TEXT) || '#' || CAST(e.nth AS TEXT), \
             'request:h' || CAST(n AS TEXT), e.nth, t.kind, {at} + e.nth, t.event \
             FROM s, audit_events AS t, (SELECT 1 AS nth UNION ALL SELECT 2) AS e \
             WHERE t.subject = 'request:template-lapsed' AND t.number = 1",
            series(rows)
        ),
        effects(now),
    ]
}

/// One real row of each kind, as the store writes it.
async fn plant(store: &Store, now: DateTime<Utc>) -> anyhow::Result<()> {
    let asker = PersonRef {
        id: PersonId::new(requester(0)),
        name: "Asker 0".to_owned(),
        email: Some(Email::new(&address(0))),
    };
    let facts = facts()?;
    let request = |id: &str, number: u32, state: RequestState| Request {
        id: RequestId::new(id),
        number: RequestNumber(number),
        version: 1,
        origin: Origin::new(format!("view:{id}")),
        requester: asker.clone(),
        login: Login::new(&address(0)),
        facts: facts.clone(),
        facts_number: 1,
        approvals_from: 1,
        wished: facts.duration,
        justification: Some("INC-42 database failover, see the incident's channel".to_owned()),
        ask_first: None,
        workflow: None,
        device_as_of: None,
        asked_at: now - TimeDelta::days(400),
        answer_by: now + TimeDelta::days(1),
        reminded: None,
        reviews: Vec::new(),
        state,
    };
    let grant = |id: &str, of: &Request, state: GrantState| Grant {
        id: GrantId::new(id),
        request: of.id.clone(),
        number: of.number,
        version: 1,
        holder: asker.clone(),
        profile: facts.profile.clone(),
        key: Key {
            node: facts.device.node.clone(),
            attribute: facts.attribute.clone(),
        },
        value: facts.value.clone(),
        comment: "REQ-1 Production SSH for asker0@example.com, approved by Approver 0".to_owned(),
        approved_at: now - TimeDelta::hours(2),
        ends_at: now + TimeDelta::days(1),
        approvers: vec![asker.clone()],
        write: WriteMark::Sent,
        warned_at: None,
        late_since: None,
        held_by: None,
        state,
    };
    let lapsed = request("template-lapsed", 1, RequestState::Lapsed { at: now });
    let waiting = request("template-pending", 2, RequestState::Pending);
    let ending = Ending {
        why: EndReason::Expired,
        by: None,
        note: None,
        at: now,
        opened: Opened::At(now - TimeDelta::hours(2)),
    };
    let mut tx = store.begin().await?;
    tx.insert_request(&lapsed).await?;
    tx.insert_request(&waiting).await?;
    tx.insert_grant(&grant(
        "template-ended",
        &lapsed,
        GrantState::Ended { ending, at: now },
    ))
    .await?;
    tx.insert_grant(&grant(
        "template-active",
        &waiting,
        GrantState::Active { since: now },
    ))
    .await?;
    tx.record(&AuditEvent {
        subject: Subject::Request(lapsed.id.clone()),
        actor: Actor::Lapse,
        at: now,
        kind: EventKind::Approved {
            verdict: lapse::domain::request::Verdict::Approve,
            approvers: vec![asker],
            ends_at: now,
            evidence: lapse::domain::audit::Evidence {
                facts,
                facts_number: 1,
                memberships: Vec::new(),
                policy: lapse::domain::ids::PolicyHash::new("history"),
            },
        },
    })
    .await?;
    tx.commit().await?;
    Ok(())
}

fn facts() -> anyhow::Result<Facts> {
    Ok(Facts {
        requester: PersonId::new(requester(0)),
        profile: ProfileId::new(PROFILE),
        profile_name: "Production SSH".to_owned(),
        description: "tcp:22 on tag:prod".to_owned(),
        attribute: Attribute::parse("custom:prodSsh")?,
        value: AttributeValue::Bool(true),
        device: DeviceFacts {
            node: NodeId::new(node(0)),
            name: "bench-0".to_owned(),
            owner: Login::new(&address(0)),
            os: "linux".to_owned(),
            tags: Vec::new(),
        },
        duration: Duration::from_hours(1),
        approvals: 1,
    })
}
