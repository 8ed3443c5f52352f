//! The buttons of a home: the same actions as on cards, judged the same.

use super::{
    HOUR, button, dialog, has_block, home, let_homes_follow, open_home, press, until_home_says,
};
use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, LINUS, PROD_SSH, PROFILES, Setup, World};
use lapse::sandbox::slack::{PersonError, Submitted};
use std::time::Duration;

on_both_databases!(
    a_denial_with_a_note,
    a_revocation_with_a_note,
    what_has_moved_is_drawn_anew_and_told,
);

async fn a_denial_with_a_note(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    open_home(&world, ADA).await;
    open_home(&world, GRACE).await;
    press(&world, GRACE, "waiting", &request, "deny").await;
    dialog(&world, GRACE, "Deny this request").await;
    let grace = world.person(GRACE);
    grace.type_text("note", "not today").await.expect("typed");
    let submitted = grace.submit().await.expect("submitted");
    assert!(!matches!(submitted.outcome, Submitted::Errors(_)));
    let_homes_follow(&world).await;
    assert!(home(&world, GRACE).says("Nobody waits for you."));
    let denied = home(&world, ADA);
    assert!(denied.says("Denied by "), "{denied:#?}");
    assert!(denied.says("not today"), "{denied:#?}");
    assert_eq!(world.trail(&request).await, ["requested", "denied"]);

    press(&world, ADA, "asked", &request, "ask_again").await;
    let form = dialog(&world, ADA, "Request access").await;
    assert!(form.says("INC-42"), "{form:#?}");
    world.nothing_was_refused();
}

async fn a_revocation_with_a_note(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    open_home(&world, LINUS).await;
    let linus = world.person(LINUS);
    let revoke = button("open", &request, "revoke");
    let unasked = linus.press_home(&revoke).await;
    assert!(
        matches!(unasked, Err(PersonError::NeedsConfirm(_))),
        "revoking asks first"
    );
    linus.press_home_confirmed(&revoke).await.expect("pressed");
    dialog(&world, LINUS, "Revoke this access").await;
    linus.type_text("note", "wrong box").await.expect("typed");
    linus.submit().await.expect("submitted");
    let_homes_follow(&world).await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert!(home(&world, LINUS).says("Nothing is open for others."));
    world.nothing_was_refused();
}

/// What the approver saw is what is granted, wherever they saw it.
async fn what_has_moved_is_drawn_anew_and_told(base: Base) {
    let mut world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    open_home(&world, GRACE).await;
    world.rewrite_profiles(&PROFILES.replace("tcp:22 on tag:prod", "tcp:* on tag:prod"));
    world.restart_bot().await;

    press(&world, GRACE, "waiting", &request, "approve").await;
    let told = dialog(&world, GRACE, "About your click").await;
    assert!(told.says(&request.number.to_string()), "{told:#?}");
    assert!(told.says("changed"), "{told:#?}");
    until_home_says(&world, GRACE, "tcp:∗ on tag:prod").await;
    let_homes_follow(&world).await;
    assert!(world.tailnet.writes().is_empty(), "nobody agreed to this");
    assert!(world.person(GRACE).messages().len() <= 1, "no message more");

    press(&world, GRACE, "waiting", &request, "approve").await;
    let_homes_follow(&world).await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}

/// Somebody else was faster: the second one reads that, and sees it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_second_is_told() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    open_home(&world, LINUS).await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    // Before his home follows.
    press(&world, LINUS, "waiting", &request, "approve").await;
    let told = dialog(&world, LINUS, "About your click").await;
    assert!(told.says("Grace Hopper already approved this"), "{told:#?}");
    until_home_says(&world, LINUS, "Nobody waits for you.").await;
    world.nothing_was_refused();
}

/// Without a dialog it comes by direct message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_that_no_dialog_can_tell_comes_by_message() {
    use lapse::sandbox::slack::{Fault, Times};
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    open_home(&world, LINUS).await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.slack.fail(
        "views.open",
        Fault::error("expired_trigger_id"),
        Times::Once,
    );
    press(&world, LINUS, "waiting", &request, "approve").await;
    let linus = world.person(LINUS);
    world
        .eventually("Linus is told", || {
            let told = linus.messages();
            told.iter().any(|m| m.says("already approved this"))
        })
        .await;
    assert!(linus.open_view().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slip_is_asked_about_where_it_costs_something() {
    let risky = format!("{PROFILES}risk = \"high\"\nself_approval = \"allowed\"\n");
    let world = Setup::on(Base::Sqlite)
        .profiles(&risky)
        .slack(|setup| {
            setup.usergroup(lapse::sandbox::slack::Usergroup::new(
                crate::support::world::APPROVERS,
                "prod-approvers",
                &[GRACE, ADA],
            ))
        })
        .start()
        .await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    for who in [GRACE, ADA] {
        open_home(&world, who).await;
        let person = world.person(who);
        let approve = button("waiting", &request, "approve");
        let unasked = person.press_home(&approve).await;
        assert!(
            matches!(unasked, Err(PersonError::NeedsConfirm(_))),
            "{who}"
        );
    }
    assert!(world.tailnet.writes().is_empty());
    let ada = world.person(ADA);
    let approve = button("waiting", &request, "approve");
    ada.press_home_confirmed(&approve).await.expect("pressed");
    let_homes_follow(&world).await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approving_for_less_and_cancelling() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    open_home(&world, GRACE).await;
    press(&world, GRACE, "waiting", &request, "approve_less").await;
    dialog(&world, GRACE, "Approve for less").await;
    let grace = world.person(GRACE);
    let half = Duration::from_mins(30).as_secs().to_string();
    grace.choose("duration", &half).await.expect("offered");
    grace.submit().await.expect("submitted");
    let_homes_follow(&world).await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    let open = open_home(&world, ADA).await;
    assert!(open.says("for 30 min"), "{open:#?}");

    press(&world, ADA, "access", &request, "release").await;
    let_homes_follow(&world).await;
    let second = world.ada_asks(HOUR, "INC-43").await;
    let_homes_follow(&world).await;
    press(&world, ADA, "asked", &second, "cancel").await;
    let_homes_follow(&world).await;
    assert!(home(&world, ADA).says("Cancelled by Ada Lovelace"));
    assert!(!has_block(
        &home(&world, GRACE),
        &format!("waiting:{}", second.number)
    ));
    world.nothing_was_refused();
}
