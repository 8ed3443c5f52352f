//! Connections end: announced, closed, cut, fallen silent. No click is lost, and none counts
//! twice.

use super::{ASKS, asked, replaced, staying, world};
use crate::support::world::{ADAS_MAC, CONNECTIONS, GRACE, PROD_SSH, World};
use lapse::domain::request::Request;
use lapse::sandbox::slack::{Fault, PersonError, Times};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

async fn it_opened_once(world: &World, request: &Request) {
    world.settle().await;
    let grant = world.the_promise_holds(request).await;
    assert_eq!(world.writes_of(&grant).len(), 1);
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(
        world.trail(request).await,
        ["requested", "approved", "activated"]
    );
}

/// Slack announces that it will close every connection. New ones are there before the old ones
/// go, and a click in between arrives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_loses_no_click() {
    for reason in ["warning", "refresh_requested", "moonrise"] {
        let world = world().await;
        let request = asked(&world).await;
        let old = staying(&world);
        world.slack.refuse_sockets();
        for number in &old {
            world.slack.announce_disconnect(*number, reason);
        }
        // Nothing new can be opened yet: what arrives meanwhile comes over the old ones.
        world.click(GRACE, ASKS, "approve").await;
        let sent = world.slack.envelopes().pop().expect("the click");
        assert!(old.contains(&sent.connection) && sent.is_acknowledged);
        world
            .eventually("new ones are tried for", || {
                let tries = world.slack.calls_of("apps.connections.open").len();
                tries >= 2 * CONNECTIONS
            })
            .await;
        world.slack.accept_sockets();
        for _ in 0..4 {
            world.advance(SECOND);
            world.settle().await;
        }
        replaced(&world, &old).await;
        for number in &old {
            let open = world.slack.sockets();
            assert!(
                open.iter().any(|socket| socket.number == *number),
                "the old one stays until Slack closes it"
            );
            world.slack.close_socket(*number);
        }
        it_opened_once(&world, &request).await;
        assert_eq!(world.slack.sockets().len(), CONNECTIONS);
        world.nothing_was_refused();
    }
}

/// A connection is cut while a click is being decided. Slack never hears of it and shows a
/// failure; the click counts, and pressing again changes nothing more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_in_the_middle_of_a_click() {
    let world = world().await;
    let request = asked(&world).await;
    // Accounts older than ten minutes are read again before a decision, which takes its time.
    world.advance(Duration::from_mins(11));
    world.settle().await;
    let slow = Fault::Latency(Duration::from_millis(300));
    world.slack.fail("users.info", slow, Times::Always);
    let (person, card) = (world.person(GRACE), world.card(GRACE, ASKS).await);
    let before = world.slack.envelopes().len();
    let again = card.clone();
    let click = tokio::spawn(async move { person.click(&card, "approve").await });
    world
        .eventually("the click is under way", || {
            world.slack.envelopes().len() > before
        })
        .await;
    let old = staying(&world);
    for number in &old {
        world.slack.cut_socket(*number);
    }
    let outcome = click.await.expect("the task ends");
    assert!(
        matches!(outcome, Err(PersonError::Undelivered(_))),
        "{outcome:?}"
    );
    replaced(&world, &old).await;
    world.slack.clear_faults();
    let reply = world.person(GRACE).click_stale(&again, "approve").await;
    assert_eq!(reply.expect("answered").status, 200);
    it_opened_once(&world, &request).await;
    world.nothing_was_refused();
}

/// An event whose acknowledgement was lost with its connection is delivered again over another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_delivered_again_over_another_connection() {
    let world = world().await;
    world.slack.set_ack_patience(Duration::from_millis(200));
    let silent = staying(&world)[0];
    world.slack.silence_socket(silent);
    for _ in 0..4 {
        let reply = world.slack.user_changed(GRACE).await.expect("answered");
        assert_eq!(reply.status, 200);
    }
    let events: Vec<_> = world.slack.envelopes();
    let lost = events.iter().filter(|sent| !sent.is_acknowledged);
    assert!(lost.clone().count() > 0, "{events:?}");
    assert!(lost.clone().all(|sent| sent.connection == silent));
    world.nothing_was_refused();
}

/// Connections that are cut again and again are opened again, more and more slowly.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_never_last_make_no_storm() {
    let world = world().await;
    let request = asked(&world).await;
    for _ in 0..60 {
        for number in staying(&world) {
            world.slack.cut_socket(number);
        }
        world.advance(SECOND);
        world.settle().await;
    }
    let opened = world.slack.calls_of("apps.connections.open").len();
    // One at once and then after 1, 2, 4, 8, 16, 32 seconds, on each line.
    assert!((8..=20).contains(&opened), "{opened} in a minute");
    world.advance(Duration::from_secs(80));
    world.connected().await;
    world.click(GRACE, ASKS, "approve").await;
    it_opened_once(&world, &request).await;
    world.nothing_was_refused();
}
