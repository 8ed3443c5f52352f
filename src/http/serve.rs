//! Sockets: how many, how long they may take, and how they close.
//!
//! Our own loop over hyper instead of `axum::serve`, which bounds neither the time that headers
//! take nor the number of connections, and which closes a refused upload so abruptly that the
//! sender sees a reset instead of the answer.

use super::seats::{Seat, Seats};
use crate::lifecycle::Shutdown;
use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;
use tower::Service;

/// A silent connection costs sixteen kilobytes, up to twenty-five in a build for debugging. All of
/// them and whatever else strangers send at the same time have to stay below four megabytes, so
/// they may have not quite half of it. Slack at its busiest needs a few dozen.
const MOST_CONNECTIONS: usize = 64;

/// For the headers of a request, also for those of the next one on the same connection.
const HEADER_TIME: Duration = Duration::from_secs(15);

/// Headers of one request, all together.
const MOST_HEADER_BYTES: usize = 16 * 1024;

/// Headers of one request.
const MOST_HEADERS: usize = 64;

/// How long, and how much, a refused upload may go on before it is cut off.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 4 * 1024 * 1024;

/// How long a stop waits for answers that are under way. Slack waits no longer either.
const DRAIN: Duration = Duration::from_secs(3);

/// Serves until the stop has begun and what was under way has ended, or was cut off.
pub async fn serve(listener: TcpListener, router: Router, shutdown: Shutdown) {
    let seats = Seats::new(MOST_CONNECTIONS);
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.soft() => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                wait_out(&error).await;
                continue;
            }
        };
        let seat = tokio::select! {
            biased;
            () = shutdown.soft() => break,
            seat = seats.take() => seat,
        };
        let (router, shutdown) = (router.clone(), shutdown.clone());
        connections.spawn(converse(stream, router, seat, shutdown));
    }
    drop(listener);
    connections.close();
    tokio::select! {
        () = connections.wait() => {}
        () = tokio::time::sleep(DRAIN) => {}
        () = shutdown.hard() => {}
    }
}

/// A connection that broke before it was accepted is nobody's business; everything else (most
/// likely too many open files) gets better with time, not with trying faster.
async fn wait_out(error: &io::Error) {
    let is_theirs = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    );
    if !is_theirs {
        tracing::error!(%error, "no connection can be accepted; trying again in a second");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn converse(stream: TcpStream, router: Router, seat: Seat, shutdown: Shutdown) {
    // Answers are small and waited for.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let service = service_fn(|request: Request<Incoming>| {
        let answering = seat.answering();
        let answer = router.clone().call(request);
        Box::pin(async move {
            let answer = answer.await;
            drop(answering);
            answer
        })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_headers(MOST_HEADERS)
        .max_buf_size(MOST_HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut is_stopping = false;
    let outcome = loop {
        tokio::select! {
            outcome = std::future::poll_fn(|cx| connection.poll_without_shutdown(cx)) => break outcome,
            () = shutdown.soft(), if !is_stopping => {
                is_stopping = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
            () = seat.needed() => return,
            () = shutdown.hard() => return,
        }
    };
    match outcome {
        Ok(()) => {
            let stream = connection.into_parts().io.into_inner();
            tokio::select! {
                () = part(stream) => {}
                () = seat.needed() => {}
            }
        }
        Err(error) => tracing::debug!(%error, "a connection ended early"),
    }
}

/// Lets the sender read the answer. Closing a socket that still receives resets it, and then the
/// answer may never be seen.
async fn part(mut stream: TcpStream) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut scrap = vec![0; 4096];
    let mut left = LINGER_BYTES;
    let drain = async {
        while let Ok(read @ 1..) = stream.read(&mut scrap).await {
            left = left.saturating_sub(read);
            if left == 0 {
                break;
            }
        }
    };
    // Whether they stopped or we did: the socket closes.
    let _ = tokio::time::timeout(LINGER, drain).await;
}
