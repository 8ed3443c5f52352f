//! Two people have to agree, and they have to be two.

use super::{HOUR, deny, let_cards_follow, profile_with, refusals_of};
use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, APPROVERS, Base, GRACE, LINUS, PROD_SSH, Setup, World};
use lapse::sandbox::slack::{PersonError, User};

on_both_databases!(
    two_different_people_have_to_agree,
    two_accounts_of_one_person_are_one_approver,
);

async fn two_needed(base: Base) -> World {
    let profile = profile_with("approvals = 2");
    Setup::on(base).profiles(&profile).start().await
}

async fn two_different_people_have_to_agree(base: Base) {
    let world = two_needed(base).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    assert!(card.says("2 of 2 needed"), "{card:#?}");
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let_cards_follow(&world).await;
    assert!(
        !world.tailnet.has_attribute(ADAS_MAC, PROD_SSH),
        "one is not enough"
    );

    let mine = world.card(GRACE, "You approved").await;
    assert!(mine.says("1 more needed (Linus Torvalds)"), "{mine:#?}");
    let left: Vec<&str> = mine.buttons().iter().map(|(action, _)| *action).collect();
    assert_eq!(left, ["deny"], "who approved may still deny");
    let other = world.card(LINUS, "1 of 2 approvals (Grace Hopper").await;
    assert!(other.says("yours is still needed"), "{other:#?}");
    let own = world.card(ADA, "1 of 2 approvals (Grace Hopper").await;
    assert!(own.says("waiting for Linus Torvalds"), "{own:#?}");

    // A click that was under way when the card changed says the same thing again.
    let grace = world.person(GRACE);
    grace
        .click_stale(&card, "approve")
        .await
        .expect("it arrives");
    world.settle().await;
    assert!(
        !world.tailnet.has_attribute(ADAS_MAC, PROD_SSH),
        "twice is still one"
    );

    world.click(LINUS, "1 of 2 approvals", "approve").await;
    let_cards_follow(&world).await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    let own = world.card(ADA, "is open on").await;
    assert!(own.says("Grace Hopper and Linus Torvalds"), "{own:#?}");
    assert_eq!(
        world.trail(&request).await,
        ["requested", "reviewed", "approved", "activated"]
    );
    world.nothing_was_refused();
}

/// Both accounts carry the same address; a pair in the configuration lets the second one act.
async fn two_accounts_of_one_person_are_one_approver(base: Base) {
    const SECOND: &str = "U0GRACE2";
    let profile = format!(
        "[identity.logins]\n{SECOND} = \"grace@github\"\n{}",
        profile_with("approvals = 2")
    );
    let world = Setup::on(base)
        .profiles(&profile)
        .slack(|setup| setup.user(User::member(SECOND, "Grace Brewster", "grace@example.com")))
        .start()
        .await;
    let members = [GRACE, SECOND, LINUS];
    world.slack.set_usergroup_members(APPROVERS, &members);
    world.app().read_user_groups().await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let_cards_follow(&world).await;
    world.click(SECOND, "1 of 2 approvals", "approve").await;
    let told = world.whisper(SECOND).await;
    assert!(told.contains("You approved"), "{told}");
    assert!(told.contains("waits for somebody else"), "{told}");
    world.settle().await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(refusals_of(&world, &request).await, ["already_approved"]);

    world.click(LINUS, "1 of 2 approvals", "approve").await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_approved_may_still_deny_while_it_waits() {
    let world = two_needed(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let_cards_follow(&world).await;
    deny(&world, GRACE, "You approved", "it is over already").await;
    let_cards_follow(&world).await;
    for who in [ADA, GRACE, LINUS] {
        let card = world.card(who, "Denied by Grace Hopper").await;
        assert!(card.value_of("approve").is_none(), "{card:#?}");
    }
    assert_eq!(
        world.trail(&request).await,
        ["requested", "reviewed", "denied"]
    );
    world.nothing_was_refused();
}

/// Ada's other account is in the group; it is still Ada.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ones_own_second_account_cannot_approve() {
    const SECOND: &str = "U0ADA2";
    let profile = format!(
        "[identity.logins]\n{SECOND} = \"ada@github\"\n{}",
        profile_with("")
    );
    let world = Setup::on(Base::Sqlite)
        .profiles(&profile)
        .slack(|setup| setup.user(User::member(SECOND, "Countess", "ada@example.com")))
        .start()
        .await;
    world
        .slack
        .set_usergroup_members(APPROVERS, &[SECOND, GRACE]);
    world.app().read_user_groups().await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    let second = world.person(SECOND);
    second
        .click_stale(&card, "approve")
        .await
        .expect("it arrives");
    let told = world.whisper(SECOND).await;
    assert!(told.contains("somebody else has to agree"), "{told}");
    world.settle().await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(refusals_of(&world, &request).await, ["own_request"]);
    world.nothing_was_refused();
}

/// Ada stands in the group of approvers, and the profile says never.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ones_own_request_is_not_ones_own_to_approve() {
    let world = World::on(Base::Sqlite).await;
    world.slack.set_usergroup_members(APPROVERS, &[ADA, GRACE]);
    world.app().read_user_groups().await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world.settle().await;
    let ada = world.person(ADA);
    for card in ada.messages() {
        assert!(card.value_of("approve").is_none(), "{card:#?}");
    }
    let graces = world.card(GRACE, "asks for Production SSH").await;
    ada.click_stale(&graces, "approve")
        .await
        .expect("it arrives");
    let told = world.whisper(ADA).await;
    assert!(told.contains("somebody else has to agree"), "{told}");
    world.settle().await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(refusals_of(&world, &request).await, ["own_request"]);
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_it_is_allowed_one_confirms_ones_own_approval() {
    let profile = profile_with("self_approval = \"allowed\"");
    let world = Setup::on(Base::Sqlite).profiles(&profile).start().await;
    world.slack.set_usergroup_members(APPROVERS, &[ADA, GRACE]);
    world.app().read_user_groups().await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    let card = world.card(ADA, "asks for Production SSH").await;
    assert!(card.value_of("deny").is_none(), "one cancels instead");
    let ada = world.person(ADA);
    let asked = ada
        .click(&card, "approve")
        .await
        .expect_err("it asks twice");
    assert!(matches!(&asked, PersonError::NeedsConfirm(title) if title.contains("own request")));
    ada.click_confirmed(&card, "approve")
        .await
        .expect("it arrives");
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    let opened = world.card(ADA, "approved by Ada Lovelace").await;
    assert!(opened.says("is open on"), "{opened:#?}");
    assert_eq!(
        world.trail(&request).await,
        ["requested", "approved", "activated"]
    );
    world.nothing_was_refused();
}
