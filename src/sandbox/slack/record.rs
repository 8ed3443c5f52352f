//! Everything that was called, what became of it, and everything that was refused.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Outcome {
    /// Done, and answered so.
    Ok,
    /// Refused with this error; nothing was done.
    Error(String),
    /// Not done; the caller was asked to wait.
    RateLimited {
        /// Seconds.
        retry_after: u64,
        /// Whether the call came inside a pause that had been asked for before.
        inside_pause: bool,
    },
    /// A fault: not done, this HTTP status was answered.
    Status(u16),
    /// A fault: not done, the connection was closed.
    Reset,
    /// A fault: served as far as the second field says, and the caller never learned of it.
    Lost(Box<Outcome>),
}

impl Outcome {
    /// Whether the call had its effect, whatever its caller was told.
    pub fn applied(&self) -> bool {
        match self {
            Self::Ok => true,
            Self::Lost(truth) => truth.applied(),
            _ => false,
        }
    }
}

/// One call of the Web API, or of a `response_url` (method `response_url`).
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// Counts the calls, from 1.
    pub number: u64,
    /// When it arrived, on the sandbox's clock.
    pub at: DateTime<Utc>,
    /// Such as `chat.postMessage`.
    pub method: String,
    /// The arguments, without the token; `blocks` and `view` as JSON however they were sent.
    pub args: Value,
    /// What became of it.
    pub outcome: Outcome,
}

/// Something that Slack would not have taken: a bug of the app under test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The method, or what was answered to (`view_submission`, `block_suggestion`, …).
    pub to: String,
    /// Slack's word for it.
    pub code: String,
    /// What exactly, and where.
    pub messages: Vec<String>,
}

/// The record of one sandbox.
#[derive(Debug)]
pub(super) struct Record {
    keeps: usize,
    so_far: u64,
    pub(super) calls: VecDeque<Call>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) counts: BTreeMap<String, usize>,
}

impl Record {
    /// Nothing yet, and room for so many calls.
    pub(super) fn keeping(most: usize) -> Self {
        Self {
            keeps: most,
            so_far: 0,
            calls: VecDeque::new(),
            refusals: Vec::new(),
            counts: BTreeMap::new(),
        }
    }

    pub(super) fn most_kept(&self) -> usize {
        self.keeps
    }

    /// Forgets everything but how far it has counted.
    pub(super) fn forget(&mut self) {
        *self = Self {
            so_far: self.so_far,
            ..Self::keeping(self.keeps)
        };
    }

    pub(super) fn call(&mut self, call: Call) {
        *self.counts.entry(call.method.clone()).or_default() += 1;
        if self.calls.len() >= self.keeps {
            self.calls.pop_front();
        }
        self.so_far += 1;
        self.calls.push_back(Call {
            number: self.so_far,
            ..call
        });
    }

    pub(super) fn refuse(&mut self, to: &str, code: &str, messages: Vec<String>) {
        self.refusals.push(Refusal {
            to: to.to_owned(),
            code: code.to_owned(),
            messages,
        });
    }
}
