//! Payloads that no client would send, for whoever thinks like an attacker: everything in them
//! is made up, and the stand-in signs them as Slack would.

use lapse::sandbox::slack::{Reply, SlackSandbox};
use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

/// The workspace of the stories.
pub const TEAM: &str = "T0EXAMPLE";

/// What every interaction says: who, of which workspace.
pub fn interaction(kind: &str, who: &str, team: &str) -> Value {
    json!({
        "type": kind,
        "token": "legacy-verification-token",
        "api_app_id": "A0SANDBOX",
        "team": { "id": TEAM, "domain": "example" },
        "user": { "id": who, "username": "somebody", "name": "somebody", "team_id": team },
        "enterprise": null,
        "is_enterprise_install": false,
        "trigger_id": "1.2.forged",
    })
}

/// A form that was never opened, each time another one.
pub fn view(callback: &str, metadata: &str, values: &Value) -> Value {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    json!({
        "id": format!("V0FORGED{number}"),
        "type": "modal",
        "callback_id": callback,
        "private_metadata": metadata,
        "hash": "1.forged",
        "state": { "values": values },
    })
}

/// A submission of such a form.
pub fn submission(who: &str, team: &str, view: Value) -> Value {
    let mut payload = interaction("view_submission", who, team);
    payload["view"] = view;
    payload["response_urls"] = json!([]);
    payload
}

/// A click on a button of some message.
pub fn click(who: &str, team: &str, at: (&str, &str), button: &str, value: &str) -> Value {
    let mut payload = interaction("block_actions", who, team);
    payload["container"] = json!({
        "type": "message", "channel_id": at.0, "message_ts": at.1, "is_ephemeral": false,
    });
    payload["channel"] = json!({ "id": at.0, "name": "directmessage" });
    payload["actions"] = json!([{
        "type": "button", "action_id": button, "block_id": "forged", "value": value,
        "action_ts": "1.0",
    }]);
    payload
}

/// A select that asks for its options.
pub fn search(who: &str, team: &str, block: &str, action: &str, typed: &str) -> Value {
    let mut payload = interaction("block_suggestion", who, team);
    payload["block_id"] = json!(block);
    payload["action_id"] = json!(action);
    payload["value"] = json!(typed);
    payload
}

/// The fields of the request form.
#[derive(Clone)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// As Ada would fill them in.
    pub fn right(device: &str) -> Self {
        Self(Map::new())
            .chosen("profile", "prod-ssh")
            .chosen("device", device)
            .chosen("duration", "3600")
            .typed("justification", "INC-42 db failover")
    }

    /// Another choice in a menu.
    pub fn chosen(mut self, field: &str, value: &str) -> Self {
        let option = json!({ "text": { "type": "plain_text", "text": "x" }, "value": value });
        let held = json!({ "type": "static_select", "selected_option": option });
        self.0.insert(field.to_owned(), json!({ field: held }));
        self
    }

    /// Other words in a text field.
    pub fn typed(mut self, field: &str, text: &str) -> Self {
        let held = json!({ "type": "plain_text_input", "value": text });
        self.0.insert(field.to_owned(), json!({ field: held }));
        self
    }

    /// Without a field.
    pub fn without(mut self, field: &str) -> Self {
        self.0.remove(field);
        self
    }

    /// As Slack sends them.
    pub fn values(self) -> Value {
        Value::Object(self.0)
    }

    /// As Slack sends them, in a submission of the request form.
    pub fn submitted_by(self, who: &str) -> Value {
        submission(who, TEAM, view("request_form", "", &self.values()))
    }
}

/// What the person in front of a submitted form reads: errors by block, or a view in its place.
pub fn read(reply: &Reply) -> (Vec<String>, String) {
    let answer = reply.json();
    let errors = answer["errors"].as_object();
    let blocks = errors.map(|errors| errors.keys().cloned().collect());
    let said = match errors {
        Some(errors) => errors
            .values()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" "),
        None => answer["view"]["blocks"].to_string(),
    };
    (blocks.unwrap_or_default(), said)
}

/// Posts an interaction.
pub async fn post(slack: &SlackSandbox, payload: &Value) -> Reply {
    slack
        .post_interaction(payload)
        .await
        .expect("the bot answers")
}
