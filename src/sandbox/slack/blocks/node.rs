//! One place in a JSON document, the rules that can be asked of it, and what was found.

use std::fmt;

use serde_json::Value;

/// One thing that Slack refuses, said the way Slack says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub says: String,
    /// Where, as a JSON pointer.
    pub at: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[ERROR] {} [json-pointer:{}]", self.says, self.at)
    }
}

/// The problems found so far.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Problem>);

impl Findings {
    pub(super) fn add(&mut self, node: &Node<'_>, says: impl Into<String>) {
        self.0.push(Problem {
            says: says.into(),
            at: node.at.clone(),
        });
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.0
    }
}

/// A value and the pointer to it.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pub(super) value: &'a Value,
    pub(super) at: String,
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value, at: &str) -> Self {
        Self {
            value,
            at: at.to_owned(),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<Self> {
        self.value.get(key).map(|value| Self {
            value,
            at: format!("{}/{key}", self.at),
        })
    }

    pub(super) fn items(&self) -> Vec<Self> {
        let items = self.value.as_array().map(Vec::as_slice).unwrap_or_default();
        items
            .iter()
            .enumerate()
            .map(|(index, value)| Self {
                value,
                at: format!("{}/{index}", self.at),
            })
            .collect()
    }

    pub(super) fn kind(&self) -> &'a str {
        self.value["type"].as_str().unwrap_or_default()
    }
}

/// Judges one place by a function of its own.
pub(super) type Judge = fn(&Node<'_>, &mut Findings);

/// What can be asked of one field.
pub(super) enum Rule {
    /// A string of so many characters.
    Chars(usize, usize),
    /// One of these words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A whole number in this range.
    Whole(i64, i64),
    /// A `plain_text` object of at most so many characters.
    Plain(usize),
    /// A `plain_text` or `mrkdwn` object of at most so many characters.
    Text(usize),
    /// Whatever this function says.
    Is(Judge),
    /// An array of so many items, each judged by this function.
    List(usize, usize, Judge),
}

/// The fields of one kind of object; any other field is refused.
pub(super) struct Shape {
    pub(super) must: &'static [(&'static str, Rule)],
    pub(super) may: &'static [(&'static str, Rule)],
}

/// Holds an object against its shape.
pub(super) fn judge(node: &Node<'_>, shape: &Shape, findings: &mut Findings) {
    let Some(fields) = node.value.as_object() else {
        findings.add(node, "must be a valid object");
        return;
    };
    for (name, _) in shape.must {
        if !fields.contains_key(*name) {
            findings.add(node, format!("missing required field: {name}"));
        }
    }
    for name in fields.keys() {
        let rule = shape
            .must
            .iter()
            .chain(shape.may)
            .find(|(known, _)| known == name);
        match (rule, node.get(name)) {
            (Some((_, rule)), Some(field)) => ask(&field, rule, findings),
            _ => findings.add(node, format!("invalid additional property: {name}")),
        }
    }
}

fn ask(node: &Node<'_>, rule: &Rule, findings: &mut Findings) {
    match rule {
        Rule::Chars(least, most) => chars(node, *least, *most, findings),
        Rule::Word(words) => {
            if !node
                .value
                .as_str()
                .is_some_and(|word| words.contains(&word))
            {
                findings.add(node, format!("must be one of: {}", words.join(", ")));
            }
        }
        Rule::Flag => {
            if !node.value.is_boolean() {
                findings.add(node, "must be a valid boolean");
            }
        }
        Rule::Whole(least, most) => match node.value.as_i64() {
            Some(number) if (*least..=*most).contains(&number) => {}
            _ => findings.add(node, format!("must be between {least} and {most}")),
        },
        Rule::Plain(most) => super::objects::text(node, &["plain_text"], *most, findings),
        Rule::Text(most) => super::objects::text(node, &["plain_text", "mrkdwn"], *most, findings),
        Rule::Is(judge) => judge(node, findings),
        Rule::List(least, most, each) => list(node, (*least, *most), *each, findings),
    }
}

/// A string of `least` to `most` characters.
pub(super) fn chars(node: &Node<'_>, least: usize, most: usize, findings: &mut Findings) {
    let Some(text) = node.value.as_str() else {
        findings.add(node, "must be a valid string");
        return;
    };
    let long = text.chars().count();
    if long < least {
        let below = least - 1;
        findings.add(node, format!("must be more than {below} characters"));
    }
    if long > most {
        let above = most + 1;
        findings.add(node, format!("must be less than {above} characters"));
    }
}

/// An array of `least` to `most` items.
pub(super) fn list(
    node: &Node<'_>,
    (least, most): (usize, usize),
    each: Judge,
    findings: &mut Findings,
) {
    let Some(items) = node.value.as_array() else {
        findings.add(node, "must be a valid array");
        return;
    };
    if items.len() < least {
        findings.add(node, format!("must provide at least {least} items"));
    }
    if items.len() > most {
        findings.add(node, format!("no more than {most} items allowed"));
    }
    for item in node.items() {
        each(&item, findings);
    }
}
