//! The posture attribute that a grant writes, and the key it lives under.
//!
//! Rules: <https://tailscale.com/kb/1288/device-posture>. Documents disagree about the longest
//! key (50 or 128), so the shorter one holds here.

use super::ids::NodeId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest key and the longest string value that every document of Tailscale's agrees on.
pub const LONGEST: usize = 50;
/// The largest integer that survives JSON readers which keep numbers as doubles.
pub const LARGEST_INTEGER: i64 = (1 << 53) - 1;

/// A custom posture attribute, `custom:` and letters, digits, `_` or `:`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attribute(String);

/// Why a text is no posture attribute.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttributeError {
    /// Tailscale reserves every other prefix.
    #[error("a posture attribute that can be written begins with `custom:`")]
    Prefix,
    /// Nothing stands behind the prefix.
    #[error("the attribute needs a name after `custom:`")]
    Empty,
    /// One of its characters is not allowed.
    #[error("`{0}` is not allowed in an attribute: use letters, digits, `_` and `:`")]
    Character(char),
    /// It is longer than every document allows.
    #[error("the attribute has {0} characters, at most {LONGEST} are safe")]
    TooLong(usize),
}

impl Attribute {
    /// Checks the key against Tailscale's rules.
    pub fn parse(key: &str) -> Result<Self, AttributeError> {
        let name = key.strip_prefix("custom:").ok_or(AttributeError::Prefix)?;
        if name.is_empty() {
            return Err(AttributeError::Empty);
        }
        let legal = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
        if let Some(bad) = name.chars().find(|c| !legal(c)) {
            return Err(AttributeError::Character(bad));
        }
        if key.len() > LONGEST {
            return Err(AttributeError::TooLong(key.len()));
        }
        Ok(Self(key.to_owned()))
    }

    /// The key as Tailscale writes it, `custom:` included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Keys are case-sensitive, yet unique ignoring case: two that fold alike cannot both exist.
    pub fn collides_with(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the attribute says. Its type is fixed tailnet-wide by the first write of the key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AttributeValue {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number of at most 53 bits.
    Integer(i64),
    /// Letters, digits, `_` and `.`.
    Text(String),
}

/// Why a value cannot be written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The number does not survive JSON.
    #[error("an integer value is at most 2^53 - 1 either side of zero")]
    TooLarge,
    /// A string value says nothing.
    #[error("a string value needs at least one character")]
    Empty,
    /// One of its characters is not allowed.
    #[error("`{0}` is not allowed in a string value: use letters, digits, `_` and `.`")]
    Character(char),
    /// It is longer than every document allows.
    #[error("the string value has {0} characters, at most {LONGEST} are safe")]
    TooLong(usize),
}

impl AttributeValue {
    /// Checks the value against Tailscale's rules.
    pub fn check(&self) -> Result<(), ValueError> {
        match self {
            Self::Integer(n) if n.unsigned_abs() > LARGEST_INTEGER.unsigned_abs() => {
                Err(ValueError::TooLarge)
            }
            Self::Bool(_) | Self::Integer(_) => Ok(()),
            Self::Text(text) if text.is_empty() => Err(ValueError::Empty),
            Self::Text(text) => {
                let legal = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
                match text.chars().find(|c| !legal(c)) {
                    Some(bad) => Err(ValueError::Character(bad)),
                    None if text.len() > LONGEST => Err(ValueError::TooLong(text.len())),
                    None => Ok(()),
                }
            }
        }
    }
}

impl fmt::Display for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
        }
    }
}

/// One attribute on one device: the thing that Tailscale is brought into agreement with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The device.
    pub node: NodeId,
    /// The attribute on it.
    pub attribute: Attribute,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_tailscale_accepts() {
        assert!(Attribute::parse("custom:prodSsh").is_ok());
        assert!(Attribute::parse("custom:team:prod_2").is_ok());
        assert_eq!(Attribute::parse("node:os"), Err(AttributeError::Prefix));
        assert_eq!(Attribute::parse("custom:"), Err(AttributeError::Empty));
        assert_eq!(
            Attribute::parse("custom:prod-ssh"),
            Err(AttributeError::Character('-'))
        );
        assert_eq!(
            Attribute::parse(&format!("custom:{}", "a".repeat(44))),
            Err(AttributeError::TooLong(51))
        );
    }

    #[test]
    fn values_follow_the_type_rules() {
        assert_eq!(AttributeValue::Integer(LARGEST_INTEGER).check(), Ok(()));
        assert_eq!(
            AttributeValue::Integer(i64::MIN).check(),
            Err(ValueError::TooLarge)
        );
        assert_eq!(
            AttributeValue::Text("a b".into()).check(),
            Err(ValueError::Character(' '))
        );
        assert_eq!(AttributeValue::Text("v1.2_x".into()).check(), Ok(()));
    }

    #[test]
    fn keys_collide_ignoring_case() {
        let parse = |key| Attribute::parse(key).expect("a legal key");
        assert!(parse("custom:prodSsh").collides_with(&parse("custom:PRODSSH")));
        assert!(!parse("custom:prodSsh").collides_with(&parse("custom:prodSs")));
    }
}
