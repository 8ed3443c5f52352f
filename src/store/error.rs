//! What can go wrong between Lapse and its database, in sentences for people.
//!
//! Nothing here carries a connection URL, a bound value or a row's content.

use sqlx::error::{DatabaseError, ErrorKind};
use std::path::PathBuf;

/// What every function of the store answers with.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else changed the same thing first.
    #[error(
        "Somebody else changed this at the same moment. Nothing was stored; load it again and retry."
    )]
    Conflict,
    /// The database is locked, or all connections are in use.
    #[error("The database is busy. Nothing was stored; try again in a moment.")]
    Busy,
    /// The database, or the disk that it lies on, can only be read.
    #[error(
        "The database can only be read. Nothing was stored; make its file, its folder or its server writable, no restart is needed."
    )]
    ReadOnly,
    /// There is no space left.
    #[error("The database's disk is full. Nothing was stored; make space, no restart is needed.")]
    Full,
    /// The connection failed, or the answer to a commit was lost.
    #[error(
        "The database did not answer ({0}). What was not confirmed may or may not have been stored; load it again before retrying."
    )]
    Unavailable(String),
    /// A stored row is not what Lapse would have written.
    #[error(
        "{table}.{column} of `{row}` cannot be read. Nothing was changed; it was written by something else than this version of Lapse, restore it from a backup or update Lapse."
    )]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's id.
        row: String,
    },
    /// Another process serves from the same SQLite file.
    #[error(
        "Another lapse is using {}. Nothing was changed; stop it first, or use PostgreSQL to run more than one.", path.display()
    )]
    SecondInstance {
        /// The database file.
        path: PathBuf,
    },
    /// A reader came before the first `serve`.
    #[error(
        "There are no records {place} yet. Nothing was read; `lapse serve` makes them when it first starts, or name another database with DATABASE_URL."
    )]
    NothingYet {
        /// Where they were looked for.
        place: String,
    },
    /// The database URL cannot be used.
    #[error("The database URL cannot be used: {0} Nothing was changed.")]
    BadUrl(String),
    /// The database would confirm what it has not kept.
    #[error(
        "The database may lose what it confirms: {0} Nothing was changed; raise it and start again."
    )]
    NotDurable(String),
    /// The database's tables could not be brought up to date.
    #[error(
        "The database's tables could not be brought up to date ({0}). Nothing was changed; see docs/operations.md before trying again."
    )]
    Migration(String),
    /// The database refused a statement for a reason that Lapse does not expect.
    #[error(
        "The database refused a statement ({0}). Nothing was stored; this is a defect in Lapse."
    )]
    Refused(String),
}

impl StoreError {
    /// Whether the same thing may succeed when it is loaded and tried again.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Conflict | Self::Busy | Self::Unavailable(_))
    }

    /// Whether it is not known if the change was stored: the answer to a commit may be what was
    /// lost.
    pub fn leaves_in_doubt(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => of_database(database.as_ref()),
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::Configuration(_) => {
                Self::BadUrl("one of its parts is wrong or unknown.".to_owned())
            }
            sqlx::Error::Io(io) => Self::Unavailable(io.to_string()),
            sqlx::Error::Tls(tls) => Self::Unavailable(tls.to_string()),
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_) => Self::Refused("a value has another type".to_owned()),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

fn of_database(error: &dyn DatabaseError) -> StoreError {
    let code = error.code().unwrap_or_default();
    // SQLite answers with numbers below 10,000, PostgreSQL with five characters.
    let sqlite = code.parse::<u32>().ok().filter(|_| code.len() < 5);
    match (sqlite, error.kind()) {
        (_, ErrorKind::UniqueViolation) => StoreError::Conflict,
        (Some(code), _) => of_sqlite(code, error),
        (None, _) => of_postgres(&code, error),
    }
}

/// The lowest eight bits are the primary code: <https://www.sqlite.org/rescode.html>.
fn of_sqlite(code: u32, error: &dyn DatabaseError) -> StoreError {
    match code & 0xff {
        5 | 6 => StoreError::Busy,
        8 => StoreError::ReadOnly,
        13 => StoreError::Full,
        10 | 11 | 14 | 26 => StoreError::Unavailable(error.message().to_owned()),
        _ => StoreError::Refused(error.message().to_owned()),
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn of_postgres(code: &str, error: &dyn DatabaseError) -> StoreError {
    match code {
        "40001" | "40P01" => StoreError::Conflict,
        "55P03" | "57014" | "53300" => StoreError::Busy,
        "25006" => StoreError::ReadOnly,
        "53100" => StoreError::Full,
        _ => match code.get(..2) {
            Some("08" | "25" | "28" | "3D" | "53" | "57" | "58" | "XX") => {
                StoreError::Unavailable(error.message().to_owned())
            }
            _ => StoreError::Refused(error.message().to_owned()),
        },
    }
}
