//! Opening a store, and what is done once at that moment.

use super::connect::{self, Access, PATIENCE};
use super::error::{Result, StoreError};
use super::lock::{self, InstanceLock};
use super::target::Target;
use super::{migrations, query, sql};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Which database stands behind a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// A file, one writer, one `serve`.
    Sqlite,
    /// A server, any number of replicas.
    Postgres,
}

/// The database. Clones share its connections; the last one lets go of the SQLite file.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    /// Where transactions run. SQLite has one writer: one connection, so that what it has read
    /// stays in its cache, and a queue that is fair and quick where SQLite's own is neither.
    pub(super) writers: AnyPool,
    pub(super) flavor: Flavor,
    /// Transactions that clicks do not wait for queue here first.
    pub(super) queue: Option<Arc<Semaphore>>,
    _lock: Option<Arc<InstanceLock>>,
}

impl Store {
    /// Opens the database for `serve`: takes the lock of a SQLite file (created if missing),
    /// brings the tables up to date, and clears leases that a killed process left in the file.
    pub async fn open(url: &str, pool_size: u32) -> Result<Self> {
        let (target, flavor, lock) = match Target::parse(url)? {
            Target::Sqlite(path) => {
                let path = lock::prepare(&path)?;
                let lock = InstanceLock::take(&path)?;
                (Target::Sqlite(path), Flavor::Sqlite, Some(Arc::new(lock)))
            }
            target @ Target::Postgres(_) => (target, Flavor::Postgres, None),
        };
        migrations::apply(&target, flavor).await?;
        let pool = connect::pool(&target, flavor, Access::Write, pool_size).await?;
        let writers = match flavor {
            Flavor::Sqlite => connect::pool(&target, flavor, Access::Write, 1).await?,
            Flavor::Postgres => pool.clone(),
        };
        let store = Self {
            pool,
            writers,
            flavor,
            queue: None,
            _lock: lock,
        };
        if flavor == Flavor::Sqlite {
            let mut tx = store.begin().await?;
            query::run(tx.conn(), sqlx::query(sql::outbox::ABANDON_ALL)).await?;
            tx.commit().await?;
        }
        Ok(store)
    }

    /// Opens the database to look at it beside a running `serve`: no lock, no migration, and
    /// every attempt to write fails.
    pub async fn open_read_only(url: &str) -> Result<Self> {
        let target = Target::parse(url)?;
        let flavor = match target {
            Target::Sqlite(_) => Flavor::Sqlite,
            Target::Postgres(_) => Flavor::Postgres,
        };
        let place = match &target {
            Target::Sqlite(path) => format!("in {}", path.display()),
            Target::Postgres(_) => "in this database".to_owned(),
        };
        if let Target::Sqlite(path) = &target
            && !path.exists()
        {
            return Err(StoreError::NothingYet { place });
        }
        let pool = connect::pool(&target, flavor, Access::Read, 2).await?;
        let store = Self {
            writers: pool.clone(),
            pool,
            flavor,
            queue: None,
            _lock: None,
        };
        match store.schema_version().await {
            Err(StoreError::Refused(_)) => Err(StoreError::NothingYet { place }),
            Err(error) => Err(error),
            Ok(_) => Ok(store),
        }
    }

    /// A handle for work that nobody waits for at this moment. Its transactions queue among
    /// themselves before they queue with all others, so that a click stands behind a few of
    /// them, not behind all.
    #[must_use]
    pub fn behind_clicks(&self) -> Self {
        let at_once = match self.flavor {
            Flavor::Sqlite => 1,
            Flavor::Postgres => 4,
        };
        Self {
            queue: Some(Arc::new(Semaphore::new(at_once))),
            ..self.clone()
        }
    }

    /// Which database this is.
    pub fn flavor(&self) -> Flavor {
        self.flavor
    }

    /// Lets go of every connection; whatever is under way finishes first.
    pub async fn close(&self) {
        self.writers.close().await;
        self.pool.close().await;
    }

    /// A connection for one read.
    pub(super) async fn connection(&self) -> Result<PoolConnection<Any>> {
        match tokio::time::timeout(PATIENCE, self.pool.acquire()).await {
            Ok(Ok(conn)) => Ok(conn),
            Ok(Err(sqlx::Error::PoolTimedOut)) | Err(_) => Err(self.out_of_patience()),
            Ok(Err(error)) => Err(error.into()),
        }
    }

    /// Nothing was free in time; a server that is gone looks the same as a busy one.
    pub(super) fn out_of_patience(&self) -> StoreError {
        match self.flavor {
            Flavor::Sqlite => StoreError::Busy,
            Flavor::Postgres => {
                StoreError::Unavailable("no connection became free in time".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::{AssertSqlSafe, Executor, Row};

    async fn store(size: u32) -> (Store, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}/lapse.db", folder.path().display());
        (Store::open(&url, size).await.expect("it opens"), folder)
    }

    /// Asks every connection at once, that of the writer first.
    async fn everywhere(store: &Store, size: u32, pragma: &str) -> Vec<i64> {
        let mut held = vec![store.writers.acquire().await.expect("the writer's")];
        for _ in 0..size {
            held.push(store.connection().await.expect("a connection"));
        }
        let mut answers = Vec::new();
        for conn in &mut held {
            let row = conn.fetch_one(AssertSqlSafe(pragma.to_owned())).await;
            answers.push(row.expect("an answer").try_get(0).expect("a number"));
        }
        answers
    }

    #[tokio::test]
    async fn every_connection_keeps_what_it_confirms() {
        let (store, _folder) = store(6).await;
        assert_eq!(everywhere(&store, 6, "PRAGMA synchronous").await, [2; 7]);
        assert_eq!(everywhere(&store, 6, "PRAGMA foreign_keys").await, [1; 7]);
        assert_eq!(
            everywhere(&store, 6, "PRAGMA busy_timeout").await,
            [2_000; 7]
        );
        assert!(PATIENCE < std::time::Duration::from_millis(2_500));
    }

    #[tokio::test]
    async fn a_full_disk_is_told_and_space_is_enough_to_go_on() {
        let (store, _folder) = store(2).await;
        let pages = everywhere(&store, 1, "PRAGMA page_count").await[0];
        let limit = format!("PRAGMA max_page_count = {pages}");
        everywhere(&store, 2, &limit).await;
        let text = "x".repeat(100_000);
        let fill = async || {
            let mut tx = store.begin().await?;
            let query = sqlx::query(sql::house::FIRST_DELIVERY)
                .bind(text.as_str())
                .bind(0_i64);
            query::run(tx.conn(), query).await?;
            tx.commit().await
        };
        for _ in 0..3 {
            let refused = fill().await.expect_err("there is no space");
            assert!(matches!(refused, StoreError::Full), "{refused}");
            // A connection on which it happened is replaced, so the limit is set again.
            everywhere(&store, 2, &limit).await;
        }
        everywhere(&store, 2, "PRAGMA max_page_count = 100000").await;
        fill().await.expect("there is space");
        store.ping().await.expect("it is ready");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_files_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let (store, folder) = store(2).await;
        store.ping().await.expect("it writes");
        for file in std::fs::read_dir(folder.path()).expect("a folder") {
            let file = file.expect("a file");
            let mode = file.metadata().expect("its mode").permissions().mode();
            assert_eq!(mode & 0o077, 0, "{:?}", file.file_name());
        }
    }
}
