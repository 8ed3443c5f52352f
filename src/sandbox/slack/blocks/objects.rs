//! Composition objects: text, option, option group, confirmation dialog.
//! <https://docs.slack.dev/reference/block-kit/composition-objects>

use super::node::{Findings, Node, Rule, Shape, chars, judge};

/// A text object of one of `kinds`, of 1 to `most` characters.
pub(super) fn text(node: &Node<'_>, kinds: &[&str], most: usize, findings: &mut Findings) {
    let Some(fields) = node.value.as_object() else {
        findings.add(node, "must be a valid text object");
        return;
    };
    let kind = node.kind();
    if !kinds.contains(&kind) {
        findings.add(
            node,
            format!("must be a valid {} object", kinds.join(" or ")),
        );
    }
    match node.get("text") {
        Some(text) => chars(&text, 1, most, findings),
        None => findings.add(node, "missing required field: text"),
    }
    let flag = match kind {
        "plain_text" => "emoji",
        _ => "verbatim",
    };
    for (name, value) in fields {
        match name.as_str() {
            "type" | "text" => {}
            known if known == flag => {
                if !value.is_boolean() {
                    findings.add(node, format!("must be a valid boolean: {flag}"));
                }
            }
            other => findings.add(node, format!("invalid additional property: {other}")),
        }
    }
}

/// An option of a select menu.
pub(super) fn select_option(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[("text", Rule::Plain(75)), ("value", Rule::Chars(1, 150))],
        may: &[("description", Rule::Plain(75))],
    };
    judge(node, &SHAPE, findings);
}

/// An option of radio buttons or checkboxes, which may be marked up.
pub(super) fn choice_option(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[("text", Rule::Text(75)), ("value", Rule::Chars(1, 150))],
        may: &[("description", Rule::Text(75))],
    };
    judge(node, &SHAPE, findings);
}

/// An option of an overflow menu, which may carry a link.
pub(super) fn overflow_option(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[("text", Rule::Plain(75)), ("value", Rule::Chars(1, 150))],
        may: &[
            ("description", Rule::Plain(75)),
            ("url", Rule::Chars(1, 3000)),
        ],
    };
    judge(node, &SHAPE, findings);
}

/// A labelled group of options.
pub(super) fn option_group(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[
            ("label", Rule::Plain(75)),
            ("options", Rule::List(1, 100, select_option)),
        ],
        may: &[],
    };
    judge(node, &SHAPE, findings);
}

/// A confirmation dialog.
pub(super) fn confirm(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[
            ("title", Rule::Plain(100)),
            ("text", Rule::Text(300)),
            ("confirm", Rule::Plain(30)),
            ("deny", Rule::Plain(30)),
        ],
        may: &[("style", Rule::Word(&["primary", "danger"]))],
    };
    judge(node, &SHAPE, findings);
}

/// Says when a typed character reaches the app.
pub(super) fn dispatch_config(node: &Node<'_>, findings: &mut Findings) {
    fn moment(node: &Node<'_>, findings: &mut Findings) {
        let known = ["on_enter_pressed", "on_character_entered"];
        if !node
            .value
            .as_str()
            .is_some_and(|word| known.contains(&word))
        {
            findings.add(node, format!("must be one of: {}", known.join(", ")));
        }
    }
    static SHAPE: Shape = Shape {
        must: &[("trigger_actions_on", Rule::List(1, 2, moment))],
        may: &[],
    };
    judge(node, &SHAPE, findings);
}
