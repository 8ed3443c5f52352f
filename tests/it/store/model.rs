//! The outbox against a model in memory: whatever is done to both, they say the same.

use super::harness::Db;
use super::samples::noon;
use chrono::{DateTime, TimeDelta, Utc};
use lapse::domain::ids::CardId;
use lapse::store::{Claimed, Fenced, Finished, Flavor, Job, Lane, Priority, Store};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Longer than any of these stories: leases end only when a step says so.
const LEASE: Duration = Duration::from_hours(24);
const LANES: [&str; 3] = ["slack:a", "slack:b", "tailscale"];
const PAUSABLE: [&str; 3] = ["slack", "slack:b", "tailscale"];
const PRIORITIES: [Priority; 3] = [Priority::Removal, Priority::Apply, Priority::OtherCard];

/// One thing that happens. Indices wrap around what there is.
#[derive(Clone, Debug)]
enum Step {
    Enqueue {
        job: usize,
        seconds: i64,
        lane: usize,
        priority: usize,
    },
    Claim {
        owner: usize,
        limit: u32,
    },
    Finish(prop::sample::Index),
    Retry(prop::sample::Index, i64),
    Release(prop::sample::Index),
    Holds(prop::sample::Index),
    ReleaseAll(usize),
    LeaseEnds(usize),
    Pause(usize, i64),
    TimePasses(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => (0..4_usize, 0..20_i64, 0..3_usize, 0..3_usize).prop_map(
            |(job, seconds, lane, priority)| Step::Enqueue { job, seconds, lane, priority }
        ),
        4 => (0..2_usize, 1..4_u32).prop_map(|(owner, limit)| Step::Claim { owner, limit }),
        3 => index().prop_map(Step::Finish),
        2 => (index(), 0..20_i64).prop_map(|(claim, seconds)| Step::Retry(claim, seconds)),
        1 => index().prop_map(Step::Release),
        1 => index().prop_map(Step::Holds),
        1 => (0..2_usize).prop_map(Step::ReleaseAll),
        2 => (0..4_usize).prop_map(Step::LeaseEnds),
        1 => (0..3_usize, 0..20_i64).prop_map(|(lane, seconds)| Step::Pause(lane, seconds)),
        3 => (0..20_i64).prop_map(Step::TimePasses),
    ]
}

fn job(n: usize) -> Job {
    Job::SyncCard(CardId::new(format!("c{n}")))
}

/// What a row is in the model.
#[derive(Clone, Debug)]
struct Row {
    run_at: DateTime<Utc>,
    lane: Lane,
    priority: Priority,
    generation: u64,
    attempts: u32,
    first_failed_at: Option<DateTime<Utc>>,
    died: bool,
    /// Who runs it, under the number of the claim; and whether the lease has run out.
    lease: Option<(usize, usize)>,
    lease_ended: bool,
}

/// A claim that somebody still remembers.
struct Held {
    real: Claimed,
    number: usize,
    owner: usize,
}

#[derive(Default)]
struct Model {
    rows: BTreeMap<Job, Row>,
    pauses: BTreeMap<Lane, DateTime<Utc>>,
    claims: usize,
}

impl Model {
    fn enqueue(&mut self, job: Job, run_at: DateTime<Utc>, lane: Lane, priority: Priority) {
        let row = self.rows.entry(job).or_insert(Row {
            run_at,
            lane: lane.clone(),
            priority,
            generation: 0,
            attempts: 0,
            first_failed_at: None,
            died: false,
            lease: None,
            lease_ended: false,
        });
        row.generation += 1;
        row.run_at = row.run_at.min(run_at);
        if priority < row.priority {
            row.priority = priority;
            row.lane = lane;
        }
    }

    fn claim(&mut self, owner: usize, now: DateTime<Utc>, limit: u32) -> Vec<(Job, Row)> {
        for row in self.rows.values_mut().filter(|row| row.lease_ended) {
            (row.lease, row.lease_ended, row.died) = (None, false, true);
        }
        let paused = |lane: &Lane| {
            let holds =
                |(paused, until): (&Lane, &DateTime<Utc>)| *until > now && lane.is_within(paused);
            self.pauses.iter().any(holds)
        };
        let mut ready: Vec<(Priority, DateTime<Utc>, Job)> = self
            .rows
            .iter()
            .filter(|(_, row)| row.lease.is_none() && row.run_at <= now && !paused(&row.lane))
            .map(|(job, row)| (row.priority, row.run_at, job.clone()))
            .collect();
        ready.sort();
        ready.truncate(limit as usize);
        self.claims += 1;
        let number = self.claims;
        ready
            .into_iter()
            .filter_map(|(_, _, job)| {
                let row = self.rows.get_mut(&job)?;
                row.lease = Some((owner, number));
                Some((job, row.clone()))
            })
            .collect()
    }

    fn held(&mut self, claim: &Held) -> Option<&mut Row> {
        self.rows
            .get_mut(&claim.real.job)
            // A lease whose end was moved by hand names no claim any more.
            .filter(|row| row.lease == Some((claim.owner, claim.number)) && !row.lease_ended)
    }

    fn finish(&mut self, claim: &Held) -> Finished {
        match self.held(claim) {
            None => Finished::Lost,
            Some(row) if row.generation == claim.real.generation => {
                self.rows.remove(&claim.real.job);
                Finished::Deleted
            }
            Some(row) => {
                (row.lease, row.died) = (None, false);
                (row.attempts, row.first_failed_at) = (0, None);
                Finished::RunsAgain
            }
        }
    }

    fn retry(&mut self, claim: &Held, at: DateTime<Utc>) -> Fenced {
        let Some(row) = self.held(claim) else {
            return Fenced::Lost;
        };
        row.run_at = if row.generation == claim.real.generation {
            at
        } else {
            row.run_at.min(at)
        };
        row.attempts += 1;
        row.first_failed_at = row.first_failed_at.or(Some(claim.real.claimed_at));
        (row.lease, row.died) = (None, false);
        Fenced::Held
    }

    fn release(&mut self, claim: &Held) -> Fenced {
        match self.held(claim) {
            Some(row) => {
                row.lease = None;
                Fenced::Held
            }
            None => Fenced::Lost,
        }
    }
}

/// One story on both.
struct Play<'a> {
    store: &'a Store,
    db: &'a Db,
    model: Model,
    held: Vec<Held>,
    now: DateTime<Utc>,
}

impl Play<'_> {
    /// A moment that nothing else in this story has: order is never left to chance.
    fn moment(&mut self, seconds: i64) -> DateTime<Utc> {
        self.now += TimeDelta::milliseconds(1);
        self.now + TimeDelta::seconds(seconds)
    }

    async fn step(&mut self, step: &Step) {
        let store = self.store;
        match step {
            Step::Enqueue {
                job: n,
                seconds,
                lane,
                priority,
            } => {
                let (at, lane) = (self.moment(*seconds), Lane::new(LANES[*lane]));
                let (job, priority) = (job(*n), PRIORITIES[*priority]);
                let mut tx = store.begin().await.expect("begin");
                tx.enqueue(&job, at, &lane, priority);
                tx.commit().await.expect("commit");
                self.model.enqueue(job, at, lane, priority);
            }
            Step::Claim { owner, limit } => self.claim(*owner, *limit).await,
            Step::Finish(index) => {
                if let Some(claim) = self.pick(*index) {
                    let real = store.finish(&claim.real).await.expect("an answer");
                    assert_eq!(real, self.model.finish(&claim));
                    self.held.push(claim);
                }
            }
            Step::Retry(index, seconds) => {
                let at = self.moment(*seconds);
                if let Some(claim) = self.pick(*index) {
                    let real = store.retry_at(&claim.real, at, "http_503").await;
                    assert_eq!(real.expect("an answer"), self.model.retry(&claim, at));
                    self.held.push(claim);
                }
            }
            Step::Release(index) => {
                if let Some(claim) = self.pick(*index) {
                    let real = store.release(&claim.real).await.expect("an answer");
                    assert_eq!(real, self.model.release(&claim));
                    self.held.push(claim);
                }
            }
            Step::Holds(index) => {
                if let Some(claim) = self.pick(*index) {
                    let real = store.holds(&claim.real).await.expect("an answer");
                    assert_eq!(real, self.model.held(&claim).is_some());
                    self.held.push(claim);
                }
            }
            Step::ReleaseAll(owner) => self.release_all(*owner).await,
            Step::LeaseEnds(n) => self.end_lease(*n).await,
            Step::Pause(lane, seconds) => {
                let (lane, until) = (Lane::new(PAUSABLE[*lane]), self.moment(*seconds));
                store.pause(&lane, until).await.expect("paused");
                let known = self.model.pauses.entry(lane).or_insert(until);
                *known = until.max(*known);
            }
            Step::TimePasses(seconds) => self.now += TimeDelta::seconds(*seconds),
        }
        let depth = store.outbox_depth().await.expect("read");
        let rows: u64 = depth.iter().map(|kind| kind.count).sum();
        assert_eq!(rows, self.model.rows.len() as u64);
        let oldest = self.model.rows.values().map(|row| row.run_at).min();
        assert_eq!(depth.first().map(|kind| kind.oldest), oldest);
    }

    /// Also one that was given up long ago: whoever was stopped for a minute does not know.
    fn pick(&mut self, index: prop::sample::Index) -> Option<Held> {
        (!self.held.is_empty()).then(|| self.held.remove(index.index(self.held.len())))
    }

    async fn claim(&mut self, owner: usize, limit: u32) {
        let now = self.moment(0);
        let name = format!("owner-{owner}");
        let real = self.store.claim(&name, now, LEASE, limit).await;
        let real = real.expect("a claim");
        let expected = self.model.claim(owner, now, limit);
        let said: Vec<_> = real
            .iter()
            .map(|claimed| {
                let (job, lane) = (claimed.job.clone(), claimed.lane.clone());
                let counts = (claimed.generation, claimed.attempts);
                let times = (claimed.run_at, claimed.first_failed_at);
                (
                    job,
                    lane,
                    claimed.priority,
                    counts,
                    times,
                    claimed.previous_run_died,
                )
            })
            .collect();
        let meant: Vec<_> = expected
            .into_iter()
            .map(|(job, row)| {
                let counts = (row.generation, row.attempts);
                let times = (row.run_at, row.first_failed_at);
                (job, row.lane, row.priority, counts, times, row.died)
            })
            .collect();
        assert_eq!(said, meant);
        let number = self.model.claims;
        self.held.extend(real.into_iter().map(|real| Held {
            real,
            number,
            owner,
        }));
    }

    async fn release_all(&mut self, owner: usize) {
        let freed = self.store.release_all(&format!("owner-{owner}")).await;
        let mut expected = 0;
        for row in self.model.rows.values_mut() {
            if row.lease.is_some_and(|(holder, _)| holder == owner) {
                (row.lease, row.lease_ended) = (None, false);
                expected += 1;
            }
        }
        assert_eq!(freed.expect("released"), expected);
    }

    async fn end_lease(&mut self, n: usize) {
        let job = job(n);
        let leased = self
            .model
            .rows
            .get_mut(&job)
            .filter(|row| row.lease.is_some());
        if let Some(row) = leased {
            row.lease_ended = true;
            let statement = format!(
                "UPDATE outbox SET leased_until = 1 WHERE subject = '{}'",
                job.subject()
            );
            let ended = self.db.tamper(&statement).await.expect("time passes");
            assert_eq!(ended, 1);
        }
    }
}

fn the_outbox_does_what_its_model_does(flavor: Flavor, cases: u32) {
    let runtime = Runtime::new().expect("a runtime");
    let db = runtime.block_on(Db::on(flavor));
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let stories = prop::collection::vec(step(), 1..40);
    let outcome = runner.run(&stories, |steps| {
        runtime.block_on(async {
            for table in ["outbox", "pauses"] {
                let statement = format!("DELETE FROM {table}");
                db.tamper(&statement).await.expect("a clean slate");
            }
            let mut play = Play {
                store: &db.store,
                db: &db,
                model: Model::default(),
                held: Vec::new(),
                now: noon(),
            };
            for step in &steps {
                play.step(step).await;
            }
        });
        Ok(())
    });
    let _inside = runtime.enter();
    drop(db);
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

mod sqlite {
    #[test]
    fn the_outbox_does_what_its_model_does() {
        super::the_outbox_does_what_its_model_does(lapse::store::Flavor::Sqlite, 100);
    }
}

mod postgres {
    #[test]
    fn the_outbox_does_what_its_model_does() {
        super::the_outbox_does_what_its_model_does(lapse::store::Flavor::Postgres, 30);
    }
}
