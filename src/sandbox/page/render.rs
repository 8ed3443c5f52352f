//! Draws Block Kit as HTML: what an app sent, as the person reads it.
//!
//! Pure: JSON in, markup out. Every text is escaped, nothing is loaded from anywhere, and
//! whatever is not known here becomes a visible "not rendered" box: a drawing that leaves
//! something out would lie about what the app sends. Controls carry `data-…` attributes that
//! say what they would do; doing it is the page's part.
//!
//! | what | where |
//! |---|---|
//! | blocks, one after the other | `block` |
//! | buttons, selects, choices, text fields | `element` and below |
//! | modals and home tabs | `modal` |
//! | mrkdwn and rich text, both read into spans and drawn by them | `mrkdwn`, `rich_text`, `span` |
//! | markup that cannot forget to escape | `html` |
//!
//! Slack's own words for all of it: <https://docs.slack.dev/reference/block-kit>.

mod block;
mod element;
mod emoji;
mod field;
mod html;
mod modal;
mod mrkdwn;
mod rich_text;
mod span;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod token;

use std::collections::BTreeMap;

use serde_json::Value;

use self::{field::Answers, html::Html, span::Words};

/// What the reader knows beside what was sent.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// What people read instead of the id of a person, a channel or a user group.
    pub names: &'a dyn Fn(&str) -> Option<String>,
}

/// A message: its blocks, or its text where it has none. `message` is `{text, blocks, …}`;
/// its `ts`, if there is one, keeps the ids of its controls apart from those of others, and its
/// `state` is what the reader chose in its menus so far.
pub fn message(message: &Value, reader: &Reader<'_>) -> String {
    let words = Words { reader };
    let mut html = Html::default();
    let blocks = message["blocks"].as_array().map(Vec::as_slice);
    match blocks.unwrap_or_default() {
        [] => mrkdwn::draw(
            message["text"].as_str().unwrap_or_default(),
            words,
            &mut html,
        ),
        blocks => {
            let nothing = BTreeMap::new();
            let prefix = format!("m{}", message["ts"].as_str().unwrap_or_default());
            let answers = Answers::new(&prefix, &message["state"], &nothing, words);
            block::draw_all(blocks, answers, &mut html);
        }
    }
    html.into_string()
}

/// A modal as a dialog with a form, or a home tab. `view` carries its `id` beside what the app
/// gave; `state` is what was chosen and typed so far (`block_id` → `action_id` → value, with or
/// without the `values` that Slack puts around it); `errors` has a sentence for a `block_id`.
pub fn view(
    view: &Value,
    state: &Value,
    errors: &BTreeMap<String, String>,
    reader: &Reader<'_>,
) -> String {
    let state = state.get("values").unwrap_or(state);
    let id = view["id"].as_str().unwrap_or("view");
    let answers = Answers::new(id, state, errors, Words { reader });
    let mut html = Html::default();
    if view["type"] == "home" {
        modal::draw_home(view, answers, &mut html);
    } else {
        modal::draw(view, answers, &mut html);
    }
    html.into_string()
}
