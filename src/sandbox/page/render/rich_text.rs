//! Rich text: what people typed, and what the app wrote in the same way.
//! <https://docs.slack.dev/reference/block-kit/blocks/rich-text-block>

use serde_json::Value;

use super::{
    html::{Html, Tag},
    mrkdwn,
    span::{self, Mention, Moment, Span, Style, Words},
};

/// Draws the parts of a rich text block.
pub(super) fn draw(block: &Value, words: Words<'_>, html: &mut Html) {
    for part in items(block) {
        draw_part(part, words, html);
    }
}

fn draw_part(part: &Value, words: Words<'_>, html: &mut Html) {
    match part["type"].as_str().unwrap_or_default() {
        "rich_text_section" => within("p", Tag::new("p"), part, words, html),
        "rich_text_quote" => within("blockquote", Tag::new("blockquote"), part, words, html),
        "rich_text_preformatted" => {
            mrkdwn::preformatted(&span::plain(&spans(part), words), html);
        }
        "rich_text_list" => list(part, words, html),
        other => html.not_rendered(other),
    }
}

fn within(name: &'static str, tag: Tag, part: &Value, words: Words<'_>, html: &mut Html) {
    html.open(tag);
    span::draw(&spans(part), words, html);
    html.close(name);
}

fn list(part: &Value, words: Words<'_>, html: &mut Html) {
    let name = match part["style"].as_str() {
        Some("ordered") => "ol",
        _ => "ul",
    };
    let number = |key: &str| part[key].as_u64().filter(|number| *number > 0);
    let first = number("offset").map(|offset| (offset.saturating_add(1)).to_string());
    let indent = number("indent").map(|indent| indent.to_string());
    let tag = Tag::new(name)
        .maybe("start", first.as_deref().filter(|_| name == "ol"))
        .maybe("data-indent", indent.as_deref());
    html.open(tag);
    for line in items(part) {
        html.open(Tag::new("li"));
        match line["type"].as_str().unwrap_or_default() {
            "rich_text_section" => span::draw(&spans(line), words, html),
            other => html.not_rendered(other),
        }
        html.close("li");
    }
    html.close(name);
}

fn items(of: &Value) -> impl Iterator<Item = &Value> {
    of["elements"].as_array().into_iter().flatten()
}

fn spans(part: &Value) -> Vec<Span> {
    items(part).map(read).collect()
}

fn read(element: &Value) -> Span {
    let text = |key: &str| element[key].as_str().map(str::to_owned);
    let mention = |sign, key: &str| {
        Span::Mention(Mention {
            sign,
            id: text(key).unwrap_or_default(),
            label: None,
        })
    };
    let bare = match element["type"].as_str().unwrap_or_default() {
        "text" => Span::Text(text("text").unwrap_or_default()),
        "link" => Span::Link {
            url: text("url").unwrap_or_default(),
            label: text("text"),
        },
        "user" => mention("@", "user_id"),
        "usergroup" => mention("@", "usergroup_id"),
        "channel" => mention("#", "channel_id"),
        "broadcast" => mention("@", "range"),
        "emoji" => Span::Emoji(text("name").unwrap_or_default()),
        "date" => Span::Moment(Moment {
            unix: element["timestamp"].as_i64().unwrap_or_default(),
            format: text("format").unwrap_or_default(),
            link: text("url"),
            fallback: text("fallback").unwrap_or_else(|| element["timestamp"].to_string()),
        }),
        other => return Span::Unknown(other.to_owned()),
    };
    let looks = [
        ("code", Style::Code),
        ("bold", Style::Bold),
        ("italic", Style::Italic),
        ("strike", Style::Strike),
        ("underline", Style::Underline),
    ];
    looks
        .into_iter()
        .filter(|(key, _)| element["style"][*key] == true)
        .fold(bare, |inside, (_, style)| Span::Styled(style, vec![inside]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sandbox::page::render::Reader;

    fn drawn(elements: &Value) -> String {
        let names = |_: &str| None;
        let reader = Reader { names: &names };
        let mut html = Html::default();
        let block = json!({ "type": "rich_text", "elements": elements });
        draw(&block, Words { reader: &reader }, &mut html);
        html.into_string()
    }

    #[test]
    fn a_quote_says_what_was_typed_and_formats_none_of_it() {
        let quote = json!([{ "type": "rich_text_quote", "elements": [
            { "type": "text", "text": "*db* <b>failover</b>\nnow" }
        ] }]);
        assert_eq!(
            drawn(&quote),
            "<blockquote>*db* &lt;b&gt;failover&lt;/b&gt;<br>now</blockquote>"
        );
    }

    #[test]
    fn styles_and_kinds_are_drawn() {
        let section = json!([{ "type": "rich_text_section", "elements": [
            { "type": "text", "text": "a", "style": { "bold": true, "italic": true } },
            { "type": "user", "user_id": "U1" },
            { "type": "emoji", "name": "lock" },
            { "type": "link", "url": "https://example.com", "text": "there" },
            { "type": "date", "timestamp": 0, "format": "{time}", "fallback": "00:00 UTC" },
            { "type": "color", "value": "#fff" },
        ] }]);
        let drawn = drawn(&section);
        for part in [
            "<em><strong>a</strong></em>",
            "<span class=\"mention\">@U1</span>",
            "🔒",
            ">there</a>",
            "data-unix=\"0\" data-format=\"{time}\">00:00 UTC</time>",
            "<span class=\"not-rendered\">not rendered: color</span>",
        ] {
            assert!(drawn.contains(part), "{part} in {drawn}");
        }
    }

    #[test]
    fn lists_count_on() {
        let list = json!([{ "type": "rich_text_list", "style": "ordered", "offset": 2, "indent": 1,
            "elements": [{ "type": "rich_text_section", "elements": [
                { "type": "text", "text": "third" }
            ] }] }]);
        assert_eq!(
            drawn(&list),
            "<ol start=\"3\" data-indent=\"1\"><li>third</li></ol>"
        );
    }
}
