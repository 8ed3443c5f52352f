//! Socket Mode: the edge for a Lapse that Slack cannot reach.
//!
//! Lapse asks Slack for an address, connects to it, and Slack sends over that connection what it
//! would have posted: the same payloads, in envelopes. Each is parsed by the same
//! functions and handed to the same [`Intake`] as in HTTP mode, and acknowledged by its id. There
//! is no signature: the connection itself was made with the app-level token.
//!
//! | part | what it does |
//! |---|---|
//! | `connect` | from the token to a connection on which Slack has said hello |
//! | `conversation` | what goes on while a connection lasts |
//! | `handling` | from an envelope to its acknowledgement |
//! | `line` | keeps one connection up: back-off, and a new one before the old one ends |
//! | [`presence`] | how many are up, for operators |
//!
//! Several connections are open at a time, and each envelope comes over one of them.
//! <https://docs.slack.dev/apis/events-api/using-socket-mode>

mod connect;
mod conversation;
mod envelope;
mod handling;
mod line;
pub mod presence;
#[cfg(test)]
mod tests;

pub use presence::{Presence, Standing};

use crate::clock::Clock;
use crate::dispatch::Intake;
use crate::lifecycle::Shutdown;
use crate::slack::Connections;
use futures_util::future::join_all;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

/// Envelopes that are handled at one time, over all connections. As many as the HTTP edge has
/// connections; when all places are taken, the next envelope waits in its connection.
const MOST_AT_ONCE: usize = 64;

/// An edge over Socket Mode.
pub struct Socket(Arc<Parts>);

/// How long things may take, in real time: they are the network's.
#[derive(Clone, Copy)]
struct Patience {
    /// For the WebSocket handshake, and again for Slack's hello.
    hello: Duration,
    /// A connection over which nothing came for so long is asked whether it lives.
    ping: Duration,
    /// A connection over which nothing came for so long is dead.
    dead: Duration,
    /// For a message to leave this machine.
    send: Duration,
    /// So long a connection that has a successor is still listened to, unless Slack closes it.
    linger: Duration,
    /// For Slack to answer our goodbye.
    goodbye: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            hello: Duration::from_secs(5),
            ping: Duration::from_secs(10),
            dead: Duration::from_secs(30),
            send: Duration::from_secs(3),
            linger: Duration::from_secs(30),
            goodbye: Duration::from_secs(1),
        }
    }
}

/// What every connection shares.
struct Parts {
    connections: Arc<dyn Connections>,
    http: reqwest::Client,
    intake: Intake,
    clock: Clock,
    presence: Presence,
    /// Addresses are asked for one after the other: a pause that Slack asks for is known before
    /// the next one is.
    asking: tokio::sync::Mutex<()>,
    places: Arc<Semaphore>,
    tasks: TaskTracker,
    numbers: AtomicU64,
    patience: Patience,
}

impl Socket {
    /// An edge that keeps so many connections up. The HTTP client makes the connections, so that
    /// they take the same way out (proxy and trusted certificates) as every other call.
    pub fn new(
        connections: Arc<dyn Connections>,
        http: reqwest::Client,
        intake: Intake,
        clock: Clock,
        wanted: usize,
    ) -> Self {
        Self(Arc::new(Parts {
            connections,
            http,
            intake,
            clock,
            presence: Presence::new(wanted),
            asking: tokio::sync::Mutex::default(),
            places: Arc::new(Semaphore::new(MOST_AT_ONCE)),
            tasks: TaskTracker::new(),
            numbers: AtomicU64::new(1),
            patience: Patience::default(),
        }))
    }

    /// How many connections are up, now and later.
    pub fn presence(&self) -> Presence {
        self.0.presence.clone()
    }

    /// Keeps the connections up until a stop begins, then acknowledges what is under way.
    pub async fn run(self, shutdown: Shutdown) {
        let parts = self.0;
        let wanted = parts.presence.standing().wanted;
        join_all((0..wanted).map(|_| line::keep(Arc::clone(&parts), shutdown.clone()))).await;
        parts.tasks.close();
        tokio::select! {
            () = parts.tasks.wait() => {}
            () = shutdown.hard() => {}
        }
    }
}
