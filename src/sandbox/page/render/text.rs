//! Text objects, plain or marked up.
//! <https://docs.slack.dev/reference/block-kit/composition-objects/text-object>

use serde_json::Value;

use super::{
    emoji,
    html::{Html, Tag},
    mrkdwn,
    span::Words,
};

/// Draws a text object as paragraphs.
pub(super) fn draw(text: &Value, words: Words<'_>, html: &mut Html) {
    match text["type"].as_str() {
        Some("plain_text") => html.element("p", Tag::new("p"), &plain(text, words)),
        Some("mrkdwn") => mrkdwn::draw(written(text), words, html),
        other => html.not_rendered(&format!("text of type {}", other.unwrap_or("none"))),
    }
}

/// Draws a text object where only words may stand.
pub(super) fn draw_inline(text: &Value, words: Words<'_>, html: &mut Html) {
    match text["type"].as_str() {
        Some("plain_text") => html.lines(&plain(text, words)),
        Some("mrkdwn") => mrkdwn::draw_inline(written(text), words, html),
        other => html.not_rendered_inline(&format!("text of type {}", other.unwrap_or("none"))),
    }
}

/// What a text object says, without any looks.
pub(super) fn plain(text: &Value, words: Words<'_>) -> String {
    match text["type"].as_str() {
        Some("mrkdwn") => mrkdwn::plain(written(text), words),
        _ if text["emoji"] == true => emoji::replaced(written(text)),
        _ => written(text).to_owned(),
    }
}

fn written(text: &Value) -> &str {
    text["text"].as_str().unwrap_or_default()
}
