//! Answers that never arrive, and answers that say nothing.

use super::{HOUR, NEXT_TRY, SECOND};
use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, PROD_SSH, SECURITY_CHANNEL, World};
use lapse::domain::grant::HeldBy;
use lapse::sandbox::tailscale::{ALL_SCOPES, Change, ExpiryStyle, Fault, Route, WriteAnswer};
use std::time::Duration;

on_both_databases!(
    f15_what_was_applied_is_confirmed_by_reading_and_not_written_again,
    f15_a_write_that_never_arrived_is_sent_again_with_the_same_bytes,
    unclear_is_removed_first_and_failed_afterwards,
);

/// F15: Tailscale applied the write and the answer was lost, or was an error.
async fn f15_what_was_applied_is_confirmed_by_reading_and_not_written_again(base: Base) {
    for fault in [Fault::AppliedThenLost, Fault::AppliedThenStatus(504)] {
        let world = World::on(base).await;
        let approved_at = world.clocks.now();
        world.tailnet.fault(Route::WriteAttribute, fault, 1);
        let request = world.ada_asks_and_grace_approves(HOUR).await;
        world.settle().await;
        assert_eq!(world.state_of(&request).await, "applying", "{fault:?}");
        world.advance(2 * SECOND);
        world.settle().await;
        assert_eq!(world.state_of(&request).await, "active", "{fault:?}");
        assert_eq!(world.tailnet.writes().len(), 1, "{fault:?}");
        let attribute = world.tailnet.attribute(ADAS_MAC, PROD_SSH);
        let expiry = attribute.expect("it is open").expiry;
        assert_eq!(expiry, Some(approved_at + HOUR), "{fault:?}");
        world.promises_hold(&[&request]).await;
    }
}

/// F15: nobody knows, it was not applied, and reading fails too for a while: all that is ever
/// sent are the same bytes, and the end does not move.
async fn f15_a_write_that_never_arrived_is_sent_again_with_the_same_bytes(base: Base) {
    let world = World::on(base).await;
    let approved_at = world.clocks.now();
    let tailnet = &world.tailnet;
    tailnet.fault(Route::WriteAttribute, Fault::Reset, 2);
    tailnet.fault(Route::WriteAttribute, Fault::AppliedThenLost, 1);
    tailnet.fault(Route::ReadAttributes, Fault::Status(502), 1);
    tailnet.fault(Route::ReadAttributes, Fault::NotJson(200), 1);
    let request = world.ada_asks_and_grace_approves(HOUR).await;
    world.settle().await;
    world.pass_slowly(2 * NEXT_TRY, 5 * SECOND).await;
    assert_eq!(world.state_of(&request).await, "active");
    let sent = tailnet.calls_of(Route::WriteAttribute);
    assert_eq!(sent.len(), 3);
    assert!(sent.iter().all(|call| call.body == sent[0].body));
    let writes = tailnet.writes();
    assert!(writes.iter().all(|write| write.change == writes[0].change));
    let attribute = tailnet.attribute(ADAS_MAC, PROD_SSH);
    let expiry = attribute.expect("it is open").expiry;
    assert_eq!(expiry, Some(approved_at + HOUR), "the end does not move");
    world.promises_hold(&[&request]).await;
}

/// F15: the bot dies between the lost answer and the next look; the restart looks first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f15_a_restart_after_a_lost_answer_looks_before_it_writes() {
    let mut world = World::on(Base::Sqlite).await;
    world
        .tailnet
        .fault(Route::WriteAttribute, Fault::AppliedThenLost, 1);
    let request = world.ada_asks_and_grace_approves(HOUR).await;
    world.settle().await;
    world.restart_bot().await;
    world.pass_slowly(5 * SECOND, SECOND).await;
    assert_eq!(world.state_of(&request).await, "active");
    assert_eq!(world.tailnet.writes().len(), 1);
    world.promises_hold(&[&request]).await;
}

/// F16: the status decides and reading back confirms, whatever the body says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f16_an_empty_answer_is_as_good_as_any() {
    for answer in [
        WriteAnswer::Null,
        WriteAnswer::EmptyObject,
        WriteAnswer::Attributes,
    ] {
        let world = World::on(Base::Sqlite).await;
        world.tailnet.answer_writes_with(answer);
        let request = world.ada_asks_and_grace_approves(HOUR).await;
        world.settle().await;
        assert_eq!(world.state_of(&request).await, "active", "{answer:?}");
        assert_eq!(world.calls(Route::WriteAttribute), 1, "{answer:?}");
        world.press(ADA, &request, "release").await;
        world.settle().await;
        assert_eq!(world.state_of(&request).await, "ended", "{answer:?}");
        assert_eq!(world.calls(Route::PatchAttributes), 1, "{answer:?}");
        world.promises_hold(&[&request]).await;
    }
}

/// F16: an answer of 200 is no proof: what is not there when it is read back is not active.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f16_nothing_is_active_that_is_not_there_when_it_is_read_back() {
    let world = World::on(Base::Sqlite).await;
    let slow = Fault::Latency(Duration::from_millis(200));
    world.tailnet.fault(Route::ReadAttributes, slow, 1);
    let request = world.ada_asks_and_grace_approves(HOUR).await;
    world
        .eventually("it is being read back", || {
            world.calls(Route::ReadAttributes) == 1
        })
        .await;
    world
        .tailnet
        .remove_attribute(ADAS_MAC, PROD_SSH)
        .expect("it was there");
    world.settle().await;
    assert_eq!(world.state_of(&request).await, "applying");
    let held_by = world.grant_of(&request).await.held_by;
    assert_eq!(held_by, Some(HeldBy::NotShown), "that is what cards say");
    assert!(!world.ada_reads().contains("is open on"));
    world.pass_slowly(5 * SECOND, SECOND).await;
    assert_eq!(world.state_of(&request).await, "active");
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.promises_hold(&[&request]).await;
}

/// Read-back compares in whole seconds, whatever fraction or zone is printed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expiry_is_understood_however_it_is_printed() {
    for style in [
        ExpiryStyle::Seconds,
        ExpiryStyle::Milliseconds,
        ExpiryStyle::ShiftedZone,
    ] {
        let world = World::on(Base::Sqlite).await;
        world.tailnet.print_expiries_as(style);
        let request = world.ada_asks_and_grace_approves(HOUR).await;
        world.settle().await;
        assert_eq!(world.state_of(&request).await, "active", "{style:?}");
        assert_eq!(world.calls(Route::WriteAttribute), 1, "{style:?}");
        world.promises_hold(&[&request]).await;
    }
}

/// A write that may have been applied, then a refusal for good: removed first, failed only when
/// that was answered; until then the cards say that nobody knows.
async fn unclear_is_removed_first_and_failed_afterwards(base: Base) {
    let world = World::on(base).await;
    let tailnet = &world.tailnet;
    tailnet.fault(Route::WriteAttribute, Fault::AppliedThenLost, 1);
    let request = world.ada_asks_and_grace_approves(HOUR).await;
    world.settle().await;
    assert!(tailnet.has_attribute(ADAS_MAC, PROD_SSH), "it was applied");
    tailnet.set_scopes(["devices:core:read", "devices:posture_attributes:read"]);
    tailnet.deauthorize(ADAS_MAC).expect("it is there");
    world.pass_slowly(5 * SECOND, SECOND).await;
    assert_eq!(world.state_of(&request).await, "ending");
    for who in [ADA, GRACE] {
        let card = world.card(who, "we don't know what Tailscale did").await;
        assert!(card.says("Removing it; it closes at"));
        assert!(card.value_of("retry").is_none());
    }
    let security = world.slack.channel_messages(SECURITY_CHANNEL);
    let told = |message: &lapse::sandbox::slack::Message| message.says("whose answer was lost");
    assert!(security.iter().any(told));

    tailnet.set_scopes(ALL_SCOPES);
    world.pass_slowly(NEXT_TRY, 10 * SECOND).await;
    assert!(!tailnet.has_attribute(ADAS_MAC, PROD_SSH), "it is removed");
    let last = tailnet.writes().pop().expect("it was removed");
    assert_eq!(last.change, Change::Removed);
    assert_eq!(world.state_of(&request).await, "failed");
    world.card(ADA, "It may have been open until").await;
    world.card(GRACE, "It may have been open until").await;
    assert_eq!(
        world.trail(&request).await,
        [
            "requested",
            "approved",
            "ending_began",
            "security_told",
            "ended"
        ]
    );

    tailnet.authorize(ADAS_MAC).expect("it is there");
    world.press(ADA, &request, "retry").await;
    world.settle().await;
    assert_eq!(world.state_of(&request).await, "active");
    world.promises_hold(&[&request]).await;
}

/// The same with a permanent refusal of the look itself: the attribute is not left behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unclear_and_unreadable_for_good_is_removed_too() {
    let world = World::on(Base::Sqlite).await;
    world
        .tailnet
        .fault(Route::ReadAttributes, Fault::Status(403), usize::MAX);
    let request = world.ada_asks_and_grace_approves(HOUR).await;
    world.settle().await;
    world.pass_slowly(NEXT_TRY, 10 * SECOND).await;
    assert_eq!(world.state_of(&request).await, "failed");
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.card(GRACE, "devices:posture_attributes").await;
    world.promises_hold(&[&request]).await;
}
