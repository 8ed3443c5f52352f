//! Every step is answered exactly once, whatever happens in between.

use super::{
    HOUR, MINUTE, TO_CONFIRM, answers, asked_and_confirmed, inputs, is_running, outputs, run, state,
};
use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, PROD_SSH, World};
use lapse::sandbox::slack::{ExecutionState, Fault, Times};
use serde_json::json;

on_both_databases!(
    a_step_that_is_delivered_five_times_asks_once,
    a_restart_in_the_middle_loses_nothing,
    a_completion_that_fails_for_an_hour_arrives_in_the_end,
    a_completion_whose_answer_is_lost_is_harmless,
    a_workflow_that_was_removed_is_left_alone,
    a_token_that_ran_out_long_ago_is_not_needed,
    a_workflow_that_cannot_be_told_is_told_to_the_person,
);

async fn a_step_that_is_delivered_five_times_asks_once(base: Base) {
    let world = World::on(base).await;
    let execution = run(&world, "request_access", inputs()).await;
    for attempt in 1..=4 {
        let again = world.slack.redeliver_step(&execution.id, attempt).await;
        assert!(again.expect("delivered").acknowledged());
        world.pass(MINUTE).await;
    }
    assert_eq!(world.person(ADA).messages().len(), 1);
    world.click(ADA, TO_CONFIRM, "confirm").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    assert_eq!(outputs(&world, &execution).await["approved"], json!(true));
    let again = world.slack.redeliver_step(&execution.id, 5).await;
    assert!(again.expect("delivered").acknowledged());
    world.pass(MINUTE).await;
    assert_eq!(answers(&world, &execution), 1);
    world.nothing_was_refused();
}

/// Killed while it waits for the person, for approvers and for Slack, the bot goes on where it was.
async fn a_restart_in_the_middle_loses_nothing(base: Base) {
    let mut world = World::on(base).await;
    let execution = run(&world, "request_access", inputs()).await;
    world.settle().await;
    world.restart_bot().await;
    world.click(ADA, TO_CONFIRM, "confirm").await;
    world.settle().await;
    world.restart_bot().await;
    let broken = || Fault::Status(500);
    world
        .slack
        .fail("functions.completeSuccess", broken(), Times::Always);
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert!(is_running(&world, &execution));
    world.restart_bot().await;
    world.slack.clear_faults();
    world.pass(2 * MINUTE).await;
    let said = outputs(&world, &execution).await;
    assert_eq!(said["approved"], json!(true));

    let id = said["request_id"].clone();
    world
        .slack
        .fail("functions.completeSuccess", broken(), Times::Always);
    let ending = run(&world, "end_access", json!({ "request_id": id })).await;
    world.settle().await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.restart_bot().await;
    world.slack.clear_faults();
    world.pass(2 * MINUTE).await;
    assert_eq!(outputs(&world, &ending).await["ended"], json!(true));
    world.nothing_was_refused();
}

async fn a_completion_that_fails_for_an_hour_arrives_in_the_end(base: Base) {
    let world = World::on(base).await;
    let (execution, _) = asked_and_confirmed(&world).await;
    let broken = Fault::Status(500);
    world
        .slack
        .fail("functions.completeSuccess", broken, Times::Always);
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    world.card(ADA, "is open on").await;
    for _ in 0..12 {
        world.pass(5 * MINUTE).await;
        assert!(is_running(&world, &execution));
    }
    world.slack.clear_faults();
    world.pass(2 * MINUTE).await;
    let said = outputs(&world, &execution).await;
    assert_eq!(said["approved"], json!(true), "as it was decided then");
    world.nothing_was_refused();
}

async fn a_completion_whose_answer_is_lost_is_harmless(base: Base) {
    let world = World::on(base).await;
    let (execution, _) = asked_and_confirmed(&world).await;
    let lost = Fault::AppliedThenLost;
    world
        .slack
        .fail("functions.completeSuccess", lost, Times::Once);
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.pass(MINUTE).await;
    assert_eq!(outputs(&world, &execution).await["approved"], json!(true));
    world.settle().await;
    let left = world.app().store.untold_executions(10).await;
    assert_eq!(left.expect("readable"), []);
}

async fn a_workflow_that_was_removed_is_left_alone(base: Base) {
    let world = World::on(base).await;
    let (execution, request) = asked_and_confirmed(&world).await;
    world.slack.end_execution(&execution.id);
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.pass(MINUTE).await;
    assert!(
        world.tailnet.has_attribute(ADAS_MAC, PROD_SSH),
        "it was wanted"
    );
    assert_eq!(state(&world, &execution), ExecutionState::Ended);
    let left = world.app().store.untold_executions(10).await;
    assert_eq!(left.expect("readable"), []);
    assert!(!world.trail(&request).await.contains(&"workflow_not_told"));
}

async fn a_token_that_ran_out_long_ago_is_not_needed(base: Base) {
    let world = World::on(base).await;
    let (execution, _) = asked_and_confirmed(&world).await;
    world.pass(55 * MINUTE).await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    let said = outputs(&world, &execution).await;
    let ends_at = (world.clocks.now() + HOUR).timestamp();
    assert!(said["ends_at"].as_i64().is_some_and(|at| at <= ends_at));
    world.nothing_was_refused();
}

async fn a_workflow_that_cannot_be_told_is_told_to_the_person(base: Base) {
    let world = World::on(base).await;
    let (execution, request) = asked_and_confirmed(&world).await;
    let refused = Fault::error("invalid_arguments");
    world
        .slack
        .fail("functions.completeSuccess", refused, Times::Always);
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    world.card(ADA, "could not be told").await;
    assert!(is_running(&world, &execution));
    let trail = world.trail(&request).await;
    let told = trail.iter().filter(|event| **event == "workflow_not_told");
    assert_eq!(told.count(), 1);
}
