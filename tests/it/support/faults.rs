//! What stories about faults need besides a world: leases that run out, a database that makes
//! writers wait, a look behind the store's back, and the promise that holds after every fault.

use super::world::{ADA, GRACE, LINUS, PATIENCE, World};
use lapse::domain::audit::{Actor, EventKind};
use lapse::domain::grant::{Grant, GrantState};
use lapse::domain::request::Request;
use lapse::sandbox::tailscale::{Change, Write};
use lapse::worker::LEASE;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor, Row};
use std::time::{Duration, Instant};

/// How long after the end of a lease everything has to be back in order.
const RECOVERY: Duration = Duration::from_secs(2);

impl World {
    /// A connection behind the store's back.
    pub async fn raw(&self) -> AnyConnection {
        sqlx::any::install_default_drivers();
        AnyConnection::connect(&self.database_url())
            .await
            .expect("the database answers")
    }

    /// Runs a statement behind the store's back; says how many rows it touched.
    pub async fn tamper(&self, statement: &str) -> u64 {
        let mut conn = self.raw().await;
        let done = conn.execute(AssertSqlSafe(statement.to_owned())).await;
        conn.close().await.expect("the connection closes");
        done.expect("the statement is taken").rows_affected()
    }

    /// Counts behind the store's back.
    pub async fn count(&self, query: &str) -> i64 {
        let mut conn = self.raw().await;
        let row = conn.fetch_one(AssertSqlSafe(query.to_owned())).await;
        let count = row.expect("an answer").try_get(0).expect("a number");
        conn.close().await.expect("the connection closes");
        count
    }

    /// Waits until at least one row answers this question behind the store's back.
    pub async fn until_stored(&self, query: &str) {
        let began = Instant::now();
        while self.count(query).await == 0 {
            assert!(began.elapsed() < PATIENCE, "never stored: {query}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// A lease passes. On SQLite leases end by the story's clock. On PostgreSQL they end by the
    /// server's own, which nobody can move: there the leases that are held are moved the other
    /// way, in the same moment. Bots that are alive should have nothing in hand.
    pub async fn a_lease_passes(&self) {
        if !self.is_on_postgres() {
            self.advance(LEASE);
            return;
        }
        let lease = LEASE.as_millis();
        let mut conn = self.raw().await;
        for statement in ["BEGIN", "LOCK TABLE outbox IN EXCLUSIVE MODE"] {
            conn.execute(statement).await.expect("nobody claims now");
        }
        self.advance(LEASE);
        let moved = format!(
            "UPDATE outbox SET leased_until = leased_until - {lease} WHERE owner IS NOT NULL"
        );
        for statement in [moved.as_str(), "COMMIT"] {
            let done = conn.execute(AssertSqlSafe(statement.to_owned())).await;
            done.expect("the leases are over");
        }
        conn.close().await.expect("the connection closes");
    }

    /// Waits until those who are alive have done what they can: the outbox stands still.
    async fn the_living_finish(&self) {
        const LOOKS: usize = 10;
        let state = "SELECT COALESCE(MAX(leased_until), 0) + COUNT(*) FROM outbox";
        let (mut seen, mut same) = (0, 0);
        while same < LOOKS {
            let now = self.count(state).await;
            same = if now == seen { same + 1 } else { 0 };
            seen = now;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Lets leases pass until nothing is left in the outbox: bots that are alive may have been
    /// in the middle of something.
    pub async fn recover_in_the_end(&self) {
        const LEASES: usize = 6;
        for _ in 0..LEASES {
            self.a_lease_passes().await;
            let began = Instant::now();
            while began.elapsed() < Duration::from_millis(500) {
                if self
                    .app()
                    .store
                    .outbox_depth()
                    .await
                    .is_ok_and(|depths| depths.is_empty())
                {
                    return;
                }
                self.advance(Duration::from_secs(1));
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        panic!("never in order again: {}", self.what_is_left().await);
    }

    fn is_on_postgres(&self) -> bool {
        self.database_url().starts_with("postgres")
    }

    /// The time passes in which everything has to be back in order after a restart: the lease of
    /// whoever died and two seconds. Nobody else can hold a lease on one's own SQLite file, so
    /// there a start ends them, and two seconds have to do.
    pub async fn recover(&self) {
        if self.is_on_postgres() {
            self.the_living_finish().await;
            self.a_lease_passes().await;
        }
        for _ in 0..RECOVERY.as_secs() {
            self.advance(Duration::from_secs(1));
            self.settle().await;
        }
    }

    /// Moves time on until nothing is left in the outbox.
    pub async fn drain(&self) {
        // Slack's pace lets so many through meanwhile that a look after each step is enough.
        const STEP: Duration = Duration::from_secs(12);
        const STEPS: usize = 1_000;
        for _ in 0..STEPS {
            let left = self.app().store.outbox_depth().await.expect("readable");
            if left.is_empty() {
                return;
            }
            self.advance(STEP);
            self.settle().await;
        }
        panic!("the outbox never drains");
    }

    /// Everybody who wants to write has to wait until this is let go. Reading goes on, and on
    /// PostgreSQL so does the outbox.
    pub async fn hold_writers(&self) -> HeldWriters {
        let mut conn = self.raw().await;
        if self.is_on_postgres() {
            conn.execute("BEGIN").await.expect("a transaction");
            conn.execute("LOCK TABLE requests, grants IN EXCLUSIVE MODE")
                .await
                .expect("the tables are locked");
        } else {
            conn.execute("BEGIN IMMEDIATE").await.expect("the lock");
        }
        HeldWriters(conn)
    }

    /// The trail without what only says that it took long.
    pub async fn milestones(&self, request: &Request) -> Vec<&'static str> {
        let mut trail = self.trail(request).await;
        trail.retain(|word| *word != "delayed");
        trail
    }

    /// What was written for this grant, oldest first.
    pub fn writes_of(&self, grant: &Grant) -> Vec<Write> {
        let is_its_own = |write: &Write| {
            write.node == grant.key.node.as_str()
                && matches!(&write.change, Change::Set { expiry, .. } if *expiry == Some(grant.ends_at))
        };
        self.tailnet
            .writes()
            .into_iter()
            .filter(is_its_own)
            .collect()
    }

    /// What has to hold of an approved request after every fault: one recorded approval by
    /// somebody who may, a grant or a visible failure, every write the same, an end that does
    /// not move, and no gap in the trail.
    pub async fn the_promise_holds(&self, request: &Request) -> Grant {
        self.trail(request).await;
        let events = self.app().store.events_of(&request.id).await;
        let events = events.expect("readable");
        let approvals: Vec<_> = events
            .iter()
            .filter(|stored| matches!(stored.event.kind, EventKind::Approved { .. }))
            .collect();
        assert_eq!(approvals.len(), 1, "exactly one approval is recorded");
        let Actor::Person(approver) = &approvals[0].event.actor else {
            panic!("nobody approved: {:?}", approvals[0].event.actor);
        };
        assert!([GRACE, LINUS].contains(&approver.id.as_str()));

        let grant = self.grant_of(request).await;
        let activated = events
            .iter()
            .filter(|stored| matches!(stored.event.kind, EventKind::Activated { .. }))
            .count();
        match &grant.state {
            GrantState::Active { .. } => {
                assert_eq!(activated, 1, "it opened once");
                let node = grant.key.node.as_str();
                let attribute = self
                    .tailnet
                    .attribute(node, &grant.key.attribute.to_string())
                    .expect("what is active is open");
                assert_eq!(attribute.expiry, Some(grant.ends_at));
            }
            GrantState::Failed { .. } => {
                self.card(ADA, "Nothing was granted").await;
            }
            GrantState::Ended { .. } => {}
            GrantState::Applying { .. } | GrantState::Ending { .. } => {
                panic!("{} was lost on the way: {:?}", grant.number, grant.state)
            }
        }
        let writes = self.writes_of(&grant);
        assert!(
            writes
                .iter()
                .all(|write| write.change == writes[0].change && write.comment == writes[0].comment),
            "every write of one grant says the same: {writes:#?}"
        );
        grant
    }

    /// Nothing was ever written that no recorded grant stands behind.
    pub fn nothing_was_opened_but(&self, grants: &[Grant]) {
        for write in self.tailnet.writes() {
            let Change::Set { expiry, .. } = &write.change else {
                continue;
            };
            let stands_behind = |grant: &Grant| {
                grant.key.node.as_str() == write.node && *expiry == Some(grant.ends_at)
            };
            assert!(grants.iter().any(stands_behind), "who approved {write:?}?");
        }
    }
}

/// See [`World::hold_writers`].
pub struct HeldWriters(AnyConnection);

impl HeldWriters {
    pub async fn let_go(mut self) {
        self.0.execute("ROLLBACK").await.expect("it is rolled back");
        self.0.close().await.expect("the connection closes");
    }
}
