//! Wakes a background task at once, instead of at its next poll.

use futures_util::FutureExt;
use std::sync::Arc;
use tokio::sync::Notify;

/// Rung after a commit. A ring while nobody waits is kept for the next wait.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// Wakes the task.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    /// Waits for a ring. One since the last wait, or since it was hushed, ends it at once.
    pub async fn rung(&self) {
        self.0.notified().await;
    }

    /// Forgets a ring that was not waited for: whoever calls this looks for work next.
    pub fn hush(&self) {
        self.0.notified().now_or_never();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_kept_until_it_is_waited_for_or_hushed() {
        let bell = Bell::default();
        bell.ring();
        bell.ring();
        assert!(bell.rung().now_or_never().is_some(), "kept");
        assert!(bell.rung().now_or_never().is_none(), "once");
        bell.ring();
        bell.hush();
        assert!(bell.rung().now_or_never().is_none(), "hushed");
        bell.ring();
        assert!(bell.rung().now_or_never().is_some(), "only until then");
    }
}
