//! Slack's published rate limits, and pauses that a `Retry-After` asked for.
//! <https://docs.slack.dev/apis/web-api/rate-limits>

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

const MINUTE: TimeDelta = TimeDelta::seconds(60);

/// How many calls are answered before Slack asks for a pause.
#[derive(Clone, Debug, Default)]
pub struct RateLimits {
    /// Calls a minute, for each method that has such a limit.
    pub per_minute: BTreeMap<String, usize>,
    /// Messages that one channel takes in a row; it then takes one more each second.
    pub post_burst: Option<usize>,
}

impl RateLimits {
    /// No limits at all, for tests about something else.
    pub fn none() -> Self {
        Self::default()
    }

    /// What Slack publishes.
    pub fn published() -> Self {
        let tiers = [
            (20, &["usergroups.list", "usergroups.users.list"] as &[_]),
            (
                50,
                &[
                    "users.lookupByEmail",
                    "chat.update",
                    "conversations.open",
                    "conversations.info",
                    "functions.completeSuccess",
                    "functions.completeError",
                ],
            ),
            (
                100,
                &[
                    "users.info",
                    "views.open",
                    "views.update",
                    "views.push",
                    "views.publish",
                    "chat.postEphemeral",
                ],
            ),
        ];
        let per_minute = tiers
            .into_iter()
            .flat_map(|(limit, methods)| {
                methods.iter().map(move |name| ((*name).to_owned(), limit))
            })
            .collect();
        Self {
            per_minute,
            post_burst: Some(5),
        }
    }

    /// The same, so many times as generous.
    #[must_use]
    pub fn scaled(mut self, factor: usize) -> Self {
        for limit in self.per_minute.values_mut() {
            *limit *= factor;
        }
        self.post_burst = self.post_burst.map(|burst| burst * factor);
        self
    }

    /// The same, with another limit for one method.
    #[must_use]
    pub fn with(mut self, method: &str, per_minute: usize) -> Self {
        self.per_minute.insert(method.to_owned(), per_minute);
        self
    }
}

/// A call that has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    /// Seconds, as in `Retry-After`.
    pub(super) seconds: u64,
    /// Whether the caller had already been asked to wait.
    pub(super) again: bool,
}

/// What was called lately, and who has been told to wait until when.
#[derive(Debug)]
pub(super) struct Rates {
    limits: RateLimits,
    recent: BTreeMap<String, VecDeque<DateTime<Utc>>>,
    buckets: BTreeMap<String, (f64, DateTime<Utc>)>,
    pauses: BTreeMap<(String, Option<String>), DateTime<Utc>>,
}

impl Rates {
    pub(super) fn new(limits: RateLimits) -> Self {
        Self {
            limits,
            recent: BTreeMap::new(),
            buckets: BTreeMap::new(),
            pauses: BTreeMap::new(),
        }
    }

    pub(super) fn set_limits(&mut self, limits: RateLimits) {
        *self = Self::new(limits);
    }

    /// Asks callers of a method (in one channel, or anywhere) to stay away.
    pub(super) fn pause(
        &mut self,
        method: &str,
        channel: Option<&str>,
        seconds: u64,
        now: DateTime<Utc>,
    ) {
        let key = (method.to_owned(), channel.map(str::to_owned));
        let length = TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX / 1_000));
        self.pauses.insert(key, now + length);
    }

    /// Whether a call comes inside a pause that was asked for.
    pub(super) fn paused(
        &self,
        method: &str,
        channel: Option<&str>,
        now: DateTime<Utc>,
    ) -> Option<Wait> {
        let anywhere = (method.to_owned(), None);
        let here = (method.to_owned(), channel.map(str::to_owned));
        let until = [anywhere, here]
            .iter()
            .filter_map(|key| self.pauses.get(key).copied())
            .max()?;
        (now < until).then(|| Wait {
            seconds: seconds_until(until, now),
            again: true,
        })
    }

    /// Counts a call, or says how long its caller has to wait.
    pub(super) fn admit(
        &mut self,
        method: &str,
        channel: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(), Wait> {
        let wait = match (method, channel) {
            ("chat.postMessage", Some(channel)) => self.over_burst(channel, now),
            _ => self.over_window(method, now),
        };
        let Some(seconds) = wait else {
            return Ok(());
        };
        let scope = channel.filter(|_| method == "chat.postMessage");
        self.pause(method, scope, seconds, now);
        Err(Wait {
            seconds,
            again: false,
        })
    }

    fn over_window(&mut self, method: &str, now: DateTime<Utc>) -> Option<u64> {
        let limit = *self.limits.per_minute.get(method)?;
        let recent = self.recent.entry(method.to_owned()).or_default();
        while recent.front().is_some_and(|oldest| *oldest + MINUTE <= now) {
            recent.pop_front();
        }
        if recent.len() < limit {
            recent.push_back(now);
            return None;
        }
        let free = recent
            .front()
            .map_or(now + MINUTE, |oldest| *oldest + MINUTE);
        Some(seconds_until(free, now))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a burst is a handful of messages, far below what a float counts exactly"
    )]
    fn over_burst(&mut self, channel: &str, now: DateTime<Utc>) -> Option<u64> {
        let burst = self.limits.post_burst? as f64;
        let bucket = self.buckets.entry(channel.to_owned());
        let (left, since) = bucket.or_insert((burst, now));
        let passed = (now - *since).as_seconds_f64().max(0.0);
        *left = (*left + passed).min(burst);
        *since = now;
        if *left >= 1.0 {
            *left -= 1.0;
            return None;
        }
        Some(1)
    }
}

fn seconds_until(until: DateTime<Utc>, now: DateTime<Utc>) -> u64 {
    let left = (until - now).num_milliseconds().max(1);
    u64::try_from(left).unwrap_or(1).div_ceil(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a_window_fills_and_empties_after_a_minute() {
        let mut rates = Rates::new(RateLimits::none().with("users.info", 2));
        assert_eq!(rates.admit("users.info", None, at(0)), Ok(()));
        assert_eq!(rates.admit("users.info", None, at(10)), Ok(()));
        let wait = rates.admit("users.info", None, at(15)).unwrap_err();
        assert_eq!(wait.seconds, 45);
        assert!(rates.paused("users.info", None, at(59)).unwrap().again);
        assert_eq!(rates.paused("users.info", None, at(60)), None);
        assert_eq!(rates.admit("users.info", None, at(60)), Ok(()));
    }

    #[test]
    fn a_channel_takes_a_burst_and_then_one_message_a_second() {
        let mut rates = Rates::new(RateLimits {
            post_burst: Some(2),
            ..RateLimits::none()
        });
        let mut post = |channel, second| {
            rates
                .admit("chat.postMessage", Some(channel), at(second))
                .is_ok()
        };
        assert!(post("D1", 0) && post("D1", 0));
        assert!(!post("D1", 0));
        assert!(post("D2", 0), "another channel has a limit of its own");
        assert!(post("D1", 1));
        assert!(!post("D1", 1));
    }

    #[test]
    fn the_published_limits_know_every_tier() {
        let limits = RateLimits::published();
        assert_eq!(limits.per_minute["usergroups.list"], 20);
        assert_eq!(limits.per_minute["chat.update"], 50);
        assert_eq!(limits.per_minute["views.open"], 100);
        assert_eq!(limits.scaled(10).per_minute["chat.update"], 500);
    }
}
