//! *End access*: only what a step opened, by the id that the step returned.

use super::{HOUR, MINUTE, answers, asked_and_confirmed, error, is_running, outputs, run};
use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, PROD_SSH, World};
use serde_json::json;

on_both_databases!(
    what_people_asked_for_is_not_a_workflows_to_end,
    what_has_ended_already_is_told_as_it_ended,
    it_is_told_that_it_ended_only_when_tailscale_said_so,
);

async fn what_people_asked_for_is_not_a_workflows_to_end(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    let short = request.number.to_string();
    for id in [request.id.as_str(), &short, "no-such-id"] {
        let execution = run(&world, "end_access", json!({ "request_id": id })).await;
        let told = error(&world, &execution).await;
        assert!(told.contains("no Request access step returned"), "{told}");
    }
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH), "it stays");
    world.nothing_was_refused();
}

async fn what_has_ended_already_is_told_as_it_ended(base: Base) {
    let world = World::on(base).await;
    let (execution, request) = asked_and_confirmed(&world).await;
    let id = json!({ "request_id": request.id.as_str() });
    let early = run(&world, "end_access", id.clone()).await;
    assert_eq!(outputs(&world, &early).await, json!({ "ended": false }));
    let approved_at = world.clocks.now();
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    outputs(&world, &execution).await;
    world.pass(61 * MINUTE).await;
    let late = run(&world, "end_access", id).await;
    let ended_at = (approved_at + HOUR).timestamp();
    let said = json!({ "ended": true, "ended_at": ended_at });
    assert_eq!(outputs(&world, &late).await, said);
    world.nothing_was_refused();
}

async fn it_is_told_that_it_ended_only_when_tailscale_said_so(base: Base) {
    let world = World::on(base).await;
    let (_, request) = asked_and_confirmed(&world).await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    world.tailnet.down();
    let id = json!({ "request_id": request.id.as_str() });
    let execution = run(&world, "end_access", id.clone()).await;
    world.pass(MINUTE).await;
    assert!(is_running(&world, &execution));
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    let again = run(&world, "end_access", id).await;
    world.tailnet.up();
    // Tailscale was away, so the next tries are up to a minute apart, and more than one may pass.
    for _ in 0..3 {
        world.pass(2 * MINUTE).await;
    }
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(outputs(&world, &execution).await["ended"], json!(true));
    assert_eq!(outputs(&world, &again).await["ended"], json!(true));
    assert_eq!(answers(&world, &execution), 1);
    world
        .card(ADA, "Revoked by the workflow that asked for it")
        .await;
    world.nothing_was_refused();
}
