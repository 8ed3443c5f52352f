//! The outbox: who gets what, in which order, and what a late run may still do.

use super::harness::{Db, on_both};
use super::samples::{later, noon};
use chrono::{DateTime, Utc};
use lapse::domain::audit::Hearer;
use lapse::domain::ids::{CardId, EventId};
use lapse::store::{Claimed, Fenced, Finished, Job, Lane, Priority, Store};
use std::collections::BTreeSet;
use std::time::Duration;

on_both!(
    the_most_urgent_goes_first,
    what_is_asked_again_runs_again,
    the_more_urgent_wish_decides,
    a_retry_waits_unless_it_was_asked_for_again,
    eight_claimers_never_share_a_row,
    a_lost_lease_is_fenced_off,
    what_was_released_is_free_at_once,
    a_paused_lane_waits_and_others_flow,
    a_claim_takes_few_of_a_slow_lane,
    of_two_pauses_the_later_end_counts,
    the_next_wake_up_is_never_too_late,
    a_newer_versions_job_is_left_to_it,
    a_row_that_cannot_be_read_stops_nobody,
    a_rolled_back_wish_is_none,
);

const LEASE: Duration = Duration::from_secs(30);

fn card(name: &str) -> Job {
    Job::SyncCard(CardId::new(name))
}

async fn ask(store: &Store, job: &Job, at: DateTime<Utc>, lane: &str, priority: Priority) {
    let mut tx = store.begin().await.expect("begin");
    tx.enqueue(job, at, &Lane::new(lane), priority);
    tx.commit().await.expect("commit");
}

async fn ask_card(store: &Store, name: &str) {
    ask(
        store,
        &card(name),
        noon(),
        "slack:chat.update",
        Priority::OtherCard,
    )
    .await;
}

async fn claim(store: &Store, owner: &str, at: DateTime<Utc>) -> Vec<Claimed> {
    store.claim(owner, at, LEASE, 100).await.expect("a claim")
}

async fn claim_one(store: &Store, owner: &str, at: DateTime<Utc>) -> Claimed {
    let mut claimed = claim(store, owner, at).await;
    assert_eq!(claimed.len(), 1, "{claimed:?}");
    claimed.remove(0)
}

/// Lets every lease run out, whichever clock it is on.
async fn let_leases_end(db: &Db) {
    db.tamper("UPDATE outbox SET leased_until = 1 WHERE owner IS NOT NULL")
        .await
        .expect("time passes");
}

async fn the_most_urgent_goes_first(db: Db) {
    let line = Job::Announce {
        event: EventId::new("request:r1#1"),
        to: Hearer::Channel,
    };
    ask(
        &db.store,
        &line,
        noon(),
        "slack:post:C1",
        Priority::ChannelLine,
    )
    .await;
    ask(
        &db.store,
        &card("late"),
        later(2),
        "slack",
        Priority::ClickersCard,
    )
    .await;
    ask(
        &db.store,
        &card("early"),
        later(1),
        "slack",
        Priority::ClickersCard,
    )
    .await;
    ask(
        &db.store,
        &card("urgent"),
        later(3),
        "slack",
        Priority::Removal,
    )
    .await;
    ask(
        &db.store,
        &card("not yet"),
        later(9),
        "slack",
        Priority::Removal,
    )
    .await;
    let first = db
        .store
        .claim("a", later(5), LEASE, 3)
        .await
        .expect("a claim");
    let jobs: Vec<&Job> = first.iter().map(|claimed| &claimed.job).collect();
    assert_eq!(jobs, [&card("urgent"), &card("early"), &card("late")]);
    let rest = claim(&db.store, "a", later(5)).await;
    assert_eq!(rest.len(), 1);
    assert_eq!((&rest[0].job, rest[0].generation), (&line, 1));
}

async fn what_is_asked_again_runs_again(db: Db) {
    ask_card(&db.store, "c").await;
    ask_card(&db.store, "c").await;
    let run = claim_one(&db.store, "a", noon()).await;
    assert_eq!(run.generation, 2);
    ask_card(&db.store, "c").await;
    assert_eq!(claim(&db.store, "b", noon()).await, []);
    assert_eq!(
        db.store.finish(&run).await.expect("finished"),
        Finished::RunsAgain
    );
    let again = claim_one(&db.store, "b", noon()).await;
    assert_eq!(again.generation, 3);
    assert_eq!(
        db.store.finish(&again).await.expect("finished"),
        Finished::Deleted
    );
    assert_eq!(
        db.store.finish(&again).await.expect("finished"),
        Finished::Lost
    );
    assert_eq!(db.store.outbox_depth().await.expect("read"), []);
}

async fn the_more_urgent_wish_decides(db: Db) {
    let job = card("c");
    ask(&db.store, &job, later(60), "slack:a", Priority::OtherCard).await;
    ask(
        &db.store,
        &job,
        later(10),
        "slack:b",
        Priority::ClickersCard,
    )
    .await;
    ask(&db.store, &job, later(90), "slack:c", Priority::ChannelLine).await;
    assert_eq!(claim(&db.store, "a", later(9)).await, []);
    let run = claim_one(&db.store, "a", later(10)).await;
    assert_eq!(run.run_at, later(10));
    assert_eq!(run.lane, Lane::new("slack:b"));
    assert_eq!(run.priority, Priority::ClickersCard);
}

async fn a_retry_waits_unless_it_was_asked_for_again(db: Db) {
    ask_card(&db.store, "c").await;
    let run = claim_one(&db.store, "a", later(1)).await;
    let put_off = db.store.retry_at(&run, later(20), "http_503").await;
    assert_eq!(put_off.expect("put off"), Fenced::Held);
    assert_eq!(claim(&db.store, "a", later(19)).await, []);
    let run = claim_one(&db.store, "a", later(20)).await;
    assert_eq!((run.attempts, run.first_failed_at), (1, Some(later(1))));
    assert!(!run.previous_run_died);

    ask_card(&db.store, "c").await;
    db.store
        .retry_at(&run, later(90), "http_503")
        .await
        .expect("put off");
    let run = claim_one(&db.store, "a", later(21)).await;
    assert_eq!((run.attempts, run.first_failed_at), (2, Some(later(1))));
    assert_eq!(
        db.store.finish(&run).await.expect("finished"),
        Finished::Deleted
    );
}

async fn eight_claimers_never_share_a_row(db: Db) {
    let mut tx = db.store.begin().await.expect("begin");
    for n in 0..200 {
        let job = card(&format!("c{n}"));
        tx.enqueue(&job, noon(), &Lane::slack(), Priority::OtherCard);
    }
    tx.commit().await.expect("commit");
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..8 {
        let store = db.store.clone();
        tasks.spawn(async move {
            let mut mine = Vec::new();
            // Somebody else's lock may make a claim come back short: only emptiness ends it.
            loop {
                let some = store.claim(&format!("owner-{n}"), noon(), LEASE, 7).await;
                let some = some.expect("a claim");
                assert!(some.len() <= 7);
                if some.is_empty() {
                    return mine;
                }
                mine.extend(some.into_iter().map(|claimed| claimed.job));
            }
        });
    }
    let claimed: Vec<Job> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(claimed.len(), 200);
    assert_eq!(claimed.iter().collect::<BTreeSet<_>>().len(), 200);
}

async fn a_lost_lease_is_fenced_off(db: Db) {
    ask_card(&db.store, "c").await;
    let stopped = claim_one(&db.store, "a", noon()).await;
    assert!(db.store.holds(&stopped).await.expect("asked"));
    let_leases_end(&db).await;
    // The same owner takes it over: still not the same run.
    let taken = claim_one(&db.store, "a", later(40)).await;
    assert!(taken.previous_run_died);
    for fenced in [
        db.store.retry_at(&stopped, later(99), "timeout").await,
        db.store.release(&stopped).await,
    ] {
        assert_eq!(fenced.expect("an answer"), Fenced::Lost);
    }
    let mut tx = db.store.begin().await.expect("begin");
    assert!(!tx.holds(&stopped).await.expect("asked"));
    assert_eq!(
        tx.finish(&stopped).await.expect("an answer"),
        Finished::Lost
    );
    assert!(tx.holds(&taken).await.expect("asked"));
    assert_eq!(
        tx.finish(&taken).await.expect("an answer"),
        Finished::Deleted
    );
    tx.commit().await.expect("commit");
}

async fn what_was_released_is_free_at_once(db: Db) {
    for name in ["c1", "c2", "c3"] {
        ask_card(&db.store, name).await;
    }
    let first = db
        .store
        .claim("a", noon(), LEASE, 1)
        .await
        .expect("a claim");
    assert_eq!(
        db.store.release(&first[0]).await.expect("released"),
        Fenced::Held
    );
    assert_eq!(claim(&db.store, "a", noon()).await.len(), 3);
    assert_eq!(db.store.release_all("b").await.expect("released"), 0);
    assert_eq!(db.store.release_all("a").await.expect("released"), 3);
    let again = claim(&db.store, "b", noon()).await;
    assert_eq!(again.len(), 3);
    assert!(
        again
            .iter()
            .all(|claimed| !claimed.previous_run_died && claimed.attempts == 0)
    );
}

async fn a_paused_lane_waits_and_others_flow(db: Db) {
    let lanes = [
        "slack:chat.update",
        "slack:post:C1",
        "slack:post:C2",
        "slack:response_url",
        "tailscale",
    ];
    for lane in lanes {
        ask(&db.store, &card(lane), noon(), lane, Priority::OtherCard).await;
    }
    let claims = async |at| {
        let claimed = claim(&db.store, "a", at).await;
        let lanes: BTreeSet<String> = claimed.iter().map(|c| c.lane.to_string()).collect();
        db.store.release_all("a").await.expect("released");
        lanes
    };
    let pause = async |lane: &str, until| {
        db.store
            .pause(&Lane::new(lane), until)
            .await
            .expect("paused");
    };
    pause("slack:post:C1", later(30)).await;
    assert!(!claims(later(29)).await.contains("slack:post:C1"));
    assert_eq!(claims(later(30)).await.len(), 5);
    pause("slack", later(60)).await;
    let flowing = BTreeSet::from(["tailscale".to_owned()]);
    assert_eq!(claims(later(59)).await, flowing);
    assert_eq!(claims(later(60)).await.len(), 5);
}

/// Whatever waits in one of Slack's lanes, others are not behind all of it.
async fn a_claim_takes_few_of_a_slow_lane(db: Db) {
    let lanes = [
        ("tailscale", 10),
        ("slack:response_url", 10),
        ("slack:chat.update", 4),
        ("slack:post:C1", 4),
        ("slack:post:C2", 4),
    ];
    let mut tx = db.store.begin().await.expect("begin");
    for (lane, _) in lanes {
        for n in 0..10 {
            let job = card(&format!("{lane} {n}"));
            tx.enqueue(&job, later(n), &Lane::new(lane), Priority::OtherCard);
        }
    }
    tx.commit().await.expect("commit");
    let first = claim(&db.store, "a", later(60)).await;
    for (lane, few) in lanes {
        let mine = first.iter().filter(|row| row.lane == Lane::new(lane));
        let jobs: Vec<Job> = mine.map(|row| row.job.clone()).collect();
        let oldest: Vec<Job> = (0..few).map(|n| card(&format!("{lane} {n}"))).collect();
        assert_eq!(jobs, oldest);
    }
    let mut claimed = first.len();
    for _ in 0..2 {
        claimed += claim(&db.store, "a", later(60)).await.len();
    }
    assert_eq!(claimed, 50, "all of it comes in the end");
}

async fn of_two_pauses_the_later_end_counts(db: Db) {
    let lane = Lane::tailscale();
    for until in [20, 30, 10] {
        db.store.pause(&lane, later(until)).await.expect("paused");
    }
    let pauses = db.store.pauses(noon()).await.expect("read");
    assert_eq!((pauses.len(), pauses[0].until), (1, later(30)));
    assert!(pauses[0].covers(&lane) && !pauses[0].covers(&Lane::slack()));
    assert_eq!(db.store.pauses(later(30)).await.expect("read"), []);
}

async fn the_next_wake_up_is_never_too_late(db: Db) {
    let next = async |at| db.store.next_run_at(at).await.expect("read");
    assert_eq!(next(noon()).await, None);
    ask(
        &db.store,
        &card("c"),
        later(50),
        "slack:a",
        Priority::OtherCard,
    )
    .await;
    ask(
        &db.store,
        &card("d"),
        later(10),
        "slack:a",
        Priority::OtherCard,
    )
    .await;
    assert_eq!(next(noon()).await, Some(later(10)));
    db.store
        .pause(&Lane::slack(), later(20))
        .await
        .expect("paused");
    assert_eq!(next(later(15)).await, Some(later(20)));
    assert_eq!(next(later(20)).await, Some(later(10)));
    claim(&db.store, "a", later(60)).await;
    assert!(next(later(60)).await.is_some(), "the leases end some time");
}

async fn a_newer_versions_job_is_left_to_it(db: Db) {
    ask_card(&db.store, "c").await;
    db.tamper("UPDATE outbox SET kind = 'judge'")
        .await
        .expect("tampering");
    assert_eq!(claim(&db.store, "a", later(1)).await, []);
    assert_eq!(db.store.next_run_at(later(1)).await.expect("read"), None);
    assert_eq!(
        db.store.outbox_depth().await.expect("read")[0].kind,
        "judge"
    );
}

async fn a_row_that_cannot_be_read_stops_nobody(db: Db) {
    ask_card(&db.store, "broken").await;
    db.tamper("UPDATE outbox SET kind = 'sync_key', subject = 'no key'")
        .await
        .expect("tampering");
    ask_card(&db.store, "fine").await;
    assert_eq!(claim_one(&db.store, "a", noon()).await.job, card("fine"));
    assert_eq!(claim(&db.store, "a", noon()).await, []);
}

async fn a_rolled_back_wish_is_none(db: Db) {
    let mut tx = db.store.begin().await.expect("begin");
    tx.enqueue(&card("c"), noon(), &Lane::slack(), Priority::OtherCard);
    drop(tx);
    assert_eq!(claim(&db.store, "a", later(1)).await, []);
    let depth = db.store.outbox_depth().await.expect("read");
    assert_eq!(depth, []);
}
