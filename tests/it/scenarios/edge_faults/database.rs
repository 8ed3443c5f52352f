//! The database locked, read-only, full, or set up to forget: F4, F22 and F23.

use super::asked;
use super::served::Served;
use crate::on_both_databases;
use crate::support::postgres::Database;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, PROD_SSH, Way, World};
use lapse::config;
use lapse::sandbox::slack::Submitted;
use lapse::store::{Store, StoreError};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
/// F22's bar: so long may "busy, try again" take, in real time.
const BUSY_WITHIN: Duration = Duration::from_millis(2_500);

/// Somebody else's connection to the same database.
async fn another(world: &World) -> AnyConnection {
    sqlx::any::install_default_drivers();
    let url = world.database_url();
    AnyConnection::connect(&url).await.expect("it connects")
}

on_both_databases!(a_locked_database_is_busy_and_nothing_is_acknowledged);

/// F22: another connection holds the database; clicks and forms are told so in time, nothing is
/// acknowledged without a commit, and afterwards the same click works. The lock is held until
/// every answer is there, however long that takes, which is what ten seconds would show.
async fn a_locked_database_is_busy_and_nothing_is_acknowledged(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    world.settle().await;
    let form = world.open_form(ADA).await;
    assert!(form.has_submit());
    let before = world.request(&request).await;

    let mut other = another(&world).await;
    match base {
        Base::Sqlite => other.execute("BEGIN IMMEDIATE").await.expect("locked"),
        Base::Postgres => {
            other.execute("BEGIN").await.expect("begun");
            let tables = "LOCK TABLE requests, audit_events, counters IN EXCLUSIVE MODE";
            other.execute(tables).await.expect("locked")
        }
    };
    let grace = world.person(GRACE);
    let click = grace.click_stale(&card, "approve").await.expect("answered");
    assert_eq!(click.status, 503, "no acknowledgement without a commit");
    if world.way == Way::Http {
        // Over Socket Mode that nothing is acknowledged shows only when Slack's patience ends.
        assert!(click.took < BUSY_WITHIN, "it took {:?}", click.took);
    }
    let says = world.whisper(GRACE).await;
    assert!(
        says.contains("busy") && says.contains("try again"),
        "{says}"
    );
    let ada = world.person(ADA);
    ada.choose("device", ADAS_MAC).await.expect("offered");
    ada.type_text("justification", "INC-43 meanwhile")
        .await
        .expect("typed");
    let submitted = ada.submit().await.expect("answered");
    assert!(
        submitted.reply.took < BUSY_WITHIN,
        "it took {:?}",
        submitted.reply.took
    );
    assert_eq!(submitted.outcome, Submitted::Updated);
    let says = submitted.reply.text();
    assert!(
        says.contains("busy") && says.contains("Nothing changed"),
        "{says}"
    );
    let (status, page) = asked(&world, "/readyz").await;
    assert_eq!(status, 503, "{page}");
    assert_eq!(asked(&world, "/healthz").await.0, 200);
    other.execute("ROLLBACK").await.expect("released");
    other.close().await.expect("closed");

    assert_eq!(world.request(&request).await, before);
    assert_eq!(world.trail(&request).await, ["requested"]);
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(asked(&world, "/readyz").await.0, 200);
    let again = grace.click_stale(&card, "approve").await.expect("answered");
    assert_eq!(again.status, 200);
    world.calm().await;
    assert!(
        world.tailnet.has_attribute(ADAS_MAC, PROD_SSH),
        "afterwards it works"
    );
    world.nothing_was_refused();
}

/// F23: the server has become read-only, as after a switch to its standby: every session is cut,
/// and the new ones may only read. Nothing is acknowledged, it is not ready, and when the server
/// takes writes again it recovers by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_postgres_acknowledges_nothing_and_recovers() {
    let world = World::on(Base::Postgres).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    world.settle().await;
    let url = world.database_url();
    let name = url.rsplit('/').next().expect("a name").to_owned();
    let become_read_only = async |how: &str| {
        let mut other = another(&world).await;
        let cut = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
        );
        // A session that may only read may not say otherwise for others.
        let statements = [
            "SET default_transaction_read_only = off".to_owned(),
            how.to_owned(),
            cut,
        ];
        for statement in statements {
            other.execute(AssertSqlSafe(statement)).await.expect("done");
        }
        other.close().await.expect("closed");
    };
    let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    become_read_only(&set).await;
    let grace = world.person(GRACE);
    let click = grace.click_stale(&card, "approve").await.expect("answered");
    assert_eq!(click.status, 503, "no acknowledgement without a commit");
    let (status, page) = asked(&world, "/readyz").await;
    assert_eq!(status, 503, "{page}");
    assert!(page.contains("database_read_only"), "{page}");
    assert_eq!(asked(&world, "/healthz").await.0, 200);

    become_read_only(&format!(
        "ALTER DATABASE {name} RESET default_transaction_read_only"
    ))
    .await;
    let (status, page) = asked(&world, "/readyz").await;
    assert_eq!(status, 200, "{page}");
    assert_eq!(world.trail(&request).await, ["requested"]);
    let again = grace.click_stale(&card, "approve").await.expect("answered");
    assert_eq!(again.status, 200);
    world.calm().await;
    assert!(
        world.tailnet.has_attribute(ADAS_MAC, PROD_SSH),
        "without a restart"
    );
}

/// F23: the disk takes no more: the kernel lets `lapse serve` make no file longer than its
/// write-ahead log is now. Nothing is acknowledged, it is not ready; when there is room again it
/// recovers without a restart. (A process of its own, because such a limit holds for all of one.)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_acknowledges_nothing_and_recovers() {
    let served = Served::start().await;
    let card = served.ada_asks().await;
    let grace = served.slack.person(GRACE);
    assert_eq!(served.asked("/readyz").await.0, 200);
    served.limit_files_to(Some(0));
    let (status, page) = served.asked("/readyz").await;
    assert_eq!(status, 503, "{page}");
    let click = grace.click_stale(&card, "approve").await.expect("answered");
    assert_eq!(click.status, 503, "no acknowledgement without a commit");
    assert_eq!(served.asked("/healthz").await.0, 200);
    assert!(served.tailnet.writes().is_empty());

    served.limit_files_to(None);
    let (status, page) = served.asked("/readyz").await;
    assert_eq!(status, 200, "{page}");
    let again = grace.click_stale(&card, "approve").await.expect("answered");
    assert_eq!(again.status, 200);
    served
        .until("the attribute is there", |served| {
            served.tailnet.has_attribute(ADAS_MAC, PROD_SSH)
        })
        .await;
    served.nothing_leaked();
}

/// F4: a URL that would make commits forgetful is a configuration error, and never starts.
#[test]
fn a_url_that_lowers_durability_is_refused() {
    for url in [
        "sqlite://lapse.db?synchronous=off",
        "sqlite://lapse.db?synchronous=NORMAL",
        "sqlite://lapse.db?mode=rwc&synchronous=1",
        "sqlite://lapse.db?mode=memory",
        "sqlite::memory:",
        "sqlite://lapse.db?immutable=1",
        "postgres://lapse@db/lapse?options=-c%20synchronous_commit%3Doff",
        "postgres://lapse@db/lapse?options[synchronous_commit]=off",
    ] {
        let environment = |name: &str| (name == "DATABASE_URL").then(|| url.to_owned());
        let report = config::read("", "lapse.toml", &environment);
        assert!(report.config.is_none(), "{url} is taken");
        let about = report.problems.iter().any(|problem| {
            let problem = problem.to_string();
            problem.contains("DATABASE_URL") && !problem.contains("lapse@db")
        });
        assert!(about, "{url}: {:?}", report.problems);
    }
}

/// F4: a server that was told to forget is noticed by the connection itself.
#[tokio::test]
async fn a_postgres_that_does_not_wait_for_its_disk_is_refused() {
    let database = Database::create().await;
    sqlx::any::install_default_drivers();
    let name = database.url.rsplit('/').next().expect("a name").to_owned();
    let mut admin = AnyConnection::connect(&database.url)
        .await
        .expect("it connects");
    let set = format!("ALTER DATABASE {name} SET synchronous_commit = off");
    admin.execute(AssertSqlSafe(set)).await.expect("set");
    admin.close().await.expect("closed");
    let refused = Store::open(&database.url, 2)
        .await
        .expect_err("not durable");
    assert!(matches!(refused, StoreError::NotDurable(_)), "{refused}");
}
