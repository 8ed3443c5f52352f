//! A transaction: all of a change, or nothing of it.

use super::connect::PATIENCE;
use super::error::{Result, StoreError};
use super::open::{Flavor, Store};
use super::outbox::Wishes;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, Transaction};
use std::future::Future;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// One transaction. Dropping it rolls everything back.
///
/// After an error other than a refusal of its own the transaction is spent: drop it, and load
/// everything again.
#[must_use = "a transaction that is not committed did not happen"]
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Any>,
    flavor: Flavor,
    pub(super) wishes: Wishes,
    _turn: Option<OwnedSemaphorePermit>,
}

/// A connection that writes; each statement is durable by itself.
#[derive(Debug)]
pub(super) struct Writer {
    conn: PoolConnection<Any>,
    _turn: Option<OwnedSemaphorePermit>,
}

impl Store {
    /// Starts a transaction that will write. On SQLite the write lock is taken at once, so that
    /// nothing read inside can be changed by somebody else before the commit.
    pub async fn begin(&self) -> Result<Tx> {
        let statement = match self.flavor {
            Flavor::Sqlite => "BEGIN IMMEDIATE",
            Flavor::Postgres => "BEGIN",
        };
        // Cancelling is safe: the driver rolls back a transaction that nobody received.
        self.patiently(async {
            let turn = self.turn().await?;
            Ok(Tx {
                inner: self.writers.begin_with(statement).await?,
                flavor: self.flavor,
                wishes: Wishes::default(),
                _turn: turn,
            })
        })
        .await
    }

    /// A connection for changes that need no transaction around them.
    pub(super) async fn writer(&self) -> Result<Writer> {
        self.patiently(async {
            let turn = self.turn().await?;
            Ok(Writer {
                conn: self.writers.acquire().await?,
                _turn: turn,
            })
        })
        .await
    }

    async fn patiently<T>(&self, getting: impl Future<Output = Result<T>>) -> Result<T> {
        match tokio::time::timeout(PATIENCE, getting).await {
            Ok(Err(StoreError::Busy)) | Err(_) => Err(self.out_of_patience()),
            Ok(outcome) => outcome,
        }
    }

    /// A place in the queue of those whom clicks do not wait for.
    async fn turn(&self) -> Result<Option<OwnedSemaphorePermit>> {
        match &self.queue {
            Some(queue) => match Arc::clone(queue).acquire_owned().await {
                Ok(turn) => Ok(Some(turn)),
                Err(_) => Err(StoreError::Busy),
            },
            None => Ok(None),
        }
    }
}

impl Writer {
    pub(super) fn conn(&mut self) -> &mut AnyConnection {
        &mut self.conn
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

        crate::store::tx::writes_in_transactions! {
            $($(#[$doc])* fn $name($($arg: $ty),*) -> $out = $write;)*
        }
    };
}

/// Offers a write on [`Tx`], and on [`Store`] without a transaction around it: what it does is one
/// statement, or several that are each whole. It spares two trips to the database. Nothing that a
/// click waits for: a file that is locked from outside is waited for longer than by a transaction.
macro_rules! single_writes {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $out:ty = $write:path;)*) => {
        impl crate::store::Store {
            $($(#[$doc])*
            pub async fn $name(&self, $($arg: $ty),*) -> crate::store::Result<$out> {
                let mut writer = self.writer().await?;
                $write(writer.conn(), $($arg),*).await
            })*
        }

        crate::store::tx::writes_in_transactions! {
            $($(#[$doc])* fn $name($($arg: $ty),*) -> $out = $write;)*
        }
    };
}

/// The half of both that concerns [`Tx`].
macro_rules! writes_in_transactions {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),*) -> $out:ty = $write:path;)*) => {
        impl crate::store::Tx {
            $($(#[$doc])*
            pub async fn $name(&mut self, $($arg: $ty),*) -> crate::store::Result<$out> {
                self.store_wishes().await?;
                $write(self.conn(), $($arg),*).await
            })*
        }
    };
}

pub(super) use {reads, single_writes, writes, writes_in_transactions};
