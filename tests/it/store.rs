//! The conformance suite: the same stories on SQLite and on PostgreSQL.

mod audit;
mod cards;
mod claims;
mod grants;
mod harness;
mod homes;
mod lists;
mod model;
mod opening;
mod people;
mod requests;
pub mod samples;

pub use harness::Db;
