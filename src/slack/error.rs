//! How a call to Slack can fail, sorted by what to do about it.

use std::time::Duration;

/// A call that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Slack did not carry out {method}: {error}")]
pub struct CallError {
    /// The method that was called.
    pub method: &'static str,
    /// What to do about it.
    pub class: Class,
    /// Slack's own code (`channel_not_found`), or ours where Slack gave none (`timed_out`).
    pub error: String,
}

/// What to do about a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Saying it again would be refused again.
    Permanent,
    /// Slack did not do it; later it may.
    Retryable {
        /// How long Slack asked us to wait. For the same method, and for posts the same channel.
        after: Option<Duration>,
    },
    /// The answer was lost: it may have been done. Only calls that must not be done twice fail
    /// this way; the others are simply repeated.
    Ambiguous,
    /// The token no longer works, and nothing but an operator can change that.
    TokenDead,
}

impl CallError {
    /// Whether it failed with this code of Slack's.
    pub fn is(&self, code: &str) -> bool {
        self.error == code
    }

    /// How long Slack asked us to wait, if it did.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.class {
            Class::Retryable { after } => after,
            Class::Permanent | Class::Ambiguous | Class::TokenDead => None,
        }
    }
}

impl Class {
    /// The name in metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Retryable { .. } => "retryable",
            Self::Ambiguous => "ambiguous",
            Self::TokenDead => "token_dead",
        }
    }
}
