//! Every statement is understood by both databases, and none of them reads a whole history.

use crate::store::Db;
use lapse::store::{Flavor, sql};
use sqlx::{AssertSqlSafe, Executor, Row, SqlSafeStr};

/// Tables that grow with every request, or with the backlog.
const LARGE: [&str; 11] = [
    "requests",
    "reviews",
    "grants",
    "cards",
    "audit_events",
    "outbox",
    "deliveries",
    "people",
    "identity_pins",
    "homes",
    "home_watches",
];

async fn both_databases_understand(db: Db, flavor: Flavor) {
    let mut raw = db.raw().await;
    for (name, statement) in sql::all() {
        assert!(
            !statement.on(flavor).contains("SELECT *"),
            "{name} lists its columns"
        );
        let prepared = raw.prepare(statement.on(flavor).into_sql_str()).await;
        assert!(
            prepared.is_ok(),
            "{name}: {}",
            prepared.err().map(|e| e.to_string()).unwrap_or_default()
        );
    }
}

#[tokio::test]
async fn sqlite_prepares_every_statement() {
    both_databases_understand(Db::sqlite().await, Flavor::Sqlite).await;
}

#[tokio::test]
async fn postgres_prepares_every_statement() {
    both_databases_understand(Db::postgres().await, Flavor::Postgres).await;
}

/// A plan's line such as `SCAN requests` means that every row is read. The outbox's depth is
/// counted in its index; claims walk theirs in order and stop at their limit.
#[tokio::test]
async fn sqlite_never_scans_what_grows() {
    let db = Db::sqlite().await;
    let mut raw = db.raw().await;
    for (name, statement) in sql::all() {
        let explain = format!("EXPLAIN QUERY PLAN {}", statement.on(Flavor::Sqlite));
        let plan = raw
            .fetch_all(AssertSqlSafe(explain))
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        for line in plan {
            let line: String = line.try_get("detail").expect("a plan has details");
            // `ready` is the outbox under the name that claims give it: in order, up to a limit.
            if line.starts_with("SEARCH ready") {
                let in_order = match name {
                    "CLAIM" => "USING INDEX outbox_ready (lane_group=?)",
                    _ => "USING INDEX outbox_next (lane_group=?)",
                };
                assert!(line.contains(in_order), "{name}: {line}");
            }
            let Some(table) = line.strip_prefix("SCAN ") else {
                continue;
            };
            let word = table.split_whitespace().next().unwrap_or_default();
            let is_large = LARGE.contains(&word) || word == "ready";
            assert!(!is_large || name == "DEPTH", "{name}: {line}");
            // What waits and what is open is bounded, and has indexes of its own.
            if word == "pending" || word == "open" {
                let own = ["requests_pending", "grants_open"];
                assert!(
                    own.iter().any(|index| line.contains(index)),
                    "{name}: {line}"
                );
            }
            // Requests and reviews under their short names; a list is a page by then.
            let is_page = [
                "OF_REQUESTER",
                "PENDING_IN_PROFILE",
                "WAITING_OF_REQUESTER",
                "WAITING_IN_PROFILE",
            ]
            .contains(&name);
            assert!(word != "v" && (word != "r" || is_page), "{name}: {line}");
        }
    }
}
