//! Clocks that are off, or jump back.

use super::{HOUR, MINUTE, SECOND};
use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, PROD_SSH, Setup, World};
use lapse::cli::wiring::http_client;
use lapse::sandbox::tailscale::{Fault, Route};
use lapse::store::outbox::{Job, Lane, Priority};
use serde_json::Value;
use std::time::Duration;

on_both_databases!(
    f21_a_backwards_jump_loses_nothing_and_doubles_nothing,
    f21_a_backwards_jump_does_not_put_the_worker_to_sleep,
);

async fn page(world: &World, path: &str) -> (u16, String) {
    let url = format!("http://{}{path}", world.address());
    let client = http_client("http://127.0.0.1").expect("a client");
    let response = client.get(url).send().await.expect("answered");
    let status = response.status().as_u16();
    (status, response.text().await.expect("text"))
}

async fn skew_note(world: &World) -> Option<i64> {
    let (status, body) = page(world, "/readyz").await;
    assert_eq!(status, 200, "a wrong clock is a note, not a stop: {body}");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    let notes = body["notes"].as_array().expect("a list");
    let skew = notes.iter().find(|note| note["what"] == "clock_skew");
    skew.and_then(|note| note["seconds"].as_i64())
}

/// F21: more than 30 s against the `Date` of answers: a note and a metric; it goes when the
/// clock is set.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f21_skew_is_noted_and_measured() {
    let world = World::on(Base::Sqlite).await;
    assert_eq!(skew_note(&world).await, None);
    world.clocks.set_bot_back(Duration::from_secs(20));
    let request = world.ada_asks_and_grace_approves(HOUR).await;
    world.settle().await;
    assert_eq!(skew_note(&world).await, None, "20 s are no news");

    world.clocks.set_bot_back(MINUTE);
    world.press(ADA, &request, "release").await;
    world.settle().await;
    assert_eq!(skew_note(&world).await, Some(-80));
    let (_, metrics) = page(&world, "/metrics").await;
    assert!(metrics.contains("lapse_clock_skew_seconds"));

    world.slack.set_date_skew(0);
    world.nothing_was_refused();
}

/// F21: what Slack signed more than five minutes away from the bot's clock is refused, and
/// nothing changes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f21_a_clock_that_is_off_by_more_than_five_minutes_takes_no_clicks() {
    // Only what is posted carries a time.
    let world = Setup::on(Base::Sqlite).over_http().start().await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    world.settle().await;
    let message = world
        .message_with(GRACE, &request, "approve")
        .expect("a card");
    world.clocks.set_bot_back(Duration::from_secs(301));
    let reply = world.person(GRACE).click(&message, "approve").await;
    assert_eq!(reply.expect("answered").status, 401);
    assert!(world.request(&request).await.is_pending());
    world.advance(Duration::from_secs(1));
    assert!(world.tailnet.writes().is_empty());
}

/// F21: the bot's clock jumps back an hour at every stage of a grant; in the end everything
/// happened once, and the attribute ended when it should by Tailscale's clock.
async fn f21_a_backwards_jump_loses_nothing_and_doubles_nothing(base: Base) {
    const BACK: Duration = Duration::from_mins(4);
    let world = World::on(base).await;
    world.tailnet.fault(Route::WriteAttribute, Fault::Reset, 1);
    let request = world.ada_asks_and_grace_approves(HOUR).await;
    world.settle().await;
    let end = world.grant_of(&request).await.ends_at;
    world.clocks.set_bot_back(BACK);
    world.pass_slowly(BACK + 5 * SECOND, 10 * SECOND).await;
    assert_eq!(world.state_of(&request).await, "active");
    let attribute = world.tailnet.attribute(ADAS_MAC, PROD_SSH);
    assert_eq!(attribute.expect("open").expiry, Some(end));

    world.pass(57 * MINUTE).await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.pass_slowly(5 * MINUTE, 30 * SECOND).await;
    assert_eq!(world.state_of(&request).await, "ended");
    let trail = world.trail(&request).await;
    for once in ["approved", "activated", "ending_began", "ended"] {
        let times = trail.iter().filter(|name| **name == once).count();
        assert_eq!(times, 1, "{once} in {trail:?}");
    }
    assert_eq!(world.tailnet.writes().len(), 1);
    world.promises_hold(&[&request]).await;
}

/// F21: after a jump back the worker still looks for other replicas' work every second.
async fn f21_a_backwards_jump_does_not_put_the_worker_to_sleep(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks_and_grace_approves(HOUR).await;
    world.settle().await;
    world.clocks.set_bot_back(HOUR);
    let key = world.grant_of(&request).await.key;
    let reads = world.calls(Route::ReadAttributes);
    let mut tx = world.app().store.begin().await.expect("a transaction");
    tx.enqueue(
        &Job::SyncKey(key),
        world.clocks.now(),
        &Lane::tailscale(),
        Priority::Apply,
    );
    tx.commit().await.expect("committed");
    world.advance(2 * SECOND);
    world
        .eventually("the work of another replica is found", || {
            world.calls(Route::ReadAttributes) > reads
        })
        .await;
}

/// F21: a lease that ran out while its holder waited for Tailscale: the late completion is
/// fenced off, and the grant became active once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f21_a_late_completion_is_fenced() {
    let world = World::on(Base::Sqlite).await;
    let slow = Fault::AppliedThenSlow(Duration::from_millis(400));
    world.tailnet.fault(Route::WriteAttribute, slow, 1);
    let request = world.ada_asks_and_grace_approves(HOUR).await;
    world
        .eventually("the write is under way", || {
            world.calls(Route::WriteAttribute) == 1
        })
        .await;
    world.advance(31 * SECOND);
    world.settle().await;
    assert_eq!(world.state_of(&request).await, "active");
    world
        .eventually("the late answer has arrived", || {
            let writes = world.tailnet.calls_of(Route::WriteAttribute);
            writes.iter().all(|call| call.status.is_some())
        })
        .await;
    world.advance(SECOND);
    world.settle().await;
    let trail = world.trail(&request).await;
    let activated = trail.iter().filter(|name| **name == "activated").count();
    assert_eq!(activated, 1, "{trail:?}");
    let opened = world
        .person(ADA)
        .messages()
        .into_iter()
        .filter(|message| message.value_of("release").is_some() && message.says("for 1 h"));
    assert!(opened.count() <= 2, "the card and one line");
    let writes = world.tailnet.calls_of(Route::WriteAttribute);
    assert!(writes.iter().all(|call| call.body == writes[0].body));
    world.promises_hold(&[&request]).await;
}
