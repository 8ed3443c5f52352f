//! The runs of functions.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    super::deliveries::{Answered, Delivery},
    TOKEN_LIFE,
};

/// How a run stands.
#[derive(Clone, Debug, PartialEq)]
pub enum ExecutionState {
    /// The app has it.
    Running,
    /// Done, with these outputs.
    Completed(Value),
    /// The app said that it could not be done; the workflow stopped and showed this text.
    Failed(String),
    /// The workflow was ended or removed before the app was done.
    Ended,
}

/// One run of a function.
#[derive(Clone, Debug)]
pub struct Execution {
    /// `Fx…`.
    pub id: String,
    /// `Wx…` of the run of the workflow that it is a step of.
    pub workflow_execution_id: String,
    /// The function's callback id.
    pub function: String,
    /// The function's title.
    pub title: String,
    /// What it was given.
    pub inputs: Value,
    /// How it stands.
    pub state: ExecutionState,
    /// When it began, on the sandbox's clock.
    pub began_at: DateTime<Utc>,
    /// When it stopped to run.
    pub ended_at: Option<DateTime<Utc>>,
    /// The token that the app was given with it.
    pub token: String,
    /// What came back when the app was told of it last.
    pub answered: Answered,
    /// The event that tells of it, to be sent again.
    pub(in crate::sandbox::slack) event: Delivery,
}

impl Execution {
    /// Whether the app still has it.
    pub fn is_running(&self) -> bool {
        self.state == ExecutionState::Running
    }

    /// What it was completed with.
    pub fn outputs(&self) -> Option<&Value> {
        match &self.state {
            ExecutionState::Completed(outputs) => Some(outputs),
            _ => None,
        }
    }
}

/// How a token of an execution stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox::slack) enum TokenState {
    /// It works, for that execution alone.
    Works,
    /// Its fifteen minutes have passed, or its execution does not run any more.
    Expired,
    /// It belongs to another execution.
    OfAnother,
}

/// All runs, by id.
#[derive(Debug, Default)]
pub(in crate::sandbox::slack) struct Executions {
    by_id: BTreeMap<String, Execution>,
    order: Vec<String>,
}

impl Executions {
    pub(in crate::sandbox::slack) fn add(&mut self, execution: Execution) {
        self.order.push(execution.id.clone());
        self.by_id.insert(execution.id.clone(), execution);
    }

    pub(in crate::sandbox::slack) fn get(&self, id: &str) -> Option<&Execution> {
        self.by_id.get(id)
    }

    pub(in crate::sandbox::slack) fn get_mut(&mut self, id: &str) -> Option<&mut Execution> {
        self.by_id.get_mut(id)
    }

    /// Oldest first.
    pub(in crate::sandbox::slack) fn all(&self) -> impl Iterator<Item = &Execution> {
        self.order.iter().filter_map(|id| self.by_id.get(id))
    }

    /// Whether a token that came with an execution may be used for `wanted`; `None` when it
    /// is no such token.
    pub(in crate::sandbox::slack) fn judge_token(
        &self,
        token: &str,
        wanted: Option<&str>,
        now: DateTime<Utc>,
    ) -> Option<TokenState> {
        let owner = self.by_id.values().find(|one| one.token == token)?;
        if !owner.is_running() || now - owner.began_at > TOKEN_LIFE {
            return Some(TokenState::Expired);
        }
        Some(match wanted {
            Some(id) if id == owner.id => TokenState::Works,
            _ => TokenState::OfAnother,
        })
    }

    /// Stops a run; `None` when it is not running.
    pub(in crate::sandbox::slack) fn stop(
        &mut self,
        id: &str,
        state: ExecutionState,
        now: DateTime<Utc>,
    ) -> Option<()> {
        let execution = self.by_id.get_mut(id).filter(|one| one.is_running())?;
        execution.state = state;
        execution.ended_at = Some(now);
        Some(())
    }
}
