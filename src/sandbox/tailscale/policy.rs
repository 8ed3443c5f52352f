//! The policy file, as far as it decides who reaches what.
//!
//! Reads `groups`, `postures`, `defaultSrcPosture`, `grants` and `acls`; whatever else a
//! policy file may hold is kept for `GET /acl` and otherwise ignored. Rules only ever add
//! access. See <https://tailscale.com/kb/1337/policy-syntax>.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::posture::{Assertion, Held, Holds};

/// A policy file that has been read.
#[derive(Debug, Clone)]
pub(super) struct Policy {
    source: Value,
    groups: BTreeMap<String, Vec<String>>,
    postures: BTreeMap<String, Vec<Assertion>>,
    rules: Vec<Rule>,
}

/// Somebody or something that wants to connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Person(String),
    Group(String),
    Tags(Vec<String>),
    /// Shared in from another tailnet; postures are not checked for it.
    Shared,
}

/// Where it wants to connect to, such as `tag:prod:22`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Destination {
    host: String,
    port: u16,
}

/// Whether a source gets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Accept { holds: Holds, by: Option<String> },
    Drop { would_open: Vec<String> },
}

#[derive(Debug, Clone)]
struct Rule {
    src: Vec<String>,
    dst: Vec<(String, String)>,
    src_posture: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    groups: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    postures: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    default_src_posture: Vec<String>,
    #[serde(default)]
    grants: Vec<GrantRule>,
    #[serde(default)]
    acls: Vec<AclRule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GrantRule {
    src: Vec<String>,
    dst: Vec<String>,
    #[serde(default)]
    ip: Vec<String>,
    #[serde(default)]
    src_posture: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AclRule {
    action: String,
    #[serde(default)]
    proto: Option<String>,
    src: Vec<String>,
    dst: Vec<String>,
    #[serde(default)]
    src_posture: Vec<String>,
}

impl Policy {
    pub fn read(source: Value) -> Result<Self, String> {
        let file = File::deserialize(&source).map_err(|error| error.to_string())?;
        let postures = file
            .postures
            .into_iter()
            .map(|(name, lines)| {
                let assertions = lines
                    .iter()
                    .map(|line| Assertion::parse(line))
                    .collect::<Result<_, _>>()?;
                Ok((name, assertions))
            })
            .collect::<Result<BTreeMap<_, _>, String>>()?;
        let mut rules = Vec::new();
        for grant in file.grants {
            rules.push(Rule {
                dst: crossed(&grant.dst, &grant.ip),
                src: grant.src,
                src_posture: grant.src_posture,
            });
        }
        for acl in file.acls {
            rules.push(acl.into_rule()?);
        }
        for rule in &mut rules {
            if rule.src_posture.is_empty() {
                rule.src_posture.clone_from(&file.default_src_posture);
            }
            if let Some(unknown) = rule
                .src_posture
                .iter()
                .find(|name| !postures.contains_key(*name))
            {
                return Err(format!("posture {unknown:?} is not defined"));
            }
        }
        Ok(Self {
            source,
            groups: file.groups,
            postures,
            rules,
        })
    }

    pub fn source(&self) -> &Value {
        &self.source
    }

    pub fn judge(&self, source: &Source, destination: &Destination, held: &Held) -> Verdict {
        let mut best: Option<(Holds, Option<String>)> = None;
        let mut would_open = Vec::new();
        for rule in &self.rules {
            let covered = rule
                .src
                .iter()
                .any(|selector| self.covers(selector, source))
                && rule
                    .dst
                    .iter()
                    .any(|(host, ports)| destination.is_covered_by(host, ports));
            if !covered {
                continue;
            }
            if rule.src_posture.is_empty() || *source == Source::Shared {
                return Verdict::Accept {
                    holds: Holds::ForGood,
                    by: None,
                };
            }
            for name in &rule.src_posture {
                match self.posture_holds(name, held) {
                    Some(holds) if best.as_ref().is_none_or(|(longest, _)| holds > *longest) => {
                        best = Some((holds, Some(name.clone())));
                    }
                    Some(_) => {}
                    None if would_open.contains(name) => {}
                    None => would_open.push(name.clone()),
                }
            }
        }
        match best {
            Some((holds, by)) => Verdict::Accept { holds, by },
            None => Verdict::Drop { would_open },
        }
    }

    /// All assertions of a posture must hold; it ends with the first that ends.
    fn posture_holds(&self, name: &str, held: &Held) -> Option<Holds> {
        let assertions = self.postures.get(name)?;
        assertions
            .iter()
            .try_fold(Holds::ForGood, |end, assertion| {
                assertion.holds(held).map(|holds| holds.min(end))
            })
    }

    fn covers(&self, selector: &str, source: &Source) -> bool {
        match (selector, source) {
            ("*", _)
            | ("autogroup:member" | "autogroup:members", Source::Person(_) | Source::Group(_))
            | ("autogroup:tagged", Source::Tags(_))
            | ("autogroup:shared", Source::Shared) => true,
            (_, Source::Tags(tags)) => tags.iter().any(|tag| tag == selector),
            (_, Source::Group(group)) => group == selector,
            (_, Source::Person(login)) => {
                selector.eq_ignore_ascii_case(login)
                    || self
                        .groups
                        .get(selector)
                        .is_some_and(|logins| logins.iter().any(|l| l.eq_ignore_ascii_case(login)))
            }
            (_, Source::Shared) => false,
        }
    }
}

impl Source {
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with("tag:") {
            Ok(Self::Tags(vec![text.to_owned()]))
        } else if text.starts_with("group:") {
            Ok(Self::Group(text.to_owned()))
        } else if text.contains('@') {
            Ok(Self::Person(text.to_owned()))
        } else {
            Err(format!(
                "src {text:?} is neither a person, a group nor a tag"
            ))
        }
    }
}

impl Destination {
    pub fn parse(text: &str) -> Result<Self, String> {
        let (host, port) = text
            .rsplit_once(':')
            .ok_or_else(|| format!("dst {text:?} must end with a colon and a port"))?;
        match port.parse() {
            Ok(port) if port > 0 => Ok(Self {
                host: host.to_owned(),
                port,
            }),
            _ => Err(format!("dst {text:?} must name one port")),
        }
    }

    fn is_covered_by(&self, host: &str, ports: &str) -> bool {
        (host == "*" || host == self.host) && ports.split(',').any(|range| self.is_in(range.trim()))
    }

    fn is_in(&self, range: &str) -> bool {
        if range == "*" {
            return true;
        }
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        match (first.parse::<u16>(), last.parse::<u16>()) {
            (Ok(first), Ok(last)) => (first..=last).contains(&self.port),
            _ => false,
        }
    }
}

impl AclRule {
    fn into_rule(self) -> Result<Rule, String> {
        if self.action != "accept" {
            return Err(format!(
                "action {:?} is not known; rules only accept",
                self.action
            ));
        }
        let over_tcp = self
            .proto
            .as_deref()
            .is_none_or(|proto| matches!(proto, "tcp" | "6"));
        let mut dst = Vec::new();
        for text in self.dst.iter().filter(|_| over_tcp) {
            let (host, ports) = text
                .rsplit_once(':')
                .ok_or_else(|| format!("dst {text:?} must contain a colon"))?;
            dst.push((host.to_owned(), ports.to_owned()));
        }
        Ok(Rule {
            src: self.src,
            dst,
            src_posture: self.src_posture,
        })
    }
}

/// Every destination with every port of a grant that TCP may use.
fn crossed(dst: &[String], ip: &[String]) -> Vec<(String, String)> {
    let ports: Vec<&str> = ip
        .iter()
        .filter_map(|entry| match entry.split_once(':') {
            None => Some(entry.as_str()),
            Some(("tcp", ports)) => Some(ports),
            Some(_) => None,
        })
        .collect();
    dst.iter()
        .flat_map(|host| ports.iter().map(|&ports| (host.clone(), ports.to_owned())))
        .collect()
}
