//! `views.*`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{
    arguments::Arguments,
    blocks::{check_view, normalise},
    refused::Refused,
    state::State,
    users::Standing,
    views::{DEEPEST, View, first_state},
};

const LARGEST: usize = 250_000;

/// A view that Slack takes, of the kind that the method wants.
fn given(view: Option<&Value>, kind: &str) -> Result<Value, Refused> {
    let view = view.ok_or_else(|| Refused::missing("view"))?;
    if view.to_string().len() > LARGEST {
        return Err(Refused::misuse("view_too_large"));
    }
    let problems = check_view(view);
    if !problems.is_empty() {
        return Err(Refused::problems("invalid_arguments", &problems));
    }
    if view["type"] != kind {
        let says = format!("[ERROR] must be a {kind} view [json-pointer:/view/type]");
        return Err(Refused::invalid(says));
    }
    Ok(view.clone())
}

/// A view as Slack keeps it.
fn keep(state: &mut State, mut view: Value) -> Value {
    let blocks = state.keep_blocks(&view["blocks"]);
    view["blocks"] = json!(blocks);
    normalise(&mut view);
    view
}

/// An `external_id` may be on one screen at a time.
fn unique(state: &State, view: &Value, own: Option<&str>) -> Result<(), Refused> {
    let external = view["external_id"].as_str().unwrap_or_default();
    match state.views.by_external_id(external) {
        Some(other) if Some(other.id.as_str()) != own => {
            Err(Refused::misuse("duplicate_external_id"))
        }
        _ => Ok(()),
    }
}

/// Puts a checked view on somebody's screen, on top of what is there.
fn put_on_top(state: &mut State, user: &str, view: Value) -> Value {
    let id = state.fresh_id("V");
    let hash = state.fresh_hash();
    let given = keep(state, view);
    let below = state.views.top(user);
    let previous_id = below.map(|below| below.id.clone());
    let root_id = below.map_or_else(|| id.clone(), |below| below.root_id.clone());
    let blocks = given["blocks"].as_array().map(Vec::as_slice);
    let view = View {
        id,
        user: user.to_owned(),
        hash,
        root_id,
        previous_id,
        state: first_state(blocks.unwrap_or_default()),
        given,
        errors: BTreeMap::new(),
    };
    let described = view.describe(&state.app);
    state.views.stack_mut(user).push(view);
    described
}

/// Puts other content into an open view.
fn replace(state: &mut State, id: &str, view: Value) -> Result<Value, Refused> {
    unique(state, &view, Some(id))?;
    let hash = state.fresh_hash();
    let given = keep(state, view);
    let open = state.views.by_id_mut(id);
    let open = open.ok_or_else(|| Refused::because("not_found"))?;
    open.replace(given, hash);
    Ok(open.describe(&state.app))
}

/// `response_action: push`.
pub(in crate::sandbox::slack) fn answer_push(
    state: &mut State,
    user: &str,
    view: Option<&Value>,
) -> Result<(), Refused> {
    let view = given(view, "modal")?;
    unique(state, &view, None)?;
    if state.views.stack(user).len() >= DEEPEST {
        return Err(Refused::misuse("push_limit_reached"));
    }
    put_on_top(state, user, view);
    Ok(())
}

/// `response_action: update`.
pub(in crate::sandbox::slack) fn answer_update(
    state: &mut State,
    id: &str,
    view: Option<&Value>,
) -> Result<(), Refused> {
    let view = given(view, "modal")?;
    replace(state, id, view).map(|_| ())
}

fn trigger_owner(state: &State, arguments: &Arguments) -> Result<(String, String), Refused> {
    let trigger = arguments.required("trigger_id")?;
    let user = state
        .triggers
        .owner(trigger, state.now())
        .map_err(Refused::misuse)?;
    Ok((trigger.to_owned(), user))
}

/// <https://docs.slack.dev/reference/methods/views.open>
pub(super) fn open(state: &mut State, arguments: &Arguments) -> Result<Value, Refused> {
    let view = given(arguments.get("view"), "modal")?;
    let (trigger, user) = trigger_owner(state, arguments)?;
    unique(state, &view, None)?;
    state.triggers.exchange(&trigger);
    state.views.stack_mut(&user).clear();
    let view = put_on_top(state, &user, view);
    Ok(json!({ "view": view }))
}

/// <https://docs.slack.dev/reference/methods/views.push>
pub(super) fn push(state: &mut State, arguments: &Arguments) -> Result<Value, Refused> {
    let view = given(arguments.get("view"), "modal")?;
    let (trigger, user) = trigger_owner(state, arguments)?;
    unique(state, &view, None)?;
    match state.views.stack(&user).len() {
        0 => return Err(Refused::because("not_found")),
        DEEPEST.. => return Err(Refused::misuse("push_limit_reached")),
        _ => {}
    }
    state.triggers.exchange(&trigger);
    let view = put_on_top(state, &user, view);
    Ok(json!({ "view": view }))
}

/// <https://docs.slack.dev/reference/methods/views.update>
pub(super) fn update(state: &mut State, arguments: &Arguments) -> Result<Value, Refused> {
    let view = given(arguments.get("view"), "modal")?;
    let open = match (arguments.text("view_id"), arguments.text("external_id")) {
        (Some(id), _) => state.views.by_id(id),
        (None, Some(external)) => state.views.by_external_id(external),
        (None, None) => return Err(Refused::missing("view_id")),
    };
    let open = open.ok_or_else(|| Refused::because("not_found"))?;
    same_hash(arguments, open)?;
    let id = open.id.clone();
    let view = replace(state, &id, view)?;
    Ok(json!({ "view": view }))
}

fn same_hash(arguments: &Arguments, open: &View) -> Result<(), Refused> {
    match arguments.text("hash") {
        Some(hash) if hash != open.hash => Err(Refused::because("hash_conflict")),
        _ => Ok(()),
    }
}

/// <https://docs.slack.dev/reference/methods/views.publish>
pub(super) fn publish(state: &mut State, arguments: &Arguments) -> Result<Value, Refused> {
    let user = arguments.required("user_id")?;
    let view = given(arguments.get("view"), "home")?;
    let known = state.users.get(user);
    if !known.is_some_and(|user| user.standing != Standing::Bot && !user.deleted) {
        return Err(Refused::because("user_not_found"));
    }
    if let Some(open) = state.views.homes.get(user) {
        same_hash(arguments, open)?;
        let id = open.id.clone();
        let view = replace(state, &id, view)?;
        return Ok(json!({ "view": view }));
    }
    unique(state, &view, None)?;
    let id = state.fresh_id("V");
    let hash = state.fresh_hash();
    let given = keep(state, view);
    let blocks = given["blocks"].as_array().map(Vec::as_slice);
    let home = View {
        root_id: id.clone(),
        id,
        user: user.to_owned(),
        hash,
        previous_id: None,
        state: first_state(blocks.unwrap_or_default()),
        given,
        errors: BTreeMap::new(),
    };
    let described = home.describe(&state.app);
    state.views.homes.insert(user.to_owned(), home);
    Ok(json!({ "view": described }))
}
