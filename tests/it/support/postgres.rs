//! A PostgreSQL database of one's own, on the server that `LAPSE_TEST_POSTGRES_URL` names.

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};
use std::sync::atomic::{AtomicU32, Ordering};
use url::Url;

/// An empty database; gone when this is dropped.
pub struct Database {
    server: String,
    name: String,
    /// Where it is.
    pub url: String,
}

impl Database {
    /// Creates it.
    pub async fn create() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let server = std::env::var("LAPSE_TEST_POSTGRES_URL").expect(
            "LAPSE_TEST_POSTGRES_URL is not set: it names a PostgreSQL server on which the tests \
             may create databases (postgres://user@host:port/postgres). `scripts/test.sh` starts \
             one and sets it; the suite never skips PostgreSQL.",
        );
        let name = format!(
            "lapse_{}_{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let mut url = Url::parse(&server).expect("LAPSE_TEST_POSTGRES_URL is a URL");
        url.set_path(&name);
        on_server(
            &server,
            &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        )
        .await;
        on_server(&server, &format!("CREATE DATABASE {name}")).await;
        Self {
            server,
            name,
            url: url.to_string(),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // The test's runtime is busy with this very drop; another thread brings its own.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(on_server(
                &server,
                &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            ));
        });
        // A test that fails already must not panic twice.
        drop(dropping.join());
    }
}

async fn on_server(server: &str, statement: &str) {
    sqlx::any::install_default_drivers();
    let mut conn = AnyConnection::connect(server)
        .await
        .expect("the server of LAPSE_TEST_POSTGRES_URL answers");
    conn.execute(AssertSqlSafe(statement.to_owned()))
        .await
        .expect("the server lets the tests create and drop databases");
    conn.close().await.expect("the connection closes");
}
