//! Clicks on messages.

use serde_json::{Map, Value, json};

use super::{
    super::{
        blocks::{Placed, placed as placed_in},
        deliveries::Reply,
        messages::{Audience, Message, describe},
        response_url,
        state::State,
        views::first_state,
    },
    Person, PersonError,
    modal::all_options,
    payload,
};

impl Person {
    /// Presses a button that stands on the message now.
    pub async fn click(&self, message: &Message, button: &str) -> Result<Reply, PersonError> {
        self.press_on(message, button, Asked::Plainly).await
    }

    /// Presses a button and confirms the dialog that it asks.
    pub async fn click_confirmed(
        &self,
        message: &Message,
        button: &str,
    ) -> Result<Reply, PersonError> {
        self.press_on(message, button, Asked::Confirming).await
    }

    /// Presses a button of the message as it is given, though it may have changed since: a
    /// click that was already under way.
    pub async fn click_stale(&self, message: &Message, button: &str) -> Result<Reply, PersonError> {
        self.send_click(message, button, None).await
    }

    /// Presses a button and sends another value than it carries.
    pub async fn forge_click(
        &self,
        message: &Message,
        button: &str,
        value: &str,
    ) -> Result<Reply, PersonError> {
        self.send_click(message, button, Some(json!({ "value": value })))
            .await
    }

    /// Chooses from an overflow or select menu on a message, by an option's value.
    pub async fn pick(
        &self,
        message: &Message,
        menu: &str,
        value: &str,
    ) -> Result<Reply, PersonError> {
        self.pick_on(message, menu, value, Asked::Plainly).await
    }

    /// The same, and confirms the dialog that it asks.
    pub async fn pick_confirmed(
        &self,
        message: &Message,
        menu: &str,
        value: &str,
    ) -> Result<Reply, PersonError> {
        self.pick_on(message, menu, value, Asked::Confirming).await
    }

    async fn pick_on(
        &self,
        message: &Message,
        menu: &str,
        value: &str,
        asked: Asked,
    ) -> Result<Reply, PersonError> {
        let message = self.current(message)?;
        let option = {
            let placed = find(&message.blocks, menu)?;
            asked.fits(placed.element)?;
            let options = all_options(placed.element).into_iter();
            let mut options = options.filter(|option| option["value"] == value);
            options.next()
        };
        let option = option.ok_or_else(|| PersonError::NoOption(value.to_owned()))?;
        let chosen = json!({ "selected_option": option });
        self.send_click(&message, menu, Some(chosen)).await
    }

    fn current(&self, message: &Message) -> Result<Message, PersonError> {
        self.slack
            .message(&message.channel, &message.ts)
            .filter(|message| self.can_see(message))
            .ok_or(PersonError::NoMessage)
    }

    async fn press_on(
        &self,
        message: &Message,
        button: &str,
        asked: Asked,
    ) -> Result<Reply, PersonError> {
        let message = self.current(message)?;
        asked.fits(find(&message.blocks, button)?.element)?;
        self.send_click(&message, button, None).await
    }

    async fn send_click(
        &self,
        message: &Message,
        target: &str,
        chosen: Option<Value>,
    ) -> Result<Reply, PersonError> {
        let placed = find(&message.blocks, target)?;
        let chosen = chosen.unwrap_or(Value::Null);
        let payload = self
            .slack
            .shared
            .change(|state| message_payload(state, &self.id, message, &placed, &chosen));
        Ok(self.slack.post_interaction(&payload).await?)
    }
}

fn message_payload(
    state: &mut State,
    user: &str,
    message: &Message,
    placed: &Placed<'_>,
    chosen: &Value,
) -> Value {
    let ephemeral = message.audience != Audience::Channel;
    let mut payload = payload::interaction(state, user, "block_actions");
    payload["container"] = payload::message_container(message, ephemeral);
    payload["channel"] = payload::channel(state, &message.channel);
    if !ephemeral {
        payload["message"] = describe(message, &state.app);
    }
    let url = response_url::issue(state, user, &message.channel, Some(&message.ts));
    payload["response_url"] = json!(url);
    payload["state"] = json!({ "values": values(state, user, message, placed, chosen) });
    payload["actions"] = json!([payload::action(state, placed, chosen)]);
    payload
}

/// What the menus on a message hold for this person: what they chose, else what was chosen for
/// them. Slack sends it with every click on the message.
/// <https://docs.slack.dev/reference/interaction-payloads/block_actions-payload>
fn values(
    state: &mut State,
    user: &str,
    message: &Message,
    placed: &Placed<'_>,
    chosen: &Value,
) -> Map<String, Value> {
    let place = (user.to_owned(), message.channel.clone(), message.ts.clone());
    let own = state.choices.entry(place).or_default();
    if chosen.get("selected_option").is_some() {
        let mut choice = chosen.clone();
        choice["type"] = json!(placed.kind());
        let block = own.entry(placed.block_id).or_insert(json!({}));
        block[placed.action_id] = choice;
    }
    let mut values = first_state(&message.blocks);
    for (block, elements) in own.iter().filter(|(block, _)| values_hold(message, block)) {
        let held = values.entry(block.as_str()).or_insert(json!({}));
        for (action, choice) in elements.as_object().into_iter().flatten() {
            held[action] = choice.clone();
        }
    }
    values
}

/// A block that is gone holds nothing.
fn values_hold(message: &Message, block: &str) -> bool {
    placed_in(&message.blocks)
        .iter()
        .any(|placed| placed.block_id == block && placed.kind() != "button")
}

/// Whether the person is ready to confirm.
#[derive(Clone, Copy)]
pub(super) enum Asked {
    Plainly,
    Confirming,
}

impl Asked {
    pub(super) fn fits(self, element: &Value) -> Result<(), PersonError> {
        match (self, element.get("confirm")) {
            (Self::Plainly, Some(confirm)) => {
                let title = confirm["title"]["text"].as_str().unwrap_or_default();
                Err(PersonError::NeedsConfirm(title.to_owned()))
            }
            (Self::Confirming, None) => Err(PersonError::NothingToConfirm),
            _ => Ok(()),
        }
    }
}

/// Finds an element by `action_id`, or by `block_id/action_id`.
pub(super) fn find<'a>(blocks: &'a [Value], target: &str) -> Result<Placed<'a>, PersonError> {
    let all = placed_in(blocks);
    let plain: Vec<&Placed<'a>> = all
        .iter()
        .filter(|placed| placed.action_id == target)
        .collect();
    match plain.as_slice() {
        [one] => return Ok((*one).clone()),
        [] => {}
        _ => return Err(PersonError::Ambiguous(target.to_owned())),
    }
    all.into_iter()
        .find(|placed| {
            let inside = target.strip_prefix(placed.block_id);
            inside.and_then(|rest| rest.strip_prefix('/')) == Some(placed.action_id)
        })
        .ok_or_else(|| PersonError::NoElement(target.to_owned()))
}
