//! Two bots share one PostgreSQL database, and neither doubles nor loses anything.
//!
//! Where it makes sense the same story is told on SQLite as well, where there is one bot and the
//! race is inside it. The clock stands still, so a replica that was not spoken to does not look
//! for work: whoever takes the click holds the lease.

mod database;
mod limits;
mod lost;
mod races;

use crate::support::world::{Base, Setup, World};
use lapse::sandbox::slack::{Delivery, PersonError};
use std::fmt::Debug;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const ASKS: &str = "asks for Production SSH";
/// Two bots on PostgreSQL, one on SQLite.
async fn every_bot(setup: Setup, base: Base) -> World {
    let mut world = setup.start().await;
    if base == Base::Postgres {
        world.start_bot().await;
    }
    world
}

fn bots(base: Base) -> usize {
    match base {
        Base::Sqlite => 1,
        Base::Postgres => 2,
    }
}

/// What Slack would have sent, had anybody listened.
async fn undelivered<T: Debug>(
    world: &World,
    act: impl Future<Output = Result<T, PersonError>>,
) -> Delivery {
    world.talk_to_nobody();
    act.await.expect_err("nobody listens");
    world.talk_to_bot(0);
    world.slack.deliveries().pop().expect("it was sent")
}
