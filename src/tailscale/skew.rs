//! How far this machine's clock is from Tailscale's, read off the `Date` of its answers.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{DATE, HeaderMap};
use std::sync::{Mutex, PoisonError};

/// A difference that is worth a warning.
const WORTH_A_WARNING: TimeDelta = TimeDelta::seconds(30);

/// The latest difference, and whether it was warned of.
#[derive(Debug, Default)]
pub(super) struct Skew(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    latest: Option<TimeDelta>,
    warned: bool,
}

impl Skew {
    /// Compares an answer's `Date` with the time it arrived. Warns once when the clocks drift
    /// apart, and again only after they had met.
    pub(super) fn observe(&self, headers: &HeaderMap, now: DateTime<Utc>) {
        let date = headers
            .get(DATE)
            .and_then(|date| date.to_str().ok())
            .and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        let Some(date) = date else { return };
        let skew = now.signed_duration_since(date);
        metrics::gauge!("lapse_clock_skew_seconds", "platform" => "tailscale")
            .set(skew.as_seconds_f64());

        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let apart = skew.abs() > WORTH_A_WARNING;
        if apart && !seen.warned {
            tracing::warn!(
                skew_seconds = skew.num_seconds(),
                "The clock of this machine and Tailscale's differ; access may end earlier or \
                 later than people were told, so set the machine's clock"
            );
        }
        seen.warned = apart;
        seen.latest = Some(skew);
    }

    /// How far this machine is ahead; `None` before the first answer.
    pub(super) fn latest(&self) -> Option<TimeDelta> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.latest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use reqwest::header::HeaderValue;

    #[test]
    fn reads_the_date_of_an_answer_and_ignores_what_is_none() {
        let skew = Skew::default();
        let noon = Utc
            .with_ymd_and_hms(2026, 11, 2, 12, 0, 0)
            .single()
            .expect("a time that exists");
        let mut headers = HeaderMap::new();
        skew.observe(&headers, noon);
        headers.insert(DATE, HeaderValue::from_static("yesterday"));
        skew.observe(&headers, noon);
        assert_eq!(skew.latest(), None);

        headers.insert(
            DATE,
            HeaderValue::from_static("Mon, 02 Nov 2026 11:59:00 GMT"),
        );
        skew.observe(&headers, noon);
        assert_eq!(skew.latest(), Some(TimeDelta::minutes(1)));
        headers.insert(
            DATE,
            HeaderValue::from_static("Mon, 02 Nov 2026 12:00:10 GMT"),
        );
        skew.observe(&headers, noon);
        assert_eq!(skew.latest(), Some(TimeDelta::seconds(-10)));
    }

    #[test]
    fn warns_once_for_each_time_the_clocks_drift_apart() {
        let skew = Skew::default();
        let noon = Utc
            .with_ymd_and_hms(2026, 11, 2, 12, 0, 0)
            .single()
            .expect("a time that exists");
        let mut headers = HeaderMap::new();
        headers.insert(
            DATE,
            HeaderValue::from_static("Mon, 02 Nov 2026 12:00:00 GMT"),
        );
        let warned = || skew.0.lock().expect("not poisoned").warned;
        skew.observe(&headers, noon + TimeDelta::seconds(30));
        assert!(!warned());
        skew.observe(&headers, noon - TimeDelta::seconds(31));
        assert!(warned());
        skew.observe(&headers, noon);
        assert!(!warned());
    }
}
