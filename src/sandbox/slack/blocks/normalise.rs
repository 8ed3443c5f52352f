//! What Slack makes of blocks before it keeps them and sends them back in payloads.

use serde_json::{Value, json};

/// Gives every text object the flags that Slack's answers always carry.
pub(in crate::sandbox::slack) fn normalise(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(normalise),
        Value::Object(fields) => {
            let flag = match fields.get("type").and_then(Value::as_str) {
                Some("plain_text") => Some(("emoji", true)),
                Some("mrkdwn") => Some(("verbatim", false)),
                _ => None,
            };
            if let Some((name, usual)) = flag {
                fields.entry(name).or_insert(json!(usual));
            }
            fields.values_mut().for_each(normalise);
        }
        _ => {}
    }
}

/// Normalises blocks and names those blocks and elements that came without an id.
pub(in crate::sandbox::slack) fn normalise_blocks(
    blocks: &Value,
    next_id: &mut impl FnMut() -> String,
) -> Vec<Value> {
    let mut blocks = blocks.as_array().cloned().unwrap_or_default();
    for block in &mut blocks {
        normalise(block);
        name(block, "block_id", next_id);
        for place in ["accessory", "element"] {
            if let Some(element) = block.get_mut(place) {
                name_element(element, next_id);
            }
        }
        if block["type"] == "actions" {
            let elements = block["elements"].as_array_mut().into_iter().flatten();
            elements.for_each(|element| name_element(element, next_id));
        }
    }
    blocks
}

fn name_element(element: &mut Value, next_id: &mut impl FnMut() -> String) {
    if element["type"] != "image" {
        name(element, "action_id", next_id);
    }
}

fn name(object: &mut Value, key: &str, next_id: &mut impl FnMut() -> String) {
    if let Some(fields) = object.as_object_mut()
        && !fields.contains_key(key)
    {
        fields.insert(key.to_owned(), json!(next_id()));
    }
}
