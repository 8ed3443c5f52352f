//! What has to happen before the acknowledgement: a form that does not open, and people whom
//! Slack does not tell about.

use crate::on_both_databases;
use crate::support::world::{
    ADA, ADAS_MAC, Base, GRACE, LINUS, PATIENCE, PROD_SSH, PROFILES, Setup, World,
};
use lapse::sandbox::slack::{Fault, Times};
use std::future::Future;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
/// People are read again after ten minutes.
const FORGOTTEN: Duration = Duration::from_mins(11);

on_both_databases!(
    a_clicker_who_cannot_be_checked_changes_nothing,
    an_approval_whose_giver_cannot_be_read_does_not_count,
);

/// `views.open` cannot be queued: the answer to the command says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_above_the_limit_is_answered_in_the_response() {
    let world = World::on(Base::Sqlite).await;
    let limited = || Fault::RateLimited { retry_after: 10 };
    world.slack.fail("views.open", limited(), Times::Once);
    let reply = world.person(ADA).command("/access", "").await;
    let reply = reply.expect("the command is answered");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["response_type"], "ephemeral");
    assert!(
        reply.text().contains("try again in a minute"),
        "{}",
        reply.text()
    );
    assert!(world.person(ADA).open_view().is_none());

    world.advance(Duration::from_secs(11));
    world.ada_asks(HOUR, "INC-42").await;
    world.card(GRACE, "asks for").await;
    world.settle().await;

    // A button has no answer of its own; what is said stands where it was pressed.
    world.slack.fail("views.open", limited(), Times::Once);
    world.click(GRACE, "asks for", "deny").await;
    let told = world.whisper(GRACE).await;
    assert!(
        told.contains("press the button again in a minute"),
        "{told}"
    );
    assert_eq!(world.ever_told(GRACE).len(), 1, "no new message to her");
    assert!(world.slack.impatient_calls().is_empty());
    world.nothing_was_refused();
}

async fn waiting_for_long(base: Base, profiles: &str) -> World {
    let world = Setup::on(base).profiles(profiles).start().await;
    world.ada_asks(HOUR, "INC-42").await;
    world.card(GRACE, "asks for").await;
    world.card(LINUS, "asks for").await;
    world.settle().await;
    world
}

/// Something that waits for the bot's clock.
async fn while_time_passes<F: Future>(world: &World, waits: F) -> F::Output {
    let mut waits = std::pin::pin!(waits);
    loop {
        tokio::select! {
            done = &mut waits => return done,
            () = tokio::time::sleep(Duration::from_millis(10)) => {}
        }
        world.advance(Duration::from_millis(100));
    }
}

/// A click while Slack does not say who the clicker is: refused, and nothing changed.
async fn a_clicker_who_cannot_be_checked_changes_nothing(base: Base) {
    let world = waiting_for_long(base, PROFILES).await;
    world.pass(FORGOTTEN).await;
    let request = world.newest_request(ADA).await;

    world
        .slack
        .fail_in("users.info", GRACE, Fault::Status(500), Times::Once);
    world.click(GRACE, "asks for", "approve").await;
    let told = world.whisper(GRACE).await;
    assert!(told.contains("did not say in time who you are"), "{told}");
    assert!(told.contains("Nothing changed"));
    assert_eq!(world.request(&request).await.state, request.state);

    // Slower than a second is as good as not at all.
    let slow = Fault::Latency(PATIENCE);
    world.slack.fail_in("users.info", GRACE, slow, Times::Once);
    let (grace, card) = (world.person(GRACE), world.card(GRACE, "asks for").await);
    let reply = while_time_passes(&world, grace.click(&card, "approve")).await;
    let reply = reply.expect("the click arrives");
    assert_eq!(reply.status, 200);
    let ephemerals = world.person(GRACE);
    world
        .eventually("she is told again", move || {
            ephemerals.ephemerals().len() == 2
        })
        .await;
    assert_eq!(world.request(&request).await.state, request.state);
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));

    world.pass(FORGOTTEN).await;
    world
        .slack
        .fail_in("users.info", ADA, Fault::Status(500), Times::Once);
    world.click(GRACE, "asks for", "approve").await;
    let ephemerals = world.person(GRACE);
    world
        .eventually("she is told of the requester", move || {
            ephemerals
                .latest_ephemeral()
                .is_some_and(|m| m.says("who the requester is"))
        })
        .await;

    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}

/// Two approvals are needed; who gave the first cannot be read when the second comes.
async fn an_approval_whose_giver_cannot_be_read_does_not_count(base: Base) {
    let two = PROFILES.replace("requesters =", "approvals = 2\nrequesters =");
    let world = waiting_for_long(base, &two).await;
    let request = world.newest_request(ADA).await;
    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    world.pass(FORGOTTEN).await;

    world
        .slack
        .fail_in("users.info", GRACE, Fault::Status(500), Times::Once);
    world.click(LINUS, "asks for", "approve").await;
    world.settle().await;
    assert!(world.request(&request).await.is_pending());
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(
        world.trail(&request).await,
        ["requested", "reviewed", "reviewed"]
    );
}
