//! Socket Mode itself: what comes over connections that the bot opened, and what becomes of it
//! when they end.
//!
//! These stories are told in Socket Mode whichever way the rest of the run takes.

mod ends;
mod main_path;
mod odd;
mod readiness;
mod refused;
mod side_by_side;
mod stopping;

use crate::support::world::{Base, CONNECTIONS, GRACE, Setup, World};
use lapse::domain::request::Request;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const ASKS: &str = "asks for Production SSH";

/// A world whose bot has connected.
async fn world() -> World {
    Setup::on(Base::Sqlite).over_sockets().start().await
}

/// Ada has asked, and Grace has her card.
async fn asked(world: &World) -> Request {
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    world.card(GRACE, ASKS).await;
    world.settle().await;
    request
}

/// The connections that are open and will stay.
fn staying(world: &World) -> Vec<u64> {
    let open = world.slack.sockets();
    let staying = open.iter().filter(|socket| !socket.is_leaving);
    staying.map(|socket| socket.number).collect()
}

/// As many connections as there should be, none of them among these.
async fn replaced(world: &World, old: &[u64]) {
    world
        .eventually("the connections are replaced", || {
            let now = staying(world);
            now.len() == CONNECTIONS && now.iter().all(|number| !old.contains(number))
        })
        .await;
}
