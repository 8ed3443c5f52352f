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
use std::net::SocketAddr;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const ASKS: &str = "asks for Production SSH";
/// An address at which nobody listens.
const NOBODY: &str = "http://127.0.0.1:1";

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
    world.slack.connect_bot(NOBODY);
    act.await.expect_err("nobody listens");
    world.talk_to_bot(0);
    world.slack.deliveries().pop().expect("it was sent")
}

/// Sends a delivery to one bot; says with which status it was answered.
async fn deliver(to: SocketAddr, delivery: &Delivery) -> u16 {
    let http = lapse::cli::wiring::http_client("http://127.0.0.1").expect("a client");
    let mut request = http.post(format!("http://{to}{}", delivery.path));
    for (name, value) in &delivery.headers {
        request = request.header(name, value);
    }
    let answer = request.body(delivery.body.clone()).send().await;
    answer.expect("it is answered").status().as_u16()
}
