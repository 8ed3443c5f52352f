//! F3: killed after Tailscale applied a write and before that was recorded.
//!
//! Nobody knows then whether it was applied: the next bot looks, and if it writes at all it
//! writes the same again. The end that people were told stays the end.

use super::{
    FOR_EVER, HOUR, ONE_MORE_CALL, PLENTY_OF_CALLS, THREE_CALLS, ada_is_approved, use_up_the_calls,
};
use crate::on_both_databases;
use crate::support::faults::HeldWriters;
use crate::support::world::{ADA, ADAS_MAC, Base, PROD_SSH, Setup, World};
use lapse::domain::request::Request;
use lapse::sandbox::tailscale::{Fault, Route};

on_both_databases!(
    killed_before_the_answer,
    killed_before_it_is_read_back,
    killed_while_it_is_read_back,
    killed_before_it_is_recorded,
    killed_while_it_is_removed,
);

/// The bot dies where it stands; a new one finds the access open and leaves its end alone.
async fn a_new_bot_confirms_it(mut world: World, request: &Request, held: Option<HeldWriters>) {
    let told = world.grant_of(request).await.ends_at;
    let expiry = |world: &World| {
        let attribute = world.tailnet.attribute(ADAS_MAC, PROD_SSH);
        attribute.expect("it is open").expiry
    };
    assert_eq!(expiry(&world), Some(told), "Tailscale applied it");
    assert_eq!(
        world.trail(request).await,
        ["requested", "approved"],
        "nobody recorded that"
    );
    world.kill_bot().await;
    if let Some(held) = held {
        held.let_go().await;
    }
    world.tailnet.clear_faults();
    world.rewrite_tailscale_keys(PLENTY_OF_CALLS);
    world.start_bot().await;
    world.recover().await;

    let grant = world.the_promise_holds(request).await;
    assert_eq!(grant.ends_at, told);
    assert_eq!(expiry(&world), Some(told), "the end did not move");
    assert_eq!(
        world.milestones(request).await,
        ["requested", "approved", "activated"]
    );
    let on_the_key = |write: &lapse::sandbox::tailscale::Write| write.node == ADAS_MAC;
    let writes = world
        .tailnet
        .writes()
        .into_iter()
        .filter(on_the_key)
        .count();
    assert_eq!(world.writes_of(&grant).len(), writes, "and nothing else");
    world.card(ADA, "is open on").await;

    world.advance(HOUR);
    world.settle().await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}

/// F3: applied; the answer is still on its way.
async fn killed_before_the_answer(base: Base) {
    let world = World::on(base).await;
    world
        .tailnet
        .fault(Route::WriteAttribute, Fault::AppliedThenSlow(FOR_EVER), 1);
    let request = ada_is_approved(&world).await;
    it_is_applied(&world).await;
    a_new_bot_confirms_it(world, &request, None).await;
}

/// F3: the answer has come; it was not read back.
async fn killed_before_it_is_read_back(base: Base) {
    let (world, request) = written_and_not_read_back(base).await;
    a_new_bot_confirms_it(world, &request, None).await;
}

/// F3: it is being read back.
async fn killed_while_it_is_read_back(base: Base) {
    let world = World::on(base).await;
    world
        .tailnet
        .fault(Route::ReadAttributes, Fault::Latency(FOR_EVER), usize::MAX);
    let request = ada_is_approved(&world).await;
    world
        .eventually("it is being read back", || {
            !world.tailnet.calls_of(Route::ReadAttributes).is_empty()
        })
        .await;
    a_new_bot_confirms_it(world, &request, None).await;
}

/// F3: it was read back; that it is active is not stored.
async fn killed_before_it_is_recorded(base: Base) {
    let (world, request) = written_and_not_read_back(base).await;
    let held = world.hold_writers().await;
    world.advance(ONE_MORE_CALL);
    world
        .eventually("it was read back", || {
            let calls = world.tailnet.calls_of(Route::ReadAttributes);
            calls.iter().filter(|call| call.status.is_some()).count() == 2
        })
        .await;
    a_new_bot_confirms_it(world, &request, Some(held)).await;
}

/// F3, for ending: Tailscale removed it, and the answer is still on its way.
async fn killed_while_it_is_removed(base: Base) {
    let mut world = World::on(base).await;
    let request = ada_is_approved(&world).await;
    world.settle().await;
    world
        .tailnet
        .fault(Route::RemoveAttribute, Fault::AppliedThenSlow(FOR_EVER), 1);
    world.advance(HOUR);
    world
        .eventually("the removal is under way", || {
            !world.tailnet.calls_of(Route::RemoveAttribute).is_empty()
        })
        .await;
    assert!(!world.trail(&request).await.contains(&"ended"));
    world.restart_bot().await;
    world.recover().await;

    world.the_promise_holds(&request).await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(world.trail(&request).await.last(), Some(&"ended"));
    world.card(ADA, "ended").await;
    world.nothing_was_refused();
}

/// Marked, written, and out of calls: the answer has come and nobody has looked.
async fn written_and_not_read_back(base: Base) -> (World, Request) {
    let world = Setup::on(base).tailscale_keys(THREE_CALLS).start().await;
    use_up_the_calls(&world).await;
    let request = ada_is_approved(&world).await;
    let calls = world.tailnet.calls_of(Route::Device).len();
    world.advance(ONE_MORE_CALL);
    world
        .eventually("the device is read", || {
            world.tailnet.calls_of(Route::Device).len() > calls
        })
        .await;
    world
        .until_stored(
            "SELECT COUNT(*) FROM grants WHERE state = 'applying' AND write_mark = 'sent'",
        )
        .await;
    world.advance(ONE_MORE_CALL);
    it_is_applied(&world).await;
    world
        .eventually("Tailscale has answered", || {
            let calls = world.tailnet.calls_of(Route::WriteAttribute);
            calls.iter().all(|call| call.status == Some(200))
        })
        .await;
    let reads = world.tailnet.calls_of(Route::ReadAttributes).len();
    assert_eq!(reads, 1, "Linus's; Ada's waits for the next call");
    (world, request)
}

async fn it_is_applied(world: &World) {
    world
        .eventually("it is applied", || {
            world.tailnet.has_attribute(ADAS_MAC, PROD_SSH)
        })
        .await;
}
