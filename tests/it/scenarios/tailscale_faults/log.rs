//! What Tailscale's own audit log keeps, byte for byte as it came in.

use super::HOUR;
use crate::support::world::{ADA, ADAS_MAC, Base, PROD_SSH, World};
use chrono::SecondsFormat;
use lapse::sandbox::tailscale::Route;
use serde_json::{Value, json};
use std::time::Duration;

/// The path keeps its colon, the expiry is in whole seconds and UTC, the comment names people.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_says_who_and_until_when_in_the_form_that_tailscale_documents() {
    let world = World::on(Base::Sqlite).await;
    world.advance(Duration::from_millis(1_234));
    let request = world.ada_asks_and_grace_approves(HOUR).await;
    world.settle().await;
    let writes = world.tailnet.calls_of(Route::WriteAttribute);
    assert_eq!(writes.len(), 1);
    assert_eq!(
        writes[0].path,
        format!("/api/v2/device/{ADAS_MAC}/attributes/{PROD_SSH}")
    );
    let grant = world.grant_of(&request).await;
    let body: Value = serde_json::from_str(&writes[0].body).expect("JSON");
    assert_eq!(
        body,
        json!({
            "value": true,
            "expiry": grant.ends_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            "comment": format!(
                "{} ada@example.com ok:grace@example.com | INC-42 db failover",
                request.number
            ),
        })
    );
    let expiry = body["expiry"].as_str().expect("text");
    assert!(expiry.ends_with('Z') && expiry.len() == "2027-01-15T09:00:01Z".len());
    assert_eq!(grant.ends_at.timestamp_subsec_millis(), 0);
    world.promises_hold(&[&request]).await;
}

/// A long justification in a wide script is cut at 200 bytes, on a character; people never are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_reason_is_cut_and_people_are_not() {
    let reason = format!("Störung\n\tin Zürich: {}", "数据库🔥".repeat(80));
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, &reason).await;
    world
        .press(crate::support::world::GRACE, &request, "approve")
        .await;
    world.settle().await;
    world.press(ADA, &request, "release").await;
    world.settle().await;
    let write = world.tailnet.calls_of(Route::WriteAttribute).remove(0);
    let body: Value = serde_json::from_str(&write.body).expect("JSON");
    let comment = body["comment"].as_str().expect("text");
    let people = format!("{} ada@example.com ok:grace@example.com | ", request.number);
    assert!(comment.starts_with(&format!("{people}Störung in Zürich: 数据库🔥")));
    assert!((190..=200).contains(&comment.len()), "{}", comment.len());
    assert!(!comment.chars().any(char::is_control));
    world.promises_hold(&[&request]).await;
}
