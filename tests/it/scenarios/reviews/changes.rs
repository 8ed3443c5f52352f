//! The world changes between the asking and the answer.

use super::{HOUR, approve_for, let_cards_follow, profile_with, refusals_of};
use crate::on_both_databases;
use crate::support::world::{
    ADA, ADAS_MAC, APPROVERS, Base, GIL, GRACE, LINUS, PROD_SSH, PROFILES, SAM, Setup, World,
};
use std::time::Duration;

on_both_databases!(
    changed_facts_set_approvals_aside_until_they_are_given_again,
    a_request_whose_profile_is_gone_is_closed,
    who_has_left_the_group_does_not_count_and_the_cards_say_so,
);

/// Peers' failure 3: what the approver saw is what is granted.
async fn changed_facts_set_approvals_aside_until_they_are_given_again(base: Base) {
    let profile = profile_with("approvals = 2");
    let mut world = Setup::on(base).profiles(&profile).start().await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let_cards_follow(&world).await;

    world.rewrite_profiles(&profile.replace("tcp:22 on tag:prod", "tcp:* on tag:prod"));
    world.restart_bot().await;
    world.click(LINUS, "1 of 2 approvals", "approve").await;
    let_cards_follow(&world).await;
    assert!(world.tailnet.writes().is_empty(), "nobody agreed to this");
    let card = world.card(LINUS, "tcp:∗ on tag:prod").await;
    assert!(
        card.says(
            "Set aside, because the request changed afterwards: the approval of Grace Hopper"
        ),
        "{card:#?}"
    );
    assert!(card.says("2 of 2 needed"), "{card:#?}");
    world.card(ADA, "the approval of Grace Hopper").await;

    world.click(LINUS, "tcp:∗ on tag:prod", "approve").await;
    let_cards_follow(&world).await;
    assert!(
        world.tailnet.writes().is_empty(),
        "Grace saw something else"
    );
    world.click(GRACE, "tcp:∗ on tag:prod", "approve").await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(
        world.trail(&request).await,
        [
            "requested",
            "reviewed",
            "facts_changed",
            "reviewed",
            "approved",
            "activated"
        ]
    );
    world.nothing_was_refused();
}

async fn a_request_whose_profile_is_gone_is_closed(base: Base) {
    let mut world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    world.settle().await;
    world.rewrite_profiles(&PROFILES.replace("\"prod-ssh\"", "\"prod-shell\""));
    world.restart_bot().await;
    let_cards_follow(&world).await;
    for who in [ADA, GRACE, LINUS] {
        let card = world.card(who, "the profile is gone").await;
        assert!(card.says("Nothing was granted"), "{card:#?}");
        assert!(card.buttons().is_empty(), "{card:#?}");
    }
    let told = world.notifications(ADA);
    assert_eq!(told.len(), 2, "an edit is silent: {told:?}");
    assert!(told[1].contains("Production SSH on ada-mbp was closed"));
    assert!(told[1].ends_with(&format!(" · {}", request.number)));
    let grace = world.person(GRACE);
    grace
        .click_stale(&card, "approve")
        .await
        .expect("it arrives");
    world.settle().await;
    assert!(world.tailnet.writes().is_empty());
    let trail = world.trail(&request).await;
    assert_eq!(trail[..2], ["requested", "cancelled"]);
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lowered_cap_is_not_exceeded_and_leaves_room_for_less() {
    let mut world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR * 2, "INC-42").await;
    world.settle().await;
    let lower = PROFILES
        .replace("max_duration = \"8h\"", "max_duration = \"1h\"")
        .replace("[\"30m\", \"1h\", \"2h\"]", "[\"30m\", \"1h\"]");
    world.rewrite_profiles(&lower);
    world.restart_bot().await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let told = world.whisper(GRACE).await;
    assert!(told.contains("At most 1 h is allowed here now"), "{told}");
    assert!(told.contains("approve or ask for less"), "{told}");
    assert!(world.tailnet.writes().is_empty());
    assert_eq!(refusals_of(&world, &request).await, ["over_cap"]);

    let approved_at = world.clocks.now();
    approve_for(&world, GRACE, "asks for Production SSH", HOUR).await;
    world.settle().await;
    let attribute = world
        .tailnet
        .attribute(ADAS_MAC, PROD_SSH)
        .expect("it is open");
    assert_eq!(attribute.expiry, Some(approved_at + HOUR));
    world.nothing_was_refused();
}

/// Peers' failure 15: the people of now decide.
async fn who_has_left_the_group_does_not_count_and_the_cards_say_so(base: Base) {
    let profile = profile_with("approvals = 2");
    let world = Setup::on(base).profiles(&profile).start().await;
    world
        .slack
        .set_usergroup_members(APPROVERS, &[GRACE, LINUS, SAM]);
    world.app().read_user_groups().await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let_cards_follow(&world).await;
    world.slack.set_usergroup_members(APPROVERS, &[LINUS, SAM]);
    world.app().read_user_groups().await;

    world
        .click(LINUS, "asks for Production SSH", "approve")
        .await;
    let_cards_follow(&world).await;
    assert!(world.tailnet.writes().is_empty(), "only Linus counts");
    let gone = "The approval of Grace Hopper does not count: they may not review this any more.";
    for who in [ADA, LINUS, SAM] {
        let card = world.card(who, gone).await;
        assert!(!card.says("2 of 2 approvals"), "{card:#?}");
    }
    world.card(SAM, "1 of 2 approvals (Linus Torvalds").await;

    world.click(SAM, "asks for Production SSH", "approve").await;
    let_cards_follow(&world).await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    let card = world.card(ADA, "is open on").await;
    assert!(card.says("Linus Torvalds and Sam Security"), "{card:#?}");
    world
        .card(SAM, "The approval of Grace Hopper did not count any more")
        .await;
    let trail = world.trail(&request).await;
    assert_eq!(
        trail,
        ["requested", "reviewed", "reviewed", "approved", "activated"]
    );
    world.nothing_was_refused();
}

/// Who left the group after the card was drawn presses a button of then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_left_the_group_cannot_approve_any_more() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world.card(LINUS, "asks for Production SSH").await;
    world.slack.set_usergroup_members(APPROVERS, &[GRACE]);
    world.advance(Duration::from_secs(61));
    world
        .click(LINUS, "asks for Production SSH", "approve")
        .await;
    let told = world.whisper(LINUS).await;
    assert!(told.contains("Nothing changed"), "{told}");
    world.settle().await;
    assert!(world.tailnet.writes().is_empty());
    assert_eq!(refusals_of(&world, &request).await, ["not_an_approver"]);
    let card = world.card(LINUS, "You may not review this any more.").await;
    assert!(card.buttons().is_empty(), "{card:#?}");
    world.nothing_was_refused();
}

/// The same behind a button that opens a form.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_left_the_group_gets_no_form_and_a_card_without_buttons() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world.card(LINUS, "asks for Production SSH").await;
    world.slack.set_usergroup_members(APPROVERS, &[GRACE]);
    world.advance(Duration::from_secs(61));
    world.click(LINUS, "asks for Production SSH", "deny").await;
    let told = world.whisper(LINUS).await;
    assert!(
        told.contains("not one of the people who may review"),
        "{told}"
    );
    world.settle().await;
    let card = world.card(LINUS, "You may not review this any more.").await;
    assert!(card.buttons().is_empty(), "{card:#?}");
    assert!(world.request(&request).await.is_pending());
    assert_eq!(refusals_of(&world, &request).await, ["not_an_approver"]);
    world.nothing_was_refused();
}

/// A guest in the approvers' group whom nobody has met gets no card: they could not answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_among_the_approvers_is_sent_no_card() {
    let world = World::on(Base::Sqlite).await;
    world.slack.set_usergroup_members(APPROVERS, &[GRACE, GIL]);
    world.app().read_user_groups().await;
    world.ada_asks(HOUR, "INC-42").await;
    world.card(GRACE, "asks for Production SSH").await;
    world.settle().await;
    assert!(world.person(GIL).messages().is_empty());
    world.card(ADA, "Could not reach Gil Guest").await;
    world.nothing_was_refused();
}
