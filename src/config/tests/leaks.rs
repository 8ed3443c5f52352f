//! Secrets in the file are found and never repeated. The tokens here are made up.

use super::{GOOD, told};

const ADVICE: &str = "remove it, make a new one, and give that to Lapse through the environment";

/// Problems of a file with a secret in it; none of them may repeat it.
fn told_without(secret: &str, text: &str) -> Vec<String> {
    let told = told(text);
    assert!(!told.join("\n").contains(secret), "{told:?}");
    told
}

#[test]
fn a_key_that_names_a_secret_is_refused() {
    for (key, home) in [
        ("bot_token", "SLACK_BOT_TOKEN"),
        ("signing_secret", "SLACK_SIGNING_SECRET"),
        ("signing-secret", "SLACK_SIGNING_SECRET"),
        ("app_token", "SLACK_APP_TOKEN"),
        ("client_secret", "TAILSCALE_CLIENT_SECRET"),
        ("client_id", "TAILSCALE_CLIENT_ID"),
    ] {
        let text = format!("[slack]\n{key} = \"hunter2\"\n{GOOD}");
        assert_eq!(
            told_without("hunter2", &text),
            [format!(
                "lapse.toml:2:1: slack.{key}: a secret does not belong in this file\n    remove \
                 it, make a new one, and put that into the environment variable {home} (or a \
                 file named by {home}_FILE)"
            )]
        );
    }
    for key in ["token", "password", "API_KEY", "webhookSecret"] {
        let text = format!("[slack]\n{key} = \"hunter2\"\n{GOOD}");
        assert_eq!(
            told_without("hunter2", &text),
            [format!(
                "lapse.toml:2:1: slack.{key}: a secret does not belong in this file\n    {ADVICE}"
            )]
        );
    }
}

#[test]
fn a_value_that_looks_like_a_token_is_refused_wherever_it_stands() {
    for secret in ["xoxb-1", "xoxp-1", "xapp-1", "xwfp-1", "tskey-api-1"] {
        let text = format!("{GOOD}environment = \"{secret}\"\n");
        let told = told_without(secret, &text);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].starts_with(
                "lapse.toml:12:1: profiles[0].environment: a secret does not belong in this file"
            ),
            "{told:?}"
        );
    }
    let in_a_list = GOOD.replace("usergroup:prod-approvers", "xoxb-1");
    let told = told_without("xoxb-1", &in_a_list);
    assert!(
        told[0].starts_with("lapse.toml:11:14: profiles[0].approvers[0]: a secret does not"),
        "{told:?}"
    );
}

#[test]
fn a_token_in_an_unknown_table_a_comment_or_broken_text_is_found_too() {
    let token = "xoxb-1234567890-abcdefghij";
    for text in [
        format!("{GOOD}[extra.deep]\nx = [{{ y = \"{token}\" }}]\n"),
        format!("{GOOD}# bot_token = \"{token}\"\n"),
        format!("{GOOD}environment = {token}\n"),
        format!("{GOOD}{token} = 1\n"),
        format!("{GOOD}environment = \"Bearer {token}\"\n"),
    ] {
        let told = told_without(token, &text);
        let of_it = told.iter().filter(|p| p.contains("SLACK_BOT_TOKEN"));
        assert_eq!(of_it.count(), 1, "{text}\n{told:?}");
    }
}

#[test]
fn a_mention_is_no_token() {
    let text = format!("{GOOD}# the token begins with xoxb- and the key with tskey-client-…\n");
    assert_eq!(told(&text), [""; 0]);
}

#[test]
fn no_advice_repeats_a_secret_either() {
    let token = "xoxb-1234567890-abcdefghij";
    let tail = "abcdefghij";
    for text in [
        GOOD.replace("usergroup:prod-approvers", &format!("@{token}")),
        GOOD.replace("custom:prodSsh", token),
        GOOD.replace("127.0.0.1:8080", token),
        GOOD.replace("30m", token),
        GOOD.replacen("prod-ssh", token, 1),
        format!("{GOOD}justification_pattern = \"{token}(\"\n"),
        format!("{GOOD}notify_channel = \"{token}\"\n"),
        format!("{GOOD}risk = \"{token}\"\n"),
        format!("[database]\nurl = \"{token}\"\n{GOOD}"),
        format!("[identity.logins]\n{token} = \"{token}\"\n{GOOD}"),
    ] {
        let told = told(&text);
        assert!(!told.is_empty());
        assert!(!told.join("\n").to_lowercase().contains(tail), "{told:?}");
    }
}

#[test]
fn nothing_from_the_file_reaches_the_terminal_as_a_control_character() {
    let escape = "\\u001b[31m(";
    for key in [
        "justification_pattern",
        "environment",
        "risk",
        "\"\\u001b\"",
    ] {
        let told = told(&format!("{GOOD}{key} = \"{escape}\"\n"));
        assert!(!told.is_empty());
        assert!(!told.join("\n").contains('\u{1b}'), "{told:?}");
    }
    let told = told(&GOOD.replace("usergroup:prod-approvers", &format!("@{escape}")));
    assert!(!told.join("\n").contains('\u{1b}'), "{told:?}");
}
