//! One attempt at one method, and what its outcome means.

use super::answer::Read;
use super::hosts::is_slacks;
use super::token::TokenState;
use super::{Client, TIME_OUT, merge};
use crate::slack::error::{CallError, Class};
use crate::slack::message::{Response, ResponseUrl};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use url::Url;

/// What happens when a call whose answer was lost is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twice {
    /// The same as once.
    Harmless,
    /// Something is there twice.
    Doubles,
}

/// A call to be made.
pub(super) struct Call<'a> {
    method: &'static str,
    twice: Twice,
    body: Body<'a>,
}

enum Body<'a> {
    Form(&'a [(&'a str, &'a str)]),
    Json(&'a Value),
}

impl<'a> Call<'a> {
    /// A read method: repeating it is always harmless.
    pub(super) fn form(method: &'static str, fields: &'a [(&'a str, &'a str)]) -> Self {
        Self {
            method,
            twice: Twice::Harmless,
            body: Body::Form(fields),
        }
    }

    /// A write method.
    pub(super) fn json(method: &'static str, body: &'a Value, twice: Twice) -> Self {
        Self {
            method,
            twice,
            body: Body::Json(body),
        }
    }
}

impl Client {
    /// Makes a call with the token, unless the token is known to be dead.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Read, CallError> {
        let Call {
            method,
            twice,
            body,
        } = call;
        self.token.admit().map_err(|why| CallError {
            method,
            class: Class::TokenDead,
            error: why,
        })?;
        self.quiet.admit(method, &self.clock)?;
        let url = self
            .api
            .join(method)
            .map_err(|_| refused(method, "bad_api_url"))?;
        let request = self.http.post(url).bearer_auth(self.secret.expose_secret());
        let request = match body {
            Body::Form(fields) => request.form(fields),
            Body::Json(json) => request.json(json),
        };
        let outcome = self.attempt(method, twice, request).await;
        match &outcome {
            Ok(_) => self.token.worked(),
            Err(error) if error.class == Class::TokenDead => self.token.died(&error.error),
            Err(error) => self.quiet.note(error, &self.clock),
        }
        outcome
    }

    /// Answers through an address that came from Slack. It carries no token, so it works also
    /// when the token does not.
    pub(super) async fn follow(
        &self,
        url: &ResponseUrl,
        response: &Response,
    ) -> Result<(), CallError> {
        const METHOD: &str = "response_url";
        let url = Url::parse(url.as_str())
            .ok()
            .filter(|url| is_slacks(url, &self.api))
            .ok_or_else(|| {
                tracing::warn!("an answer was not sent, because its response_url is not at Slack");
                refused(METHOD, "foreign_response_url")
            })?;
        let (message, place, twice) = match response {
            Response::Ephemeral(message) => (
                message,
                json!({ "response_type": "ephemeral", "replace_original": false }),
                Twice::Doubles,
            ),
            Response::Replace(message) => (
                message,
                json!({ "replace_original": true }),
                Twice::Harmless,
            ),
        };
        let mut body = message.fields();
        merge(&mut body, place);
        let request = self.http.post(url).json(&body);
        self.attempt(METHOD, twice, request).await.map(|_| ())
    }

    async fn attempt(
        &self,
        method: &'static str,
        twice: Twice,
        request: RequestBuilder,
    ) -> Result<Read, CallError> {
        let started = Instant::now();
        let outcome = self.answered(method, twice, request).await;
        let label = outcome
            .as_ref()
            .map_or_else(|error| error.class.label(), |_| "ok");
        metrics::counter!("lapse_remote_calls_total",
            "platform" => "slack", "method" => method, "outcome" => label)
        .increment(1);
        metrics::histogram!("lapse_remote_call_seconds", "platform" => "slack", "method" => method)
            .record(started.elapsed().as_secs_f64());
        outcome
    }

    async fn answered(
        &self,
        method: &'static str,
        twice: Twice,
        request: RequestBuilder,
    ) -> Result<Read, CallError> {
        let lost = |error: &reqwest::Error| lost(method, twice, error);
        let response = request
            .timeout(TIME_OUT)
            .send()
            .await
            .map_err(|e| lost(&e))?;
        self.skew.note(response.headers(), self.clock.now());
        let status = response.status();
        let headers = response.headers().clone();
        if let Some(error) = by_status(method, status, &headers) {
            return Err(error);
        }
        let body = response.bytes().await.map_err(|e| lost(&e))?;
        by_body(method, twice, status, &headers, &body)
    }
}

fn refused(method: &'static str, error: &str) -> CallError {
    CallError {
        method,
        class: Class::Permanent,
        error: error.to_owned(),
    }
}

/// No answer. A connection that was never made carried no request; anything later may have.
fn lost(method: &'static str, twice: Twice, error: &reqwest::Error) -> CallError {
    let class = match twice {
        Twice::Doubles if !error.is_connect() && !error.is_builder() => Class::Ambiguous,
        Twice::Doubles | Twice::Harmless => Class::Retryable { after: None },
    };
    let error = if error.is_timeout() {
        "timed_out"
    } else if error.is_connect() {
        "not_connected"
    } else {
        "connection_lost"
    };
    CallError {
        method,
        class,
        error: error.to_owned(),
    }
}

/// 429 and 5xx are definite: Slack answered that it did not do it.
/// <https://docs.slack.dev/apis/web-api/rate-limits>
fn by_status(method: &'static str, status: StatusCode, headers: &HeaderMap) -> Option<CallError> {
    let definite = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
    definite.then(|| CallError {
        method,
        class: Class::Retryable {
            after: retry_after(headers),
        },
        error: match status {
            StatusCode::TOO_MANY_REQUESTS => "ratelimited".to_owned(),
            other => format!("http_{}", other.as_u16()),
        },
    })
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

fn by_body(
    method: &'static str,
    twice: Twice,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Read, CallError> {
    let read = Read::new(method, headers, body);
    match read.verdict() {
        Some(true) => Ok(read),
        Some(false) => {
            let code = read.text("/error").unwrap_or("unknown_error");
            tell(&read, method, code);
            Err(CallError {
                method,
                class: class_of(code, twice, headers),
                error: code.to_owned(),
            })
        }
        // `response_url` answers a bare "ok".
        None if status.is_success() && method == "response_url" => Ok(read),
        None if status.is_success() => Err(CallError {
            method,
            class: match twice {
                Twice::Doubles => Class::Ambiguous,
                Twice::Harmless => Class::Retryable { after: None },
            },
            error: "unreadable_answer".to_owned(),
        }),
        None => Err(refused(method, &format!("http_{}", status.as_u16()))),
    }
}

fn class_of(code: &str, twice: Twice, headers: &HeaderMap) -> Class {
    match code {
        code if TokenState::is_death(code) => Class::TokenDead,
        "ratelimited"
        | "rate_limited"
        | "service_unavailable"
        | "request_timeout"
        | "team_added_to_org" => Class::Retryable {
            after: retry_after(headers),
        },
        // "It's possible some aspect of the operation succeeded before the error was raised."
        // https://docs.slack.dev/reference/methods/chat.postMessage#errors
        "internal_error" | "fatal_error" => match twice {
            Twice::Doubles => Class::Ambiguous,
            Twice::Harmless => Class::Retryable { after: None },
        },
        _ => Class::Permanent,
    }
}

/// Logs what Slack says about a refusal; it names places in the request, not their content.
fn tell(read: &Read, method: &'static str, code: &str) {
    let details = read.messages().join("; ");
    let needed = read.text("/needed").unwrap_or_default();
    match (details.is_empty(), needed.is_empty()) {
        (false, _) => tracing::warn!(method, code, details, "Slack refused a call"),
        (true, false) => tracing::warn!(
            method,
            code,
            needed,
            "Slack refused a call: a scope is missing"
        ),
        (true, true) => tracing::debug!(method, code, "Slack refused a call"),
    }
}
