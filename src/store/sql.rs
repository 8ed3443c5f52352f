//! Every statement, once.
//!
//! A statement's text is the same on SQLite and PostgreSQL. Where it cannot be (a skipped
//! lock, the database's own clock) both texts stand side by side as a [`ByFlavor`]. A test
//! prepares all of them on both databases, another reads SQLite's plans.

use super::open::Flavor;

/// A statement whose two texts differ in what the two databases cannot share.
#[derive(Clone, Copy, Debug)]
pub struct ByFlavor {
    sqlite: &'static str,
    postgres: &'static str,
}

impl ByFlavor {
    /// The text for this database.
    pub fn on(self, flavor: Flavor) -> &'static str {
        match flavor {
            Flavor::Sqlite => self.sqlite,
            Flavor::Postgres => self.postgres,
        }
    }
}

/// Anything that has a text on each database.
#[derive(Clone, Copy, Debug)]
pub enum Statement {
    /// The same text on both.
    Shared(&'static str),
    /// One text each.
    Differing(ByFlavor),
}

impl Statement {
    /// The text for this database.
    pub fn on(self, flavor: Flavor) -> &'static str {
        match self {
            Self::Shared(text) => text,
            Self::Differing(texts) => texts.on(flavor),
        }
    }
}

/// Names statements and lists them, so that none can be forgotten by the tests.
macro_rules! statements {
    (
        $($(#[$doc:meta])* $name:ident = $sql:expr;)*
        $(@differing { $($(#[$different_doc:meta])* $different:ident = $sqlite:expr, $postgres:expr;)* })?
    ) => {
        $($(#[$doc])* pub(in crate::store) const $name: &str = $sql;)*
        $($($(#[$different_doc])* pub(in crate::store) const $different: super::ByFlavor =
            super::ByFlavor { sqlite: $sqlite, postgres: $postgres };)*)?

        /// All statements of this file by name.
        pub(in crate::store) const ALL: &[(&str, super::Statement)] = &[
            $((stringify!($name), super::Statement::Shared($name)),)*
            $($((stringify!($different), super::Statement::Differing($different)),)*)?
        ];
    };
}

pub(in crate::store) mod audit;
pub(in crate::store) mod cards;
pub(in crate::store) mod executions;
pub(in crate::store) mod grants;
pub(in crate::store) mod homes;
pub(in crate::store) mod house;
pub(in crate::store) mod outbox;
pub(in crate::store) mod people;
pub(in crate::store) mod requests;

/// Every statement that Lapse ever sends, apart from transaction control and settings of a
/// connection.
pub fn all() -> impl Iterator<Item = (&'static str, Statement)> {
    [
        audit::ALL,
        cards::ALL,
        executions::ALL,
        grants::ALL,
        homes::ALL,
        house::ALL,
        outbox::ALL,
        people::ALL,
        requests::ALL,
    ]
    .into_iter()
    .flatten()
    .copied()
}
