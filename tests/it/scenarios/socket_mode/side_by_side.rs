//! Several connections, many clicks: each arrives over one of them, and counts once.

use super::{ASKS, asked, world};
use crate::support::world::{
    ADA, ADAS_MAC, Base, CONNECTIONS, GRACE, LINUS, PATIENCE, PROD_SSH, Setup,
};
use futures_util::future::join_all;
use lapse::sandbox::slack::{Fault, Times};
use std::collections::BTreeSet;
use std::time::Duration;

/// Clicks, commands and events go over all connections, and nothing is done twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_arrives_once_over_some_connection() {
    let world = Setup::on(Base::Sqlite).over_sockets().start().await;
    let request = asked(&world).await;
    let card = world.card(GRACE, ASKS).await;
    let other = world.card(LINUS, ASKS).await;
    let (one, two) = (world.person(GRACE), world.person(LINUS));
    let (first, second) = tokio::join!(
        one.click_stale(&card, "approve"),
        two.click_stale(&other, "approve")
    );
    for reply in [first, second] {
        assert_eq!(reply.expect("answered").status, 200);
    }
    // The same click again, over whichever connection, at once. (Its answers have one address,
    // which takes five.)
    let last = world.slack.deliveries().pop().expect("a click");
    let again = (0..3).map(|_| world.slack.replay(&last));
    for reply in join_all(again).await {
        assert_eq!(reply.expect("answered").status, 200);
    }
    let event = world.slack.event_with_id(
        "Ev0ONCE",
        serde_json::json!({ "type": "user_change", "user": { "id": GRACE } }),
    );
    event.await.expect("answered");
    let event = world.slack.deliveries().pop().expect("an event");
    let redelivered = world.slack.redeliver(&event, 1).await.expect("answered");
    assert_eq!(redelivered.status, 200);
    world.settle().await;

    let grant = world.the_promise_holds(&request).await;
    assert_eq!(world.writes_of(&grant).len(), 1);
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    let mut trail = world.milestones(&request).await;
    // Whoever was second is told who was first, and that is written down.
    trail.retain(|event| *event != "refused");
    assert_eq!(trail, ["requested", "approved", "activated"]);
    let envelopes = world.slack.envelopes();
    let used: BTreeSet<u64> = envelopes.iter().map(|sent| sent.connection).collect();
    assert_eq!(used.len(), CONNECTIONS, "all of them carry something");
    let ids: BTreeSet<&str> = envelopes.iter().map(|sent| sent.id.as_str()).collect();
    assert_eq!(ids.len(), envelopes.len());
    assert!(envelopes.iter().all(|sent| sent.is_acknowledged));
    world.nothing_was_refused();
}

/// Two hundred people click within a moment, while Slack takes its time to say who they are:
/// each click is acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_clicks_at_once_are_each_acknowledged() {
    const CLICKS: usize = 200;
    let world = world().await;
    // That each is acknowledged is the story; how fast is measured elsewhere.
    world.slack.set_ack_patience(PATIENCE);
    let request = asked(&world).await;
    let card = world.card(GRACE, ASKS).await;
    let slow = Fault::Latency(Duration::from_millis(20));
    world.slack.fail("users.info", slow, Times::Always);
    world.advance(Duration::from_mins(11));
    world.settle().await;
    let clicks = (0..CLICKS).map(|nth| {
        let (grace, ada) = (world.person(GRACE), world.person(ADA));
        let card = card.clone();
        async move {
            if nth % 4 == 0 {
                ada.command("/access", "status").await
            } else {
                grace.click_stale(&card, "approve").await
            }
        }
    });
    for (nth, reply) in join_all(clicks).await.into_iter().enumerate() {
        assert_eq!(reply.expect("answered").status, 200, "the {nth}. one");
    }
    world.slack.clear_faults();
    world.settle().await;
    let grant = world.the_promise_holds(&request).await;
    assert_eq!(world.writes_of(&grant).len(), 1);
    let envelopes = world.slack.envelopes();
    assert!(envelopes.len() >= CLICKS);
    assert!(envelopes.iter().all(|sent| sent.is_acknowledged));
    world.nothing_was_refused();
}
