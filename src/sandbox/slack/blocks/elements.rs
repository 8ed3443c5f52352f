//! Interactive elements: buttons, menus, choices, pickers.
//! <https://docs.slack.dev/reference/block-kit/block-elements>

use serde_json::Value;

use super::{
    node::{Findings, Judge, Node, Problem, Rule, Shape, judge, list},
    objects::{choice_option, confirm, option_group, overflow_option, select_option},
};

pub(super) const ACTION_ID: (&str, Rule) = ("action_id", Rule::Chars(1, 255));
pub(super) const CONFIRM: (&str, Rule) = ("confirm", Rule::Is(confirm));
pub(super) const FOCUS: (&str, Rule) = ("focus_on_load", Rule::Flag);
pub(super) const PLACEHOLDER: (&str, Rule) = ("placeholder", Rule::Plain(150));

/// Judges an element of any kind that this stand-in knows; `None` for the others.
pub(super) fn judge_of(kind: &str) -> Option<Judge> {
    Some(match kind {
        "button" => button,
        "overflow" => overflow,
        "static_select" => static_select,
        "multi_static_select" => multi_static_select,
        "external_select" => external_select,
        "multi_external_select" => multi_external_select,
        "users_select" | "conversations_select" | "channels_select" => picker,
        "multi_users_select" | "multi_conversations_select" | "multi_channels_select" => {
            multi_picker
        }
        "radio_buttons" => radio_buttons,
        "checkboxes" => checkboxes,
        "datepicker" | "timepicker" | "datetimepicker" => moment,
        "image" => image,
        other => return super::inputs::judge_of(other),
    })
}

fn button(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[("type", Rule::Word(&["button"])), ("text", Rule::Plain(75))],
        may: &[
            ACTION_ID,
            CONFIRM,
            ("value", Rule::Chars(1, 2000)),
            ("url", Rule::Chars(1, 3000)),
            ("style", Rule::Word(&["primary", "danger"])),
            ("accessibility_label", Rule::Chars(1, 75)),
        ],
    };
    judge(node, &SHAPE, findings);
}

fn overflow(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["overflow"])),
            ("options", Rule::List(1, 5, overflow_option)),
        ],
        may: &[ACTION_ID, CONFIRM],
    };
    judge(node, &SHAPE, findings);
}

fn static_select(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[("type", Rule::Word(&["static_select"]))],
        may: &[
            ACTION_ID,
            CONFIRM,
            FOCUS,
            PLACEHOLDER,
            ("options", Rule::List(1, 100, select_option)),
            ("option_groups", Rule::List(1, 100, option_group)),
            ("initial_option", Rule::Is(select_option)),
        ],
    };
    judge(node, &SHAPE, findings);
    one_source(node, findings);
    initial_is_offered(node, findings);
}

fn multi_static_select(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[("type", Rule::Word(&["multi_static_select"]))],
        may: &[
            ACTION_ID,
            CONFIRM,
            FOCUS,
            PLACEHOLDER,
            ("options", Rule::List(1, 100, select_option)),
            ("option_groups", Rule::List(1, 100, option_group)),
            ("initial_options", Rule::List(1, 100, select_option)),
            ("max_selected_items", Rule::Whole(1, 100)),
        ],
    };
    judge(node, &SHAPE, findings);
    one_source(node, findings);
    initial_is_offered(node, findings);
}

fn external_select(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[("type", Rule::Word(&["external_select"]))],
        may: &[
            ACTION_ID,
            CONFIRM,
            FOCUS,
            PLACEHOLDER,
            ("initial_option", Rule::Is(select_option)),
            ("min_query_length", Rule::Whole(0, 150)),
        ],
    };
    judge(node, &SHAPE, findings);
}

fn multi_external_select(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[("type", Rule::Word(&["multi_external_select"]))],
        may: &[
            ACTION_ID,
            CONFIRM,
            FOCUS,
            PLACEHOLDER,
            ("initial_options", Rule::List(1, 100, select_option)),
            ("min_query_length", Rule::Whole(0, 150)),
            ("max_selected_items", Rule::Whole(1, 100)),
        ],
    };
    judge(node, &SHAPE, findings);
}

fn picker(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[(
            "type",
            Rule::Word(&["users_select", "conversations_select", "channels_select"]),
        )],
        may: &[
            ACTION_ID,
            CONFIRM,
            FOCUS,
            PLACEHOLDER,
            ("initial_user", Rule::Chars(1, 255)),
            ("initial_conversation", Rule::Chars(1, 255)),
            ("initial_channel", Rule::Chars(1, 255)),
            ("default_to_current_conversation", Rule::Flag),
            ("response_url_enabled", Rule::Flag),
        ],
    };
    judge(node, &SHAPE, findings);
}

fn multi_picker(node: &Node<'_>, findings: &mut Findings) {
    fn id(node: &Node<'_>, findings: &mut Findings) {
        super::node::chars(node, 1, 255, findings);
    }
    static SHAPE: Shape = Shape {
        must: &[(
            "type",
            Rule::Word(&[
                "multi_users_select",
                "multi_conversations_select",
                "multi_channels_select",
            ]),
        )],
        may: &[
            ACTION_ID,
            CONFIRM,
            FOCUS,
            PLACEHOLDER,
            ("initial_users", Rule::List(1, 100, id)),
            ("initial_conversations", Rule::List(1, 100, id)),
            ("initial_channels", Rule::List(1, 100, id)),
            ("default_to_current_conversation", Rule::Flag),
            ("max_selected_items", Rule::Whole(1, 100)),
        ],
    };
    judge(node, &SHAPE, findings);
}

fn radio_buttons(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["radio_buttons"])),
            ("options", Rule::List(1, 10, choice_option)),
        ],
        may: &[
            ACTION_ID,
            CONFIRM,
            FOCUS,
            ("initial_option", Rule::Is(choice_option)),
        ],
    };
    judge(node, &SHAPE, findings);
    initial_is_offered(node, findings);
}

fn checkboxes(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["checkboxes"])),
            ("options", Rule::List(1, 10, choice_option)),
        ],
        may: &[
            ACTION_ID,
            CONFIRM,
            FOCUS,
            ("initial_options", Rule::List(1, 10, choice_option)),
        ],
    };
    judge(node, &SHAPE, findings);
    initial_is_offered(node, findings);
}

fn moment(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[(
            "type",
            Rule::Word(&["datepicker", "timepicker", "datetimepicker"]),
        )],
        may: &[
            ACTION_ID,
            CONFIRM,
            FOCUS,
            PLACEHOLDER,
            ("initial_date", Rule::Chars(10, 10)),
            ("initial_time", Rule::Chars(5, 5)),
            (
                "initial_date_time",
                Rule::Whole(1_000_000_000, 9_999_999_999),
            ),
            ("timezone", Rule::Chars(1, 255)),
        ],
    };
    judge(node, &SHAPE, findings);
    if node.kind() == "datetimepicker" && node.value.get("placeholder").is_some() {
        findings.add(node, "invalid additional property: placeholder");
    }
}

pub(super) fn image(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["image"])),
            ("image_url", Rule::Chars(1, 3000)),
            ("alt_text", Rule::Chars(1, 2000)),
        ],
        may: &[],
    };
    judge(node, &SHAPE, findings);
}

/// A static menu has either options or groups of them.
fn one_source(node: &Node<'_>, findings: &mut Findings) {
    match (node.value.get("options"), node.value.get("option_groups")) {
        (None, None) => findings.add(node, "missing required field: options"),
        (Some(_), Some(_)) => {
            findings.add(
                node,
                "only one of options and option_groups may be provided",
            );
        }
        _ => {}
    }
}

/// What is chosen at first has to be one of the options, to the last field.
fn initial_is_offered(node: &Node<'_>, findings: &mut Findings) {
    let offered: Vec<&Value> = offered_options(node.value);
    let single = node.get("initial_option").into_iter();
    let several = node.get("initial_options").map(|all| all.items());
    for initial in single.chain(several.into_iter().flatten()) {
        if !offered.contains(&initial.value) {
            findings.add(&initial, "must be one of the provided options");
        }
    }
}

/// All options of a menu, from its groups too.
pub(super) fn offered_options(element: &Value) -> Vec<&Value> {
    let plain = element["options"].as_array().into_iter().flatten();
    let groups = element["option_groups"].as_array().into_iter().flatten();
    let grouped = groups.flat_map(|group| group["options"].as_array().into_iter().flatten());
    plain.chain(grouped).collect()
}

/// Judges an app's answer to a `block_suggestion`.
/// <https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload>
pub(in crate::sandbox::slack) fn check_suggestions(answer: &Value) -> Vec<Problem> {
    let mut findings = Findings::default();
    let node = Node::root(answer, "");
    match (node.get("options"), node.get("option_groups")) {
        (Some(options), None) => list(&options, (0, 100), select_option, &mut findings),
        (None, Some(groups)) => list(&groups, (0, 100), option_group, &mut findings),
        _ => findings.add(&node, "must have either options or option_groups"),
    }
    findings.into_problems()
}
