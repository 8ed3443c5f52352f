//! F24: the PostgreSQL server closes connections, or an answer is lost on the way.

use super::{ASKS, HOUR};
use crate::support::wire::Wire;
use crate::support::world::{ADAS_MAC, Base, GRACE, PROD_SSH, Setup, World};
use lapse::domain::request::Request;

/// What an administrator does, or a server that goes down.
const TERMINATE: &str = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
    WHERE datname = current_database() AND pid <> pg_backend_pid()";
const WAITS_FOR_LOCK: &str = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted";

async fn asked() -> (World, Request) {
    let world = Setup::on(Base::Postgres).start().await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    world.card(GRACE, ASKS).await;
    world.settle().await;
    (world, request)
}

/// Grace clicks, however it is answered.
async fn grace_clicks(world: &World) -> u16 {
    let card = world.card(GRACE, "Production SSH").await;
    let click = world.person(GRACE).click_stale(&card, "approve").await;
    click.expect("it is answered").status
}

async fn it_opened_once(world: &World, request: &Request) {
    let grant = world.the_promise_holds(request).await;
    assert_eq!(world.writes_of(&grant).len(), 1);
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(
        world.milestones(request).await,
        ["requested", "approved", "activated"]
    );
    world.nothing_was_refused();
}

/// F24: every idle connection is closed; the next click does not notice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pool_heals_by_itself() {
    let (world, request) = asked().await;
    assert!(world.count(TERMINATE).await > 0, "there were connections");
    assert_eq!(grace_clicks(&world).await, 200);
    world.recover_in_the_end().await;
    it_opened_once(&world, &request).await;
}

/// F24: the connection is reset inside the deciding transaction. Nothing has changed, Slack
/// shows that the click failed, and it can be repeated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_reset_in_a_transaction_changes_nothing() {
    let (world, request) = asked().await;
    let held = world.hold_writers().await;
    let card = world.card(GRACE, ASKS).await;
    let person = world.person(GRACE);
    let click = tokio::spawn(async move { person.click(&card, "approve").await });
    world.until_stored(WAITS_FOR_LOCK).await;
    // Everybody who waits for the lock, and nobody else.
    let reset = world
        .count("SELECT COUNT(pg_terminate_backend(pid)) FROM pg_locks WHERE NOT granted")
        .await;
    assert!(reset > 0);
    let reply = click.await.expect("the task ends").expect("it is answered");
    assert_eq!(reply.status, 503, "no acknowledgement without a commit");
    held.let_go().await;
    assert_eq!(world.request(&request).await, request, "nothing changed");
    assert_eq!(world.trail(&request).await, ["requested"]);

    assert_eq!(grace_clicks(&world).await, 200);
    world.recover_in_the_end().await;
    it_opened_once(&world, &request).await;
}

/// F24: the commit happened and its answer was lost. Nobody is told that nothing changed; the
/// click is repeated, and there is still one transition.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_commit_is_settled_by_repeating_the_click() {
    for _ in 0..8 {
        if the_clicks_own_commit_was_lost().await {
            return;
        }
    }
    panic!("it was always another commit whose answer was lost");
}

/// Tells the story, unless the answer that was lost was that to another commit: some come and go
/// in the background.
async fn the_clicks_own_commit_was_lost() -> bool {
    let (mut world, request) = asked().await;
    let wire = Wire::to(&world.database_url()).await;
    world.take_a_detour(&wire.url);
    world.restart_bot().await;
    world.settle().await;

    wire.lose_the_answer_to_what_says("INSERT INTO reviews");
    match grace_clicks(&world).await {
        503 => {}
        200 => return false,
        other => panic!("a click is answered 200 or 503, not {other}"),
    }
    assert!(!wire.is_armed(), "the answer to a commit was lost");
    let told = world.whisper(GRACE).await;
    assert!(!told.contains("Nothing changed"), "it is not known: {told}");
    assert_eq!(world.request(&request).await.state.name(), "approved");

    assert_eq!(grace_clicks(&world).await, 200, "the repetition is taken");
    world.recover_in_the_end().await;
    it_opened_once(&world, &request).await;
    true
}

/// F24: the answer to some commit is lost: the click's, the claim's, the mark's, the result's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_commit_is_lost_it_opens_once() {
    for commits_before in [0, 1, 3] {
        let (mut world, request) = asked().await;
        let wire = Wire::to(&world.database_url()).await;
        world.take_a_detour(&wire.url);
        world.restart_bot().await;
        world.settle().await;
        wire.lose_the_answer_after(commits_before);
        // When it was the click's own commit, she clicks again.
        while grace_clicks(&world).await != 200 {}
        world
            .eventually("an answer is lost", || !wire.is_armed())
            .await;
        world.recover_in_the_end().await;
        it_opened_once(&world, &request).await;
    }
}

/// F24: the server closes every connection again and again while approvals are under way. Who
/// was not acknowledged clicks again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_server_closes_nothing_is_lost() {
    const ROUNDS: usize = 3;
    let (world, request) = asked().await;
    let card = world.card(GRACE, ASKS).await;
    let mut acknowledged = false;
    for _ in 0..ROUNDS {
        let (person, card) = (world.person(GRACE), card.clone());
        let click = tokio::spawn(async move { person.click_stale(&card, "approve").await });
        world.count(TERMINATE).await;
        let reply = click.await.expect("the task ends").expect("it is answered");
        acknowledged |= reply.acknowledged();
    }
    while !acknowledged {
        acknowledged = grace_clicks(&world).await == 200;
    }
    world.recover_in_the_end().await;
    it_opened_once(&world, &request).await;
}

/// F24: PostgreSQL cannot be reached at all. Nobody is acknowledged, and once it is back
/// everything goes on without a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_gone_and_comes_back() {
    let (mut world, request) = asked().await;
    let wire = Wire::to(&world.database_url()).await;
    world.take_a_detour(&wire.url);
    world.restart_bot().await;
    world.settle().await;
    wire.down();
    assert_eq!(grace_clicks(&world).await, 503);
    assert!(world.tailnet.writes().is_empty());
    wire.up();
    assert_eq!(grace_clicks(&world).await, 200);
    world.recover_in_the_end().await;
    it_opened_once(&world, &request).await;
}
