//! Secrets that stand in the configuration file, where they must not: files end up in
//! repositories, tickets and images. Found by the name of the key or by the look of the value,
//! in comments too, and never repeated in a message.

use super::problem::Findings;
use super::tree::Node;

/// How the tokens of both platforms begin, and where each belongs.
/// <https://docs.slack.dev/authentication/tokens>, <https://tailscale.com/kb/1277/key-prefixes>.
const PREFIXES: [(&str, &str); 9] = [
    ("xoxb-", "SLACK_BOT_TOKEN"),
    ("xoxp-", ""),
    ("xoxe-", ""),
    ("xoxe.", ""),
    ("xwfp-", ""),
    ("xapp-", "SLACK_APP_TOKEN"),
    ("tskey-client-", "TAILSCALE_CLIENT_SECRET"),
    ("tskey-", ""),
    ("xoxa-", ""),
];

/// What the name of a key contains when its value is a secret, and where that belongs.
const NAMES: [(&str, &str); 11] = [
    ("bot_token", "SLACK_BOT_TOKEN"),
    ("signing_secret", "SLACK_SIGNING_SECRET"),
    ("app_token", "SLACK_APP_TOKEN"),
    ("client_secret", "TAILSCALE_CLIENT_SECRET"),
    ("client_id", "TAILSCALE_CLIENT_ID"),
    ("token", ""),
    ("secret", ""),
    ("passw", ""),
    ("api_key", ""),
    ("apikey", ""),
    ("private_key", ""),
];

/// So many characters after a prefix make a token, even in a comment; fewer are a mention.
const LEAST_TOKEN: usize = 10;

/// Whether a text looks like a token, or contains one.
pub(super) fn looks_secret(text: &str) -> bool {
    begins_like_one(text.trim()).is_some() || tokens_in(text).next().is_some()
}

/// Whether a key with this name would hold a secret.
pub(super) fn names_a_secret(key: &str) -> bool {
    home_of_name(key).is_some()
}

/// Reports every secret of the file, whatever else is wrong with the place.
pub(super) fn check(root: &Node<'_>, text: &str, findings: &mut Findings<'_>) {
    let mut lines = Vec::new();
    walk(root, &mut lines, findings);
    for (at, home) in tokens_in(text) {
        let line = findings.position(at).0;
        if !lines.contains(&line) {
            lines.push(line);
            let message = "a secret stands in this file, and may not even in a comment";
            findings.leaked(at, String::new(), message, &advice(home));
        }
    }
}

fn walk(node: &Node<'_>, lines: &mut Vec<usize>, findings: &mut Findings<'_>) {
    for entry in node.entries() {
        // There the keys are user ids, and a user id may well spell TOKEN.
        let has_a_name = node.path != "identity.logins" && !entry.node.value.is_table();
        let named = home_of_name(entry.key).filter(|_| has_a_name);
        let home = named.or_else(|| begins_like_one(entry.node.text()?.trim()));
        if let Some(home) = home {
            tell(&entry.node, entry.key_at, home, lines, findings);
        } else {
            walk(&entry.node, lines, findings);
        }
    }
    for item in node.items() {
        if let Some(home) = item.text().and_then(|text| begins_like_one(text.trim())) {
            tell(&item, item.at, home, lines, findings);
        } else {
            walk(&item, lines, findings);
        }
    }
}

fn tell(
    node: &Node<'_>,
    at: usize,
    home: &str,
    lines: &mut Vec<usize>,
    findings: &mut Findings<'_>,
) {
    // A value of several lines is one finding.
    let first = findings.position(at).0;
    let breaks = node.text().map_or(0, |text| text.matches('\n').count());
    lines.extend(first..=first + breaks);
    let message = "a secret does not belong in this file";
    findings.leaked(at, node.path.clone(), message, &advice(home));
}

fn advice(home: &str) -> String {
    if home.is_empty() {
        "remove it, make a new one, and give that to Lapse through the environment".to_owned()
    } else {
        format!(
            "remove it, make a new one, and put that into the environment variable {home} \
             (or a file named by {home}_FILE)"
        )
    }
}

fn home_of_name(key: &str) -> Option<&'static str> {
    let folded = key.to_lowercase().replace('-', "_");
    let named = NAMES.iter().find(|(name, _)| folded.contains(name));
    named.map(|(_, home)| *home)
}

fn begins_like_one(text: &str) -> Option<&'static str> {
    let known = PREFIXES.iter().find(|(prefix, _)| text.starts_with(prefix));
    known.map(|(_, home)| *home)
}

/// Where tokens begin in a text, and where each belongs.
fn tokens_in(text: &str) -> impl Iterator<Item = (usize, &'static str)> + '_ {
    PREFIXES.iter().flat_map(move |(prefix, home)| {
        text.match_indices(prefix).filter_map(move |(at, _)| {
            let token: String = text[at + prefix.len()..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
                .collect();
            let is_token =
                token.len() >= LEAST_TOKEN && token.contains(|c: char| c.is_ascii_digit());
            is_token.then_some((at, *home))
        })
    })
}
