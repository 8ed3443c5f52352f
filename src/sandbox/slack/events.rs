//! Events: sent in an envelope, and sent again when the app did not answer.
//! <https://docs.slack.dev/apis/events-api>

use serde_json::{Value, json};

use super::{
    SlackSandbox,
    deliveries::{Delivery, EVENTS, Reply, Undelivered},
    signature::Signing,
};

const JSON: &str = "application/json";

impl SlackSandbox {
    /// Posts an event in an envelope of its own.
    pub async fn event(&self, event: Value) -> Result<Reply, Undelivered> {
        let id = self.shared.change(|state| state.fresh_id("Ev"));
        self.event_with_id(&id, event).await
    }

    /// The same, in an envelope with this `event_id`.
    pub async fn event_with_id(&self, id: &str, event: Value) -> Result<Reply, Undelivered> {
        let envelope = self.shared.read(|state| {
            let mut envelope = json!({
                "token": "legacy-verification-token",
                "team_id": state.app.team_id,
                "api_app_id": state.app.app_id,
                "event": event,
                "type": "event_callback",
                "event_id": id,
                "event_time": state.now().timestamp(),
                "is_ext_shared_channel": false,
                "authorizations": [{
                    "enterprise_id": state.enterprise_id,
                    "team_id": (!state.org_wide).then_some(&state.app.team_id),
                    "user_id": state.app.bot_user_id,
                    "is_bot": true,
                    "is_enterprise_install": state.org_wide,
                }],
            });
            if let Some(enterprise) = &state.enterprise_id {
                envelope["enterprise_id"] = json!(enterprise);
            }
            envelope
        });
        self.post_json(&envelope, &[]).await
    }

    /// Sends an event again the way Slack retries: the same body, signed anew.
    pub async fn redeliver(&self, event: &Delivery, attempt: u8) -> Result<Reply, Undelivered> {
        let attempt = attempt.to_string();
        let why = [
            ("X-Slack-Retry-Num", attempt.as_str()),
            ("X-Slack-Retry-Reason", "http_timeout"),
        ];
        let body = event.body.clone();
        self.post_with(&event.path, JSON, body, Signing::Right, &why)
            .await
    }

    /// Tells the app that somebody's account changed: the change itself is made with
    /// [`Self::set_user`].
    pub async fn user_changed(&self, user_id: &str) -> Result<Reply, Undelivered> {
        let event = self.shared.read(|state| {
            let with_email = state.scopes.contains("users:read.email");
            let user = state.users.get(user_id);
            let user = user.map(|user| user.describe(state.home(), with_email));
            let event_ts = format!("{}.000000", state.now().timestamp());
            json!({ "type": "user_change", "user": user, "event_ts": event_ts })
        });
        self.event(event).await
    }

    /// Asks the app to prove that it owns its events address.
    pub async fn verify_url(&self, challenge: &str) -> Result<Reply, Undelivered> {
        let body = json!({
            "token": "legacy-verification-token",
            "challenge": challenge,
            "type": "url_verification",
        });
        self.post_json(&body, &[]).await
    }

    async fn post_json(
        &self,
        body: &Value,
        further: &[(&str, &str)],
    ) -> Result<Reply, Undelivered> {
        let body = body.to_string().into_bytes();
        self.post_with(EVENTS, JSON, body, Signing::Right, further)
            .await
    }
}
