//! From the app-level token to a connection on which Slack has said hello.
//!
//! The WebSocket begins as an HTTP request of our one HTTP client, which then hands over the
//! bytes: the same TLS, the same trusted certificates, the same proxy as for every other call.

use super::Parts;
use super::envelope::{Frame, Reason};
use crate::slack::{CallError, SocketUrl};
use futures_util::StreamExt;
use reqwest::StatusCode;
use reqwest::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION};
use reqwest::header::{HeaderMap, UPGRADE};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

/// Slack's largest payloads are a tenth of this; the same bound as for a body in HTTP mode.
const LARGEST_MESSAGE: usize = 256 * 1024;

/// A connection.
pub(super) type Stream = WebSocketStream<reqwest::Upgraded>;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unopened {
    /// Slack gave no address.
    #[error(transparent)]
    NoAddress(#[from] CallError),
    /// Nobody answered there, or too slowly.
    #[error("the address that Slack gave cannot be reached: {0}")]
    Unreachable(String),
    /// What answered there speaks no WebSocket.
    #[error("the address that Slack gave did not become a WebSocket (HTTP {0})")]
    NoWebSocket(StatusCode),
    /// Slack said goodbye instead of hello.
    #[error("Slack turned the connection away: {0:?}")]
    TurnedAway(Reason),
    /// Slack said neither.
    #[error("Slack said no hello")]
    NoHello,
}

/// Opens one.
pub(super) async fn open(parts: &Parts) -> Result<Stream, Unopened> {
    let asking = parts.asking.lock().await;
    let url = parts.connections.connections_open().await?;
    drop(asking);
    let limit = parts.patience.hello;
    let shaken = tokio::time::timeout(limit, shake_hands(&parts.http, &url)).await;
    let too_slow = |_| Unopened::Unreachable("it did not answer in time".to_owned());
    let mut stream = shaken.map_err(too_slow)??;
    let greeted = tokio::time::timeout(limit, until_hello(&mut stream)).await;
    greeted.unwrap_or(Err(Unopened::NoHello))?;
    Ok(stream)
}

/// The opening handshake of [RFC 6455](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).
async fn shake_hands(http: &reqwest::Client, url: &SocketUrl) -> Result<Stream, Unopened> {
    // An error that named the address would log the ticket in it.
    let unreachable =
        |error: reqwest::Error| Unopened::Unreachable(error.without_url().to_string());
    let key = generate_key();
    let request = http
        .get(url.over_http())
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_KEY, &key);
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    if status != StatusCode::SWITCHING_PROTOCOLS || !is_accepted(response.headers(), &key) {
        return Err(Unopened::NoWebSocket(status));
    }
    let bytes = response.upgrade().await.map_err(unreachable)?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(LARGEST_MESSAGE))
        .max_frame_size(Some(LARGEST_MESSAGE));
    Ok(WebSocketStream::from_raw_socket(bytes, Role::Client, Some(config)).await)
}

fn is_accepted(headers: &HeaderMap, key: &str) -> bool {
    let expected = derive_accept_key(key.as_bytes());
    headers
        .get(SEC_WEBSOCKET_ACCEPT)
        .is_some_and(|accept| accept.as_bytes() == expected.as_bytes())
}

async fn until_hello(stream: &mut Stream) -> Result<(), Unopened> {
    while let Some(Ok(message)) = stream.next().await {
        let Message::Text(text) = message else {
            continue;
        };
        match Frame::read(text.as_str()) {
            Ok(Frame::Hello) => return Ok(()),
            Ok(Frame::Disconnect(reason)) => return Err(Unopened::TurnedAway(reason)),
            // Nothing that has to be acknowledged comes before hello.
            Ok(Frame::Envelope(_) | Frame::Unknown) | Err(_) => {}
        }
    }
    Err(Unopened::NoHello)
}
