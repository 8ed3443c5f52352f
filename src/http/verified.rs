//! From bytes to values that are known to come from Slack.

use crate::clock::Clock;
use crate::slack::parse::{self, Inbound, Malformed};
use crate::slack::verify::{Unverified, Verifier};
use axum::http::HeaderMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The three routes that Slack posts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Slash commands.
    Commands,
    /// Clicks, searches, submissions, closings, shortcuts.
    Interactions,
    /// The Events API.
    Events,
}

impl Route {
    /// The name in metrics and logs.
    pub fn label(self) -> &'static str {
        match self {
            Self::Commands => "commands",
            Self::Interactions => "interactions",
            Self::Events => "events",
        }
    }

    fn parse(self, body: &[u8]) -> Result<Inbound, Malformed> {
        match self {
            Self::Commands => parse::parse_command(body).map(Inbound::Command),
            Self::Interactions => parse::parse_interaction(body).map(Inbound::Interaction),
            Self::Events => parse::parse_event(body).map(Inbound::Event),
        }
    }
}

/// Something that Slack signed. Only [`Gate::admit`] makes one.
#[derive(Debug)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// What was signed.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// Why a body does not get in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Not, or not provably, from Slack: 401.
    Unverified(Unverified),
    /// From Slack, and yet not readable: 400.
    Malformed,
}

/// Checks signatures before anything else looks at a body.
pub struct Gate {
    verifier: Verifier,
    clock: Clock,
    complaint: Complaint,
}

impl Gate {
    /// A gate that believes bodies signed with the verifier's secret, by this clock.
    pub fn new(verifier: Verifier, clock: Clock) -> Self {
        Self {
            verifier,
            clock,
            complaint: Complaint::default(),
        }
    }

    /// The only way in.
    pub fn admit(
        &self,
        route: Route,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Verified<Inbound>, Refused> {
        let verdict = self.verifier.verify(headers, body, self.clock.now());
        verdict.map_err(|why| {
            self.complaint.make(&self.clock, route, why);
            Refused::Unverified(why)
        })?;
        route.parse(body).map(Verified).map_err(|Malformed| {
            tracing::warn!(
                route = route.label(),
                bytes = body.len(),
                "a signed body could not be read; nothing was done with it"
            );
            Refused::Malformed
        })
    }
}

/// Tells the log that bodies are refused, at most once a minute: anybody on the internet can
/// cause such a line. The metrics count every one.
#[derive(Default)]
struct Complaint {
    /// Milliseconds of monotonic time from which on the next line may be written.
    quiet_until: AtomicU64,
}

impl Complaint {
    const QUIET: Duration = Duration::from_mins(1);

    fn make(&self, clock: &Clock, route: Route, why: Unverified) {
        if self.is_due(clock.monotonic()) {
            tracing::warn!(
                route = route.label(),
                reason = %why,
                "a request was refused, because it is not provably from Slack. If Slack's own \
                 requests are refused, check SLACK_SIGNING_SECRET and this machine's clock. \
                 Further ones in the next minute are only counted"
            );
        }
    }

    fn is_due(&self, now: Duration) -> bool {
        let millis = |length: Duration| u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        let quiet_until = self.quiet_until.load(Ordering::Relaxed);
        millis(now) >= quiet_until
            && self
                .quiet_until
                .compare_exchange(
                    quiet_until,
                    millis(now + Self::QUIET),
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                )
                .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_hears_of_forgeries_once_a_minute() {
        let complaint = Complaint::default();
        let lines = (0..180).filter(|&second| complaint.is_due(Duration::from_secs(second)));
        assert_eq!(lines.collect::<Vec<_>>(), [0, 60, 120]);
    }
}
