//! Several grants on one key: one attribute on one device.

use super::{HALF_AN_HOUR, HOUR, MINUTE, SECOND};
use crate::on_both_databases;
use crate::support::world::{
    ADA, ADAS_MAC, Base, CI_RUNNER, GRACE, LINUS, PROD_SSH, PROFILES, Setup, World,
};
use chrono::{DateTime, Utc};
use lapse::domain::request::Request;
use lapse::sandbox::slack::Submitted;
use lapse::sandbox::tailscale::Route;
use std::time::Duration;

on_both_databases!(
    the_later_end_holds_the_key_and_the_shorter_one_leaves_it_alone,
    giving_back_the_longer_one_brings_the_key_to_the_end_of_the_shorter,
    other_peoples_grants_on_a_shared_device_are_never_touched,
    another_value_is_refused_at_submit_and_fails_at_apply,
);

fn end_on(world: &World, node: &str) -> Option<DateTime<Utc>> {
    world.tailnet.attribute(node, PROD_SSH)?.expiry
}

async fn approved(world: &World, who: &str, node: &str, duration: Duration) -> Request {
    let reply = world
        .fill_and_submit(who, "prod-ssh", Some(node), duration, "INC-42")
        .await;
    assert_eq!(reply.outcome, Submitted::Updated, "{:?}", reply.reply);
    let request = world.newest_request(who).await;
    world.press(GRACE, &request, "approve").await;
    world.settle().await;
    world.advance(5 * SECOND);
    world.settle().await;
    request
}

/// A second request while the first is open is its own grant; the key ends with the later one.
async fn the_later_end_holds_the_key_and_the_shorter_one_leaves_it_alone(base: Base) {
    let world = World::on(base).await;
    let short = approved(&world, ADA, ADAS_MAC, HALF_AN_HOUR).await;
    let long = approved(&world, ADA, ADAS_MAC, HOUR).await;
    let end = world.grant_of(&long).await.ends_at;
    assert_eq!(end_on(&world, ADAS_MAC), Some(end));
    let third = approved(&world, ADA, ADAS_MAC, HALF_AN_HOUR).await;
    assert_eq!(end_on(&world, ADAS_MAC), Some(end), "not cut short");
    for request in [&short, &long, &third] {
        assert_eq!(world.state_of(request).await, "active");
    }
    assert_eq!(world.calls(Route::WriteAttribute), 2);

    world.pass(31 * MINUTE).await;
    assert_eq!(world.state_of(&short).await, "ended");
    assert_eq!(world.state_of(&third).await, "ended");
    assert_eq!(world.state_of(&long).await, "active");
    assert_eq!(end_on(&world, ADAS_MAC), Some(end), "still open");
    assert_eq!(world.calls(Route::RemoveAttribute), 0);
    world.pass(HALF_AN_HOUR).await;
    assert_eq!(world.state_of(&long).await, "ended");
    assert_eq!(end_on(&world, ADAS_MAC), None);
    world.promises_hold(&[&short, &long, &third]).await;
}

/// The holder gives the longer one back: the attribute then lasts as long as the shorter one.
async fn giving_back_the_longer_one_brings_the_key_to_the_end_of_the_shorter(base: Base) {
    let world = World::on(base).await;
    let short = approved(&world, ADA, ADAS_MAC, HALF_AN_HOUR).await;
    let long = approved(&world, ADA, ADAS_MAC, HOUR).await;
    world.press(ADA, &long, "release").await;
    world.settle().await;
    assert_eq!(world.state_of(&long).await, "ended");
    assert_eq!(world.state_of(&short).await, "active");
    let end = world.grant_of(&short).await.ends_at;
    assert_eq!(end_on(&world, ADAS_MAC), Some(end));
    world.press(ADA, &short, "release").await;
    world.settle().await;
    assert_eq!(end_on(&world, ADAS_MAC), None);
    assert_eq!(world.state_of(&short).await, "ended");
    world.promises_hold(&[&short, &long]).await;
}

/// Revoking one of two leaves the other, whichever it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revoking_one_leaves_the_other() {
    for revoked in [0, 1] {
        let world = World::on(Base::Sqlite).await;
        let both = [
            approved(&world, ADA, ADAS_MAC, HALF_AN_HOUR).await,
            approved(&world, ADA, ADAS_MAC, HOUR).await,
        ];
        world.revoke(GRACE, &both[revoked], "not needed").await;
        world.settle().await;
        let left = &both[1 - revoked];
        assert_eq!(world.state_of(&both[revoked]).await, "ended");
        assert_eq!(world.state_of(left).await, "active");
        let end = world.grant_of(left).await.ends_at;
        assert_eq!(end_on(&world, ADAS_MAC), Some(end));
        world.promises_hold(&[&both[0], &both[1]]).await;
    }
}

/// On a shared device each holder's grant is theirs: ending one never ends another's.
async fn other_peoples_grants_on_a_shared_device_are_never_touched(base: Base) {
    let shared = format!("{PROFILES}\ndevices = \"own-and-tagged\"\ndevice_tags = [\"tag:ci\"]\n");
    let world = Setup::on(base).profiles(&shared).start().await;
    let linus = approved(&world, LINUS, CI_RUNNER, HALF_AN_HOUR).await;
    let ada = approved(&world, ADA, CI_RUNNER, HOUR).await;
    let end = world.grant_of(&linus).await.ends_at;
    world.revoke(GRACE, &ada, "wrong machine").await;
    world.settle().await;
    assert_eq!(world.state_of(&ada).await, "ended");
    assert_eq!(world.state_of(&linus).await, "active");
    assert_eq!(end_on(&world, CI_RUNNER), Some(end), "Linus' own end");

    let again = approved(&world, ADA, CI_RUNNER, HOUR).await;
    world.pass(HALF_AN_HOUR).await;
    assert_eq!(world.state_of(&linus).await, "ended");
    assert_eq!(world.state_of(&again).await, "active");
    let end = world.grant_of(&again).await.ends_at;
    assert_eq!(end_on(&world, CI_RUNNER), Some(end));
    world.promises_hold(&[&linus, &ada, &again]).await;
}

/// The profile writes another value after a restart: what is live keeps the key; a new wish is
/// refused, and what was pending fails at apply without a write.
async fn another_value_is_refused_at_submit_and_fails_at_apply(base: Base) {
    let profile = |value: u8| {
        format!(
            "{PROFILES}\nvalue = {value}\ndevices = \"own-and-tagged\"\ndevice_tags = [\"tag:ci\"]\n"
        )
    };
    let mut world = Setup::on(base).profiles(&profile(1)).start().await;
    let reply = world
        .fill_and_submit(LINUS, "prod-ssh", Some(CI_RUNNER), HOUR, "asked before")
        .await;
    assert_eq!(reply.outcome, Submitted::Updated);
    let waiting = world.newest_request(LINUS).await;
    let open = approved(&world, ADA, CI_RUNNER, HOUR).await;
    let writes = world.tailnet.writes();

    world.rewrite_profiles(&profile(2));
    world.restart_bot().await;
    let reply = world
        .fill_and_submit(ADA, "prod-ssh", Some(CI_RUNNER), HOUR, "once more")
        .await;
    let Submitted::Errors(errors) = &reply.outcome else {
        panic!("asked all the same: {:?}", reply.outcome);
    };
    let told = "custom:prodSsh is open on that device with another value until";
    assert!(
        errors.values().any(|error| error.contains(told)),
        "{errors:?}"
    );

    world.advance(5 * SECOND);
    // The first click shows what changed, the second agrees to it.
    world.press(GRACE, &waiting, "approve").await;
    world.settle().await;
    let waiting = world.request(&waiting).await;
    world.press(GRACE, &waiting, "approve").await;
    world.settle().await;
    assert_eq!(world.state_of(&waiting).await, "failed");
    let clash = "the same attribute is open on that device with another value";
    world.card(LINUS, clash).await;
    world.card(GRACE, clash).await;
    assert_eq!(world.tailnet.writes(), writes, "without a write");
    assert_eq!(world.state_of(&open).await, "active");

    world.press(ADA, &open, "release").await;
    world.settle().await;
    world.advance(5 * SECOND);
    world.press(LINUS, &waiting, "retry").await;
    world.settle().await;
    assert_eq!(world.state_of(&waiting).await, "active");
    world.promises_hold(&[&waiting, &open]).await;
}
