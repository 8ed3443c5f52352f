//! A fingerprint of what somebody is shown, so that the same is not sent twice.

use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The fingerprint of a value as it is sent.
pub fn of(shown: &impl Serialize) -> String {
    let shown = serde_json::to_vec(shown).unwrap_or_default();
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(&shown) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
