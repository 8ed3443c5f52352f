//! A card that cannot be edited is posted anew; what is granted does not depend on it.

use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, LINUS, PROD_CHANNEL, PROD_SSH, World};
use lapse::sandbox::slack::{Fault, Times};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

on_both_databases!(a_card_that_is_gone_is_posted_anew);

/// F8: `message_not_found`.
async fn a_card_that_is_gone_is_posted_anew(base: Base) {
    let world = World::on(base).await;
    world.ada_asks(HOUR, "INC-42").await;
    let linus = world.card(LINUS, "asks for").await;
    let ada = world.card(ADA, "Asked for").await;
    world.settle().await;
    world.slack.remove_message(&linus.channel, &linus.ts);
    world.slack.remove_message(&ada.channel, &ada.ts);

    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    world.pass(Duration::from_secs(4)).await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    let anew = world.card(LINUS, "Approved by Grace").await;
    assert_ne!(anew.ts, linus.ts);
    assert_eq!(world.ever_told(LINUS).len(), 2);
    // Her card was posted anew, and the news came beside it.
    let standing = world.person(ADA).messages();
    assert_eq!(standing.len(), 2, "{standing:#?}");
    assert!(standing.iter().all(|message| message.says("is open on")));

    world.advance(HOUR);
    world.settle().await;
    world.pass(Duration::from_secs(4)).await;
    let standing = world.person(ADA).messages();
    let ended = standing.iter().filter(|message| message.says("ended"));
    assert_eq!(ended.count(), 2, "the new card follows: {standing:#?}");
    world.nothing_was_refused();
}

/// F8: whatever the reason that edits fail, there is one new card a change and no storm.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_reason_for_a_refused_edit_stops_the_grant_or_is_tried_for_ever() {
    for code in [
        "message_not_found",
        "edit_window_closed",
        "block_mismatch",
        "is_archived",
        "some_new_error",
    ] {
        let world = World::on(Base::Sqlite).await;
        world.ada_asks(HOUR, "INC-42").await;
        world.card(LINUS, "asks for").await;
        world.settle().await;
        world
            .slack
            .fail("chat.update", Fault::error(code), Times::Always);

        world.click(GRACE, "asks for", "approve").await;
        world.settle().await;
        world.pass(Duration::from_secs(8)).await;
        assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH), "{code}");
        assert_eq!(world.news(LINUS, "asks for"), 1, "{code}");
        assert!(world.ever_told(LINUS).len() <= 2, "{code}");
        let (edits, posts) = calls(&world);
        world.pass(Duration::from_mins(40)).await;
        assert_eq!(calls(&world), (edits, posts), "{code} is tried for ever");

        world.advance(Duration::from_mins(20));
        world.settle().await;
        world.pass(Duration::from_secs(8)).await;
        assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH), "{code}");
        assert_eq!(world.news(ADA, "was opened on"), 0, "a line is news once");
        assert_eq!(
            world.news(ADA, "Production SSH ended"),
            ended_news(code),
            "{code}"
        );
        let (edits, _) = calls(&world);
        assert!(edits <= 12, "{code}: {edits} edits");
    }
}

/// The line, and the card where it can be posted anew.
fn ended_news(code: &str) -> usize {
    let stays = ["is_archived", "some_new_error"];
    if stays.contains(&code) { 1 } else { 2 }
}

fn calls(world: &World) -> (usize, usize) {
    let (edits, posts) = ("chat.update", "chat.postMessage");
    (
        world.slack.calls_of(edits).len(),
        world.slack.calls_of(posts).len(),
    )
}

/// F8: the channel was archived after its line was posted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_is_archived_later_costs_events_and_nothing_else() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    assert_eq!(world.ever_posted_in(PROD_CHANNEL).len(), 1);
    world.slack.archive_channel(PROD_CHANNEL);

    world.advance(HOUR);
    world.settle().await;
    world.pass(Duration::from_secs(8)).await;
    assert!(world.ever_told(ADA)[0].says("ended"));
    assert!(world.trail(&request).await.contains(&"channel_unreachable"));
    let before = world.slack.calls().len();
    let to_channel = || {
        let calls = world.slack.calls().into_iter().skip(before);
        calls
            .filter(|call| call.args["channel"] == PROD_CHANNEL)
            .count()
    };
    world.pass(Duration::from_mins(20)).await;
    assert_eq!(to_channel(), 0, "nobody knocks again");
}
