//! What the API says no to, and the two shapes of an answer.

use axum::http::StatusCode;
use bytes::Bytes;
use serde::Serialize;
use serde_json::json;

/// Why a call was refused, as far as a test wants to tell refusals apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// Something that no correct client ever sends.
    Malformed,
    /// No token, an unknown one, or one that has expired.
    Unauthorized,
    /// The token lacks a scope.
    Forbidden,
    /// The device or attribute does not exist.
    Missing,
    /// The attribute's type was fixed differently by an earlier write, anywhere in the tailnet.
    TypeClash,
}

/// A call that the API does not carry out; nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub kind: RefusalKind,
    pub status: StatusCode,
    pub message: String,
}

impl Refused {
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::Malformed, StatusCode::BAD_REQUEST, message)
    }

    pub fn unauthorized() -> Self {
        Self::new(
            RefusalKind::Unauthorized,
            StatusCode::UNAUTHORIZED,
            "API token invalid",
        )
    }

    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::Forbidden, StatusCode::FORBIDDEN, message)
    }

    pub fn unknown_device() -> Self {
        Self::missing("no manageable device matching id found")
    }

    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::Missing, StatusCode::NOT_FOUND, message)
    }

    pub fn no_such_route() -> Self {
        Self::new(
            RefusalKind::Malformed,
            StatusCode::NOT_FOUND,
            "404 page not found",
        )
    }

    pub fn type_clash(key: &str, fixed: &str, sent: &str) -> Self {
        Self::new(
            RefusalKind::TypeClash,
            StatusCode::BAD_REQUEST,
            format!("attribute {key} holds a {fixed} in this tailnet, got a {sent}"),
        )
    }

    fn new(kind: RefusalKind, status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            kind,
            status,
            message: message.into(),
        }
    }

    pub fn answer(&self) -> Answer {
        Answer::json(&json!({ "message": self.message })).with_status(self.status)
    }
}

/// A finished answer, before faults and styles get at it.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub content_type: Option<&'static str>,
    pub retry_after: Option<u64>,
    pub body: Bytes,
}

impl Answer {
    pub fn json(body: &impl Serialize) -> Self {
        Self::ready_json(Bytes::from(serde_json::to_vec(body).unwrap_or_default()))
    }

    pub fn ready_json(body: Bytes) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: Some("application/json"),
            retry_after: None,
            body,
        }
    }

    pub fn text(content_type: &'static str, body: String) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: Some(content_type),
            retry_after: None,
            body: Bytes::from(body),
        }
    }

    pub fn empty() -> Self {
        Self {
            status: StatusCode::OK,
            content_type: None,
            retry_after: None,
            body: Bytes::new(),
        }
    }

    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}
