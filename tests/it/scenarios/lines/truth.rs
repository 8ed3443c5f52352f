//! Nobody is ever told that something is open before Tailscale's answer was read back.

use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, PROD_SSH, World};
use lapse::sandbox::tailscale::{Fault, Route};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const OPEN: [&str; 4] = [
    "is open on",
    "was opened on",
    "active until",
    "Lovelace has Production",
];
const ENDED: [&str; 5] = ["Given back", "⏹", "Ended", " ended ", "gave back"];

on_both_databases!(nobody_is_told_active_before_it_was_read_back);

/// Ways in which a write can stay unconfirmed for a while.
const TROUBLES: [(Route, Fault); 5] = [
    (Route::WriteAttribute, Fault::Status(500)),
    (Route::WriteAttribute, Fault::AppliedThenLost),
    (Route::WriteAttribute, Fault::StatusWithRetryAfter(429, 5)),
    (Route::ReadAttributes, Fault::Status(503)),
    (Route::Device, Fault::Reset),
];

async fn nobody_is_told_active_before_it_was_read_back(base: Base) {
    for (route, fault) in TROUBLES {
        let world = World::on(base).await;
        world.ada_asks(HOUR, "INC-42").await;
        world.card(GRACE, "asks for").await;
        world.settle().await;
        world.tailnet.fault(route, fault, usize::MAX);
        if route == Route::WriteAttribute {
            // What was applied and lost would be found by reading.
            world
                .tailnet
                .fault(Route::ReadAttributes, Fault::Status(503), usize::MAX);
        }
        world.click(GRACE, "asks for", "approve").await;
        world.settle().await;
        for _ in 0..5 {
            world.pass(Duration::from_secs(10)).await;
            world.nobody_was_told(&OPEN);
        }
        assert!(
            world.ever_told(ADA)[0].says("not open yet"),
            "{route:?}: after a while she reads why: {:#?}",
            world.ever_told(ADA)[0]
        );

        world.tailnet.clear_faults();
        for _ in 0..4 {
            world.pass(Duration::from_secs(20)).await;
        }
        assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH), "{route:?}");
        assert_eq!(world.news(ADA, "is open on"), 1, "{route:?}");
    }
}

/// A slow Tailscale: between the write and the answer nothing says "active".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_answer_is_waited_for() {
    let world = World::on(Base::Sqlite).await;
    world.ada_asks(HOUR, "INC-42").await;
    world.card(GRACE, "asks for").await;
    world.settle().await;
    let slow = Fault::AppliedThenSlow(Duration::from_millis(400));
    world.tailnet.fault(Route::WriteAttribute, slow, 1);
    world.click(GRACE, "asks for", "approve").await;
    let tailnet = &world.tailnet;
    world
        .eventually("it is written", || {
            tailnet.has_attribute(ADAS_MAC, PROD_SSH)
        })
        .await;
    world.nobody_was_told(&OPEN);
    world.advance(Duration::from_secs(2));
    world.card(GRACE, "applying…").await;
    world.nobody_was_told(&OPEN);
    world.card(ADA, "is open on").await;
    world.settle().await;
    assert_eq!(world.news(ADA, "is open on"), 1);
    world.nothing_was_refused();
}

/// And nobody is told that it ended before the removal was answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_told_ended_before_it_is() {
    let world = World::on(Base::Sqlite).await;
    world.ada_asks(HOUR, "INC-42").await;
    world.click(GRACE, "asks for", "approve").await;
    world.card(ADA, "is open on").await;
    world.settle().await;
    world
        .tailnet
        .fault(Route::PatchAttributes, Fault::Status(500), usize::MAX);
    world.click(ADA, "is open on", "release").await;
    world.settle().await;
    for _ in 0..5 {
        world.pass(Duration::from_secs(10)).await;
        for said in world.everything_ever_said() {
            let claims = ENDED.iter().any(|word| said.contains(word));
            let hedged = said.contains("closing…") || said.contains("not confirmed");
            assert!(!claims || hedged, "{said}");
        }
    }
    assert!(world.ever_told(ADA)[0].says("may stay open until"));

    world.tailnet.clear_faults();
    for _ in 0..4 {
        world.pass(Duration::from_secs(20)).await;
    }
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert!(world.ever_told(ADA)[0].says("Given back by Ada Lovelace"));
}
