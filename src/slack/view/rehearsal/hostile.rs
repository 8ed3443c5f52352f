//! Hostile names and texts, over every view: nothing mentions, links or hides.

use super::super::scene::Cast;
use super::{everything, walk};
use serde_json::Value;
use std::sync::LazyLock;

/// What people could be called, and could write.
pub fn corpus() -> Vec<String> {
    let mut corpus: Vec<String> = [
        "<!channel> <!here>",
        "<@U012ABCDEF>",
        "<#C012ABCDEF|general>",
        "<!subteam^S012ABCDEF>",
        "<https://evil.example|click here>",
        "https://evil.example @channel #general",
        "<!date^1^{date}|soon>",
        "&lt;!channel&gt;",
        "`code` ```block```",
        "*bold* _it_ ~gone~",
        "> quoted\n• list\n\n✅ Approved by Grace",
        "\u{202E}nimda\u{202C} \u{2066}x\u{2069}",
        "a\u{200B}b\u{200D}c\u{FEFF}d\u{00AD}",
        "nul\0 bell\u{7} esc\u{1B}[31m",
        "",
        " \t\n ",
        "\u{200B}",
        ":white_check_mark:",
        "|pipe|^caret^{date}",
    ]
    .map(str::to_owned)
    .into();
    corpus.push("x".repeat(10_000));
    corpus.push("<&>".repeat(4_000));
    corpus.push("👩‍🚀".repeat(3_000));
    corpus.push("\n".repeat(10_000));
    corpus
}

/// Takes out the two kinds of tokens that are ours.
fn without_our_tokens(text: &str) -> String {
    static OURS: LazyLock<regex::Regex> = LazyLock::new(|| {
        let date = r"<!date\^1[78]\d{8}\^\{date_short_pretty\} at \{time\}\|\d{4}-\d\d-\d\d \d\d:\d\d UTC>";
        regex::Regex::new(&format!("{date}|<#C0SECURITY>")).expect("a pattern")
    });
    OURS.replace_all(text, "").into_owned()
}

fn is_escaped(text: &str) -> bool {
    let text = without_our_tokens(text);
    let entities = ["&amp;", "&lt;", "&gt;"];
    let bare = entities
        .iter()
        .fold(text.clone(), |text, entity| text.replace(entity, ""));
    !text.contains(['<', '>']) && !bare.contains('&')
}

#[test]
fn hostile_text_mentions_links_and_hides_nothing() {
    for text in corpus() {
        for json in everything(&Cast::all(&text)) {
            if let Some(sentence) = json["text"].as_str() {
                assert!(is_escaped(sentence), "{sentence}");
            }
            walk(&json, &mut |part| {
                if part["type"] == "mrkdwn" {
                    let shown = part["text"].as_str().unwrap_or_default();
                    assert!(is_escaped(shown), "{shown}");
                    assert_eq!(part["verbatim"], true);
                    assert_eq!(shown.matches('`').count() % 2, 0, "{shown}");
                }
                if let Value::String(shown) = part {
                    let hidden = shown
                        .chars()
                        .find(|c| *c != '\n' && crate::domain::comment::is_unprintable(*c));
                    assert_eq!(hidden, None, "{shown:?}");
                }
            });
        }
    }
}

#[test]
fn what_people_write_never_stands_in_mrkdwn() {
    let cast = Cast {
        reason: "REASON *bold*".to_owned(),
        note: "NOTE *bold*".to_owned(),
        ..Cast::default()
    };
    let mut quoted = 0;
    for json in everything(&cast) {
        walk(&json, &mut |part| {
            let shown = part["text"].as_str().unwrap_or_default();
            let written = shown.contains("REASON") || shown.contains("NOTE");
            // The typed word of a command is code in an answer that only its writer sees.
            let typed_word = shown.contains("I don't know");
            assert!(
                part["type"] != "mrkdwn" || !written || typed_word,
                "{shown}"
            );
            quoted += usize::from(part["type"] == "text" && written);
        });
    }
    assert!(quoted > 100);
}
