//! Who is asked, whom one may ask first, and what happens when nobody could agree.

use super::{PROFILES, choose_profile, element, labels};
use crate::on_both_databases;
use crate::support::world::{
    ADA, ADAS_MAC, APPROVERS, Base, GRACE, LINUS, PROFILES as PLAIN, SAM, Setup, World,
};
use lapse::sandbox::slack::{Submitted, User};
use lapse::sandbox::tailscale::Device;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

on_both_databases!(
    the_chosen_approver_is_asked_first_and_the_others_fetch_the_card,
    nobody_able_to_approve_is_an_error_before_any_card,
);

async fn ask_for_staging(world: &World, first: &str) {
    let ada = world.person(ADA);
    world.open_form(ADA).await;
    choose_profile(world, ADA, "staging").await;
    ada.choose("device", ADAS_MAC).await.expect("chosen");
    ada.choose("approver", first).await.expect("chosen");
    let reply = ada.submit().await.expect("submitted");
    assert_eq!(
        reply.outcome,
        Submitted::Updated,
        "{:?}",
        reply.reply.text()
    );
}

async fn the_chosen_approver_is_asked_first_and_the_others_fetch_the_card(base: Base) {
    let world = Setup::on(base).profiles(PROFILES).start().await;
    ask_for_staging(&world, LINUS).await;
    let view = world.person(ADA).open_view().expect("the answer");
    assert!(
        view.says("Asked Linus Torvalds. You'll hear by DM."),
        "{view:#?}"
    );
    let request = world.newest_request(ADA).await;
    world.card(LINUS, "asks for Staging").await;
    let own = world.card(ADA, "waiting for Linus Torvalds").await;
    let hint = format!("/access status {}", request.number);
    assert!(own.says("Also able to answer: 1 other"), "{own:#?}");
    assert!(own.says(&hint), "{own:#?}");
    world.settle().await;
    let grace = world.person(GRACE);
    assert!(grace.messages().is_empty(), "one person was to be asked");

    let text = format!("status {}", request.number);
    grace.command("/access", &text).await.expect("answered");
    assert!(world.whisper(GRACE).await.contains("I sent you the card"));
    world.click(GRACE, "asks for Staging", "approve").await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, "custom:staging"));
    world.pass(Duration::from_secs(4)).await;
    world.card(LINUS, "Approved by Grace Hopper").await;
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_people_who_may_approve_can_be_asked_first() {
    let world = Setup::on(Base::Sqlite)
        .profiles(PROFILES)
        .slack(|setup| setup.user(User::member("U0DORA", "Dora", "dora@example.com").deactivated()))
        .start()
        .await;
    let members = [ADA, GRACE, LINUS, "U0DORA"];
    world.slack.set_usergroup_members(APPROVERS, &members);
    world.advance(Duration::from_secs(61));
    world.app().read_user_groups().await;
    world.open_form(ADA).await;
    let view = choose_profile(&world, ADA, "staging").await;
    let mut offered = labels(element(&view, "approver:staging"));
    offered.sort();
    assert_eq!(offered, ["Grace Hopper", "Linus Torvalds"]);
    world.nothing_was_refused();
}

/// An approver who was taken out of the group while the form was open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_may_no_longer_approve_is_refused_under_the_field() {
    let world = Setup::on(Base::Sqlite).profiles(PROFILES).start().await;
    let ada = world.person(ADA);
    world.open_form(ADA).await;
    choose_profile(&world, ADA, "staging").await;
    ada.choose("device", ADAS_MAC).await.expect("chosen");
    ada.choose("approver", LINUS).await.expect("chosen");
    world.slack.set_usergroup_members(APPROVERS, &[GRACE]);
    world.app().read_user_groups().await;
    let reply = ada.submit().await.expect("submitted");
    let error = reply.error("approver:staging").unwrap_or_default();
    assert!(error.contains("may not approve this profile"), "{error:?}");
    assert!(error.contains("Nothing was asked"), "{error:?}");
    assert!(!error.contains(LINUS), "people have names: {error:?}");
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_form_says_who_was_asked_though_lapse_had_never_met_them() {
    let world = World::on(Base::Sqlite).await;
    world.ada_asks(HOUR, "INC-1").await;
    let view = world.person(ADA).open_view().expect("the answer");
    let told = view.says("Asked Grace Hopper and Linus Torvalds. You'll hear by DM.");
    assert!(told, "{view:#?}");
    world.nothing_was_refused();
}

/// Peers' failure 21, at the latest moment: the group has lost its members.
async fn nobody_able_to_approve_is_an_error_before_any_card(base: Base) {
    let world = World::on(base).await;
    world.slack.set_usergroup_members(APPROVERS, &[ADA]);
    world.app().read_user_groups().await;
    let reply = world
        .fill_and_submit(ADA, "prod-ssh", Some(ADAS_MAC), HOUR, "INC-1")
        .await;
    let error = reply.error("profile").unwrap_or_default();
    assert!(
        error.contains("Nobody can approve this just now"),
        "{error:?}"
    );
    assert!(error.contains("Nothing was asked"), "{error:?}");
    world.settle().await;
    for who in [ADA, GRACE, LINUS, SAM] {
        assert!(world.person(who).messages().is_empty(), "{who} has no card");
    }
    let stored = world
        .app()
        .store
        .requests_of(&lapse::domain::ids::PersonId::new(ADA), 1)
        .await;
    assert!(stored.expect("readable").is_empty());
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approver_who_asks_does_not_count_for_the_quorum() {
    let two = PLAIN.replace("notify_channel", "approvals = 2\nnotify_channel");
    let world = Setup::on(Base::Sqlite)
        .profiles(&two)
        .tailnet(|setup| {
            setup.with_device(Device::new(
                "nGRACE1CNTRL",
                "grace-mbp",
                "grace@example.com",
                "macOS",
            ))
        })
        .start()
        .await;
    let reply = world
        .fill_and_submit(GRACE, "prod-ssh", None, HOUR, "INC-1")
        .await;
    let error = reply.error("profile").unwrap_or_default();
    assert!(
        error.contains("2 people must agree and only 1 may"),
        "{error:?}"
    );
    world.nothing_was_refused();
}
