//! The limit: the least that any app does with a signed interaction (verify, parse, route,
//! acknowledge), written straight down on a bare axum route, on one thread of its own.

use crate::client::SIGNING_SECRET;
use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// A running bare route.
pub struct Bare {
    /// Where it listens.
    pub address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Bare {
    /// Starts it; it takes any path.
    pub async fn start() -> anyhow::Result<Self> {
        let runtime = crate::workplace::runtime()?;
        let listener = runtime
            .spawn(TcpListener::bind("127.0.0.1:0"))
            .await?
            .context("the bare route cannot listen")?;
        let address = listener.local_addr()?;
        let router = Router::new().route("/{*path}", post(acknowledge));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            address,
            runtime: Some(runtime),
        })
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn acknowledge(headers: HeaderMap, body: Bytes) -> StatusCode {
    if verify(&headers, &body).is_none() {
        return StatusCode::UNAUTHORIZED;
    }
    match action(&body).as_deref() {
        Some("approve" | "deny" | "open_device") => StatusCode::OK,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// <https://docs.slack.dev/authentication/verifying-requests-from-slack>
fn verify(headers: &HeaderMap, body: &[u8]) -> Option<()> {
    let signature = headers.get("x-slack-signature")?.as_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(SIGNING_SECRET.as_bytes()).ok()?;
    mac.update(b"v0:");
    mac.update(headers.get("x-slack-request-timestamp")?.as_bytes());
    mac.update(b":");
    mac.update(body);
    let hex: String = (mac.finalize().into_bytes().iter())
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect();
    (signature.strip_prefix(b"v0=")? == hex.as_bytes()).then_some(())
}

fn action(body: &[u8]) -> Option<String> {
    let (_, payload) = form_urlencoded::parse(body).find(|(name, _)| name == "payload")?;
    let payload: Value = serde_json::from_str(&payload).ok()?;
    Some(payload["actions"][0]["action_id"].as_str()?.to_owned())
}
