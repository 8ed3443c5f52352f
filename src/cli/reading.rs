//! What the read-only commands share: the configuration's database, opened beside a running
//! server, and a runtime.

use crate::config::{self, Environment, Severity};
use crate::store::{Store, StoreError};
use anyhow::{Context, anyhow, bail};
use secrecy::ExposeSecret;
use std::path::Path;

/// Runs a reading command against the database that the configuration names.
pub fn with_store<T>(
    path: &Path,
    environment: &Environment<'_>,
    read: impl AsyncFnOnce(&Store) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let report = config::load(path, environment)?;
    let Some(config) = report.config else {
        let errors = match report.count(Severity::Error) {
            1 => "an error".to_owned(),
            errors => format!("{errors} errors"),
        };
        bail!(
            "{} has {errors}. Nothing was read; `lapse check` shows what to mend.",
            path.display()
        );
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime could not be started")?;
    runtime.block_on(async {
        let opened = Store::open_read_only(config.database.url.expose_secret()).await;
        let store = opened.map_err(unanswered)?;
        let answer = read(&store).await;
        store.close().await;
        answer
    })
}

/// Whoever only reads need not ask themselves what was stored.
fn unanswered(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Unavailable(why) => anyhow!(
            "The database did not answer ({why}). Nothing was changed; see that it runs and that \
             DATABASE_URL or [database] names it, then try again."
        ),
        other => other.into(),
    }
}
