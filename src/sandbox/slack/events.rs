//! Events: sent in an envelope, and sent again when the app did not answer.
//! <https://docs.slack.dev/apis/events-api>

use serde_json::{Value, json};

use super::{
    SlackSandbox,
    deliveries::{Delivery, EVENTS, Reply, Undelivered},
    signature::Signing,
    state::State,
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
        let envelope = self.shared.read(|state| envelope(state, id, &event));
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
            json!({ "type": "user_change", "user": user, "event_ts": whole_ts(state) })
        });
        self.event(event).await
    }

    /// Tells the app that a user group is another than before: its name, its handle, who is
    /// in it, or whether it is switched on. The change itself is made with
    /// [`Self::add_usergroup`] or [`Self::set_usergroup_members`].
    /// <https://docs.slack.dev/reference/events/subteam_updated>
    pub async fn usergroup_changed(&self, id: &str) -> Result<Reply, Undelivered> {
        let event = self.shared.read(|state| {
            let group = state.usergroups.get(id);
            let group = group.map(|group| group.describe(&state.app.team_id, true));
            json!({ "type": "subteam_updated", "subteam": group, "event_ts": whole_ts(state) })
        });
        self.event(event).await
    }

    /// Tells the app who came into a user group and who left it. The change itself is made
    /// with [`Self::set_usergroup_members`].
    /// <https://docs.slack.dev/reference/events/subteam_members_changed>
    pub async fn usergroup_members_changed(
        &self,
        id: &str,
        added: &[&str],
        removed: &[&str],
    ) -> Result<Reply, Undelivered> {
        let event = self.shared.read(|state| {
            let now = state.now().timestamp();
            json!({
                "type": "subteam_members_changed",
                "subteam_id": id,
                "team_id": state.app.team_id,
                "date_previous_update": 1_600_000_000,
                "date_update": now,
                "added_users": added,
                "added_users_count": added.len().to_string(),
                "removed_users": removed,
                "removed_users_count": removed.len().to_string(),
                "event_ts": whole_ts(state),
            })
        });
        self.event(event).await
    }

    /// Tells the app of an organisation that it may see these workspaces now.
    /// <https://docs.slack.dev/reference/events/team_access_granted>
    pub async fn team_access_granted(&self, teams: &[&str]) -> Result<Reply, Undelivered> {
        self.team_access("team_access_granted", teams).await
    }

    /// Tells the app of an organisation that it may not see these workspaces any more.
    /// <https://docs.slack.dev/reference/events/team_access_revoked>
    pub async fn team_access_revoked(&self, teams: &[&str]) -> Result<Reply, Undelivered> {
        self.team_access("team_access_revoked", teams).await
    }

    /// Both happen to the organisation: the envelope names no workspace.
    async fn team_access(&self, kind: &str, teams: &[&str]) -> Result<Reply, Undelivered> {
        let envelope = self.shared.change(|state| {
            let id = state.fresh_id("Ev");
            let event = json!({ "type": kind, "team_ids": teams, "event_ts": whole_ts(state) });
            let mut envelope = envelope(state, &id, &event);
            envelope["team_id"] = Value::Null;
            envelope
        });
        self.post_json(&envelope, &[]).await
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

    /// Posts an event whose envelope was written before.
    pub(super) async fn send_event(&self, envelope: Vec<u8>) -> Result<Reply, Undelivered> {
        self.post_with(EVENTS, JSON, envelope, Signing::Right, &[])
            .await
    }
}

fn whole_ts(state: &State) -> String {
    format!("{}.000000", state.now().timestamp())
}

/// What an event is sent in.
pub(super) fn envelope(state: &State, id: &str, event: &Value) -> Value {
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
}
