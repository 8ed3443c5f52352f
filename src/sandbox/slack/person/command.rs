//! Slash commands and shortcuts.

use serde_json::{Value, json};

use super::{
    super::{
        arguments::Arguments,
        deliveries::{COMMANDS, Reply},
        messages::{Audience, Message, describe},
        response_url::{self, ResponseUrl},
    },
    Person, PersonError, payload,
};

impl Person {
    /// Types a slash command into the conversation with the app.
    /// <https://docs.slack.dev/interactivity/implementing-slash-commands>
    pub async fn command(&self, command: &str, text: &str) -> Result<Reply, PersonError> {
        let channel = self.slack.shared.change(|state| state.direct(&self.id));
        self.command_in(&channel, command, text).await
    }

    /// Types a slash command into a channel. What the app answers at once is shown there.
    pub async fn command_in(
        &self,
        channel: &str,
        command: &str,
        text: &str,
    ) -> Result<Reply, PersonError> {
        let form = self.command_form(channel, command, text);
        let pairs: Vec<(&str, &str)> = form
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let reply = self.slack.post_form(COMMANDS, &pairs).await?;
        self.show(channel, &reply);
        Ok(reply)
    }

    fn command_form(
        &self,
        channel: &str,
        command: &str,
        text: &str,
    ) -> Vec<(&'static str, String)> {
        self.slack.shared.change(|state| {
            let known = state.users.get(&self.id);
            let user_name = known.map_or("stranger", |user| user.handle.as_str());
            let user_name = user_name.to_owned();
            let place = state.channels.get(channel);
            let channel_name = place.map_or("privategroup", |channel| channel.name.as_str());
            let channel_name = channel_name.to_owned();
            let mut form = vec![
                ("token", "legacy-verification-token".to_owned()),
                ("team_id", state.app.team_id.clone()),
                ("team_domain", state.team_domain.clone()),
                ("channel_id", channel.to_owned()),
                ("channel_name", channel_name),
                ("user_id", self.id.clone()),
                ("user_name", user_name),
                ("command", command.to_owned()),
                ("text", text.to_owned()),
                ("api_app_id", state.app.app_id.clone()),
                ("is_enterprise_install", state.org_wide.to_string()),
            ];
            if let Some(enterprise) = &state.enterprise_id {
                form.push(("enterprise_id", enterprise.clone()));
                form.push(("enterprise_name", "Example Organisation".to_owned()));
            }
            let url = response_url::issue(state, &self.id, channel, None);
            form.push(("response_url", url));
            form.push(("trigger_id", state.issue_trigger(&self.id)));
            form
        })
    }

    /// Shows what the app answered to a command, as a client does.
    fn show(&self, channel: &str, reply: &Reply) {
        let text = reply.text();
        if !reply.acknowledged() || text.trim().is_empty() {
            return;
        }
        let values = match reply.json() {
            Value::Object(fields) => fields,
            _ => serde_json::Map::from_iter([("text".to_owned(), json!(text))]),
        };
        let sent = Arguments {
            values,
            ..Arguments::default()
        };
        self.slack.shared.change(|state| {
            let place = ResponseUrl {
                user: self.id.clone(),
                channel: channel.to_owned(),
                source: None,
                issued_at: state.now(),
                uses: 0,
            };
            if let Err(refused) = response_url::apply(state, &place, &sent) {
                state
                    .record
                    .refuse("command", &refused.code, refused.messages);
            }
        });
    }

    /// Chooses a shortcut from the menu that is everywhere.
    /// <https://docs.slack.dev/interactivity/implementing-shortcuts>
    pub async fn global_shortcut(&self, callback_id: &str) -> Result<Reply, PersonError> {
        let payload = self.slack.shared.change(|state| {
            let mut payload = payload::interaction(state, &self.id, "shortcut");
            payload["callback_id"] = json!(callback_id);
            payload["action_ts"] = json!(format!("{}.000000", state.now().timestamp()));
            payload
        });
        Ok(self.slack.post_interaction(&payload).await?)
    }

    /// Chooses a shortcut from a message's own menu.
    pub async fn message_shortcut(
        &self,
        callback_id: &str,
        message: &Message,
    ) -> Result<Reply, PersonError> {
        if message.audience != Audience::Channel {
            let says = "a message that only one person sees has no shortcuts";
            return Err(PersonError::NotAllowed(says.to_owned()));
        }
        let payload = self.slack.shared.change(|state| {
            let mut payload = payload::interaction(state, &self.id, "message_action");
            payload["callback_id"] = json!(callback_id);
            payload["action_ts"] = json!(format!("{}.000000", state.now().timestamp()));
            payload["channel"] = payload::channel(state, &message.channel);
            payload["message_ts"] = json!(message.ts);
            payload["message"] = describe(message, &state.app);
            let url = response_url::issue(state, &self.id, &message.channel, None);
            payload["response_url"] = json!(url);
            payload
        });
        Ok(self.slack.post_interaction(&payload).await?)
    }
}
