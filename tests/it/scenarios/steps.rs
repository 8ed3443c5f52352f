//! Steps of workflows: a workflow asks in somebody's name, waits, goes on, and ends access.

mod asking;
mod checking;
mod ending;
mod lasting;
mod menus;
mod refused;

use crate::support::world::{ADA, PATIENCE, World};
use lapse::domain::request::Request;
use lapse::sandbox::slack::{Execution, ExecutionState};
use serde_json::{Value, json};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);
const TO_CONFIRM: &str = "A workflow asks in your name";

/// What a workflow that was built for the demo's profile fills in.
fn inputs() -> Value {
    json!({
        "requester": ADA,
        "profile": "prod-ssh",
        "device": "ada-mbp",
        "duration": "1h",
        "justification": "INC-42 db failover",
        "workflow_name": "Deploy helper",
    })
}

/// The same with one input changed; `null` leaves it out.
fn inputs_with(name: &str, value: Value) -> Value {
    let mut inputs = inputs();
    if let Some(fields) = inputs.as_object_mut() {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.to_owned(), value);
        }
    }
    inputs
}

async fn run(world: &World, step: &str, inputs: Value) -> Execution {
    let execution = world.slack.run_step(step, inputs).await;
    execution.expect("Workflow Builder runs it")
}

/// A workflow asks, and Ada confirms.
async fn asked_and_confirmed(world: &World) -> (Execution, Request) {
    let execution = run(world, "request_access", inputs()).await;
    world.click(ADA, TO_CONFIRM, "confirm").await;
    world.settle().await;
    let request = world.newest_request(ADA).await;
    (execution, request)
}

fn state(world: &World, execution: &Execution) -> ExecutionState {
    let known = world.slack.execution(&execution.id);
    known.expect("it ran").state
}

fn is_running(world: &World, execution: &Execution) -> bool {
    state(world, execution) == ExecutionState::Running
}

async fn outputs(world: &World, execution: &Execution) -> Value {
    match stopped(world, execution).await {
        ExecutionState::Completed(outputs) => outputs,
        other => panic!("expected outputs, got {other:?}"),
    }
}

async fn error(world: &World, execution: &Execution) -> String {
    match stopped(world, execution).await {
        ExecutionState::Failed(error) => error,
        other => panic!("expected an error, got {other:?}"),
    }
}

async fn stopped(world: &World, execution: &Execution) -> ExecutionState {
    let stopped = world.slack.await_execution(&execution.id, PATIENCE).await;
    if let Some(stopped) = stopped {
        return stopped.state;
    }
    let (title, left) = (&execution.title, world.what_is_left().await);
    panic!("{title} ({}) is not answered: {left}", execution.id);
}

/// How often a step was answered, one way or the other.
fn answers(world: &World, execution: &Execution) -> usize {
    ["functions.completeSuccess", "functions.completeError"]
        .iter()
        .flat_map(|method| world.slack.calls_of(method))
        .filter(|call| format!("{call:?}").contains(&execution.id))
        .count()
}
