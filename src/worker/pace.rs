//! Keeps calls within the platforms' limits, divided by the replicas that share them.
//!
//! Slack's limits are per method, and for posts per channel:
//! <https://docs.slack.dev/apis/web-api/rate-limits>. Tailscale publishes none; the operator says
//! how many calls a second are fine.

use crate::clock::Clock;
use crate::store::outbox::Lane;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A limit: so many at once, and one more each so often.
#[derive(Clone, Copy)]
struct Limit {
    burst: f64,
    per_second: f64,
}

/// `chat.update`: about fifty a minute. Burst and rate together stay below that in any minute,
/// so that a busy hour does not run into refusals.
const UPDATES: Limit = Limit {
    burst: 12.0,
    per_second: 36.0 / 60.0,
};
/// `chat.postMessage`: about one a second and channel, short bursts allowed.
const POSTS: Limit = Limit {
    burst: 4.0,
    per_second: 1.0,
};
/// `views.publish`: a hundred a minute. Half of it is enough, so that forms, which are views too,
/// never wait for home tabs. Whoever has just opened theirs does not wait for those on which
/// something changed.
const OPENED_HOMES: Limit = Limit {
    burst: 12.0,
    per_second: 18.0 / 60.0,
};
const CHANGED_HOMES: Limit = Limit {
    burst: 4.0,
    per_second: 16.0 / 60.0,
};
/// `functions.complete*`: about fifty a minute.
const STEPS: Limit = UPDATES;
/// Steps of workflows that are taken up: each may read an account, which clicks need more.
const STEPS_TAKEN: Limit = Limit {
    burst: 30.0,
    per_second: 1.0,
};
/// `users.info`: about a hundred a minute, most of which clicks may need.
const ACCOUNTS: Limit = Limit {
    burst: 20.0,
    per_second: 30.0 / 60.0,
};
/// Lanes that have been idle are forgotten when there are more than this.
const REMEMBERED: usize = 10_000;

struct Bucket {
    tokens: f64,
    at: Duration,
}

/// Token buckets, one a lane.
pub(super) struct Pace {
    clock: Clock,
    tailscale: Limit,
    state: Mutex<State>,
}

struct State {
    buckets: HashMap<Lane, Bucket>,
    /// Until when a platform asked for silence. The store tells the other replicas; this stops
    /// what has been claimed already, and rows that wait in another lane than they need.
    pauses: HashMap<Lane, Duration>,
    replicas: f64,
}

impl Pace {
    pub(super) fn new(clock: Clock, calls_per_second: u32) -> Self {
        let rate = f64::from(calls_per_second);
        Self {
            clock,
            tailscale: Limit {
                burst: rate,
                per_second: rate,
            },
            state: Mutex::new(State {
                buckets: HashMap::new(),
                pauses: HashMap::new(),
                replicas: 1.0,
            }),
        }
    }

    /// Divides every rate by the number of replicas.
    pub(super) fn share_among(&self, replicas: u32) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.replicas = f64::from(replicas.max(1));
    }

    /// Nothing is taken from this lane for so long. Tailscale's is left to the claim: whoever
    /// waits for it waits here, and would wait a lease away.
    pub(super) fn pause(&self, lane: &Lane, after: Duration) {
        if *lane == Lane::tailscale() {
            return;
        }
        let now = self.clock.monotonic();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.pauses.retain(|_, until| *until > now);
        let until = state.pauses.entry(lane.clone()).or_default();
        *until = (*until).max(now + after);
    }

    /// Takes one call from the lane's limit, or says how long until there is one.
    pub(super) fn take(&self, lane: &Lane) -> Result<(), Duration> {
        let now = self.clock.monotonic();
        let limit = self.limit(lane);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = state.paused(lane, now) {
            return Err(left);
        }
        let replicas = state.replicas;
        let (burst, rate) = (
            (limit.burst / replicas).max(1.0),
            limit.per_second / replicas,
        );
        if state.buckets.len() > REMEMBERED {
            state
                .buckets
                .retain(|_, bucket| (now.saturating_sub(bucket.at)).as_secs_f64() * rate < burst);
        }
        let bucket = state.buckets.entry(lane.clone()).or_insert(Bucket {
            tokens: burst,
            at: now,
        });
        let gained = now.saturating_sub(bucket.at).as_secs_f64() * rate;
        bucket.tokens = (bucket.tokens + gained).min(burst);
        bucket.at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            Ok(())
        } else {
            // Times are kept in milliseconds: a shorter wait would be none, and asked for again
            // at once.
            let wait = Duration::from_secs_f64((1.0 - bucket.tokens) / rate);
            Err(wait + Duration::from_millis(1))
        }
    }

    /// Gives a call back that turned out not to be needed.
    pub(super) fn give_back(&self, lane: &Lane) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = state.buckets.get_mut(lane) {
            bucket.tokens += 1.0;
        }
    }

    /// Waits for one call to Tailscale.
    pub(super) async fn wait_for_tailscale(&self) {
        let lane = Lane::tailscale();
        while let Err(wait) = self.take(&lane) {
            self.clock.sleep(wait).await;
        }
    }

    fn limit(&self, lane: &Lane) -> Limit {
        if *lane == Lane::tailscale() {
            self.tailscale
        } else if *lane == Lane::update() {
            UPDATES
        } else if *lane == Lane::opened_homes() {
            OPENED_HOMES
        } else if *lane == Lane::changed_homes() {
            CHANGED_HOMES
        } else if *lane == Lane::complete_step() {
            STEPS
        } else if *lane == Lane::steps() {
            STEPS_TAKEN
        } else if *lane == Lane::users_info() {
            ACCOUNTS
        } else {
            POSTS
        }
    }
}

impl State {
    fn paused(&self, lane: &Lane, now: Duration) -> Option<Duration> {
        let holding = self
            .pauses
            .iter()
            .filter(|(paused, _)| lane.is_within(paused));
        let until = holding.map(|(_, until)| *until).max()?;
        until.checked_sub(now).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn pace(calls_per_second: u32) -> (Pace, crate::clock::ClockHand) {
        let (clock, hand) = Clock::manual(DateTime::UNIX_EPOCH);
        (Pace::new(clock, calls_per_second), hand)
    }

    fn taken(pace: &Pace, lane: &Lane) -> usize {
        std::iter::repeat_with(|| pace.take(lane))
            .take_while(Result::is_ok)
            .take(1_000)
            .count()
    }

    #[test]
    fn a_burst_passes_and_then_one_at_a_time() {
        let (pace, hand) = pace(10);
        assert_eq!(taken(&pace, &Lane::update()), 12);
        hand.advance(Duration::from_mins(1));
        assert_eq!(taken(&pace, &Lane::update()), 12);
        hand.advance(Duration::from_secs(5));
        assert_eq!(taken(&pace, &Lane::update()), 3);
    }

    #[test]
    fn no_minute_sees_more_updates_than_slack_allows() {
        let (pace, hand) = pace(10);
        let mut minute = 0;
        for _ in 0..60 {
            minute += taken(&pace, &Lane::update());
            hand.advance(Duration::from_secs(1));
        }
        assert!((40..=50).contains(&minute), "{minute}");
    }

    #[test]
    fn home_tabs_leave_half_of_the_views_to_forms() {
        let (pace, hand) = pace(10);
        let lanes = [Lane::opened_homes(), Lane::changed_homes()];
        let mut minute = 0;
        for _ in 0..60 {
            minute += lanes.iter().map(|lane| taken(&pace, lane)).sum::<usize>();
            hand.advance(Duration::from_secs(1));
        }
        assert!((40..=50).contains(&minute), "{minute}");
        pace.pause(&Lane::publish(), Duration::from_secs(5));
        assert!(lanes.iter().all(|lane| pace.take(lane).is_err()));
        assert_eq!(pace.take(&Lane::update()), Ok(()));
    }

    #[test]
    fn a_call_that_was_not_needed_is_there_for_the_next() {
        let (pace, _hand) = pace(10);
        let lane = Lane::changed_homes();
        assert_eq!(taken(&pace, &lane), 4);
        pace.give_back(&lane);
        assert_eq!(taken(&pace, &lane), 1);
    }

    #[test]
    fn a_paused_lane_gives_nothing_until_its_time_and_others_flow() {
        let (pace, hand) = pace(10);
        pace.pause(&Lane::update(), Duration::from_secs(30));
        pace.pause(&Lane::update(), Duration::from_secs(1));
        hand.advance(Duration::from_secs(29));
        assert_eq!(pace.take(&Lane::update()), Err(Duration::from_secs(1)));
        assert_eq!(pace.take(&Lane::post_to("C1")), Ok(()));
        hand.advance(Duration::from_secs(1));
        assert_eq!(pace.take(&Lane::update()), Ok(()));
        pace.pause(&Lane::slack(), Duration::from_secs(5));
        assert_eq!(pace.take(&Lane::post_to("C1")), Err(Duration::from_secs(5)));
    }

    #[test]
    fn channels_do_not_wait_for_each_other() {
        let (pace, _hand) = pace(10);
        assert_eq!(taken(&pace, &Lane::post_to("C1")), 4);
        assert_eq!(taken(&pace, &Lane::post_to("C2")), 4);
    }

    #[test]
    fn replicas_share_the_rate() {
        let (pace, hand) = pace(10);
        pace.share_among(2);
        assert_eq!(taken(&pace, &Lane::tailscale()), 5);
        hand.advance(Duration::from_secs(1));
        assert_eq!(taken(&pace, &Lane::tailscale()), 5);
    }
}
