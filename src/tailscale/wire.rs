//! One exchange with the API: send, wait, classify, measure. No tokens, no repetition.

use super::error::{Call, CallError, FailureClass, FailureKind};
use super::skew::Skew;
use crate::clock::Clock;
use reqwest::header::RETRY_AFTER;
use reqwest::{RequestBuilder, Response};
use serde::Deserialize;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an exchange may take, from connecting to the end of the body.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// How much of a refusal is read.
const LONGEST_REFUSAL: usize = 64 * 1024;

/// What every exchange needs.
pub(super) struct Wire {
    pub(super) http: reqwest::Client,
    pub(super) clock: Clock,
    pub(super) skew: Skew,
    pub(super) limit: Duration,
    /// Until when Tailscale asked to be left alone, on the clock's monotonic side.
    quiet_until: Mutex<Duration>,
}

impl Wire {
    pub(super) fn new(http: reqwest::Client, clock: Clock) -> Self {
        Self {
            http,
            clock,
            skew: Skew::default(),
            limit: CALL_LIMIT,
            quiet_until: Mutex::default(),
        }
    }

    /// Sends a request and reads the answer, if it is a 2xx, with `read`. Nothing is sent
    /// while a 429 asks for a pause, because not every caller goes through the worker's queue.
    pub(super) async fn exchange<T, F>(
        &self,
        call: Call,
        request: RequestBuilder,
        read: impl FnOnce(Response) -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        self.keep_quiet(call)?;
        let started = Instant::now();
        let result = match self.send(call, request).await {
            Ok(response) => read(response).await,
            Err(error) => Err(error),
        };
        let outcome = result.as_ref().map_or_else(|e| e.kind.label(), |_| "ok");
        let method = call.label();
        metrics::counter!("lapse_remote_calls_total",
            "platform" => "tailscale", "method" => method, "outcome" => outcome)
        .increment(1);
        metrics::histogram!("lapse_remote_call_seconds",
            "platform" => "tailscale", "method" => method)
        .record(started.elapsed().as_secs_f64());
        tracing::debug!(method, outcome, "Tailscale was called");
        result
    }

    async fn send(&self, call: Call, request: RequestBuilder) -> Result<Response, CallError> {
        let sent = self.clock.timeout(self.limit, request.send()).await;
        let response = sent
            .map_err(|_| CallError::unanswered(call, FailureKind::TimedOut))?
            .map_err(|error| broken(call, &error))?;
        self.skew.observe(response.headers(), self.clock.now());
        if response.status().is_success() {
            return Ok(response);
        }
        let error = refusal(call, response).await;
        if let (FailureKind::RateLimited, FailureClass::Retryable { after: Some(after) }) =
            (error.kind, error.class)
        {
            self.keep_quiet_for(after);
        }
        Err(error)
    }

    /// Nothing is sent for this long.
    pub(super) fn keep_quiet_for(&self, length: Duration) {
        let until = self.clock.monotonic().saturating_add(length);
        let mut quiet_until = self
            .quiet_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *quiet_until = until.max(*quiet_until);
    }

    fn keep_quiet(&self, call: Call) -> Result<(), CallError> {
        let quiet_until = *self
            .quiet_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let left = quiet_until.saturating_sub(self.clock.monotonic());
        if left.is_zero() {
            Ok(())
        } else {
            Err(CallError::answered(call, 429, Some(left), ""))
        }
    }
}

/// The whole body of an answer, up to a limit.
pub(super) async fn body(
    call: Call,
    mut response: Response,
    longest: usize,
) -> Result<Vec<u8>, CallError> {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| broken(call, &e))? {
        if body.len() + chunk.len() > longest {
            return Err(CallError::unreadable(
                call,
                status,
                "the answer is too long",
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The body of an answer as JSON.
pub(super) async fn json<T: serde::de::DeserializeOwned>(
    call: Call,
    response: Response,
    longest: usize,
) -> Result<T, CallError> {
    let status = response.status().as_u16();
    let body = body(call, response, longest).await?;
    serde_json::from_slice(&body)
        .map_err(|_| CallError::unreadable(call, status, "the answer is not the JSON expected"))
}

/// What a broken exchange means. Whatever is not known to have failed before sending counts as
/// sent.
pub(super) fn broken(call: Call, error: &reqwest::Error) -> CallError {
    let kind = if error.is_connect() || error.is_builder() {
        FailureKind::Unreachable
    } else if error.is_timeout() {
        FailureKind::TimedOut
    } else {
        FailureKind::Lost
    };
    CallError::unanswered(call, kind)
}

/// A refusal's status decides; its body only adds words, and may be anything.
async fn refusal(call: Call, response: Response) -> CallError {
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
    }
    let status = response.status().as_u16();
    let after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|seconds| seconds.to_str().ok())
        .and_then(|seconds| seconds.trim().parse::<u32>().ok())
        .map(|seconds| Duration::from_secs(seconds.into()));
    let body = body(call, response, LONGEST_REFUSAL)
        .await
        .unwrap_or_default();
    let message = serde_json::from_slice::<Refusal>(&body).map_or_else(
        |_| String::from_utf8_lossy(&body).into_owned(),
        |refusal| refusal.message,
    );
    CallError::answered(call, status, after, &message)
}
