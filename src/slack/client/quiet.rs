//! The pauses that Slack asked for, method by method.
//!
//! Reading methods and forms are called from clicks and background loops, past the worker's
//! queue; without this they would call again inside the window of a 429. Posts and edits are
//! left to the worker: their pauses are shared by all replicas, and a post's is its channel's.
//! <https://docs.slack.dev/apis/web-api/rate-limits>

use crate::clock::Clock;
use crate::slack::error::{CallError, Class};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Paused in the database by the worker.
const PAUSED_ELSEWHERE: [&str; 2] = ["chat.postMessage", "chat.update"];

/// Until when which method is left alone, on the clock's monotonic side.
#[derive(Debug, Default)]
pub(super) struct Quiet(Mutex<BTreeMap<&'static str, Duration>>);

impl Quiet {
    /// Answers in Slack's place while a pause lasts.
    pub(super) fn admit(&self, method: &'static str, clock: &Clock) -> Result<(), CallError> {
        let mut pauses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock.monotonic();
        pauses.retain(|_, until| *until > now);
        match pauses.get(method) {
            None => Ok(()),
            Some(until) => Err(CallError {
                method,
                class: Class::Retryable {
                    after: Some(until.saturating_sub(now)),
                },
                error: "ratelimited".to_owned(),
            }),
        }
    }

    /// Remembers for how long an answer asked to be left alone.
    pub(super) fn note(&self, refusal: &CallError, clock: &Clock) {
        let Some(after) = refusal.retry_after() else {
            return;
        };
        if PAUSED_ELSEWHERE.contains(&refusal.method) {
            return;
        }
        let asked_for = clock.monotonic().saturating_add(after);
        let mut pauses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = pauses.entry(refusal.method).or_default();
        *until = asked_for.max(*until);
    }
}
