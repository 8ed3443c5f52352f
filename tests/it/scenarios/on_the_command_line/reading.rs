//! `lapse grants`, `lapse audit` and `lapse health`, beside a running bot and without one.

use super::{Call, FINE, Outcome, folder_with, name};
use crate::on_both_databases;
use crate::support::postgres::Database;
use crate::support::world::{ADAS_MAC, Base, GRACE, PROD_SSH, World};
use lapse::domain::request::Request;
use serde_json::Value;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

on_both_databases!(
    what_is_open_is_shown_beside_a_running_bot,
    the_trail_is_shown_beside_a_running_bot,
    a_reader_changes_nothing,
);

/// Calls a reading command on the database of a world.
async fn read(world: &World, arguments: &[&str]) -> Outcome {
    let (_folder, path) = folder_with(FINE);
    let url = world.database_url();
    Call::new(arguments)
        .with("LAPSE_CONFIG", name(&path))
        .with("DATABASE_URL", &url)
        .run_beside()
        .await
}

async fn opened(world: &World) -> Request {
    let request = world.ada_asks(HOUR, "INC-42: db failover").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    request
}

async fn what_is_open_is_shown_beside_a_running_bot(base: Base) {
    let world = World::on(base).await;
    let nothing = read(&world, &["grants"]).await;
    assert_eq!(
        (nothing.status, nothing.out.as_str()),
        (0, "Nothing is open.\n"),
        "{nothing:?}"
    );
    let none = read(&world, &["grants", "--json"]).await;
    assert_eq!(none.out.trim(), "[]");

    let request = opened(&world).await;
    let number = request.number.to_string();
    let table = read(&world, &["grants"]).await;
    assert_eq!(table.status, 0, "{table:?}");
    let lines: Vec<&str> = table.out.lines().collect();
    assert_eq!(lines.len(), 2, "{}", table.out);
    for part in [
        &number,
        "Ada Lovelace",
        "prod-ssh",
        ADAS_MAC,
        "active",
        "2027-01-15 09:00:00",
    ] {
        assert!(lines[1].contains(part), "{part} is not in {}", lines[1]);
    }

    let json = read(&world, &["grants", "--json"]).await;
    let rows: Value = serde_json::from_str(&json.out).expect("JSON");
    let row = &rows[0];
    assert_eq!(row["request"], number);
    assert_eq!(row["person"]["email"], "ada@example.com");
    assert_eq!(row["device"], ADAS_MAC);
    assert_eq!(row["profile"], "prod-ssh");
    assert_eq!(row["attribute"], PROD_SSH);
    assert_eq!(row["value"], true);
    assert_eq!(row["ends_at"], "2027-01-15T09:00:00Z");

    world.pass(HOUR).await;
    world.settle().await;
    let over = read(&world, &["grants"]).await;
    assert_eq!(over.out, "Nothing is open.\n");
    world.nothing_was_refused();
}

async fn the_trail_is_shown_beside_a_running_bot(base: Base) {
    let world = World::on(base).await;
    let request = opened(&world).await;
    let number = request.number.to_string();
    let trail = read(&world, &["audit", &number]).await;
    assert_eq!(trail.status, 0, "{trail:?}");
    let lines: Vec<&str> = trail.out.lines().collect();
    assert_eq!(lines.len(), 3, "{}", trail.out);
    assert!(lines[0].contains("Ada Lovelace <ada@example.com>  asked for Production SSH"));
    assert!(lines[0].contains("“INC-42: db failover”"), "{}", lines[0]);
    assert!(
        lines[1].contains("Grace Hopper <grace@example.com>  said"),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].contains("Lapse  read back from Tailscale that it is open"),
        "{}",
        lines[2]
    );

    let lower = number.to_lowercase();
    let json = read(&world, &["audit", &lower, "--json"]).await;
    let events: Vec<Value> = json
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let numbers: Vec<u64> = events.iter().filter_map(|e| e["number"].as_u64()).collect();
    assert_eq!(numbers, [1, 2, 3]);

    // The story is told in 2027; a hundred years reach it from whenever this runs.
    for since in ["36500d", "9999999999d", "99999999999999d"] {
        let all = read(&world, &["audit", "--since", since, "--json"]).await;
        assert_eq!(all.status, 0, "{since}: {all:?}");
        assert!(all.out.lines().count() >= 3, "{since}: {}", all.out);
    }
    world.nothing_was_refused();
}

async fn a_reader_changes_nothing(base: Base) {
    let world = World::on(base).await;
    let request = opened(&world).await;
    let number = request.number.to_string();
    let (writes, calls) = (world.tailnet.writes().len(), world.slack.calls().len());
    let before = world.trail(&request).await;
    for arguments in [
        vec!["grants"],
        vec!["grants", "--json"],
        vec!["audit", &number],
        vec!["audit", "--since", "36500d"],
    ] {
        assert_eq!(read(&world, &arguments).await.status, 0);
    }
    assert_eq!(world.trail(&request).await, before);
    assert_eq!(world.tailnet.writes().len(), writes);
    assert_eq!(world.slack.calls().len(), calls);
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_request_is_a_sentence() {
    let world = World::on(Base::Sqlite).await;
    let unknown = read(&world, &["audit", "REQ-ZZZZ"]).await;
    assert_eq!(unknown.status, 2, "{unknown:?}");
    assert!(
        unknown.errors.contains("There is no REQ-ZZZZ"),
        "{}",
        unknown.errors
    );
    for (arguments, told) in [
        (vec!["audit", "no-number"], "looks like REQ-7F3K"),
        (vec!["audit", "--since", "yesterday"], "as 24h or 7d is"),
        (vec!["audit"], "<REQUEST>"),
        (
            vec!["audit", "REQ-0001", "--since", "1h"],
            "cannot be used with",
        ),
    ] {
        let outcome = read(&world, &arguments).await;
        assert_eq!(outcome.status, 2, "{outcome:?}");
        assert!(outcome.errors.contains(told), "{told}: {}", outcome.errors);
        assert_eq!(outcome.out, "");
    }
}

#[test]
fn before_the_first_start_there_is_nothing_to_read() {
    let (folder, _) = folder_with(FINE);
    for arguments in [
        vec!["grants"],
        vec!["audit", "REQ-0001"],
        vec!["audit", "--since", "1h"],
    ] {
        let outcome = Call::new(&arguments).inside(folder.path()).run();
        assert_eq!(outcome.status, 2, "{outcome:?}");
        assert!(
            outcome.errors.contains("There are no records in"),
            "{}",
            outcome.errors
        );
        assert!(outcome.errors.contains("lapse.db"), "{}", outcome.errors);
        assert!(
            outcome.errors.contains("`lapse serve` makes them"),
            "{}",
            outcome.errors
        );
    }
    assert!(
        !folder.path().join("lapse.db").exists(),
        "reading makes no database"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_the_first_start_an_empty_postgres_is_no_defect() {
    let database = Database::create().await;
    let (_folder, path) = folder_with(FINE);
    let outcome = Call::new(&["grants", "--config", name(&path)])
        .with("DATABASE_URL", &database.url)
        .run_beside()
        .await;
    assert_eq!(outcome.status, 2, "{outcome:?}");
    assert!(
        outcome.errors.contains("`lapse serve` makes them"),
        "{}",
        outcome.errors
    );
    assert!(!outcome.errors.contains("defect"), "{}", outcome.errors);
}

#[test]
fn a_database_that_does_not_answer_is_told_without_its_password() {
    let (_folder, path) = folder_with(FINE);
    let outcome = Call::new(&["grants", "--config", name(&path)])
        .with("DATABASE_URL", "postgres://lapse:hunter2@127.0.0.1:1/lapse")
        .run();
    assert_eq!(outcome.status, 2, "{outcome:?}");
    assert!(
        outcome.errors.contains("did not answer"),
        "{}",
        outcome.errors
    );
    assert!(
        outcome.errors.contains("Nothing was changed"),
        "{}",
        outcome.errors
    );
    assert!(!outcome.errors.contains("hunter2"), "{}", outcome.errors);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_tells_a_living_server_from_none() {
    let world = World::on(Base::Sqlite).await;
    let url = format!("http://{}", world.address());
    for url in [url.clone(), format!("{url}/"), format!("{url}/healthz")] {
        let alive = Call::new(&["health", "--url", &url]).run_beside().await;
        assert_eq!(alive.status, 0, "{alive:?}");
        assert_eq!(alive.errors, "");
    }
    let dead = Call::new(&["health", "--url", "http://127.0.0.1:1"])
        .run_beside()
        .await;
    assert_eq!(dead.status, 1, "{dead:?}");
    assert!(
        dead.errors.contains("nothing lives there"),
        "{}",
        dead.errors
    );
    assert!(dead.errors.contains("--url"), "{}", dead.errors);
    let odd = Call::new(&["health", "--url", "nonsense"])
        .run_beside()
        .await;
    assert_eq!(odd.status, 1, "{odd:?}");
}
