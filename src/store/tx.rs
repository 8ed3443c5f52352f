//! A transaction: all of a change, or nothing of it.

use super::connect::PATIENCE;
use super::error::{Result, StoreError};
use super::open::{Flavor, Store};
use super::outbox::Wishes;
use sqlx::Transaction;
use sqlx::{Any, AnyConnection};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// One transaction. Dropping it rolls everything back.
///
/// After an error other than a refusal of its own the transaction is spent: drop it, and load
/// everything again.
#[must_use = "a transaction that is not committed did not happen"]
#[derive(Debug)]
pub struct Tx {
    // Before the turn: the roll-back is under way when the next writer starts.
    inner: Transaction<'static, Any>,
    flavor: Flavor,
    pub(super) wishes: Wishes,
    _turn: Option<OwnedSemaphorePermit>,
}

impl Store {
    /// Starts a transaction that will write. On SQLite the write lock is taken at once, so that
    /// nothing read inside can be changed by somebody else before the commit.
    pub async fn begin(&self) -> Result<Tx> {
        // Cancelling is safe: the driver rolls back a transaction that nobody received.
        match tokio::time::timeout(PATIENCE, self.begin_patiently()).await {
            Ok(Err(StoreError::Busy)) | Err(_) => Err(self.out_of_patience()),
            Ok(outcome) => outcome,
        }
    }

    async fn begin_patiently(&self) -> Result<Tx> {
        let turn = match &self.writer {
            Some(writer) => Some(
                Arc::clone(writer)
                    .acquire_owned()
                    .await
                    .map_err(|_| StoreError::Busy)?,
            ),
            None => None,
        };
        let statement = match self.flavor {
            Flavor::Sqlite => "BEGIN IMMEDIATE",
            Flavor::Postgres => "BEGIN",
        };
        Ok(Tx {
            inner: self.pool.begin_with(statement).await?,
            flavor: self.flavor,
            wishes: Wishes::default(),
            _turn: turn,
        })
    }
}

impl Tx {
    /// Stores everything that was done. When the answer is lost
    /// ([`StoreError::Unavailable`]) it may have been stored all the same: load and look.
    pub async fn commit(mut self) -> Result<()> {
        self.store_wishes().await?;
        self.inner.commit().await.map_err(StoreError::from)
    }

    pub(super) fn conn(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }

    /// Before any other statement about the outbox, which would not see them.
    pub(super) async fn store_wishes(&mut self) -> Result<()> {
        self.wishes.store(&mut self.inner, self.flavor).await
    }

    pub(super) fn flavor(&self) -> Flavor {
        self.flavor
    }
}

/// Offers a read on [`Store`], where it takes a connection for itself, and on [`Tx`].
macro_rules! reads {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $out:ty = $read:path;)*) => {
        impl crate::store::Store {
            $($(#[$doc])*
            pub async fn $name(&self, $($arg: $ty),*) -> crate::store::Result<$out> {
                let mut conn = self.connection().await?;
                $read(&mut conn, $($arg),*).await
            })*
        }

        impl crate::store::Tx {
            $($(#[$doc])*
            pub async fn $name(&mut self, $($arg: $ty),*) -> crate::store::Result<$out> {
                $read(self.conn(), $($arg),*).await
            })*
        }
    };
}

/// Offers a write on [`Tx`], and on [`Store`] as a transaction of its own.
macro_rules! writes {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $out:ty = $write:path;)*) => {
        impl crate::store::Store {
            $($(#[$doc])*
            pub async fn $name(&self, $($arg: $ty),*) -> crate::store::Result<$out> {
                let mut tx = self.begin().await?;
                let outcome = $write(tx.conn(), $($arg),*).await?;
                tx.commit().await?;
                Ok(outcome)
            })*
        }

        impl crate::store::Tx {
            $($(#[$doc])*
            pub async fn $name(&mut self, $($arg: $ty),*) -> crate::store::Result<$out> {
                self.store_wishes().await?;
                $write(self.conn(), $($arg),*).await
            })*
        }
    };
}

pub(super) use {reads, writes};
