//! Migrations: one step after the other onto data, and a newer one that this version has
//! never heard of.

use crate::store::Db;
use crate::store::samples::stored;
use lapse::store::{Flavor, MIGRATIONS, Store, migration_text};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};

/// Applies the migrations by hand, one after the other, with a row in every table that the
/// first of them made; then lets a store open what came out.
async fn step_by_step(flavor: Flavor, url: &str) {
    sqlx::any::install_default_drivers();
    let mut raw = AnyConnection::connect(url).await.expect("it answers");
    for (place, name) in MIGRATIONS.iter().enumerate() {
        let text = migration_text(flavor, place).expect("a migration has a text");
        raw.execute(AssertSqlSafe(text.to_owned()))
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        if place == 0 {
            raw.execute(
                "INSERT INTO people (id, name, standing, read_at) \
                 VALUES ('U1', 'Ada', 'member', 1790000000000)",
            )
            .await
            .expect("data of the first version");
        }
    }
    raw.close().await.expect("closed");
}

#[tokio::test]
async fn every_step_applies_onto_data() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lapse.db");
    std::fs::write(&file, "").expect("a file");
    step_by_step(Flavor::Sqlite, &format!("sqlite://{}", file.display())).await;
    let database = crate::support::postgres::Database::create().await;
    step_by_step(Flavor::Postgres, &database.url).await;
}

async fn nothing_is_applied_twice(db: Db) {
    let request = stored(&db.store, 1, "U1", "prod").await;
    db.store.close().await;
    let url = db.url.clone();
    let home = db.let_go();
    for _ in 0..2 {
        let store = Store::open(&url, 2).await.expect("it opens");
        let last = i64::try_from(MIGRATIONS.len()).expect("a small number");
        assert_eq!(store.schema_version().await.expect("read"), last);
        let kept = store.request(&request.id).await.expect("read");
        assert_eq!(kept.as_ref(), Some(&request));
        store.close().await;
    }
    drop(home);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_applied_twice_on_sqlite() {
    nothing_is_applied_twice(Db::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_applied_twice_on_postgres() {
    nothing_is_applied_twice(Db::postgres().await).await;
}

/// F33: a replica of the next version has added a column and a table; this version reads, writes
/// and starts beside it.
async fn a_newer_schema_is_no_obstacle(db: Db) {
    let before = stored(&db.store, 1, "U1", "prod").await;
    for statement in [
        "ALTER TABLE requests ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'",
        "CREATE TABLE wishes (id TEXT NOT NULL PRIMARY KEY)",
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         SELECT 9999, 'from the future', success, checksum, 1 FROM _sqlx_migrations",
    ] {
        db.tamper(statement).await.expect("the next version came");
    }
    // The running replica goes on,
    assert_eq!(
        db.store.request(&before.id).await.expect("read").as_ref(),
        Some(&before)
    );
    let meanwhile = stored(&db.store, 2, "U2", "prod").await;
    db.store.close().await;
    let url = db.url.clone();
    let home = db.let_go();
    // and one that starts now is ready too.
    let store = Store::open(&url, 2).await.expect("it opens");
    store.ping().await.expect("it is ready");
    assert_eq!(store.schema_version().await.expect("read"), 9999);
    assert_eq!(
        store.request(&meanwhile.id).await.expect("read"),
        Some(meanwhile)
    );
    stored(&store, 3, "U3", "prod").await;
    store.close().await;
    drop(home);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_no_obstacle_on_sqlite() {
    a_newer_schema_is_no_obstacle(Db::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_no_obstacle_on_postgres() {
    a_newer_schema_is_no_obstacle(Db::postgres().await).await;
}
