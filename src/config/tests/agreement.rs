//! The reader and the JSON Schema are made from one description: here they are compared from
//! outside, with values that one of them might take and the other not.

use super::{GOOD, config, report, with};
use crate::config::keys::{Key, Kind, Presence, tables};
use crate::config::schema::schema;
use serde_json::Value;

fn in_json(text: &str) -> Option<Value> {
    let table: toml::Table = text.parse().ok()?;
    serde_json::to_value(table).ok()
}

fn schema_accepts(text: &str) -> bool {
    in_json(text).is_some_and(|file| jsonschema::is_valid(&schema(), &file))
}

fn reader_accepts(text: &str) -> bool {
    report(text).config.is_some()
}

#[test]
fn the_schema_is_a_schema() {
    assert!(jsonschema::meta::is_valid(&schema()));
}

#[test]
fn both_accept_a_good_file() {
    assert!(schema_accepts(GOOD) && reader_accepts(GOOD));
}

#[test]
fn both_refuse_an_unknown_key_in_every_table() {
    let head = "[server]\n[database]\n[slack]\n[tailscale]\n[security]\n[identity]\n";
    let good = format!(
        "{head}{}",
        GOOD.replace("[server]\nlisten = \"127.0.0.1:8080\"\n", "")
    );
    assert!(schema_accepts(&good) && reader_accepts(&good));
    let headers = good.lines().filter(|line| line.starts_with('['));
    let mut refused = 0;
    for header in headers {
        let bad = good.replace(header, &format!("{header}\nnever_heard_of = 1"));
        assert!(!schema_accepts(&bad) && !reader_accepts(&bad), "{header}");
        refused += 1;
    }
    assert_eq!(
        refused,
        tables().len(),
        "every table but the file itself was tried"
    );
    let bad = format!("never_heard_of = 1\n{good}");
    assert!(!schema_accepts(&bad) && !reader_accepts(&bad));
}

#[test]
fn both_know_the_same_keys() {
    fn walk(schema: &Value, keys: &[Key]) {
        let properties = schema["properties"].as_object().expect("properties");
        let mut described: Vec<&str> = keys.iter().map(|key| key.name).collect();
        described.sort_unstable();
        let printed: Vec<&str> = properties.keys().map(String::as_str).collect();
        assert_eq!(printed, described);
        for key in keys {
            match &key.kind {
                Kind::Table(table) => walk(&properties[key.name], table.keys),
                Kind::List {
                    of: Kind::Table(table),
                    ..
                } => walk(&properties[key.name]["items"], table.keys),
                _ => {}
            }
        }
    }
    walk(&schema(), crate::config::keys::FILE.keys);
}

#[test]
fn every_example_and_default_is_readable() {
    for key in tables().iter().flat_map(|table| table.keys) {
        if !matches!(key.kind, Kind::Table(_)) {
            assert!(
                in_json(&format!("it = {}", key.example)).is_some(),
                "{}",
                key.name
            );
        }
    }
}

#[test]
fn a_default_that_is_written_changes_nothing() {
    let of_profile = tables().into_iter().find(|table| table.name == "a profile");
    let defaults: Vec<String> = of_profile
        .expect("profiles")
        .keys
        .iter()
        .filter_map(|key| match key.presence {
            Presence::Default(value) => Some(format!("{} = {value}", key.name)),
            _ => None,
        })
        .collect();
    assert!(defaults.len() > 10);
    let (silent, written) = (config(GOOD), config(&with(&defaults.join("\n"))));
    assert_eq!(silent.policy.profiles, written.policy.profiles);

    let mut sections = String::new();
    for table in tables() {
        if table.name.starts_with('[') && table.name != "[server]" {
            sections.push_str(table.name);
            for key in table.keys {
                if let Presence::Default(value) = key.presence {
                    sections.extend(["\n", key.name, " = ", value]);
                }
            }
            sections.push('\n');
        }
    }
    let written = config(&format!("{sections}{GOOD}"));
    assert_eq!(silent.server, written.server);
    assert_eq!(silent.slack, written.slack);
    assert_eq!(silent.tailscale, written.tailscale);
    assert_eq!(silent.policy.security, written.policy.security);
}

#[test]
fn both_judge_single_values_alike() {
    let profile = |key: &str, value: &str| {
        let line = GOOD
            .lines()
            .find(|line| line.starts_with(&format!("{key} =")));
        match line {
            Some(line) => GOOD.replace(line, &format!("{key} = {value}")),
            None => with(&format!("{key} = {value}")),
        }
    };
    for (key, value, good) in [
        ("id", "\"a\"", true),
        ("id", "\"A\"", false),
        ("id", "\"-a\"", false),
        ("id", "\"\"", false),
        ("attribute", "\"custom:a_1:B\"", true),
        ("attribute", "\"custom:a-b\"", false),
        ("attribute", "\"custom:\"", false),
        ("attribute", "\"ip:a\"", false),
        ("value", "5", true),
        ("value", "1.5", false),
        ("value", "[true]", false),
        ("durations", "[\"1d2h3m4s\"]", true),
        ("durations", "[\"1h 30m\"]", false),
        ("durations", "[\"\"]", false),
        ("durations", "[\"30\"]", false),
        ("durations", "[\"1m1h\"]", false),
        ("durations", "[]", false),
        ("request_ttl", "\"2d\"", true),
        ("approvals", "10", true),
        ("approvals", "11", false),
        ("approvals", "0", false),
        ("risk", "\"high\"", true),
        ("risk", "\"low\"", false),
        ("requesters", "[\"*\"]", true),
        ("requesters", "[\"a@example.com\"]", true),
        ("requesters", "[\"usergroup:a\", \"group:b\"]", true),
        ("requesters", "[\"usergroup:@a\"]", true),
        ("requesters", "[\"usergroup:\"]", false),
        ("requesters", "[\"usergroup:@\"]", false),
        ("requesters", "[\"amelie@github\"]", false),
        ("requesters", "[\"tag:a\"]", false),
        ("requesters", "[\"a@example.com,b@example.com\"]", false),
        ("requesters", "[]", false),
        ("notify_channel", "\"G012345\"", true),
        ("notify_channel", "\"c012345\"", false),
        ("name", "\"\"", false),
        ("name", "5", false),
        ("choose_approver", "true", true),
        ("choose_approver", "1", false),
        ("workflows", "\"never\"", true),
        ("workflows", "\"ask\"", false),
        ("workflow_check", "true", true),
    ] {
        let text = profile(key, value);
        assert_eq!(reader_accepts(&text), good, "the reader, {key} = {value}");
        assert_eq!(schema_accepts(&text), good, "the schema, {key} = {value}");
    }
}

#[test]
fn no_known_key_has_the_name_of_a_secret() {
    for key in tables().iter().flat_map(|table| table.keys) {
        assert!(
            !crate::config::leaked::names_a_secret(key.name),
            "{}",
            key.name
        );
    }
}
