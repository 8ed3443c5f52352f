//! Rich text: sections, lists, quotes and what stands in their lines.
//! <https://docs.slack.dev/reference/block-kit/blocks/rich-text-block>

use super::node::{Findings, Node, Rule, Shape, judge};

const MANY: usize = 10_000;
const LONG: usize = 40_000;

/// Judges a rich text block.
pub(super) fn rich_text(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["rich_text"])),
            ("elements", Rule::List(1, MANY, part)),
        ],
        may: &[("block_id", Rule::Chars(1, 255))],
    };
    judge(node, &SHAPE, findings);
}

fn part(node: &Node<'_>, findings: &mut Findings) {
    static SECTION: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["rich_text_section"])),
            ("elements", Rule::List(0, MANY, inline)),
        ],
        may: &[],
    };
    static QUOTE: Shape = Shape {
        must: &[
            (
                "type",
                Rule::Word(&["rich_text_quote", "rich_text_preformatted"]),
            ),
            ("elements", Rule::List(0, MANY, inline)),
        ],
        may: &[
            ("border", Rule::Whole(0, 1)),
            ("language", Rule::Chars(1, 50)),
        ],
    };
    static LIST: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["rich_text_list"])),
            ("style", Rule::Word(&["bullet", "ordered"])),
            ("elements", Rule::List(1, MANY, line)),
        ],
        may: &[
            ("indent", Rule::Whole(0, 8)),
            ("offset", Rule::Whole(0, 10_000)),
            ("border", Rule::Whole(0, 1)),
        ],
    };
    match node.kind() {
        "rich_text_section" => judge(node, &SECTION, findings),
        "rich_text_quote" | "rich_text_preformatted" => judge(node, &QUOTE, findings),
        "rich_text_list" => judge(node, &LIST, findings),
        other => findings.add(node, format!("unsupported type: {other}")),
    }
}

/// A line of a list is a section of its own.
fn line(node: &Node<'_>, findings: &mut Findings) {
    match node.kind() {
        "rich_text_section" => part(node, findings),
        other => findings.add(node, format!("unsupported type: {other}")),
    }
}

fn inline(node: &Node<'_>, findings: &mut Findings) {
    static TEXT: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["text"])),
            ("text", Rule::Chars(1, LONG)),
        ],
        may: &[("style", Rule::Is(style))],
    };
    static LINK: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["link"])),
            ("url", Rule::Chars(1, 3000)),
        ],
        may: &[
            ("text", Rule::Chars(1, LONG)),
            ("unsafe", Rule::Flag),
            ("style", Rule::Is(style)),
        ],
    };
    static USER: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["user"])),
            ("user_id", Rule::Chars(1, 255)),
        ],
        may: &[("style", Rule::Is(style))],
    };
    static USERGROUP: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["usergroup"])),
            ("usergroup_id", Rule::Chars(1, 255)),
        ],
        may: &[("style", Rule::Is(style))],
    };
    static CHANNEL: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["channel"])),
            ("channel_id", Rule::Chars(1, 255)),
        ],
        may: &[("style", Rule::Is(style))],
    };
    static EMOJI: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["emoji"])),
            ("name", Rule::Chars(1, 100)),
        ],
        may: &[
            ("unicode", Rule::Chars(1, 100)),
            ("skin_tone", Rule::Whole(1, 6)),
        ],
    };
    static DATE: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["date"])),
            ("timestamp", Rule::Whole(0, 99_999_999_999)),
            ("format", Rule::Chars(1, 255)),
        ],
        may: &[
            ("url", Rule::Chars(1, 3000)),
            ("fallback", Rule::Chars(1, 255)),
            ("style", Rule::Is(style)),
        ],
    };
    static BROADCAST: Shape = Shape {
        must: &[
            ("type", Rule::Word(&["broadcast"])),
            ("range", Rule::Word(&["here", "channel", "everyone"])),
        ],
        may: &[],
    };
    let shape = match node.kind() {
        "text" => &TEXT,
        "link" => &LINK,
        "user" => &USER,
        "usergroup" => &USERGROUP,
        "channel" => &CHANNEL,
        "emoji" => &EMOJI,
        "date" => &DATE,
        "broadcast" => &BROADCAST,
        other => return findings.add(node, format!("unsupported type: {other}")),
    };
    judge(node, shape, findings);
}

fn style(node: &Node<'_>, findings: &mut Findings) {
    static SHAPE: Shape = Shape {
        must: &[],
        may: &[
            ("bold", Rule::Flag),
            ("italic", Rule::Flag),
            ("strike", Rule::Flag),
            ("code", Rule::Flag),
            ("underline", Rule::Flag),
            ("highlight", Rule::Flag),
            ("client_highlight", Rule::Flag),
            ("unlink", Rule::Flag),
        ],
    };
    judge(node, &SHAPE, findings);
}
