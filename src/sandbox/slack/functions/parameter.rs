//! One input or output of a function, and the values that it takes.
//! <https://docs.slack.dev/reference/types>

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::super::{blocks::check_suggestions, state::State};

/// What values a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// Yes or no.
    Boolean,
    /// Anything with named fields.
    Object,
    /// A list of anything.
    Array,
    /// The id of a person.
    User,
    /// The id of a channel.
    Channel,
    /// The id of a user group.
    Usergroup,
    /// Seconds since 1970.
    Timestamp,
    /// `YYYY-MM-DD`.
    Date,
    /// The choices of a menu.
    Options,
}

impl ParameterKind {
    const WORDS: [(&'static str, Self); 12] = [
        ("string", Self::Text),
        ("integer", Self::Integer),
        ("number", Self::Number),
        ("boolean", Self::Boolean),
        ("object", Self::Object),
        ("array", Self::Array),
        ("slack#/types/user_id", Self::User),
        ("slack#/types/channel_id", Self::Channel),
        ("slack#/types/usergroup_id", Self::Usergroup),
        ("slack#/types/timestamp", Self::Timestamp),
        ("slack#/types/date", Self::Date),
        ("slack#/types/options_select", Self::Options),
    ];

    /// The kind that a manifest calls so, as far as this stand-in can judge its values.
    pub(super) fn named(word: &str) -> Option<Self> {
        let mut all = Self::WORDS.into_iter();
        all.find_map(|(known, kind)| (known == word).then_some(kind))
    }

    /// What a manifest calls it.
    pub fn word(self) -> &'static str {
        let mut all = Self::WORDS.into_iter();
        all.find_map(|(word, kind)| (kind == self).then_some(word))
            .unwrap_or_default()
    }
}

/// A menu of Workflow Builder whose choices come from another function of the app.
#[derive(Clone, Debug, PartialEq)]
pub struct DynamicOptions {
    /// The callback id of that function.
    pub function: String,
    /// What that function is given: a value, or `{{input_parameters.NAME}}`.
    pub inputs: Map<String, Value>,
}

/// The input of the step that a template stands for.
fn referenced(template: &Value) -> Option<&str> {
    let value = template.get("value").unwrap_or(template);
    let inside = value.as_str()?.strip_prefix("{{")?.strip_suffix("}}")?;
    inside.trim().strip_prefix("input_parameters.")
}

impl DynamicOptions {
    /// The inputs of the step that have to be filled in before the menu can be opened.
    pub fn needs(&self) -> impl Iterator<Item = &str> {
        self.inputs.values().filter_map(referenced)
    }

    /// What that function is given once a builder has filled in so much of the step.
    /// What is not filled in yet is left out.
    pub(in crate::sandbox::slack) fn resolve(&self, given: &Value) -> Value {
        let mut resolved = Map::new();
        for (name, template) in &self.inputs {
            let value = match referenced(template) {
                Some(input) => given.get(input).unwrap_or(&Value::Null),
                None => template.get("value").unwrap_or(template),
            };
            if !value.is_null() {
                resolved.insert(name.clone(), value.clone());
            }
        }
        Value::Object(resolved)
    }
}

/// An input or output of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its key.
    pub name: String,
    /// What values it takes.
    pub kind: ParameterKind,
    /// What people call it.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Whether it has to be there.
    pub required: bool,
    /// Where its choices come from, when it is a menu.
    pub dynamic: Option<DynamicOptions>,
    /// Everything else that the manifest says of it, such as `hint` and `maxLength`.
    pub more: Map<String, Value>,
}

/// Who a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Builder,
    App,
}

impl Parameter {
    pub(super) fn describe(&self) -> Value {
        let mut described = json!({
            "type": self.kind.word(),
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "is_required": self.required,
        });
        if let Some(fields) = described.as_object_mut() {
            fields.extend(self.more.clone());
        }
        described
    }

    /// What is wrong with a value, `None` when nothing is.
    pub(super) fn refuses(&self, state: &State, value: &Value, place: Place) -> Option<String> {
        let word = self.kind.word();
        if !self.fits(state, value) {
            return Some(format!("must be a valid {word}"));
        }
        if self.kind == ParameterKind::Options {
            let answer = json!({ "options": value });
            let problems = check_suggestions(&answer);
            return problems.first().map(|first| first.says.clone());
        }
        if place == Place::Builder && self.required && value.as_str() == Some("") {
            return Some("must not be empty".to_owned());
        }
        let long = value.as_str().map(|text| text.chars().count() as u64);
        let most = self.more.get("maxLength").and_then(Value::as_u64);
        match (long, most) {
            (Some(long), Some(most)) if long > most => {
                Some(format!("must be at most {most} characters"))
            }
            _ => None,
        }
    }

    fn fits(&self, state: &State, value: &Value) -> bool {
        let text = value.as_str();
        match self.kind {
            ParameterKind::Text => text.is_some(),
            ParameterKind::Integer | ParameterKind::Timestamp => value.is_i64() || value.is_u64(),
            ParameterKind::Number => value.is_number(),
            ParameterKind::Boolean => value.is_boolean(),
            ParameterKind::Object => value.is_object(),
            ParameterKind::Array | ParameterKind::Options => value.is_array(),
            ParameterKind::User => text.is_some_and(|id| state.users.contains_key(id)),
            ParameterKind::Channel => text.is_some_and(|id| state.channels.contains_key(id)),
            ParameterKind::Usergroup => text.is_some_and(|id| state.usergroups.contains_key(id)),
            ParameterKind::Date => {
                text.is_some_and(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok())
            }
        }
    }
}
