//! F2: killed before the commit of a click. Nothing has changed, and it can be clicked again.

use super::{ASKS, FOR_EVER, HOUR};
use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, PROD_SSH, World};
use lapse::domain::request::Request;
use lapse::sandbox::slack::{Fault, PersonError, Reply, Times};
use std::time::Duration;
use tokio::task::JoinHandle;

on_both_databases!(
    killed_while_slack_is_asked_who_clicks,
    killed_inside_the_transaction,
    killed_before_a_request_is_stored,
);

/// F2: the clicker's account is being read; the transaction has not begun.
async fn killed_while_slack_is_asked_who_clicks(base: Base) {
    let mut world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    world.card(GRACE, ASKS).await;
    world.settle().await;
    // Accounts older than ten minutes are read again before a decision.
    world.advance(Duration::from_mins(11));
    world.settle().await;
    world
        .slack
        .fail("users.info", Fault::Latency(FOR_EVER), Times::Always);
    let before = world.slack.deliveries().len();
    let click = approve_in_the_background(&world).await;
    it_is_delivered(&world, before).await;
    world.kill_bot().await;
    the_click_changed_nothing(world, &request, click).await;
}

/// F2: everything is decided; the transaction waits for a lock and never commits.
async fn killed_inside_the_transaction(base: Base) {
    let mut world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    world.card(GRACE, ASKS).await;
    world.settle().await;
    let held = world.hold_writers().await;
    let before = world.slack.deliveries().len();
    let click = approve_in_the_background(&world).await;
    it_waits_for_the_lock(base, &world, before).await;
    world.kill_bot().await;
    held.let_go().await;
    the_click_changed_nothing(world, &request, click).await;
}

/// F2: a submitted form is not stored yet; the form can be sent again.
async fn killed_before_a_request_is_stored(base: Base) {
    let mut world = World::on(base).await;
    let person = world.person(ADA);
    world.open_form(ADA).await;
    person.choose("device", ADAS_MAC).await.expect("a device");
    let hour = HOUR.as_secs().to_string();
    person.choose("duration", &hour).await.expect("a duration");
    person
        .type_text("justification", "INC-42 db failover")
        .await
        .expect("a reason");
    let held = world.hold_writers().await;
    let before = world.slack.deliveries().len();
    let submitting = person.clone();
    let submitted = tokio::spawn(async move { submitting.submit().await });
    it_waits_for_the_lock(base, &world, before).await;
    world.kill_bot().await;
    held.let_go().await;
    let outcome = submitted.await.expect("the task ends");
    assert!(outcome.is_err(), "the form was not acknowledged");
    world.start_bot().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM requests").await, 0);
    let again = person.submit().await.expect("the form is still there");
    assert_eq!(again.reply.status, 200);
    assert_eq!(world.count("SELECT COUNT(*) FROM requests").await, 1);
    world.card(GRACE, ASKS).await;
    world.nothing_was_refused();
}

/// Nothing outside shows that somebody waits for SQLite's lock: there it is enough that the
/// bytes were sent, because nothing commits before the lock is let go.
async fn it_waits_for_the_lock(base: Base, world: &World, deliveries_before: usize) {
    match base {
        Base::Sqlite => it_is_delivered(world, deliveries_before).await,
        Base::Postgres => {
            world
                .until_stored("SELECT COUNT(*) FROM pg_locks WHERE NOT granted")
                .await;
        }
    }
}

async fn it_is_delivered(world: &World, deliveries_before: usize) {
    world
        .eventually("it is delivered", || {
            world.slack.deliveries().len() > deliveries_before
        })
        .await;
}

async fn approve_in_the_background(world: &World) -> JoinHandle<Result<Reply, PersonError>> {
    let (person, card) = (world.person(GRACE), world.card(GRACE, ASKS).await);
    tokio::spawn(async move { person.click(&card, "approve").await })
}

async fn the_click_changed_nothing(
    mut world: World,
    request: &Request,
    click: JoinHandle<Result<Reply, PersonError>>,
) {
    let outcome = click.await.expect("the task ends");
    assert!(outcome.is_err(), "nobody acknowledged it");
    world.slack.clear_faults();
    world.start_bot().await;
    world.recover().await;
    assert_eq!(world.request(request).await, *request, "nothing changed");
    assert_eq!(world.trail(request).await, ["requested"]);
    assert!(world.tailnet.writes().is_empty());

    world.click(GRACE, ASKS, "approve").await;
    world.settle().await;
    let grant = world.the_promise_holds(request).await;
    assert_eq!(world.writes_of(&grant).len(), 1);
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}
