//! Who hears what where: one message a request in a channel, later news in its thread.

use super::news::with_a_note;
use crate::on_both_databases;
use crate::support::world::{ADA, Base, GRACE, LINUS, PROD_CHANNEL, SECURITY_CHANNEL, World};
use lapse::sandbox::slack::{Fault, Message, Times};
use lapse::sandbox::tailscale::{self, Route};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

on_both_databases!(the_channel_has_one_message_and_the_rest_in_its_thread);

fn in_channel(world: &World) -> (Vec<Message>, Vec<Message>) {
    let all = world.ever_posted_in(PROD_CHANNEL);
    all.into_iter()
        .partition(|message| message.thread_ts.is_none())
}

async fn the_channel_has_one_message_and_the_rest_in_its_thread(base: Base) {
    let mut world = World::on(base).await;
    world.ada_asks(HOUR, "INC-42").await;
    world.card(GRACE, "asks for").await;
    world.settle().await;
    assert!(
        world.ever_posted_in(PROD_CHANNEL).is_empty(),
        "pending is nobody's business"
    );
    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    world.restart_bot().await;
    world.settle().await;
    let (lines, thread) = in_channel(&world);
    assert_eq!((lines.len(), thread.len()), (1, 0));
    assert!(lines[0].says("Ada Lovelace has"), "{:#?}", lines[0]);

    with_a_note(&world, GRACE, "active until", "revoke", "wrong cluster").await;
    world.restart_bot().await;
    world.pass(Duration::from_secs(8)).await;
    let (lines, thread) = in_channel(&world);
    assert_eq!((lines.len(), thread.len()), (1, 1), "{thread:#?}");
    assert!(lines[0].says("was revoked by Grace Hopper"));
    assert_eq!(thread[0].thread_ts.as_ref(), Some(&lines[0].ts));
    assert!(thread[0].says("Revoked by Grace Hopper"));
    assert!(
        !thread[0].says("wrong cluster"),
        "the note is not for the channel"
    );
    assert!(world.ever_posted_in(SECURITY_CHANNEL).is_empty());
    world.nothing_was_refused();
}

/// Denied, cancelled and lapsed requests are nobody's business but theirs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_never_opened_is_not_posted_there() {
    let world = World::on(Base::Sqlite).await;
    world.ada_asks(HOUR, "INC-42").await;
    with_a_note(&world, GRACE, "asks for", "deny", "no").await;
    world.ada_asks(HOUR, "INC-43").await;
    world.click(ADA, "Asked for", "cancel").await;
    world.settle().await;
    world.ada_asks(HOUR, "INC-44").await;
    world.settle().await;
    world.advance(HOUR);
    world.settle().await;
    world.pass(Duration::from_secs(8)).await;
    assert!(world.ever_posted_in(PROD_CHANNEL).is_empty());
    assert_eq!(world.notifications(LINUS).len(), 3, "one for each request");
    world.nothing_was_refused();
}

/// News for the thread waits for the line that it belongs under.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_waits_for_its_line() {
    let world = World::on(Base::Sqlite).await;
    let limited = Fault::RateLimited { retry_after: 30 };
    world
        .slack
        .fail_in("chat.postMessage", PROD_CHANNEL, limited, Times::Once);
    world.ada_asks(HOUR, "INC-42").await;
    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    world.click(ADA, "is open on", "release").await;
    world.settle().await;
    assert!(world.ever_posted_in(PROD_CHANNEL).is_empty());
    for _ in 0..4 {
        world.pass(Duration::from_secs(20)).await;
    }
    let (lines, thread) = in_channel(&world);
    assert_eq!((lines.len(), thread.len()), (1, 1));
    assert!(thread[0].says("Given back by Ada Lovelace"), "{thread:#?}");
    assert!(world.slack.impatient_calls().is_empty());
    world.nothing_was_refused();
}

/// A failure is told where it is acted on, and the requester reads that it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_are_told_to_security() {
    let world = World::on(Base::Sqlite).await;
    let forbidden = tailscale::Fault::Status(403);
    world
        .tailnet
        .fault(Route::WriteAttribute, forbidden, usize::MAX);
    let request = world.ada_asks(HOUR, "INC-42").await;
    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    world.pass(Duration::from_secs(8)).await;
    let told = world.ever_posted_in(SECURITY_CHANNEL);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].says(&request.number.to_string()));
    assert!(world.ever_told(ADA)[0].says("has been told"));
    let (lines, _) = in_channel(&world);
    assert_eq!(lines.len(), 1);
    assert!(lines[0].says("did not get"), "{lines:#?}");
}
