//! Slack gives no address, or the address leads nowhere.

use super::{HOUR, world};
use crate::support::world::{ADA, Base, CONNECTIONS, GRACE, Setup, World};
use lapse::sandbox::slack::{Fault, RateLimits, Times};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// Every connection is lost, and `apps.connections.open` fails from now on.
async fn nothing_can_be_opened(fault: Fault) -> World {
    let world = world().await;
    world.slack.forget_calls();
    world
        .slack
        .fail("apps.connections.open", fault, Times::Always);
    for socket in world.slack.sockets() {
        world.slack.cut_socket(socket.number);
    }
    world
        .eventually("it tries again", || tries(&world) > 0)
        .await;
    world
}

fn tries(world: &World) -> usize {
    world.slack.calls_of("apps.connections.open").len()
}

/// So many seconds pass, one after the other.
async fn seconds(world: &World, number: u64) {
    for _ in 0..number {
        world.advance(SECOND);
        world.settle().await;
    }
}

async fn it_works_again(world: &World) {
    world.connected().await;
    world.ada_asks(HOUR, "INC-42 db failover").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    world.card(ADA, "is open on").await;
}

/// 429: not one call inside the pause that Slack asked for, whichever connection wants it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_that_slack_asked_for_is_kept() {
    let world = nothing_can_be_opened(Fault::RateLimited { retry_after: 30 }).await;
    let before = tries(&world);
    world.slack.clear_faults();
    seconds(&world, 29).await;
    assert_eq!(tries(&world), before);
    assert!(world.slack.impatient_calls().is_empty());
    seconds(&world, 10).await;
    it_works_again(&world).await;
    world.nothing_was_refused();
}

/// With a limit of one a minute, every connection is opened in its turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_wait_for_their_turn() {
    let mut world = Setup::on(Base::Sqlite)
        .over_sockets()
        .slack(|setup| setup.limits(RateLimits::none().with("apps.connections.open", 1)))
        .start_without_a_bot()
        .await;
    world.launch_bot().await;
    world
        .eventually("one is open", || world.slack.sockets().len() == 1)
        .await;
    seconds(&world, 75).await;
    world.connected().await;
    assert!(world.slack.impatient_calls().is_empty());
}

/// `invalid_auth`: one call a minute, until somebody mends the token.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_app_token_makes_no_storm() {
    let world = nothing_can_be_opened(Fault::error("invalid_auth")).await;
    let before = tries(&world);
    seconds(&world, 180).await;
    let since = tries(&world) - before;
    assert!((1..=4).contains(&since), "{since} in three minutes");
    world.slack.clear_faults();
    seconds(&world, 150).await;
    it_works_again(&world).await;
    world.nothing_was_refused();
}

/// Slack gives addresses, and turns everybody away who comes with one: tried again, more and
/// more slowly.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_leads_nowhere_is_given_up_and_asked_for_again() {
    let world = world().await;
    world.slack.forget_calls();
    world.slack.refuse_sockets();
    for socket in world.slack.sockets() {
        world.slack.cut_socket(socket.number);
    }
    world
        .eventually("it tries again", || tries(&world) >= CONNECTIONS)
        .await;
    seconds(&world, 60).await;
    assert!((8..=16).contains(&tries(&world)), "{}", tries(&world));
    world.slack.accept_sockets();
    seconds(&world, 75).await;
    it_works_again(&world).await;
    world.nothing_was_refused();
}
