//! Each limit from both sides.
#![expect(
    clippy::needless_pass_by_value,
    reason = "a table of cases reads better without borrowing each literal"
)]

use serde_json::{Value, json};

use super::{Surface, check_blocks, check_suggestions, check_view};

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text })
}

fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text })
}

fn long(characters: usize) -> String {
    "ä".repeat(characters)
}

fn option(number: usize) -> Value {
    json!({ "text": plain("One"), "value": number.to_string() })
}

fn options(count: usize) -> Vec<Value> {
    (0..count).map(option).collect()
}

fn said(blocks: &Value) -> Vec<String> {
    let problems = check_blocks(Surface::Message, blocks, "/blocks");
    problems.iter().map(ToString::to_string).collect()
}

/// Asserts that a block is refused at a place below it, and says why.
#[track_caller]
fn refused(block: Value, at: &str, says: &str) {
    let expected = format!("[ERROR] {says} [json-pointer:/blocks/0{at}]");
    let said = said(&json!([block]));
    assert!(said.contains(&expected), "{expected}\nnot in {said:#?}");
}

#[track_caller]
fn accepted(block: Value) {
    assert_eq!(said(&json!([block])), Vec::<String>::new());
}

fn section(text: Value) -> Value {
    json!({ "type": "section", "text": text })
}

fn actions(element: Value) -> Value {
    json!({ "type": "actions", "elements": [element] })
}

fn button(text: &str, key: &str, value: Value) -> Value {
    let mut button = json!({ "type": "button", "text": plain(text) });
    button[key] = value;
    button
}

fn input(element: Value) -> Value {
    json!({ "type": "input", "label": plain("Label"), "element": element })
}

fn modal(key: &str, value: Value) -> Value {
    let mut view = json!({ "type": "modal", "title": plain("Title"), "blocks": [] });
    view[key] = value;
    view
}

#[track_caller]
fn view_refused(view: &Value, at: &str, says: &str) {
    let expected = format!("[ERROR] {says} [json-pointer:/view{at}]");
    let said: Vec<String> = check_view(view).iter().map(ToString::to_string).collect();
    assert!(said.contains(&expected), "{expected}\nnot in {said:#?}");
}

#[test]
fn a_good_card_is_accepted() {
    let confirm = json!({
        "title": plain("Approve?"), "text": mrkdwn("*High* risk"),
        "confirm": plain("Approve"), "deny": plain("Back"), "style": "danger",
    });
    let card = json!([
        { "type": "header", "text": plain("Access") },
        { "type": "section", "block_id": "what", "text": mrkdwn("*Ada asks*"),
          "fields": [mrkdwn("*For* 2 h"), plain("online")],
          "accessory": { "type": "overflow", "action_id": "more", "options": options(5) } },
        { "type": "rich_text", "elements": [
            { "type": "rich_text_quote", "elements": [
                { "type": "text", "text": "db failover", "style": { "italic": true } },
                { "type": "date", "timestamp": 1_800_000_000, "format": "{time}", "fallback": "8" },
                { "type": "user", "user_id": "U0ADA" },
                { "type": "emoji", "name": "tada" },
                { "type": "link", "url": "https://example.com" } ] },
            { "type": "rich_text_list", "style": "bullet", "elements": [
                { "type": "rich_text_section", "elements": [{ "type": "text", "text": "x" }] } ] } ] },
        { "type": "context", "elements": [mrkdwn("REQ-7F3K"), plain("asked")] },
        { "type": "divider" },
        { "type": "actions", "elements": [
            { "type": "button", "action_id": "approve", "text": plain("Approve"), "value": "1",
              "style": "primary", "accessibility_label": "Approve it", "confirm": confirm },
            { "type": "button", "action_id": "deny", "text": plain("Deny…") } ] },
    ]);
    assert_eq!(said(&card), Vec::<String>::new());
}

#[test]
fn messages_hold_fifty_blocks_and_views_a_hundred() {
    let dividers = |count| Value::from(vec![json!({ "type": "divider" }); count]);
    assert!(check_blocks(Surface::Message, &dividers(50), "/blocks").is_empty());
    let many = check_blocks(Surface::Message, &dividers(51), "/blocks");
    assert_eq!(
        many[0].to_string(),
        "[ERROR] no more than 50 items allowed [json-pointer:/blocks]"
    );
    assert!(check_blocks(Surface::Home, &dividers(100), "/blocks").is_empty());
    assert_eq!(
        check_blocks(Surface::Modal, &dividers(101), "/blocks").len(),
        1
    );
}

#[test]
fn text_has_its_lengths() {
    accepted(section(mrkdwn(&long(3000))));
    let too_long = "must be less than 3001 characters";
    refused(section(mrkdwn(&long(3001))), "/text/text", too_long);
    refused(
        section(mrkdwn("")),
        "/text/text",
        "must be more than 0 characters",
    );
    let fields = |field: Value, count| json!({ "type": "section", "fields": vec![field; count] });
    accepted(fields(mrkdwn(&long(2000)), 10));
    refused(
        fields(plain("x"), 11),
        "/fields",
        "no more than 10 items allowed",
    );
    let too_long = "must be less than 2001 characters";
    refused(fields(mrkdwn(&long(2001)), 1), "/fields/0/text", too_long);
    let header = |text| json!({ "type": "header", "text": text });
    accepted(header(plain(&long(150))));
    refused(
        header(plain(&long(151))),
        "/text/text",
        "must be less than 151 characters",
    );
    refused(
        header(mrkdwn("x")),
        "/text",
        "must be a valid plain_text object",
    );
}

#[test]
fn text_objects_have_their_own_flags() {
    accepted(section(
        json!({ "type": "plain_text", "text": "x", "emoji": true }),
    ));
    accepted(section(
        json!({ "type": "mrkdwn", "text": "x", "verbatim": true }),
    ));
    let crossed = json!({ "type": "mrkdwn", "text": "x", "emoji": true });
    refused(
        section(crossed),
        "/text",
        "invalid additional property: emoji",
    );
    let crossed = json!({ "type": "plain_text", "text": "x", "verbatim": true });
    refused(
        section(crossed),
        "/text",
        "invalid additional property: verbatim",
    );
    let markdown = json!({ "type": "markdown", "text": "x" });
    refused(
        section(markdown),
        "/text",
        "must be a valid plain_text or mrkdwn object",
    );
}

#[test]
fn rows_have_their_widths() {
    let row = |count: usize| {
        let buttons: Vec<Value> = (0..count)
            .map(|number| button("x", "action_id", json!(number.to_string())))
            .collect();
        json!({ "type": "actions", "elements": buttons })
    };
    accepted(row(25));
    refused(row(26), "/elements", "no more than 25 items allowed");
    refused(row(0), "/elements", "must provide at least 1 items");
    let context = |count| json!({ "type": "context", "elements": vec![plain("x"); count] });
    accepted(context(10));
    refused(context(11), "/elements", "no more than 10 items allowed");
}

#[test]
fn buttons_have_their_limits() {
    let at = "/elements/0";
    accepted(actions(button(&long(75), "value", json!(long(2000)))));
    let too_long = "must be less than 76 characters";
    refused(
        actions(button(&long(76), "value", json!("x"))),
        "/elements/0/text/text",
        too_long,
    );
    let too_long = "must be less than 2001 characters";
    refused(
        actions(button("x", "value", json!(long(2001)))),
        "/elements/0/value",
        too_long,
    );
    let empty = "must be more than 0 characters";
    refused(
        actions(button("x", "value", json!(""))),
        "/elements/0/value",
        empty,
    );
    let too_long = "must be less than 256 characters";
    refused(
        actions(button("x", "action_id", json!(long(256)))),
        "/elements/0/action_id",
        too_long,
    );
    let styles = "must be one of: primary, danger";
    refused(
        actions(button("x", "style", json!("default"))),
        "/elements/0/style",
        styles,
    );
    let label = json!(long(76));
    let too_long = "must be less than 76 characters";
    let labelled = button("x", "accessibility_label", label);
    refused(
        actions(labelled),
        "/elements/0/accessibility_label",
        too_long,
    );
    let unknown = "invalid additional property: colour";
    refused(actions(button("x", "colour", json!("red"))), at, unknown);
}

#[test]
fn confirmation_dialogs_have_their_limits() {
    let confirm = |key: &str, value: Value| {
        let mut confirm = json!({
            "title": plain("x"), "text": plain("x"), "confirm": plain("x"), "deny": plain("x"),
        });
        confirm[key] = value;
        actions(button("x", "confirm", confirm))
    };
    for (key, most) in [("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)] {
        accepted(confirm(key, plain(&long(most))));
        let at = format!("/elements/0/confirm/{key}/text");
        let says = format!("must be less than {} characters", most + 1);
        refused(confirm(key, plain(&long(most + 1))), &at, &says);
    }
    let half = json!({ "title": plain("x"), "text": plain("x"), "confirm": plain("x") });
    let missing = "missing required field: deny";
    refused(
        actions(button("x", "confirm", half)),
        "/elements/0/confirm",
        missing,
    );
}

#[test]
fn menus_offer_options_or_groups_and_what_is_chosen_first() {
    let menu = |fields: Value| {
        let mut menu = json!({ "type": "static_select" });
        menu.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        actions(menu)
    };
    let group = |count| json!({ "label": plain("Group"), "options": options(count) });
    let at = "/elements/0";
    accepted(menu(json!({ "options": options(100) })));
    accepted(menu(json!({ "option_groups": vec![group(100); 100] })));
    let many = "no more than 100 items allowed";
    refused(
        menu(json!({ "options": options(101) })),
        "/elements/0/options",
        many,
    );
    let groups = json!({ "option_groups": vec![group(1); 101] });
    refused(menu(groups), "/elements/0/option_groups", many);
    refused(menu(json!({})), at, "missing required field: options");
    let both = json!({ "options": options(1), "option_groups": [group(1)] });
    refused(
        menu(both),
        at,
        "only one of options and option_groups may be provided",
    );
    let label = json!({ "option_groups": [{ "label": plain(&long(76)), "options": options(1) }] });
    let too_long = "must be less than 76 characters";
    refused(
        menu(label),
        "/elements/0/option_groups/0/label/text",
        too_long,
    );

    accepted(menu(
        json!({ "options": options(2), "initial_option": option(1) }),
    ));
    accepted(menu(
        json!({ "option_groups": [group(2)], "initial_option": option(1) }),
    ));
    let mut other = option(1);
    other["description"] = plain("told differently");
    let stray = json!({ "options": options(2), "initial_option": other });
    let not_offered = "must be one of the provided options";
    refused(menu(stray), "/elements/0/initial_option", not_offered);
}

#[test]
fn options_have_their_limits() {
    let with = |key: &str, value: Value| {
        let mut option = option(0);
        option[key] = value;
        actions(json!({ "type": "static_select", "options": [option] }))
    };
    let at = |key: &str| format!("/elements/0/options/0/{key}");
    accepted(with("value", json!(long(150))));
    refused(
        with("value", json!(long(151))),
        &at("value"),
        "must be less than 151 characters",
    );
    refused(
        with("value", json!("")),
        &at("value"),
        "must be more than 0 characters",
    );
    let too_long = "must be less than 76 characters";
    refused(with("text", plain(&long(76))), &at("text/text"), too_long);
    refused(
        with("description", plain(&long(76))),
        &at("description/text"),
        too_long,
    );
    refused(
        with("text", mrkdwn("x")),
        &at("text"),
        "must be a valid plain_text object",
    );
}

#[test]
fn choices_have_their_limits() {
    for kind in ["radio_buttons", "checkboxes"] {
        let choice = |count| actions(json!({ "type": kind, "options": options(count) }));
        accepted(choice(10));
        refused(
            choice(11),
            "/elements/0/options",
            "no more than 10 items allowed",
        );
    }
    let marked = json!({ "text": mrkdwn("*2 h*"), "value": "2h" });
    accepted(actions(
        json!({ "type": "radio_buttons", "options": [marked] }),
    ));
    let overflow = |count| actions(json!({ "type": "overflow", "options": options(count) }));
    accepted(overflow(5));
    refused(
        overflow(6),
        "/elements/0/options",
        "no more than 5 items allowed",
    );
}

#[test]
fn typed_fields_have_their_limits() {
    let text = |key: &str, value: Value| {
        let mut element = json!({ "type": "plain_text_input" });
        element[key] = value;
        input(element)
    };
    accepted(text("max_length", json!(3000)));
    let range = "must be between 1 and 3000";
    refused(
        text("max_length", json!(3001)),
        "/element/max_length",
        range,
    );
    let too_long = "must be less than 151 characters";
    refused(
        text("placeholder", plain(&long(151))),
        "/element/placeholder/text",
        too_long,
    );
    let odd = json!({ "trigger_actions_on": ["on_blur"] });
    let known = "must be one of: on_enter_pressed, on_character_entered";
    let place = "/element/dispatch_action_config/trigger_actions_on/0";
    refused(text("dispatch_action_config", odd), place, known);
    let full = json!({ "type": "plain_text_input", "max_length": 3, "initial_value": "four" });
    let misfit = "must fit min_length and max_length";
    refused(input(full), "/element/initial_value", misfit);
    let mut labelled = text("multiline", json!(true));
    labelled["label"] = plain(&long(2001));
    refused(labelled, "/label/text", "must be less than 2001 characters");
    refused(
        actions(json!({ "type": "plain_text_input" })),
        "/elements/0",
        "unsupported type: plain_text_input",
    );
    refused(
        input(button("x", "value", json!("x"))),
        "/element",
        "unsupported type: button",
    );
}

#[test]
fn ids_are_unique() {
    let named = |id: &str| json!({ "type": "divider", "block_id": id });
    let twice = said(&json!([named("a"), named("a")]));
    assert_eq!(
        twice,
        ["[ERROR] block_id must be unique: a [json-pointer:/blocks/1]"]
    );
    let row = actions(button("x", "action_id", json!("same")));
    let twice = json!([row, row]);
    let expected = "[ERROR] action_id must be unique: same [json-pointer:/blocks/1/elements/0]";
    assert_eq!(said(&twice), [expected]);
    assert!(
        check_blocks(Surface::Home, &twice, "/view/blocks").is_empty(),
        "in views an action_id is unique within its block"
    );
}

#[test]
fn unknown_blocks_and_fields_are_refused() {
    refused(
        json!({ "type": "carousel" }),
        "",
        "unsupported type: carousel",
    );
    refused(json!({}), "", "missing required field: type");
    refused(
        json!({ "type": "section" }),
        "",
        "missing required field: text or fields",
    );
    let odd = json!({ "type": "divider", "colour": "red" });
    refused(odd, "", "invalid additional property: colour");
    let nothing = json!({ "type": "rich_text", "elements": [
        { "type": "rich_text_section", "elements": [{ "type": "text", "text": "" }] },
    ] });
    let empty = "must be more than 0 characters";
    refused(nothing, "/elements/0/elements/0/text", empty);
}

#[test]
fn views_have_their_limits() {
    assert!(check_view(&modal("title", plain(&long(24)))).is_empty());
    for key in ["title", "submit", "close"] {
        let view = modal(key, plain(&long(25)));
        view_refused(
            &view,
            &format!("/{key}/text"),
            "must be less than 25 characters",
        );
    }
    for (key, most) in [
        ("private_metadata", 3000),
        ("callback_id", 255),
        ("external_id", 255),
    ] {
        assert!(
            check_view(&modal(key, json!(long(most)))).is_empty(),
            "{key}"
        );
        let says = format!("must be less than {} characters", most + 1);
        view_refused(
            &modal(key, json!(long(most + 1))),
            &format!("/{key}"),
            &says,
        );
    }
    let mut asking = modal(
        "blocks",
        json!([input(json!({ "type": "plain_text_input" }))]),
    );
    let needs = "missing required field: submit (a view with an input block needs one)";
    view_refused(&asking, "", needs);
    asking["submit"] = plain("Ask");
    assert!(check_view(&asking).is_empty());
    let home = json!({ "type": "home", "blocks": [], "title": plain("x") });
    view_refused(&home, "", "invalid additional property: title");
    view_refused(&json!({ "type": "page" }), "", "unsupported type: page");
}

#[test]
fn one_element_of_a_view_has_the_focus() {
    let focused = |block: &str| {
        let element = json!({ "type": "plain_text_input", "focus_on_load": true });
        let mut input = input(element);
        input["block_id"] = json!(block);
        input
    };
    let mut view = modal("blocks", json!([focused("a"), focused("b")]));
    view["submit"] = plain("Ask");
    view_refused(
        &view,
        "/blocks/1/element",
        "only one element may have focus_on_load",
    );
}

#[test]
fn suggestions_are_judged_too() {
    assert!(check_suggestions(&json!({ "options": options(100) })).is_empty());
    assert!(check_suggestions(&json!({ "options": [] })).is_empty());
    let many = check_suggestions(&json!({ "options": options(101) }));
    assert_eq!(many[0].says, "no more than 100 items allowed");
    assert_eq!(check_suggestions(&json!({})).len(), 1);
    let both = json!({ "options": [], "option_groups": [] });
    assert_eq!(check_suggestions(&both).len(), 1);
}
