//! Where other systems fail: each of their failures is a story here, as far as this one can be
//! told. Those that other files tell are named there by their number.

use super::{HOUR, asked_by, let_cards_follow};
use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, PROD_SSH, Setup, World};
use lapse::sandbox::slack::User;
use lapse::sandbox::tailscale::{Fault, Route};
use std::time::Duration;

on_both_databases!(
    a_shorter_grant_neither_shortens_nor_ends_a_longer_one,
    the_whole_duration_counts_from_approval,
);

/// Two grants on one key: asked twice, approved twice, for different lengths.
async fn two_grants(world: &World, first: Duration, second: Duration) {
    world.ada_asks(first, "INC-1").await;
    world.click(GRACE, "INC-1", "approve").await;
    let_cards_follow(world).await;
    world.ada_asks(second, "INC-2").await;
    world.click(GRACE, "INC-2", "approve").await;
    let_cards_follow(world).await;
}

/// Peers' failures 5 and 14.
async fn a_shorter_grant_neither_shortens_nor_ends_a_longer_one(base: Base) {
    let world = World::on(base).await;
    two_grants(&world, HOUR * 2, HOUR / 2).await;
    assert_eq!(asked_by(&world, ADA).await, 2);
    let held = world
        .tailnet
        .attribute(ADAS_MAC, PROD_SSH)
        .expect("it is open");
    let left = held.expiry.expect("it ends") - world.clocks.now();
    assert!(
        left > chrono::TimeDelta::minutes(100),
        "the longer one holds: {left}"
    );

    world
        .click(ADA, "approved by Grace Hopper", "release")
        .await;
    let_cards_follow(&world).await;
    let after = world
        .tailnet
        .attribute(ADAS_MAC, PROD_SSH)
        .expect("still open");
    assert_eq!(
        after.expiry, held.expiry,
        "giving one back leaves the other alone"
    );
    world.nothing_was_refused();
}

/// Peers' failure 20: approved after 59 minutes, there is still a whole hour.
async fn the_whole_duration_counts_from_approval(base: Base) {
    let world = World::on(base).await;
    world.ada_asks(HOUR, "INC-42").await;
    world.settle().await;
    world.advance(Duration::from_mins(59));
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
    world.nothing_was_refused();
}

/// Peers' failure 1: nobody reads "active" while Tailscale refuses, and the channel hears of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_told_that_it_is_open_while_it_is_not() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world
        .tailnet
        .fault(Route::WriteAttribute, Fault::Status(403), 1);
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let_cards_follow(&world).await;
    world.card(ADA, "Nothing was granted").await;
    for who in [ADA, GRACE] {
        let messages = world
            .slack
            .everything_in(&world.person(who).direct_channel());
        for message in &messages {
            let earlier = message.history.iter().map(|wording| wording.text.as_str());
            for text in earlier.chain([message.text.as_str()]) {
                assert!(!text.contains("active until"), "{text}");
                assert!(!text.contains("is open on"), "{text}");
            }
        }
    }
    let trail = world.trail(&request).await;
    assert!(!trail.contains(&"activated"), "{trail:?}");
}

/// Peers' failure 3: a double click acts once, and whoever comes second is told so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_clicks_at_once_open_one_grant() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    let grace = world.person(GRACE);
    let (one, other) = tokio::join!(
        grace.click_stale(&card, "approve"),
        grace.click_stale(&card, "approve")
    );
    assert!(one.expect("it arrives").acknowledged());
    assert!(other.expect("it arrives").acknowledged());
    world.settle().await;
    let approved = world.trail(&request).await;
    let approved = approved.iter().filter(|event| **event == "approved");
    assert_eq!(approved.count(), 1);
    world.nothing_was_refused();
}

/// Peers' failure 6: a long reason does not vanish from Tailscale's own log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_comment_in_the_log_of_tailscale_keeps_who_what_and_the_number() {
    let world = World::on(Base::Sqlite).await;
    let reason = format!("INC-42 {}", "because of the long story ".repeat(18));
    let request = world.ada_asks(HOUR, reason.trim()).await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    let writes = world.tailnet.writes();
    let comment = writes.first().and_then(|write| write.comment.clone());
    let comment = comment.expect("a comment");
    for part in [request.number.to_string().as_str(), "INC-42"] {
        assert!(comment.contains(part), "{part} is not in {comment:?}");
    }
    world.nothing_was_refused();
}

/// Peers' failure 17: seeing a card is no right to deny or to revoke.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sees_a_card_has_no_say_by_that() {
    const MARGARET: &str = "U0MARGARET";
    let world = Setup::on(Base::Sqlite)
        .slack(|setup| setup.user(User::member(MARGARET, "Margaret", "margaret@example.com")))
        .start()
        .await;
    world.ada_asks(HOUR, "INC-42").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    let margaret = world.person(MARGARET);
    for button in ["deny", "approve_less", "approve"] {
        margaret
            .click_stale(&card, button)
            .await
            .expect("it arrives");
        let told = world.whisper(MARGARET).await;
        assert!(
            told.contains("There is no such request"),
            "{button}: {told}"
        );
        assert!(margaret.open_view().is_none(), "{button}");
    }
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let_cards_follow(&world).await;
    let card = world.card(GRACE, "active until").await;
    margaret
        .click_stale(&card, "revoke")
        .await
        .expect("it arrives");
    world.settle().await;
    assert!(margaret.open_view().is_none());
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}
