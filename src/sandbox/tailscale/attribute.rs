//! The rules for custom posture attributes: keys, values, expiries and comments.
//!
//! Where Tailscale's documents disagree the narrower reading is enforced.
//! See <https://tailscale.com/kb/1288/device-posture> and the API reference.

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::refusal::Refused;

const LONGEST_KEY: usize = 50;
const LONGEST_TEXT: usize = 50;
const LONGEST_COMMENT: usize = 200;
const LARGEST_NUMBER: u64 = (1 << 53) - 1;

/// The value of a posture attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// True or false.
    Flag(bool),
    /// A whole number that every JSON reader can hold.
    Number(i64),
    /// Letters, digits, underscores and dots.
    Text(String),
}

impl AttributeValue {
    pub(super) fn parse(value: &Value) -> Result<Self, Refused> {
        match value {
            Value::Bool(flag) => Ok(Self::Flag(*flag)),
            Value::Number(number) => number
                .as_i64()
                .filter(|n| n.unsigned_abs() <= LARGEST_NUMBER)
                .map(Self::Number)
                .ok_or_else(|| {
                    Refused::malformed(format!(
                        "attribute value {number} is not an integer of at most 2^53-1"
                    ))
                }),
            Value::String(text) if is_plain_text(text) => Ok(Self::Text(text.clone())),
            Value::String(_) => Err(Refused::malformed(
                "a string value has 1 to 50 characters and only letters, digits, underscores and periods",
            )),
            _ => Err(Refused::malformed(
                "an attribute value is a boolean, an integer or a string",
            )),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Flag(flag) => Value::from(*flag),
            Self::Number(number) => Value::from(*number),
            Self::Text(text) => Value::from(text.as_str()),
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Flag(_) => Kind::Flag,
            Self::Number(_) => Kind::Number,
            Self::Text(_) => Kind::Text,
        }
    }
}

impl From<bool> for AttributeValue {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<i64> for AttributeValue {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for AttributeValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The type that the first write of a key fixes for the whole tailnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Flag,
    Number,
    Text,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "boolean",
            Self::Number => "number",
            Self::Text => "string",
        })
    }
}

/// A custom attribute as a device holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its value.
    pub value: AttributeValue,
    /// When Tailscale takes it away by itself; `None` stays for good.
    pub expiry: Option<DateTime<Utc>>,
    /// What the write said for the configuration audit log.
    pub comment: Option<String>,
    /// When it was last written, by the stand-in's clock.
    pub written_at: DateTime<Utc>,
}

/// How expiries are printed; the instant is the same, and a client must read all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExpiryStyle {
    /// `2026-04-23T18:25:43Z`
    Seconds,
    /// `2026-04-23T18:25:43.511Z`, as in Tailscale's own examples.
    #[default]
    Milliseconds,
    /// `2026-04-23T20:25:43.511000000+02:00`
    ShiftedZone,
}

impl ExpiryStyle {
    pub(super) fn print(self, instant: DateTime<Utc>) -> String {
        use chrono::{FixedOffset, SecondsFormat};
        match self {
            Self::Seconds => instant.to_rfc3339_opts(SecondsFormat::Secs, true),
            Self::Milliseconds => instant.to_rfc3339_opts(SecondsFormat::Millis, true),
            Self::ShiftedZone => match FixedOffset::east_opt(2 * 60 * 60) {
                Some(zone) => instant
                    .with_timezone(&zone)
                    .to_rfc3339_opts(SecondsFormat::Nanos, false),
                None => instant.to_rfc3339(),
            },
        }
    }
}

pub(super) fn check_key(key: &str) -> Result<(), Refused> {
    let Some(name) = key.strip_prefix("custom:") else {
        return Err(Refused::malformed(format!(
            "attribute key {key:?} must start with \"custom:\""
        )));
    };
    let spelled_well = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':');
    if !spelled_well {
        return Err(Refused::malformed(format!(
            "attribute key {key:?} may hold only letters, digits, underscores and colons"
        )));
    }
    if key.len() > LONGEST_KEY {
        return Err(Refused::malformed(format!(
            "attribute key {key:?} is longer than {LONGEST_KEY} characters"
        )));
    }
    Ok(())
}

pub(super) fn parse_expiry(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refused> {
    let expiry = DateTime::parse_from_rfc3339(text)
        .map_err(|_| Refused::malformed(format!("expiry {text:?} is not an RFC 3339 time")))?
        .with_timezone(&Utc);
    if expiry <= now {
        return Err(Refused::malformed("expiry must be in the future"));
    }
    Ok(expiry)
}

pub(super) fn check_comment(comment: Option<&str>) -> Result<(), Refused> {
    match comment {
        Some(text) if text.chars().count() > LONGEST_COMMENT => Err(Refused::malformed(format!(
            "comment is longer than {LONGEST_COMMENT} characters"
        ))),
        _ => Ok(()),
    }
}

fn is_plain_text(text: &str) -> bool {
    (1..=LONGEST_TEXT).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.')
}
