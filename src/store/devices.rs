//! The device index as it was last read, kept for the next start.
//!
//! Fifty thousand devices are compared by fingerprint and written a few at a time, so that a
//! refresh never keeps a click waiting.

use super::error::Result;
use super::open::Store;
use super::query::{all, one, run};
use super::row::{Reader, json, millis};
use super::sql::house as sql;
use super::tx::reads;
use crate::domain::device::Device;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::AnyConnection;
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt::Write;

const SNAPSHOT: &str = "devices";
/// Rows of one page of reading.
const PAGE: usize = 2_000;
/// Changes of one transaction.
const BATCH: usize = 100;

reads! {
    /// All devices, and as of when; nothing has been read yet when there is no time.
    fn devices() -> (Vec<Device>, Option<DateTime<Utc>>) = devices;
}

/// One difference between what is stored and what was read.
enum Change {
    Save(String, String, String),
    Forget(String),
}

impl Store {
    /// Makes the stored index equal to what was read at that time. Works in many short
    /// transactions: somebody who reads meanwhile may see some devices new and some old.
    pub async fn save_devices<D: Borrow<Device> + Sync>(
        &self,
        devices: &[D],
        as_of: DateTime<Utc>,
    ) -> Result<()> {
        let mut known = fingerprints(&mut *self.connection().await?).await?;
        let mut changes = Vec::new();
        for device in devices {
            let device = device.borrow();
            let text = json(device)?;
            let (node, fingerprint) = (device.node.to_string(), fingerprint(&text));
            if known.remove(&node).as_ref() != Some(&fingerprint) {
                changes.push(Change::Save(node, fingerprint, text));
            }
        }
        changes.extend(known.into_keys().map(Change::Forget));
        for batch in changes.chunks(BATCH) {
            let mut tx = self.begin().await?;
            for change in batch {
                let query = match change {
                    Change::Save(node, fingerprint, text) => sqlx::query(sql::SAVE_DEVICE)
                        .bind(node.as_str())
                        .bind(fingerprint.as_str())
                        .bind(text.as_str()),
                    Change::Forget(node) => sqlx::query(sql::FORGET_DEVICE).bind(node.as_str()),
                };
                run(tx.conn(), query).await?;
            }
            tx.commit().await?;
        }
        let mut tx = self.begin().await?;
        let query = sqlx::query(sql::SAVE_SNAPSHOT)
            .bind(SNAPSHOT)
            .bind(millis(as_of));
        run(tx.conn(), query).await?;
        tx.commit().await
    }
}

fn fingerprint(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(16)
        .fold(String::with_capacity(32), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

async fn fingerprints(conn: &mut AnyConnection) -> Result<BTreeMap<String, String>> {
    let mut known = BTreeMap::new();
    let mut after = String::new();
    loop {
        let query = sqlx::query(sql::FINGERPRINTS)
            .bind(after.as_str())
            .bind(i64::try_from(PAGE).unwrap_or(i64::MAX));
        let rows = all(conn, query).await?;
        for row in &rows {
            let row = Reader::new("devices", "node", row);
            after = row.text("node")?;
            known.insert(after.clone(), row.text("fingerprint")?);
        }
        if rows.len() < PAGE {
            return Ok(known);
        }
    }
}

async fn devices(conn: &mut AnyConnection) -> Result<(Vec<Device>, Option<DateTime<Utc>>)> {
    let as_of = one(conn, sqlx::query(sql::SNAPSHOT).bind(SNAPSHOT))
        .await?
        .map(|row| Reader::new("snapshots", "name", &row).instant("as_of"))
        .transpose()?;
    let mut devices = Vec::new();
    let mut after = String::new();
    loop {
        let query = sqlx::query(sql::DEVICES)
            .bind(after.as_str())
            .bind(i64::try_from(PAGE).unwrap_or(i64::MAX));
        let rows = all(conn, query).await?;
        for row in &rows {
            let row = Reader::new("devices", "node", row);
            after = row.text("node")?;
            devices.push(row.json("device")?);
        }
        if rows.len() < PAGE {
            return Ok((devices, as_of));
        }
    }
}
