//! Modals as dialogs, and home tabs.
//! <https://docs.slack.dev/surfaces/modals>

use serde_json::Value;

use super::{
    block,
    field::Answers,
    html::{Html, Tag},
    text,
};

/// A dialog with a form: title, blocks, buttons.
pub(super) fn draw(view: &Value, answers: Answers<'_>, html: &mut Html) {
    let words = answers.words;
    let title = answers.id(&["title"]);
    let tag = Tag::new("form")
        .attr("class", "modal")
        .attr("data-view", view["id"].as_str().unwrap_or_default())
        .attr("role", "dialog")
        .attr("aria-modal", "true")
        .attr("aria-labelledby", &title)
        .flag("novalidate", true);
    html.open(tag);
    let tag = Tag::new("h2").attr("class", "title").attr("id", &title);
    html.element("h2", tag, &text::plain(&view["title"], words));
    html.open(Tag::new("div").attr("class", "body"));
    draw_blocks(view, answers, html);
    html.close("div");
    html.open(Tag::new("div").attr("class", "buttons"));
    let written = |key: &str| view.get(key).filter(|label| label.is_object());
    let close = written("close").map_or_else(|| "Cancel".to_owned(), |l| text::plain(l, words));
    let tag = Tag::new("button")
        .attr("type", "button")
        .attr("class", "button")
        .attr("data-act", "close");
    html.element("button", tag, &close);
    if let Some(submit) = written("submit") {
        let tag = Tag::new("button")
            .attr("type", "submit")
            .attr("class", "button")
            .attr("data-act", "submit")
            .attr("data-style", "primary");
        html.element("button", tag, &text::plain(submit, words));
    }
    html.close("div");
    html.close("form");
}

/// What stands in the app's home tab.
pub(super) fn draw_home(view: &Value, answers: Answers<'_>, html: &mut Html) {
    let tag = Tag::new("div")
        .attr("class", "home")
        .attr("data-view", view["id"].as_str().unwrap_or_default());
    html.open(tag);
    draw_blocks(view, answers, html);
    html.close("div");
}

/// The blocks, below whatever is wrong with fields that are not among them: a sentence that
/// found no place would be lost.
fn draw_blocks(view: &Value, answers: Answers<'_>, html: &mut Html) {
    let blocks = view["blocks"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    for error in answers.errors_beside(blocks) {
        let tag = Tag::new("p")
            .attr("class", "field-error")
            .attr("role", "alert");
        html.element("p", tag, error);
    }
    block::draw_all(blocks, answers, html);
}
