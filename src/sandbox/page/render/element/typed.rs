//! Text fields.
//! <https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element>

use serde_json::Value;

use super::super::{
    field::Field,
    html::{Html, Tag},
    text,
};

/// One line or several, holding what was typed so far.
pub(super) fn draw(element: &Value, field: &Field<'_>, html: &mut Html) {
    let written = if field.answer.is_object() {
        &field.answer["value"]
    } else {
        &element["initial_value"]
    };
    let written = written.as_str().unwrap_or_default();
    let placeholder = element
        .get("placeholder")
        .map(|placeholder| text::plain(placeholder, field.words));
    field.draw_label(html);
    let described = |tag: Tag| {
        let number = |key: &str| element[key].as_u64().map(|number| number.to_string());
        let tag = field
            .acts(tag.attr("id", &field.id), "type")
            .attr(
                "data-dispatch",
                if field.dispatches() { "true" } else { "false" },
            )
            .maybe("minlength", number("min_length").as_deref())
            .maybe("maxlength", number("max_length").as_deref())
            .maybe("placeholder", placeholder.as_deref())
            .flag("autofocus", element["focus_on_load"] == true);
        field.named(
            field.described(tag),
            placeholder.as_deref().unwrap_or("Text"),
        )
    };
    if element["multiline"] == true {
        html.open(described(Tag::new("textarea").attr("rows", "4")));
        // A line break right after the tag is not part of the text.
        html.text("\n");
        html.text(written);
        html.close("textarea");
    } else {
        let tag = Tag::new("input")
            .attr("type", "text")
            .attr("autocomplete", "off");
        html.open(described(tag).attr("value", written));
    }
}
