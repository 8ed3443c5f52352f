//! F1: killed at each point between the commit of an approval and the write to Tailscale.
//!
//! The points, in order: the approval is committed and nobody has claimed it; claimed, nothing
//! asked yet; the device is being read; it was read and the write is not marked yet; marked and
//! not sent; sent and not applied; refused for a moment and waiting for the next try. A killed
//! owner's lease ends by itself; a start on one's own SQLite file does not even wait for that.

use super::{
    FOR_EVER, HOUR, ONE_MORE_CALL, PLENTY_OF_CALLS, THREE_CALLS, ada_is_approved, use_up_the_calls,
};
use crate::on_both_databases;
use crate::support::faults::HeldWriters;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, PROD_SSH, Setup, World};
use lapse::domain::request::Request;
use lapse::sandbox::tailscale::{Fault, Route};
use lapse::store::Lane;
use std::time::Duration;

on_both_databases!(
    killed_before_the_claim,
    killed_before_the_device_is_read,
    killed_while_the_device_is_read,
    killed_before_the_write_is_marked,
    killed_before_the_write_is_sent,
    killed_while_the_write_is_under_way,
    killed_between_two_tries,
    killed_again_while_it_recovers,
);

const UNCLAIMED: &str = "SELECT COUNT(*) FROM outbox WHERE kind = 'sync_key' AND owner IS NULL";
const CLAIMED: &str = "SELECT COUNT(*) FROM outbox WHERE kind = 'sync_key' AND owner IS NOT NULL";
const PUT_OFF: &str = "SELECT COUNT(*) FROM outbox WHERE kind = 'sync_key' AND attempts = 1";
const UNMARKED: &str =
    "SELECT COUNT(*) FROM grants WHERE state = 'applying' AND write_mark = 'untouched'";
const MARKED: &str = "SELECT COUNT(*) FROM grants WHERE state = 'applying' AND write_mark = 'sent'";

/// The bot dies where it stands; a new one brings the approval to its end in time.
async fn a_new_bot_opens_it(mut world: World, request: &Request, held: Option<HeldWriters>) {
    assert!(
        !world.tailnet.has_attribute(ADAS_MAC, PROD_SSH),
        "nothing is open yet"
    );
    let approved_at = world.grant_of(request).await.approved_at;
    world.kill_bot().await;
    if let Some(held) = held {
        held.let_go().await;
    }
    world.tailnet.clear_faults();
    world.rewrite_tailscale_keys(PLENTY_OF_CALLS);
    world.start_bot().await;
    world.recover().await;

    let grant = world.the_promise_holds(request).await;
    assert_eq!(grant.ends_at, approved_at + HOUR, "the end did not move");
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH), "it opened");
    assert_eq!(world.writes_of(&grant).len(), 1);
    assert_eq!(
        world.milestones(request).await,
        ["requested", "approved", "activated"]
    );
    world.card(ADA, "is open on").await;
    world.nothing_was_refused();
}

/// F1: the approval is committed, and nobody has claimed what follows from it.
async fn killed_before_the_claim(base: Base) {
    let world = World::on(base).await;
    let until = world.clocks.now() + Duration::from_secs(1);
    let paused = world.app().store.pause(&Lane::tailscale(), until).await;
    paused.expect("Tailscale asked for a pause");
    let request = ada_is_approved(&world).await;
    assert_eq!(world.count(UNCLAIMED).await, 1);
    a_new_bot_opens_it(world, &request, None).await;
}

/// F1: claimed; Tailscale has not been asked anything.
async fn killed_before_the_device_is_read(base: Base) {
    let world = Setup::on(base).tailscale_keys(THREE_CALLS).start().await;
    use_up_the_calls(&world).await;
    let request = ada_is_approved(&world).await;
    let calls = world.tailnet.calls().len();
    world.until_stored(CLAIMED).await;
    assert_eq!(world.tailnet.calls().len(), calls, "nothing was asked");
    assert_eq!(world.count(UNMARKED).await, 1);
    a_new_bot_opens_it(world, &request, None).await;
}

/// F1: Tailscale is being asked about the device.
async fn killed_while_the_device_is_read(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let before = world.tailnet.calls_of(Route::Device).len();
    world
        .tailnet
        .fault(Route::Device, Fault::Latency(FOR_EVER), usize::MAX);
    world.click(GRACE, "INC-42 db failover", "approve").await;
    world
        .eventually("the device is being read", || {
            world.tailnet.calls_of(Route::Device).len() > before
        })
        .await;
    a_new_bot_opens_it(world, &request, None).await;
}

/// F1: the device was read; that a write is coming is not stored yet.
async fn killed_before_the_write_is_marked(base: Base) {
    let world = Setup::on(base).tailscale_keys(THREE_CALLS).start().await;
    use_up_the_calls(&world).await;
    let request = ada_is_approved(&world).await;
    world.until_stored(CLAIMED).await;
    let answered = || {
        let calls = world.tailnet.calls_of(Route::Device);
        calls.iter().filter(|call| call.status.is_some()).count()
    };
    let before = answered();
    let held = world.hold_writers().await;
    world.advance(ONE_MORE_CALL);
    world
        .eventually("the device was read", || answered() > before)
        .await;
    assert_eq!(world.count(UNMARKED).await, 1);
    a_new_bot_opens_it(world, &request, Some(held)).await;
}

/// F1: that a write is coming is stored; it is not sent.
async fn killed_before_the_write_is_sent(base: Base) {
    let world = Setup::on(base).tailscale_keys(THREE_CALLS).start().await;
    use_up_the_calls(&world).await;
    let request = ada_is_approved(&world).await;
    world.until_stored(CLAIMED).await;
    world.advance(ONE_MORE_CALL);
    world.until_stored(MARKED).await;
    let sent = world.tailnet.calls_of(Route::WriteAttribute).len();
    assert_eq!(sent, 1, "Linus's; Ada's is not sent");
    a_new_bot_opens_it(world, &request, None).await;
}

/// F1: the write is on its way and was not applied.
async fn killed_while_the_write_is_under_way(base: Base) {
    let world = World::on(base).await;
    world
        .tailnet
        .fault(Route::WriteAttribute, Fault::Latency(FOR_EVER), 1);
    let request = ada_is_approved(&world).await;
    the_write_is_under_way(&world).await;
    assert_eq!(world.count(MARKED).await, 1);
    a_new_bot_opens_it(world, &request, None).await;
}

/// F1: Tailscale was not well; the next try is stored for later.
async fn killed_between_two_tries(base: Base) {
    let world = World::on(base).await;
    world
        .tailnet
        .fault(Route::WriteAttribute, Fault::Status(503), usize::MAX);
    let request = ada_is_approved(&world).await;
    world.until_stored(PUT_OFF).await;
    a_new_bot_opens_it(world, &request, None).await;
}

/// F1: the bot that was to recover it dies as well, at another point.
async fn killed_again_while_it_recovers(base: Base) {
    let mut world = World::on(base).await;
    world
        .tailnet
        .fault(Route::WriteAttribute, Fault::Latency(FOR_EVER), 1);
    let request = ada_is_approved(&world).await;
    the_write_is_under_way(&world).await;
    world
        .tailnet
        .fault(Route::ReadAttributes, Fault::Latency(FOR_EVER), usize::MAX);
    world.restart_bot().await;
    world.a_lease_passes().await;
    world.advance(Duration::from_secs(1));
    world
        .eventually("it looks what became of the write", || {
            !world.tailnet.calls_of(Route::ReadAttributes).is_empty()
        })
        .await;
    a_new_bot_opens_it(world, &request, None).await;
}

async fn the_write_is_under_way(world: &World) {
    world
        .eventually("the write is under way", || {
            !world.tailnet.calls_of(Route::WriteAttribute).is_empty()
        })
        .await;
}
