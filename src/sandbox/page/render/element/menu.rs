//! Select menus: with options of their own, or with a search.
//! <https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element>

use serde_json::Value;

use super::{
    super::{
        field::Field,
        html::{Html, Tag},
        text,
    },
    chosen, confirmed,
};

/// Slack asks the app only once so many characters were typed, unless told otherwise.
const USUAL_QUERY_LENGTH: u64 = 3;

/// A menu whose options are known.
pub(super) fn fixed(element: &Value, field: &Field<'_>, html: &mut Html) {
    let placeholder = placeholder(element, field, "Choose…");
    let chosen = chosen(element, field)
        .first()
        .map(|option| &option["value"]);
    field.draw_label(html);
    let tag = Tag::new("select").attr("id", &field.id);
    let tag = field.named(field.described(field.acts(tag, "choose")), &placeholder);
    html.open(confirmed(tag, element, field));
    // There even when something is chosen, so that the options keep their places when the page
    // takes over a new drawing: a browser remembers by place what somebody chose.
    let tag = Tag::new("option")
        .attr("value", "")
        .flag("selected", chosen.is_none())
        .flag("disabled", true)
        .flag("hidden", true);
    html.element("option", tag, &placeholder);
    let options = |options: &Value, html: &mut Html| {
        for option in options.as_array().into_iter().flatten() {
            draw_option(option, chosen, field, html);
        }
    };
    options(&element["options"], html);
    for group in element["option_groups"].as_array().into_iter().flatten() {
        let label = text::plain(&group["label"], field.words);
        html.open(Tag::new("optgroup").attr("label", &label));
        options(&group["options"], html);
        html.close("optgroup");
    }
    html.close("select");
}

/// "Production SSH – tcp:22 on tag:prod": a native menu has one line an option.
fn draw_option(option: &Value, chosen: Option<&Value>, field: &Field<'_>, html: &mut Html) {
    let words = |key: &str| text::plain(&option[key], field.words);
    let line = match option.get("description") {
        Some(_) => format!("{} – {}", words("text"), words("description")),
        None => words("text"),
    };
    let tag = Tag::new("option")
        .attr("value", option["value"].as_str().unwrap_or_default())
        .flag("selected", chosen == Some(&option["value"]));
    html.element("option", tag, &line);
}

/// A menu whose options the app is asked for: a text field with a list that the page fills.
/// <https://www.w3.org/WAI/ARIA/apg/patterns/combobox/>
pub(super) fn searched(element: &Value, field: &Field<'_>, html: &mut Html) {
    let placeholder = placeholder(element, field, "Search…");
    let least = element["min_query_length"].as_u64();
    let chosen = chosen(element, field).first().copied();
    let list = format!("{}-list", field.id);
    field.draw_label(html);
    let tag = field.acts(Tag::new("div").attr("class", "search"), "search");
    let tag = tag
        .attr("data-min", &least.unwrap_or(USUAL_QUERY_LENGTH).to_string())
        .maybe(
            "data-chosen",
            chosen.and_then(|option| option["value"].as_str()),
        );
    html.open(confirmed(tag, element, field));
    let label = chosen.map(|option| text::plain(&option["text"], field.words));
    let tag = Tag::new("input")
        .attr("type", "text")
        .attr("id", &field.id)
        .attr("role", "combobox")
        .attr("aria-expanded", "false")
        .attr("aria-autocomplete", "list")
        .attr("aria-controls", &list)
        .attr("autocomplete", "off")
        .attr("placeholder", &placeholder)
        .maybe("value", label.as_deref());
    html.open(field.named(field.described(tag), &placeholder));
    let name = field.label().unwrap_or(placeholder);
    let tag = Tag::new("ul")
        .attr("id", &list)
        .attr("role", "listbox")
        .attr("aria-label", &name)
        .flag("hidden", true);
    html.element("ul", tag, "");
    html.close("div");
}

fn placeholder(element: &Value, field: &Field<'_>, usual: &str) -> String {
    match element.get("placeholder") {
        Some(placeholder) => text::plain(placeholder, field.words),
        None => usual.to_owned(),
    }
}
