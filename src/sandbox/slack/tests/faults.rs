//! What goes wrong on purpose, seen from the caller's side.

use std::time::Duration;

use serde_json::json;

use super::world::world;
use crate::sandbox::slack::{Fault, Outcome, Times};

fn hello() -> serde_json::Value {
    json!({ "channel": "U0ADA", "text": "Hello" })
}

#[tokio::test]
async fn a_reset_call_was_not_applied_and_a_lost_answer_was() {
    let world = world().await;
    let ada = world.slack.person("U0ADA");
    let post = || world.request("chat.postMessage").json(&hello()).send();

    world
        .slack
        .fail("chat.postMessage", Fault::Reset, Times::Once);
    assert!(post().await.is_err());
    assert_eq!(ada.messages().len(), 0);

    world
        .slack
        .fail("chat.postMessage", Fault::AppliedThenLost, Times::Once);
    assert!(post().await.is_err());
    assert_eq!(ada.messages().len(), 1);

    let fault = Fault::AppliedThenStatus(503);
    world.slack.fail("chat.postMessage", fault, Times::Once);
    assert_eq!(post().await.unwrap().status(), 503);
    assert_eq!(ada.messages().len(), 2);

    assert_eq!(post().await.unwrap().status(), 200);
    let applied: Vec<bool> = world
        .slack
        .calls()
        .iter()
        .map(|call| call.outcome.applied())
        .collect();
    assert_eq!(applied, [false, true, true, true]);
    assert_eq!(world.slack.calls()[0].outcome, Outcome::Reset);
}

#[tokio::test]
async fn a_planned_429_holds_until_its_time_has_passed() {
    let world = world().await;
    let pause = Fault::RateLimited { retry_after: 30 };
    world
        .slack
        .fail_in("chat.postMessage", "U0ADA", pause, Times::Once);
    let limited = world.call("chat.postMessage", hello()).await;
    assert_eq!(limited.status, 429);
    assert_eq!(limited.headers["retry-after"], "30");

    let other = json!({ "channel": "U0GRACE", "text": "Hello" });
    assert_eq!(world.call("chat.postMessage", other).await.status, 200);
    world.clock.advance(Duration::from_secs(29));
    assert_eq!(world.call("chat.postMessage", hello()).await.status, 429);
    assert_eq!(world.slack.impatient_calls().len(), 1);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.call("chat.postMessage", hello()).await.status, 200);
}

#[tokio::test]
async fn slack_can_be_down_and_come_up_again() {
    let world = world().await;
    world.slack.down();
    assert!(world.request("auth.test").send().await.is_err());
    world.slack.up();
    assert_eq!(world.call("auth.test", json!({})).await.body["ok"], true);

    world
        .slack
        .fail("auth.test", Fault::error("account_inactive"), Times::Always);
    let dead = world.call("auth.test", json!({})).await;
    assert_eq!(dead.error(), "account_inactive");
    world.slack.clear_faults();
    assert_eq!(world.call("auth.test", json!({})).await.body["ok"], true);
}

#[tokio::test]
async fn a_call_is_served_although_its_caller_hung_up() {
    let world = world().await;
    let fault = Fault::AppliedThenSlow(Duration::from_mins(1));
    world.slack.fail("chat.postMessage", fault, Times::Once);
    let post = world
        .request("chat.postMessage")
        .json(&hello())
        .timeout(Duration::from_millis(200));
    assert!(post.send().await.unwrap_err().is_timeout());
    assert_eq!(world.slack.person("U0ADA").messages().len(), 1);
}

#[tokio::test]
async fn after_a_shutdown_nobody_answers() {
    let world = world().await;
    world.slack.shutdown();
    let patience = Duration::from_secs(5);
    let refused = async {
        while world.request("auth.test").send().await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(patience, refused).await.is_ok());
}
