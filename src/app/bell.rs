//! Wakes a background task at once, instead of at its next poll.

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

    /// Waits for a ring. Create the future before looking for work, so that no ring is missed.
    pub async fn rung(&self) {
        self.0.notified().await;
    }
}
