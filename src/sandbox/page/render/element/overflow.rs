//! Overflow menus: a few more things to do, behind three dots.
//! <https://docs.slack.dev/reference/block-kit/block-elements/overflow-menu-element>

use serde_json::Value;

use super::{
    super::{
        field::Field,
        html::{Html, Tag},
        span, text,
    },
    confirmed,
};

/// Three dots, and the options behind them; one with a link is drawn as a link, and tells the
/// app of the choice all the same.
pub(super) fn draw(element: &Value, field: &Field<'_>, html: &mut Html) {
    let tag = Tag::new("details")
        .attr("class", "menu")
        .attr("id", &field.id);
    html.open(confirmed(field.acts(tag, "pick"), element, field));
    let tag = field.named(Tag::new("summary"), "More to do");
    html.element("summary", tag, "⋯");
    html.open(Tag::new("div").attr("class", "items"));
    for option in element["options"].as_array().into_iter().flatten() {
        draw_option(option, field, html);
    }
    html.close("div");
    html.close("details");
}

fn draw_option(option: &Value, field: &Field<'_>, html: &mut Html) {
    let label = text::plain(&option["text"], field.words);
    let (kind, tag) = match option["url"].as_str() {
        Some(url) if !span::is_harmless(url) => {
            html.not_rendered(&format!("an option “{label}” that leads to {url}"));
            return;
        }
        Some(url) => {
            let tag = Tag::new("a")
                .attr("class", "button")
                .attr("href", url)
                .attr("target", "_blank")
                .attr("rel", "noopener noreferrer");
            ("a", tag)
        }
        None => ("button", Tag::new("button").attr("type", "button")),
    };
    let value = option["value"].as_str().unwrap_or_default();
    html.open(tag.attr("data-pick", value));
    html.text(&label);
    if let Some(description) = option.get("description") {
        html.open(Tag::new("small").attr("class", "description"));
        html.text(&text::plain(description, field.words));
        html.close("small");
    }
    html.close(kind);
}
