//! The two parts of the tailnet policy that Lapse looks at: groups and postures.
//!
//! <https://tailscale.com/kb/1337/policy-syntax>

use super::Groups;
use crate::domain::attribute::Attribute;
use crate::domain::person::Login;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The body of `GET /tailnet/{tailnet}/acl`, as far as it is read.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PolicyFile {
    groups: Option<BTreeMap<String, Vec<String>>>,
    postures: Option<BTreeMap<String, Vec<String>>>,
}

impl PolicyFile {
    /// Who is in which group. A group inside a group would be one more selector to resolve:
    /// it is left out, so that it gives nobody access.
    pub(super) fn groups(self) -> Groups {
        let logins = |members: Vec<String>| {
            members
                .iter()
                .filter(|member| !member.starts_with("group:") && !member.starts_with("autogroup:"))
                .map(|member| Login::new(member))
                .collect()
        };
        self.groups
            .unwrap_or_default()
            .into_iter()
            .map(|(name, members)| {
                let name = name.strip_prefix("group:").unwrap_or(&name).to_owned();
                (name, logins(members))
            })
            .collect()
    }

    /// The custom attributes that occur in an assertion of any posture.
    pub(super) fn posture_attributes(&self) -> BTreeSet<Attribute> {
        let assertions = self.postures.iter().flat_map(BTreeMap::values).flatten();
        assertions
            .flat_map(|assertion| words(assertion))
            .filter_map(|word| Attribute::parse(word).ok())
            .collect()
    }
}

/// The identifiers of an assertion; what stands in quotes is a value.
fn words(assertion: &str) -> impl Iterator<Item = &str> {
    assertion
        .split(['\'', '"'])
        .step_by(2)
        .flat_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn policy(wire: serde_json::Value) -> PolicyFile {
        serde_json::from_value(wire).expect("a policy file")
    }

    #[test]
    fn groups_are_known_by_name_and_hold_logins() {
        let groups = policy(json!({"groups": {
            "group:eng": ["Ada@example.com", "amelie@github", "group:ops", "autogroup:admin"],
            "group:none": []
        }}))
        .groups();
        let eng: Vec<_> = groups["eng"].iter().map(Login::as_str).collect();
        assert_eq!(eng, ["ada@example.com", "amelie@github"]);
        assert!(groups["none"].is_empty());
    }

    #[test]
    fn postures_tell_which_attributes_matter() {
        let used = policy(json!({"postures": {
            "posture:a": ["custom:prodSsh == true", "node:os IN ['linux', 'custom:quoted']"],
            "posture:b": ["NOT custom:team:x IN [\"blue\"]", "(custom:level>=3)"],
            "posture:c": []
        }}))
        .posture_attributes();
        let used: Vec<_> = used.iter().map(Attribute::as_str).collect();
        assert_eq!(used, ["custom:level", "custom:prodSsh", "custom:team:x"]);
    }

    #[test]
    fn a_policy_without_either_is_fine() {
        for empty in [
            json!({}),
            json!({"groups": null, "postures": null, "acls": []}),
        ] {
            assert!(policy(empty.clone()).groups().is_empty());
            assert!(policy(empty).posture_attributes().is_empty());
        }
    }
}
