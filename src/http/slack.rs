//! The routes that Slack posts to.
//!
//! Size, signature, form: in this order, and each refusal is the same for everybody, so that it
//! teaches nobody anything. Until Lapse knows where it is installed it judges nobody: commands
//! are asked to try again, and everything else is left to Slack to deliver again.

use super::limits::Limits;
use super::reply::{Dispatch, Reply};
use super::verified::{Gate, Refused, Route};
use crate::clock::Clock;
use crate::slack::Installation;
use crate::slack::parse::{EventPost, Inbound, Interaction};
use crate::slack::verify::Verifier;
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

/// What `auth.test` has answered; nothing before it has.
pub type Installed = watch::Receiver<Option<Arc<Installation>>>;

const STARTING: &str =
    "Lapse is starting. Nothing was asked and nothing changed. Try again in a few seconds.";

/// Everything that the routes need.
#[derive(Clone)]
pub struct Edge(Arc<Parts>);

struct Parts {
    gate: Gate,
    limits: Limits,
    installed: Installed,
    dispatch: Arc<dyn Dispatch>,
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
            installed,
            dispatch,
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
                self.take(verified.into_inner()).await
            }
            Err(Refused::Unverified(_)) => StatusCode::UNAUTHORIZED.into_response(),
            Err(Refused::Malformed) => StatusCode::BAD_REQUEST.into_response(),
        }
    }

    async fn take(&self, inbound: Inbound) -> Response {
        let is_installed = self.installed.borrow().is_some();
        let reply = match inbound {
            Inbound::Event(EventPost::UrlVerification { challenge }) => {
                return challenge.into_response();
            }
            Inbound::Command(_) if !is_installed => Reply::ephemeral(STARTING),
            _ if !is_installed => Reply::Unavailable,
            Inbound::Command(command) => self.dispatch.command(command).await,
            Inbound::Interaction(Interaction::Unknown { kind }) => ignored("interaction", &kind),
            Inbound::Interaction(interaction) => self.dispatch.interaction(interaction).await,
            Inbound::Event(EventPost::Unknown { kind }) => ignored("post", &kind),
            Inbound::Event(EventPost::Callback(event)) => self.dispatch.event(event).await,
        };
        reply.into_response()
    }
}

/// The name comes from outside, so only what names are made of is logged.
fn ignored(what: &str, kind: &str) -> Reply {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let kind: String = kind.chars().filter(plain).take(64).collect();
    tracing::info!(
        kind,
        "ignored an {what} of a kind that this version does not know"
    );
    Reply::Empty
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
