//! Tailscale says that there were too many calls, and for how long to be silent.

use super::{HOUR, MINUTE, SECOND};
use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, LINUS, LINUS_BOX, PROD_SSH, World};
use lapse::sandbox::slack::Submitted;
use lapse::sandbox::tailscale::{Fault, Route};
use std::time::Duration;

on_both_databases!(f13_not_one_call_falls_into_the_window);

/// F13: the write is answered with 429: not one call follows inside the window, on any key;
/// afterwards it opens by itself.
async fn f13_not_one_call_falls_into_the_window(base: Base) {
    silence_after(Route::WriteAttribute, base).await;
}

/// F13: the same when the device is read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_a_429_on_the_device_silences_everything() {
    silence_after(Route::Device, Base::Sqlite).await;
}

/// F13: the same when the attribute is read back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_a_429_on_the_read_back_silences_everything() {
    silence_after(Route::ReadAttributes, Base::Sqlite).await;
}

async fn silence_after(route: Route, base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let fault = Fault::StatusWithRetryAfter(429, 40);
    world.tailnet.fault(route, fault, 1);
    world.press(GRACE, &request, "approve").await;
    world.settle().await;
    let calls = world.tailnet.calls().len();
    let other = world
        .fill_and_submit(LINUS, "prod-ssh", Some(LINUS_BOX), HOUR, "another key")
        .await;
    assert_eq!(other.outcome, Submitted::Updated);
    let other = world.newest_request(LINUS).await;
    world.press(GRACE, &other, "approve").await;
    world.pass_slowly(39 * SECOND, 3 * SECOND).await;
    assert_eq!(world.tailnet.calls().len(), calls, "silence");
    assert_eq!(world.state_of(&request).await, "applying");
    let late = world
        .card(ADA, "not open yet: Tailscale asked us to wait until")
        .await;
    world
        .card(LINUS, "not open yet: it has been waiting for Tailscale")
        .await;
    world.nobody_was_told(&["has not answered"]);
    assert!(late.value_of("release").is_some());

    world.pass_slowly(MINUTE, 5 * SECOND).await;
    assert_eq!(world.state_of(&request).await, "active");
    assert_eq!(world.state_of(&other).await, "active");
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert!(world.tailnet.calls_while_asked_to_wait().is_empty());
    world.promises_hold(&[&request, &other]).await;
}

/// F13: the timers that read devices and groups keep quiet as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_background_reading_keeps_quiet_too() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let fault = Fault::StatusWithRetryAfter(429, 900);
    world.tailnet.fault(Route::Device, fault, 1);
    world.press(GRACE, &request, "approve").await;
    world.settle().await;
    let calls = world.tailnet.calls().len();
    world
        .pass_slowly(Duration::from_secs(890), 20 * SECOND)
        .await;
    assert_eq!(world.tailnet.calls().len(), calls);
    world.pass_slowly(2 * MINUTE, 10 * SECOND).await;
    assert_eq!(world.state_of(&request).await, "active");
    assert!(world.tailnet.calls_while_asked_to_wait().is_empty());
    world.promises_hold(&[&request]).await;
}

/// F13: a restart does not forget that Tailscale asked for silence.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_a_restart_inside_the_window_keeps_quiet() {
    let mut world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let fault = Fault::StatusWithRetryAfter(429, 60);
    world.tailnet.fault(Route::Device, fault, 1);
    world.press(GRACE, &request, "approve").await;
    world.settle().await;
    world.restart_bot().await;
    world.pass_slowly(50 * SECOND, 5 * SECOND).await;
    let early = world.tailnet.calls_while_asked_to_wait();
    assert!(early.is_empty(), "{early:#?}");
    world.pass_slowly(MINUTE, 5 * SECOND).await;
    assert_eq!(world.state_of(&request).await, "active");
    world.promises_hold(&[&request]).await;
}
