//! People come, go and are renamed: who leaves the workspace loses what they wait for and hold.

use crate::on_both_databases;
use crate::support::world::{
    ADA, ADAS_MAC, Base, GRACE, LINUS, PROD_CHANNEL, PROD_SSH, PROFILES, SAM, Setup, World,
};
use lapse::domain::grant::{EndReason, GrantState};
use lapse::domain::person::Standing;
use lapse::domain::request::{CancelReason, RequestState};
use lapse::sandbox::slack::{Submitted, User};
use lapse::sandbox::tailscale::Device;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

on_both_databases!(
    whoever_leaves_loses_what_they_hold_and_what_they_wait_for,
    an_approval_of_somebody_who_left_stops_counting,
    somebody_who_left_without_an_event_is_found_all_the_same,
    whoever_is_renamed_is_still_the_same_person,
    a_whole_organisation_is_served_and_who_leaves_it_is_not,
);

fn ada() -> User {
    User::member(ADA, "Ada Lovelace", "ada@example.com")
}

async fn whoever_leaves_loses_what_they_hold_and_what_they_wait_for(base: Base) {
    for (gone, standing, words) in [
        (
            ada().deactivated(),
            Standing::Deactivated,
            "Ada Lovelace's account was deactivated",
        ),
        (
            ada().guest(),
            Standing::Guest,
            "Ada Lovelace became a guest of the workspace",
        ),
        (
            ada().external("T0RIVAL"),
            Standing::External,
            "Ada Lovelace left the workspace",
        ),
    ] {
        let two = format!(
            "{PROFILES}\n{}",
            PROFILES
                .replace("prod-ssh", "prod-db")
                .replace("Production SSH", "Production DB")
                .replace("prodSsh", "prodDb")
        );
        let world = Setup::on(base).profiles(&two).start().await;
        let open = world.ada_asks(HOUR, "INC-42").await;
        world
            .click(GRACE, "asks for Production SSH", "approve")
            .await;
        world.settle().await;
        assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
        world
            .fill_and_submit(ADA, "prod-db", Some(ADAS_MAC), HOUR, "INC-43")
            .await;
        world.settle().await;
        let waiting = world.newest_request(ADA).await;
        world.card(LINUS, "asks for Production DB").await;

        world.slack.set_user(gone);
        world.slack.user_changed(ADA).await.expect("delivered");
        world.pass(MINUTE).await;

        assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
        let grant = world.grant_of(&open).await;
        let GrantState::Ended { ending, .. } = &grant.state else {
            panic!("{grant:#?}");
        };
        assert_eq!(ending.why, EndReason::PersonLeft { standing });
        let waiting = world.request(&waiting).await;
        assert!(
            matches!(
                waiting.state,
                RequestState::Cancelled { why: CancelReason::PersonLeft { standing: was }, .. }
                    if was == standing
            ),
            "{waiting:#?}"
        );
        let card = world.card(GRACE, "asked for Production SSH").await;
        assert!(card.says(words), "{card:#?}");
        assert!(card.buttons().is_empty(), "{card:#?}");
        let card = world.card(LINUS, "asked for Production DB").await;
        assert!(card.says(words), "{card:#?}");
        assert!(card.buttons().is_empty(), "{card:#?}");
        let line = &world.slack.channel_messages(PROD_CHANNEL)[0];
        assert!(line.says(words), "{line:#?}");
        assert!(
            world
                .trail(&open)
                .await
                .windows(2)
                .any(|pair| pair == ["ending_began", "ended"]),
            "{:?}",
            world.trail(&open).await
        );
        world.nothing_was_refused();
    }
}

async fn an_approval_of_somebody_who_left_stops_counting(base: Base) {
    let world = Setup::on(base)
        .profiles(&PROFILES.replace(
            "approvers = [\"usergroup:prod-approvers\"]",
            "approvers = [\"usergroup:prod-approvers\", \"sam@example.com\"]\napprovals = 2",
        ))
        .start()
        .await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.card(LINUS, "1 of 2 approvals").await;

    let gone = User::member(GRACE, "Grace Hopper", "grace@example.com").deactivated();
    world.slack.set_user(gone);
    world.slack.user_changed(GRACE).await.expect("delivered");
    world.pass(MINUTE).await;
    let card = world
        .card(LINUS, "The approval of Grace Hopper does not count")
        .await;
    assert!(card.buttons().iter().any(|(_, label)| *label == "Approve"));

    world
        .click(LINUS, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    assert!(
        world.request(&request).await.is_pending(),
        "one of two, and not two of two"
    );
    assert!(world.tailnet.writes().is_empty());
    world.click(SAM, "asks for Production SSH", "approve").await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}

async fn somebody_who_left_without_an_event_is_found_all_the_same(base: Base) {
    let long = PROFILES.replace("\"2h\"]", "\"4h\"]");
    let world = Setup::on(base).profiles(&long).start().await;
    world.ada_asks(4 * HOUR, "INC-42").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    world.slack.set_user(ada().deactivated());
    world.pass(HOUR).await;
    assert!(
        world.tailnet.has_attribute(ADAS_MAC, PROD_SSH),
        "nobody has looked yet"
    );
    for _ in 0..9 {
        world.pass(10 * MINUTE).await;
    }
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}

async fn whoever_is_renamed_is_still_the_same_person(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    let renamed = User::member(ADA, "Ada King", "countess@example.com");
    world.slack.set_user(renamed);
    world.slack.user_changed(ADA).await.expect("delivered");
    world.pass(MINUTE).await;
    assert!(
        world.tailnet.has_attribute(ADAS_MAC, PROD_SSH),
        "a new name and a new address end nothing"
    );
    let ada = world.person(ADA);
    ada.command("/access", "").await.expect("answered");
    let told = world.whisper(ADA).await;
    assert!(
        told.contains("[identity.logins]"),
        "nothing more before the new login is confirmed: {told}"
    );
    world.click(ADA, "is open on", "release").await;
    world.settle().await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert!(world.trail(&request).await.ends_with(&["ended"]));
    world.nothing_was_refused();
}

const WENDY: &str = "W0WENDY";
const WENDYS_BOX: &str = "nWENDYbox1CNTRL";

/// Enterprise Grid: ids begin with `W`, people belong to any workspace of the organisation, and
/// payloads name no workspace.
async fn a_whole_organisation_is_served_and_who_leaves_it_is_not(base: Base) {
    let wendy = |enterprise: &str| {
        User::member(WENDY, "Wendy", "wendy@example.com")
            .external("T0ISLAND")
            .of_enterprise(enterprise)
    };
    let world = Setup::on(base)
        .slack(move |setup| setup.for_enterprise("E0ORG").user(wendy("E0ORG")))
        .tailnet(|setup| {
            let device = Device::new(WENDYS_BOX, "wendy-box", "wendy@example.com", "linux");
            setup.with_device(device)
        })
        .start()
        .await;
    let reply = world
        .fill_and_submit(WENDY, "prod-ssh", Some(WENDYS_BOX), HOUR, "INC-42")
        .await;
    assert_eq!(reply.outcome, Submitted::Updated);
    world
        .click(GRACE, "Wendy asks for Production SSH", "approve")
        .await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(WENDYS_BOX, PROD_SSH));

    world.slack.set_user(wendy("E0RIVAL"));
    let told = world.slack.team_access_revoked(&["T0ISLAND"]).await;
    told.expect("delivered");
    world.pass(MINUTE).await;
    assert!(!world.tailnet.has_attribute(WENDYS_BOX, PROD_SSH));
    let card = world.card(GRACE, "Wendy asked for Production SSH").await;
    assert!(card.says("Wendy left the workspace"), "{card:#?}");
    world.nothing_was_refused();
}
