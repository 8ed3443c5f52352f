//! Socket Mode itself: what comes over connections that the bot opened, and what becomes of it
//! when they end.
//!
//! These stories are told in Socket Mode whichever way the rest of the run takes.

mod main_path;

use crate::support::world::{Base, Setup, World};

/// A world whose bot has connected.
async fn world() -> World {
    Setup::on(Base::Sqlite).over_sockets().start().await
}
