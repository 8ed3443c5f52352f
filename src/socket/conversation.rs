//! What goes on while a connection lasts.
//!
//! Envelopes come in and are handled side by side; acknowledgements go out as they are ready. The
//! connection is left when it is lost, when Slack closes it, some time after it was relieved by
//! another, and at a stop. Whatever is being handled then is still acknowledged, if it can be.

use super::Parts;
use super::connect::Stream;
use super::envelope::{Frame, Reason};
use super::handling;
use crate::lifecycle::Shutdown;
use futures_util::{SinkExt, StreamExt};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::tungstenite::{self, Bytes, Message};
use tokio_util::sync::CancellationToken;

/// How one connection and whoever keeps it up speak to each other. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Relief {
    wanted: CancellationToken,
    there: CancellationToken,
}

impl Relief {
    /// Ends when another connection is needed, because this one will end or has.
    pub(super) async fn wanted(&self) {
        self.wanted.cancelled().await;
    }

    /// Another connection is there.
    pub(super) fn is_there(&self) {
        self.there.cancel();
    }
}

/// Why a connection is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaving {
    /// It is still there; we go.
    Ours,
    /// It is gone.
    Theirs,
}

/// Listens until the connection is left.
pub(super) async fn hold(parts: Arc<Parts>, stream: Stream, relief: Relief, shutdown: Shutdown) {
    let up = parts.presence.up();
    let (acknowledgements, mut due) = mpsc::unbounded_channel();
    let mut conversation = Conversation {
        heard: Instant::now(),
        stream,
        relief: relief.clone(),
        parts,
    };
    let leaving = conversation
        .listen(&shutdown, acknowledgements, &mut due)
        .await;
    relief.wanted.cancel();
    if leaving == Leaving::Ours {
        tokio::select! {
            () = conversation.part(&mut due) => {}
            () = shutdown.hard() => {}
        }
    }
    drop(up);
}

struct Conversation {
    parts: Arc<Parts>,
    stream: Stream,
    relief: Relief,
    /// When something last came.
    heard: Instant,
}

impl Conversation {
    async fn listen(
        &mut self,
        shutdown: &Shutdown,
        acknowledgements: mpsc::UnboundedSender<String>,
        due: &mut mpsc::UnboundedReceiver<String>,
    ) -> Leaving {
        let patience = self.parts.patience;
        let mut ticks = tokio::time::interval(patience.ping);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let there = self.relief.there.clone();
        let lingered = async move {
            there.cancelled().await;
            tokio::time::sleep(patience.linger).await;
        };
        tokio::pin!(lingered);
        let mut place = None;
        loop {
            let places = Arc::clone(&self.parts.places);
            let left = tokio::select! {
                biased;
                () = shutdown.soft() => Some(Leaving::Ours),
                Some(ready) = due.recv() => self.send(Message::text(ready)).await,
                free = places.acquire_owned(), if place.is_none() => {
                    place = free.ok();
                    None
                }
                message = self.stream.next(), if place.is_some() => {
                    self.heard = Instant::now();
                    match message {
                        Some(Ok(message)) => self.take(message, &mut place, &acknowledgements),
                        Some(Err(error)) => Some(lost(&error)),
                        None => Some(Leaving::Theirs),
                    }
                }
                _ = ticks.tick() => self.look_for_life(place.is_some()).await,
                () = &mut lingered => Some(Leaving::Ours),
            };
            if let Some(leaving) = left {
                return leaving;
            }
        }
    }

    /// One message; says whether the connection is over.
    fn take(
        &self,
        message: Message,
        place: &mut Option<OwnedSemaphorePermit>,
        acknowledgements: &mpsc::UnboundedSender<String>,
    ) -> Option<Leaving> {
        let text = match message {
            Message::Text(text) => text,
            Message::Close(_) => return Some(Leaving::Theirs),
            // Pings are answered by the library; Slack sends no binary messages.
            _ => return None,
        };
        match Frame::read(text.as_str()) {
            Ok(Frame::Envelope(envelope)) => {
                if let Some(place) = place.take() {
                    let (parts, due) = (Arc::clone(&self.parts), acknowledgements.clone());
                    self.parts
                        .tasks
                        .spawn(handling::handle(parts, envelope, due, place));
                }
            }
            Ok(Frame::Disconnect(reason)) => self.announced(reason),
            Ok(Frame::Hello | Frame::Unknown) => {}
            Err(_) => tracing::warn!("a message over Socket Mode could not be read"),
        }
        None
    }

    /// Slack will close the connection. Until it does it is listened to.
    fn announced(&self, reason: Reason) {
        match reason {
            Reason::SwitchedOff => {
                self.parts.presence.switched_off();
                tell_switched_off();
            }
            Reason::TooMany => tracing::warn!(
                "Slack closes a Socket Mode connection, because the app has ten already; set \
                 [slack].connections lower, or run fewer replicas"
            ),
            Reason::Soon | Reason::Refresh | Reason::Other => tracing::debug!(
                ?reason,
                "Slack will close a Socket Mode connection; another one is opened first"
            ),
        }
        self.relief.wanted.cancel();
    }

    /// Asks a silent connection whether it lives. One that is not read, because there is no room
    /// for what it would bring, is not silent.
    async fn look_for_life(&mut self, is_read: bool) -> Option<Leaving> {
        let silence = self.heard.elapsed();
        if is_read && silence >= self.parts.patience.dead {
            tracing::warn!(
                seconds = silence.as_secs(),
                "nothing came over a Socket Mode connection for so long, not even an answer to a \
                 ping; it is replaced"
            );
            return Some(Leaving::Theirs);
        }
        self.send(Message::Ping(Bytes::new())).await
    }

    async fn send(&mut self, message: Message) -> Option<Leaving> {
        let limit = self.parts.patience.send;
        match tokio::time::timeout(limit, self.stream.send(message)).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(lost(&error)),
            Err(_) => {
                tracing::warn!("a Socket Mode connection takes no more messages; it is replaced");
                Some(Leaving::Theirs)
            }
        }
    }

    /// Acknowledges what is still being handled, and says goodbye.
    async fn part(&mut self, due: &mut mpsc::UnboundedReceiver<String>) {
        while let Some(ready) = due.recv().await {
            if self.send(Message::text(ready)).await.is_some() {
                return;
            }
        }
        let goodbye = async {
            if self.stream.close(None).await.is_ok() {
                while let Some(Ok(_)) = self.stream.next().await {}
            }
        };
        // Whether it was answered or not, the connection is over.
        let _ = tokio::time::timeout(self.parts.patience.goodbye, goodbye).await;
    }
}

pub(super) fn tell_switched_off() {
    tracing::error!(
        "Slack says that Socket Mode is switched off for this app (link_disabled). Nobody can ask \
         or review until that changes; access that is open still ends on time. Switch Socket Mode \
         on in the app's settings, or set [slack].mode to \"http\" and restart Lapse"
    );
}

fn lost(error: &tungstenite::Error) -> Leaving {
    match error {
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => {}
        error => tracing::info!(%error, "a Socket Mode connection was lost; it is replaced"),
    }
    Leaving::Theirs
}
