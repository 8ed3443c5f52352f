//! How far this machine's clock is from Slack's.
//!
//! A clock that is minutes off makes every signature stale, and moves the end of every grant.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{DATE, HeaderMap};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

const WARN_ABOVE: TimeDelta = TimeDelta::seconds(30);
const UNKNOWN: i64 = i64::MIN;

/// What the `Date` of the last answer said.
pub(super) struct Skew {
    seconds: AtomicI64,
    warned: AtomicBool,
}

impl Default for Skew {
    fn default() -> Self {
        Self {
            seconds: AtomicI64::new(UNKNOWN),
            warned: AtomicBool::new(false),
        }
    }
}

impl Skew {
    /// Compares the answer's `Date` with the time at which it arrived. Warns once, and once more
    /// if the clock goes wrong again after it was right.
    pub(super) fn note(&self, headers: &HeaderMap, now: DateTime<Utc>) {
        let Some(skew) = skew(headers, now) else {
            return;
        };
        self.seconds.store(skew.num_seconds(), Ordering::Relaxed);
        #[expect(
            clippy::cast_precision_loss,
            reason = "a gauge needs no more than 52 bits"
        )]
        metrics::gauge!("lapse_clock_skew_seconds", "platform" => "slack")
            .set(skew.num_seconds() as f64);
        let wrong = skew.abs() > WARN_ABOVE;
        if wrong && !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                seconds = skew.num_seconds(),
                "this machine's clock differs from Slack's. Above five minutes everything that \
                 Slack sends is refused; check its time synchronisation"
            );
        } else if !wrong {
            self.warned.store(false, Ordering::Relaxed);
        }
    }

    pub(super) fn last(&self) -> Option<TimeDelta> {
        let seconds = self.seconds.load(Ordering::Relaxed);
        if seconds == UNKNOWN {
            return None;
        }
        TimeDelta::try_seconds(seconds)
    }
}

/// Positive when this machine is ahead.
fn skew(headers: &HeaderMap, now: DateTime<Utc>) -> Option<TimeDelta> {
    let date = headers.get(DATE)?.to_str().ok()?;
    let theirs = DateTime::parse_from_rfc2822(date).ok()?;
    Some(now - theirs.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn the_difference_is_kept_and_is_positive_when_this_machine_is_ahead() {
        let mut headers = HeaderMap::new();
        headers.insert(
            DATE,
            HeaderValue::from_static("Mon, 02 Nov 2026 12:00:00 GMT"),
        );
        let theirs = DateTime::parse_from_rfc3339("2026-11-02T12:00:00Z").expect("a time");
        let skew = Skew::default();
        assert_eq!(skew.last(), None);
        skew.note(&headers, theirs.to_utc() + TimeDelta::seconds(45));
        assert_eq!(skew.last(), Some(TimeDelta::seconds(45)));
        assert!(skew.warned.load(Ordering::Relaxed));
        skew.note(&headers, theirs.to_utc() - TimeDelta::seconds(2));
        assert_eq!(skew.last(), Some(TimeDelta::seconds(-2)));
        assert!(!skew.warned.load(Ordering::Relaxed));
    }

    #[test]
    fn answers_without_a_date_say_nothing() {
        let skew = Skew::default();
        skew.note(&HeaderMap::new(), DateTime::UNIX_EPOCH);
        let mut odd = HeaderMap::new();
        odd.insert(DATE, HeaderValue::from_static("yesterday"));
        skew.note(&odd, DateTime::UNIX_EPOCH);
        assert_eq!(skew.last(), None);
    }
}
