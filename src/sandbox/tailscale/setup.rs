//! What a tailnet looks like when the stand-in starts.

use std::net::{Ipv4Addr, SocketAddr};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::device::Device;
use super::person::Person;
use super::token::{ALL_SCOPES, OauthClient};
use crate::sandbox::clock::{SandboxClock, system};

/// A tailnet to start with. Without further ado it has one OAuth client with every scope that
/// Lapse can use, no devices, and a policy that lets nobody through.
#[derive(Clone)]
pub struct TailnetSetup {
    pub(super) name: String,
    pub(super) listen: SocketAddr,
    pub(super) clock: SandboxClock,
    pub(super) clients: Vec<OauthClient>,
    pub(super) devices: Vec<Device>,
    pub(super) people: Vec<Person>,
    pub(super) policy: Value,
    pub(super) keeps: usize,
}

impl Default for TailnetSetup {
    fn default() -> Self {
        Self::new()
    }
}

impl TailnetSetup {
    /// The tailnet `example.com`, on a free port of this machine, by the machine's clock.
    pub fn new() -> Self {
        Self {
            name: "example.com".to_owned(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock: system(),
            clients: vec![OauthClient::new(
                "kSandbox11CNTRL",
                "not-a-secret-only-the-stand-in-knows-it",
                ALL_SCOPES,
            )],
            devices: Vec::new(),
            people: Vec::new(),
            policy: json!({ "grants": [] }),
            keeps: 1_000_000,
        }
    }

    /// Listens there instead of on a free port.
    #[must_use]
    pub fn listening_on(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Takes the time from there.
    #[must_use]
    pub fn with_clock(mut self, clock: SandboxClock) -> Self {
        self.clock = clock;
        self
    }

    /// Remembers so many calls, the newest.
    #[must_use]
    pub fn keeping(mut self, calls: usize) -> Self {
        self.keeps = calls;
        self
    }

    /// Has this OAuth client only.
    #[must_use]
    pub fn with_client(mut self, client: OauthClient) -> Self {
        self.clients = vec![client];
        self
    }

    /// Has this device as well; its owner becomes a person of the tailnet.
    #[must_use]
    pub fn with_device(mut self, device: Device) -> Self {
        self.devices.push(device);
        self
    }

    /// Has this person as well, with or without devices.
    #[must_use]
    pub fn with_person(mut self, person: Person) -> Self {
        self.people.push(person);
        self
    }

    /// Has this policy file, as JSON.
    #[must_use]
    pub fn with_policy(mut self, policy: Value) -> Self {
        self.policy = policy;
        self
    }

    /// Has this many more devices: most belong to people, two each; every tenth is tagged,
    /// some are offline, never seen or shared in. The same number gives the same devices.
    #[must_use]
    pub fn with_generated_devices(mut self, count: usize) -> Self {
        self.devices.extend((0..count).map(generated));
        self
    }
}

fn generated(number: usize) -> Device {
    let (kind, os) = [
        ("mbp", "macOS"),
        ("thinkpad", "linux"),
        ("surface", "windows"),
        ("phone", "iOS"),
    ][number % 4];
    let person = number / 2;
    let hostname = format!("person{person}-{kind}-{number}");
    let owner = format!("person{person}@example.com");
    let device = Device::new(&generated_node_id(number), &hostname, &owner, os);
    match number % 20 {
        0 => device.tagged(["tag:ci"]),
        10 => device.tagged(["tag:server", "tag:prod"]),
        3 => device.never_seen(),
        7 => device.external(),
        n if n > 15 => device.offline(long_ago(number)),
        _ => device,
    }
}

/// Nine characters of mixed case and digits; distinct for distinct numbers.
fn generated_node_id(number: usize) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const SPACE: u128 = 62_u128.pow(9);
    // Coprime to 62, so that multiplying shuffles the space without collisions.
    const STEP: u128 = 7_368_787_000_011;
    let mut rest = (number as u128 * STEP) % SPACE;
    let mut id = String::from("n");
    for _ in 0..9 {
        let digit = usize::try_from(rest % 62).unwrap_or_default();
        id.push(char::from(ALPHABET[digit]));
        rest /= 62;
    }
    id.push_str("CNTRL");
    id
}

fn long_ago(number: usize) -> DateTime<Utc> {
    let seconds = i64::try_from(number).unwrap_or_default();
    DateTime::from_timestamp(1_767_225_600 + seconds * 60, 0).unwrap_or_default()
}
