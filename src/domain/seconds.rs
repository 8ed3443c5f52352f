//! Durations in records: whole seconds, as a number.

use chrono::{DateTime, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::time::Duration;

/// Writes a duration as its seconds.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    duration.as_secs().serialize(serializer)
}

/// Reads a duration from its seconds.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_secs)
}

/// Cuts an instant to whole seconds, so that every retry writes the same bytes.
pub fn cut(at: DateTime<Utc>) -> DateTime<Utc> {
    at.with_nanosecond(0).unwrap_or(at)
}

/// How much time is left from `now` until `end`; nothing once it has passed.
pub fn until(end: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    end.signed_duration_since(now).to_std().unwrap_or_default()
}
