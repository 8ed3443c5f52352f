//! Where parsed values go, and what comes back.

use crate::slack::parse::{Command, EventEnvelope, Interaction};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::future::Future;
use std::pin::Pin;

/// An acknowledgement on its way. Slack waits three seconds for it.
pub type Acknowledged<'a> = Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;

/// Takes what was signed and parsed. Handlers have to bear repetition: within five minutes a
/// captured request can be sent again.
pub trait Dispatch: Send + Sync {
    /// Somebody typed a slash command.
    fn command(&self, command: Command) -> Acknowledged<'_>;

    /// Somebody used something that Lapse shows.
    fn interaction(&self, interaction: Interaction) -> Acknowledged<'_>;

    /// Something happened in the workspace.
    fn event(&self, event: EventEnvelope) -> Acknowledged<'_>;
}

/// What Slack is answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// 200 without a body: taken note of; a submitted view closes.
    Empty,
    /// 200 with JSON: a message, options, or what happens to a view.
    Json(Value),
    /// 503: not taken note of. Slack delivers events again; for a command use
    /// [`Reply::ephemeral`], because anything but 200 is shown as "`dispatch_failed`".
    Unavailable,
}

impl Reply {
    /// A text that only the person who asked sees.
    pub fn ephemeral(text: &str) -> Self {
        Self::Json(json!({ "response_type": "ephemeral", "text": text }))
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        match self {
            Self::Empty => StatusCode::OK.into_response(),
            Self::Json(value) => Json(value).into_response(),
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}
