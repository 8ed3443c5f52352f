//! What a transaction asks of the worker: collected while it runs, stored by one statement.
//!
//! A decision asks for a dozen cards at once. One statement each would be most of what a click
//! waits for; see `docs/decisions/0008-one-statement-for-all-effects.md`.

use super::job::{Job, Lane, Priority};
use crate::store::error::Result;
use crate::store::open::Flavor;
use crate::store::query::run;
use crate::store::row::{json, millis};
use crate::store::sql::outbox as sql;
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::AnyConnection;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Jobs asked for and not stored yet. In the order of their names, so that two transactions
/// which ask for the same rows lock them in the same order.
#[derive(Debug, Default)]
pub(in crate::store) struct Wishes(BTreeMap<(&'static str, String), Wish>);

#[derive(Debug)]
struct Wish {
    run_at: i64,
    lane: Lane,
    priority: Priority,
}

/// A row as the statement reads it.
#[derive(Serialize)]
struct Row<'w> {
    kind: &'static str,
    subject: &'w str,
    lane: &'w str,
    lane_group: &'static str,
    priority: i64,
    run_at: i64,
}

impl Wishes {
    /// Adds one. A job that was asked for already runs at the earlier of the two times and
    /// under the more urgent of the two priorities, in that one's lane.
    pub(in crate::store) fn add(
        &mut self,
        job: &Job,
        run_at: DateTime<Utc>,
        lane: &Lane,
        priority: Priority,
    ) {
        let wish = Wish {
            run_at: millis(run_at),
            lane: lane.clone(),
            priority,
        };
        match self.0.entry((job.kind(), job.subject())) {
            Entry::Vacant(place) => {
                place.insert(wish);
            }
            Entry::Occupied(mut place) => {
                let before = place.get_mut();
                before.run_at = before.run_at.min(wish.run_at);
                if wish.priority < before.priority {
                    (before.lane, before.priority) = (wish.lane, wish.priority);
                }
            }
        }
    }

    /// Stores them, and forgets them.
    pub(in crate::store) async fn store(
        &mut self,
        conn: &mut AnyConnection,
        flavor: Flavor,
    ) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let wishes = std::mem::take(&mut self.0);
        let rows: Vec<Row<'_>> = wishes
            .iter()
            .map(|((kind, subject), wish)| Row {
                kind,
                subject,
                lane: wish.lane.as_str(),
                lane_group: wish.lane.group(),
                priority: wish.priority.rank(),
                run_at: wish.run_at,
            })
            .collect();
        let query = sqlx::query(sql::ENQUEUE.on(flavor)).bind(json(&rows)?);
        run(conn, query).await?;
        Ok(())
    }
}
