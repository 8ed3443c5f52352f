//! F20: who was an approver when the card was sent, and is none when they click.

use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, APPROVERS, Base, GRACE, LINUS, PROD_SSH, World};
use lapse::sandbox::slack::{Fault, Times, Usergroup};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
/// A membership decides for so long after it was read.
const FRESH_FOR: Duration = Duration::from_mins(1);

on_both_databases!(
    whoever_left_the_group_after_the_card_is_refused,
    a_group_that_cannot_be_read_lets_nobody_approve_but_deny
);

/// F20: Grace leaves the group between card and click; a minute later at the latest her click
/// is refused, and Linus still decides.
async fn whoever_left_the_group_after_the_card_is_refused(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    world.calm().await;
    world.slack.set_usergroup_members(APPROVERS, &[LINUS]);
    world.advance(FRESH_FOR + Duration::from_secs(1));
    let reply = world
        .person(GRACE)
        .click(&card, "approve")
        .await
        .expect("it arrives");
    assert_eq!(reply.status, 200);
    let says = world.whisper(GRACE).await;
    assert!(
        says.contains("not one of the people who may review"),
        "{says}"
    );
    assert_eq!(world.trail(&request).await, ["requested", "refused"]);
    world.calm().await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    for button in ["approve_less", "deny"] {
        world
            .person(GRACE)
            .click_stale(&card, button)
            .await
            .expect("it arrives");
    }
    world.calm().await;
    assert!(
        world.person(GRACE).open_view().is_none(),
        "no form for her either"
    );

    world
        .click(LINUS, "asks for Production SSH", "approve")
        .await;
    world.calm().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}

/// F20: Slack does not say who is in the group. What was read counts for a minute; then nobody
/// approves through it, deny still works, and once Slack answers a click reads it again.
async fn a_group_that_cannot_be_read_lets_nobody_approve_but_deny(base: Base) {
    let world = World::on(base).await;
    let first = world.ada_asks(HOUR, "INC-42 db failover").await;
    world.calm().await;
    world
        .slack
        .fail("usergroups.list", Fault::Status(503), Times::Always);
    world.advance(FRESH_FOR + Duration::from_secs(1));
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let says = world.whisper(GRACE).await;
    assert!(
        says.contains("could not be read in the last minute"),
        "{says}"
    );
    assert!(says.contains("deny still works"), "{says}");
    assert_eq!(world.trail(&first).await, ["requested", "refused"]);

    world.click(LINUS, "asks for Production SSH", "deny").await;
    world.person(LINUS).submit().await.expect("sent");
    world.calm().await;
    assert_eq!(
        world.trail(&first).await,
        ["requested", "refused", "denied"]
    );

    world.slack.clear_faults();
    world.ada_asks(HOUR, "INC-43 once more").await;
    world.click(GRACE, "INC-43 once more", "approve").await;
    world.calm().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}

/// A group that was disabled names nobody, whoever is still listed in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disabled_group_names_nobody() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    world.card(GRACE, "asks for Production SSH").await;
    let group = Usergroup::new(APPROVERS, "prod-approvers", &[GRACE, LINUS]).disabled();
    world.slack.add_usergroup(group);
    world.advance(FRESH_FOR + Duration::from_secs(1));
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.calm().await;
    assert_eq!(world.trail(&request).await, ["requested", "refused"]);
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.card(ADA, "Asked for Production SSH").await;
}
