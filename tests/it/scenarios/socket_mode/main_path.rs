//! From a command's envelope to the attribute, and back.

use super::world;
use crate::support::world::{ADA, ADAS_MAC, CONNECTIONS, GRACE, PROD_SSH};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_command_to_the_attribute_and_back() {
    let world = world().await;
    let request = world
        .ada_asks(Duration::from_hours(1), "INC-42 db failover")
        .await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.card(ADA, "is open on").await;
    world.pass(Duration::from_mins(61)).await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(
        world.trail(&request).await,
        [
            "requested",
            "approved",
            "activated",
            "ending_began",
            "ended"
        ]
    );

    let envelopes = world.slack.envelopes();
    for kind in ["slash_commands", "interactive"] {
        assert!(envelopes.iter().any(|sent| sent.kind == kind), "no {kind}");
    }
    assert!(envelopes.iter().all(|sent| sent.is_acknowledged));
    assert_eq!(world.slack.sockets().len(), CONNECTIONS);
    world.nothing_was_refused();
}
