//! Workflow Builder, and the workflows that were built in it: a form for each step that the app
//! declares, and what became of those that ran.
//!
//! Knows nothing of what the steps are for: fields, menus and outcomes are drawn from what the
//! app's manifest declares.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{House, names, window};
use crate::sandbox::slack::{
    Answered, ChannelKind, Execution, ExecutionState, Function, Parameter, ParameterKind,
};

/// How many runs are shown.
const SHOWN: usize = 8;

#[derive(Template)]
#[template(path = "panes/steps.html")]
struct Steps {
    steps: Vec<Step>,
}

/// One step that a workflow may have.
struct Step {
    function: Function,
    fields: Vec<Field>,
}

/// One input of a step.
struct Field {
    id: String,
    input: Parameter,
    control: Control,
}

/// What it is filled in with.
enum Control {
    /// Its choices come from the app, once these other inputs are filled in.
    Menu { needs: String },
    /// Its choices are known.
    Choice(Vec<(String, String)>),
    /// Words, or a number.
    Typed {
        kind: &'static str,
        longest: Option<u64>,
    },
    /// Yes or no.
    Switch,
    /// Nothing that this page can fill in.
    Unknown,
}

#[derive(Template)]
#[template(path = "panes/runs.html")]
struct Runs {
    app: String,
    newest: Vec<Run>,
    left_out: usize,
    /// What earlier steps gave back, by the name of the output.
    earlier: BTreeMap<String, BTreeSet<String>>,
}

/// One run of a step.
struct Run {
    id: String,
    title: String,
    began_at: DateTime<Utc>,
    state: &'static str,
    says: String,
    went_well: bool,
    given: Vec<Named>,
    outputs: Vec<Named>,
    error: Option<String>,
    is_running: bool,
}

impl Run {
    fn utc(&self) -> String {
        names::utc(self.began_at)
    }
}

/// A value with what people call it.
struct Named {
    title: String,
    value: Shown,
}

/// A value as people read it.
enum Shown {
    Words(String),
    Time { unix: i64, utc: String },
}

/// The form, once; nothing when the app declares no step.
pub(super) fn form(house: &House) -> Option<String> {
    let functions = house.slack.functions().into_iter();
    let steps: Vec<Step> = functions
        .filter(|function| !function.lists_options())
        .enumerate()
        .map(|(number, function)| step(house, number, function))
        .collect();
    if steps.is_empty() {
        return None;
    }
    let drawn = Steps { steps }.render();
    drawn
        .inspect_err(|error| tracing::error!(%error, "the form for steps could not be drawn"))
        .ok()
}

fn step(house: &House, number: usize, function: Function) -> Step {
    let inputs = function.inputs.iter().cloned().enumerate();
    let fields = inputs.map(|(nth, input)| Field {
        id: format!("step-{number}-{nth}"),
        control: control(house, &input),
        input,
    });
    Step {
        fields: fields.collect(),
        function,
    }
}

fn control(house: &House, input: &Parameter) -> Control {
    if let Some(dynamic) = &input.dynamic {
        let needs: Vec<&str> = dynamic.needs().collect();
        return Control::Menu {
            needs: needs.join(" "),
        };
    }
    let typed = |kind| Control::Typed {
        kind,
        longest: input.more.get("maxLength").and_then(Value::as_u64),
    };
    match input.kind {
        ParameterKind::Text => typed("text"),
        ParameterKind::Integer | ParameterKind::Number | ParameterKind::Timestamp => {
            typed("number")
        }
        ParameterKind::Date => typed("date"),
        ParameterKind::Boolean => Control::Switch,
        ParameterKind::User => {
            let people = window::people(house).into_iter();
            Control::Choice(people.map(|user| (user.id, user.real_name)).collect())
        }
        ParameterKind::Channel => {
            let mut channels = house.slack.channels();
            channels.retain(|channel| !matches!(channel.kind, ChannelKind::Direct(_)));
            let named = |id: String, name: String| (id, format!("#{name}"));
            let channels = channels.into_iter();
            Control::Choice(channels.map(|one| named(one.id, one.name)).collect())
        }
        ParameterKind::Usergroup => {
            let groups = house.slack.usergroups().into_iter();
            let named = |id: String, handle: String| (id, format!("@{handle}"));
            Control::Choice(groups.map(|one| named(one.id, one.handle)).collect())
        }
        ParameterKind::Object | ParameterKind::Array | ParameterKind::Options => Control::Unknown,
    }
}

/// What became of the steps that ran, the newest first.
pub(super) fn runs(house: &House) -> askama::Result<String> {
    let functions = house.slack.functions();
    let declared = |execution: &Execution| {
        let mut all = functions.iter();
        all.find(|function| function.callback_id == execution.function)
    };
    let mut all: Vec<(Execution, &Function)> = house
        .slack
        .executions()
        .into_iter()
        .filter_map(|execution| {
            let function = declared(&execution).filter(|function| !function.lists_options())?;
            Some((execution, function))
        })
        .collect();
    all.reverse();
    let earlier = earlier(&all);
    let newest = all.iter().take(SHOWN);
    Runs {
        app: house.app.clone(),
        newest: newest
            .map(|(execution, function)| run(house, execution, function))
            .collect(),
        left_out: all.len().saturating_sub(SHOWN),
        earlier,
    }
    .render()
}

/// What a later step of a workflow may use: a builder would pick it by its name.
fn earlier(all: &[(Execution, &Function)]) -> BTreeMap<String, BTreeSet<String>> {
    let mut earlier: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (execution, function) in all {
        for output in &function.outputs {
            let value = execution.outputs().and_then(|all| all.get(&output.name));
            if let (ParameterKind::Text, Some(text)) = (output.kind, value.and_then(Value::as_str))
            {
                let known = earlier.entry(output.name.clone()).or_default();
                known.insert(text.to_owned());
            }
        }
    }
    earlier
}

fn run(house: &House, execution: &Execution, function: &Function) -> Run {
    let (state, says, went_well) = match (&execution.state, execution.answered) {
        (ExecutionState::Running, Answered::NotYet | Answered::Status(200)) => {
            ("running", "in progress".to_owned(), true)
        }
        (ExecutionState::Running, Answered::Status(status)) => {
            let says = format!("in progress, but {} answered {status}", house.app);
            ("running", says, false)
        }
        (ExecutionState::Running, Answered::Never) => {
            let says = format!("in progress, but {} did not answer", house.app);
            ("running", says, false)
        }
        (ExecutionState::Completed(_), _) => ("completed", "completed".to_owned(), true),
        (ExecutionState::Failed(_), _) => ("failed", "failed".to_owned(), false),
        (ExecutionState::Ended, _) => ("ended", "the workflow was removed".to_owned(), false),
    };
    let nothing = Value::Null;
    let outputs = execution.outputs().unwrap_or(&nothing);
    Run {
        id: execution.id.clone(),
        title: execution.title.clone(),
        began_at: execution.began_at,
        state,
        says,
        went_well,
        given: named(house, &function.inputs, &execution.inputs),
        outputs: named(house, &function.outputs, outputs),
        error: match &execution.state {
            ExecutionState::Failed(error) => Some(error.clone()),
            _ => None,
        },
        is_running: execution.is_running(),
    }
}

fn named(house: &House, declared: &[Parameter], values: &Value) -> Vec<Named> {
    let there = declared.iter().filter_map(|parameter| {
        let value = values.get(&parameter.name)?;
        Some(Named {
            title: parameter.title.clone(),
            value: shown(house, parameter.kind, value),
        })
    });
    there.collect()
}

fn shown(house: &House, kind: ParameterKind, value: &Value) -> Shown {
    if kind == ParameterKind::Timestamp
        && let Some(unix) = value.as_i64()
        && let Some(at) = DateTime::from_timestamp(unix, 0)
    {
        return Shown::Time {
            unix,
            utc: names::utc(at),
        };
    }
    Shown::Words(match (kind, value) {
        (_, Value::Bool(true)) => "yes".to_owned(),
        (_, Value::Bool(false)) => "no".to_owned(),
        (ParameterKind::User | ParameterKind::Channel | ParameterKind::Usergroup, _) => {
            let id = value.as_str().unwrap_or_default();
            house.name(id).unwrap_or_else(|| id.to_owned())
        }
        (_, Value::String(text)) if text.is_empty() => "–".to_owned(),
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    })
}
