//! 5xx, a reset, a lost answer: cards come, and come at most once more for each lost answer.

use crate::on_both_databases;
use crate::support::world::{ADA, Base, GRACE, LINUS, World};
use lapse::sandbox::slack::{Fault, Message, Times};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const ASKS: &str = "asks for Production SSH";

on_both_databases!(
    a_card_whose_answer_was_lost_is_sent_once_more,
    a_click_on_the_unknown_copy_adopts_it,
    a_click_that_is_quicker_than_slacks_answer_doubles_nothing,
);

fn copies(world: &World, who: &str) -> Vec<Message> {
    world.ever_told(who)
}

/// F6: 5xx means that it was not done; the card comes with the next try, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_that_slack_failed_is_tried_again() {
    let world = World::on(Base::Sqlite).await;
    world
        .slack
        .fail_in("chat.postMessage", GRACE, Fault::Status(500), Times::Once);
    world
        .slack
        .fail_in("chat.postMessage", GRACE, Fault::Status(503), Times::Once);
    let unavailable = Fault::error("service_unavailable");
    world
        .slack
        .fail_in("chat.postMessage", GRACE, unavailable, Times::Once);

    world.ada_asks(HOUR, "INC-42").await;
    world.card(LINUS, ASKS).await;
    world.pass(Duration::from_secs(20)).await;
    world.pass(Duration::from_secs(20)).await;
    assert_eq!(copies(&world, GRACE).len(), 1);
    assert_eq!(world.calls_to("chat.postMessage", GRACE).len(), 4);
    world.nothing_was_refused();
}

/// F6: the connection broke before Slack did anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_that_never_arrived_is_sent_after_five_seconds() {
    let world = World::on(Base::Sqlite).await;
    world
        .slack
        .fail_in("chat.postMessage", GRACE, Fault::Reset, Times::Once);
    world.ada_asks(HOUR, "INC-42").await;
    world.card(LINUS, ASKS).await;
    world.settle().await;
    world.pass(Duration::from_secs(4)).await;
    assert_eq!(world.calls_to("chat.postMessage", GRACE).len(), 1);
    world.pass(Duration::from_secs(2)).await;
    assert_eq!(copies(&world, GRACE).len(), 1);
    world.nothing_was_refused();
}

/// F6: Slack posted it, and nobody learned where.
async fn a_card_whose_answer_was_lost_is_sent_once_more(base: Base) {
    let world = World::on(base).await;
    world.slack.fail_in(
        "chat.postMessage",
        GRACE,
        Fault::AppliedThenLost,
        Times::Once,
    );
    world.ada_asks(HOUR, "INC-42").await;
    world.card(GRACE, ASKS).await;
    world.settle().await;
    world.pass(Duration::from_secs(4)).await;
    assert_eq!(copies(&world, GRACE).len(), 1, "not before five seconds");
    world.pass(Duration::from_secs(2)).await;
    assert_eq!(copies(&world, GRACE).len(), 2);
    world.pass(Duration::from_mins(5)).await;
    assert_eq!(copies(&world, GRACE).len(), 2, "one for one lost answer");

    // The copy that nobody knows of works like the other, and follows from then on.
    let unknown = copies(&world, GRACE)[0].clone();
    let reply = world.person(GRACE).click(&unknown, "approve").await;
    assert_eq!(reply.expect("the click arrives").status, 200);
    world.settle().await;
    world.pass(Duration::from_secs(4)).await;
    for copy in copies(&world, GRACE) {
        assert!(copy.says("Approved by Grace"), "{copy:#?}");
        assert!(!copy.buttons().iter().any(|(id, _)| *id == "approve"));
    }
    world.advance(HOUR);
    world.settle().await;
    world.pass(Duration::from_secs(8)).await;
    for copy in copies(&world, GRACE) {
        assert!(copy.says("Ended"), "{copy:#?}");
    }
    assert_eq!(world.news(ADA, "is open on"), 1);
    world.nothing_was_refused();
}

/// F6: she is faster than the second post.
async fn a_click_on_the_unknown_copy_adopts_it(base: Base) {
    let world = World::on(base).await;
    world.slack.fail_in(
        "chat.postMessage",
        GRACE,
        Fault::AppliedThenLost,
        Times::Once,
    );
    world.ada_asks(HOUR, "INC-42").await;
    world.card(GRACE, ASKS).await;
    world.settle().await;

    world.click(GRACE, ASKS, "approve").await;
    world.settle().await;
    world.pass(Duration::from_secs(10)).await;
    let copies = copies(&world, GRACE);
    assert!(copies.len() <= 2);
    for copy in copies {
        assert!(copy.says("Approved by Grace"), "{copy:#?}");
    }
    world.nothing_was_refused();
}

/// The card is on Grace's screen before Slack's answer is back, and she presses at once.
async fn a_click_that_is_quicker_than_slacks_answer_doubles_nothing(base: Base) {
    let world = World::on(base).await;
    let slow = Fault::AppliedThenSlow(Duration::from_millis(700));
    world
        .slack
        .fail_in("chat.postMessage", GRACE, slow, Times::Once);
    world.ada_asks(HOUR, "INC-42").await;
    world.click(GRACE, ASKS, "approve").await;
    world.card(ADA, "is open on").await;
    world.settle().await;
    world.pass(Duration::from_secs(20)).await;
    let cards = copies(&world, GRACE);
    assert_eq!(cards.len(), 1, "{cards:#?}");
    assert!(cards[0].says("active until"), "{cards:#?}");
    world.nothing_was_refused();
}
