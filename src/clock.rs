//! Time, and waiting for it: the only home of `Utc::now`.
//!
//! Everything that decides by time is handed a [`Clock`], so that tests and the demo can move it.
//! Wall time may jump, as it does on any machine; monotonic time never goes back. Network
//! time-outs are the exception and stay real, whichever clock runs: see [`Clock::timeout`].

pub mod backoff;

use chrono::{DateTime, TimeDelta, Utc};
use std::future::Future;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, error::Elapsed};

/// Keeps looks for work apart, in *real* time: for whoever is woken more often than looking is worth.
///
/// The first look of a burst is at once; the next ones wait until there is some company to find, and
/// somewhat longer where a look takes long, so that looking is not most of what is done.
#[derive(Debug)]
pub struct Breath {
    shortest: Duration,
    until: Instant,
}

/// So many times as long as a look takes nothing is looked for,
const REST: u32 = 3;
/// but no longer than this: a look may have waited for something.
const LONGEST_REST: Duration = Duration::from_millis(50);

impl Breath {
    /// Looks that are at least so far apart.
    pub fn of(shortest: Duration) -> Self {
        Self {
            shortest,
            until: Instant::now(),
        }
    }

    /// Waits for the next look; what it answers is given back after the look.
    pub async fn taken(&self) -> Instant {
        if self.until > Instant::now() {
            tokio::time::sleep_until(self.until).await;
        }
        Instant::now()
    }

    /// The look that began then is over.
    pub fn looked_since(&mut self, began: Instant) {
        let now = Instant::now();
        self.until = now + self.rest_after(now - began);
    }

    fn rest_after(&self, look: Duration) -> Duration {
        (look * REST).min(LONGEST_REST).max(self.shortest)
    }
}

/// Tells the time and waits for it. Clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System { origin: Instant },
    Manual(watch::Receiver<Reading>),
}

/// What a manual clock shows.
#[derive(Clone, Copy, Debug)]
struct Reading {
    wall: DateTime<Utc>,
    monotonic: Duration,
}

/// Moves a manual clock. The clock stands still in between, and keeps its time when the last
/// hand is dropped.
#[derive(Clone, Debug)]
pub struct ClockHand(watch::Sender<Reading>);

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Self {
        Self(Source::System {
            origin: Instant::now(),
        })
    }

    /// A clock that stands at `start` until its hand moves it.
    pub fn manual(start: DateTime<Utc>) -> (Self, ClockHand) {
        let (hand, shown) = watch::channel(Reading {
            wall: cut_to_milliseconds(start),
            monotonic: Duration::ZERO,
        });
        (Self(Source::Manual(shown)), ClockHand(hand))
    }

    /// The wall time, cut to milliseconds, which is what the database keeps.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System { .. } => cut_to_milliseconds(system_time()),
            Source::Manual(shown) => cut_to_milliseconds(shown.borrow().wall),
        }
    }

    /// Time since an arbitrary origin. It never goes back, so lengths of time are measured by it.
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            Source::System { origin } => origin.elapsed(),
            Source::Manual(shown) => shown.borrow().monotonic,
        }
    }

    /// Waits for a length of time. A wall clock that jumps neither shortens nor lengthens it.
    pub async fn sleep(&self, length: Duration) {
        match &self.0 {
            Source::System { .. } => tokio::time::sleep(length).await,
            Source::Manual(shown) => {
                let wake = shown.borrow().monotonic.saturating_add(length);
                wait_until(shown.clone(), |reading| reading.monotonic >= wake).await;
            }
        }
    }

    /// Waits until the wall clock shows `at` or later; not at all when it already does.
    ///
    /// The machine's clock is looked at anew at least once a minute, so that a wait which spans a
    /// correction of the clock ends near the corrected time.
    pub async fn sleep_until(&self, at: DateTime<Utc>) {
        match &self.0 {
            Source::System { .. } => {
                while let Ok(left) = (at - system_time()).to_std() {
                    if left.is_zero() {
                        break;
                    }
                    tokio::time::sleep(left.min(LONGEST_WAIT)).await;
                }
            }
            Source::Manual(shown) => {
                wait_until(shown.clone(), |reading| reading.wall >= at).await;
            }
        }
    }

    /// The same, but never longer than this, however far back the wall clock jumps meanwhile.
    pub async fn nap_until(&self, at: DateTime<Utc>, longest: Duration) {
        tokio::select! {
            () = self.sleep_until(at) => {}
            () = self.sleep(longest) => {}
        }
    }

    /// Gives a future so much *real* time, also under a manual clock: another machine's answer
    /// takes as long as it takes, and a test that stands still must not wait for it for ever.
    pub async fn timeout<F: Future>(
        &self,
        limit: Duration,
        future: F,
    ) -> Result<F::Output, Elapsed> {
        tokio::time::timeout(limit, future).await
    }
}

impl ClockHand {
    /// What the clock shows.
    pub fn now(&self) -> DateTime<Utc> {
        cut_to_milliseconds(self.0.borrow().wall)
    }

    /// Moves wall and monotonic time forward, and wakes whoever waited for it.
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|reading| {
            let wall = TimeDelta::from_std(by)
                .ok()
                .and_then(|by| reading.wall.checked_add_signed(by));
            reading.wall = wall.unwrap_or(DateTime::<Utc>::MAX_UTC);
            reading.monotonic = reading.monotonic.saturating_add(by);
        });
    }

    /// Sets the wall clock. Forward it takes monotonic time along; back it does not, the way
    /// a machine's clock is corrected.
    pub fn set(&self, to: DateTime<Utc>) {
        let to = cut_to_milliseconds(to);
        self.0.send_modify(|reading| {
            let forward = (to - reading.wall).to_std().unwrap_or(Duration::ZERO);
            reading.wall = to;
            reading.monotonic = reading.monotonic.saturating_add(forward);
        });
    }

    /// Moves the wall clock back and leaves monotonic time alone.
    pub fn jump_back(&self, by: Duration) {
        let back = TimeDelta::from_std(by)
            .ok()
            .and_then(|by| self.now().checked_sub_signed(by));
        if let Some(earlier) = back {
            self.set(earlier);
        }
    }
}

/// How long the machine's wall clock is trusted without looking.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one home of the machine's wall clock"
)]
fn system_time() -> DateTime<Utc> {
    Utc::now()
}

fn cut_to_milliseconds(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap_or(at)
}

/// Waits for the hand; for ever when it has been dropped, because then the time never comes.
async fn wait_until(mut shown: watch::Receiver<Reading>, reached: impl Fn(&Reading) -> bool) {
    if shown.wait_for(reached).await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use futures_util::FutureExt;

    fn noon() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 2, 12, 0, 0)
            .single()
            .expect("a time that exists")
    }

    #[tokio::test]
    async fn a_breath_is_as_long_as_looking_was_hard_within_reason() {
        let of_looking = |milliseconds| {
            let breath = Breath::of(Duration::from_millis(5));
            breath.rest_after(Duration::from_millis(milliseconds))
        };
        assert_eq!(of_looking(0), Duration::from_millis(5));
        assert_eq!(of_looking(10), Duration::from_millis(30));
        assert_eq!(of_looking(10_000), Duration::from_millis(50));
    }

    #[tokio::test]
    async fn the_first_look_of_a_burst_is_at_once() {
        let mut breath = Breath::of(Duration::from_mins(1));
        let first = breath.taken().now_or_never().expect("at once");
        breath.looked_since(first);
        assert!(breath.taken().now_or_never().is_none(), "the next waits");
    }

    #[test]
    fn shows_milliseconds_and_nothing_finer() {
        let (clock, hand) = Clock::manual(noon() + TimeDelta::nanoseconds(1_999_999));
        assert_eq!(clock.now(), noon() + TimeDelta::milliseconds(1));
        hand.advance(Duration::from_micros(1_500));
        assert_eq!(clock.now(), noon() + TimeDelta::milliseconds(2));
        let system = Clock::system().now();
        assert_eq!(system.timestamp_subsec_nanos() % 1_000_000, 0);
    }

    #[test]
    fn small_steps_add_up() {
        let (clock, hand) = Clock::manual(noon());
        for _ in 0..1_000 {
            hand.advance(Duration::from_micros(25_700));
        }
        assert_eq!(clock.now(), noon() + TimeDelta::milliseconds(25_700));
    }

    #[test]
    fn times_before_1970_are_cut_the_same_way() {
        let past = DateTime::from_timestamp(-1, 999_999_999).expect("a time that exists");
        assert_eq!(
            cut_to_milliseconds(past).timestamp_subsec_nanos(),
            999_000_000
        );
    }

    #[tokio::test]
    async fn sleepers_wake_once_the_hand_has_moved_far_enough() {
        let (clock, hand) = Clock::manual(noon());
        let mut nap = Box::pin(clock.sleep(Duration::from_mins(1)));
        assert!(nap.as_mut().now_or_never().is_none());
        hand.advance(Duration::from_secs(59));
        assert!(nap.as_mut().now_or_never().is_none());
        hand.advance(Duration::from_secs(1));
        nap.await;
    }

    #[tokio::test]
    async fn a_wall_clock_that_jumps_back_moves_no_length_of_time() {
        let (clock, hand) = Clock::manual(noon());
        hand.advance(Duration::from_secs(10));
        let before = clock.monotonic();
        let mut nap = Box::pin(clock.sleep(Duration::from_secs(5)));
        let mut appointment = Box::pin(clock.sleep_until(noon() + TimeDelta::seconds(15)));
        assert!(nap.as_mut().now_or_never().is_none());
        assert!(appointment.as_mut().now_or_never().is_none());

        hand.jump_back(Duration::from_hours(1));
        assert_eq!(clock.now(), noon() - TimeDelta::seconds(3590));
        assert_eq!(clock.monotonic(), before);

        hand.advance(Duration::from_secs(5));
        nap.await;
        assert!(appointment.as_mut().now_or_never().is_none());
        hand.set(noon() + TimeDelta::seconds(15));
        appointment.await;
    }

    #[tokio::test]
    async fn a_nap_has_a_longest_length_whatever_the_wall_clock_does() {
        let (clock, hand) = Clock::manual(noon());
        let appointment = noon() + TimeDelta::seconds(1);
        let mut nap = Box::pin(clock.nap_until(appointment, Duration::from_secs(2)));
        assert!(nap.as_mut().now_or_never().is_none());
        hand.jump_back(Duration::from_hours(1));
        hand.advance(Duration::from_secs(2));
        nap.await;
        let late = clock.nap_until(clock.now() + TimeDelta::seconds(1), Duration::from_hours(1));
        let mut late = Box::pin(late);
        assert!(late.as_mut().now_or_never().is_none());
        hand.advance(Duration::from_secs(1));
        late.await;
    }

    #[tokio::test]
    async fn a_time_that_has_passed_is_not_waited_for() {
        let (manual, _hand) = Clock::manual(noon());
        manual.sleep_until(noon()).await;
        Clock::system()
            .sleep_until(noon() - TimeDelta::days(3650))
            .await;
    }

    #[tokio::test]
    async fn without_a_hand_the_clock_stands_still() {
        let (clock, hand) = Clock::manual(noon());
        drop(hand);
        assert!(clock.sleep(Duration::from_secs(1)).now_or_never().is_none());
        assert_eq!(clock.now(), noon());
    }

    #[tokio::test]
    async fn network_time_outs_are_real_under_a_manual_clock() {
        let (clock, _hand) = Clock::manual(noon());
        let never = std::future::pending::<()>();
        assert!(
            clock
                .timeout(Duration::from_millis(1), never)
                .await
                .is_err()
        );
    }
}
