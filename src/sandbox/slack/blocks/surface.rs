//! Rules that concern all blocks of one message or view together.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    layout::block,
    node::{Findings, Node, Problem, list},
};

/// Where blocks are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// A message: at most 50 blocks.
    Message,
    /// A modal: at most 100 blocks.
    Modal,
    /// The app's home tab: at most 100 blocks.
    Home,
}

impl Surface {
    fn most_blocks(self) -> usize {
        match self {
            Self::Message => 50,
            Self::Modal | Self::Home => 100,
        }
    }
}

/// Judges the blocks of one surface; `at` is the pointer to them.
pub fn check_blocks(surface: Surface, blocks: &Value, at: &str) -> Vec<Problem> {
    let mut findings = Findings::default();
    judge_blocks(surface, &Node::root(blocks, at), &mut findings);
    findings.into_problems()
}

pub(super) fn judge_blocks(surface: Surface, blocks: &Node<'_>, findings: &mut Findings) {
    list(blocks, (0, surface.most_blocks()), block, findings);
    let mut block_ids = BTreeSet::new();
    let mut in_message = BTreeSet::new();
    let mut focused = 0;
    for node in blocks.items() {
        if let Some(id) = node.value["block_id"].as_str()
            && !block_ids.insert(id)
        {
            findings.add(&node, format!("block_id must be unique: {id}"));
        }
        let mut in_block = BTreeSet::new();
        for element in elements(&node) {
            if element.value["focus_on_load"] == Value::Bool(true) {
                focused += 1;
                if focused > 1 {
                    findings.add(&element, "only one element may have focus_on_load");
                }
            }
            let Some(id) = element.value["action_id"].as_str() else {
                continue;
            };
            let new = match surface {
                Surface::Message => in_message.insert(id),
                Surface::Modal | Surface::Home => in_block.insert(id),
            };
            if !new {
                findings.add(&element, format!("action_id must be unique: {id}"));
            }
        }
    }
}

fn elements<'a>(block: &Node<'a>) -> Vec<Node<'a>> {
    match block.kind() {
        "section" => block.get("accessory").into_iter().collect(),
        "input" => block.get("element").into_iter().collect(),
        "actions" => block
            .get("elements")
            .map(|all| all.items())
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}
