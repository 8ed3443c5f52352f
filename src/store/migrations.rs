//! Brings the tables up to date. Two folders, the same names.
//!
//! Migrations only add, so that a replica of the version before still works beside them
//! (<https://docs.rs/sqlx/0.9/sqlx/migrate/>): a newer one than these is left in peace.

use super::connect::{self, Access};
use super::error::{Result, StoreError};
use super::open::Flavor;
use super::target::Target;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{ConnectOptions, Connection, SqlSafeStr};
use std::time::Duration;

/// A server that has not answered by then is not there.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// The migrations in order; a name begins with its version.
pub const NAMES: &[&str] = &["0001_first_schema"];

macro_rules! text {
    ($name:literal) => {
        (
            include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
            include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
        )
    };
}

const TEXTS: &[(&str, &str)] = &[text!("0001_first_schema")];

/// The statements of the migration at this place of [`NAMES`].
pub fn text(flavor: Flavor, place: usize) -> Option<&'static str> {
    TEXTS.get(place).map(|(sqlite, postgres)| match flavor {
        Flavor::Sqlite => *sqlite,
        Flavor::Postgres => *postgres,
    })
}

/// All of them, as the driver wants to have them.
fn migrator(flavor: Flavor) -> Migrator {
    let migrations = NAMES.iter().enumerate().filter_map(|(place, name)| {
        let (version, description) = name.split_once('_')?;
        Some(Migration::new(
            version.parse().ok()?,
            description.replace('_', " ").into(),
            MigrationType::Simple,
            text(flavor, place)?.into_sql_str(),
            false,
        ))
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.set_ignore_missing(true);
    migrator
}

/// Applies what is missing, on a connection of its own: replicas wait for each other here for
/// longer than a click may.
pub(super) async fn apply(target: &Target, flavor: Flavor) -> Result<()> {
    let options = connect::options(target, Access::Write)?;
    let mut conn = tokio::time::timeout(CONNECT_WITHIN, options.connect())
        .await
        .map_err(|_| StoreError::Unavailable("the server did not answer in time".to_owned()))??;
    let outcome = migrator(flavor).run(&mut conn).await;
    let closed = conn.close().await;
    outcome.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            match StoreError::from(error) {
                StoreError::Refused(why) => StoreError::Migration(why),
                other => other,
            }
        }
        other => StoreError::Migration(other.to_string()),
    })?;
    closed.map_err(StoreError::from)
}
