//! Buttons.
//! <https://docs.slack.dev/reference/block-kit/block-elements/button-element>

use serde_json::Value;

use super::{
    super::{
        field::Field,
        html::{Html, Tag},
        span, text,
    },
    confirmed,
};

/// A button; one with a link is drawn as a link, and tells the app of the click all the same.
pub(super) fn draw(element: &Value, field: &Field<'_>, html: &mut Html) {
    let label = text::plain(&element["text"], field.words);
    let name = element["accessibility_label"].as_str().unwrap_or(&label);
    let (kind, tag) = match element["url"].as_str() {
        Some(url) if !span::is_harmless(url) => {
            html.not_rendered(&format!("a button “{label}” that leads to {url}"));
            return;
        }
        Some(url) => {
            let tag = Tag::new("a")
                .attr("href", url)
                .attr("target", "_blank")
                .attr("rel", "noopener noreferrer");
            ("a", tag)
        }
        None => ("button", Tag::new("button").attr("type", "button")),
    };
    let tag = field
        .acts(tag.attr("class", "button"), "click")
        .maybe("data-value", element["value"].as_str())
        .maybe("data-style", element["style"].as_str())
        .attr("aria-label", name);
    html.element(kind, confirmed(tag, element, field), &label);
}
