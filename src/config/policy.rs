//! All profiles, `[security]` and `[identity.logins]` together: the policy, and what only shows
//! when its parts are compared.

use super::problem::{Findings, shown};
use super::tree::Node;
use super::{people, profile};
use crate::domain::attribute::Attribute;
use crate::domain::ids::{PersonId, PolicyHash};
use crate::domain::person::{ExplicitLogins, Login};
use crate::domain::policy::{Policy, Profile, Security};
use std::collections::BTreeMap;

/// Reads the policy; `None` when a profile cannot be used.
pub(super) fn read(
    file: &Node<'_>,
    hash: PolicyHash,
    findings: &mut Findings<'_>,
) -> Option<Policy> {
    let nodes = file.key("profiles").map(|list| list.items());
    let nodes = nodes.unwrap_or_default();
    let profiles: Vec<Option<Profile>> = nodes
        .iter()
        .map(|node| profile::read(node, findings))
        .collect();
    refuse_twins(&nodes, findings);
    let security = security(file, findings);
    let logins = logins(file, findings);
    Some(Policy {
        profiles: profiles.into_iter().collect::<Option<_>>()?,
        security,
        logins,
        hash,
    })
}

/// Two profiles are two things: their ids and their attributes differ, and people can tell
/// them apart.
fn refuse_twins(profiles: &[Node<'_>], findings: &mut Findings<'_>) {
    for (index, later) in profiles.iter().enumerate() {
        let earlier = &profiles[..index];
        if let Some((node, first)) = same_text(later, earlier, "id", |a, b| a == b, findings) {
            let message = "another profile has this id";
            findings.error(&node, message, format!("{first}: rename one of them"));
        }
        if let Some((node, first)) = same_text(later, earlier, "attribute", collides, findings) {
            let message = "two profiles write this attribute, and ending one would end the other";
            let advice = format!("{first}: give each profile an attribute of its own");
            findings.error(&node, message, advice);
        }
        if let Some((node, first)) = same_text(later, earlier, "name", |a, b| a == b, findings)
            && earlier
                .iter()
                .any(|e| e.text_of("environment") == later.text_of("environment"))
        {
            let message = "another profile has this name, and people cannot tell them apart";
            findings.warning(&node, message, format!("{first}: rename one of them"));
        }
    }
}

/// Tailscale keeps attributes apart by case and refuses two that differ in case only.
fn collides(a: &str, b: &str) -> bool {
    match (Attribute::parse(a), Attribute::parse(b)) {
        (Ok(a), Ok(b)) => a.collides_with(&b),
        _ => false,
    }
}

/// The value of this key when an earlier profile has the same, and where that stands.
fn same_text<'t>(
    profile: &Node<'t>,
    earlier: &[Node<'t>],
    key: &str,
    same: impl Fn(&str, &str) -> bool,
    findings: &Findings<'_>,
) -> Option<(Node<'t>, String)> {
    let node = profile.key(key)?;
    let text = node.text()?;
    let mut values = earlier.iter().filter_map(|profile| profile.key(key));
    let first = values.find(|first| first.text().is_some_and(|other| same(text, other)))?;
    let (line, _) = findings.position(first.at);
    let place = match first.text() {
        Some(other) if other != text => {
            format!(
                "{} is in line {line}, and case makes no difference",
                shown(other)
            )
        }
        _ => format!("it is in line {line} too"),
    };
    Some((node, place))
}

fn security(file: &Node<'_>, findings: &mut Findings<'_>) -> Security {
    let Some(section) = file.key("security") else {
        return Security::default();
    };
    let list = section.key("selectors");
    if let Some(list) = &list {
        people::warn_of_everyone(list, "may revoke anything", findings);
    }
    Security {
        selectors: list
            .and_then(|list| people::selectors(&list, findings))
            .unwrap_or_default(),
        channel: profile::channel(&section, "channel", findings),
    }
}

/// Explicit pairs settle who is who, so they may not contradict one another.
fn logins(file: &Node<'_>, findings: &mut Findings<'_>) -> ExplicitLogins {
    let mut logins = ExplicitLogins::new();
    let mut holders: BTreeMap<Login, String> = BTreeMap::new();
    let pairs = file
        .key("identity")
        .and_then(|section| section.key("logins"));
    for entry in pairs.iter().flat_map(Node::entries) {
        if !is_user_id(entry.key) {
            let message = format!("{} is no Slack user id", shown(entry.key));
            let advice = "copy the member id (U… or W…) from the person's profile in Slack";
            findings.error_at(entry.key_at, entry.node.path, &message, advice);
            continue;
        }
        let Some(text) = entry.node.text().filter(|text| !text.trim().is_empty()) else {
            continue;
        };
        if text.contains(char::is_whitespace) {
            let message = format!("{} is no Tailscale login", shown(text));
            let advice = "write it as the admin console shows it, e.g. \"amelie@github\"";
            findings.error(&entry.node, message, advice);
            continue;
        }
        let login = Login::new(text);
        if let Some(holder) = holders.get(&login) {
            let message = format!("{holder} has this login too, and a login is one person's");
            findings.error(&entry.node, message, "remove one of the two pairs");
            continue;
        }
        holders.insert(login.clone(), entry.key.to_owned());
        logins.insert(PersonId::new(entry.key), login);
    }
    logins
}

fn is_user_id(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    text.len() > 2 && text.starts_with(['U', 'W']) && text.chars().all(legal)
}
