//! Elements that only an input block may hold: what people type.
//! <https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element>

use super::{
    elements::{ACTION_ID, FOCUS, PLACEHOLDER},
    node::{Findings, Judge, Node, Rule, Shape, judge},
    objects::dispatch_config,
};

const DISPATCH: (&str, Rule) = ("dispatch_action_config", Rule::Is(dispatch_config));

/// Judges a typed element; `None` for kinds that this stand-in does not know.
pub(super) fn judge_of(kind: &str) -> Option<Judge> {
    Some(match kind {
        "plain_text_input" => plain_text_input,
        "number_input" => number_input,
        "email_text_input" | "url_text_input" => address_input,
        _ => return None,
    })
}

fn plain_text_input(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[("type", Rule::Word(&["plain_text_input"]))],
        may: &[
            ACTION_ID,
            FOCUS,
            PLACEHOLDER,
            DISPATCH,
            ("initial_value", Rule::Chars(0, 3000)),
            ("multiline", Rule::Flag),
            ("min_length", Rule::Whole(0, 3000)),
            ("max_length", Rule::Whole(1, 3000)),
        ],
    };
    judge(node, &SHAPE, findings);
    let least = node.value["min_length"].as_u64();
    let most = node.value["max_length"].as_u64();
    if let (Some(least), Some(most)) = (least, most)
        && least > most
    {
        findings.add(node, "min_length must be at most max_length");
    }
    let Some(initial) = node.get("initial_value") else {
        return;
    };
    let long = initial
        .value
        .as_str()
        .map_or(0, |text| text.chars().count()) as u64;
    if most.is_some_and(|most| long > most) || least.is_some_and(|least| long < least) {
        findings.add(&initial, "must fit min_length and max_length");
    }
}

fn number_input(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["number_input"])),
            ("is_decimal_allowed", Rule::Flag),
        ],
        may: &[
            ACTION_ID,
            FOCUS,
            PLACEHOLDER,
            DISPATCH,
            ("initial_value", Rule::Chars(1, 100)),
            ("min_value", Rule::Chars(1, 100)),
            ("max_value", Rule::Chars(1, 100)),
        ],
    };
    judge(node, &SHAPE, findings);
}

fn address_input(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[("type", Rule::Word(&["email_text_input", "url_text_input"]))],
        may: &[
            ACTION_ID,
            FOCUS,
            PLACEHOLDER,
            DISPATCH,
            ("initial_value", Rule::Chars(1, 3000)),
        ],
    };
    judge(node, &SHAPE, findings);
}
