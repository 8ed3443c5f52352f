//! Reads values out of rows. What cannot be read is `Inconsistent`, never a panic, and the
//! error names the place without showing the content.

use super::error::{Result, StoreError};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::any::{Any, AnyRow};
use sqlx::{Decode, Row, Type};

/// One row of a table, and what it is called when something is wrong with it.
pub(super) struct Reader<'r> {
    table: &'static str,
    id: &'static str,
    row: &'r AnyRow,
}

impl<'r> Reader<'r> {
    /// `id` is the column that names the row.
    pub(super) fn new(table: &'static str, id: &'static str, row: &'r AnyRow) -> Self {
        Self { table, id, row }
    }

    /// The error for a column that says something impossible.
    pub(super) fn inconsistent(&self, column: &'static str) -> StoreError {
        StoreError::Inconsistent {
            table: self.table,
            column,
            row: self
                .row
                .try_get(self.id)
                .or_else(|_| self.row.try_get::<i64, _>(self.id).map(|n| n.to_string()))
                .unwrap_or_default(),
        }
    }

    fn get<T>(&self, column: &'static str) -> Result<T>
    where
        T: Decode<'r, Any> + Type<Any>,
    {
        self.row
            .try_get(column)
            .map_err(|_| self.inconsistent(column))
    }

    pub(super) fn text(&self, column: &'static str) -> Result<String> {
        self.get(column)
    }

    pub(super) fn text_or_none(&self, column: &'static str) -> Result<Option<String>> {
        self.get(column)
    }

    pub(super) fn integer(&self, column: &'static str) -> Result<i64> {
        self.get(column)
    }

    /// A whole number that fits where it is used.
    pub(super) fn number<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T> {
        T::try_from(self.get(column)?).map_err(|_| self.inconsistent(column))
    }

    pub(super) fn instant(&self, column: &'static str) -> Result<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.get(column)?).ok_or_else(|| self.inconsistent(column))
    }

    pub(super) fn instant_or_none(&self, column: &'static str) -> Result<Option<DateTime<Utc>>> {
        self.get::<Option<i64>>(column)?
            .map(|at| DateTime::from_timestamp_millis(at).ok_or_else(|| self.inconsistent(column)))
            .transpose()
    }

    pub(super) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T> {
        serde_json::from_str(self.get::<&str>(column)?).map_err(|_| self.inconsistent(column))
    }

    /// An enum without content, stored as its bare word.
    pub(super) fn word<T: DeserializeOwned>(&self, column: &'static str) -> Result<T> {
        let word = serde_json::Value::String(self.text(column)?);
        serde_json::from_value(word).map_err(|_| self.inconsistent(column))
    }

    pub(super) fn json_or_none<T: DeserializeOwned>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>> {
        self.get::<Option<&str>>(column)?
            .map(|text| serde_json::from_str(text).map_err(|_| self.inconsistent(column)))
            .transpose()
    }
}

/// A document as it is stored.
pub(super) fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Refused(error.to_string()))
}

/// The stable word of an enum without content, as serde writes it.
pub(super) fn word<T: Serialize>(value: &T) -> Result<String> {
    Ok(json(value)?.trim_matches('"').to_owned())
}

/// Milliseconds since 1970.
pub(super) fn millis(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}
