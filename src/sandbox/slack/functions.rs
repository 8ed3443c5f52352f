//! Steps for Workflow Builder: what a remote app declares in its manifest, and what it may
//! be given and may answer.
//! <https://docs.slack.dev/workflows/workflow-steps>

mod declared;
mod executions;
mod manifest;
mod parameter;

use chrono::TimeDelta;

pub use self::{
    declared::Function,
    executions::{Execution, ExecutionState},
    manifest::BadManifest,
    parameter::{DynamicOptions, Parameter, ParameterKind},
};
pub(super) use executions::{Executions, TokenState};

/// How many functions an app may declare.
const MOST_FUNCTIONS: usize = 50;

/// How many parameters each way a function may declare.
const MOST_PARAMETERS: usize = 20;

/// How long the token works that comes with an execution.
const TOKEN_LIFE: TimeDelta = TimeDelta::minutes(15);
