//! Devices as the API describes them, traps included.
//!
//! Field by field after <https://tailscale.com/api#tag/devices>: what a client may not rely
//! on (`created` empty, year-one expiries, `lastSeen` absent, no `tags`) happens here too.

use std::sync::LazyLock;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

/// When control last heard of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It is connected, so `lastSeen` is absent.
    Connected,
    /// It went away then.
    Last(DateTime<Utc>),
    /// It has never been seen, so `lastSeen` is absent as well.
    Never,
}

/// One machine of the tailnet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent fields of the API's device object"
)]
pub struct Device {
    /// The id to use, mixed case, such as `nADAmbp11CNTRL`.
    pub node_id: String,
    /// The machine's own name.
    pub hostname: String,
    /// The login of whoever registered it.
    pub owner: String,
    /// `macOS`, `linux`, `windows`, `iOS`, `android`.
    pub os: String,
    /// The Tailscale client's version.
    pub client_version: String,
    /// Tags; a tagged device belongs to them and not to a person.
    pub tags: Vec<String>,
    /// Whether an administrator has let it in.
    pub authorized: bool,
    /// Whether it is shared in from another tailnet.
    pub external: bool,
    /// When control last heard of it.
    pub seen: Seen,
    /// When its key expires; `None` if key expiry is switched off.
    pub key_expiry: Option<DateTime<Utc>>,
    /// Whether it goes away by itself once offline.
    pub ephemeral: bool,
    /// Whether a newer client is available.
    pub update_available: bool,
}

impl Device {
    /// A connected, authorised device that belongs to a person.
    pub fn new(node_id: &str, hostname: &str, owner: &str, os: &str) -> Self {
        Self {
            node_id: node_id.to_owned(),
            hostname: hostname.to_owned(),
            owner: owner.to_owned(),
            os: os.to_owned(),
            client_version: "1.86.2-t1a2b3c4d5-g6e7f8a9b0".to_owned(),
            tags: Vec::new(),
            authorized: true,
            external: false,
            seen: Seen::Connected,
            key_expiry: far_away(),
            ephemeral: false,
            update_available: false,
        }
    }

    /// Belongs to these tags instead of a person; key expiry is then off.
    #[must_use]
    pub fn tagged<const N: usize>(mut self, tags: [&str; N]) -> Self {
        self.tags = tags.iter().map(|&tag| tag.to_owned()).collect();
        self.key_expiry = None;
        self
    }

    /// Shared in from another tailnet: no versions, no creation date.
    #[must_use]
    pub fn external(mut self) -> Self {
        self.external = true;
        self.client_version = String::new();
        self
    }

    /// Waits for an administrator.
    #[must_use]
    pub fn unauthorized(mut self) -> Self {
        self.authorized = false;
        self
    }

    /// Went away at that time.
    #[must_use]
    pub fn offline(mut self, last_seen: DateTime<Utc>) -> Self {
        self.seen = Seen::Last(last_seen);
        self
    }

    /// Has never been seen by control.
    #[must_use]
    pub fn never_seen(mut self) -> Self {
        self.seen = Seen::Never;
        self
    }

    /// Its key expires, or expired, at that time.
    #[must_use]
    pub fn key_expired(mut self, at: DateTime<Utc>) -> Self {
        self.key_expiry = Some(at);
        self
    }

    /// Its `MagicDNS` name.
    pub fn dns_name(&self) -> String {
        format!("{}.tail4f2a.ts.net", self.hostname.to_lowercase())
    }

    /// The numeric id that older documents use; the API takes it in paths as well.
    pub fn legacy_id(&self) -> String {
        self.fingerprint().to_string()
    }

    /// Whether it may talk to the tailnet at this time.
    pub(super) fn is_usable(&self, now: DateTime<Utc>) -> bool {
        self.authorized && self.key_expiry.is_none_or(|expiry| now < expiry)
    }

    /// The attributes that Tailscale itself collects.
    pub(super) fn node_attributes(&self) -> Vec<(&'static str, Value)> {
        let version = self.client_version.split('-').next().unwrap_or_default();
        vec![
            ("node:os", json!(self.os.to_lowercase())),
            ("node:osVersion", json!(self.os_version())),
            ("node:tsAutoUpdate", json!(true)),
            ("node:tsReleaseTrack", json!("stable")),
            ("node:tsStateEncrypted", json!(false)),
            ("node:tsVersion", json!(version)),
        ]
    }

    pub(super) fn as_seen_by_the_api(&self) -> impl Serialize + use<> {
        let fingerprint = self.fingerprint();
        let key = |kind: &str| {
            format!(
                "{kind}:{fingerprint:016x}{:048x}",
                fingerprint.wrapping_mul(7)
            )
        };
        let [.., c, d] = fingerprint.to_be_bytes();
        Wire {
            addresses: vec![
                format!("100.{}.{c}.{d}", 64 + fingerprint % 63),
                format!("fd7a:115c:a1e0::{c:x}{d:02x}:{:x}", fingerprint & 0xffff),
            ],
            authorized: self.authorized,
            blocks_incoming_connections: false,
            client_connectivity: CONNECTIVITY.as_deref().filter(|_| !self.external),
            client_version: self.client_version.clone(),
            connected_to_control: self.seen == Seen::Connected,
            created: if self.external {
                ""
            } else {
                "2024-05-01T09:30:00Z"
            },
            expires: self
                .key_expiry
                .map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), print),
            hostname: self.hostname.clone(),
            id: fingerprint.to_string(),
            is_ephemeral: self.ephemeral,
            is_external: self.external,
            key_expiry_disabled: self.key_expiry.is_none(),
            last_seen: match self.seen {
                Seen::Last(at) => Some(print(at)),
                Seen::Connected | Seen::Never => None,
            },
            machine_key: if self.external {
                String::new()
            } else {
                key("mkey")
            },
            multiple_connections: false,
            name: self.dns_name(),
            node_id: self.node_id.clone(),
            node_key: key("nodekey"),
            os: self.os.clone(),
            ssh_enabled: false,
            tags: self.tags.clone(),
            tailnet_lock_error: "",
            tailnet_lock_key: key("nlpub"),
            update_available: self.update_available,
            user: self.owner.clone(),
        }
    }

    fn os_version(&self) -> &'static str {
        match self.os.as_str() {
            "macOS" => "15.5.0",
            "windows" => "10.0.22631.3155",
            "iOS" => "18.5.0",
            "android" => "15",
            _ => "6.8.0",
        }
    }

    /// FNV-1a over the node id: the same device gets the same addresses and keys each time.
    fn fingerprint(&self) -> u64 {
        self.node_id
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            })
            >> 8
    }
}

fn far_away() -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(2_082_758_400, 0)
}

fn print(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The same for every device, hence rendered once: lists of 50,000 are made in tests.
static CONNECTIVITY: LazyLock<Option<Box<RawValue>>> = LazyLock::new(|| {
    let region = |ms: f64| json!({ "latencyMs": ms });
    to_raw_value(&json!({
        "endpoints": ["192.0.2.17:41641", "198.51.100.4:59128"],
        "mappingVariesByDestIP": false,
        "latency": {
            "Frankfurt": { "preferred": true, "latencyMs": 11.46 },
            "London": region(22.1),
            "New York City": region(88.71),
        },
        "clientSupports": {
            "hairPinning": false, "ipv6": true, "pcp": false,
            "pmp": false, "udp": true, "upnp": false,
        },
    }))
    .ok()
});

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the shape is Tailscale's, not ours"
)]
struct Wire {
    addresses: Vec<String>,
    id: String,
    node_id: String,
    user: String,
    name: String,
    hostname: String,
    client_version: String,
    update_available: bool,
    os: String,
    created: &'static str,
    connected_to_control: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<String>,
    expires: String,
    key_expiry_disabled: bool,
    authorized: bool,
    is_external: bool,
    is_ephemeral: bool,
    multiple_connections: bool,
    machine_key: String,
    node_key: String,
    blocks_incoming_connections: bool,
    ssh_enabled: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    tailnet_lock_error: &'static str,
    tailnet_lock_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_connectivity: Option<&'static RawValue>,
}
