//! Blocks: what may stand in a message or a view, and which elements each may hold.
//! <https://docs.slack.dev/reference/block-kit/blocks>

use super::{
    elements::{image as image_element, judge_of},
    node::{Findings, Node, Rule, Shape, judge},
    objects::text,
    rich_text::rich_text,
};

const BLOCK_ID: (&str, Rule) = ("block_id", Rule::Chars(1, 255));

/// Elements that may stand beside a section.
const ACCESSORIES: &[&str] = &[
    "button",
    "overflow",
    "static_select",
    "multi_static_select",
    "external_select",
    "multi_external_select",
    "users_select",
    "multi_users_select",
    "conversations_select",
    "multi_conversations_select",
    "channels_select",
    "multi_channels_select",
    "radio_buttons",
    "checkboxes",
    "datepicker",
    "timepicker",
    "image",
];

/// Elements that may stand in a row of actions.
const ACTIONS: &[&str] = &[
    "button",
    "overflow",
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
    "radio_buttons",
    "checkboxes",
    "datepicker",
    "timepicker",
    "datetimepicker",
];

/// Elements that may be asked for in an input block.
const INPUTS: &[&str] = &[
    "plain_text_input",
    "number_input",
    "email_text_input",
    "url_text_input",
    "static_select",
    "multi_static_select",
    "external_select",
    "multi_external_select",
    "users_select",
    "multi_users_select",
    "conversations_select",
    "multi_conversations_select",
    "channels_select",
    "multi_channels_select",
    "radio_buttons",
    "checkboxes",
    "datepicker",
    "timepicker",
    "datetimepicker",
];

/// Judges one block.
pub(super) fn block(node: &Node<'_>, findings: &mut Findings) {
    match node.kind() {
        "section" => section(node, findings),
        "header" => header(node, findings),
        "context" => context(node, findings),
        "actions" => actions(node, findings),
        "input" => input(node, findings),
        "divider" => divider(node, findings),
        "image" => image(node, findings),
        "rich_text" => rich_text(node, findings),
        "" => findings.add(node, "missing required field: type"),
        other => findings.add(node, format!("unsupported type: {other}")),
    }
}

fn section(node: &Node<'_>, findings: &mut Findings) {
    fn field(node: &Node<'_>, findings: &mut Findings) {
        text(node, &["plain_text", "mrkdwn"], 2000, findings);
    }
    fn accessory(node: &Node<'_>, findings: &mut Findings) {
        element_of(node, ACCESSORIES, findings);
    }
    static SHAPE: Shape = Shape {
        must: &[("type", Rule::Word(&["section"]))],
        may: &[
            BLOCK_ID,
            ("text", Rule::Text(3000)),
            ("fields", Rule::List(1, 10, field)),
            ("accessory", Rule::Is(accessory)),
            ("expand", Rule::Flag),
        ],
    };
    judge(node, &SHAPE, findings);
    if node.get("text").is_none() && node.get("fields").is_none() {
        findings.add(node, "missing required field: text or fields");
    }
}

fn header(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["header"])),
            ("text", Rule::Plain(150)),
        ],
        may: &[BLOCK_ID],
    };
    judge(node, &SHAPE, findings);
}

fn context(node: &Node<'_>, findings: &mut Findings) {
    fn element(node: &Node<'_>, findings: &mut Findings) {
        match node.kind() {
            "image" => image_element(node, findings),
            _ => text(node, &["plain_text", "mrkdwn"], 3000, findings),
        }
    }
    static SHAPE: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["context"])),
            ("elements", Rule::List(1, 10, element)),
        ],
        may: &[BLOCK_ID],
    };
    judge(node, &SHAPE, findings);
}

fn actions(node: &Node<'_>, findings: &mut Findings) {
    fn element(node: &Node<'_>, findings: &mut Findings) {
        element_of(node, ACTIONS, findings);
    }
    static SHAPE: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["actions"])),
            ("elements", Rule::List(1, 25, element)),
        ],
        may: &[BLOCK_ID],
    };
    judge(node, &SHAPE, findings);
}

fn input(node: &Node<'_>, findings: &mut Findings) {
    fn element(node: &Node<'_>, findings: &mut Findings) {
        element_of(node, INPUTS, findings);
    }
    static SHAPE: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["input"])),
            ("label", Rule::Plain(2000)),
            ("element", Rule::Is(element)),
        ],
        may: &[
            BLOCK_ID,
            ("hint", Rule::Plain(2000)),
            ("optional", Rule::Flag),
            ("dispatch_action", Rule::Flag),
        ],
    };
    judge(node, &SHAPE, findings);
}

fn divider(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[("type", Rule::Word(&["divider"]))],
        may: &[BLOCK_ID],
    };
    judge(node, &SHAPE, findings);
}

fn image(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["image"])),
            ("image_url", Rule::Chars(1, 3000)),
            ("alt_text", Rule::Chars(1, 2000)),
        ],
        may: &[BLOCK_ID, ("title", Rule::Plain(2000))],
    };
    judge(node, &SHAPE, findings);
}

fn element_of(node: &Node<'_>, allowed: &[&str], findings: &mut Findings) {
    let kind = node.kind();
    match judge_of(kind) {
        Some(judge) if allowed.contains(&kind) => judge(node, findings),
        _ => findings.add(node, format!("unsupported type: {kind}")),
    }
}
