//! Slack is gone when an approval takes effect.

use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, LINUS, PROD_CHANNEL, PROD_SSH, World};
use lapse::sandbox::slack::{Fault, Times};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

on_both_databases!(the_grant_opens_while_slack_is_down_and_the_cards_follow);

async fn asked(base: Base) -> World {
    let world = World::on(base).await;
    world.ada_asks(HOUR, "INC-42").await;
    world.card(GRACE, "asks for").await;
    world.card(LINUS, "asks for").await;
    world.settle().await;
    world
}

async fn cards_follow(world: &World) {
    for _ in 0..4 {
        world.pass(Duration::from_secs(40)).await;
    }
    assert!(world.ever_told(ADA)[0].says("is open on"));
    assert!(world.ever_told(GRACE)[0].says("active until"));
    let linus = &world.ever_told(LINUS)[0];
    assert!(linus.says("Approved by Grace"), "{linus:#?}");
    assert!(linus.buttons().is_empty());
    world.nothing_was_refused();
}

/// Slack answers 503 to everything for ten minutes: afterwards nothing is missing.
async fn the_grant_opens_while_slack_is_down_and_the_cards_follow(base: Base) {
    let world = asked(base).await;
    world.slack.fail("*", Fault::Status(503), Times::Always);
    let approved_at = world.clocks.now();
    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    let open = world.tailnet.attribute(ADAS_MAC, PROD_SSH).expect("open");
    assert_eq!(open.expiry, Some(approved_at + HOUR));
    for _ in 0..10 {
        world.advance(Duration::from_mins(1));
        world.settle().await;
    }

    world.slack.clear_faults();
    cards_follow(&world).await;
    assert_eq!(world.news(ADA, "is open on"), 1, "the news too");
    assert_eq!(world.ever_posted_in(PROD_CHANNEL).len(), 1);
}

/// Every connection breaks: what may have been said is not said again, but the cards follow.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_break_cost_at_most_the_news() {
    let world = asked(Base::Sqlite).await;
    world.slack.down();
    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    for _ in 0..10 {
        world.advance(Duration::from_mins(1));
        world.settle().await;
    }
    world.slack.up();
    cards_follow(&world).await;
    assert!(world.news(ADA, "is open on") <= 1);
}
