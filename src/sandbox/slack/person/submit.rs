//! Submitting and closing modals.
//! <https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload>

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    super::{
        api::{answer_push, answer_update},
        blocks::placed,
        deliveries::Reply,
        refused::Refused,
        state::State,
        views::View,
    },
    Person, PersonError, payload,
};

/// What became of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// The modal closed; one below it, if any, is on top now.
    Closed,
    /// All modals closed.
    Cleared,
    /// The modal shows something else.
    Updated,
    /// Another modal lies on top.
    Pushed,
    /// Errors stand under these blocks.
    Errors(BTreeMap<String, String>),
    /// The app did not answer as it should; the modal says "trouble connecting".
    Failed,
}

/// The answer to a submission.
#[derive(Clone, Debug)]
pub struct SubmitReply {
    /// What became of it.
    pub outcome: Submitted,
    /// The app's answer.
    pub reply: Reply,
}

impl SubmitReply {
    /// The error under a block.
    pub fn error(&self, block_id: &str) -> Option<&str> {
        match &self.outcome {
            Submitted::Errors(errors) => errors.get(block_id).map(String::as_str),
            _ => None,
        }
    }
}

impl Person {
    /// Submits the modal on top, once everything that the client checks is filled in.
    pub async fn submit(&self) -> Result<SubmitReply, PersonError> {
        let view = self.open_view().ok_or(PersonError::NoView)?;
        client_checks(&view)?;
        self.send_submission(&view).await
    }

    /// Submits the modal on top whatever is in it.
    pub async fn submit_unchecked(&self) -> Result<SubmitReply, PersonError> {
        let view = self.open_view().ok_or(PersonError::NoView)?;
        self.send_submission(&view).await
    }

    async fn send_submission(&self, view: &View) -> Result<SubmitReply, PersonError> {
        let payload = self.slack.shared.change(|state| {
            let mut payload = payload::interaction(state, &self.id, "view_submission");
            payload["view"] = view.describe(&state.app);
            payload["response_urls"] = json!([]);
            payload
        });
        let reply = self.slack.post_interaction(&payload).await?;
        let outcome = self.slack.shared.change(|state| {
            settle(state, &self.id, view, &reply).unwrap_or_else(|refused| {
                let says = refused.messages;
                state.record.refuse("view_submission", &refused.code, says);
                Submitted::Failed
            })
        });
        Ok(SubmitReply { outcome, reply })
    }

    /// Closes the modal on top; the app hears of it where it asked to.
    pub async fn close(&self) -> Result<Option<Reply>, PersonError> {
        let view = self.open_view().ok_or(PersonError::NoView)?;
        let clears = view.given["clear_on_close"] == true;
        self.slack.shared.change(|state| {
            let stack = state.views.stack_mut(&self.id);
            if clears {
                stack.clear();
            } else {
                stack.pop();
            }
        });
        if view.given["notify_on_close"] != true {
            return Ok(None);
        }
        let payload = self.slack.shared.read(|state| {
            let mut payload = payload::quiet(state, &self.id, "view_closed");
            payload["view"] = view.describe(&state.app);
            payload["is_cleared"] = json!(clears);
            payload
        });
        Ok(Some(self.slack.post_interaction(&payload).await?))
    }
}

/// What a client asks for before it sends anything.
fn client_checks(view: &View) -> Result<(), PersonError> {
    if !view.has_submit() {
        return Err(PersonError::NotAllowed("there is no submit button".into()));
    }
    for placed in placed(view.blocks()) {
        let Some(input) = placed.input else {
            continue;
        };
        let value = &view.state[placed.block_id][placed.action_id];
        let empty = value
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(key, _)| *key != "type")
            .all(|(_, chosen)| chosen.is_null() || *chosen == json!([]));
        if empty && input["optional"] != true {
            let says = format!("{} has to be filled in", placed.block_id);
            return Err(PersonError::NotAllowed(says));
        }
        let least = placed.element["min_length"].as_u64().unwrap_or(0);
        let long = value["value"]
            .as_str()
            .map_or(0, |text| text.chars().count()) as u64;
        if !empty && long < least {
            let says = format!("{} takes at least {least} characters", placed.block_id);
            return Err(PersonError::NotAllowed(says));
        }
    }
    Ok(())
}

/// Does what the app answered.
fn settle(state: &mut State, user: &str, view: &View, reply: &Reply) -> Result<Submitted, Refused> {
    if !reply.acknowledged() {
        return Ok(Submitted::Failed);
    }
    if reply.body.trim_ascii().is_empty() {
        close_from(state, user, &view.id);
        return Ok(Submitted::Closed);
    }
    let answer = reply.json();
    match answer["response_action"].as_str() {
        Some("clear") => {
            state.views.stack_mut(user).clear();
            Ok(Submitted::Cleared)
        }
        Some("update") => {
            answer_update(state, &view.id, answer.get("view"))?;
            Ok(Submitted::Updated)
        }
        Some("push") => {
            answer_push(state, user, answer.get("view"))?;
            Ok(Submitted::Pushed)
        }
        Some("errors") => show_errors(state, view, &answer["errors"]),
        _ if answer == json!({}) => {
            close_from(state, user, &view.id);
            Ok(Submitted::Closed)
        }
        _ => Err(Refused::invalid("[ERROR] unknown response_action")),
    }
}

/// A submitted view goes, and whatever was pushed on it.
fn close_from(state: &mut State, user: &str, id: &str) {
    let stack = state.views.stack_mut(user);
    if let Some(depth) = stack.iter().position(|view| view.id == id) {
        stack.truncate(depth);
    }
}

fn show_errors(state: &mut State, view: &View, errors: &Value) -> Result<Submitted, Refused> {
    let open = state.views.by_id_mut(&view.id);
    let open = open.ok_or_else(|| Refused::because("not_found"))?;
    let mut shown = BTreeMap::new();
    for (block_id, text) in errors.as_object().into_iter().flatten() {
        let place = format!("[json-pointer:/errors/{block_id}]");
        let has_input = open
            .blocks()
            .iter()
            .any(|block| block["type"] == "input" && block["block_id"] == *block_id);
        if !has_input {
            let says = format!("[ERROR] no input block has this block_id {place}");
            return Err(Refused::invalid(says));
        }
        let text = text.as_str().filter(|text| !text.is_empty());
        let text =
            text.ok_or_else(|| Refused::invalid(format!("[ERROR] must say something {place}")))?;
        shown.insert(block_id.clone(), text.to_owned());
    }
    if shown.is_empty() {
        return Err(Refused::invalid("[ERROR] missing required field: errors"));
    }
    open.errors.clone_from(&shown);
    Ok(Submitted::Errors(shown))
}
