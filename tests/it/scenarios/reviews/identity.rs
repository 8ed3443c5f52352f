//! Who somebody is, read again when it matters.

use super::{HOUR, asked_by, fetch_card, let_cards_follow, refusals_of, wait_for_form};
use crate::on_both_databases;
use crate::support::world::{
    ADA, ADAS_MAC, Base, GRACE, LINUS, PROD_SSH, PROFILES, SAM, Setup, World,
};
use lapse::sandbox::slack::{Submitted, User};
use std::time::Duration;

const MALLORY: &str = "U0MALLORY";

on_both_databases!(
    an_account_that_was_deactivated_is_refused_within_the_same_minute,
    an_address_that_moved_is_refused_until_the_configuration_settles_it,
    security_may_end_anybodys_access,
);

/// F2 from the people's side: `user_change` makes Lapse read the account before it counts.
async fn an_account_that_was_deactivated_is_refused_within_the_same_minute(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    world.settle().await;
    let gone = User::member(GRACE, "Grace Hopper", "grace@example.com").deactivated();
    world.slack.set_user(gone);
    let reply = world.slack.user_changed(GRACE).await.expect("delivered");
    assert_eq!(reply.status, 200);

    let grace = world.person(GRACE);
    grace
        .click_stale(&card, "approve")
        .await
        .expect("it arrives");
    let told = world.whisper(GRACE).await;
    assert!(told.contains("full members of this workspace"), "{told}");
    world.settle().await;
    assert!(world.tailnet.writes().is_empty());
    assert_eq!(refusals_of(&world, &request).await, ["not_a_member"]);

    world
        .click(LINUS, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}

/// A requester who was deactivated meanwhile gets nothing, whoever approves, even when Slack's
/// event never came.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_requester_who_was_deactivated_gets_nothing() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world.card(GRACE, "asks for Production SSH").await;
    let gone = User::member(ADA, "Ada Lovelace", "ada@example.com").deactivated();
    world.slack.set_user(gone);
    world.pass(Duration::from_mins(11)).await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let told = world.whisper(GRACE).await;
    assert!(told.contains("may not get access any more"), "{told}");
    world.settle().await;
    assert!(world.tailnet.writes().is_empty());
    assert_eq!(refusals_of(&world, &request).await, ["requester_refused"]);
    world.nothing_was_refused();
}

/// Ada's address is given to Mallory; with it would come Ada's devices.
async fn an_address_that_moved_is_refused_until_the_configuration_settles_it(base: Base) {
    let mut world = Setup::on(base)
        .slack(|setup| setup.user(User::member(MALLORY, "Mallory", "mallory@example.com")))
        .start()
        .await;
    world.ada_asks(HOUR, "INC-42").await;
    world.click(ADA, "Asked for Production SSH", "cancel").await;
    world.settle().await;
    world
        .slack
        .set_user(User::member(ADA, "Ada Lovelace", "countess@example.com"));
    world
        .slack
        .set_user(User::member(MALLORY, "Mallory", "ada@example.com"));
    for who in [ADA, MALLORY] {
        world.slack.user_changed(who).await.expect("delivered");
        let person = world.person(who);
        while person.close().await.is_ok() {}
        person.command("/access", "").await.expect("answered");
        let told = world.whisper(who).await;
        assert!(told.contains("no longer belong together"), "{told}");
        assert!(told.contains("[identity.logins]"), "{told}");
        assert!(person.open_view().is_none());
    }
    let recorded =
        world
            .app()
            .store
            .events_since(world.clocks.now() - chrono::TimeDelta::hours(1), None, 100);
    let disputed = recorded.await.expect("readable").into_iter().filter(|stored| {
        matches!(
            &stored.event.kind,
            lapse::domain::audit::EventKind::Refused { reason, .. } if reason == "identity_disputed"
        )
    });
    assert_eq!(disputed.count(), 2, "both are in the audit trail");

    let settled = format!("[identity.logins]\n{MALLORY} = \"ada@example.com\"\n{PROFILES}");
    world.rewrite_profiles(&settled);
    world.restart_bot().await;
    let reply = world
        .fill_and_submit(MALLORY, "prod-ssh", Some(ADAS_MAC), HOUR, "INC-43")
        .await;
    assert_eq!(reply.outcome, Submitted::Updated);
    assert_eq!(asked_by(&world, MALLORY).await, 1);
    let ada = world.person(ADA);
    ada.command("/access", "").await.expect("answered");
    assert!(ada.open_view().is_none(), "the old holder stays refused");
    world.nothing_was_refused();
}

async fn security_may_end_anybodys_access(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let_cards_follow(&world).await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.pass(Duration::from_mins(10)).await;

    fetch_card(&world, SAM, &request).await;
    let card = world.card(SAM, "active until").await;
    let sam = world.person(SAM);
    assert!(sam.click(&card, "revoke").await.is_err(), "it asks twice");
    sam.click_confirmed(&card, "revoke")
        .await
        .expect("it arrives");
    let form = wait_for_form(&world, SAM, "Revoke this access").await;
    assert!(form.says("loses"), "{form:#?}");
    sam.type_text("note", "   ").await.expect("typed");
    let reply = sam.submit().await.expect("submitted");
    assert!(
        reply
            .error("note")
            .is_some_and(|told| told.contains("why you revoke it"))
    );
    sam.type_text("note", "laptop stolen").await.expect("typed");
    let reply = sam.submit().await.expect("submitted");
    assert_eq!(reply.outcome, Submitted::Closed);
    let_cards_follow(&world).await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    let told = world.card(ADA, "Revoked by Sam Security").await;
    assert!(told.says("laptop stolen"), "{told:#?}");
    assert!(told.says("after 10 min"), "{told:#?}");
    for who in [SAM, GRACE, LINUS] {
        let card = world.card(who, "Revoked by Sam Security").await;
        assert!(card.buttons().is_empty(), "{card:#?}");
    }
    world.nothing_was_refused();
}
