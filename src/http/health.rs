//! `/healthz` and `/readyz`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Whether this process can do its work. Asked at every `/readyz`.
pub type Probe = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Readiness> + Send>> + Send + Sync>;

/// Whether this process can do its work, and what an operator should know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// What keeps it from working; ready when there is nothing.
    pub blocked_by: Vec<Blocker>,
    /// What is wrong without keeping it from working.
    pub notes: Vec<Note>,
    /// How many connections Slack's side comes over; nothing in HTTP mode.
    pub socket: Option<SocketState>,
}

/// The connections of Socket Mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SocketState {
    /// How many there are.
    pub open: usize,
    /// How many there should be.
    pub wanted: usize,
}

/// What keeps a process from working.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Blocker {
    /// The database does not answer.
    DatabaseDown,
    /// The database takes no writes.
    DatabaseReadOnly,
    /// The database lacks migrations that this version needs.
    MigrationsMissing,
    /// Slack refuses the bot token.
    SlackTokenDead,
    /// `auth.test` has not answered yet.
    SlackNotAnswered,
    /// Socket Mode has not connected yet.
    SocketNotConnected,
    /// Socket Mode was switched off for the app in Slack.
    SocketSwitchedOff,
}

/// What is wrong without keeping a process from working.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Note {
    /// Tailscale does not answer, or refuses.
    TailscaleDown,
    /// Socket Mode was connected and is not; another connection is being tried for.
    SocketDisconnected,
    /// User groups have not been read for this long.
    GroupsStale {
        /// How long ago they were last read; nothing if never.
        seconds: Option<u64>,
    },
    /// Slack granted fewer scopes than Lapse asks for.
    ScopesMissing {
        /// The ones that are missing.
        scopes: Vec<String>,
    },
    /// The machine's clock is off.
    ClockSkew {
        /// Positive when this machine is ahead.
        seconds: i64,
    },
}

#[derive(Serialize)]
struct Page<'a> {
    ready: bool,
    blocked_by: &'a [Blocker],
    notes: &'a [Note],
    #[serde(skip_serializing_if = "Option::is_none")]
    socket: Option<SocketState>,
}

/// `GET /healthz` and `GET /readyz`.
pub fn routes(probe: Probe) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(readyz).with_state(probe))
}

async fn readyz(State(probe): State<Probe>) -> Response {
    let readiness = probe().await;
    let ready = readiness.blocked_by.is_empty();
    let page = Json(Page {
        ready,
        blocked_by: &readiness.blocked_by,
        notes: &readiness.notes,
        socket: readiness.socket,
    });
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, page).into_response()
}
