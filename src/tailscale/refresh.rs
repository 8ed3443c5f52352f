//! Keeps the device index fresh: on a timer, and sooner when somebody misses a device.
//!
//! One task does all the reading, so there is never more than one at a time. When Tailscale
//! does not answer, the index stays as it is and shows its age.

use super::Tailscale;
use super::devices::DeviceIndex;
use super::error::{CallError, FailureClass};
use crate::clock::Clock;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// How long devices are good enough, give or take a tenth.
const EVERY: Duration = Duration::from_mins(5);
/// How soon a reading that failed is repeated, give or take a tenth.
const AFTER_A_FAILURE: Duration = Duration::from_mins(1);
/// Nothing reads again within this time: at most two readings a minute.
const NOT_WITHIN: Duration = Duration::from_secs(30);

/// Reads the devices into the index. Shared: one task runs it, anybody may hurry it.
pub struct Refresher {
    tailscale: Arc<dyn Tailscale>,
    index: Arc<DeviceIndex>,
    clock: Clock,
    hurry: Notify,
    /// Nothing reads before this, on the clock's monotonic side.
    not_before: Mutex<Duration>,
    refreshed: watch::Sender<u64>,
}

impl Refresher {
    /// A refresher that has not read yet.
    pub fn new(tailscale: Arc<dyn Tailscale>, index: Arc<DeviceIndex>, clock: Clock) -> Self {
        Self {
            tailscale,
            index,
            clock,
            hurry: Notify::new(),
            not_before: Mutex::default(),
            refreshed: watch::Sender::default(),
        }
    }

    /// Counts the readings that succeeded: whoever keeps the index in the database waits here
    /// and takes [`DeviceIndex::snapshot`]. Whoever comes after the first reading finds it as a
    /// change. Loading the index from there does not count.
    pub fn refreshed(&self) -> watch::Receiver<u64> {
        let mut readings = self.refreshed.subscribe();
        if *readings.borrow() > 0 {
            readings.mark_changed();
        }
        readings
    }

    /// Asks for a reading now, because somebody misses a device. Does nothing when the last one
    /// is younger than half a minute. Returns at once; [`Refresher::refreshed`] tells the rest.
    pub fn refresh_soon(&self) {
        if self.may_read() {
            self.hurry.notify_one();
        }
    }

    /// Reads now and then for ever; stops when it is dropped.
    pub async fn run(&self) {
        loop {
            self.hold_for(NOT_WITHIN);
            let pause = match self.refresh().await {
                Ok(()) => {
                    self.hold_for(NOT_WITHIN);
                    EVERY
                }
                Err(error) => self.pause_after(&error),
            };
            self.wait(jittered(pause)).await;
        }
    }

    async fn refresh(&self) -> Result<(), CallError> {
        let as_of = self.clock.now();
        let devices = self.tailscale.devices().await?;
        let count = devices.len();
        let index = Arc::clone(&self.index);
        let replaced = tokio::task::spawn_blocking(move || index.replace(devices, as_of)).await;
        if replaced.is_ok() {
            metrics::gauge!("lapse_device_index_devices").set(as_gauge(count));
            self.refreshed.send_modify(|version| *version += 1);
            tracing::debug!(count, "The device index was refreshed");
        }
        Ok(())
    }

    async fn wait(&self, pause: Duration) {
        let nap = self.clock.sleep(pause);
        let hurried = async {
            loop {
                self.hurry.notified().await;
                if self.may_read() {
                    break;
                }
            }
        };
        tokio::select! {
            () = nap => {}
            () = hurried => {}
        }
    }

    /// Tells of a failure; gives the time until the next reading, and hurries nobody into the
    /// time that Tailscale asked to be left alone.
    fn pause_after(&self, error: &CallError) -> Duration {
        let age = self.index.age(self.clock.now());
        tracing::warn!(
            outcome = error.kind.label(),
            status = error.status,
            index_age_seconds = age.map(|age| age.as_secs()),
            "The device list could not be read; people are offered the devices known before"
        );
        let after = match error.class {
            FailureClass::Retryable { after } => after.unwrap_or_default(),
            FailureClass::Permanent | FailureClass::Ambiguous => EVERY,
        };
        self.hold_for(NOT_WITHIN.max(after));
        // Half as much again, so that the jitter takes nothing off what was asked for.
        AFTER_A_FAILURE.max(after + after / 2)
    }

    fn may_read(&self) -> bool {
        let not_before = self
            .not_before
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.clock.monotonic() >= *not_before
    }

    fn hold_for(&self, length: Duration) {
        let until = self.clock.monotonic().saturating_add(length);
        *self
            .not_before
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = until;
    }
}

/// A tenth more or less, so that replicas do not read at the same time.
fn jittered(length: Duration) -> Duration {
    length.mul_f64(rand::random_range(0.9..=1.1))
}

fn as_gauge(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::super::error::Call;
    use super::super::testing::{FakeList, device, noon};
    use super::*;
    use crate::clock::ClockHand;

    struct Story {
        list: Arc<FakeList>,
        index: Arc<DeviceIndex>,
        refresher: Arc<Refresher>,
        hand: ClockHand,
        task: tokio::task::JoinHandle<()>,
    }

    impl Story {
        /// A refresher that has read once.
        async fn begin() -> Self {
            let (clock, hand) = Clock::manual(noon());
            let list = Arc::new(FakeList::default());
            list.answer(Ok(vec![device("n1", "one", "ada@example.com")]));
            let index = Arc::new(DeviceIndex::new());
            let shared: Arc<dyn Tailscale> = Arc::clone(&list) as _;
            let refresher = Arc::new(Refresher::new(shared, Arc::clone(&index), clock));
            let mut readings = refresher.refreshed();
            let running = Arc::clone(&refresher);
            let task = tokio::spawn(async move { running.run().await });
            readings.changed().await.expect("the refresher runs");
            settle().await;
            Self {
                list,
                index,
                refresher,
                hand,
                task,
            }
        }

        async fn after(&self, seconds: u64) {
            self.hand.advance(Duration::from_secs(seconds));
            settle().await;
        }

        async fn somebody_misses_a_device(&self) {
            self.refresher.refresh_soon();
            settle().await;
        }
    }

    impl Drop for Story {
        fn drop(&mut self) {
            self.task.abort();
        }
    }

    /// Lets the refresher do all it can before the clock moves again.
    async fn settle() {
        for _ in 0..50 {
            tokio::task::yield_now().await;
            tokio::task::spawn_blocking(|| ())
                .await
                .expect("it does nothing");
        }
    }

    #[tokio::test]
    async fn reads_at_the_start_and_every_five_minutes() {
        let story = Story::begin().await;
        assert_eq!(story.list.reads(), 1);
        assert_eq!(story.index.len(), 1);
        story.after(269).await;
        assert_eq!(story.list.reads(), 1);
        story.after(62).await;
        assert_eq!(story.list.reads(), 2);
        assert_eq!(*story.refresher.refreshed().borrow(), 2);
    }

    #[tokio::test]
    async fn whoever_comes_late_hears_of_what_was_read_already() {
        let story = Story::begin().await;
        let heard = |readings: &watch::Receiver<u64>| readings.has_changed().expect("it runs");
        let mut readings = story.refresher.refreshed();
        assert!(heard(&readings), "the first was before");
        readings.borrow_and_update();
        assert!(!heard(&readings), "and is told once");
    }

    #[tokio::test]
    async fn a_missed_device_hurries_it_but_at_most_twice_a_minute() {
        let story = Story::begin().await;
        story.after(29).await;
        story.somebody_misses_a_device().await;
        assert_eq!(story.list.reads(), 1, "half a minute has not passed");
        story.after(1).await;
        for _ in 0..10 {
            story.somebody_misses_a_device().await;
        }
        assert_eq!(story.list.reads(), 2);
        story.after(30).await;
        story.somebody_misses_a_device().await;
        assert_eq!(story.list.reads(), 3);
    }

    #[tokio::test]
    async fn a_failure_leaves_the_index_with_its_age_and_is_mended_soon() {
        let story = Story::begin().await;
        story
            .list
            .answer(Err(CallError::answered(Call::Devices, 503, None, "")));
        story.after(331).await;
        assert_eq!(story.list.reads(), 2);
        assert_eq!(story.index.len(), 1);
        let age = story.index.age(story.hand.now());
        assert_eq!(age, Some(Duration::from_secs(331)));
        assert_eq!(*story.refresher.refreshed().borrow(), 1);

        story.list.answer(Ok(vec![]));
        story.after(67).await;
        assert_eq!(story.list.reads(), 3);
        assert!(story.index.is_empty());
    }

    #[tokio::test]
    async fn nobody_hurries_it_into_the_time_tailscale_wants_to_be_left_alone() {
        let story = Story::begin().await;
        let after = Some(Duration::from_mins(10));
        story
            .list
            .answer(Err(CallError::answered(Call::Devices, 429, after, "")));
        story.after(331).await;
        assert_eq!(story.list.reads(), 2);
        story.after(599).await;
        story.somebody_misses_a_device().await;
        assert_eq!(story.list.reads(), 2);
        story.after(1).await;
        story.somebody_misses_a_device().await;
        assert_eq!(story.list.reads(), 3);
    }
}
