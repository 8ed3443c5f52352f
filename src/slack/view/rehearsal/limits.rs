//! Slack's limits, over every view, whatever people and things are called.

use super::super::scene::Cast;
use super::hostile::corpus;
use super::{everything, walk};
use serde_json::Value;
use std::collections::BTreeSet;

fn units(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.encode_utf16().count())
}

/// <https://docs.slack.dev/reference/block-kit>, the limits of each piece.
fn keeps_the_limits(json: &Value) {
    let is_home = json["type"] == "home";
    let is_view = is_home || json.get("title").is_some();
    let blocks = json["blocks"].as_array().expect("blocks");
    assert!(!blocks.is_empty() && blocks.len() <= if is_view { 100 } else { 50 });
    if is_view {
        for (part, most) in [("title", 24), ("submit", 24), ("close", 24)] {
            assert!(units(&json[part]["text"]) <= most, "{part}");
        }
        assert!(units(&json["private_metadata"]) <= 3000);
        let inputs = blocks.iter().any(|block| block["type"] == "input");
        assert_eq!(inputs, json.get("submit").is_some());
    } else {
        let text = units(&json["text"]);
        assert!((1..=4000).contains(&text), "text has {text}");
    }
    let mut actions = BTreeSet::new();
    let mut block_ids = BTreeSet::new();
    walk(json, &mut |part| {
        if let Some(id) = part["action_id"].as_str() {
            // In views an action's id is unique within its block.
            assert!(
                id.len() <= 255 && (is_home || actions.insert(id.to_owned())),
                "{id} twice"
            );
        }
        if let Some(id) = part["block_id"].as_str() {
            assert!(
                id.len() <= 255 && block_ids.insert(id.to_owned()),
                "{id} twice"
            );
        }
        piece_keeps_its_limits(part);
    });
}

fn piece_keeps_its_limits(part: &Value) {
    let within = |value: &Value, most: usize| {
        let length = units(&value["text"]);
        assert!(
            value.is_null() || (1..=most).contains(&length),
            "{length} instead of 1..={most} in {part}"
        );
    };
    let count = |value: &Value, most: usize| {
        let count = value.as_array().map_or(1, Vec::len);
        assert!((1..=most).contains(&count), "{count} instead of 1..={most}");
    };
    match part["type"].as_str() {
        Some("section") => {
            within(&part["text"], 3000);
            count(&part["fields"], 6);
            for field in part["fields"].as_array().into_iter().flatten() {
                within(field, 2000);
            }
        }
        Some("context") => {
            count(&part["elements"], 10);
            within(&part["elements"][0], 3000);
        }
        Some("actions") => count(&part["elements"], 3),
        Some("input") => {
            within(&part["label"], 2000);
            within(&part["hint"], 2000);
        }
        Some("button") => {
            within(&part["text"], 75);
            assert!(units(&part["value"]) <= 2000);
            assert!((1..=75).contains(&units(&part["accessibility_label"])));
            if part.get("confirm").is_some() {
                within(&part["confirm"]["title"], 100);
                within(&part["confirm"]["text"], 300);
                within(&part["confirm"]["confirm"], 30);
                within(&part["confirm"]["deny"], 30);
            }
        }
        Some("static_select") => {
            let groups = part["option_groups"].as_array();
            count(
                groups.map_or(&part["options"], |_| &part["option_groups"]),
                100,
            );
            for group in groups.into_iter().flatten() {
                within(&group["label"], 75);
                count(&group["options"], 100);
            }
            within(&part["placeholder"], 150);
        }
        Some("radio_buttons") => count(&part["options"], 10),
        Some("plain_text_input") => {
            let most = part["max_length"].as_u64().unwrap_or(3000);
            assert!(units(&part["initial_value"]) as u64 <= most);
        }
        Some("text") => assert!(units(&part["text"]) > 0),
        None if part.get("value").is_some() && part.get("text").is_some() => {
            within(&part["text"], 75);
            within(&part["description"], 75);
            assert!((1..=75).contains(&units(&part["value"])));
        }
        _ => {}
    }
}

#[test]
fn slacks_limits_hold_whatever_people_are_called() {
    let mut casts = vec![Cast::default()];
    casts.extend(corpus().iter().map(|text| Cast::all(text)));
    for cast in casts {
        for json in everything(&cast) {
            keeps_the_limits(&json);
        }
    }
}
