//! Who sees nothing, and who reads that they may not look.

use super::{HOUR, home, let_homes_follow, open_home, press, published};
use crate::on_both_databases;
use crate::support::world::{ADA, APPROVERS, Base, GIL, GRACE, LINUS, PROFILES, SAM, Setup, World};
use lapse::domain::audit::Subject;
use lapse::domain::ids::PersonId;
use lapse::sandbox::slack::User;

const STRANGER: &str = "U0STRANGER";

on_both_databases!(
    a_guest_reads_that_they_are_one,
    who_leaves_a_group_loses_sight
);

async fn a_guest_reads_that_they_are_one(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    let view = open_home(&world, GIL).await;
    assert!(view.says("full members"), "{view:#?}");
    let number = request.number.to_string();
    for hidden in ["Production SSH", "Request access", "Ada", &number] {
        assert!(!view.says(hidden), "{hidden}: {view:#?}");
    }
    let subject = Subject::Person(PersonId::new(GIL));
    let refused = world
        .app()
        .store
        .refusal_times(
            &subject,
            &PersonId::new(GIL),
            "not_a_member",
            world.clocks.now(),
        )
        .await;
    assert_eq!(refused.expect("readable"), Some(1), "it is on record");
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let_homes_follow(&world).await;
    assert_eq!(
        published(&world, GIL),
        1,
        "nothing of that concerns a guest"
    );
    world.nothing_was_refused();
}

async fn who_leaves_a_group_loses_sight(base: Base) {
    let world = World::on(base).await;
    open_home(&world, LINUS).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    let_homes_follow(&world).await;
    assert!(home(&world, LINUS).says("asks for Production SSH"));
    world.slack.set_usergroup_members(APPROVERS, &[GRACE]);
    world.app().read_user_groups().await;

    press(&world, LINUS, "waiting", &request, "approve").await;
    let_homes_follow(&world).await;
    assert!(world.tailnet.writes().is_empty());
    let after = home(&world, LINUS);
    for hidden in ["asks for Production SSH", "INC-42", "Open now"] {
        assert!(!after.says(hidden), "{hidden}: {after:#?}");
    }
    let before = published(&world, LINUS);
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let_homes_follow(&world).await;
    assert_eq!(published(&world, LINUS), before, "it concerns him no more");
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_ask_for_nothing_reads_so() {
    let narrow = PROFILES.replace(
        "requesters = [\"*\"]",
        "requesters = [\"usergroup:prod-approvers\"]",
    );
    let world = Setup::on(Base::Sqlite)
        .profiles(&narrow)
        .slack(|setup| setup.user(User::member(STRANGER, "Stranger", "stranger@example.com")))
        .start()
        .await;
    let view = open_home(&world, STRANGER).await;
    assert!(
        view.says("There is nothing that you may ask for"),
        "{view:#?}"
    );
    for hidden in [
        "Production SSH",
        "Open now",
        "Waiting for you",
        "Lapse is well",
    ] {
        assert!(!view.says(hidden), "{hidden}: {view:#?}");
    }
    world.nothing_was_refused();
}

/// A home that shows somebody else's request does nothing for a guest who presses it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_button_of_a_home_is_believed_no_more_than_one_of_a_card() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    open_home(&world, GRACE).await;
    // She is a guest from now on, and her home still has the button.
    let guest = User::member(GRACE, "Grace Hopper", "grace@example.com").guest();
    world.slack.set_user(guest);
    let grace = PersonId::new(GRACE);
    let changed = world.app().account_changed(&grace, None).await;
    changed.expect("stored");
    press(&world, GRACE, "waiting", &request, "approve").await;
    let_homes_follow(&world).await;
    assert!(world.tailnet.writes().is_empty());
    let view = home(&world, GRACE);
    assert!(view.says("full members"), "{view:#?}");
    assert!(!view.says("INC-42"), "{view:#?}");
    world.nothing_was_refused();
}

/// Slack says that an account changed: the home follows without a click.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_becomes_a_guest_loses_sight() {
    let world = World::on(Base::Sqlite).await;
    world.ada_asks(HOUR, "INC-42").await;
    open_home(&world, GRACE).await;
    let guest = User::member(GRACE, "Grace Hopper", "grace@example.com").guest();
    world.slack.set_user(guest);
    let grace = PersonId::new(GRACE);
    let changed = world.app().account_changed(&grace, None).await;
    changed.expect("stored");
    let_homes_follow(&world).await;
    let view = home(&world, GRACE);
    assert!(view.says("full members"), "{view:#?}");
    assert!(!view.says("INC-42"), "{view:#?}");
    world.nothing_was_refused();
}

/// Whoever joins a group sees what waits for it, and what comes next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_joins_a_group_sees_what_waits() {
    let world = World::on(Base::Sqlite).await;
    world.ada_asks(HOUR, "INC-42").await;
    let before = open_home(&world, SAM).await;
    assert!(!before.says("INC-42"), "{before:#?}");
    world.slack.set_usergroup_members(APPROVERS, &[GRACE, SAM]);
    world.app().read_user_groups().await;
    let_homes_follow(&world).await;
    let after = home(&world, SAM);
    assert!(after.says("INC-42"), "{after:#?}");
    assert!(after.says("Lapse is well"), "{after:#?}");
    assert!(world.person(LINUS).home().is_none());
    world.nothing_was_refused();
}

/// The messages tab is no reason to publish anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_has_looked_is_published_for() {
    let world = World::on(Base::Sqlite).await;
    world.ada_asks(HOUR, "INC-42").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let_homes_follow(&world).await;
    assert!(world.slack.calls_of("views.publish").is_empty());
    for who in [ADA, GRACE, LINUS, SAM] {
        assert!(world.person(who).home().is_none());
    }
    world.nothing_was_refused();
}
