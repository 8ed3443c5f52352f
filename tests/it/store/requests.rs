//! Requests: what is stored comes back, nobody overwrites anybody, nothing is stored twice.

use super::harness::{Db, on_both};
use super::samples::{later, person, request, review, reviewed, stored};
use lapse::domain::ids::{NodeId, PersonId, ProfileId, RequestId};
use lapse::domain::number::RequestNumber;
use lapse::domain::request::{RequestState, Verdict};
use lapse::store::{Inserted, StoreError};
use std::collections::BTreeMap;
use std::time::Duration;

on_both!(
    what_is_stored_comes_back,
    of_two_changes_to_one_version_one_wins,
    two_hundred_changes_at_once_are_all_kept,
    the_same_delivery_makes_one_request,
    one_request_waits_for_a_profile_and_device,
    an_answered_request_makes_room_for_another,
    numbers_follow_each_other_even_at_once,
    a_dropped_transaction_leaves_nothing,
    the_same_review_is_never_stored_twice,
    a_row_that_cannot_be_read_names_its_place,
    devices_are_called_as_they_were,
);

async fn what_is_stored_comes_back(db: Db) {
    let first = stored(&db.store, 1, "U1", "prod").await;
    assert_eq!(
        db.store.request(&first.id).await.expect("read"),
        Some(first.clone())
    );

    let shorter = Verdict::Shorten(Duration::from_mins(10));
    let mut next = reviewed(&first, review("U8", Verdict::Approve, 1));
    let mut tx = db.store.begin().await.expect("begin");
    tx.update_request(&next).await.expect("the first review");
    next = reviewed(&next, review("U9", shorter, 1));
    next.state = RequestState::Approved {
        by: vec![person("U8"), person("U9")],
        at: later(61),
    };
    next.facts.duration = Duration::from_mins(10);
    next.facts_number = 2;
    tx.update_request(&next).await.expect("the second review");
    assert_eq!(
        tx.request(&next.id).await.expect("read"),
        Some(next.clone())
    );
    tx.commit().await.expect("commit");

    let by_number = db.store.request_by_number(RequestNumber(1)).await;
    assert_eq!(by_number.expect("read"), Some(next.clone()));
    let by_origin = db.store.request_by_origin(&first.origin).await;
    assert_eq!(by_origin.expect("read"), Some(next));
}

async fn of_two_changes_to_one_version_one_wins(db: Db) {
    let request = stored(&db.store, 1, "U1", "prod").await;
    let change = |by: &'static str| {
        let next = reviewed(&request, review(by, Verdict::Deny, 1));
        let store = db.store.clone();
        async move {
            let mut tx = store.begin().await?;
            tx.update_request(&next).await?;
            tx.commit().await
        }
    };
    let (one, other) = tokio::join!(change("U8"), change("U9"));
    let outcomes = [one, other];
    assert_eq!(outcomes.iter().filter(|done| done.is_ok()).count(), 1);
    let lost = outcomes.into_iter().find_map(Result::err).expect("a loser");
    assert!(matches!(lost, StoreError::Conflict), "{lost}");
    assert!(lost.is_retryable());
    let kept = db
        .store
        .request(&request.id)
        .await
        .expect("read")
        .expect("it");
    assert_eq!((kept.version, kept.reviews.len()), (2, 1));
}

async fn two_hundred_changes_at_once_are_all_kept(db: Db) {
    let request = stored(&db.store, 1, "U1", "prod").await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..200 {
        let (store, id) = (db.store.clone(), request.id.clone());
        tasks.spawn(async move {
            loop {
                let attempt = async {
                    let mut tx = store.begin().await?;
                    let now = tx.request(&id).await?.expect("the request");
                    let next = reviewed(&now, review(&format!("U{n}"), Verdict::Approve, 1));
                    tx.update_request(&next).await?;
                    tx.commit().await
                };
                match attempt.await {
                    Ok(()) => break,
                    Err(error) => assert!(error.is_retryable(), "{error}"),
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("no task panics");
    }
    let kept = db
        .store
        .request(&request.id)
        .await
        .expect("read")
        .expect("it");
    assert_eq!((kept.version, kept.reviews.len()), (201, 200));
}

async fn the_same_delivery_makes_one_request(db: Db) {
    let mut tasks = tokio::task::JoinSet::new();
    for n in 1..=5 {
        let store = db.store.clone();
        tasks.spawn(async move {
            let mut again = request(n, "U1", "prod");
            again.origin = request(1, "U1", "prod").origin;
            let mut tx = store.begin().await.expect("begin");
            let inserted = tx.insert_request(&again).await.expect("insert");
            // The transaction is still good for more.
            tx.request(&again.id).await.expect("read");
            tx.commit().await.expect("commit");
            (again.id, inserted)
        });
    }
    let outcomes = tasks.join_all().await;
    let stored: Vec<_> = outcomes
        .iter()
        .filter(|(_, done)| *done == Inserted::Stored)
        .collect();
    let [(winner, _)] = stored.as_slice() else {
        panic!("one is stored: {outcomes:?}");
    };
    for (id, outcome) in &outcomes {
        if id != winner {
            assert_eq!(*outcome, Inserted::SameOrigin(winner.clone()));
        }
    }
}

async fn one_request_waits_for_a_profile_and_device(db: Db) {
    let first = stored(&db.store, 1, "U1", "prod").await;
    let mut tx = db.store.begin().await.expect("begin");
    let second = tx.insert_request(&request(2, "U1", "prod")).await;
    assert_eq!(
        second.expect("an answer"),
        Inserted::AlreadyPending(first.number)
    );
    let elsewhere = tx.insert_request(&request(3, "U1", "staging")).await;
    assert_eq!(elsewhere.expect("an answer"), Inserted::Stored);
    tx.commit().await.expect("commit");
    let twin = db
        .store
        .pending_twin(
            &PersonId::new("U1"),
            &ProfileId::new("prod"),
            &NodeId::new("nU1CNTRL"),
        )
        .await;
    assert_eq!(twin.expect("read"), Some(first.number));
}

async fn an_answered_request_makes_room_for_another(db: Db) {
    let mut first = stored(&db.store, 1, "U1", "prod").await;
    first.version += 1;
    first.state = RequestState::Lapsed { at: later(4_000) };
    let mut tx = db.store.begin().await.expect("begin");
    tx.update_request(&first).await.expect("it lapses");
    let second = tx.insert_request(&request(2, "U1", "prod")).await;
    assert_eq!(second.expect("an answer"), Inserted::Stored);
    tx.commit().await.expect("commit");
}

async fn numbers_follow_each_other_even_at_once(db: Db) {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let store = db.store.clone();
        tasks.spawn(async move {
            let mut tx = store.begin().await.expect("begin");
            let number = tx.next_request_number().await.expect("a number");
            tx.commit().await.expect("commit");
            number.0
        });
    }
    let mut numbers = tasks.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
}

async fn a_dropped_transaction_leaves_nothing(db: Db) {
    let request = request(1, "U1", "prod");
    let mut tx = db.store.begin().await.expect("begin");
    tx.insert_request(&request).await.expect("insert");
    drop(tx);
    assert_eq!(db.store.request(&request.id).await.expect("read"), None);
    stored(&db.store, 1, "U1", "prod").await;
}

async fn the_same_review_is_never_stored_twice(db: Db) {
    let request = stored(&db.store, 1, "U1", "prod").await;
    let once = reviewed(&request, review("U9", Verdict::Approve, 1));
    let twice = reviewed(&once, review("U9", Verdict::Approve, 1));
    let mut tx = db.store.begin().await.expect("begin");
    tx.update_request(&once).await.expect("once");
    let again = tx.update_request(&twice).await;
    assert!(matches!(again, Err(StoreError::Conflict)));
    drop(tx);

    let after_a_change = reviewed(&once, review("U9", Verdict::Approve, 2));
    let mut tx = db.store.begin().await.expect("begin");
    tx.update_request(&once).await.expect("once");
    tx.update_request(&after_a_change)
        .await
        .expect("on other facts");
    tx.commit().await.expect("commit");
}

async fn a_row_that_cannot_be_read_names_its_place(db: Db) {
    let request = stored(&db.store, 1, "U1", "prod").await;
    let secret = "the justification must not show";
    db.tamper(&format!(
        "UPDATE requests SET facts = '{{\"oops\": \"{secret}\"}}'"
    ))
    .await
    .expect("tampering");
    let error = db.store.request(&request.id).await.expect_err("unreadable");
    assert!(
        matches!(&error, StoreError::Inconsistent { table: "requests", column: "facts", row } if *row == request.id.as_str()),
        "{error}"
    );
    assert!(!error.to_string().contains(secret) && !error.is_retryable());

    db.tamper("UPDATE requests SET state = 'lapsed'")
        .await
        .expect("tampering");
    let error = db.store.request(&request.id).await.expect_err("two states");
    assert!(
        matches!(
            error,
            StoreError::Inconsistent {
                column: "state",
                ..
            }
        ),
        "{error}"
    );
}

async fn devices_are_called_as_they_were(db: Db) {
    let mut expected = BTreeMap::new();
    for number in 1..=10 {
        let mut asked = request(number, &format!("U{number}"), "prod");
        asked.facts.device.name = format!("mac-{number}");
        let mut tx = db.store.begin().await.expect("begin");
        let inserted = tx.insert_request(&asked).await.expect("insert");
        assert_eq!(inserted, Inserted::Stored);
        tx.commit().await.expect("commit");
        expected.insert(asked.id, asked.facts.device.name);
    }
    let mut ids: Vec<RequestId> = expected.keys().cloned().collect();
    ids.push(RequestId::new("nobody's"));
    assert_eq!(db.store.device_names(&ids).await.expect("read"), expected);
    let none = db.store.device_names(&[]).await.expect("read");
    assert!(none.is_empty());
}
