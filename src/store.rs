//! What Lapse knows: SQLite or PostgreSQL behind one set of statements.
//!
//! `sqlx::Any` is used here and nowhere else. Values of the domain go in and come out; every
//! statement stands once, in `sql`, and runs unchanged on both databases. A change happens in
//! a [`Tx`]; reads exist on [`Store`] and on [`Tx`]. Nothing here decides anything: rules are
//! the domain's, only what must be unique, ordered or fenced is guarded here.

mod audit;
mod cards;
mod connect;
mod deliveries;
mod devices;
mod due;
mod error;
mod executions;
mod grants;
mod groups;
mod health;
mod homes;
mod lock;
mod migrations;
mod open;
pub mod outbox;
mod pauses;
mod people;
mod query;
mod refusals;
mod replicas;
mod requests;
mod row;
pub mod sql;
mod target;
mod tx;
mod waiting;

pub use audit::{EventCursor, StoredEvent};
pub use due::Due;
pub use error::{Result, StoreError};
pub use executions::Execution;
pub use grants::{GrantCursor, OpenGrants, OthersGrants};
pub use homes::{Home, Watch};
pub use migrations::{NAMES as MIGRATIONS, text as migration_text};
pub use open::{Flavor, Store};
pub use outbox::{Claimed, Fenced, Finished, Job, Lane, Priority};
pub use pauses::Pause;
pub use refusals::Tally;
pub use requests::Inserted;
pub use tx::Tx;
pub use waiting::{OwnRequests, Reviewable};
