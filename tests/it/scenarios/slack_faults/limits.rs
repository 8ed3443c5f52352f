//! 429: what was asked to wait waits, and nothing else does.

use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, LINUS, PROD_SSH, World};
use lapse::sandbox::slack::{Call, Fault, Times};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const PAUSE: u64 = 30;
const ALMOST: Duration = Duration::from_secs(PAUSE - 1);

on_both_databases!(
    a_person_whose_channel_is_limited_waits_alone,
    a_limited_edit_waits_and_the_news_flows,
    limited_groups_are_left_alone_by_the_loop_and_by_clicks,
);

fn limited() -> Fault {
    Fault::RateLimited { retry_after: PAUSE }
}

/// F5: `chat.postMessage` to Grace is limited for 30 seconds.
async fn a_person_whose_channel_is_limited_waits_alone(base: Base) {
    let world = World::on(base).await;
    world
        .slack
        .fail_in("chat.postMessage", GRACE, limited(), Times::Once);

    world.ada_asks(HOUR, "INC-42").await;
    world.card(LINUS, "asks for Production SSH").await;
    world.card(ADA, "Asked for Production SSH").await;
    world.settle().await;
    world.pass(ALMOST).await;
    assert!(world.ever_told(GRACE).is_empty());
    assert_eq!(
        world.calls_to("chat.postMessage", GRACE).len(),
        1,
        "nothing was sent to her inside the window"
    );

    world.advance(Duration::from_secs(2));
    world.card(GRACE, "asks for Production SSH").await;
    world.settle().await;
    assert_eq!(world.calls_to("chat.postMessage", GRACE).len(), 2);
    assert!(world.slack.impatient_calls().is_empty());
    world.nothing_was_refused();
}

/// F5: the same on `chat.update`, which is limited for everybody together.
async fn a_limited_edit_waits_and_the_news_flows(base: Base) {
    let world = World::on(base).await;
    world.ada_asks(HOUR, "INC-42").await;
    world.card(LINUS, "asks for Production SSH").await;
    world.settle().await;
    world.slack.fail("chat.update", limited(), Times::Once);

    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(world.news(ADA, "is open on"), 1, "news needs no edit");
    world.pass(ALMOST).await;
    let edits = world.slack.calls_of("chat.update");
    assert_eq!(edits.len(), 1, "no edit was tried inside the window");
    assert!(
        world.card(GRACE, "Approved by Grace").await.edited(),
        "the clicker's card has a way of its own"
    );

    world.pass(Duration::from_secs(10)).await;
    let linus = world.card(LINUS, "Approved by Grace").await;
    assert!(linus.buttons().is_empty());
    let first = &world.ever_told(ADA)[0];
    assert!(first.says("is open on"), "{first:#?}");
    assert!(world.slack.impatient_calls().is_empty());
    world.nothing_was_refused();
}

/// F5 and F8 together: a card that has to be posted anew, and may not be posted just now.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_that_is_posted_anew_waits_for_the_post() {
    let world = World::on(Base::Sqlite).await;
    world.ada_asks(HOUR, "INC-42").await;
    let card = world.card(LINUS, "asks for Production SSH").await;
    world.settle().await;
    world.slack.remove_message(&card.channel, &card.ts);
    world
        .slack
        .fail_in("chat.postMessage", LINUS, limited(), Times::Once);

    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    world.pass(ALMOST).await;
    let of_his = |call: &Call| call.args["ts"] == card.ts.as_str();
    let edits = world.slack.calls_of("chat.update");
    assert!(edits.iter().filter(|call| of_his(call)).count() <= 1);
    assert_eq!(world.calls_to("chat.postMessage", LINUS).len(), 2);

    world.pass(Duration::from_secs(10)).await;
    let anew = world.card(LINUS, "Approved by Grace").await;
    assert_ne!(anew.ts, card.ts);
    assert!(world.slack.impatient_calls().is_empty());
    world.nothing_was_refused();
}

/// F5: `usergroups.list`, which the loop calls every 20 seconds and a late click once more.
async fn limited_groups_are_left_alone_by_the_loop_and_by_clicks(base: Base) {
    let world = World::on(base).await;
    world.ada_asks(HOUR, "INC-42").await;
    world.card(GRACE, "asks for Production SSH").await;
    let reads = {
        let slack = world.slack.clone();
        move || slack.calls_of("usergroups.list").len()
    };
    let pause = Duration::from_secs(90);
    let limited = Fault::RateLimited { retry_after: 90 };
    let before = reads();
    world.slack.fail("usergroups.list", limited, Times::Once);
    world.advance(Duration::from_secs(20));
    let asked = reads.clone();
    world
        .eventually("the groups are read", move || asked() == before + 1)
        .await;
    world.settle().await;

    world
        .pass(pause.saturating_sub(Duration::from_secs(1)))
        .await;
    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    assert_eq!(reads(), before + 1, "nothing is called inside the window");
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));

    world.advance(Duration::from_secs(21));
    world
        .eventually("the groups are read again", move || reads() > before + 1)
        .await;
    world.settle().await;
    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert!(world.slack.impatient_calls().is_empty());
    world.nothing_was_refused();
}
