//! The JSON Schema of the configuration file, printed from the description of its keys. It
//! lets an editor complete and check a file; what values mean together only `lapse check` knows.

use super::keys::{FILE, Key, Kind, Presence, Table};
use serde_json::{Map, Value, json};

/// A length of time, as the schema can say it: units in falling order.
const DURATION: &str = r"^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$";

/// The whole schema (JSON Schema 2020-12).
pub fn schema() -> Value {
    let mut schema = of_table(&FILE);
    if let Some(schema) = schema.as_object_mut() {
        let draft = "https://json-schema.org/draft/2020-12/schema";
        schema.insert("$schema".to_owned(), draft.into());
        schema.insert("title".to_owned(), "Lapse configuration".into());
    }
    schema
}

fn of_table(table: &Table) -> Value {
    let of_key = |key: &Key| (key.name.to_owned(), of_key(key));
    let properties: Map<String, Value> = table.keys.iter().map(of_key).collect();
    let required: Vec<&str> = table
        .keys
        .iter()
        .filter(|key| matches!(key.presence, Presence::Required))
        .map(|key| key.name)
        .collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "required": required,
    })
}

fn of_key(key: &Key) -> Value {
    let mut schema = of_kind(&key.kind);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), key.about.into());
        if let Some(example) = in_json(key.example) {
            schema.insert("examples".to_owned(), json!([example]));
        }
        if let Presence::Default(value) = key.presence
            && let Some(value) = in_json(value)
        {
            schema.insert("default".to_owned(), value);
        }
    }
    schema
}

fn of_kind(kind: &Kind) -> Value {
    match kind {
        Kind::Text { longest, form } => {
            let mut schema = json!({ "type": "string", "minLength": 1, "maxLength": longest });
            if let (Some(form), Some(schema)) = (form, schema.as_object_mut()) {
                schema.insert("pattern".to_owned(), (*form).into());
            }
            schema
        }
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Whole { least, most } => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Kind::Duration => json!({ "type": "string", "minLength": 2, "pattern": DURATION }),
        Kind::AttributeValue => json!({ "type": ["boolean", "integer", "string"] }),
        Kind::List { of, least, most } => {
            let mut schema = json!({ "type": "array", "items": of_kind(of), "minItems": least });
            if let (true, Some(schema)) = (*most < usize::MAX, schema.as_object_mut()) {
                schema.insert("maxItems".to_owned(), (*most).into());
            }
            schema
        }
        Kind::Table(table) => of_table(table),
        Kind::Pairs { key_form } => json!({
            "type": "object",
            "additionalProperties": false,
            "patternProperties": { *key_form: { "type": "string", "minLength": 1 } },
        }),
    }
}

/// A value as the file writes it, in JSON; `None` for a table that is shown in no one line.
fn in_json(literal: &str) -> Option<Value> {
    let table: toml::Table = format!("it = {literal}").parse().ok()?;
    serde_json::to_value(table.get("it")?).ok()
}
