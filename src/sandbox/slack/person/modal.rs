//! Filling in modals, and pressing what stands in them or in the home tab.

use serde_json::{Value, json};

use super::{
    super::{
        blocks::{Placed, check_suggestions, normalise},
        deliveries::Reply,
        views::View,
    },
    Person, PersonError,
    click::{Asked, find},
    payload,
};

/// Slack asks external menus only once so many characters were typed, unless told otherwise.
const USUAL_QUERY_LENGTH: u64 = 3;

impl Person {
    fn view(&self) -> Result<View, PersonError> {
        self.open_view().ok_or(PersonError::NoView)
    }

    /// Chooses one option, person, date, …, by its value or its label. An external menu
    /// offers what [`Self::search`] found last. Returns the app's answer where it is told.
    pub async fn choose(&self, target: &str, value: &str) -> Result<Option<Reply>, PersonError> {
        self.choose_all(target, &[value]).await
    }

    /// Chooses several; for elements that take only one, exactly one.
    pub async fn choose_all(
        &self,
        target: &str,
        values: &[&str],
    ) -> Result<Option<Reply>, PersonError> {
        let view = self.view()?;
        let placed = find(view.blocks(), target)?;
        let chosen = self.choice(&placed, values)?;
        self.change_and_tell(&view, &placed, chosen).await
    }

    /// Types into a field, replacing what was there, and leaves it with Enter.
    pub async fn type_text(&self, target: &str, text: &str) -> Result<Option<Reply>, PersonError> {
        let view = self.view()?;
        let placed = find(view.blocks(), target)?;
        if !placed.kind().ends_with("_input") {
            return Err(PersonError::NotAllowed(format!("{target} is not typed")));
        }
        let long = text.chars().count() as u64;
        let most = placed.element["max_length"].as_u64().unwrap_or(3000);
        if long > most {
            let says = format!("{target} takes at most {most} characters");
            return Err(PersonError::NotAllowed(says));
        }
        let value = Some(text).filter(|text| !text.is_empty());
        let chosen = json!({ "type": placed.kind(), "value": value });
        self.change_and_tell(&view, &placed, chosen).await
    }

    /// Types into an external menu and sees what it offers.
    /// <https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload>
    pub async fn search(&self, target: &str, query: &str) -> Result<Vec<Value>, PersonError> {
        let view = self.view()?;
        let placed = find(view.blocks(), target)?;
        if !placed.kind().ends_with("external_select") {
            return Err(PersonError::NotAllowed(format!("{target} has no search")));
        }
        let least = placed.element["min_query_length"].as_u64();
        let least = least.unwrap_or(USUAL_QUERY_LENGTH);
        if (query.chars().count() as u64) < least {
            let says = format!("{target} asks only from {least} characters on");
            return Err(PersonError::NotAllowed(says));
        }
        let payload = self.slack.shared.read(|state| {
            let mut payload = payload::quiet(state, &self.id, "block_suggestion");
            payload::in_view(state, &mut payload, &view);
            payload["block_id"] = json!(placed.block_id);
            payload["action_id"] = json!(placed.action_id);
            payload["value"] = json!(query);
            payload
        });
        let reply = self.slack.post_interaction(&payload).await?;
        self.take_suggestions(&placed, &reply)
    }

    fn take_suggestions(
        &self,
        placed: &Placed<'_>,
        reply: &Reply,
    ) -> Result<Vec<Value>, PersonError> {
        let mut answer = reply.json();
        let problems = check_suggestions(&answer);
        let bad = match (reply.acknowledged(), problems.first()) {
            (false, _) => Some(format!("status {}", reply.status)),
            (true, Some(first)) => Some(first.to_string()),
            (true, None) => None,
        };
        if let Some(says) = bad {
            self.slack.shared.change(|state| {
                let says = vec![says.clone()];
                state
                    .record
                    .refuse("block_suggestion", "invalid_answer", says);
            });
            return Err(PersonError::BadAnswer(says));
        }
        normalise(&mut answer);
        let options = all_options(&answer);
        let key = (self.id.clone(), placed.action_id.to_owned());
        self.slack
            .shared
            .change(|state| state.suggestions.insert(key, options.clone()));
        Ok(options)
    }

    /// Presses a button in the modal on top.
    pub async fn press(&self, target: &str) -> Result<Reply, PersonError> {
        self.press_in(&self.view()?, target, Asked::Plainly).await
    }

    /// Presses a button in the modal on top and confirms the dialog that it asks.
    pub async fn press_confirmed(&self, target: &str) -> Result<Reply, PersonError> {
        self.press_in(&self.view()?, target, Asked::Confirming)
            .await
    }

    /// Presses a button in the home tab.
    pub async fn press_home(&self, target: &str) -> Result<Reply, PersonError> {
        let home = self.home().ok_or(PersonError::NoView)?;
        self.press_in(&home, target, Asked::Plainly).await
    }

    /// Presses a button in the home tab and confirms the dialog that it asks.
    pub async fn press_home_confirmed(&self, target: &str) -> Result<Reply, PersonError> {
        let home = self.home().ok_or(PersonError::NoView)?;
        self.press_in(&home, target, Asked::Confirming).await
    }

    /// Chooses from a menu in the home tab, by an option's value.
    pub async fn pick_home(&self, target: &str, value: &str) -> Result<Reply, PersonError> {
        self.pick_in_home(target, value, Asked::Plainly).await
    }

    /// The same, and confirms the dialog that it asks.
    pub async fn pick_home_confirmed(
        &self,
        target: &str,
        value: &str,
    ) -> Result<Reply, PersonError> {
        self.pick_in_home(target, value, Asked::Confirming).await
    }

    async fn pick_in_home(
        &self,
        target: &str,
        value: &str,
        asked: Asked,
    ) -> Result<Reply, PersonError> {
        let home = self.home().ok_or(PersonError::NoView)?;
        let placed = find(home.blocks(), target)?;
        asked.fits(placed.element)?;
        let chosen = self.choice(&placed, &[value])?;
        let told = self.change_and_tell(&home, &placed, chosen).await?;
        told.ok_or_else(|| PersonError::NotAllowed(format!("{target} tells nobody")))
    }

    async fn press_in(
        &self,
        view: &View,
        target: &str,
        asked: Asked,
    ) -> Result<Reply, PersonError> {
        let placed = find(view.blocks(), target)?;
        asked.fits(placed.element)?;
        self.tell(view, &placed, &Value::Null).await
    }

    fn choice(&self, placed: &Placed<'_>, values: &[&str]) -> Result<Value, PersonError> {
        let kind = placed.kind();
        let one = || match values {
            [value] => Ok(*value),
            _ => Err(PersonError::NotAllowed(format!("{kind} takes one choice"))),
        };
        let (key, value) = match kind {
            "static_select" | "radio_buttons" | "external_select" | "overflow" => {
                ("selected_option", self.offered(placed, one()?)?)
            }
            "multi_static_select" | "multi_external_select" | "checkboxes" => {
                let options: Result<Vec<Value>, _> = values
                    .iter()
                    .map(|value| self.offered(placed, value))
                    .collect();
                ("selected_options", json!(options?))
            }
            "users_select" => ("selected_user", json!(one()?)),
            "multi_users_select" => ("selected_users", json!(values)),
            "conversations_select" => ("selected_conversation", json!(one()?)),
            "multi_conversations_select" => ("selected_conversations", json!(values)),
            "channels_select" => ("selected_channel", json!(one()?)),
            "multi_channels_select" => ("selected_channels", json!(values)),
            "datepicker" => ("selected_date", json!(one()?)),
            "timepicker" => ("selected_time", json!(one()?)),
            "datetimepicker" => ("selected_date_time", json!(one()?.parse::<i64>().ok())),
            other => {
                let says = format!("nothing can be chosen in a {other}");
                return Err(PersonError::NotAllowed(says));
            }
        };
        Ok(json!({ "type": kind, key: value }))
    }

    fn offered(&self, placed: &Placed<'_>, wanted: &str) -> Result<Value, PersonError> {
        let options = if placed.kind().ends_with("external_select") {
            let key = (self.id.clone(), placed.action_id.to_owned());
            self.slack
                .shared
                .read(|state| state.suggestions.get(&key).cloned())
                .unwrap_or_default()
        } else {
            all_options(placed.element)
        };
        options
            .into_iter()
            .find(|option| option["value"] == wanted || option["text"]["text"] == wanted)
            .ok_or_else(|| PersonError::NoOption(wanted.to_owned()))
    }

    async fn change_and_tell(
        &self,
        view: &View,
        placed: &Placed<'_>,
        chosen: Value,
    ) -> Result<Option<Reply>, PersonError> {
        let changed = self.slack.shared.change(|state| {
            let open = state.views.by_id_mut(&view.id)?;
            if placed.kind() == "overflow" {
                // It remembers no choice.
                return Some(open.clone());
            }
            let block = open.state.entry(placed.block_id).or_insert(json!({}));
            block[placed.action_id] = chosen.clone();
            Some(open.clone())
        });
        let changed = changed.ok_or(PersonError::NoView)?;
        if !placed.dispatches {
            return Ok(None);
        }
        self.tell(&changed, placed, &chosen).await.map(Some)
    }

    async fn tell(
        &self,
        view: &View,
        placed: &Placed<'_>,
        chosen: &Value,
    ) -> Result<Reply, PersonError> {
        let payload = self.slack.shared.change(|state| {
            let mut payload = payload::interaction(state, &self.id, "block_actions");
            payload::in_view(state, &mut payload, view);
            payload["actions"] = json!([payload::action(state, placed, chosen)]);
            payload
        });
        Ok(self.slack.post_interaction(&payload).await?)
    }
}

/// The options of a menu or of an answer, from groups too.
pub(super) fn all_options(of: &Value) -> Vec<Value> {
    let plain = of["options"].as_array().into_iter().flatten();
    let groups = of["option_groups"].as_array().into_iter().flatten();
    let grouped = groups.flat_map(|group| group["options"].as_array().into_iter().flatten());
    plain.chain(grouped).cloned().collect()
}
