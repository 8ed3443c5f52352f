//! What comes out as markup, for whatever goes in.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Reader, message, view};

fn reader<'a>() -> Reader<'a> {
    Reader {
        names: &|id| (id == "U1").then(|| "Ada <Lovelace>".to_owned()),
    }
}

fn drawn(blocks: &Value) -> String {
    message(&json!({ "text": "", "blocks": blocks }), &reader())
}

fn form(blocks: &Value, state: &Value, errors: &[(&str, &str)]) -> String {
    let given = json!({
        "id": "V1", "type": "modal", "blocks": blocks,
        "title": { "type": "plain_text", "text": "Request access" },
        "submit": { "type": "plain_text", "text": "Ask" },
        "close": { "type": "plain_text", "text": "Cancel" },
    });
    let errors = errors
        .iter()
        .map(|(block, sentence)| ((*block).to_owned(), (*sentence).to_owned()))
        .collect();
    view(&given, state, &errors, &reader())
}

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text })
}

#[track_caller]
fn holds(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(html.contains(part), "{part}\nis not in\n{html}");
    }
}

#[test]
fn a_button_says_what_it_is_and_what_it_would_do() {
    let html = drawn(
        &json!([{ "type": "actions", "block_id": "row", "elements": [{
        "type": "button", "action_id": "approve", "value": "r1:2", "style": "primary",
        "text": plain("Approve"), "accessibility_label": "Approve Ada's request",
        "confirm": {
            "title": plain("Sure?"), "text": { "type": "mrkdwn", "text": "*All* of it <@U1>" },
            "confirm": plain("Yes"), "deny": plain("No"),
        },
    }] }]),
    );
    holds(
        &html,
        &[
            "<button type=\"button\" class=\"button\" data-act=\"click\" data-block=\"row\" \
             data-action=\"approve\" data-value=\"r1:2\" data-style=\"primary\" \
             aria-label=\"Approve Ada&#39;s request\"",
            "&quot;text&quot;:&quot;All of it @Ada &lt;Lovelace&gt;&quot;",
            ">Approve</button>",
        ],
    );
}

#[test]
fn a_menu_beside_a_section_is_named_by_its_words() {
    let html = drawn(&json!([{ "type": "section", "block_id": "what",
        "text": plain("What do you need?"),
        "accessory": { "type": "static_select", "action_id": "p", "options": [] } }]));
    holds(
        &html,
        &[
            "<div class=\"words\" id=\"m-what-p-words\"><p>What do you need?</p>",
            "data-action=\"p\" aria-labelledby=\"m-what-p-words\"",
        ],
    );
}

#[test]
fn a_button_with_a_link_is_a_link() {
    let button = |url: &str| {
        json!([{ "type": "actions", "elements": [{
            "type": "button", "action_id": "open", "url": url, "text": plain("Open"),
        }] }])
    };
    let html = drawn(&button("https://example.com/?q=a&b"));
    holds(
        &html,
        &[
            "<a href=\"https://example.com/?q=a&amp;b\"",
            "data-act=\"click\"",
            ">Open</a>",
        ],
    );
    let html = drawn(&button("javascript:alert(1)"));
    assert!(
        !html.contains("<a ") && html.contains("not rendered"),
        "{html}"
    );
}

#[test]
fn an_overflow_menu_shows_its_options_behind_three_dots() {
    let option = |name: &str| json!({ "text": plain(name), "value": name });
    let mut docs = option("Docs");
    docs["url"] = json!("https://example.com/");
    docs["description"] = plain("how it works");
    let mut evil = option("Evil");
    evil["url"] = json!("javascript:alert(1)");
    let html = drawn(
        &json!([{ "type": "actions", "block_id": "row", "elements": [{
        "type": "overflow", "action_id": "more", "options": [option("<Lock>"), docs, evil],
        "confirm": { "title": plain("Sure?"), "text": plain("Really"), "confirm": plain("Yes"),
                     "deny": plain("No") },
    }] }]),
    );
    holds(
        &html,
        &[
            "<details class=\"menu\" id=\"m-row-more\" data-act=\"pick\" data-block=\"row\" \
             data-action=\"more\" data-confirm=",
            "<summary aria-label=\"More to do\">⋯</summary>",
            "<button type=\"button\" data-pick=\"&lt;Lock&gt;\">&lt;Lock&gt;</button>",
            "<a class=\"button\" href=\"https://example.com/\" target=\"_blank\" \
             rel=\"noopener noreferrer\" data-pick=\"Docs\">Docs<small class=\"description\">how \
             it works</small></a>",
            "not rendered",
        ],
    );
    assert!(!html.contains("href=\"javascript"), "{html}");
}

#[test]
fn a_message_without_blocks_is_its_text() {
    let html = message(&json!({ "text": "*hello* <@U1>" }), &reader());
    holds(&html, &["<strong>hello</strong>", "@Ada &lt;Lovelace&gt;"]);
}

#[test]
fn a_form_shows_what_was_answered_before_what_stood_there_at_first() {
    let option = |value: &str| json!({ "text": plain(value), "value": value });
    let blocks = json!([
        { "type": "input", "block_id": "why", "label": plain("Why?"), "hint": plain("Be short."),
          "element": { "type": "plain_text_input", "action_id": "w", "multiline": true,
                       "initial_value": "first", "max_length": 500 } },
        { "type": "input", "block_id": "long", "label": plain("How long?"), "dispatch_action": true,
          "element": { "type": "radio_buttons", "action_id": "d", "initial_option": option("1"),
                       "options": [option("1"), option("2")] } },
        { "type": "input", "block_id": "what", "label": plain("What?"), "optional": true,
          "element": { "type": "static_select", "action_id": "p", "placeholder": plain("Choose"),
                       "options": [{ "text": plain("SSH"), "value": "ssh",
                                     "description": plain("port 22") }] } },
        { "type": "input", "block_id": "who", "label": plain("Whom?"),
          "element": { "type": "external_select", "action_id": "a", "min_query_length": 0 } },
    ]);
    let before = form(&blocks, &json!({}), &[]);
    holds(
        &before,
        &[
            "role=\"dialog\"",
            "<label class=\"label\" for=\"V1-why-w\">Why?</label>",
            "data-dispatch=\"false\" maxlength=\"500\" aria-describedby=\"V1-why-w-hint\"",
            ">\nfirst</textarea>",
            "<legend class=\"label\">How long?</legend>",
            "value=\"1\" checked",
            "What? (optional)",
            "<option value=\"\" selected disabled hidden>Choose</option>",
            "<option value=\"ssh\">SSH – port 22</option>",
            "role=\"combobox\"",
            "role=\"listbox\"",
            "data-act=\"submit\"",
            "data-act=\"close\"",
        ],
    );
    let state = json!({ "values": {
        "why": { "w": { "type": "plain_text_input", "value": "typed <b>" } },
        "long": { "d": { "type": "radio_buttons", "selected_option": option("2") } },
        "what": { "p": { "type": "static_select", "selected_option": { "value": "ssh" } } },
        "who": { "a": { "type": "external_select", "selected_option": option("grace") } },
    } });
    let after = form(
        &blocks,
        &state,
        &[("why", "Too <short>."), ("gone", "Elsewhere.")],
    );
    holds(
        &after,
        &[
            ">\ntyped &lt;b&gt;</textarea>",
            "value=\"2\" checked data-act=\"choose\" data-block=\"long\" data-action=\"d\"",
            "<option value=\"ssh\" selected>",
            "data-chosen=\"grace\"",
            "aria-describedby=\"V1-why-w-hint V1-why-w-error\" aria-invalid=\"true\"",
            "<p class=\"field-error\" id=\"V1-why-w-error\">Too &lt;short&gt;.</p>",
            "<p class=\"field-error\" role=\"alert\">Elsewhere.</p>",
        ],
    );
    assert!(!after.contains("first"), "{after}");
}

#[test]
fn a_home_tab_is_no_dialog() {
    let home = json!({ "id": "V2", "type": "home", "blocks": [
        { "type": "header", "text": plain("Your access") }, { "type": "divider" },
    ] });
    let html = view(&home, &Value::Null, &BTreeMap::new(), &reader());
    assert_eq!(
        html,
        "<div class=\"home\" data-view=\"V2\">\
         <h3 class=\"block header\">Your access</h3><hr></div>"
    );
}

#[test]
fn whatever_is_not_known_is_visible() {
    let unknown = [
        json!({ "type": "video" }),
        json!({ "no": "type" }),
        json!("not even an object"),
        json!({ "type": "section", "text": { "type": "html", "text": "x" } }),
        json!({ "type": "context", "elements": [{ "type": "clock" }] }),
        json!({ "type": "actions", "elements": [{ "type": "workflow_button" }] }),
        json!({ "type": "section", "accessory": { "type": "datepicker" } }),
        json!({ "type": "input", "label": plain("When?"), "element": { "type": "timepicker" } }),
        json!({ "type": "rich_text", "elements": [{ "type": "rich_text_table" }] }),
        json!({ "type": "rich_text", "elements": [
            { "type": "rich_text_section", "elements": [{ "type": "color" }] },
        ] }),
        json!({ "type": "rich_text", "elements": [
            { "type": "rich_text_list", "elements": [{ "type": "image" }] },
        ] }),
        json!({ "type": "section", "text": { "type": "mrkdwn", "text": "<!date^x|y>" } }),
    ];
    for block in unknown {
        let html = drawn(&json!([block]));
        assert!(
            html.contains("class=\"not-rendered\">not rendered: "),
            "{block} as {html}"
        );
    }
    let html = drawn(&json!([{ "type": "video" }]));
    assert_eq!(
        html,
        "<div class=\"not-rendered\">not rendered: video</div>"
    );
}

#[test]
fn pictures_are_described_and_never_loaded() {
    let picture = json!({ "type": "image", "image_url": "https://evil.example/pixel.png",
                          "alt_text": "a graph" });
    let html = drawn(&json!([picture, { "type": "context", "elements": [picture] }]));
    assert!(
        !html.contains("evil.example") && !html.contains("<img"),
        "{html}"
    );
    assert_eq!(html.matches("🖼 a graph").count(), 2);
}

#[test]
fn no_text_anywhere_becomes_markup() {
    let hostile = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' autofocus onfocus='alert(1)",
        "</textarea></select></form><script>",
        "<javascript:alert(1)|x> <https://a.example\"onclick=\"x|y>",
        "```</pre><script>``` `</code>` *<b>* > <q>",
        "&lt;script&gt; &amp;lt;script&amp;gt; &#60;script&#62;",
        "-->]]><!--",
    ];
    for text in hostile {
        let option = json!({ "text": plain(text), "value": text, "description": plain(text) });
        let mrkdwn = json!({ "type": "mrkdwn", "text": text });
        let confirm = json!({ "title": plain(text), "text": mrkdwn, "confirm": plain(text),
                              "deny": plain(text) });
        let button = json!({ "type": "button", "text": plain(text), "action_id": text,
            "value": text, "style": text, "url": text, "accessibility_label": text,
            "confirm": confirm });
        let mut pressed = button.clone();
        pressed.as_object_mut().expect("an object").remove("url");
        let input = |element: Value| {
            json!({ "type": "input", "block_id": text, "label": plain(text), "hint": plain(text),
                    "element": element })
        };
        let inline = |kind: &str| {
            json!({ "type": kind, "text": text, "url": text, "user_id": text, "name": text,
                    "timestamp": 0, "format": text, "fallback": text, "range": text })
        };
        let kinds = ["text", "link", "user", "emoji", "date", "broadcast", text];
        let blocks = json!([
            { "type": text },
            { "type": "header", "text": plain(text) },
            { "type": "section", "text": mrkdwn, "fields": [plain(text), mrkdwn], "accessory": button },
            { "type": "context", "elements": [mrkdwn, { "type": "image", "alt_text": text }] },
            { "type": "actions", "block_id": text, "elements": [button, pressed] },
            { "type": "rich_text", "elements": [{ "type": "rich_text_section",
                "elements": kinds.map(inline) }, { "type": "rich_text_preformatted",
                "elements": [inline("text")] }] },
            input(json!({ "type": "plain_text_input", "multiline": true, "initial_value": text,
                          "placeholder": plain(text), "action_id": text })),
            input(json!({ "type": "plain_text_input", "initial_value": text })),
            input(json!({ "type": "static_select", "placeholder": plain(text),
                          "option_groups": [{ "label": plain(text), "options": [option] }] })),
            input(json!({ "type": "external_select", "initial_option": option })),
            input(json!({ "type": "radio_buttons", "options": [option] })),
            input(json!({ "type": "checkboxes", "initial_options": [option], "options": [option] })),
        ]);
        for html in [
            drawn(&blocks),
            message(&json!({ "text": text, "ts": text }), &reader()),
            form(&blocks, &json!({}), &[(text, text), ("elsewhere", text)]),
        ] {
            tags_are_ours(&html);
        }
    }
}

/// Reads the markup as a browser would and knows every tag and attribute in it.
pub(crate) fn tags_are_ours(html: &str) {
    const TAGS: &[&str] = &[
        "a",
        "blockquote",
        "br",
        "button",
        "code",
        "div",
        "em",
        "fieldset",
        "form",
        "h2",
        "h3",
        "hr",
        "input",
        "label",
        "legend",
        "li",
        "ol",
        "optgroup",
        "option",
        "p",
        "pre",
        "s",
        "select",
        "small",
        "span",
        "strong",
        "textarea",
        "time",
        "u",
        "ul",
    ];
    const VOID: &[&str] = &["br", "hr", "input"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('>'), "a bare > in {text}");
        let (tag, beyond) = tag(after);
        rest = beyond;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "in {html}");
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(TAGS.contains(&name), "{name} in {html}");
        attributes_are_ours(attributes);
        if !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} is left open in {html}");
}

/// The tag up to its end, which no quoted `>` is, and what follows.
fn tag(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let end = text.find(|c| {
        quoted ^= c == '"';
        c == '>' && !quoted
    });
    let end = end.unwrap_or_else(|| panic!("a tag without an end: {text}"));
    (&text[..end], &text[end + 1..])
}

fn attributes_are_ours(mut attributes: &str) {
    const FLAGS: &[&str] = &[
        "autofocus",
        "checked",
        "data-many",
        "disabled",
        "hidden",
        "novalidate",
        "selected",
    ];
    const NAMES: &[&str] = &[
        "autocomplete",
        "class",
        "datetime",
        "for",
        "href",
        "id",
        "label",
        "maxlength",
        "minlength",
        "name",
        "placeholder",
        "rel",
        "role",
        "rows",
        "start",
        "target",
        "type",
        "value",
    ];
    while !attributes.is_empty() {
        let end = attributes.find(['=', ' ']).unwrap_or(attributes.len());
        let (name, rest) = attributes.split_at(end);
        let Some(value) = rest.strip_prefix("=\"") else {
            assert!(FLAGS.contains(&name), "{name}");
            attributes = rest.trim_start();
            continue;
        };
        let prefixed = name.starts_with("data-") || name.starts_with("aria-");
        assert!(NAMES.contains(&name) || prefixed, "{name}");
        let (value, rest) = value.split_once('"').expect("a quoted value ends");
        assert!(!value.contains(['<', '>', '\'']), "{value}");
        let web = ["http://", "https://", "mailto:"];
        let leads = web.iter().any(|scheme| value.starts_with(scheme));
        assert!(name != "href" || leads, "{value}");
        attributes = rest.trim_start();
    }
}
