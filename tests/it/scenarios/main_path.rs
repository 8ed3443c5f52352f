//! From `/access` to a posture attribute that lapses.

use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, LINUS, PROD_CHANNEL, PROD_SSH, World};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

on_both_databases!(ada_asks_grace_approves_and_it_ends_by_itself);

async fn ada_asks_grace_approves_and_it_ends_by_itself(base: Base) {
    let world = World::on(base).await;

    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    assert!(card.says("INC-42 db failover"));
    world.card(LINUS, "asks for Production SSH").await;
    world.card(ADA, "Asked for Production SSH").await;
    assert!(
        !world.tailnet.has_attribute(ADAS_MAC, PROD_SSH),
        "nothing is open before approval"
    );

    let approved_at = world.clocks.now();
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    let attribute = world
        .tailnet
        .attribute(ADAS_MAC, PROD_SSH)
        .expect("it is open");
    assert_eq!(attribute.expiry, Some(approved_at + HOUR));
    world.card(ADA, "is open on").await;
    world.card(GRACE, "Approved by Grace Hopper").await;
    world.advance(Duration::from_secs(2));
    world.settle().await;
    let linus = world.card(LINUS, "Approved by Grace Hopper").await;
    assert!(
        linus.buttons().is_empty(),
        "who did not act has no buttons left"
    );
    let channel = world.slack.channel_messages(PROD_CHANNEL);
    assert_eq!(channel.len(), 1, "one line in the channel");

    world.advance(Duration::from_mins(54));
    world.settle().await;
    world.card(ADA, "ends").await;

    world.advance(Duration::from_mins(6));
    world.settle().await;
    assert!(
        !world.tailnet.has_attribute(ADAS_MAC, PROD_SSH),
        "it is closed"
    );
    world.card(ADA, "ended").await;
    assert_eq!(
        world.trail(&request).await,
        [
            "requested",
            "approved",
            "activated",
            "ending_soon",
            "ending_began",
            "ended"
        ]
    );
    world.nothing_was_refused();
}
