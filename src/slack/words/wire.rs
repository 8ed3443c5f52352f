//! What a person typed, out of what Slack made of it, and back.
//!
//! With `should_escape: false` Slack sends a command as it was typed; some clients and older
//! installations send links and mentions as `<…>` and escape `&`, `<` and `>` all the same,
//! <https://docs.slack.dev/messaging/formatting-message-text#escaping>.

/// What a link or mention that Slack made begins with, behind its `<`.
const MADE_BY_SLACK: [&str; 5] = ["http://", "https://", "mailto:", "@", "#"];

/// The text without links, mentions and escapes. NUL, which no keyboard types and PostgreSQL
/// does not store, is left out.
pub(super) fn unwrapped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, link) = rest.split_at(at);
        plain.push_str(before);
        let inside = &link[1..];
        let end = inside.find(['>', '<', '\n']);
        match end {
            Some(end) if inside[end..].starts_with('>') && is_made_by_slack(inside) => {
                plain.push_str(&shown(&inside[..end]));
                rest = &inside[end + 1..];
            }
            _ => {
                plain.push('<');
                rest = inside;
            }
        }
    }
    plain.push_str(rest);
    let plain = plain.replace('\0', "");
    // The ampersand last, so that nothing is unescaped twice.
    plain
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// As Slack sends it when it escapes; [`unwrapped`] gives the text back.
pub(super) fn escaped(text: &str) -> String {
    crate::slack::text::escape(text)
}

fn is_made_by_slack(inside: &str) -> bool {
    MADE_BY_SLACK.iter().any(|begin| inside.starts_with(begin))
}

/// `https://x|label` reads `label`, `@U1|ada` reads `@ada`; without a label, what is left.
fn shown(inside: &str) -> String {
    let (target, label) = inside.split_once('|').unwrap_or((inside, ""));
    let sign = target.chars().next().filter(|c| ['@', '#'].contains(c));
    match (sign, label) {
        (_, "") => target.trim_start_matches("mailto:").to_owned(),
        (Some(sign), label) => format!("{sign}{label}"),
        (None, label) => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slack_made_of_a_text_is_undone() {
        for (sent, typed) in [
            ("a &amp; b &lt;c&gt;", "a & b <c>"),
            ("&amp;lt;", "&lt;"),
            (
                "<http://ada-mbp.tail1.ts.net|ada-mbp.tail1.ts.net>",
                "ada-mbp.tail1.ts.net",
            ),
            ("see <https://jira/INC-42>", "see https://jira/INC-42"),
            ("<mailto:a@b.example|a@b.example>", "a@b.example"),
            ("ask <@U012AB|grace> in <#C1|prod>", "ask @grace in #prod"),
            ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
            ("<https://never.ends", "<https://never.ends"),
            ("<<https://x|y>>", "<y>"),
            ("no\0thing", "nothing"),
        ] {
            assert_eq!(unwrapped(sent), typed, "{sent}");
        }
    }
}
