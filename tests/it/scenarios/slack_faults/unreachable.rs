//! Channels and people that cannot be written to.

use crate::on_both_databases;
use crate::support::world::{
    ADA, ADAS_MAC, Base, GRACE, LINUS, PROD_CHANNEL, PROD_SSH, SECURITY_CHANNEL, Setup, World,
};
use lapse::sandbox::slack::{Channel, Fault, Times};
use lapse::sandbox::tailscale::{self, Route};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

on_both_databases!(
    a_channel_that_cannot_be_told_holds_nothing_up,
    who_has_no_card_is_named_to_the_requester,
);

/// `is_archived` and `not_in_channel`: an audit event and a metric, and nothing else waits.
async fn a_channel_that_cannot_be_told_holds_nothing_up(base: Base) {
    for archived in [true, false] {
        let world = Setup::on(base)
            .slack(move |setup| {
                if archived {
                    return setup;
                }
                setup.channel(Channel::public(PROD_CHANNEL, "prod").without_app())
            })
            .start()
            .await;
        if archived {
            world.slack.archive_channel(PROD_CHANNEL);
        }
        let request = world.ada_asks(HOUR, "INC-42").await;
        world.click(GRACE, "asks for", "approve").await;
        world.settle().await;
        world.pass(Duration::from_secs(4)).await;

        assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
        assert_eq!(world.news(ADA, "is open on"), 1);
        assert!(world.ever_told(GRACE)[0].says("active until"));
        let trail = world.trail(&request).await;
        let told = trail.iter().filter(|kind| **kind == "channel_unreachable");
        assert_eq!(told.count(), 1, "{trail:?}");
        let word = if archived {
            "is_archived"
        } else {
            "not_in_channel"
        };
        let metrics = reqwest::get(format!("http://{}/metrics", world.address())).await;
        let metrics = metrics.expect("metrics").text().await.expect("text");
        let counted = format!("lapse_undeliverable_total{{error=\"{word}\"}}");
        assert!(metrics.contains(&counted), "{metrics}");

        world.advance(HOUR);
        world.settle().await;
        world.pass(Duration::from_secs(4)).await;
        assert_eq!(world.news(ADA, "Production SSH ended"), 1);
        assert_eq!(world.calls_to("chat.postMessage", PROD_CHANNEL).len(), 1);
    }
}

/// The security channel is gone: the requester hears of the failure all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_security_channel_that_is_gone_holds_nothing_up() {
    let world = World::on(Base::Sqlite).await;
    world.slack.archive_channel(SECURITY_CHANNEL);
    let forbidden = tailscale::Fault::Status(403);
    world
        .tailnet
        .fault(Route::WriteAttribute, forbidden, usize::MAX);
    let request = world.ada_asks(HOUR, "INC-42").await;
    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    world.pass(Duration::from_secs(4)).await;
    assert_eq!(world.news(ADA, "Nothing was granted"), 1);
    assert!(!world.ever_told(ADA)[0].says("has been told"));
    assert!(world.trail(&request).await.contains(&"channel_unreachable"));
}

/// A person who cannot be sent a card is named on the requester's.
async fn who_has_no_card_is_named_to_the_requester(base: Base) {
    let world = World::on(base).await;
    let no_messages = || Fault::error("messages_tab_disabled");
    world
        .slack
        .fail_in("chat.postMessage", LINUS, no_messages(), Times::Always);
    let request = world.ada_asks(HOUR, "INC-42").await;
    world.card(GRACE, "asks for").await;
    let ada = world.card(ADA, "Could not reach Linus Torvalds").await;
    assert!(!ada.says("Nobody has a card yet"));
    world.settle().await;
    assert!(world.trail(&request).await.contains(&"card_undeliverable"));
    assert_eq!(world.calls_to("chat.postMessage", LINUS).len(), 1);
    world.pass(Duration::from_mins(2)).await;
    assert_eq!(world.calls_to("chat.postMessage", LINUS).len(), 1);

    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    assert_eq!(world.news(ADA, "is open on"), 1);
}

/// Nobody at all could be asked: that stands on the card, with what to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_nobody_has_a_card_the_requester_reads_so() {
    let world = World::on(Base::Sqlite).await;
    for who in [GRACE, LINUS] {
        let gone = Fault::error("channel_not_found");
        world
            .slack
            .fail_in("chat.postMessage", who, gone, Times::Always);
    }
    world.ada_asks(HOUR, "INC-42").await;
    let ada = world.card(ADA, "Nobody has a card yet").await;
    assert!(
        ada.says("Grace Hopper") && ada.says("Linus Torvalds"),
        "{ada:#?}"
    );
}
