//! A fresh database a test, and the macro that tells each story twice.

use crate::support::postgres;
use lapse::store::{Flavor, Store};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};
use tempfile::TempDir;

/// A store on a database of its own.
pub struct Db {
    pub store: Store,
    pub url: String,
    home: Home,
}

/// What goes away with the test.
pub enum Home {
    Folder { _folder: TempDir },
    Server { _database: postgres::Database },
}

impl Db {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}", folder.path().join("lapse.db").display());
        Self {
            store: Store::open(&url, 8).await.expect("a store opens"),
            url,
            home: Home::Folder { _folder: folder },
        }
    }

    pub async fn postgres() -> Self {
        let database = postgres::Database::create().await;
        Self {
            store: Store::open(&database.url, 8).await.expect("a store opens"),
            url: database.url.clone(),
            home: Home::Server {
                _database: database,
            },
        }
    }

    pub async fn on(flavor: Flavor) -> Self {
        match flavor {
            Flavor::Sqlite => Self::sqlite().await,
            Flavor::Postgres => Self::postgres().await,
        }
    }

    /// Closes the store, as a process that ends does, and keeps the database.
    pub fn let_go(self) -> Home {
        self.home
    }

    /// A connection behind the store's back.
    pub async fn raw(&self) -> AnyConnection {
        sqlx::any::install_default_drivers();
        AnyConnection::connect(&self.url)
            .await
            .expect("the database answers")
    }

    /// Runs a statement behind the store's back.
    pub async fn tamper(&self, statement: &str) -> Result<u64, sqlx::Error> {
        let mut conn = self.raw().await;
        let done = conn.execute(AssertSqlSafe(statement.to_owned())).await;
        conn.close().await.expect("the connection closes");
        done.map(|done| done.rows_affected())
    }
}

/// Tells each story on both databases.
macro_rules! on_both {
    ($($story:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                super::$story(crate::store::Db::sqlite().await).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                super::$story(crate::store::Db::postgres().await).await;
            })+
        }
    };
}

pub(crate) use on_both;
