//! Tailscale is away for a while, or until the end.

use super::{HALF_AN_HOUR, HOUR, MINUTE, NEXT_TRY, SECOND};
use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, PROD_SSH, Setup, World};
use lapse::sandbox::tailscale::{Change, Fault, Route};
use std::time::{Duration, Instant};

on_both_databases!(
    f14_ten_minutes_of_5xx_are_waited_out_without_anyone_acting,
    f14_an_outage_until_the_end_never_opens,
    f14_what_waited_drains_at_the_configured_rate_and_none_is_lost,
);

/// How many wait for the end of the outage: enough to show the rate in a debug build.
/// `LAPSE_TEST_FLEET` asks for another number.
const WAITING: usize = 300;
const CALLS_PER_SECOND: usize = 500;

/// F14: approved stays "applying", after 30 s it says so, and it opens once Tailscale answers;
/// the end has not moved.
async fn f14_ten_minutes_of_5xx_are_waited_out_without_anyone_acting(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    world
        .tailnet
        .fault(Route::Any, Fault::Status(503), usize::MAX);
    let approved_at = world.clocks.now();
    world.press(GRACE, &request, "approve").await;
    world.settle().await;
    world.advance(2 * SECOND);
    world.settle().await;
    world.card(ADA, "applying…").await;
    world.card(GRACE, "applying…").await;
    world.advance(29 * SECOND);
    world.settle().await;
    for who in [ADA, GRACE] {
        let card = world
            .card(who, "not open yet: Tailscale has not answered since")
            .await;
        assert_eq!(card.value_of("release").is_some(), who == ADA);
    }
    world.pass_slowly(10 * MINUTE, 30 * SECOND).await;
    assert_eq!(world.state_of(&request).await, "applying");
    assert!(world.tailnet.writes().is_empty());

    world.tailnet.clear_faults();
    world.pass_slowly(NEXT_TRY, 10 * SECOND).await;
    let attribute = world.tailnet.attribute(ADAS_MAC, PROD_SSH);
    assert_eq!(
        attribute.expect("it is open").expiry,
        Some(approved_at + HOUR)
    );
    world.card(ADA, "is open on").await;
    world.card(ADA, "opened late").await;
    assert_eq!(
        world.trail(&request).await,
        ["requested", "approved", "delayed", "activated"]
    );
    world.promises_hold(&[&request]).await;
}

/// F14: nothing was ever sent, so it ends as "never opened", and nothing is written later.
async fn f14_an_outage_until_the_end_never_opens(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HALF_AN_HOUR, "INC-42 db failover").await;
    world.tailnet.down();
    world.press(GRACE, &request, "approve").await;
    world.settle().await;
    world.pass_slowly(HALF_AN_HOUR, 2 * MINUTE).await;
    world.settle().await;
    for who in [ADA, GRACE] {
        let card = world.card(who, "It never opened").await;
        assert!(card.says("Tailscale could not be reached before"));
    }
    world.tailnet.up();
    world.pass(5 * MINUTE).await;
    assert!(world.tailnet.writes().is_empty());
    assert_eq!(
        world.trail(&request).await,
        ["requested", "approved", "delayed", "ended"]
    );
    world.promises_hold(&[&request]).await;
}

/// F14: whoever does not need it any more says so, and it does not open afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f14_a_delayed_grant_can_be_given_back() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    world.tailnet.down();
    world.press(GRACE, &request, "approve").await;
    world.settle().await;
    world.pass_slowly(MINUTE, 5 * SECOND).await;
    world.press(ADA, &request, "release").await;
    world.settle().await;
    world.tailnet.up();
    world.pass_slowly(NEXT_TRY, 10 * SECOND).await;
    assert_eq!(world.state_of(&request).await, "ended");
    assert!(world.tailnet.writes().is_empty());
    world.card(ADA, "Given back by").await;
    world.promises_hold(&[&request]).await;
}

/// F14: only the write fails: what was sent is read before it is sent again, always the same
/// bytes, and it opens when Tailscale takes it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f14_only_writes_fail_and_each_retry_sends_the_same_bytes() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    world
        .tailnet
        .fault(Route::WriteAttribute, Fault::Status(500), usize::MAX);
    world.press(GRACE, &request, "approve").await;
    world.settle().await;
    world.pass_slowly(5 * MINUTE, 15 * SECOND).await;
    world.tailnet.clear_faults();
    world.pass_slowly(NEXT_TRY, 10 * SECOND).await;
    assert_eq!(world.state_of(&request).await, "active");
    let sent = world.tailnet.calls_of(Route::WriteAttribute);
    assert!(sent.len() > 3, "it was tried again");
    assert!(sent.iter().all(|call| call.body == sent[0].body));
    let reads = world.calls(Route::ReadAttributes);
    assert!(reads >= sent.len(), "each retry looked first");
    assert_eq!(world.tailnet.writes().len(), 1);
    world.promises_hold(&[&request]).await;
}

/// F14: what waited for the end of the outage drains at the configured rate; none is lost and
/// none is written twice.
async fn f14_what_waited_drains_at_the_configured_rate_and_none_is_lost(base: Base) {
    let waiting =
        std::env::var("LAPSE_TEST_FLEET").map_or(WAITING, |count| count.parse().expect("a number"));
    let world = Setup::on(base)
        .tailscale_keys(&format!("calls_per_second = {CALLS_PER_SECOND}"))
        .slack(move |setup| super::fleet::people(setup, waiting))
        .tailnet(move |setup| super::fleet::devices(setup, waiting))
        .start()
        .await;
    let template = world.ada_asks_and_grace_approves(HOUR).await;
    world.settle().await;
    world.tailnet.down();
    let fleet = world.approve_fleet(&template, waiting, |_| HOUR).await;
    let all_tried = || world.calls(Route::Any) > waiting + 10;
    drain(&world, 20 * MINUTE, all_tried).await;
    world.advance(10 * MINUTE);
    world.tailnet.up();
    let (began, before) = (world.clocks.now(), world.tailnet.calls().len());
    let all_written = || world.tailnet.writes().len() > waiting;
    drain(&world, 20 * MINUTE, all_written).await;

    // The bucket may be full when Tailscale comes back; the device list is read by a timer.
    let calls: Vec<_> = world.tailnet.calls().drain(before..).collect();
    let paced = calls
        .iter()
        .filter(|call| !matches!(call.route, Route::Devices | Route::Token))
        .filter(|call| call.at >= began);
    for (number, call) in paced.enumerate() {
        let passed = (call.at - began).as_seconds_f64();
        let allowed = (passed + 1.0) * f64::from(u32::try_from(CALLS_PER_SECOND).expect("small"));
        let number = f64::from(u32::try_from(number).expect("small"));
        assert!(number <= allowed, "call {number} after {passed} s");
    }
    for request in &fleet {
        let grant = world.grant_of(request).await;
        let node = grant.key.node.as_str();
        let attribute = world.tailnet.attribute(node, PROD_SSH);
        assert_eq!(attribute.expect("open").expiry, Some(grant.ends_at));
        let trail = world.trail(request).await;
        let approvals = trail.iter().filter(|name| **name == "approved").count();
        assert_eq!(approvals, 1);
    }
    let set = |change: &Change| matches!(change, Change::Set { .. });
    let writes = world.tailnet.writes();
    assert_eq!(writes.len(), waiting + 1, "none twice");
    assert!(writes.iter().all(|write| set(&write.change)));
}

/// Moves time in small steps, at most so far, until something holds.
async fn drain(world: &World, at_most: Duration, done: impl Fn() -> bool) {
    const STEP: Duration = Duration::from_millis(25);
    /// In the machine's own time; the largest fleet takes minutes in a debug build.
    const STUCK: Duration = Duration::from_mins(10);
    let until = world.clocks.now() + at_most;
    let began = Instant::now();
    while !done() {
        assert!(world.clocks.now() < until, "not within {at_most:?}");
        assert!(began.elapsed() < STUCK, "stuck");
        world.advance(STEP);
        tokio::time::sleep(Duration::from_millis(4)).await;
    }
}
