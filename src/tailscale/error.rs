//! How a call to Tailscale fails: what happened, and what the caller may do next.

use std::fmt;
use std::time::Duration;

/// The calls that Lapse makes: the closed set of names for metrics and sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `POST /oauth/token`
    Token,
    /// `GET /device/{id}`
    Device,
    /// `GET /device/{id}/attributes`
    Attributes,
    /// `POST /device/{id}/attributes/{key}`
    Write,
    /// `PATCH /tailnet/{tailnet}/device-attributes`
    Remove,
    /// `DELETE /device/{id}/attributes/{key}`
    Delete,
    /// `GET /tailnet/{tailnet}/devices`
    Devices,
    /// `GET /tailnet/{tailnet}/acl`
    PolicyFile,
}

impl Call {
    /// The name in metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Device => "device",
            Self::Attributes => "attributes",
            Self::Write => "write",
            Self::Remove => "remove",
            Self::Delete => "delete",
            Self::Devices => "devices",
            Self::PolicyFile => "policy_file",
        }
    }

    /// Whether a lost answer leaves open what Tailscale did.
    fn changes_something(self) -> bool {
        matches!(self, Self::Write | Self::Remove | Self::Delete)
    }

    /// What the OAuth client needs for it.
    /// <https://tailscale.com/kb/1623/trust-credentials#scopes>
    fn scope(self) -> &'static str {
        match self {
            Self::Attributes | Self::Write | Self::Remove | Self::Delete => {
                "devices:posture_attributes"
            }
            Self::Device | Self::Devices | Self::Token => "devices:core:read",
            Self::PolicyFile => "policy_file:read",
        }
    }
}

/// What the caller may do about a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureClass {
    /// Nothing was done, and repeating the call changes nothing.
    Permanent,
    /// Nothing was done; try again, not before `after` where it is given.
    Retryable {
        /// How long Tailscale, or the token's probe, asks to wait.
        after: Option<Duration>,
    },
    /// The answer was lost: Tailscale may have done it or not. Read before writing again.
    Ambiguous,
}

/// What happened to a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// 400: the call itself is wrong, for example a value of another type than the key's.
    BadRequest,
    /// 401, again after one fresh token.
    Unauthorized,
    /// 403: the OAuth client, or the plan, lacks something.
    Forbidden,
    /// 404: the device or the attribute is gone.
    NotFound,
    /// Any other 4xx.
    Refused,
    /// 429.
    RateLimited,
    /// 5xx.
    ServerError,
    /// No connection: the call was never sent.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// The connection broke after the call was sent.
    Lost,
    /// No token for this OAuth client.
    TokenRefused,
    /// An answer that makes no sense, a redirect included.
    BadAnswer,
}

impl FailureKind {
    /// What a status that is not 2xx means.
    pub(super) fn of_status(call: Call, status: u16) -> Self {
        let refusal = (400..500).contains(&status);
        match status {
            429 => Self::RateLimited,
            408 | 500..=599 => Self::ServerError,
            _ if refusal && call == Call::Token => Self::TokenRefused,
            400 => Self::BadRequest,
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            _ if refusal => Self::Refused,
            _ => Self::BadAnswer,
        }
    }

    /// The outcome in metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Refused => "refused",
            Self::RateLimited => "rate_limited",
            Self::ServerError => "server_error",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Lost => "lost",
            Self::TokenRefused => "token_refused",
            Self::BadAnswer => "bad_answer",
        }
    }
}

/// A call that failed. Shown, it is [`CallError::sentence`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    /// The call that failed.
    pub call: Call,
    /// What happened.
    pub kind: FailureKind,
    /// What the caller may do next.
    pub class: FailureClass,
    /// The status, when there was an answer.
    pub status: Option<u16>,
    /// Tailscale's own words on one line, at most 200 characters; may be empty. They may name
    /// people and devices: show them to people, do not log them.
    pub message: String,
}

/// The longest message kept, in characters.
const LONGEST_MESSAGE: usize = 200;

impl CallError {
    /// A failure without an answer.
    pub fn unanswered(call: Call, kind: FailureKind) -> Self {
        Self::new(call, kind, None, None, "")
    }

    /// A failure that Tailscale answered with this status, these words and this `Retry-After`.
    pub fn answered(call: Call, status: u16, after: Option<Duration>, message: &str) -> Self {
        let kind = FailureKind::of_status(call, status);
        Self::new(call, kind, Some(status), after, message)
    }

    /// A success that could not be read, and why.
    pub(super) fn unreadable(call: Call, status: u16, why: &str) -> Self {
        Self::new(call, FailureKind::BadAnswer, Some(status), None, why)
    }

    fn new(
        call: Call,
        kind: FailureKind,
        status: Option<u16>,
        after: Option<Duration>,
        message: &str,
    ) -> Self {
        Self {
            call,
            kind,
            class: classify(call, kind, after),
            status,
            message: one_line(message),
        }
    }

    /// Whether the device (or the attribute on it) is no longer there.
    pub fn is_gone(&self) -> bool {
        self.kind == FailureKind::NotFound
    }

    /// What happened, for a card: a clause that goes on after "Tailscale refused: ".
    pub fn sentence(&self) -> String {
        let status = self.status.unwrap_or_default();
        match self.kind {
            FailureKind::BadRequest | FailureKind::Refused if self.message.is_empty() => {
                format!("{status}, without saying why")
            }
            FailureKind::BadRequest | FailureKind::Refused => {
                format!("{status}, {}", self.message)
            }
            FailureKind::Unauthorized => "401, even with a fresh token".to_owned(),
            FailureKind::Forbidden if self.blames_the_plan() => {
                format!("{status}, {}", self.message)
            }
            FailureKind::Forbidden => {
                format!("403, the OAuth client lacks `{}`", self.call.scope())
            }
            FailureKind::NotFound => match self.call {
                Call::Devices | Call::PolicyFile => "404, it knows no such tailnet".to_owned(),
                _ => "404, the device is no longer in the tailnet".to_owned(),
            },
            FailureKind::RateLimited => match self.class {
                FailureClass::Retryable { after: Some(after) } => {
                    format!("429, too many calls, wait {} s", after.as_secs())
                }
                _ => "429, too many calls".to_owned(),
            },
            FailureKind::ServerError => format!("{status}, a fault on Tailscale's side"),
            FailureKind::Unreachable => "it could not be reached".to_owned(),
            FailureKind::TimedOut => "it did not answer in time".to_owned(),
            FailureKind::Lost => "the connection broke before the answer came".to_owned(),
            FailureKind::TokenRefused => format!(
                "{status}, no token for this OAuth client, \
                 check TAILSCALE_CLIENT_ID and TAILSCALE_CLIENT_SECRET"
            ),
            FailureKind::BadAnswer => match self.status {
                Some(status) => format!("{status}, with an answer that Lapse cannot read"),
                None => "an answer that Lapse cannot read".to_owned(),
            },
        }
    }

    /// Custom attributes are not part of every plan, and then no scope helps.
    fn blames_the_plan(&self) -> bool {
        self.message
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| word.eq_ignore_ascii_case("plan"))
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())
    }
}

impl std::error::Error for CallError {}

fn classify(call: Call, kind: FailureKind, after: Option<Duration>) -> FailureClass {
    match kind {
        FailureKind::BadRequest
        | FailureKind::Unauthorized
        | FailureKind::Forbidden
        | FailureKind::NotFound
        | FailureKind::Refused => FailureClass::Permanent,
        FailureKind::RateLimited | FailureKind::TokenRefused | FailureKind::Unreachable => {
            FailureClass::Retryable { after }
        }
        FailureKind::ServerError
        | FailureKind::TimedOut
        | FailureKind::Lost
        | FailureKind::BadAnswer => {
            if call.changes_something() {
                FailureClass::Ambiguous
            } else {
                FailureClass::Retryable { after }
            }
        }
    }
}

/// Foreign text on one line: no control or direction characters, single spaces, cut.
fn one_line(text: &str) -> String {
    let unseen = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}');
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let mut line = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().filter(|c| !unseen(*c)));
    }
    line.chars().take(LONGEST_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definite_refusal_is_permanent() {
        for status in [400, 401, 403, 404, 409, 422] {
            let error = CallError::answered(Call::Write, status, None, "");
            assert_eq!(error.class, FailureClass::Permanent, "{status}");
        }
    }

    #[test]
    fn what_a_lost_answer_means_depends_on_the_call() {
        let lost = [
            FailureKind::TimedOut,
            FailureKind::Lost,
            FailureKind::ServerError,
            FailureKind::BadAnswer,
        ];
        for kind in lost {
            for write in [Call::Write, Call::Remove, Call::Delete] {
                let error = CallError::unanswered(write, kind);
                assert_eq!(error.class, FailureClass::Ambiguous, "{write:?} {kind:?}");
            }
            for read in [Call::Token, Call::Device, Call::Attributes, Call::Devices] {
                let error = CallError::unanswered(read, kind);
                assert_eq!(error.class, FailureClass::Retryable { after: None });
            }
        }
    }

    #[test]
    fn a_call_that_was_never_sent_or_put_off_may_be_repeated() {
        let never_sent = CallError::unanswered(Call::Write, FailureKind::Unreachable);
        assert_eq!(never_sent.class, FailureClass::Retryable { after: None });
        let after = Some(Duration::from_secs(30));
        let put_off = CallError::answered(Call::Write, 429, after, "");
        assert_eq!(put_off.class, FailureClass::Retryable { after });
        assert_eq!(put_off.sentence(), "429, too many calls, wait 30 s");
    }

    #[test]
    fn a_refused_token_is_mended_by_people_and_then_works() {
        for status in [400, 401, 403] {
            let error = CallError::answered(Call::Token, status, None, "API token invalid");
            assert_eq!(error.kind, FailureKind::TokenRefused);
            assert_eq!(error.class, FailureClass::Retryable { after: None });
            assert!(error.sentence().contains("TAILSCALE_CLIENT_SECRET"));
        }
    }

    #[test]
    fn a_missing_scope_is_named() {
        let sentence = |call| CallError::answered(call, 403, None, "forbidden").sentence();
        assert_eq!(
            sentence(Call::Write),
            "403, the OAuth client lacks `devices:posture_attributes`"
        );
        assert_eq!(
            sentence(Call::Device),
            "403, the OAuth client lacks `devices:core:read`"
        );
        assert_eq!(
            sentence(Call::PolicyFile),
            "403, the OAuth client lacks `policy_file:read`"
        );
    }

    #[test]
    fn a_missing_plan_is_not_called_a_missing_scope() {
        let words = "custom attributes are not available on your plan";
        let error = CallError::answered(Call::Write, 403, None, words);
        assert_eq!(error.sentence(), format!("403, {words}"));
        let planted = CallError::answered(Call::Write, 403, None, "planet unknown");
        assert!(planted.sentence().contains("lacks"));
    }

    #[test]
    fn foreign_words_become_one_short_line() {
        let words = format!("type\u{1b}[31m\n\tclash \u{202e}{}", "x".repeat(500));
        let error = CallError::answered(Call::Write, 400, None, &words);
        assert!(error.message.starts_with("type [31m clash xxx"));
        assert_eq!(error.message.chars().count(), LONGEST_MESSAGE);
        let silent = CallError::answered(Call::Write, 400, None, "");
        assert_eq!(silent.sentence(), "400, without saying why");
    }
}
