//! Open views: a stack of modals and a home tab for each person.
//! <https://docs.slack.dev/surfaces/modals>

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    blocks::{initial_state, placed},
    messages::AppIdentity,
};

/// How many modals may lie on each other.
pub(super) const DEEPEST: usize = 3;

/// A view that somebody has before their eyes.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    /// `V…`.
    pub id: String,
    /// Whose screen it is on.
    pub user: String,
    /// Changes whenever the app changes the view.
    pub hash: String,
    /// The first view of the stack.
    pub root_id: String,
    /// The view below it.
    pub previous_id: Option<String>,
    /// As the app gave it, with the ids that Slack filled in.
    pub given: Value,
    /// `block_id` → `action_id` → what is chosen or typed.
    pub state: Map<String, Value>,
    /// What the app last complained about, by `block_id`.
    pub errors: BTreeMap<String, String>,
}

impl View {
    /// The blocks.
    pub fn blocks(&self) -> &[Value] {
        self.given["blocks"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The title.
    pub fn title(&self) -> &str {
        self.given["title"]["text"].as_str().unwrap_or_default()
    }

    /// Whether it can be submitted.
    pub fn has_submit(&self) -> bool {
        self.given["submit"].is_object()
    }

    /// The `callback_id`.
    pub fn callback_id(&self) -> &str {
        self.given["callback_id"].as_str().unwrap_or_default()
    }

    /// The `external_id`, empty when the app gave none.
    pub fn external_id(&self) -> &str {
        self.given["external_id"].as_str().unwrap_or_default()
    }

    /// Whether some text in it contains this.
    pub fn says(&self, text: &str) -> bool {
        fn within(value: &Value, text: &str) -> bool {
            match value {
                Value::String(own) => own.contains(text),
                Value::Array(items) => items.iter().any(|item| within(item, text)),
                Value::Object(fields) => fields.values().any(|field| within(field, text)),
                _ => false,
            }
        }
        within(&self.given["title"], text) || within(&self.given["blocks"], text)
    }

    /// Puts other content into it and keeps what was typed under ids that stay.
    pub(super) fn replace(&mut self, given: Value, hash: String) {
        self.given = given;
        self.hash = hash;
        self.errors.clear();
        let before = std::mem::take(&mut self.state);
        self.state = first_state(self.blocks());
        for placed in placed(self.given["blocks"].as_array().map_or(&[], Vec::as_slice)) {
            let kept = before
                .get(placed.block_id)
                .and_then(|block| block.get(placed.action_id));
            let Some(kept) = kept.filter(|kept| still_fits(kept, placed.element)) else {
                continue;
            };
            self.state[placed.block_id][placed.action_id] = kept.clone();
        }
    }

    /// The object that answers and payloads carry.
    pub(super) fn describe(&self, app: &AppIdentity) -> Value {
        let given = |key: &str| self.given.get(key).cloned();
        let text = |key: &str| given(key).unwrap_or(json!(""));
        let flag = |key: &str| given(key).unwrap_or(json!(false));
        json!({
            "id": self.id,
            "team_id": app.team_id,
            "type": self.given["type"],
            "title": given("title").unwrap_or(json!({ "type": "plain_text", "text": "View Title", "emoji": true })),
            "submit": given("submit"),
            "close": given("close"),
            "blocks": self.blocks(),
            "private_metadata": text("private_metadata"),
            "callback_id": text("callback_id"),
            "external_id": text("external_id"),
            "state": { "values": self.state },
            "hash": self.hash,
            "clear_on_close": flag("clear_on_close"),
            "notify_on_close": flag("notify_on_close"),
            "root_view_id": self.root_id,
            "previous_view_id": self.previous_id,
            "app_id": app.app_id,
            "app_installed_team_id": app.team_id,
            "bot_id": app.bot_id,
        })
    }
}

/// What is chosen or typed in a view that nobody has touched.
pub(super) fn first_state(blocks: &[Value]) -> Map<String, Value> {
    let mut state = Map::new();
    for placed in placed(blocks) {
        let Some(initial) = initial_state(placed.element) else {
            continue;
        };
        let block = state.entry(placed.block_id).or_insert(json!({}));
        block[placed.action_id] = initial;
    }
    state
}

/// A choice survives an update only if the same kind of element still offers it.
fn still_fits(kept: &Value, element: &Value) -> bool {
    if kept["type"] != element["type"] {
        return false;
    }
    let offers = |choice: &Value| {
        let plain = element["options"].as_array().into_iter().flatten();
        let groups = element["option_groups"].as_array().into_iter().flatten();
        let grouped = groups.flat_map(|group| group["options"].as_array().into_iter().flatten());
        plain.chain(grouped).any(|option| option == choice)
    };
    match element["type"].as_str() {
        Some("static_select" | "radio_buttons") => {
            kept["selected_option"].is_null() || offers(&kept["selected_option"])
        }
        Some("multi_static_select" | "checkboxes") => {
            let chosen = kept["selected_options"].as_array();
            chosen.is_some_and(|chosen| chosen.iter().all(offers))
        }
        _ => true,
    }
}

/// All views on all screens.
#[derive(Debug, Default)]
pub(super) struct Views {
    stacks: BTreeMap<String, Vec<View>>,
    pub(super) homes: BTreeMap<String, View>,
}

impl Views {
    pub(super) fn stack(&self, user: &str) -> &[View] {
        self.stacks.get(user).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn stack_mut(&mut self, user: &str) -> &mut Vec<View> {
        self.stacks.entry(user.to_owned()).or_default()
    }

    pub(super) fn top(&self, user: &str) -> Option<&View> {
        self.stack(user).last()
    }

    pub(super) fn by_id(&self, id: &str) -> Option<&View> {
        self.every().find(|view| view.id == id)
    }

    pub(super) fn by_external_id(&self, id: &str) -> Option<&View> {
        self.every()
            .find(|view| !id.is_empty() && view.external_id() == id)
    }

    pub(super) fn by_id_mut(&mut self, id: &str) -> Option<&mut View> {
        self.stacks
            .values_mut()
            .flatten()
            .chain(self.homes.values_mut())
            .find(|view| view.id == id)
    }

    fn every(&self) -> impl Iterator<Item = &View> {
        self.stacks.values().flatten().chain(self.homes.values())
    }
}
