//! Views: modals and the home tab.
//! <https://docs.slack.dev/reference/views>

use serde_json::Value;

use super::{
    node::{Findings, Node, Problem, Rule, Shape, judge},
    surface::{Surface, judge_blocks},
};

const BLOCKS: (&str, Rule) = ("blocks", Rule::Is(|_, _| {}));
const METADATA: (&str, Rule) = ("private_metadata", Rule::Chars(0, 3000));
const CALLBACK: (&str, Rule) = ("callback_id", Rule::Chars(0, 255));
const EXTERNAL: (&str, Rule) = ("external_id", Rule::Chars(0, 255));

/// Judges a whole view, as `views.*` and `response_action` take it.
pub fn check_view(view: &Value) -> Vec<Problem> {
    let mut findings = Findings::default();
    let node = Node::root(view, "/view");
    match node.kind() {
        "modal" => modal(&node, &mut findings),
        "home" => home(&node, &mut findings),
        "" => findings.add(&node, "missing required field: type"),
        other => findings.add(&node, format!("unsupported type: {other}")),
    }
    findings.into_problems()
}

fn modal(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["modal"])),
            ("title", Rule::Plain(24)),
            BLOCKS,
        ],
        may: &[
            METADATA,
            CALLBACK,
            EXTERNAL,
            ("submit", Rule::Plain(24)),
            ("close", Rule::Plain(24)),
            ("clear_on_close", Rule::Flag),
            ("notify_on_close", Rule::Flag),
            ("submit_disabled", Rule::Flag),
        ],
    };
    judge(node, &SHAPE, findings);
    let Some(blocks) = node.get("blocks") else {
        return;
    };
    judge_blocks(Surface::Modal, &blocks, findings);
    let asks = blocks.items().iter().any(|block| block.kind() == "input");
    if asks && node.get("submit").is_none() {
        findings.add(
            node,
            "missing required field: submit (a view with an input block needs one)",
        );
    }
}

fn home(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[("type", Rule::Word(&["home"])), BLOCKS],
        may: &[METADATA, CALLBACK, EXTERNAL],
    };
    judge(node, &SHAPE, findings);
    if let Some(blocks) = node.get("blocks") {
        judge_blocks(Surface::Home, &blocks, findings);
    }
}
