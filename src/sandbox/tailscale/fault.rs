//! What may go wrong on the way, and the order in which it does.

use std::time::Duration;

use super::route::Route;

/// One thing that goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Not carried out; this status with a JSON message.
    Status(u16),
    /// Not carried out; this status and `Retry-After` in seconds.
    StatusWithRetryAfter(u16, u64),
    /// Not carried out; this status with a page of HTML, as proxies send it.
    NotJson(u16),
    /// Carried out, after a while.
    Latency(Duration),
    /// Not carried out; the connection is reset.
    Reset,
    /// Carried out; the connection is reset instead of an answer.
    AppliedThenLost,
    /// Carried out; the answer takes a while.
    AppliedThenSlow(Duration),
    /// Carried out; answered with this status.
    AppliedThenStatus(u16),
    /// Carried out; answered with `null`.
    AnswerNull,
    /// Carried out; answered with `{}`.
    AnswerEmptyObject,
}

/// A limit on calls, by the machine's own monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// So many calls …
    pub calls: usize,
    /// … in any window of this length.
    pub per: Duration,
    /// The `Retry-After` of a call too many, in whole seconds, if it is sent at all.
    pub retry_after: Option<u64>,
}

impl RateLimit {
    /// So many calls a second; one too many is asked to come back after a second.
    pub fn per_second(calls: usize) -> Self {
        Self {
            calls,
            per: Duration::from_secs(1),
            retry_after: Some(1),
        }
    }
}

/// Faults that are still to come.
#[derive(Debug, Default)]
pub(super) struct Plan(Vec<Planned>);

#[derive(Debug)]
struct Planned {
    route: Route,
    fault: Fault,
    left: usize,
}

impl Plan {
    pub fn add(&mut self, route: Route, fault: Fault, times: usize) {
        self.0.push(Planned {
            route,
            fault,
            left: times,
        });
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether anything is still to come.
    pub fn has_more(&self) -> bool {
        self.0.iter().any(|planned| planned.left > 0)
    }

    /// The first planned fault for this route, used up by one.
    pub fn take(&mut self, route: Route) -> Option<Fault> {
        let planned = self
            .0
            .iter_mut()
            .find(|planned| planned.left > 0 && planned.route.includes(route))?;
        planned.left -= 1;
        Some(planned.fault)
    }
}
