//! A stop: what is being decided is still acknowledged.

use super::{ASKS, asked, world};
use crate::support::program::Program;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, PROD_SSH, Setup};
use lapse::sandbox::slack::{Fault, Times};
use std::time::Duration;

/// The bot is asked to stop while a click is being decided: the click is acknowledged, the
/// connections are closed, and the next bot goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_click_under_way_is_acknowledged_before_it_stops() {
    let mut world = world().await;
    let request = asked(&world).await;
    world.advance(Duration::from_mins(11));
    world.settle().await;
    let slow = Fault::Latency(Duration::from_millis(300));
    world.slack.fail("users.info", slow, Times::Always);
    let (person, card) = (world.person(GRACE), world.card(GRACE, ASKS).await);
    let before = world.slack.envelopes().len();
    let click = tokio::spawn(async move { person.click(&card, "approve").await });
    world
        .eventually("the click is under way", || {
            world.slack.envelopes().len() > before
        })
        .await;
    // What has arrived is decided; what is only on its way is Slack's to deliver again.
    tokio::time::sleep(Duration::from_millis(100)).await;
    world.ask_to_stop();
    let reply = click.await.expect("the task ends").expect("answered");
    assert_eq!(reply.status, 200);
    world
        .eventually("the connections are closed", || {
            world.slack.sockets().is_empty()
        })
        .await;
    world.slack.clear_faults();
    world.restart_bot().await;
    world.settle().await;
    let grant = world.the_promise_holds(&request).await;
    assert_eq!(world.writes_of(&grant).len(), 1);
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}

/// The program itself: connects, serves, and ends in time when it is asked to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_connects_and_ends_in_time() {
    let world = Setup::on(Base::Sqlite)
        .over_sockets()
        .start_in_real_time()
        .await;
    let mut program = Program::serve(&world).await;
    world.connected().await;
    let help = world.person(ADA).command("/access", "help").await;
    assert!(help.expect("answered").text().contains("/access"));
    program.signal("TERM");
    let ended = program.ended_within(Duration::from_secs(8)).await;
    assert_eq!(ended.code(), Some(0), "{}", program.said());
    world
        .eventually("the connections are closed", || {
            world.slack.sockets().is_empty()
        })
        .await;
    for secret in ["xapp-", "ticket=", "xoxb-"] {
        assert!(!program.said().contains(secret), "{}", program.said());
    }
    world.nothing_was_refused();
}
