//! News after a lost answer at most once; after a definite refusal until it was taken once.

use crate::on_both_databases;
use crate::support::world::{ADA, Base, GRACE, SECURITY_CHANNEL, World};
use lapse::sandbox::slack::{Fault, Times};
use lapse::sandbox::tailscale::{self, Route};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

on_both_databases!(
    news_whose_answer_was_lost_is_not_sent_again,
    news_that_slack_refused_is_sent_until_it_was_taken,
);

async fn about_to_open(base: Base) -> World {
    let world = World::on(base).await;
    world.ada_asks(HOUR, "INC-42").await;
    world.card(GRACE, "asks for").await;
    world.card(ADA, "Asked for").await;
    world.settle().await;
    world
}

async fn news_whose_answer_was_lost_is_not_sent_again(base: Base) {
    for (fault, came) in [(Fault::AppliedThenLost, 1), (Fault::Reset, 0)] {
        let mut world = about_to_open(base).await;
        world
            .slack
            .fail_in("chat.postMessage", ADA, fault, Times::Once);
        world.click(GRACE, "asks for", "approve").await;
        world.settle().await;
        world.pass(Duration::from_mins(2)).await;
        world.restart_bot().await;
        world.pass(Duration::from_mins(2)).await;
        assert_eq!(world.news(ADA, "is open on"), came);
        assert_eq!(
            world.calls_to("chat.postMessage", ADA).len(),
            2,
            "the card and one try"
        );
        assert!(
            world.ever_told(ADA)[0].says("is open on"),
            "the card says it in any case"
        );

        world.advance(HOUR);
        world.settle().await;
        world.pass(Duration::from_secs(4)).await;
        assert_eq!(
            world.news(ADA, "Production SSH ended"),
            1,
            "later news is told"
        );
        world.nothing_was_refused();
    }
}

async fn news_that_slack_refused_is_sent_until_it_was_taken(base: Base) {
    let mut world = about_to_open(base).await;
    for fault in [
        Fault::Status(500),
        Fault::RateLimited { retry_after: 20 },
        Fault::error("service_unavailable"),
        Fault::Status(502),
    ] {
        world
            .slack
            .fail_in("chat.postMessage", ADA, fault, Times::Once);
    }
    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    assert_eq!(world.news(ADA, "is open on"), 0);
    world.pass(Duration::from_secs(8)).await;
    world.restart_bot().await;
    for _ in 0..4 {
        world.pass(Duration::from_secs(20)).await;
    }
    world.restart_bot().await;
    world.pass(Duration::from_mins(5)).await;
    assert_eq!(world.news(ADA, "is open on"), 1);
    assert!(world.slack.impatient_calls().is_empty());
    world.nothing_was_refused();
}

/// An approval whose post is refused while the line waits: it says what is true when it comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn news_that_comes_late_says_what_is_true_then() {
    let world = about_to_open(Base::Sqlite).await;
    let limited = Fault::RateLimited { retry_after: 1_800 };
    world
        .slack
        .fail_in("chat.postMessage", ADA, limited, Times::Once);
    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    world.click(ADA, "is open on", "release").await;
    world.settle().await;
    world.advance(Duration::from_secs(1_801));
    world.settle().await;
    world.pass(Duration::from_secs(8)).await;
    assert_eq!(world.news(ADA, "is open on"), 0, "it is not open any more");
    assert_eq!(world.news(ADA, "was opened on"), 1);
    for message in world.ever_told(ADA) {
        assert!(
            !message.buttons().iter().any(|(id, _)| *id == "release"),
            "{message:#?}"
        );
    }
    assert!(world.slack.impatient_calls().is_empty());
    world.nothing_was_refused();
}

/// The security channel is told of failures: not again after a lost answer, again after a 5xx.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_security_channel_hears_of_a_failure_once() {
    for fault in [Fault::AppliedThenLost, Fault::Status(500)] {
        let world = World::on(Base::Sqlite).await;
        world
            .slack
            .fail_in("chat.postMessage", SECURITY_CHANNEL, fault, Times::Once);
        let forbidden = tailscale::Fault::Status(403);
        world
            .tailnet
            .fault(Route::WriteAttribute, forbidden, usize::MAX);
        world.ada_asks(HOUR, "INC-42").await;
        world.click(GRACE, "asks for", "approve").await;
        world.settle().await;
        world.pass(Duration::from_mins(2)).await;
        let told = world.ever_posted_in(SECURITY_CHANNEL);
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(
            told[0].says("Ada Lovelace") && told[0].says("403"),
            "{told:#?}"
        );
    }
}
