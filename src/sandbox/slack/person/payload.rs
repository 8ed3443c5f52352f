//! The envelope of interactions, as Slack sends it.
//! <https://docs.slack.dev/reference/interaction-payloads>

use serde_json::{Value, json};

use super::super::{blocks::Placed, messages::Message, state::State, views::View};

/// What every interaction says: who, where, with what trigger.
pub(super) fn interaction(state: &mut State, user: &str, kind: &str) -> Value {
    let mut payload = quiet(state, user, kind);
    payload["trigger_id"] = json!(state.issue_trigger(user));
    payload
}

/// The same without a trigger, for interactions that may open no view.
pub(super) fn quiet(state: &State, user: &str, kind: &str) -> Value {
    let known = state.users.get(user);
    let name = known.map_or("stranger", |user| user.handle.as_str());
    let home = state.app.team_id.as_str();
    // An external person's click carries our workspace in `team.id` and theirs here.
    let team = known.map_or(home, |user| user.team(home));
    let mut payload = json!({
        "type": kind,
        "token": "legacy-verification-token",
        "api_app_id": state.app.app_id,
        "user": { "id": user, "username": name, "name": name, "team_id": team },
        "is_enterprise_install": state.org_wide,
        "enterprise": null,
        "team": null,
    });
    if let Some(enterprise) = &state.enterprise_id {
        payload["enterprise"] = json!({ "id": enterprise, "name": "Example Organisation" });
    }
    if !state.org_wide {
        payload["team"] = json!({ "id": home, "domain": state.team_domain });
        if let Some(enterprise) = &state.enterprise_id {
            payload["team"]["enterprise_id"] = json!(enterprise);
            payload["team"]["enterprise_name"] = json!("Example Organisation");
        }
    }
    payload
}

/// Where a click on a message happened.
pub(super) fn message_container(message: &Message, ephemeral: bool) -> Value {
    let mut container = json!({
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": ephemeral,
    });
    if let Some(thread) = &message.thread_ts {
        container["thread_ts"] = json!(thread);
    }
    container
}

/// `id` and `name` of a conversation.
pub(super) fn channel(state: &State, id: &str) -> Value {
    let name = state.channels.get(id).map(|channel| channel.name.as_str());
    json!({ "id": id, "name": name.unwrap_or("privategroup") })
}

/// Adds the view that something happened in.
pub(super) fn in_view(state: &State, payload: &mut Value, view: &View) {
    payload["container"] = json!({ "type": "view", "view_id": view.id });
    payload["view"] = view.describe(&state.app);
}

/// What was done to an element; `chosen` are the fields that tell the new choice.
pub(super) fn action(state: &State, placed: &Placed<'_>, chosen: &Value) -> Value {
    let now = state.now();
    let mut action = json!({
        "type": placed.kind(),
        "block_id": placed.block_id,
        "action_id": placed.action_id,
        "action_ts": format!("{}.{:06}", now.timestamp(), now.timestamp_subsec_micros()),
    });
    if placed.kind() == "button" {
        for key in ["text", "value", "style", "url"] {
            if let Some(value) = placed.element.get(key) {
                action[key] = value.clone();
            }
        }
    }
    if let (Some(action), Value::Object(chosen)) = (action.as_object_mut(), chosen) {
        for (key, value) in chosen.iter().filter(|(key, _)| *key != "type") {
            action.insert(key.clone(), value.clone());
        }
    }
    action
}
