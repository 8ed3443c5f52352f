//! Opening: who may, what is promised, what happens when the database is in the way.

use super::harness::{Db, on_both};
use super::samples::{later, noon, request, stored};
use lapse::domain::ids::CardId;
use lapse::store::{Job, Lane, Priority, Store, StoreError};
use sqlx::{Connection, Executor};
use std::time::Duration;

on_both!(
    a_reader_beside_a_running_serve_sees_and_changes_nothing,
    opening_twice_in_a_row_keeps_everything,
);

async fn a_reader_beside_a_running_serve_sees_and_changes_nothing(db: Db) {
    let request = stored(&db.store, 1, "U1", "prod").await;
    let reader = Store::open_read_only(&db.url).await.expect("it opens");
    assert_eq!(
        reader.request(&request.id).await.expect("read"),
        Some(request)
    );
    let refused = reader.ping().await.expect_err("refused");
    assert!(matches!(refused, StoreError::ReadOnly), "{refused}");
}

async fn opening_twice_in_a_row_keeps_everything(db: Db) {
    let request = stored(&db.store, 1, "U1", "prod").await;
    db.store.close().await;
    let url = db.url.clone();
    let _home = db.let_go();
    let again = Store::open(&url, 4).await.expect("it opens again");
    assert_eq!(
        again.request(&request.id).await.expect("read"),
        Some(request)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_tables_is_told_from_a_broken_one() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("lapse.db"), "").expect("a file");
    let empty = format!("sqlite://{}/lapse.db", folder.path().display());
    let told = Store::open_read_only(&empty).await.expect_err("no tables");
    assert!(matches!(told, StoreError::NothingYet { .. }), "{told}");
    let missing = format!("sqlite://{}/other.db", folder.path().display());
    let told = Store::open_read_only(&missing).await.expect_err("no file");
    assert!(matches!(told, StoreError::NothingYet { .. }), "{told}");
    assert!(
        !folder.path().join("other.db").exists(),
        "reading makes none"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_one_file_is_refused() {
    let db = Db::sqlite().await;
    let refused = Store::open(&db.url, 2).await.expect_err("refused");
    assert!(matches!(refused, StoreError::SecondInstance { .. }));
    let text = refused.to_string();
    assert!(
        text.contains("lapse.db") && text.contains("Another lapse"),
        "{text}"
    );

    // A lock dies with its process, however that ends; here with the child's.
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lapse.db");
    let url = format!("sqlite://{}", file.display());
    std::fs::write(folder.path().join("lapse.db.lock"), "").expect("a lock file");
    // `-F` keeps the lock in the very process that we kill.
    let mut holder = std::process::Command::new("flock")
        .arg("-F")
        .arg(folder.path().join("lapse.db.lock"))
        .args(["sh", "-c", "echo locked; exec sleep 600"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("flock is installed");
    let mut said = String::new();
    let out = holder.stdout.as_mut().expect("its output");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut said).expect("a line");
    let refused = Store::open(&url, 2).await.expect_err("refused");
    assert!(
        matches!(refused, StoreError::SecondInstance { .. }),
        "{refused}"
    );
    holder.kill().expect("it can be killed");
    holder.wait().expect("it ended");
    Store::open(&url, 2)
        .await
        .expect("the lock went with its holder");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_on_a_file_takes_back_what_a_killed_process_held() {
    let db = Db::sqlite().await;
    let job = Job::SyncCard(CardId::new("c1"));
    let mut tx = db.store.begin().await.expect("begin");
    tx.enqueue(&job, noon(), &Lane::slack(), Priority::OtherCard);
    tx.commit().await.expect("commit");
    let hour = Duration::from_hours(1);
    let before = db.store.claim("a", noon(), hour, 1).await.expect("a claim");
    assert!(!before[0].previous_run_died);
    db.store.close().await;
    let url = db.url.clone();
    let _home = db.let_go();

    let again = Store::open(&url, 2).await.expect("it opens");
    let after = again.claim("b", later(1), hour, 1).await.expect("a claim");
    assert_eq!(after[0].job, job);
    assert!(after[0].previous_run_died);
}

/// Nobody's commit moves the log, until it is very long: that is done beside them.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_moved_into_the_file_beside_commits() {
    let db = Db::sqlite().await;
    let filler = "x".repeat(100_000);
    for n in 0..100 {
        let id = format!("{n} {filler}");
        assert!(db.store.first_delivery(&id, noon()).await.expect("stored"));
    }
    let path = db.url.trim_start_matches("sqlite://");
    let size = || std::fs::metadata(path).expect("a file").len();
    let before = size();
    assert!(before < 1_000_000, "ten megabytes are in the log: {before}");
    db.store.checkpoint().await.expect("moved");
    let after = size();
    assert!(after > 10_000_000, "now they are in the file: {after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_file_says_busy_and_is_fine_afterwards() {
    let db = Db::sqlite().await;
    let mut holder = db.raw().await;
    holder.execute("BEGIN IMMEDIATE").await.expect("the lock");
    let waiting = (0..5).map(|_| {
        let store = db.store.clone();
        tokio::spawn(async move { store.begin().await.map(drop) })
    });
    // The lock is held until all of them have given up.
    for waited in waiting.collect::<Vec<_>>() {
        let outcome = waited.await.expect("no panic");
        let busy = outcome.expect_err("it is locked");
        assert!(
            matches!(busy, StoreError::Busy) && busy.is_retryable(),
            "{busy}"
        );
    }
    assert_eq!(
        db.store
            .request_by_number(request(1, "U1", "prod").number)
            .await
            .expect("reads go on"),
        None
    );
    holder.execute("ROLLBACK").await.expect("let go");
    stored(&db.store, 1, "U1", "prod").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_connections_are_told_and_replaced() {
    let db = Db::postgres().await;
    let mut tx = db.store.begin().await.expect("begin");
    tx.insert_request(&request(1, "U1", "prod"))
        .await
        .expect("insert");
    let mut raw = db.raw().await;
    raw.execute(
        "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .await
    .expect("everybody else is thrown out");
    let lost = tx.commit().await.expect_err("the answer is lost");
    assert!(
        matches!(lost, StoreError::Unavailable(_)) && lost.is_retryable(),
        "{lost}"
    );
    stored(&db.store, 1, "U1", "prod").await;
    raw.close().await.expect("closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_never_shows_the_password() {
    let url = "postgres://lapse:hunter2@127.0.0.1:1/lapse";
    let error = Store::open(url, 2).await.expect_err("nobody listens there");
    assert!(!error.to_string().contains("hunter2"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}
