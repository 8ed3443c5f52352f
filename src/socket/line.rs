//! Keeps one connection up.
//!
//! When Slack announces that it will close the connection, another one is opened first, and the
//! old one is listened to for a while longer: no click falls between them. Tries that fail are
//! repeated with back-off, and never inside a pause that Slack asked for.

use super::connect::{self, Unopened};
use super::conversation::{self, Relief};
use super::envelope::Reason;
use super::{Parts, connect::Stream};
use crate::clock::{Clock, backoff};
use crate::lifecycle::Shutdown;
use std::sync::Arc;
use std::time::Duration;

/// A connection that lasted so long was a good one.
const GOOD: Duration = Duration::from_mins(1);

/// Keeps one connection up until a stop begins.
pub(super) async fn keep(parts: Arc<Parts>, shutdown: Shutdown) {
    let mut pace = Pace::default();
    let mut predecessor: Option<Relief> = None;
    loop {
        let stream = tokio::select! {
            () = shutdown.soft() => return,
            stream = open(&parts, &mut pace) => stream,
        };
        if let Some(relieved) = predecessor.take() {
            relieved.is_there();
        }
        let (began, relief) = (parts.clock.monotonic(), Relief::default());
        parts.tasks.spawn(conversation::hold(
            Arc::clone(&parts),
            stream,
            relief.clone(),
            shutdown.clone(),
        ));
        tokio::select! {
            () = shutdown.soft() => return,
            () = relief.wanted() => {}
        }
        pace.after_lasting(parts.clock.monotonic().saturating_sub(began));
        predecessor = Some(relief);
    }
}

/// Tries until it succeeds.
async fn open(parts: &Parts, pace: &mut Pace) -> Stream {
    loop {
        pace.wait(&parts.clock).await;
        match connect::open(parts).await {
            Ok(stream) => return stream,
            Err(unopened) => {
                pace.after_failing(&unopened);
                tell(parts, &unopened, pace.next);
            }
        }
    }
}

fn tell(parts: &Parts, unopened: &Unopened, wait: Duration) {
    let seconds = wait.as_secs();
    match unopened {
        Unopened::TurnedAway(Reason::SwitchedOff) => {
            parts.presence.switched_off();
            conversation::tell_switched_off();
        }
        Unopened::NoAddress(error) if error.is("missing_scope") => tracing::error!(
            seconds,
            "SLACK_APP_TOKEN lacks the scope connections:write, so no Socket Mode connection can \
             be opened; make an app-level token that has it. Trying again in so many seconds"
        ),
        Unopened::NoAddress(error) if error.is("not_allowed_token_type") => tracing::error!(
            seconds,
            "SLACK_APP_TOKEN is no app-level token (xapp-…), so no Socket Mode connection can be \
             opened. Trying again in so many seconds"
        ),
        unopened => tracing::warn!(
            reason = %unopened,
            seconds,
            "no Socket Mode connection could be opened; trying again in so many seconds"
        ),
    }
}

/// How long to wait before the next try.
#[derive(Debug, Default)]
struct Pace {
    /// Tries in a row that came to nothing, or to a connection that did not last.
    failures: u32,
    next: Duration,
}

impl Pace {
    async fn wait(&self, clock: &Clock) {
        if !self.next.is_zero() {
            clock.sleep(self.next).await;
        }
    }

    fn after_failing(&mut self, unopened: &Unopened) {
        self.failures += 1;
        let asked_for = match unopened {
            Unopened::NoAddress(error) => error.retry_after(),
            _ => None,
        };
        self.next = backoff::after(self.failures).max(asked_for.unwrap_or_default());
    }

    /// The first connection that ends is replaced at once, whatever its age. If its successors
    /// do not last either, trying faster is no use.
    fn after_lasting(&mut self, length: Duration) {
        self.failures = if length >= GOOD { 0 } else { self.failures + 1 };
        self.next = match self.failures {
            0 | 1 => Duration::ZERO,
            more => backoff::after(more - 1),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::{CallError, Class};

    fn refused(after: Option<u64>) -> Unopened {
        Unopened::NoAddress(CallError {
            method: "apps.connections.open",
            class: Class::Retryable {
                after: after.map(Duration::from_secs),
            },
            error: "ratelimited".to_owned(),
        })
    }

    #[test]
    fn a_connection_is_replaced_at_once_and_its_successor_more_slowly() {
        let mut pace = Pace::default();
        assert_eq!(pace.next, Duration::ZERO);
        pace.after_lasting(Duration::ZERO);
        assert_eq!(pace.next, Duration::ZERO);
        pace.after_lasting(Duration::from_secs(3));
        assert!(pace.next >= Duration::from_millis(800));
        pace.after_lasting(GOOD);
        assert_eq!(pace.next, Duration::ZERO);
    }

    #[test]
    fn failures_are_repeated_more_and_more_slowly_and_never_inside_a_pause() {
        let mut pace = Pace::default();
        pace.after_failing(&refused(None));
        assert!(pace.next < Duration::from_secs(2));
        pace.after_failing(&refused(Some(30)));
        assert!(pace.next >= Duration::from_secs(30));
        for _ in 0..20 {
            pace.after_failing(&Unopened::NoHello);
        }
        assert!((48..=72).contains(&pace.next.as_secs()));
    }
}
