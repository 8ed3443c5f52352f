//! Posture assertions, such as `custom:prodSsh == true`, against the attributes of a device.
//!
//! A missing attribute fails every comparison, `!=` and `NOT IN` included, so that a lapse
//! closes. See <https://tailscale.com/kb/1288/device-posture#device-posture-conditions>.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::attribute::AttributeValue;

/// How long something holds; ordered, so that the later end is the greater one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holds {
    Until(DateTime<Utc>),
    ForGood,
}

impl From<Option<DateTime<Utc>>> for Holds {
    fn from(expiry: Option<DateTime<Utc>>) -> Self {
        expiry.map_or(Self::ForGood, Self::Until)
    }
}

/// What a device holds at this moment, each with its end.
pub(super) type Held = BTreeMap<String, (AttributeValue, Holds)>;

/// One condition of a posture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assertion {
    attribute: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    IsSet,
    NotSet,
    Compare(Operator, AttributeValue),
    In(Vec<AttributeValue>),
    NotIn(Vec<AttributeValue>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    Below,
    AtMost,
    Above,
    AtLeast,
}

impl Assertion {
    pub fn parse(text: &str) -> Result<Self, String> {
        let unreadable = || format!("cannot read the posture assertion {text:?}");
        let text = text.trim();
        let (attribute, rest) = text
            .split_once(char::is_whitespace)
            .ok_or_else(unreadable)?;
        let rest = rest.trim();
        let condition = match rest {
            "IS SET" => Test::IsSet,
            "NOT SET" => Test::NotSet,
            _ => {
                if let Some(list) = rest.strip_prefix("NOT IN") {
                    Test::NotIn(parse_list(list).ok_or_else(unreadable)?)
                } else if let Some(list) = rest.strip_prefix("IN") {
                    Test::In(parse_list(list).ok_or_else(unreadable)?)
                } else {
                    let (operator, literal) = rest
                        .split_once(char::is_whitespace)
                        .ok_or_else(unreadable)?;
                    Test::Compare(
                        Operator::parse(operator).ok_or_else(unreadable)?,
                        parse_literal(literal).ok_or_else(unreadable)?,
                    )
                }
            }
        };
        Ok(Self {
            attribute: attribute.to_owned(),
            test: condition,
        })
    }

    /// How long it holds, or `None` if it does not.
    pub fn holds(&self, held: &Held) -> Option<Holds> {
        let Some((value, until)) = held.get(&self.attribute) else {
            return (self.test == Test::NotSet).then_some(Holds::ForGood);
        };
        let met = match &self.test {
            Test::IsSet => true,
            Test::NotSet => false,
            Test::Compare(operator, literal) => operator.compare(value, literal),
            Test::In(list) => list.contains(value),
            Test::NotIn(list) => !list.contains(value),
        };
        met.then_some(*until)
    }
}

impl Operator {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "==" => Self::Equal,
            "!=" => Self::Unequal,
            "<" => Self::Below,
            "<=" => Self::AtMost,
            ">" => Self::Above,
            ">=" => Self::AtLeast,
            _ => return None,
        })
    }

    fn compare(self, left: &AttributeValue, right: &AttributeValue) -> bool {
        if left.kind() != right.kind() {
            return false;
        }
        let order = match (left, right) {
            (AttributeValue::Number(left), AttributeValue::Number(right)) => Some(left.cmp(right)),
            (AttributeValue::Text(left), AttributeValue::Text(right)) => {
                Some(version(left).cmp(&version(right)))
            }
            _ => None,
        };
        match self {
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::Below => order == Some(Ordering::Less),
            Self::AtMost => order.is_some_and(Ordering::is_le),
            Self::Above => order == Some(Ordering::Greater),
            Self::AtLeast => order.is_some_and(Ordering::is_ge),
        }
    }
}

/// `1.86.2` as numbers, so that 1.9 comes before 1.10.
fn version(text: &str) -> Vec<u64> {
    text.split('.')
        .map(|part| part.parse().unwrap_or_default())
        .collect()
}

fn parse_list(text: &str) -> Option<Vec<AttributeValue>> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    inner.split(',').map(parse_literal).collect()
}

fn parse_literal(text: &str) -> Option<AttributeValue> {
    let text = text.trim();
    match text {
        "true" => return Some(AttributeValue::Flag(true)),
        "false" => return Some(AttributeValue::Flag(false)),
        _ => {}
    }
    let quoted = ['\'', '"'].into_iter().find_map(|quote| {
        text.strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
    });
    match quoted {
        Some(inner) => Some(AttributeValue::Text(inner.to_owned())),
        None => text.parse().ok().map(AttributeValue::Number),
    }
}
