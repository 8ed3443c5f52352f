//! How much of a body is read, and for how long.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Slack's largest bodies are a tenth of this.
pub const LARGEST_BODY: usize = 256 * 1024;

/// Slack waits three seconds for the whole exchange.
pub const BODY_TIME: Duration = Duration::from_secs(5);

/// All bodies that are being read at one time, together. Without it, many senders that each stay
/// below their own limit could still fill the memory.
pub const ALL_BODIES: usize = 32 * 1024 * 1024;

/// Reads bodies within the limits.
#[derive(Clone)]
pub struct Limits {
    room: Arc<Semaphore>,
    time: Duration,
}

/// Why a body was not read to its end. What had been read is dropped, and so is the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Larger than [`LARGEST_BODY`].
    TooLarge,
    /// Not there after [`BODY_TIME`].
    TooSlow,
    /// The connection broke, or what came was not HTTP.
    Broken,
    /// Too many bodies are being read already.
    NoRoom,
}

/// A body in memory, for as long as it takes up room.
pub struct ReadBody {
    /// Exactly what came over the wire.
    pub bytes: Bytes,
    _room: Vec<OwnedSemaphorePermit>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            room: Arc::new(Semaphore::new(ALL_BODIES)),
            time: BODY_TIME,
        }
    }
}

impl Limits {
    /// Reads the body that came with these headers. One whose announced length is too large is
    /// not read at all.
    pub async fn read(&self, headers: &HeaderMap, body: Body) -> Result<ReadBody, Unread> {
        if announced(headers).is_some_and(|length| length > LARGEST_BODY as u64) {
            return Err(Unread::TooLarge);
        }
        let reading = self.collect(body);
        tokio::time::timeout(self.time, reading)
            .await
            .unwrap_or(Err(Unread::TooSlow))
    }

    async fn collect(&self, body: Body) -> Result<ReadBody, Unread> {
        let mut chunks = body.into_data_stream();
        let mut read = BytesMut::new();
        let mut room = Vec::new();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Unread::Broken)?;
            if read.len() + chunk.len() > LARGEST_BODY {
                return Err(Unread::TooLarge);
            }
            let length = u32::try_from(chunk.len()).map_err(|_| Unread::TooLarge)?;
            let permit = Arc::clone(&self.room).try_acquire_many_owned(length);
            let permit = permit.map_err(|_| Unread::NoRoom)?;
            match room.first_mut() {
                None => room.push(permit),
                Some(first) => OwnedSemaphorePermit::merge(first, permit),
            }
            read.extend_from_slice(&chunk);
        }
        Ok(ReadBody {
            bytes: read.freeze(),
            _room: room,
        })
    }
}

/// Hyper has already refused lengths that are no number, or several different ones.
fn announced(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

impl IntoResponse for Unread {
    fn into_response(self) -> Response {
        let status = match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
        };
        let close = [(header::CONNECTION, HeaderValue::from_static("close"))];
        (status, close).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    fn chunked(sizes: &[usize]) -> Body {
        let chunks: Vec<Result<Bytes, std::io::Error>> = sizes
            .iter()
            .map(|&size| Ok(Bytes::from(vec![b'x'; size])))
            .collect();
        Body::from_stream(stream::iter(chunks))
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_the_limit_and_not_a_byte_beyond() {
        let limits = Limits::default();
        let whole = limits
            .read(&HeaderMap::new(), chunked(&[LARGEST_BODY - 1, 1]))
            .await;
        assert_eq!(whole.map(|body| body.bytes.len()), Ok(LARGEST_BODY));
        let over = limits
            .read(&HeaderMap::new(), chunked(&[LARGEST_BODY, 1]))
            .await;
        assert_eq!(over.map(|body| body.bytes.len()), Err(Unread::TooLarge));
    }

    fn silence() -> Body {
        Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>())
    }

    #[tokio::test]
    async fn an_announced_excess_is_refused_unread() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(LARGEST_BODY + 1));
        let refused = Limits::default().read(&headers, silence()).await;
        assert_eq!(refused.map(|body| body.bytes), Err(Unread::TooLarge));
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        let limits = Limits {
            time: Duration::from_millis(10),
            ..Limits::default()
        };
        let refused = limits.read(&HeaderMap::new(), silence()).await;
        assert_eq!(refused.map(|body| body.bytes), Err(Unread::TooSlow));
    }

    #[tokio::test]
    async fn bodies_share_one_room_and_leave_it_again() {
        let limits = Limits {
            room: Arc::new(Semaphore::new(10)),
            ..Limits::default()
        };
        let first = limits
            .read(&HeaderMap::new(), chunked(&[4, 4]))
            .await
            .map_err(|_| "no room");
        let refused = limits.read(&HeaderMap::new(), chunked(&[3])).await;
        assert_eq!(refused.map(|body| body.bytes), Err(Unread::NoRoom));
        drop(first);
        assert!(limits.read(&HeaderMap::new(), chunked(&[10])).await.is_ok());
    }
}
