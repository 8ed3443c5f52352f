//! Brings Slack and Tailscale into agreement with what is stored.
//!
//! Claim → perform → settle. An outbox row names a subject, not a message: whatever the worker
//! finds stored at that moment is what it brings about, so a row may run twice without harm.
//! Only announcements are told once. Rights are not judged here.

mod announce;
mod complete_step;
mod pace;
mod publish_home;
mod read_person;
mod sync_card;
mod sync_key;
mod take_step;

use crate::app::App;
use crate::clock::{Breath, backoff};
use crate::domain::seconds;
use crate::lifecycle::Shutdown;
use crate::slack::view::home::Ailment;
use crate::store::StoreError;
use crate::store::outbox::{Claimed, Job, Lane};
use chrono::{DateTime, TimeDelta, Utc};
use pace::Pace;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

/// How long a claim holds before another worker may take it over.
pub const LEASE: Duration = Duration::from_secs(30);
/// No call is begun later than this after the claim: the longest one still ends inside the lease.
const SENDING: Duration = Duration::from_secs(18);
/// Other replicas' rows are found by looking, this often.
const POLL: Duration = Duration::from_secs(1);
/// Looks for work are at least so far apart.
const BREATH: Duration = Duration::from_millis(5);
/// How many rows are worked on side by side.
const SIDE_BY_SIDE: usize = 32;

/// Claims outbox rows and performs them.
#[derive(Clone)]
pub struct Worker {
    app: App,
    owner: Arc<str>,
    pace: Arc<Pace>,
    places: Arc<Semaphore>,
    tasks: TaskTracker,
    health: Health,
}

/// What ails Lapse at this moment, for the people who run it.
pub type Health = Arc<dyn Fn() -> Vec<Ailment> + Send + Sync>;

/// What became of one row.
enum Outcome {
    /// Agreement is reached; the row can go.
    Done,
    /// Not yet; once more after this long.
    Again {
        /// How long.
        after: Duration,
        /// A stable word for what went wrong.
        why: &'static str,
    },
    /// The platform asked for silence: the lane waits, and the row with it.
    Paused {
        /// What waits.
        lane: Lane,
        /// How long.
        after: Duration,
    },
    /// Somebody else holds the row by now, or soon may.
    Fenced,
}

/// What a look for work has come to.
enum Look {
    /// Rows were claimed; there may be more.
    Claimed,
    /// Nothing may run before that.
    Nothing { next: Option<DateTime<Utc>> },
}

/// A row with the moment, on the clock's monotonic side, after which it may not be acted on.
struct Held {
    row: Claimed,
    until: Duration,
}

impl Worker {
    /// A worker with a name of its own.
    pub fn new(app: App, owner: &str, calls_per_second: u32) -> Self {
        let pace = Arc::new(Pace::new(app.clock.clone(), calls_per_second));
        let app = App {
            store: app.store.behind_clicks(),
            ..app
        };
        Self {
            app,
            owner: owner.into(),
            pace,
            places: Arc::new(Semaphore::new(SIDE_BY_SIDE)),
            tasks: TaskTracker::new(),
            health: Arc::new(Vec::new),
        }
    }

    /// Tells security on their home tabs what ails Lapse.
    #[must_use]
    pub fn telling(self, health: Health) -> Self {
        Self { health, ..self }
    }

    /// Works until asked to stop, finishes what it has begun, and gives the rest back.
    pub async fn run(self, stop: Shutdown) {
        let mut breath = Breath::of(BREATH);
        while !stop.has_begun() {
            let place = tokio::select! {
                place = Arc::clone(&self.places).acquire_owned() => place,
                () = stop.soft() => break,
            };
            let Ok(place) = place else { break };
            let began = breath.taken().await;
            // What rang until now is answered by this look; a ring during it is kept for the wait.
            self.app.work.hush();
            // The next look is counted from this one, so that no time falls between the two.
            let looked = self.app.clock.now();
            let look = self.claim_if_any(place, looked, &stop).await;
            breath.looked_since(began);
            match look {
                Ok(Look::Claimed) => {}
                Ok(Look::Nothing { next }) => {
                    let poll = looked + POLL;
                    let wake = next
                        .filter(|at| *at > looked)
                        .map_or(poll, |at| at.min(poll));
                    tokio::select! {
                        () = self.app.work.rung() => {}
                        () = self.app.clock.nap_until(wake, POLL) => {}
                        () = stop.soft() => {}
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "work could not be claimed; trying again");
                    tokio::select! {
                        () = self.app.clock.sleep(Duration::from_secs(1)) => {}
                        () = stop.soft() => {}
                    }
                }
            }
        }
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => {}
            () = stop.hard() => {}
        }
        if let Err(error) = self.app.store.release_all(&self.owner).await {
            tracing::warn!(%error, "claimed work could not be given back; it is free again when its lease ends");
        }
    }

    /// Tells the other replicas that this one lives, and learns how many there are.
    pub async fn keep_counted(self) {
        loop {
            let now = self.app.clock.now();
            let counted = async {
                self.app.store.heartbeat(&self.owner, now).await?;
                self.app.store.replicas(now - TimeDelta::seconds(30)).await
            };
            match counted.await {
                Ok(replicas) => self.pace.share_among(replicas),
                Err(error) => tracing::warn!(%error, "replicas could not be counted"),
            }
            self.app.clock.sleep(Duration::from_secs(10)).await;
        }
    }

    /// Looks before it claims: a claim is a writing transaction, which clicks wait for.
    async fn claim_if_any(
        &self,
        place: OwnedSemaphorePermit,
        now: DateTime<Utc>,
        stop: &Shutdown,
    ) -> Result<Look, StoreError> {
        let next = self.app.store.next_run_at(now).await?;
        if next.is_some_and(|at| at <= now) && self.claim(place, stop).await? > 0 {
            return Ok(Look::Claimed);
        }
        Ok(Look::Nothing { next })
    }

    /// Claims as many rows as there are free places and starts them; says how many.
    async fn claim(
        &self,
        place: OwnedSemaphorePermit,
        stop: &Shutdown,
    ) -> Result<usize, StoreError> {
        let mut places = vec![place];
        while let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            places.push(place);
        }
        let began = self.app.clock.monotonic();
        let limit = u32::try_from(places.len()).unwrap_or(1);
        let rows = self
            .app
            .store
            .claim(&self.owner, self.app.clock.now(), LEASE, limit)
            .await?;
        let claimed = rows.len();
        for (row, place) in rows.into_iter().zip(places) {
            let worker = self.clone();
            let held = Held {
                row,
                until: began + SENDING,
            };
            let stop = stop.clone();
            self.tasks.spawn(async move {
                tokio::select! {
                    () = worker.run_one(held) => {}
                    () = stop.hard() => {}
                }
                drop(place);
                worker.app.work.ring();
            });
        }
        Ok(claimed)
    }

    async fn run_one(&self, held: Held) {
        let outcome = match &held.row.job {
            Job::SyncKey(key) => self.sync_key(&held, key).await,
            Job::SyncCard(card) => self.sync_card(&held, card).await,
            Job::Announce { event, to } => self.announce(&held, event, *to).await,
            Job::PublishHome(person) => self.publish_home(&held, person).await,
            Job::TakeStep(execution) => self.take_step(&held, execution).await,
            Job::CompleteStep(execution) => self.complete_step(&held, execution).await,
            Job::Remind { event, person } => self.remind(&held, event, person).await,
            Job::ReadPerson(person) => self.read_person(&held, person).await,
        };
        let outcome = outcome.unwrap_or_else(|error| {
            tracing::warn!(kind = held.row.job.kind(), %error, "the database did not let an effect finish; trying again");
            Outcome::Again { after: Duration::from_secs(1), why: "store" }
        });
        if let Err(error) = self.conclude(&held, outcome).await {
            tracing::warn!(kind = held.row.job.kind(), %error, "an effect could not be concluded; it runs again when its lease ends");
        }
    }

    async fn conclude(&self, held: &Held, outcome: Outcome) -> Result<(), StoreError> {
        let store = &self.app.store;
        let now = self.app.clock.now();
        match outcome {
            Outcome::Done => {
                store.finish(&held.row).await?;
            }
            Outcome::Again { after, why } => {
                store.retry_at(&held.row, now + after, why).await?;
            }
            Outcome::Paused { lane, after } => {
                self.pace.pause(&lane, after);
                store.pause(&lane, now + after).await?;
                if held.row.lane.is_within(&lane) {
                    store.release(&held.row).await?;
                } else {
                    // It waits in another lane than the one it needs, which the pause would not
                    // keep from being claimed.
                    store.retry_at(&held.row, now + after, "paused").await?;
                }
            }
            // Ours no longer, or too little is left of the lease to begin a call: whoever holds
            // it goes on, and if that is still us, it is given back.
            Outcome::Fenced => {
                store.release(&held.row).await?;
            }
        }
        Ok(())
    }

    /// Takes one call from the lane, or says how long it has to wait. The claim has looked at
    /// the pauses of the row's own lane; those of another one are looked at here.
    async fn admit(&self, held: &Held, lane: &Lane) -> Result<Result<(), Duration>, StoreError> {
        if held.row.lane != *lane {
            let now = self.app.clock.now();
            let pauses = self.app.store.pauses(now).await?;
            let holding = pauses.iter().filter(|pause| pause.covers(lane));
            if let Some(until) = holding.map(|pause| pause.until).max() {
                return Ok(Err(seconds::until(until, now)));
            }
        }
        Ok(self.pace.take(lane))
    }

    /// Whether there is enough of the lease left to begin a call.
    fn may_send(&self, held: &Held) -> bool {
        self.app.clock.monotonic() < held.until
    }
}

impl Held {
    /// The wait before the next try of this row.
    fn again(&self, asked: Option<Duration>, why: &'static str) -> Outcome {
        let wait = backoff::after(self.row.attempts + 1);
        Outcome::Again {
            after: asked.map_or(wait, |asked| asked.max(wait)),
            why,
        }
    }
}
