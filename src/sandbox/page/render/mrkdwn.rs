//! Slack's own markup, read as its clients read it.
//! <https://docs.slack.dev/messaging/formatting-message-text>

use super::{
    emoji,
    html::{Html, Tag},
    span::{self, Span, Style, Words},
    token,
};

/// Formatting inside of formatting goes so deep; what lies deeper stays as it was typed.
const DEEPEST: usize = 6;

/// A run of lines that belong together.
#[derive(Debug, PartialEq, Eq)]
enum Passage {
    Lines(Vec<Span>),
    Quote(Vec<Span>),
    Preformatted(String),
}

/// Draws a text.
pub(super) fn draw(text: &str, words: Words<'_>, html: &mut Html) {
    for passage in passages(text) {
        match passage {
            Passage::Lines(spans) => {
                html.open(Tag::new("p"));
                span::draw(&spans, words, html);
                html.close("p");
            }
            Passage::Quote(spans) => {
                html.open(Tag::new("blockquote"));
                span::draw(&spans, words, html);
                html.close("blockquote");
            }
            Passage::Preformatted(code) => preformatted(&code, html),
        }
    }
}

/// Draws a text where only words may stand: inside of a label, say.
pub(super) fn draw_inline(text: &str, words: Words<'_>, html: &mut Html) {
    for (nth, passage) in passages(text).into_iter().enumerate() {
        if nth > 0 {
            html.open(Tag::new("br"));
        }
        match passage {
            Passage::Lines(spans) | Passage::Quote(spans) => span::draw(&spans, words, html),
            Passage::Preformatted(code) => html.element("code", Tag::new("code"), &code),
        }
    }
}

/// Code with its own lines.
pub(super) fn preformatted(code: &str, html: &mut Html) {
    html.open(Tag::new("pre"));
    // A line break right after the tag is not drawn, so one more costs nothing and saves
    // a first line that is empty.
    html.text("\n");
    html.text(code);
    html.close("pre");
}

/// The same as plain text, for places that hold nothing else.
pub(super) fn plain(text: &str, words: Words<'_>) -> String {
    let read: Vec<String> = passages(text)
        .iter()
        .map(|passage| match passage {
            Passage::Lines(spans) | Passage::Quote(spans) => span::plain(spans, words),
            Passage::Preformatted(code) => code.clone(),
        })
        .collect();
    read.join("\n")
}

/// Takes Slack's three escapes back.
pub(super) fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

fn passages(text: &str) -> Vec<Passage> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, code, after)) = fenced(rest) {
        running(before.trim_end_matches('\n'), &mut found);
        found.push(Passage::Preformatted(unescaped(code.trim_matches('\n'))));
        rest = after.trim_start_matches('\n');
    }
    running(rest, &mut found);
    found
}

/// What stands before, inside and after the first pair of fences that holds something.
fn fenced(text: &str) -> Option<(&str, &str, &str)> {
    const FENCE: &str = "```";
    let (before, rest) = text.split_once(FENCE)?;
    let (code, after) = rest.split_once(FENCE)?;
    (!code.trim().is_empty()).then_some((before, code, after))
}

/// Lines outside of fences: quoted ones apart from the others.
fn running(text: &str, found: &mut Vec<Passage>) {
    if text.is_empty() {
        return;
    }
    for line in text.split('\n') {
        let quoted = line.strip_prefix("&gt;").or_else(|| line.strip_prefix('>'));
        let spans = inline(quoted.map_or(line, str::trim_start), 0);
        match (found.last_mut(), quoted) {
            (Some(Passage::Quote(before)), Some(_)) | (Some(Passage::Lines(before)), None) => {
                before.push(Span::Break);
                before.extend(spans);
            }
            (_, Some(_)) => found.push(Passage::Quote(spans)),
            (_, None) => found.push(Passage::Lines(spans)),
        }
    }
}

/// The pieces of one line.
fn inline(line: &str, depth: usize) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut words = String::new();
    let mut at = 0;
    while let Some(next) = line[at..].chars().next() {
        let before = line[..at].chars().next_back();
        if let Some((span, length)) = piece(&line[at..], before, depth) {
            flush(&mut words, &mut spans);
            spans.push(span);
            at += length;
        } else {
            words.push(next);
            at += next.len_utf8();
        }
    }
    flush(&mut words, &mut spans);
    spans
}

fn flush(words: &mut String, spans: &mut Vec<Span>) {
    if !words.is_empty() {
        spans.push(Span::Text(unescaped(words)));
        words.clear();
    }
}

/// What begins here, if it is more than a character, and how long it is.
fn piece(rest: &str, before: Option<char>, depth: usize) -> Option<(Span, usize)> {
    let first = rest.chars().next()?;
    match first {
        '<' => {
            let end = rest.find('>')?;
            let token = &rest[1..end];
            let is_token = !token.is_empty() && !token.contains('<');
            is_token.then(|| (token::read(token), end + 1))
        }
        '`' => {
            let end = rest[1..].find('`').filter(|length| *length > 0)? + 1;
            let code = Span::Text(unescaped(&rest[1..end]));
            Some((Span::Styled(Style::Code, vec![code]), end + 1))
        }
        ':' => {
            let end = rest[1..].find(':')? + 1;
            let name = &rest[1..end];
            emoji::drawn(name).map(|_| (Span::Emoji(name.to_owned()), end + 1))
        }
        '*' | '_' | '~' if depth < DEEPEST && !before.is_some_and(char::is_alphanumeric) => {
            let end = closing(rest, first)?;
            let style = match first {
                '*' => Style::Bold,
                '_' => Style::Italic,
                _ => Style::Strike,
            };
            let inside = inline(&rest[1..end], depth + 1);
            Some((Span::Styled(style, inside), end + 1))
        }
        _ => None,
    }
}

/// Where formatting that begins here ends: at a sign that follows no space and is followed by
/// no letter, outside of code and tokens.
fn closing(rest: &str, sign: char) -> Option<usize> {
    let mut before = sign;
    let mut skip_to = 0;
    for (at, c) in rest.char_indices().skip(1) {
        if at < skip_to {
            continue;
        }
        let until = |end: char| rest[at + 1..].find(end).map(|length| at + 1 + length + 1);
        let after = rest[at + c.len_utf8()..].chars().next();
        if c == sign {
            let holds_something = at > 1 && !before.is_whitespace() && before != sign;
            if holds_something && !after.is_some_and(char::is_alphanumeric) {
                return Some(at);
            }
            if at == 1 {
                return None;
            }
        } else if at == 1 && c.is_whitespace() {
            return None;
        } else if c == '`' {
            skip_to = until('`').unwrap_or(0);
        } else if c == '<' {
            skip_to = until('>').unwrap_or(0);
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::page::render::Reader;

    fn drawn(text: &str) -> String {
        let names = |id: &str| match id {
            "U1" => Some("Ada".to_owned()),
            "C1" => Some("prod".to_owned()),
            "S1" => Some("@approvers".to_owned()),
            _ => None,
        };
        let reader = Reader { names: &names };
        let mut html = Html::default();
        draw(text, Words { reader: &reader }, &mut html);
        html.into_string()
    }

    fn line(text: &str) -> String {
        let drawn = drawn(text);
        let inside = drawn
            .strip_prefix("<p>")
            .and_then(|d| d.strip_suffix("</p>"));
        inside.unwrap_or_else(|| panic!("{drawn}")).to_owned()
    }

    #[test]
    fn formats_words() {
        assert_eq!(
            line("*a* _b_ ~c~ `d`"),
            "<strong>a</strong> <em>b</em> <s>c</s> <code>d</code>"
        );
        assert_eq!(line("*a _b_ c*"), "<strong>a <em>b</em> c</strong>");
        assert_eq!(
            line("(*a*), *b*!"),
            "(<strong>a</strong>), <strong>b</strong>!"
        );
        assert_eq!(line("*see `a*b`*"), "<strong>see <code>a*b</code></strong>");
    }

    #[test]
    fn leaves_signs_inside_of_words_alone() {
        for same in [
            "db_admin_prod",
            "2*3*4",
            "* a *",
            "**",
            "a*",
            "~",
            "5 * 3 * 2",
            "`",
            "``",
        ] {
            assert_eq!(line(same), same);
        }
        assert_eq!(
            line("`posture_attributes`"),
            "<code>posture_attributes</code>"
        );
    }

    #[test]
    fn names_people_places_and_groups() {
        let mention = |name: &str| format!("<span class=\"mention\">{name}</span>");
        assert_eq!(line("<@U1>"), mention("@Ada"));
        assert_eq!(line("<@U2|bob>"), mention("@bob"));
        assert_eq!(line("<@U2>"), mention("@U2"));
        assert_eq!(line("<#C1|x>"), mention("#prod"));
        assert_eq!(line("<!subteam^S1>"), mention("@approvers"));
        assert_eq!(line("<!here>"), mention("@here"));
    }

    #[test]
    fn a_date_waits_for_the_readers_zone() {
        assert_eq!(
            line("until <!date^1800000000^{date_short_pretty} at {time}|2027-01-15 08:00 UTC>"),
            "until <time datetime=\"2027-01-15T08:00:00Z\" data-unix=\"1800000000\" \
             data-format=\"{date_short_pretty} at {time}\">2027-01-15 08:00 UTC</time>"
        );
        assert!(line("<!date^soon^{date}|x>").contains("not rendered: !date^soon"));
    }

    #[test]
    fn links_lead_to_the_web_only() {
        let safe = line("<https://example.com/?a=1&amp;b=2|there>");
        assert!(
            safe.starts_with("<a href=\"https://example.com/?a=1&amp;b=2\""),
            "{safe}"
        );
        assert!(safe.ends_with(">there</a>"), "{safe}");
        for url in [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "x:y",
        ] {
            let drawn = line(&format!("<{url}|here>"));
            assert!(!drawn.contains("<a"), "{drawn}");
            assert!(drawn.contains("not rendered: a link to"), "{drawn}");
        }
    }

    #[test]
    fn quotes_and_code_stand_apart() {
        assert_eq!(
            drawn("a\n> b\n&gt; c\nd"),
            "<p>a</p><blockquote>b<br>c</blockquote><p>d</p>"
        );
        assert_eq!(
            drawn("a\n```\n<x> *y*\n```\nb"),
            "<p>a</p><pre>\n&lt;x&gt; *y*</pre><p>b</p>"
        );
    }

    #[test]
    fn escapes_are_taken_back_once_and_escaped_for_the_page() {
        assert_eq!(
            line("&lt;!channel&gt; &amp;amp; \"'"),
            "&lt;!channel&gt; &amp;amp; &quot;&#39;"
        );
        assert_eq!(line("a < b"), "a &lt; b");
    }

    #[test]
    fn emoji_are_drawn_where_they_are_known() {
        assert_eq!(line(":lock: :nope: 10:30:15"), "🔒 :nope: 10:30:15");
    }

    #[test]
    fn what_goes_too_deep_stays_as_it_was() {
        let deep = "*_~".repeat(500) + "x" + &"~_*".repeat(500);
        assert!(drawn(&deep).len() < 10 * deep.len());
    }
}
