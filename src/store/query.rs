//! The three ways to run a statement.

use super::error::Result;
use sqlx::Executor;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, AnyConnection};

/// A statement with its values bound.
pub(super) type Query<'q> = sqlx::query::Query<'q, Any, AnyArguments>;

/// Runs it and answers how many rows it touched.
pub(super) async fn run(conn: &mut AnyConnection, query: Query<'_>) -> Result<u64> {
    Ok(conn.execute(query).await?.rows_affected())
}

/// The first row, if there is one.
pub(super) async fn one(conn: &mut AnyConnection, query: Query<'_>) -> Result<Option<AnyRow>> {
    Ok(conn.fetch_optional(query).await?)
}

/// All rows; every statement that is read this way is bounded.
pub(super) async fn all(conn: &mut AnyConnection, query: Query<'_>) -> Result<Vec<AnyRow>> {
    Ok(conn.fetch_all(query).await?)
}
