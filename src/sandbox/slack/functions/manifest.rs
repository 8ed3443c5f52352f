//! Reading the functions that an app's manifest declares.
//! <https://docs.slack.dev/reference/app-manifest#functions>

use serde_json::{Map, Value};
use serde_yaml_ng::Value as Yaml;

use super::{DynamicOptions, Function, MOST_FUNCTIONS, MOST_PARAMETERS, Parameter, ParameterKind};

/// Why Slack would not take a manifest's functions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the manifest is refused at {at}: {says}")]
pub struct BadManifest {
    /// Where, as a JSON pointer.
    pub at: String,
    /// What is wrong.
    pub says: String,
}

fn bad(at: &str, says: impl Into<String>) -> BadManifest {
    BadManifest {
        at: at.to_owned(),
        says: says.into(),
    }
}

impl Function {
    /// Every function that a manifest (YAML or JSON) declares; a remote app may declare none.
    pub fn of_manifest(text: &str) -> Result<Vec<Self>, BadManifest> {
        let manifest: Yaml =
            serde_yaml_ng::from_str(text).map_err(|error| bad("", error.to_string()))?;
        let Some(declared) = manifest.get("functions") else {
            return Ok(Vec::new());
        };
        let declared = ordered(declared, "/functions")?;
        if declared.len() > MOST_FUNCTIONS {
            return Err(bad("/functions", "at most 50 functions"));
        }
        let functions = declared
            .into_iter()
            .map(|(callback_id, function)| one(callback_id, function))
            .collect::<Result<Vec<Self>, _>>()?;
        if !functions.is_empty() {
            settings(&json(&manifest, "")?)?;
        }
        references(&functions)?;
        Ok(functions)
    }
}

/// What an app with functions has to be set to besides.
fn settings(manifest: &Value) -> Result<(), BadManifest> {
    let says = |pointer: &str| manifest.pointer(pointer).cloned().unwrap_or_default();
    for (pointer, needed) in [
        ("/settings/org_deploy_enabled", Value::Bool(true)),
        ("/settings/interactivity/is_enabled", Value::Bool(true)),
        ("/settings/function_runtime", Value::from("remote")),
    ] {
        if says(pointer) != needed {
            return Err(bad(pointer, format!("has to be {needed} with functions")));
        }
    }
    let events = says("/settings/event_subscriptions/bot_events");
    let subscribed = events
        .as_array()
        .is_some_and(|events| events.iter().any(|event| event == "function_executed"));
    if subscribed {
        return Ok(());
    }
    let at = "/settings/event_subscriptions/bot_events";
    Err(bad(at, "has to have function_executed with functions"))
}

fn one(callback_id: &str, function: &Yaml) -> Result<Function, BadManifest> {
    let at = format!("/functions/{callback_id}");
    let fields = json(function, &at)?;
    let fields = object(&fields, &at)?;
    let known = [
        "title",
        "description",
        "input_parameters",
        "output_parameters",
    ];
    if let Some(other) = fields.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(bad(
            &at,
            format!("no additional properties allowed: {other}"),
        ));
    }
    Ok(Function {
        callback_id: callback_id.to_owned(),
        title: text(fields, "title", &at)?,
        description: text(fields, "description", &at)?,
        inputs: parameters(function, "input_parameters", &at)?,
        outputs: parameters(function, "output_parameters", &at)?,
    })
}

fn parameters(function: &Yaml, key: &str, at: &str) -> Result<Vec<Parameter>, BadManifest> {
    let at = format!("{at}/{key}");
    let declared = function.get(key).ok_or_else(|| bad(&at, "is missing"))?;
    let declared = ordered(declared, &at)?;
    if declared.len() > MOST_PARAMETERS {
        return Err(bad(&at, "at most 20 parameters"));
    }
    let each = declared.into_iter();
    each.map(|(name, fields)| {
        let at = format!("{at}/{name}");
        parameter(name, &json(fields, &at)?, &at)
    })
    .collect()
}

fn parameter(key: &str, fields: &Value, at: &str) -> Result<Parameter, BadManifest> {
    let fields = object(fields, at)?;
    let name = text(fields, "name", at)?;
    if name != key {
        return Err(bad(at, format!("the name {name:?} is not the key")));
    }
    let word = text(fields, "type", at)?;
    let kind = ParameterKind::named(&word)
        .ok_or_else(|| bad(at, format!("the type {word:?} is not known here")))?;
    let dynamic = fields.get("dynamic_options");
    let dynamic = dynamic
        .map(|given| dynamic_options(given, at))
        .transpose()?;
    if dynamic.is_some() && kind != ParameterKind::Text {
        return Err(bad(at, "a menu of one choice has to be a string"));
    }
    let own = [
        "name",
        "type",
        "title",
        "description",
        "is_required",
        "dynamic_options",
    ];
    let more = fields
        .iter()
        .filter(|(key, _)| !own.contains(&key.as_str()));
    Ok(Parameter {
        kind,
        title: text(fields, "title", at)?,
        description: text(fields, "description", at)?,
        required: fields.get("is_required").and_then(Value::as_bool) == Some(true),
        dynamic,
        more: more
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        name,
    })
}

fn dynamic_options(given: &Value, at: &str) -> Result<DynamicOptions, BadManifest> {
    let at = format!("{at}/dynamic_options");
    let fields = object(given, &at)?;
    let reference = text(fields, "function", &at)?;
    let function = reference
        .strip_prefix("#/functions/")
        .ok_or_else(|| bad(&at, "the function has to be written #/functions/NAME"))?;
    let inputs = fields
        .get("inputs")
        .ok_or_else(|| bad(&at, "inputs are missing"))?;
    Ok(DynamicOptions {
        function: function.to_owned(),
        inputs: object(inputs, &at)?.clone(),
    })
}

/// Menus have to name functions that list options, and give them inputs that they know.
fn references(functions: &[Function]) -> Result<(), BadManifest> {
    for function in functions {
        for input in &function.inputs {
            let Some(dynamic) = &input.dynamic else {
                continue;
            };
            let at = format!(
                "/functions/{}/input_parameters/{}/dynamic_options",
                function.callback_id, input.name
            );
            let named = functions
                .iter()
                .find(|other| other.callback_id == dynamic.function)
                .filter(|other| other.lists_options())
                .ok_or_else(|| bad(&at, "names no function with an output `options`"))?;
            let mut given = dynamic.inputs.keys();
            if let Some(unknown) = given.find(|name| named.input(name).is_none()) {
                return Err(bad(&at, format!("{} takes no {unknown}", dynamic.function)));
            }
        }
    }
    Ok(())
}

/// The entries of a table in the order in which they are written, which is the order in which
/// Workflow Builder shows them.
fn ordered<'a>(table: &'a Yaml, at: &str) -> Result<Vec<(&'a str, &'a Yaml)>, BadManifest> {
    let table = table
        .as_mapping()
        .ok_or_else(|| bad(at, "has to be a table"))?;
    let entry = |(key, value): (&'a Yaml, &'a Yaml)| Some((key.as_str()?, value));
    let entries: Option<Vec<_>> = table.iter().map(entry).collect();
    entries.ok_or_else(|| bad(at, "has a key that is no text"))
}

fn json(yaml: &Yaml, at: &str) -> Result<Value, BadManifest> {
    serde_json::to_value(yaml).map_err(|error| bad(at, error.to_string()))
}

fn object<'a>(value: &'a Value, at: &str) -> Result<&'a Map<String, Value>, BadManifest> {
    value
        .as_object()
        .ok_or_else(|| bad(at, "has to be a table"))
}

fn text(fields: &Map<String, Value>, key: &str, at: &str) -> Result<String, BadManifest> {
    let value = fields.get(key).and_then(Value::as_str);
    value
        .map(str::to_owned)
        .ok_or_else(|| bad(at, format!("the text {key} is missing")))
}
