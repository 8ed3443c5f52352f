//! The routes that Slack posts to.
//!
//! Size, signature, form: in this order, and each refusal is the same for everybody, so that it
//! teaches nobody anything. What gets through goes to the [`Intake`].

use super::limits::Limits;
use super::verified::{Gate, Refused, Route};
use crate::clock::Clock;
use crate::dispatch::{Dispatch, Installed, Intake};
use crate::slack::verify::Verifier;
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

/// Everything that the routes need.
#[derive(Clone)]
pub struct Edge(Arc<Parts>);

struct Parts {
    gate: Gate,
    limits: Limits,
    intake: Intake,
    numbers: AtomicU64,
}

impl Edge {
    /// Puts the parts together.
    pub fn new(
        verifier: Verifier,
        clock: Clock,
        installed: Installed,
        dispatch: Arc<dyn Dispatch>,
    ) -> Self {
        Self(Arc::new(Parts {
            gate: Gate::new(verifier, clock),
            limits: Limits::default(),
            intake: Intake::new(installed, dispatch),
            numbers: AtomicU64::new(1),
        }))
    }
}

/// `POST /slack/commands`, `/slack/interactions`, `/slack/events`.
pub fn routes(edge: &Edge) -> Router {
    let route = |path, route| {
        let edge = edge.clone();
        let receive = move |request: Request| {
            let edge = edge.clone();
            async move { edge.receive(route, request).await }
        };
        let caught = post(receive).layer(CatchPanicLayer::custom(super::panicked));
        let counted = caught.layer(axum::middleware::from_fn(move |request, next| {
            count(route, request, next)
        }));
        Router::new().route(path, counted)
    };
    route("/slack/commands", Route::Commands)
        .merge(route("/slack/interactions", Route::Interactions))
        .merge(route("/slack/events", Route::Events))
}

impl Edge {
    async fn receive(&self, route: Route, request: Request) -> Response {
        let number = self.0.numbers.fetch_add(1, Ordering::Relaxed);
        let span = tracing::info_span!("request", number, route = route.label());
        self.0.answer(route, request).instrument(span).await
    }
}

impl Parts {
    async fn answer(&self, route: Route, request: Request) -> Response {
        let (head, body) = request.into_parts();
        let body = match self.limits.read(&head.headers, body).await {
            Ok(body) => body,
            Err(unread) => return unread.into_response(),
        };
        match self.gate.admit(route, &head.headers, &body.bytes) {
            Ok(verified) => {
                drop(body);
                self.intake
                    .take(verified.into_inner())
                    .await
                    .into_response()
            }
            Err(Refused::Unverified(_)) => StatusCode::UNAUTHORIZED.into_response(),
            Err(Refused::Malformed) => StatusCode::BAD_REQUEST.into_response(),
        }
    }
}

/// Counts requests by how they ended, and measures how long Slack waited.
async fn count(route: Route, request: Request, next: axum::middleware::Next) -> Response {
    let started = Instant::now();
    let response = next.run(request).await;
    let outcome = match response.status() {
        StatusCode::OK => "acknowledged",
        StatusCode::BAD_REQUEST => "malformed",
        StatusCode::UNAUTHORIZED => "unverified",
        StatusCode::METHOD_NOT_ALLOWED => "wrong_method",
        StatusCode::REQUEST_TIMEOUT => "too_slow",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        _ => "failed",
    };
    let route = route.label();
    metrics::counter!("lapse_requests_total", "route" => route, "outcome" => outcome).increment(1);
    metrics::histogram!("lapse_ack_seconds", "route" => route)
        .record(started.elapsed().as_secs_f64());
    response
}
