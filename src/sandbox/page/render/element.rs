//! Elements: what can be pressed, chosen and typed.
//! <https://docs.slack.dev/reference/block-kit/block-elements>

mod button;
mod choice;
mod menu;
mod overflow;
mod typed;

use serde_json::Value;

use super::{
    field::Field,
    html::{Html, Tag},
};

/// Draws an element with the label that belongs to it.
pub(super) fn draw(element: &Value, field: &Field<'_>, html: &mut Html) {
    match element["type"].as_str().unwrap_or_default() {
        "button" => button::draw(element, field, html),
        "static_select" => menu::fixed(element, field, html),
        "external_select" => menu::searched(element, field, html),
        "overflow" => overflow::draw(element, field, html),
        "radio_buttons" => choice::draw(element, field, choice::Kind::One, html),
        "checkboxes" => choice::draw(element, field, choice::Kind::Many, html),
        "plain_text_input" => typed::draw(element, field, html),
        "image" => image(element, html),
        other => {
            if let Some(label) = field.label() {
                html.element("p", Tag::new("p").attr("class", "label"), &label);
            }
            html.not_rendered(other);
        }
    }
}

/// A picture's description: a page that leaves this machine alone loads no pictures.
pub(super) fn image(element: &Value, html: &mut Html) {
    let words = element["alt_text"].as_str().unwrap_or_default();
    let tag = Tag::new("span")
        .attr("class", "picture")
        .attr("role", "img")
        .attr("aria-label", words);
    html.element("span", tag, &format!("🖼 {words}"));
}

/// The options of an element, from its groups too.
fn options(element: &Value) -> Vec<&Value> {
    let plain = element["options"].as_array().into_iter().flatten();
    let groups = element["option_groups"].as_array().into_iter().flatten();
    let grouped = groups.flat_map(|group| group["options"].as_array().into_iter().flatten());
    plain.chain(grouped).collect()
}

/// The chosen options: what was answered, or what stands there at first.
fn chosen<'a>(element: &'a Value, field: &Field<'a>) -> Vec<&'a Value> {
    let (one, many) = if field.answer.is_object() {
        (
            &field.answer["selected_option"],
            &field.answer["selected_options"],
        )
    } else {
        (&element["initial_option"], &element["initial_options"])
    };
    let one = Some(one).filter(|one| one.is_object());
    one.into_iter()
        .chain(many.as_array().into_iter().flatten())
        .collect()
}

/// Asks twice before something is done: the words of the dialog, for the page to show.
fn confirmed(tag: Tag, element: &Value, field: &Field<'_>) -> Tag {
    let Some(confirm) = element.get("confirm") else {
        return tag;
    };
    let words = |key: &str| super::text::plain(&confirm[key], field.words);
    let dialog = serde_json::json!({
        "title": words("title"),
        "text": words("text"),
        "confirm": words("confirm"),
        "deny": words("deny"),
        "style": confirm["style"],
    });
    tag.attr("data-confirm", &dialog.to_string())
}
