//! Interactive elements together with the block they stand in, and their first state.

use serde_json::{Value, json};

/// An element in its place.
#[derive(Clone, Debug)]
pub(in crate::sandbox::slack) struct Placed<'a> {
    pub(in crate::sandbox::slack) block_id: &'a str,
    pub(in crate::sandbox::slack) action_id: &'a str,
    pub(in crate::sandbox::slack) element: &'a Value,
    /// Whether using it tells the app at once.
    pub(in crate::sandbox::slack) dispatches: bool,
    /// The input block around it, if there is one.
    pub(in crate::sandbox::slack) input: Option<&'a Value>,
}

impl Placed<'_> {
    pub(in crate::sandbox::slack) fn kind(&self) -> &str {
        self.element["type"].as_str().unwrap_or_default()
    }
}

/// All interactive elements, in reading order.
pub(in crate::sandbox::slack) fn placed(blocks: &[Value]) -> Vec<Placed<'_>> {
    let mut found = Vec::new();
    for block in blocks {
        let block_id = block["block_id"].as_str().unwrap_or_default();
        let is_input = block["type"] == "input";
        let elements: Vec<&Value> = match block["type"].as_str() {
            Some("section") => block.get("accessory").into_iter().collect(),
            Some("input") => block.get("element").into_iter().collect(),
            Some("actions") => block["elements"].as_array().into_iter().flatten().collect(),
            _ => Vec::new(),
        };
        for element in elements {
            if element["type"] == "image" {
                continue;
            }
            found.push(Placed {
                block_id,
                action_id: element["action_id"].as_str().unwrap_or_default(),
                element,
                dispatches: !is_input || block["dispatch_action"] == true,
                input: is_input.then_some(block),
            });
        }
    }
    found
}

/// What `state.values` holds for an untouched element; nothing for buttons and menus that
/// remember no choice.
pub(in crate::sandbox::slack) fn initial_state(element: &Value) -> Option<Value> {
    let kind = element["type"].as_str()?;
    let (key, initial) = match kind {
        "plain_text_input" | "number_input" | "email_text_input" | "url_text_input" => {
            ("value", "initial_value")
        }
        "static_select" | "external_select" | "radio_buttons" => {
            ("selected_option", "initial_option")
        }
        "multi_static_select" | "multi_external_select" | "checkboxes" => {
            ("selected_options", "initial_options")
        }
        "users_select" => ("selected_user", "initial_user"),
        "multi_users_select" => ("selected_users", "initial_users"),
        "conversations_select" => ("selected_conversation", "initial_conversation"),
        "multi_conversations_select" => ("selected_conversations", "initial_conversations"),
        "channels_select" => ("selected_channel", "initial_channel"),
        "multi_channels_select" => ("selected_channels", "initial_channels"),
        "datepicker" => ("selected_date", "initial_date"),
        "timepicker" => ("selected_time", "initial_time"),
        "datetimepicker" => ("selected_date_time", "initial_date_time"),
        _ => return None,
    };
    let nothing = if key.ends_with('s') {
        json!([])
    } else {
        Value::Null
    };
    let value = element.get(initial).cloned().unwrap_or(nothing);
    Some(json!({ "type": kind, key: value }))
}
