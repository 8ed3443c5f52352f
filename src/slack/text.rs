//! Text for Slack: cleaning, escaping, shortening, joining names, times in the reader's zone.
//!
//! Everything that comes from outside (names, devices, justifications, notes, errors) passes
//! through here before it reaches a message. What people type is never made into mrkdwn: in
//! blocks it stands as plain or rich text, and only in `text` is it escaped.

use crate::domain::comment::is_unprintable;
use crate::domain::policy::Selector;
use chrono::{DateTime, Utc};

/// The longest name that is shown, in UTF-16 units as Slack counts.
pub const LONGEST_NAME: usize = 80;
/// More names than this become some and a number.
const NAMED: usize = 6;
/// The date of a moment, as Slack's clients format it.
pub const DATE_FORMAT: &str = "{date_short_pretty} at {time}";

/// Escapes the three characters that mean something to Slack,
/// <https://docs.slack.dev/messaging/formatting-message-text#escaping>.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Words for a place where nothing is formatted and no block stands beside: a notification
/// would show the marks themselves.
pub fn unmarked(text: &str) -> String {
    escape(&text.replace(['*', '`'], ""))
}

/// One line without control, hidden or direction-turning characters, at most so long.
pub fn one_line(text: &str, at_most: usize) -> String {
    cleaned(text, at_most, |_| " ")
}

/// The same, but line breaks stay, two in a row at most: for blocks of plain or rich text.
pub fn plain(text: &str, at_most: usize) -> String {
    cleaned(text, at_most, |space| {
        match space.matches('\n').take(2).count() {
            0 => " ",
            1 => "\n",
            _ => "\n\n",
        }
    })
}

/// Printable characters with each run of white space drawn as `gap` says. Stops reading as soon
/// as enough was read.
fn cleaned(text: &str, at_most: usize, gap: impl Fn(&str) -> &'static str) -> String {
    let mut kept = String::new();
    let mut units = 0;
    let mut space_from: Option<usize> = None;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            space_from.get_or_insert(at);
        } else if !is_unprintable(c) {
            if let Some(from) = space_from.take()
                && !kept.is_empty()
            {
                let drawn = gap(&text[from..at]);
                kept.push_str(drawn);
                units += drawn.len();
            }
            kept.push(c);
            units += c.len_utf16();
            if units > at_most {
                break;
            }
        }
    }
    shorten(&kept, at_most)
}

/// Cuts on a character boundary and says so with "…"; counts UTF-16 units as Slack does.
pub fn shorten(text: &str, at_most: usize) -> String {
    let length = |text: &str| text.encode_utf16().count();
    if length(text) <= at_most {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.len_utf16();
        if used > at_most {
            break;
        }
        kept.push(c);
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// A name of somebody or something, for plain text.
pub fn name(text: &str) -> String {
    let name = one_line(text, LONGEST_NAME);
    if name.is_empty() {
        "(no name)".to_owned()
    } else {
        name
    }
}

/// A name for mrkdwn: escaped, and without what would begin or end formatting. `db_admin`
/// stays, because inside a word these characters are ordinary.
pub fn name_in_mrkdwn(text: &str) -> String {
    let letters: Vec<char> = name(text).chars().collect();
    let inside_word = |at: usize| {
        let alphanumeric = |at: Option<usize>| {
            at.and_then(|at| letters.get(at))
                .is_some_and(|c| c.is_alphanumeric())
        };
        alphanumeric(at.checked_sub(1)) && alphanumeric(Some(at + 1))
    };
    let kept: String = letters
        .iter()
        .enumerate()
        .filter(|(at, c)| match c {
            '`' => false,
            '*' | '_' | '~' => inside_word(*at),
            _ => true,
        })
        .map(|(_, c)| *c)
        .collect();
    escape(kept.trim())
}

/// A name as code, for mrkdwn.
pub fn code_in_mrkdwn(text: &str) -> String {
    format!("`{}`", escape(&code(text)))
}

/// A name that can stand between backticks.
pub fn code(text: &str) -> String {
    name(&text.replace('`', ""))
}

/// "Grace, Linus and Margaret"; beyond six, "Grace, Linus, … and 8 others".
pub fn join<T: AsRef<str>>(names: &[T], word: &str) -> String {
    let mut shown: Vec<String> = names
        .iter()
        .take(if names.len() > NAMED {
            NAMED - 1
        } else {
            NAMED
        })
        .map(|name| name.as_ref().to_owned())
        .collect();
    if names.len() > NAMED {
        shown.push(format!("{} others", names.len() + 1 - NAMED));
    }
    match shown.split_last() {
        None => "nobody".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, first)) => format!("{} {word} {last}", first.join(", ")),
    }
}

/// A moment in the reader's own zone, with a fall-back in UTC,
/// <https://docs.slack.dev/messaging/formatting-message-text#date-formatting>.
pub fn date(at: DateTime<Utc>) -> String {
    format!("<!date^{}^{DATE_FORMAT}|{}>", at.timestamp(), utc(at))
}

/// The time of day in the reader's own zone, with a fall-back in UTC.
pub fn time(at: DateTime<Utc>) -> String {
    format!(
        "<!date^{}^{{time}}|{}>",
        at.timestamp(),
        at.format("%H:%M UTC")
    )
}

/// "2027-01-15 08:00 UTC", where Slack formats nothing.
pub fn utc(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// "@prod-approvers", "group:prod", "everybody", an address: for plain text.
pub fn selector(selector: &Selector) -> String {
    match selector {
        Selector::Everyone => "everybody".to_owned(),
        Selector::Address(address) => name(address.as_str()),
        Selector::UserGroup(group) => format!("@{}", name(group)),
        Selector::TailnetGroup(group) => format!("group:{}", name(group)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_would_format_or_mention() {
        assert_eq!(name_in_mrkdwn("*Ada* _L_ `x` ~y~"), "Ada L x y");
        assert_eq!(name_in_mrkdwn("db_admin_prod"), "db_admin_prod");
        assert_eq!(name_in_mrkdwn("<!channel>"), "&lt;!channel&gt;");
        assert_eq!(name("\u{200B}\u{202E}\0"), "(no name)");
        assert_eq!(code_in_mrkdwn("ada`s <mbp>"), "`adas &lt;mbp&gt;`");
    }

    #[test]
    fn shortens_on_boundaries_and_in_slacks_units() {
        assert_eq!(shorten("abc", 3), "abc");
        assert_eq!(shorten("abcd", 3), "ab…");
        assert_eq!(shorten("👩👩👩", 4), "👩…");
        assert_eq!(shorten("a b c", 3), "a…");
    }

    #[test]
    fn keeps_lines_only_where_asked() {
        assert_eq!(one_line("a\n b\u{202E}c\t\0d", 50), "a bc d");
        assert_eq!(plain(" a\n b\u{202E}c\t\0d ", 50), "a\nbc d");
        assert_eq!(plain("a\n\n\n\n b", 50), "a\n\nb");
    }

    #[test]
    fn joins_names_as_people_do() {
        assert_eq!(join::<&str>(&[], "and"), "nobody");
        assert_eq!(join(&["Grace"], "and"), "Grace");
        assert_eq!(join(&["Grace", "Linus"], "or"), "Grace or Linus");
        assert_eq!(
            join(&["Grace", "Linus", "Margaret"], "and"),
            "Grace, Linus and Margaret"
        );
        assert_eq!(
            join(&["a", "b", "c", "d", "e", "f", "g", "h"], "or"),
            "a, b, c, d, e or 3 others"
        );
    }

    #[test]
    fn times_fall_back_to_utc() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).expect("a moment");
        assert_eq!(
            date(at),
            "<!date^1800000000^{date_short_pretty} at {time}|2027-01-15 08:00 UTC>"
        );
        assert_eq!(time(at), "<!date^1800000000^{time}|08:00 UTC>");
    }
}
