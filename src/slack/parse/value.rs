//! What an element of a form or message holds.

use super::lenient::or_default;
use crate::slack::Unlogged;
use crate::slack::ids::{ActionId, BlockId};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What one element holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing was typed or chosen.
    Empty,
    /// What was typed, or the value that Lapse gave to a button.
    Text(Unlogged),
    /// The value of the one option, or the id of the one person, channel or conversation.
    Selected(String),
    /// The same for elements that take several.
    SelectedMany(Vec<String>),
}

impl Value {
    /// What was typed, or a button's value.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// The one thing that was chosen.
    pub fn selected(&self) -> Option<&str> {
        match self {
            Self::Selected(value) => Some(value),
            _ => None,
        }
    }
}

/// Everything that the inputs of a view or message hold, by block and element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<BlockId, BTreeMap<ActionId, Value>>);

impl Values {
    /// What one element holds; an element that is not there holds nothing.
    pub fn get(&self, block: &BlockId, action: &ActionId) -> &Value {
        let found = self.0.get(block).and_then(|block| block.get(action));
        found.unwrap_or(&Value::Empty)
    }

    /// What the element holds, in whichever block it stands. Blocks are renamed to make Slack
    /// forget what was typed in them; the element keeps its name. If several blocks hold it,
    /// none of them can be meant.
    pub fn of_action(&self, action: &ActionId) -> Option<(&BlockId, &Value)> {
        let mut found = self
            .0
            .iter()
            .filter_map(|(block, elements)| Some((block, elements.get(action)?)));
        let first = found.next();
        if found.next().is_some() { None } else { first }
    }

    /// All of them, ordered by block.
    pub fn iter(&self) -> impl Iterator<Item = (&BlockId, &ActionId, &Value)> {
        self.0.iter().flat_map(|(block, elements)| {
            elements
                .iter()
                .map(move |(action, value)| (block, action, value))
        })
    }
}

/// Slack names the field after the element: `selected_user`, `selected_date`, …
/// <https://docs.slack.dev/reference/block-kit/block-elements>
#[derive(Debug, Default, Deserialize)]
pub(super) struct WireValue {
    #[serde(default)]
    value: Option<String>,
    #[serde(default)]
    selected_option: Option<WireOption>,
    #[serde(default)]
    selected_options: Option<Vec<WireOption>>,
    #[serde(default)]
    selected_user: Option<String>,
    #[serde(default)]
    selected_users: Option<Vec<String>>,
    #[serde(default)]
    selected_conversation: Option<String>,
    #[serde(default)]
    selected_conversations: Option<Vec<String>>,
    #[serde(default)]
    selected_channel: Option<String>,
    #[serde(default)]
    selected_channels: Option<Vec<String>>,
    #[serde(default)]
    selected_date: Option<String>,
    #[serde(default)]
    selected_time: Option<String>,
    #[serde(default)]
    selected_date_time: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct WireOption {
    #[serde(default, deserialize_with = "or_default")]
    value: String,
}

impl From<WireValue> for Value {
    fn from(wire: WireValue) -> Self {
        let many_options = wire
            .selected_options
            .map(|options| options.into_iter().map(|option| option.value).collect());
        let many = many_options
            .or(wire.selected_users)
            .or(wire.selected_conversations)
            .or(wire.selected_channels);
        let one = wire
            .selected_option
            .map(|option| option.value)
            .or(wire.selected_user)
            .or(wire.selected_conversation)
            .or(wire.selected_channel)
            .or(wire.selected_date)
            .or(wire.selected_time)
            .or_else(|| wire.selected_date_time.map(|seconds| seconds.to_string()));
        match (one, many, wire.value) {
            (Some(one), _, _) => Self::Selected(one),
            (None, Some(many), _) => Self::SelectedMany(many),
            (None, None, Some(text)) => Self::Text(text.into()),
            (None, None, None) => Self::Empty,
        }
    }
}

/// `state` of a view or message. It is `{}` where there are no inputs.
#[derive(Debug, Default, Deserialize)]
pub(super) struct WireState {
    #[serde(default, deserialize_with = "or_default")]
    values: BTreeMap<String, BTreeMap<String, WireValue>>,
}

impl From<WireState> for Values {
    fn from(state: WireState) -> Self {
        let block = |(id, elements): (String, BTreeMap<String, WireValue>)| {
            let elements = elements
                .into_iter()
                .map(|(id, value)| (ActionId::new(id), value.into()));
            (BlockId::new(id), elements.collect())
        };
        Self(state.values.into_iter().map(block).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        serde_json::from_str::<WireValue>(json)
            .expect("an element")
            .into()
    }

    #[test]
    fn every_kind_of_element_is_read() {
        let selected = |text: &str| Value::Selected(text.to_owned());
        let many = |texts: &[&str]| {
            Value::SelectedMany(texts.iter().map(|&text| text.to_owned()).collect())
        };
        for (json, expected) in [
            (
                r#"{"type":"plain_text_input","value":"a b"}"#,
                Value::Text("a b".to_owned().into()),
            ),
            (r#"{"type":"plain_text_input","value":null}"#, Value::Empty),
            (
                r#"{"type":"static_select","selected_option":{"text":{},"value":"1h"}}"#,
                selected("1h"),
            ),
            (
                r#"{"type":"external_select","selected_option":null}"#,
                Value::Empty,
            ),
            (
                r#"{"type":"radio_buttons","selected_option":{"value":"4h"}}"#,
                selected("4h"),
            ),
            (
                r#"{"type":"users_select","selected_user":"W0LINUS"}"#,
                selected("W0LINUS"),
            ),
            (
                r#"{"type":"conversations_select","selected_conversation":"D01"}"#,
                selected("D01"),
            ),
            (
                r#"{"type":"channels_select","selected_channel":"C01"}"#,
                selected("C01"),
            ),
            (
                r#"{"type":"datepicker","selected_date":"2026-11-02"}"#,
                selected("2026-11-02"),
            ),
            (
                r#"{"type":"timepicker","selected_time":"08:30"}"#,
                selected("08:30"),
            ),
            (
                r#"{"type":"datetimepicker","selected_date_time":17}"#,
                selected("17"),
            ),
            (
                r#"{"type":"checkboxes","selected_options":[{"value":"a"},{"value":"b"}]}"#,
                many(&["a", "b"]),
            ),
            (r#"{"type":"checkboxes","selected_options":[]}"#, many(&[])),
            (
                r#"{"type":"multi_users_select","selected_users":["U01"]}"#,
                many(&["U01"]),
            ),
            (
                r#"{"type":"rich_text_input","rich_text_value":{"type":"rich_text"}}"#,
                Value::Empty,
            ),
        ] {
            assert_eq!(value(json), expected, "{json}");
        }
    }

    #[test]
    fn values_are_found_by_block_and_element() {
        let state: WireState = serde_json::from_str(
            r#"{"values":{"why.2":{"why":{"value":"tides"}},"a":{"x":{"value":"1"}},"b":{"x":{"value":"2"}}}}"#,
        )
        .expect("a state");
        let values = Values::from(state);
        let why = ActionId::new("why");
        assert_eq!(
            values.get(&BlockId::new("why.2"), &why).text(),
            Some("tides")
        );
        assert_eq!(values.get(&BlockId::new("why.1"), &why), &Value::Empty);
        let (block, value) = values.of_action(&why).expect("one block holds it");
        assert_eq!((block.as_str(), value.text()), ("why.2", Some("tides")));
        assert_eq!(values.of_action(&ActionId::new("x")), None);
        assert_eq!(values.iter().count(), 3);
    }

    #[test]
    fn a_state_without_inputs_is_empty() {
        for json in ["{}", r#"{"values":{}}"#, r#"{"values":null}"#] {
            let state: WireState = serde_json::from_str(json).expect("a state");
            assert_eq!(Values::from(state), Values::default(), "{json}");
        }
    }
}
