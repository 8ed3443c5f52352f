//! The audit trail: numbered without a gap, never changed, read in order.

use super::harness::{Db, on_both};
use super::samples::{event, later, noon};
use chrono::TimeDelta;
use lapse::domain::audit::{EventKind, Subject};
use lapse::domain::ids::{ChannelId, EventId, PersonId, RequestId};
use lapse::store::{StoreError, Tally};

on_both!(
    each_subject_counts_for_itself,
    numbers_have_no_gap_however_many_write_at_once,
    a_rolled_back_event_leaves_no_gap,
    the_trail_cannot_be_changed,
    the_trail_is_read_page_by_page,
    refusals_are_counted_by_the_minute,
    the_channel_that_was_told_last_is_found,
);

fn about(request: &str) -> Subject {
    Subject::Request(RequestId::new(request))
}

async fn each_subject_counts_for_itself(db: Db) {
    let mut tx = db.store.begin().await.expect("begin");
    for (subject, expected) in [
        (about("r1"), "request:r1#1"),
        (about("r2"), "request:r2#1"),
        (about("r1"), "request:r1#2"),
        (Subject::Person(PersonId::new("r1")), "person:r1#1"),
    ] {
        let id = tx.record(&event(subject, EventKind::Lapsed)).await;
        assert_eq!(id.expect("recorded"), EventId::new(expected));
    }
    tx.commit().await.expect("commit");

    let trail = db
        .store
        .events_of(&RequestId::new("r1"))
        .await
        .expect("read");
    let numbers: Vec<u32> = trail.iter().map(|stored| stored.number).collect();
    assert_eq!(numbers, [1, 2]);
    let second = db.store.event(&EventId::new("request:r1#2")).await;
    assert_eq!(second.expect("read"), Some(trail[1].clone()));
    assert_eq!(trail[1].event, event(about("r1"), EventKind::Lapsed));
}

async fn numbers_have_no_gap_however_many_write_at_once(db: Db) {
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..40 {
        let store = db.store.clone();
        tasks.spawn(async move {
            loop {
                let attempt = async {
                    let mut tx = store.begin().await?;
                    tx.record(&event(about("r1"), EventKind::Lapsed)).await?;
                    if n % 4 == 0 {
                        // A second one in the same transaction.
                        tx.record(&event(about("r1"), EventKind::Lapsed)).await?;
                    }
                    tx.commit().await
                };
                match attempt.await {
                    Ok(()) => break,
                    Err(error) => assert!(matches!(error, StoreError::Conflict), "{error}"),
                }
            }
        });
    }
    tasks.join_all().await;
    let trail = db
        .store
        .events_of(&RequestId::new("r1"))
        .await
        .expect("read");
    let numbers: Vec<u32> = trail.iter().map(|stored| stored.number).collect();
    assert_eq!(numbers, (1..=50).collect::<Vec<_>>());
}

async fn a_rolled_back_event_leaves_no_gap(db: Db) {
    let lapsed = event(about("r1"), EventKind::Lapsed);
    let mut tx = db.store.begin().await.expect("begin");
    tx.record(&lapsed).await.expect("recorded");
    drop(tx);
    let mut tx = db.store.begin().await.expect("begin");
    let id = tx.record(&lapsed).await.expect("recorded");
    tx.commit().await.expect("commit");
    assert_eq!(id, EventId::new("request:r1#1"));
}

async fn the_trail_cannot_be_changed(db: Db) {
    let mut tx = db.store.begin().await.expect("begin");
    tx.record(&event(about("r1"), EventKind::Lapsed))
        .await
        .expect("recorded");
    tx.commit().await.expect("commit");
    for statement in [
        "UPDATE audit_events SET event = '{}'",
        "UPDATE audit_events SET number = 7",
        "DELETE FROM audit_events",
    ] {
        let refused = db.tamper(statement).await.expect_err("refused");
        assert!(
            refused.to_string().contains("audit events are never"),
            "{refused}"
        );
    }
    assert_eq!(
        db.store
            .events_of(&RequestId::new("r1"))
            .await
            .expect("read")
            .len(),
        1
    );
}

async fn the_trail_is_read_page_by_page(db: Db) {
    let mut tx = db.store.begin().await.expect("begin");
    // More than nine in one moment: their order is by number, not by text.
    for n in 0..25_i64 {
        let mut lapsed = event(about(&format!("r{}", n % 2)), EventKind::Lapsed);
        lapsed.at = noon() + TimeDelta::milliseconds(n / 23);
        tx.record(&lapsed).await.expect("recorded");
    }
    tx.commit().await.expect("commit");
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page = db.store.events_since(noon(), cursor.as_ref(), 4).await;
        let page = page.expect("a page");
        let Some(last) = page.last() else { break };
        cursor = Some(last.cursor());
        seen.extend(page.into_iter().map(|stored| (stored.event.at, stored.id)));
    }
    assert_eq!(seen.len(), 25);
    assert!(seen.windows(2).all(|pair| pair[0].0 <= pair[1].0));
    let of_one: Vec<&str> = seen
        .iter()
        .map(|(_, id)| id.as_str())
        .filter(|id| id.starts_with("request:r0#"))
        .collect();
    let expected: Vec<String> = (1..=13).map(|n| format!("request:r0#{n}")).collect();
    assert_eq!(of_one, expected);
    let none = db.store.events_since(later(1), None, 4).await;
    assert_eq!(none.expect("read"), []);
}

async fn refusals_are_counted_by_the_minute(db: Db) {
    let who = PersonId::new("U1");
    let request = RequestId::new("r1");
    let mut tx = db.store.begin().await.expect("begin");
    for (about, at, expected) in [
        (Some(&request), noon(), Tally::First),
        (Some(&request), later(1), Tally::Repeated(2)),
        (None, later(1), Tally::First),
        (Some(&request), later(1), Tally::Repeated(3)),
        (Some(&request), later(61), Tally::First),
    ] {
        let tally = tx.tally_refusal(&who, about, "own_request", at).await;
        assert_eq!(tally.expect("counted"), expected);
    }
    tx.commit().await.expect("commit");
    let times = async |subject: &Subject, at| {
        let times = db.store.refusal_times(subject, &who, "own_request", at);
        times.await.expect("read")
    };
    let (about_it, about_them) = (about("r1"), Subject::Person(who.clone()));
    assert_eq!(times(&about_it, later(1)).await, Some(3));
    assert_eq!(times(&about_it, later(61)).await, Some(1));
    assert_eq!(times(&about_them, later(1)).await, Some(1));
    assert_eq!(times(&about_it, later(121)).await, None);
}

async fn the_channel_that_was_told_last_is_found(db: Db) {
    let told = |channel: &str| EventKind::SecurityTold {
        channel: ChannelId::new(channel),
    };
    let request = RequestId::new("r1");
    assert_eq!(db.store.security_told(&request).await.expect("read"), None);
    let mut tx = db.store.begin().await.expect("begin");
    for (subject, kind) in [
        (about("r1"), told("C1")),
        (about("r1"), told("C2")),
        (about("r1"), EventKind::Lapsed),
        (about("r2"), told("C3")),
    ] {
        tx.record(&event(subject, kind)).await.expect("recorded");
    }
    tx.commit().await.expect("commit");
    let found = db.store.security_told(&request).await.expect("read");
    let found = found.expect("it was told");
    assert_eq!((found.number, found.event.kind), (2, told("C2")));
}
