//! Blocks, one after the other.
//! <https://docs.slack.dev/reference/block-kit/blocks>

use serde_json::Value;

use super::{
    element,
    field::{Answers, Field},
    html::{Html, Tag},
    rich_text, text,
};

/// Draws blocks in their order.
pub(super) fn draw_all(blocks: &[Value], answers: Answers<'_>, html: &mut Html) {
    for block in blocks {
        draw(block, answers, html);
    }
}

fn draw(block: &Value, answers: Answers<'_>, html: &mut Html) {
    let words = answers.words;
    match block["type"].as_str().unwrap_or_default() {
        "section" => section(block, answers, html),
        "header" => {
            let tag = Tag::new("h3").attr("class", "block header");
            html.element("h3", tag, &text::plain(&block["text"], words));
        }
        "context" => inside("context", html, |html| {
            for element in items(block) {
                match element["type"].as_str() {
                    Some("image") => element::image(element, html),
                    _ => text::draw(element, words, html),
                }
            }
        }),
        "actions" => inside("actions", html, |html| {
            for element in items(block) {
                let field = Field::standing(answers, block, element);
                element::draw(element, &field, html);
            }
        }),
        "input" => inside("input", html, |html| {
            let field = Field::asked(answers, block);
            element::draw(&block["element"], &field, html);
            field.draw_notes(html);
        }),
        "divider" => html.open(Tag::new("hr")),
        "image" => inside("image", html, |html| {
            if let Some(title) = block.get("title") {
                text::draw(title, words, html);
            }
            element::image(block, html);
        }),
        "rich_text" => inside("rich-text", html, |html| {
            rich_text::draw(block, words, html);
        }),
        other => html.not_rendered(other),
    }
}

fn section(block: &Value, answers: Answers<'_>, html: &mut Html) {
    let accessory = block.get("accessory");
    let beside = accessory.map(|accessory| (accessory, Field::beside(answers, block)));
    inside("section", html, |html| {
        let words_id = beside.as_ref().and_then(|(_, field)| field.words_id());
        let tag = Tag::new("div").attr("class", "words");
        html.open(tag.maybe("id", words_id));
        if let Some(words) = block.get("text") {
            text::draw(words, answers.words, html);
        }
        if let Some(fields) = block["fields"].as_array() {
            html.open(Tag::new("div").attr("class", "fields"));
            for field in fields {
                html.open(Tag::new("div").attr("class", "field"));
                text::draw(field, answers.words, html);
                html.close("div");
            }
            html.close("div");
        }
        html.close("div");
        if let Some((accessory, field)) = &beside {
            html.open(Tag::new("div").attr("class", "accessory"));
            element::draw(accessory, field, html);
            html.close("div");
        }
    });
}

fn inside(class: &str, html: &mut Html, draw: impl FnOnce(&mut Html)) {
    html.open(Tag::new("div").attr("class", &format!("block {class}")));
    draw(html);
    html.close("div");
}

fn items(block: &Value) -> impl Iterator<Item = &Value> {
    block["elements"].as_array().into_iter().flatten()
}
