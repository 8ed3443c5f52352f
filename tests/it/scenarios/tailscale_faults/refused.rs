//! Tailscale says no: 401, 403, 404.

use super::{HALF_AN_HOUR, HOUR, MINUTE, SECOND};
use crate::on_both_databases;
use crate::support::world::{
    ADA, ADAS_MAC, Base, GRACE, LINUS, LINUS_BOX, PROD_SSH, SECURITY_CHANNEL, Setup, World,
};
use lapse::sandbox::slack::Submitted;
use lapse::sandbox::tailscale::{ALL_SCOPES, Fault, Route};
use std::time::Duration;

on_both_databases!(
    f9_thirty_two_effects_with_a_dead_token_fetch_one_new_token,
    f9_security_hears_once_of_a_refused_client,
    f10_a_missing_scope_is_named_and_try_again_opens_it_later,
);

/// As many as the worker performs side by side.
const SIDE_BY_SIDE: usize = 32;

/// F9: the token dies while 32 effects are about to use it; one is fetched, all go on with it.
async fn f9_thirty_two_effects_with_a_dead_token_fetch_one_new_token(base: Base) {
    let world = Setup::on(base)
        .tailscale_keys("calls_per_second = 1000")
        .slack(|setup| super::fleet::people(setup, SIDE_BY_SIDE))
        .tailnet(|setup| super::fleet::devices(setup, SIDE_BY_SIDE))
        .start()
        .await;
    let template = world.ada_asks_and_grace_approves(HOUR).await;
    world.settle().await;
    let minted = world.calls(Route::Token);

    world.tailnet.forget_tokens();
    world
        .tailnet
        .fault(Route::Device, Fault::Latency(SECOND / 20), SIDE_BY_SIDE);
    let fleet = world.approve_fleet(&template, SIDE_BY_SIDE, |_| HOUR).await;
    world.fleet_reaches("active", &fleet).await;

    assert_eq!(world.calls(Route::Token), minted + 1, "one fresh token");
    let refused = world.tailnet.calls_of(Route::Device);
    let refused = refused.iter().filter(|call| call.status == Some(401));
    assert!(refused.count() > 1, "several held the dead one");
    for number in 0..SIDE_BY_SIDE {
        let node = super::fleet::node(number);
        assert!(world.tailnet.has_attribute(&node, PROD_SSH), "{node}");
    }
}

/// F9: when the fresh token is refused as well, it is over after two calls, and people are told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f9_a_token_that_is_refused_even_when_fresh_fails_the_grant() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let (devices, tokens) = (world.calls(Route::Device), world.calls(Route::Token));
    world.tailnet.fault(Route::Device, Fault::Status(401), 2);
    world.press(GRACE, &request, "approve").await;
    world.settle().await;

    assert_eq!(world.calls(Route::Device), devices + 2);
    assert_eq!(world.calls(Route::Token), tokens + 1);
    world.card(ADA, "401, even with a fresh token").await;
    world.card(GRACE, "401, even with a fresh token").await;
    assert!(world.tailnet.writes().is_empty());
    world.press(ADA, &request, "retry").await;
    world.settle().await;
    assert_eq!(world.state_of(&request).await, "active");
    world.promises_hold(&[&request]).await;
}

/// F9: no token at all can be mended by an operator: it waits, asks once a minute, and goes on
/// by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f9_a_refused_client_is_tried_once_a_minute_until_it_works() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let secret = world.tailnet.client_secret();
    world.tailnet.rotate_secret("somebody-rotated-it");
    world.tailnet.forget_tokens();
    let minted = world.calls(Route::Token);
    world.press(GRACE, &request, "approve").await;
    world.settle().await;
    world.pass_slowly(5 * MINUTE, 10 * SECOND).await;
    let asked = world.calls(Route::Token) - minted;
    assert!((2..=6).contains(&asked), "once a minute, not {asked} times");
    for who in [ADA, GRACE] {
        let card = world
            .card(who, "not open yet: Tailscale refuses our OAuth client: 401")
            .await;
        assert!(card.says("an operator can mend it"), "{:?}", card.texts());
    }
    world.nobody_was_told(&["has not answered"]);

    world.tailnet.rotate_secret(&secret);
    world.pass_slowly(2 * MINUTE, 10 * SECOND).await;
    assert_eq!(world.state_of(&request).await, "active");
    world.promises_hold(&[&request]).await;
}

/// F9: security hears of a refused client at once, and once, however many it keeps waiting;
/// what ends meanwhile says why it never opened.
async fn f9_security_hears_once_of_a_refused_client(base: Base) {
    let world = World::on(base).await;
    let first = world.ada_asks(HOUR, "INC-42 db failover").await;
    let other = world
        .fill_and_submit(LINUS, "prod-ssh", Some(LINUS_BOX), HALF_AN_HOUR, "another")
        .await;
    assert_eq!(other.outcome, Submitted::Updated);
    let other = world.newest_request(LINUS).await;
    world.tailnet.rotate_secret("somebody-rotated-it");
    world.tailnet.forget_tokens();
    world.press(GRACE, &first, "approve").await;
    world.settle().await;
    let told = || {
        let all = world.slack.channel_messages(SECURITY_CHANNEL);
        all.iter()
            .filter(|message| message.says("refuses our OAuth client: 401"))
            .count()
    };
    assert_eq!(told(), 1, "at once");
    world.card(ADA, "has been told").await;

    world.press(GRACE, &other, "approve").await;
    world.pass_slowly(HALF_AN_HOUR, MINUTE).await;
    assert_eq!(told(), 1, "once");
    assert_eq!(
        world.trail(&first).await,
        ["requested", "approved", "delayed", "security_told"]
    );
    let trail = world.trail(&other).await;
    assert!(!trail.contains(&"security_told"), "{trail:?}");
    assert_eq!(trail.last(), Some(&"ended"));
    world
        .card(LINUS, ", but Tailscale refused our OAuth client (401)")
        .await;
    assert!(world.tailnet.writes().is_empty());
    world.promises_hold(&[&first, &other]).await;
}

/// F10: no retry; approver, requester and security hear which scope is missing; once it is
/// granted, *Try again* opens it, and the end has not moved.
async fn f10_a_missing_scope_is_named_and_try_again_opens_it_later(base: Base) {
    let world = World::on(base).await;
    let approved_at = world.clocks.now();
    world
        .tailnet
        .set_scopes(["devices:core:read", "devices:posture_attributes:read"]);
    let request = world.ada_asks_and_grace_approves(HOUR).await;
    world.settle().await;
    world.advance(2 * SECOND);
    world.settle().await;

    let missing = "devices:posture_attributes";
    for who in [ADA, GRACE] {
        let card = world.card(who, missing).await;
        assert!(card.says("403"), "{:?}", card.texts());
        assert!(card.says("Nothing was granted"), "{:?}", card.texts());
        assert!(card.value_of("retry").is_some(), "{who} can try again");
    }
    let security = world.slack.channel_messages(SECURITY_CHANNEL);
    assert!(security.iter().any(|message| message.says(missing)));
    world.card(ADA, "has been told").await;
    world.pass(10 * MINUTE).await;
    assert_eq!(world.calls(Route::WriteAttribute), 1, "no retry");

    world.tailnet.set_scopes(ALL_SCOPES);
    world.press(ADA, &request, "retry").await;
    world.settle().await;
    let attribute = world.tailnet.attribute(ADAS_MAC, PROD_SSH);
    assert_eq!(
        attribute.expect("it is open").expiry,
        Some(approved_at + HOUR),
        "the end does not move"
    );
    world.card(ADA, "is open on").await;
    world.card(ADA, "Opened late").await;
    assert_eq!(
        world.trail(&request).await,
        [
            "requested",
            "approved",
            "failed",
            "security_told",
            "retried",
            "activated"
        ]
    );
    world.promises_hold(&[&request]).await;
}

/// F10: trying again while the scope is still missing fails again and says so again; whoever
/// may review can press it too; after the end nobody can.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f10_trying_again_too_early_fails_again_and_ends_at_the_stored_end() {
    let world = World::on(Base::Sqlite).await;
    world
        .tailnet
        .set_scopes(["devices:core:read", "devices:posture_attributes:read"]);
    let request = world.ada_asks_and_grace_approves(HOUR).await;
    world.settle().await;
    world.press(GRACE, &request, "retry").await;
    world.settle().await;
    assert_eq!(world.calls(Route::WriteAttribute), 2);
    assert_eq!(world.state_of(&request).await, "failed");

    world.pass(HOUR).await;
    assert_eq!(world.state_of(&request).await, "ended");
    for who in [ADA, GRACE] {
        let button = world.message_with(who, &request, "retry");
        assert!(button.is_none(), "{who} still has {button:?}");
    }
    assert_eq!(world.calls(Route::WriteAttribute), 2);
    assert!(world.tailnet.writes().is_empty());
    world.promises_hold(&[&request]).await;
}

/// F10: a scope that is missing for reading the device is named as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f10_the_scope_for_reading_devices_is_named_too() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    world.tailnet.set_scopes(["devices:posture_attributes"]);
    world.press(GRACE, &request, "approve").await;
    world.settle().await;
    let card = world.card(GRACE, "devices:core:read").await;
    assert!(card.says("403"));
    assert_eq!(world.calls(Route::WriteAttribute), 0);
    world.promises_hold(&[&request]).await;
}

/// F11: the device is gone: failed after one call, and people are told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f11_a_device_that_is_gone_costs_one_call_and_people_are_told() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    world.tailnet.remove_device(ADAS_MAC).expect("it was there");
    let calls = world.tailnet.calls().len();
    world.press(GRACE, &request, "approve").await;
    world.settle().await;
    assert_eq!(world.tailnet.calls().len(), calls + 1, "one call");
    for who in [ADA, GRACE] {
        let card = world.card(who, "not in the tailnet any more").await;
        assert!(card.says("Nothing was granted"));
        assert!(world.message_with(who, &request, "retry").is_none());
    }
    let own = world.message_with(ADA, &request, "ask_again");
    assert!(own.is_some(), "trying the same again can never help");
    world.pass(Duration::from_mins(4)).await;
    assert_eq!(world.calls(Route::WriteAttribute), 0);
    assert_eq!(world.state_of(&request).await, "failed");
    world.promises_hold(&[&request]).await;
}
