//! The files that newcomers copy are read here, and belong together.

use super::told;
use crate::config::{read, schema::schema};
use crate::domain::attribute::AttributeValue;
use serde_json::Value;

const EXAMPLE: &str = include_str!("../../../examples/lapse.toml");
const POLICY: &str = include_str!("../../../examples/policy.hujson");

/// `HuJSON` is JSON with comments and trailing commas; here both are taken out.
fn plain_json(hujson: &str) -> String {
    let mut plain = String::new();
    let mut rest = hujson.chars().peekable();
    let mut in_text = false;
    while let Some(c) = rest.next() {
        if in_text {
            plain.push(c);
            match c {
                '\\' => plain.extend(rest.next()),
                '"' => in_text = false,
                _ => {}
            }
        } else if c == '/' && rest.peek() == Some(&'/') {
            for skipped in rest.by_ref() {
                if skipped == '\n' {
                    break;
                }
            }
        } else {
            if matches!(c, ']' | '}') && plain.trim_end().ends_with(',') {
                plain.truncate(plain.trim_end().len() - 1);
            }
            in_text = c == '"';
            plain.push(c);
        }
    }
    plain
}

fn policy() -> Value {
    serde_json::from_str(&plain_json(POLICY)).expect("HuJSON")
}

#[test]
fn the_example_has_nothing_to_complain_about() {
    assert_eq!(told(EXAMPLE), [""; 0]);
    let config = read(EXAMPLE, "lapse.toml", &|_| None).config;
    assert_eq!(config.expect("a configuration").policy.profiles.len(), 3);
}

#[test]
fn the_schema_accepts_the_example() {
    let table: toml::Table = EXAMPLE.parse().expect("TOML");
    let file = serde_json::to_value(table).expect("JSON");
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator
        .iter_errors(&file)
        .map(|e| e.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
}

#[test]
fn every_profile_of_the_example_has_its_posture_and_its_grant() {
    let config = read(EXAMPLE, "lapse.toml", &|_| None)
        .config
        .expect("a configuration");
    let policy = policy();
    for profile in &config.policy.profiles {
        let value = match &profile.value {
            AttributeValue::Text(text) => format!("'{text}'"),
            other => other.to_string(),
        };
        let assertion = format!("{} == {value}", profile.attribute);
        let postures = policy["postures"].as_object().expect("postures");
        let (posture, _) = postures
            .iter()
            .find(|(_, assertions)| **assertions == Value::from(vec![assertion.clone()]))
            .unwrap_or_else(|| panic!("a posture for {assertion}"));
        let grants = policy["grants"].as_array().expect("grants");
        let used = grants
            .iter()
            .filter(|grant| grant["srcPosture"] == Value::from(vec![posture.clone()]));
        assert_eq!(used.count(), 1, "{posture}");
    }
}

#[test]
fn no_grant_of_the_example_goes_without_a_posture() {
    for grant in policy()["grants"].as_array().expect("grants") {
        assert!(grant["srcPosture"].is_array(), "{grant}");
    }
}

#[test]
fn groups_and_tags_of_the_example_are_declared() {
    let policy = policy();
    let declared = |text: &str| match text.split_once(':') {
        Some(("group", _)) => policy["groups"].get(text).is_some(),
        Some(("tag", _)) => policy["tagOwners"].get(text).is_some(),
        _ => true,
    };
    for grant in policy["grants"].as_array().expect("grants") {
        for side in ["src", "dst"] {
            for name in grant[side].as_array().expect("names") {
                assert!(declared(name.as_str().expect("text")), "{name}");
            }
        }
    }
    let table: toml::Table = EXAMPLE.parse().expect("TOML");
    for name in table
        .to_string()
        .split('"')
        .filter(|text| text.starts_with("group:"))
    {
        assert!(declared(name), "{name}");
    }
}
