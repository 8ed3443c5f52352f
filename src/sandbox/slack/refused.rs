//! How the stand-in says no.

use serde_json::{Value, json};

use super::blocks::Problem;

/// An answer with `"ok": false`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refused {
    pub(super) code: String,
    pub(super) messages: Vec<String>,
    /// Whether it is a bug of the caller, not a state of the workspace.
    pub(super) misuse: bool,
    pub(super) more: Option<Value>,
}

impl Refused {
    /// The workspace is in a state in which this cannot be done.
    pub(super) fn because(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            messages: Vec::new(),
            misuse: false,
            more: None,
        }
    }

    /// The caller should have known.
    pub(super) fn misuse(code: &str) -> Self {
        Self {
            misuse: true,
            ..Self::because(code)
        }
    }

    /// An argument is missing.
    pub(super) fn missing(name: &str) -> Self {
        Self::invalid(format!("[ERROR] missing required field: {name}"))
    }

    /// An argument is not what the method takes.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self {
            messages: vec![message.into()],
            ..Self::misuse("invalid_arguments")
        }
    }

    /// Block Kit that Slack does not take.
    pub(super) fn problems(code: &str, problems: &[Problem]) -> Self {
        Self {
            messages: problems.iter().map(ToString::to_string).collect(),
            ..Self::misuse(code)
        }
    }

    /// The token was not granted what the method needs.
    pub(super) fn scope(needed: &str, provided: &str) -> Self {
        Self {
            more: Some(json!({ "needed": needed, "provided": provided })),
            messages: vec![format!("needed {needed}, provided {provided}")],
            ..Self::misuse("missing_scope")
        }
    }

    /// The body of the answer.
    pub(super) fn body(&self) -> Value {
        let mut body = json!({ "ok": false, "error": self.code });
        if !self.messages.is_empty() && self.code != "missing_scope" {
            body["response_metadata"] = json!({ "messages": self.messages });
        }
        if self.code == "invalid_blocks" {
            let bare = |says: &String| says.trim_start_matches("[ERROR] ").to_owned();
            body["errors"] = json!(self.messages.iter().map(bare).collect::<Vec<_>>());
        }
        if let (Some(fields), Some(Value::Object(more))) = (body.as_object_mut(), &self.more) {
            fields.extend(more.clone());
        }
        body
    }
}
