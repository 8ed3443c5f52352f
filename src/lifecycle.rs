//! Stopping: first softly, then, when that takes too long or is asked for twice, at once.

use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What is under way when a stop begins has this long to end.
pub const GRACE: Duration = Duration::from_secs(4);

/// Tells everything that runs when to stop. Clones tell the same.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    soft: CancellationToken,
    hard: CancellationToken,
}

impl Shutdown {
    /// A stop that only [`Self::begin`] and [`Self::insist`] ask for.
    pub fn new() -> Self {
        Self::default()
    }

    /// A stop that `SIGTERM` or `SIGINT` asks for; the second signal insists.
    pub fn on_signals() -> std::io::Result<Self> {
        let shutdown = Self::new();
        let signals = Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        };
        tokio::spawn(shutdown.clone().obey(signals));
        Ok(shutdown)
    }

    /// Begins a soft stop: nothing new is taken on. After [`GRACE`] it becomes a hard one.
    pub fn begin(&self) {
        self.begin_with(GRACE);
    }

    fn begin_with(&self, grace: Duration) {
        if self.soft.is_cancelled() {
            return;
        }
        self.soft.cancel();
        let hard = self.hard.clone();
        tokio::spawn(async move {
            tokio::time::sleep(grace).await;
            hard.cancel();
        });
    }

    /// Stops at once.
    pub fn insist(&self) {
        self.soft.cancel();
        self.hard.cancel();
    }

    /// Whether a stop has begun.
    pub fn has_begun(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Ends when a stop begins: take on nothing new, finish what is under way.
    pub async fn soft(&self) {
        self.soft.cancelled().await;
    }

    /// Ends when patience does: drop what is under way.
    pub async fn hard(&self) {
        self.hard.cancelled().await;
    }

    async fn obey(self, mut signals: Signals) {
        signals.next().await;
        tracing::info!("stopping: finishing what is under way, for at most {GRACE:?}");
        self.begin();
        tokio::select! {
            () = signals.next() => {
                tracing::warn!("stopping at once, as asked a second time");
                self.insist();
            }
            () = self.hard() => {}
        }
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_soft_stop_becomes_a_hard_one_after_the_grace() {
        let shutdown = Shutdown::new();
        assert!(!shutdown.has_begun());
        shutdown.begin_with(Duration::from_millis(10));
        shutdown.soft().await;
        assert!(shutdown.has_begun());
        shutdown.hard().await;
    }

    #[tokio::test]
    async fn insisting_waits_for_nothing() {
        let shutdown = Shutdown::new();
        shutdown.begin();
        shutdown.insist();
        shutdown.hard().await;
        assert!(shutdown.has_begun());
    }
}
