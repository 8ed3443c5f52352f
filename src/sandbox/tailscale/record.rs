//! Who called when, with what, and what was refused: the part of the stand-in that tests read.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::fault::{Fault, Plan, RateLimit};
use super::refusal::{RefusalKind, Refused};
use super::route::Route;

/// One call as it came in. Neither tokens nor client secrets are kept.
#[derive(Debug, Clone)]
pub struct Call {
    /// When, by the stand-in's clock.
    pub at: DateTime<Utc>,
    /// When, by the machine's monotonic clock.
    pub received: Instant,
    /// What it asked for.
    pub route: Route,
    /// The method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The body, secrets cut.
    pub body: String,
    /// What it was answered with; `None` while it runs and for good if the answer was lost.
    pub status: Option<u16>,
    /// Whether an earlier `Retry-After` had asked the caller to wait beyond this moment.
    pub while_asked_to_wait: bool,
}

/// A call that was refused by a rule of the API, not by a planned fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// When, by the stand-in's clock.
    pub at: DateTime<Utc>,
    /// The method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// Why, as a test tells refusals apart.
    pub kind: RefusalKind,
    /// Why, as the caller was told.
    pub message: String,
}

/// What happens to a call before its content is looked at.
pub(super) enum Admission {
    /// Tailscale is down: no answer.
    Down,
    /// One call too many.
    TooMany(RateLimit),
    /// Carried out, unless a fault says otherwise.
    Pass(Option<Fault>),
}

#[derive(Default)]
pub(super) struct Record {
    /// The newest ones.
    pub calls: VecDeque<Call>,
    keeps: usize,
    /// How many older ones are gone; calls are numbered from the first one on.
    forgotten: usize,
    pub refusals: Vec<Refusal>,
    pub plan: Plan,
    pub rate_limit: Option<RateLimit>,
    pub down: bool,
    asked_to_wait_until: Option<DateTime<Utc>>,
    admitted: VecDeque<Instant>,
}

impl Record {
    /// Nothing yet, and room for so many calls.
    pub fn keeping(most: usize) -> Self {
        Self {
            keeps: most,
            ..Self::default()
        }
    }

    fn numbered(&mut self, number: usize) -> Option<&mut Call> {
        self.calls.get_mut(number.checked_sub(self.forgotten)?)
    }

    /// Writes the call down and says what to do with it, together with its number.
    pub fn admit(&mut self, mut call: Call) -> (usize, Admission) {
        call.while_asked_to_wait = self.asked_to_wait_until.is_some_and(|end| call.at < end);
        let (route, received) = (call.route, call.received);
        if self.calls.len() >= self.keeps {
            self.calls.pop_front();
            self.forgotten += 1;
        }
        self.calls.push_back(call);
        let number = self.forgotten + self.calls.len() - 1;
        if self.down {
            return (number, Admission::Down);
        }
        if let Some(limit) = self.rate_limit {
            while self
                .admitted
                .front()
                .is_some_and(|first| received.duration_since(*first) >= limit.per)
            {
                self.admitted.pop_front();
            }
            if self.admitted.len() >= limit.calls {
                return (number, Admission::TooMany(limit));
            }
            self.admitted.push_back(received);
        }
        (number, Admission::Pass(self.plan.take(route)))
    }

    pub fn refused(&mut self, number: usize, refused: &Refused) {
        if let Some(call) = self.numbered(number) {
            let refusal = Refusal {
                at: call.at,
                method: call.method.clone(),
                path: call.path.clone(),
                status: refused.status.as_u16(),
                kind: refused.kind,
                message: refused.message.clone(),
            };
            if self.refusals.len() < self.keeps {
                self.refusals.push(refusal);
            }
        }
    }

    pub fn answered(&mut self, number: usize, status: u16, wait_until: Option<DateTime<Utc>>) {
        self.asked_to_wait_until = self.asked_to_wait_until.max(wait_until);
        if let Some(call) = self.numbered(number) {
            call.status = Some(status);
        }
    }

    /// The most calls that fell into any window of this length.
    pub fn most_calls_in(&self, window: Duration) -> usize {
        let mut times: Vec<Instant> = self.calls.iter().map(|call| call.received).collect();
        times.sort_unstable();
        let mut first = 0;
        let mut most = 0;
        for (last, time) in times.iter().enumerate() {
            while time.duration_since(times[first]) >= window {
                first += 1;
            }
            most = most.max(last + 1 - first);
        }
        most
    }
}
