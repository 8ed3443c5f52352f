//! What goes on after the acknowledgement: sentences that only one person sees, forms that are
//! drawn again, rows that are kept for the next time. Only so many at one time, and a stop waits
//! for them.

use crate::lifecycle::Shutdown;
use std::future::Future;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// When so many are under way, Slack hardly answers any more, and asking it more is no use.
const MOST: usize = 256;

/// Everything that is under way.
#[derive(Clone)]
pub(super) struct Afterwards {
    tasks: TaskTracker,
    places: Arc<Semaphore>,
}

impl Default for Afterwards {
    fn default() -> Self {
        Self::at_most(MOST)
    }
}

impl Afterwards {
    fn at_most(most: usize) -> Self {
        Self {
            tasks: TaskTracker::new(),
            places: Arc::new(Semaphore::new(most)),
        }
    }

    /// Begins something; it logs under the request that it answers.
    pub(super) fn begin(&self, work: impl Future<Output = ()> + Send + 'static) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            metrics::counter!("lapse_answers_left_out_total").increment(1);
            tracing::warn!("too many answers are on their way to Slack; this one is left out");
            return;
        };
        let held = async move {
            work.await;
            drop(place);
        };
        self.tasks.spawn(held.in_current_span());
    }

    /// Waits until all of it is done, or patience ends.
    pub(super) async fn done(&self, shutdown: &Shutdown) {
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => {}
            () = shutdown.hard() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;

    #[tokio::test]
    async fn a_stop_waits_for_what_is_under_way_and_what_is_too_much_is_left_out() {
        let (afterwards, shutdown) = (Afterwards::at_most(2), Shutdown::new());
        let (go, done) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        for _ in 0..3 {
            let (go, done) = (Arc::clone(&go), Arc::clone(&done));
            afterwards.begin(async move {
                go.notified().await;
                done.fetch_add(1, Ordering::SeqCst);
            });
        }
        tokio::task::yield_now().await;
        assert!(afterwards.done(&shutdown).now_or_never().is_none());
        go.notify_waiters();
        afterwards.done(&shutdown).await;
        assert_eq!(done.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_hard_stop_waits_for_nothing() {
        let (afterwards, shutdown) = (Afterwards::default(), Shutdown::new());
        afterwards.begin(std::future::pending());
        shutdown.insist();
        afterwards.done(&shutdown).await;
    }
}
