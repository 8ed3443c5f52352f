//! Support of this module's tests: some devices, a device list that answers as it is told, and
//! servers that do the same over real connections.

use super::client::Client;
use super::error::{Call, CallError, FailureKind};
use super::model::{Attributes, Removed};
use super::token::Credentials;
use super::{Answer, Groups, Tailscale};
use crate::clock::Clock;
use crate::domain::attribute::{Attribute, AttributeValue, Key};
use crate::domain::device::{Authorization, Device, DeviceOrigin, Presence};
use crate::domain::ids::NodeId;
use crate::domain::person::Login;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeZone, Utc};
use reqwest::Url;
use serde_json::json;
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// When these stories happen.
pub(super) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 2, 12, 0, 0)
        .single()
        .expect("a time that exists")
}

/// An authorized device that is online.
pub(super) fn device(node: &str, name: &str, owner: &str) -> Device {
    Device {
        node: NodeId::new(node),
        name: name.to_owned(),
        owner: Login::new(owner),
        os: "linux".to_owned(),
        client_version: "1.88.1".to_owned(),
        tags: vec![],
        presence: Presence::Online,
        authorization: Authorization::Authorized,
        origin: DeviceOrigin::Tailnet,
        key_expires: None,
    }
}

/// The key that these stories write.
pub(super) fn key() -> Key {
    Key {
        node: NodeId::new("nABC11CNTRL"),
        attribute: Attribute::parse("custom:prodSsh").expect("a legal key"),
    }
}

/// A client without redirects and without kept connections.
pub(super) fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .no_proxy()
        .build()
        .expect("a client")
}

pub(super) fn credentials() -> Credentials {
    Credentials {
        client_id: "kClient".to_owned(),
        client_secret: "tskey-client-secret".into(),
    }
}

/// A client of this server.
pub(super) fn client(origin: &Url, clock: Clock) -> Client {
    Client::new(http(), clock, origin, "-", credentials())
}

/// A request as a server saw it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) method: String,
    /// As it stood in the request line.
    pub(super) path: String,
    pub(super) authorization: String,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn asks_for_a_token(&self) -> bool {
        self.path == "/api/v2/oauth/token"
    }
}

/// A server on loopback. It gives out `token-1`, `token-2`, … unless its story says otherwise.
pub(super) struct Upstream {
    pub(super) origin: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Upstream {
    /// A server that answers whatever `story` gives; `None` leaves it to the server.
    pub(super) async fn tells<F>(story: impl Fn(Seen) -> F + Clone + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<Response>> + Send + 'static,
    {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let remembered = Arc::clone(&seen);
        let answer = move |request: Request| {
            let remembered = Arc::clone(&remembered);
            let story = story.clone();
            async move {
                let request = read(request).await;
                let tokens = {
                    let mut seen = remembered.lock().expect("not poisoned");
                    seen.push(request.clone());
                    seen.iter().filter(|seen| seen.asks_for_a_token()).count()
                };
                let asks_for_a_token = request.asks_for_a_token();
                match story(request).await {
                    Some(response) => response,
                    None if asks_for_a_token => token(tokens),
                    None => "{}".into_response(),
                }
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = origin_of(&listener);
        let router = axum::Router::new().fallback(answer);
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        Self { origin, seen, task }
    }

    /// A server whose every answer but the tokens is this one.
    pub(super) async fn says(status: u16, body: &'static str) -> Self {
        Self::tells(
            move |seen| async move { (!seen.asks_for_a_token()).then(|| answer(status, body)) },
        )
        .await
    }

    /// The requests for tokens so far.
    pub(super) fn tokens(&self) -> usize {
        let seen = self.seen.lock().expect("not poisoned");
        seen.iter().filter(|seen| seen.asks_for_a_token()).count()
    }

    /// The other requests so far.
    pub(super) fn calls(&self) -> Vec<Seen> {
        let seen = self.seen.lock().expect("not poisoned");
        seen.iter()
            .filter(|seen| !seen.asks_for_a_token())
            .cloned()
            .collect()
    }

    /// The one other request so far.
    pub(super) fn call(&self) -> Seen {
        let calls = self.calls();
        assert_eq!(calls.len(), 1, "{calls:?}");
        calls.into_iter().next().expect("one call")
    }

    /// Closes the port.
    pub(super) async fn stop(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An answer with a status and a body.
pub(super) fn answer(status: u16, body: &'static str) -> Response {
    let status = axum::http::StatusCode::from_u16(status).expect("a status");
    (status, body).into_response()
}

fn token(number: usize) -> Response {
    let scopes = "devices:core:read devices:posture_attributes";
    axum::Json(
        json!({"access_token": format!("token-{number}"), "token_type": "Bearer",
        "expires_in": 3600, "scope": scopes}),
    )
    .into_response()
}

async fn read(request: Request) -> Seen {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a whole body");
    let authorization = head.headers.get("authorization");
    Seen {
        method: head.method.to_string(),
        path: head.uri.to_string(),
        authorization: authorization
            .map(|value| value.to_str().expect("plain text").to_owned())
            .unwrap_or_default(),
        body: String::from_utf8(body.to_vec()).expect("plain text"),
    }
}

fn origin_of(listener: &TcpListener) -> Url {
    let address = listener.local_addr().expect("an address");
    Url::parse(&format!("http://{address}")).expect("a URL")
}

/// A server that gives out a token and hangs up on everything else, once it was sent.
pub(super) async fn hangs_up() -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = origin_of(&listener);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = vec![0; 64 * 1024];
            let length = socket.read(&mut request).await.unwrap_or_default();
            if request[..length].starts_with(b"POST /api/v2/oauth/token") {
                let body = r#"{"access_token":"token-1"}"#;
                let length = body.len();
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        }
    });
    origin
}

/// A Tailscale of which only the device list works.
#[derive(Default)]
pub(super) struct FakeList {
    answer: Mutex<Option<Result<Vec<Device>, CallError>>>,
    reads: Mutex<usize>,
}

impl FakeList {
    /// Answers this from now on.
    pub(super) fn answer(&self, answer: Result<Vec<Device>, CallError>) {
        *self.answer.lock().expect("not poisoned") = Some(answer);
    }

    /// How often the list was read.
    pub(super) fn reads(&self) -> usize {
        *self.reads.lock().expect("not poisoned")
    }
}

fn unreachable<T: Send>(call: Call) -> Answer<'static, T> {
    Box::pin(async move { Err(CallError::unanswered(call, FailureKind::Unreachable)) })
}

impl Tailscale for FakeList {
    fn devices(&self) -> Answer<'_, Vec<Device>> {
        *self.reads.lock().expect("not poisoned") += 1;
        let answer = self.answer.lock().expect("not poisoned").clone();
        Box::pin(async move { answer.expect("the story gives an answer") })
    }
    fn device<'a>(&'a self, _: &'a NodeId) -> Answer<'a, Device> {
        unreachable(Call::Device)
    }
    fn attributes<'a>(&'a self, _: &'a NodeId) -> Answer<'a, Attributes> {
        unreachable(Call::Attributes)
    }
    fn write<'a>(
        &'a self,
        _: &'a Key,
        _: &'a AttributeValue,
        _: DateTime<Utc>,
        _: &'a str,
    ) -> Answer<'a, ()> {
        unreachable(Call::Write)
    }
    fn remove<'a>(&'a self, _: &'a Key, _: &'a str) -> Answer<'a, Removed> {
        unreachable(Call::Remove)
    }
    fn delete<'a>(&'a self, _: &'a Key) -> Answer<'a, Removed> {
        unreachable(Call::Delete)
    }
    fn groups(&self) -> Answer<'_, Groups> {
        unreachable(Call::PolicyFile)
    }
    fn policy_postures(&self) -> Answer<'_, BTreeSet<Attribute>> {
        unreachable(Call::PolicyFile)
    }
    fn granted_scopes(&self) -> Answer<'_, BTreeSet<String>> {
        unreachable(Call::Token)
    }
}
