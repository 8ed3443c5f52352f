//! Does the file have the shape that [`keys`](super::keys) describes? Unknown and missing keys,
//! wrong kinds, sizes. What the values mean together is judged elsewhere.

use super::keys::{Key, Kind, Presence, Table, tables};
use super::leaked;
use super::problem::{Findings, is_invisible, shown};
use super::tree::Node;
use crate::domain::duration::parse_duration;
use crate::likeness::nearest;
use toml::de::DeValue;

/// Checks a table of the file, and all that is in it.
pub(super) fn check(node: &Node<'_>, table: &'static Table, findings: &mut Findings<'_>) {
    let mut meant = Vec::new();
    for entry in node.entries() {
        if let Some(key) = table.key(entry.key) {
            check_value(&entry.node, key, &key.kind, findings);
        } else if leaked::names_a_secret(entry.key) && !entry.node.value.is_table() {
            // Told by the search for secrets.
        } else {
            let (advice, candidate) = did_you_mean(entry.key, table);
            meant.extend(candidate);
            let message = format!("{} is not a key of {}", shown(entry.key), table.name);
            findings.error_at(entry.key_at, entry.node.path, &message, &advice);
        }
    }
    let is_missing = |key: &&Key| {
        matches!(key.presence, Presence::Required)
            && node.key(key.name).is_none()
            && !meant.contains(&key.name)
    };
    if findings.is_readable() {
        for key in table.keys.iter().filter(is_missing) {
            missing(node, key, findings);
        }
    }
}

fn missing(node: &Node<'_>, key: &Key, findings: &mut Findings<'_>) {
    let advice = if key.example.is_empty() {
        format!("add at least one [[{}]]: {}", key.name, key.about)
    } else {
        format!("add {} = {}: {}", key.name, key.example, key.about)
    };
    let message = format!("`{}` is missing", key.name);
    findings.error_at(node.at, node.path_of(key.name), &message, &advice);
}

/// What to do about an unknown key, and the key that was probably meant.
fn did_you_mean(name: &str, table: &Table) -> (String, Option<&'static str>) {
    let folded = name.to_lowercase().replace('-', "_");
    if let Some(meant) = nearest(&folded, table.keys.iter().map(|key| key.name)) {
        return (format!("did you mean `{meant}`?"), Some(meant));
    }
    if let Some(home) = tables().into_iter().find(|t| t.key(&folded).is_some()) {
        return (format!("`{folded}` belongs to {}", home.name), None);
    }
    let known: Vec<String> = table.keys.iter().map(|k| format!("`{}`", k.name)).collect();
    let advice = format!("remove it; the keys here are {}", known.join(", "));
    (advice, None)
}

fn check_value(node: &Node<'_>, key: &Key, kind: &'static Kind, findings: &mut Findings<'_>) {
    match (kind, node.value) {
        (Kind::Text { longest, .. }, DeValue::String(text)) => {
            check_text(node, key, text, *longest, findings);
        }
        (Kind::Choice(words), DeValue::String(word)) => {
            check_choice(node, words, word, findings);
        }
        (Kind::Flag, DeValue::Boolean(_))
        | (Kind::AttributeValue, DeValue::Boolean(_) | DeValue::Integer(_) | DeValue::String(_)) => {
        }
        (Kind::Whole { least, most }, DeValue::Integer(number)) => {
            if !node.whole().is_some_and(|n| (*least..=*most).contains(&n)) {
                let message = format!("`{}` is between {least} and {most}, not {number}", key.name);
                findings.error(node, message, about(key));
            }
        }
        (Kind::Duration, DeValue::String(text)) => {
            if let Err(error) = parse_duration(text) {
                let message = format!("{} is no duration: {error}", shown(text));
                let advice = "write it like \"10s\", \"30m\", \"1h30m\" or \"2d\"";
                findings.error(node, message, advice);
            }
        }
        (Kind::List { of, least, most }, DeValue::Array(list)) => {
            check_size(node, key, list.len(), *least, *most, findings);
            for item in node.items() {
                check_value(&item, key, of, findings);
            }
        }
        (Kind::Table(table), DeValue::Table(_)) => check(node, table, findings),
        (Kind::Pairs { .. }, DeValue::Table(_)) => {
            for entry in node.entries() {
                let text = &Kind::Text {
                    longest: 254,
                    form: None,
                };
                check_value(&entry.node, key, text, findings);
            }
        }
        _ => {
            let message = format!("expected {}, found {}", kind.noun(), node.noun());
            findings.error(node, message, about(key));
        }
    }
}

fn check_text(node: &Node<'_>, key: &Key, text: &str, longest: usize, findings: &mut Findings<'_>) {
    let length = text.chars().count();
    if text.trim().is_empty() {
        findings.error(node, "the text is empty", about(key));
    } else if length > longest {
        let message = format!("the text has {length} characters, at most {longest} are possible");
        findings.error(node, message, "shorten it");
    } else if let Some(bad) = text.chars().find(|c| is_invisible(*c)) {
        let message = format!(
            "the text contains the invisible character U+{:04X}",
            u32::from(bad)
        );
        findings.error(node, message, "write it on one line, in visible characters");
    }
}

fn check_choice(
    node: &Node<'_>,
    words: &'static [&'static str],
    word: &str,
    findings: &mut Findings<'_>,
) {
    if words.contains(&word) {
        return;
    }
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    let advice = match nearest(word, words.iter().copied()) {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => format!("write {}", quoted.join(" or ")),
    };
    let message = format!("{} is none of {}", shown(word), quoted.join(", "));
    findings.error(node, message, advice);
}

fn check_size(
    node: &Node<'_>,
    key: &Key,
    size: usize,
    least: usize,
    most: usize,
    findings: &mut Findings<'_>,
) {
    if size < least {
        findings.error(node, "the list is empty", about(key));
    } else if size > most {
        let message = format!("the list has {size} entries, at most {most} are possible");
        findings.error(node, message, "remove some");
    }
}

/// How a key is written, and what it is for.
pub(super) fn about(key: &Key) -> String {
    if key.example.is_empty() {
        format!("see `{}` in examples/lapse.toml: {}", key.name, key.about)
    } else {
        format!("write {} = {}: {}", key.name, key.example, key.about)
    }
}

impl Kind {
    /// What the reader expects, in words.
    fn noun(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text in quotes",
            Self::Choice(_) => "a word in quotes",
            Self::Flag => "`true` or `false`",
            Self::Whole { .. } => "a whole number",
            Self::Duration => "a duration in quotes",
            Self::AttributeValue => "`true`, `false`, a whole number or text in quotes",
            Self::List { .. } => "a list in brackets",
            Self::Table(_) | Self::Pairs { .. } => "a table",
        }
    }
}
