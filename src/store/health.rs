//! Whether the database answers and keeps what it is given.

use super::error::{Result, StoreError};
use super::open::Store;
use super::query::{one, run};
use super::row::Reader;
use super::sql::house as sql;

impl Store {
    /// Commits a count that nobody reads: proves that the database is there, is not locked, is
    /// writable and has space. It has to change something, because SQLite writes no page whose
    /// bytes stay the same, and a full disk would go unnoticed.
    pub async fn ping(&self) -> Result<()> {
        let mut tx = self.begin().await?;
        let touched = run(tx.conn(), sqlx::query(sql::PROBE)).await?;
        tx.commit().await?;
        match touched {
            1 => Ok(()),
            _ => Err(StoreError::Inconsistent {
                table: "counters",
                column: "value",
                row: "probe".to_owned(),
            }),
        }
    }

    /// Moves what SQLite's log holds into the file, as far as nobody reads it there still. Commits go
    /// on beside it. One that finds 64 MB in the log moves the rest and begins the log anew, and
    /// whoever clicked waits for that. <https://www.sqlite.org/wal.html#ckpt>
    pub async fn checkpoint(&self) -> Result<()> {
        let mut conn = self.connection().await?;
        one(&mut conn, sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")).await?;
        Ok(())
    }

    /// Whether every migration that this version knows was applied; newer ones do no harm.
    pub async fn is_up_to_date(&self) -> Result<bool> {
        let known = i64::try_from(super::migrations::NAMES.len()).unwrap_or(i64::MAX);
        Ok(self.schema_version().await? >= known)
    }

    /// The newest migration that was applied, by whichever version of Lapse.
    pub async fn schema_version(&self) -> Result<i64> {
        let mut conn = self.connection().await?;
        match one(&mut conn, sqlx::query(sql::SCHEMA_VERSION)).await? {
            Some(row) => Reader::new("_sqlx_migrations", "version", &row).integer("version"),
            None => Ok(0),
        }
    }
}
