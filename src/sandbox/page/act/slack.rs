//! What a Slack client does with clicks and keys.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        House,
        window::{Asked, Window},
    },
    Declined, Done, acknowledged, silence, surely,
};
use crate::sandbox::slack::{Person, PersonError, Submitted};

type Theirs = State<Arc<House>>;

/// A click on a button of a message.
#[derive(Deserialize)]
pub(in super::super) struct Click {
    #[serde(flatten)]
    window: Asked,
    channel: String,
    ts: String,
    #[serde(flatten)]
    element: Element,
    /// What the button carries in the browser; another value than the message's is sent as it
    /// is, as a forger would.
    value: Option<String>,
    #[serde(default)]
    confirmed: bool,
}

/// Where something interactive stands.
#[derive(Clone, Deserialize)]
pub(in super::super) struct Element {
    block: String,
    action: String,
}

impl Element {
    fn target(&self) -> String {
        format!("{}/{}", self.block, self.action)
    }
}

/// Something done to an element of a modal or of the home tab.
#[derive(Deserialize)]
pub(in super::super) struct InView {
    #[serde(flatten)]
    window: Asked,
    view: String,
    #[serde(flatten)]
    element: Element,
    #[serde(default)]
    values: Vec<String>,
    #[serde(default)]
    text: String,
    #[serde(default)]
    confirmed: bool,
}

/// Something chosen from a menu outside of modals.
#[derive(Deserialize)]
pub(in super::super) struct Pick {
    #[serde(flatten)]
    window: Asked,
    #[serde(flatten)]
    place: Place,
    #[serde(flatten)]
    element: Element,
    value: String,
    #[serde(default)]
    confirmed: bool,
}

/// Where the menu stands.
#[derive(Deserialize)]
#[serde(untagged)]
enum Place {
    Message {
        channel: String,
        ts: String,
    },
    /// There is one for each person.
    Home {
        #[serde(rename = "view")]
        _view: String,
    },
}

/// A modal is sent or closed.
#[derive(Deserialize)]
pub(in super::super) struct WholeView {
    #[serde(flatten)]
    window: Asked,
    view: String,
    /// What stands in its text fields.
    #[serde(default)]
    typed: Vec<Typed>,
}

#[derive(Deserialize)]
struct Typed {
    #[serde(flatten)]
    element: Element,
    text: String,
}

/// Something written into a conversation, or a slash command.
#[derive(Deserialize)]
pub(in super::super) struct Words {
    #[serde(flatten)]
    window: Asked,
    words: String,
}

#[derive(Deserialize)]
pub(in super::super) struct Chosen {
    #[serde(flatten)]
    window: Asked,
    callback: String,
}

#[derive(Deserialize)]
pub(in super::super) struct OfMessage {
    #[serde(flatten)]
    window: Asked,
    channel: String,
    ts: String,
    /// The shortcut, when one was chosen from the message's menu.
    #[serde(default)]
    callback: String,
}

fn window(house: &House, asked: &Asked) -> Result<Window, Declined> {
    let window = Window::open(house, asked).filter(|window| window.user.id == asked.who);
    window.ok_or_else(|| Declined::because("There is no such person. Nothing happened."))
}

fn actor(house: &House, asked: &Asked) -> Result<Person, Declined> {
    Ok(window(house, asked)?.person(house))
}

/// The person, if this view is the one on top of their screen.
fn before(house: &House, asked: &Asked, view: &str) -> Result<Person, Declined> {
    let person = actor(house, asked)?;
    let on_top = person.open_view().is_some_and(|open| open.id == view);
    if on_top {
        Ok(person)
    } else {
        Err(Declined::from(PersonError::NoView))
    }
}

pub(super) async fn click(State(house): Theirs, Json(click): Json<Click>) -> Done {
    surely(async move {
        let person = actor(&house, &click.window)?;
        let message = house.slack.message(&click.channel, &click.ts);
        let message = message.ok_or_else(|| Declined::from(PersonError::NoMessage))?;
        let target = click.element.target();
        let own = value_of(&message.blocks, &click.element);
        let reply = match &click.value {
            Some(value) if Some(value.as_str()) != own => {
                person.forge_click(&message, &target, value).await?
            }
            _ if click.confirmed => person.click_confirmed(&message, &target).await?,
            _ => person.click(&message, &target).await?,
        };
        acknowledged(&house, &reply)
    })
    .await
}

/// What an element carries, empty when it carries nothing; `None` when it is not there.
fn value_of<'b>(blocks: &'b [Value], element: &Element) -> Option<&'b str> {
    let block = blocks
        .iter()
        .find(|block| block["block_id"] == element.block.as_str())?;
    let row = block["elements"].as_array().into_iter().flatten();
    let found = row
        .chain(block.get("accessory"))
        .find(|own| own["action_id"] == element.action.as_str())?;
    Some(found["value"].as_str().unwrap_or_default())
}

pub(super) async fn press(State(house): Theirs, Json(press): Json<InView>) -> Done {
    surely(async move {
        let person = actor(&house, &press.window)?;
        let target = press.element.target();
        let in_home = person.home().is_some_and(|home| home.id == press.view);
        let reply = match (in_home, press.confirmed) {
            (true, true) => person.press_home_confirmed(&target).await?,
            (true, false) => person.press_home(&target).await?,
            (false, confirmed) => {
                let person = before(&house, &press.window, &press.view)?;
                if confirmed {
                    person.press_confirmed(&target).await?
                } else {
                    person.press(&target).await?
                }
            }
        };
        acknowledged(&house, &reply)
    })
    .await
}

pub(super) async fn choose(State(house): Theirs, Json(choice): Json<InView>) -> Done {
    surely(async move {
        let person = before(&house, &choice.window, &choice.view)?;
        let values: Vec<&str> = choice.values.iter().map(String::as_str).collect();
        let reply = person.choose_all(&choice.element.target(), &values).await?;
        reply.map_or_else(|| Ok(silence()), |reply| acknowledged(&house, &reply))
    })
    .await
}

/// A choice from a menu that stands on a message or in the home tab.
pub(super) async fn pick(State(house): Theirs, Json(pick): Json<Pick>) -> Done {
    surely(async move {
        let person = actor(&house, &pick.window)?;
        let (target, value) = (pick.element.target(), pick.value.as_str());
        let reply = match (&pick.place, pick.confirmed) {
            (Place::Message { channel, ts }, confirmed) => {
                let message = house.slack.message(channel, ts);
                let message = message.ok_or_else(|| Declined::from(PersonError::NoMessage))?;
                if confirmed {
                    person.pick_confirmed(&message, &target, value).await?
                } else {
                    person.pick(&message, &target, value).await?
                }
            }
            (Place::Home { .. }, true) => person.pick_home_confirmed(&target, value).await?,
            (Place::Home { .. }, false) => person.pick_home(&target, value).await?,
        };
        acknowledged(&house, &reply)
    })
    .await
}

pub(super) async fn type_text(State(house): Theirs, Json(typed): Json<InView>) -> Done {
    surely(async move {
        let person = before(&house, &typed.window, &typed.view)?;
        let target = typed.element.target();
        let reply = person.type_text(&target, &typed.text).await?;
        reply.map_or_else(|| Ok(silence()), |reply| acknowledged(&house, &reply))
    })
    .await
}

pub(super) async fn search(State(house): Theirs, Json(search): Json<InView>) -> Done {
    surely(async move {
        let person = before(&house, &search.window, &search.view)?;
        let found = person.search(&search.element.target(), &search.text).await;
        match found {
            Ok(options) => Ok(Json(json!({ "options": options }))),
            // A menu that asks only from some letters on shows nothing before.
            Err(PersonError::NotAllowed(_)) => Ok(Json(json!({ "options": [] }))),
            Err(error) => Err(error.into()),
        }
    })
    .await
}

pub(super) async fn submit(State(house): Theirs, Json(sent): Json<WholeView>) -> Done {
    surely(async move {
        let person = before(&house, &sent.window, &sent.view)?;
        for typed in &sent.typed {
            let open = person.open_view().ok_or(PersonError::NoView)?;
            let stored = &open.state.get(&typed.element.block);
            let stored = stored.and_then(|block| block[&typed.element.action]["value"].as_str());
            if stored.unwrap_or_default() != typed.text {
                let target = typed.element.target();
                person.type_text(&target, &typed.text).await?;
            }
        }
        let sent = person.submit().await.map_err(|error| match error {
            PersonError::NotAllowed(_) => {
                Declined::because("Please fill in every required field. Nothing was sent.")
            }
            other => other.into(),
        })?;
        match sent.outcome {
            Submitted::Failed => Err(Declined::because(
                "We had some trouble connecting. Try again? The bot did not take it.",
            )),
            Submitted::Errors(_) => Ok(Json(json!({ "outcome": "errors" }))),
            _ => Ok(silence()),
        }
    })
    .await
}

pub(super) async fn close(State(house): Theirs, Json(closed): Json<WholeView>) -> Done {
    surely(async move {
        let person = before(&house, &closed.window, &closed.view)?;
        // The dialog is closed whether or not the bot hears of it.
        let _ = person.close().await;
        Ok(silence())
    })
    .await
}

pub(super) async fn write(State(house): Theirs, Json(written): Json<Words>) -> Done {
    surely(async move {
        let window = window(&house, &written.window)?;
        let words = written.words.trim();
        let channel = window.channel(&house);
        if words.is_empty() {
            return Ok(silence());
        }
        if !words.starts_with('/') {
            house.slack.say(&channel, &window.user.id, words);
            return Ok(silence());
        }
        let (command, text) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
        if !house.commands.iter().any(|known| known == command) {
            return Err(Declined::because(format!(
                "{command} is not a command here. Try {}.",
                house.commands.join(", ")
            )));
        }
        let person = window.person(&house);
        let reply = person.command_in(&channel, command, text.trim()).await?;
        acknowledged(&house, &reply)
    })
    .await
}

pub(super) async fn shortcut(State(house): Theirs, Json(chosen): Json<Chosen>) -> Done {
    surely(async move {
        let person = actor(&house, &chosen.window)?;
        let reply = person.global_shortcut(&chosen.callback).await?;
        acknowledged(&house, &reply)
    })
    .await
}

pub(super) async fn message_shortcut(State(house): Theirs, Json(chosen): Json<OfMessage>) -> Done {
    surely(async move {
        let person = actor(&house, &chosen.window)?;
        let message = house.slack.message(&chosen.channel, &chosen.ts);
        let message = message.ok_or_else(|| Declined::from(PersonError::NoMessage))?;
        let reply = person.message_shortcut(&chosen.callback, &message).await?;
        acknowledged(&house, &reply)
    })
    .await
}

pub(super) async fn home(State(house): Theirs, Json(window): Json<Asked>) -> Done {
    surely(async move {
        let reply = actor(&house, &window)?.open_home().await?;
        acknowledged(&house, &reply)
    })
    .await
}

pub(super) async fn dismiss(State(house): Theirs, Json(message): Json<OfMessage>) -> Done {
    let person = actor(&house, &message.window)?;
    let mine = person
        .ephemerals()
        .iter()
        .any(|own| own.channel == message.channel && own.ts == message.ts);
    if mine {
        house.slack.remove_message(&message.channel, &message.ts);
    }
    Ok(silence())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_button_is_found_in_its_block() {
        let blocks = [
            json!({ "block_id": "a", "elements": [{ "action_id": "x", "value": "1" }] }),
            json!({ "block_id": "b", "accessory": { "action_id": "x", "value": "2" } }),
            json!({ "block_id": "c", "elements": [{ "action_id": "y" }] }),
        ];
        let value = |block: &str, action: &str| {
            let (block, action) = (block.to_owned(), action.to_owned());
            value_of(&blocks, &Element { block, action })
        };
        assert_eq!(value("a", "x"), Some("1"));
        assert_eq!(value("b", "x"), Some("2"));
        assert_eq!(value("c", "y"), Some(""));
        assert_eq!(value("c", "x"), None);
    }
}
