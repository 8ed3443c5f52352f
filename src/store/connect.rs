//! Connections: how one is made, what it must be before it is used, when it is given up.

use super::error::{Result, StoreError};
use super::open::Flavor;
use super::target::Target;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool};
use sqlx::{ConnectOptions, Connection, Executor, Row};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// How long anybody waits for the database before they read "busy, try again".
pub(super) const PATIENCE: Duration = Duration::from_millis(2_200);

/// Whether a connection may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// It may.
    Write,
    /// It may not, not even by mistake.
    Read,
}

/// What a target is called towards the driver.
pub(super) fn options(target: &Target, access: Access) -> Result<AnyConnectOptions> {
    sqlx::any::install_default_drivers();
    let url = match target {
        Target::Sqlite(path) => sqlite_url(path, access),
        Target::Postgres(url) => url.to_string(),
    };
    Ok(AnyConnectOptions::from_str(&url)?.disable_statement_logging())
}

fn sqlite_url(path: &Path, access: Access) -> String {
    let escaped: String = path
        .to_string_lossy()
        .chars()
        .map(|c| match c {
            '%' => "%25".to_owned(),
            '?' => "%3F".to_owned(),
            '#' => "%23".to_owned(),
            other => other.to_string(),
        })
        .collect();
    let mode = match access {
        Access::Write => "rw",
        Access::Read => "ro",
    };
    format!("sqlite://{escaped}?mode={mode}")
}

/// The pool that everything but migrations goes through.
pub(super) async fn pool(
    target: &Target,
    flavor: Flavor,
    access: Access,
    size: u32,
) -> Result<AnyPool> {
    let options = options(target, access)?;
    must_be_durable(&options, flavor, access).await?;
    let mut pool = AnyPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(PATIENCE)
        // A file does not go away between two uses; a server does.
        .test_before_acquire(flavor == Flavor::Postgres)
        .after_connect(move |conn, _| {
            Box::pin(async move {
                prepare(conn, flavor, access)
                    .await
                    .map_err(|error| match error {
                        Refusal::Driver(error) => error,
                        Refusal::NotDurable(why) => {
                            sqlx::Error::Configuration(Box::new(NotDurable(why)))
                        }
                    })
            })
        });
    if flavor == Flavor::Sqlite {
        pool = pool
            .idle_timeout(None)
            .max_lifetime(None)
            .after_release(|conn, _| Box::pin(is_clean(conn)));
    }
    pool.connect_with(options).await.map_err(of_connect)
}

/// A pool tries a connection that is refused again and again until its patience ends, and then
/// knows only that; so the first one is made by hand, for its reason.
async fn must_be_durable(
    options: &AnyConnectOptions,
    flavor: Flavor,
    access: Access,
) -> Result<()> {
    let mut conn = AnyConnection::connect_with(options).await?;
    match prepare(&mut conn, flavor, access).await {
        Ok(()) => Ok(conn.close().await?),
        Err(Refusal::NotDurable(why)) => Err(StoreError::NotDurable(why.to_owned())),
        Err(Refusal::Driver(error)) => Err(error.into()),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotDurable(&'static str);

enum Refusal {
    Driver(sqlx::Error),
    NotDurable(&'static str),
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Driver(error)
    }
}

fn of_connect(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Configuration(cause) => match cause.downcast_ref::<NotDurable>() {
            Some(NotDurable(why)) => StoreError::NotDurable((*why).to_owned()),
            None => sqlx::Error::Configuration(cause).into(),
        },
        sqlx::Error::PoolTimedOut => {
            StoreError::Unavailable("no connection could be made in time".to_owned())
        }
        other => other.into(),
    }
}

/// Settles what a connection promises, and reads it back.
async fn prepare(
    conn: &mut AnyConnection,
    flavor: Flavor,
    access: Access,
) -> std::result::Result<(), Refusal> {
    match (flavor, access) {
        (Flavor::Sqlite, Access::Write) => {
            conn.execute(
                "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA wal_autocheckpoint = 16000; PRAGMA journal_size_limit = 67108864; \
                 PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY",
            )
            .await?;
            let row = conn.fetch_one("PRAGMA synchronous").await?;
            if row.try_get::<i64, _>(0)? != 2 {
                return Err(Refusal::NotDurable("`synchronous` is below FULL."));
            }
        }
        (Flavor::Sqlite, Access::Read) => {
            conn.execute("PRAGMA busy_timeout = 2000; PRAGMA query_only = ON")
                .await?;
        }
        (Flavor::Postgres, _) => {
            // A replica that was stopped inside a transaction must not hold its rows for ever.
            conn.execute(
                "SET lock_timeout = '2s'; SET statement_timeout = '10s'; \
                 SET idle_in_transaction_session_timeout = '10s'; SET client_min_messages = 'warning'",
            )
            .await?;
            let row = conn.fetch_one("SHOW synchronous_commit").await?;
            if row.try_get::<String, _>(0)? == "off" {
                return Err(Refusal::NotDurable("`synchronous_commit` is off."));
            }
            if access == Access::Read {
                conn.execute("SET default_transaction_read_only = on")
                    .await?;
            }
        }
    }
    Ok(())
}

/// SQLite ends a transaction by itself when the disk is full or broken, and the driver's own
/// count then stays open; such a connection is closed instead of used again. The ping lets a
/// roll-back that is still under way arrive first.
async fn is_clean(conn: &mut AnyConnection) -> std::result::Result<bool, sqlx::Error> {
    if conn.is_in_transaction() {
        conn.ping().await?;
    }
    Ok(!conn.is_in_transaction())
}
