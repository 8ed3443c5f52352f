//! Reading the policy file, testing it, and asking who reaches what right now.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::attribute::AttributeValue;
use super::attribute_calls::read_json;
use super::policy::{Destination, Source, Verdict};
use super::posture::{Held, Holds};
use super::refusal::{Answer, Refused};
use super::tailnet::Tailnet;

/// Whether a device gets through to a destination at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reachability {
    /// It does.
    Yes {
        /// When the last attribute that keeps it open lapses; `None` if it stays open.
        until: Option<DateTime<Utc>>,
        /// The posture that lets it through; `None` if a rule without one does.
        by: Option<String>,
    },
    /// It does not.
    No {
        /// The postures that would let it through; empty if no rule covers it at all.
        would_open: Vec<String>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PolicyTest {
    src: String,
    #[serde(default)]
    src_posture_attrs: BTreeMap<String, Value>,
    #[serde(default)]
    proto: Option<String>,
    #[serde(default)]
    accept: Vec<String>,
    #[serde(default)]
    deny: Vec<String>,
}

impl Tailnet {
    pub fn read_policy(&self, headers: &HeaderMap) -> Answer {
        let wants_json = headers
            .get(header::ACCEPT)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|accept| accept.contains("application/json"));
        if wants_json {
            return Answer::json(self.policy.source());
        }
        let text = serde_json::to_string_pretty(self.policy.source()).unwrap_or_default();
        Answer::text(
            "application/hujson",
            format!("// The tailnet's policy file.\n{text}\n"),
        )
    }

    /// Runs tests against the live policy; nothing changes, and a failed test is still a 200.
    pub fn validate_policy(&self, headers: &HeaderMap, body: &[u8]) -> Result<Answer, Refused> {
        let tests: Vec<PolicyTest> = read_json(headers, body)?;
        let mut failures = Vec::new();
        for test in &tests {
            let errors = self.run(test)?;
            if !errors.is_empty() {
                failures.push(json!({ "user": test.src, "errors": errors }));
            }
        }
        Ok(Answer::json(&if failures.is_empty() {
            json!({})
        } else {
            json!({ "message": "test(s) failed", "data": failures })
        }))
    }

    fn run(&self, test: &PolicyTest) -> Result<Vec<String>, Refused> {
        if test.accept.is_empty() && test.deny.is_empty() {
            return Err(Refused::malformed("a test needs accept or deny"));
        }
        if let Some(proto) = test.proto.as_deref().filter(|&proto| proto != "tcp") {
            return Err(Refused::malformed(format!(
                "protocol {proto:?} is not supported here"
            )));
        }
        let source = Source::parse(&test.src).map_err(Refused::malformed)?;
        let mut held = Held::new();
        for (key, value) in &test.src_posture_attrs {
            held.insert(key.clone(), (AttributeValue::parse(value)?, Holds::ForGood));
        }
        let mut errors = Vec::new();
        let wanted = test.accept.iter().map(|dst| (dst, true));
        for (dst, accepts) in wanted.chain(test.deny.iter().map(|dst| (dst, false))) {
            let destination = Destination::parse(dst).map_err(Refused::malformed)?;
            let verdict = self.policy.judge(&source, &destination, &held);
            match (accepts, verdict) {
                (true, Verdict::Drop { .. }) => {
                    errors.push(format!("address {dst:?}: want: Accept, got: Drop"));
                }
                (false, Verdict::Accept { .. }) => {
                    errors.push(format!("address {dst:?}: want: Drop, got: Accept"));
                }
                _ => {}
            }
        }
        Ok(errors)
    }

    /// What the packet filter would say to a new connection from this device.
    pub fn reachability(&mut self, node: &str, dst: &str, now: DateTime<Utc>) -> Reachability {
        let nothing = Reachability::No {
            would_open: Vec::new(),
        };
        let (Some(device), Ok(destination)) =
            (self.exact_device(node).cloned(), Destination::parse(dst))
        else {
            return nothing;
        };
        if !device.is_usable(now) {
            return nothing;
        }
        let held = self.held(&device, now);
        let source = if device.external {
            Source::Shared
        } else if device.tags.is_empty() {
            Source::Person(device.owner)
        } else {
            Source::Tags(device.tags)
        };
        match self.policy.judge(&source, &destination, &held) {
            Verdict::Accept { holds, by } => Reachability::Yes {
                until: match holds {
                    Holds::Until(end) => Some(end),
                    Holds::ForGood => None,
                },
                by,
            },
            Verdict::Drop { would_open } => Reachability::No { would_open },
        }
    }
}
