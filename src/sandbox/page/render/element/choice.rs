//! Radio buttons and checkboxes.
//! <https://docs.slack.dev/reference/block-kit/block-elements/radio-button-group-element>

use serde_json::Value;

use super::{
    super::{
        field::Field,
        html::{Html, Tag},
        text,
    },
    chosen, confirmed, options,
};

/// How many may be chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    One,
    Many,
}

impl Kind {
    fn input(self) -> &'static str {
        match self {
            Self::One => "radio",
            Self::Many => "checkbox",
        }
    }
}

/// All options below each other; the label of the input is the legend.
pub(super) fn draw(element: &Value, field: &Field<'_>, kind: Kind, html: &mut Html) {
    let group = Tag::new("fieldset")
        .attr("class", "choices")
        .attr("id", &field.id);
    let group = match kind {
        Kind::One => group.attr("role", "radiogroup"),
        Kind::Many => group.flag("data-many", true),
    };
    let group = field.named(field.described(group), "Choices");
    html.open(confirmed(group, element, field));
    if let Some(label) = field.label() {
        html.element("legend", Tag::new("legend").attr("class", "label"), &label);
    }
    let chosen: Vec<&Value> = chosen(element, field)
        .into_iter()
        .map(|option| &option["value"])
        .collect();
    for option in options(element) {
        html.open(Tag::new("label").attr("class", "choice"));
        let tag = Tag::new("input")
            .attr("type", kind.input())
            .attr("name", &field.id)
            .attr("value", option["value"].as_str().unwrap_or_default())
            .flag("checked", chosen.contains(&&option["value"]));
        html.open(field.acts(tag, "choose"));
        html.open(Tag::new("span"));
        text::draw_inline(&option["text"], field.words, html);
        html.close("span");
        if let Some(description) = option.get("description") {
            html.open(Tag::new("small").attr("class", "description"));
            text::draw_inline(description, field.words, html);
            html.close("small");
        }
        html.close("label");
    }
    html.close("fieldset");
}
