//! What the stand-in knows: devices, people, attributes, keys, policy.
//!
//! Holds state and the rules that keep it consistent; HTTP is elsewhere.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::attribute::{Attribute, AttributeValue, ExpiryStyle, Kind, check_key};
use super::device::{Device, Seen};
use super::log::{Actor, LogEntry};
use super::person::Person;
use super::policy::Policy;
use super::posture::{Held, Holds};
use super::refusal::{Answer, Refused};
use super::token::{OauthClient, Token};

/// One attribute that was set or removed, whether or not the caller heard of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// When, by the stand-in's clock.
    pub at: DateTime<Utc>,
    /// On which device.
    pub node: String,
    /// Which attribute.
    pub key: String,
    /// What it was set to, or that it was removed.
    pub change: Change,
    /// What was said for the audit log.
    pub comment: Option<String>,
}

/// What happens to an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It gets this value, until the expiry if there is one.
    Set {
        /// The new value.
        value: AttributeValue,
        /// When Tailscale takes it away again.
        expiry: Option<DateTime<Utc>>,
    },
    /// It goes away.
    Removed,
}

/// How an attribute write that was carried out is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WriteAnswer {
    /// `{}`
    #[default]
    EmptyObject,
    /// The device's attributes, as a read would answer.
    Attributes,
    /// `null`
    Null,
}

/// The ways in which the real API may behave, all of them allowed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Habits {
    pub write_answer: WriteAnswer,
    pub expiry_style: ExpiryStyle,
    pub expiry_lag: Duration,
    pub log_lag: Duration,
}

/// A key's spelling and type, fixed by its first write for the whole tailnet.
#[derive(Debug, Clone)]
pub(super) struct KeyInUse {
    pub spelling: String,
    pub kind: Kind,
}

pub(super) type KeysInUse = HashMap<String, KeyInUse>;

pub(super) struct Tailnet {
    pub name: String,
    pub clients: Vec<OauthClient>,
    pub tokens: HashMap<String, Token>,
    pub tokens_minted: u64,
    pub people: BTreeMap<String, Person>,
    pub policy: Policy,
    pub keys: KeysInUse,
    pub log: Vec<LogEntry>,
    pub writes: Vec<Write>,
    pub habits: Habits,
    devices: BTreeMap<String, Device>,
    attributes: HashMap<String, BTreeMap<String, Attribute>>,
    listing: Option<Bytes>,
}

impl Tailnet {
    pub fn new(name: String, clients: Vec<OauthClient>, policy: Policy) -> Self {
        Self {
            name,
            clients,
            tokens: HashMap::new(),
            tokens_minted: 0,
            people: BTreeMap::new(),
            policy,
            keys: HashMap::new(),
            log: Vec::new(),
            writes: Vec::new(),
            habits: Habits::default(),
            devices: BTreeMap::new(),
            attributes: HashMap::new(),
            listing: None,
        }
    }

    /// Adds or replaces a device; its owner becomes a person of the tailnet.
    pub fn put_device(&mut self, device: Device) {
        self.listing = None;
        if !device.external && !self.people.contains_key(&device.owner) {
            let name = device.owner.split('@').next().unwrap_or_default();
            self.people
                .insert(device.owner.clone(), Person::new(&device.owner, name));
        }
        self.devices.insert(device.node_id.clone(), device);
    }

    pub fn remove_device(&mut self, node: &str) -> bool {
        self.listing = None;
        self.attributes.remove(node);
        self.devices.remove(node).is_some()
    }

    pub fn devices(&self) -> impl Iterator<Item = &Device> {
        self.devices.values()
    }

    pub fn exact_device(&self, node: &str) -> Option<&Device> {
        self.devices.get(node)
    }

    /// By node id or by the older numeric id, as the API takes both.
    pub fn device(&self, id: &str) -> Result<&Device, Refused> {
        self.devices
            .get(id)
            .or_else(|| {
                let numeric = !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
                numeric.then(|| self.devices.values().find(|d| d.legacy_id() == id))?
            })
            .ok_or_else(Refused::unknown_device)
    }

    /// All devices; rendered once and kept until one of them changes.
    pub fn list_devices(&mut self) -> Answer {
        #[derive(Serialize)]
        struct Listing<T> {
            devices: Vec<T>,
        }
        let body = self.listing.get_or_insert_with(|| {
            let devices = self
                .devices
                .values()
                .map(Device::as_seen_by_the_api)
                .collect();
            Answer::json(&Listing { devices }).body
        });
        Answer::ready_json(body.clone())
    }

    pub fn list_people(&self) -> Answer {
        let mut devices: HashMap<&str, (usize, bool)> = HashMap::new();
        for device in self
            .devices
            .values()
            .filter(|device| device.tags.is_empty())
        {
            let (count, connected) = devices.entry(&device.owner).or_default();
            *count += 1;
            *connected |= device.seen == Seen::Connected;
        }
        let users: Vec<_> = self
            .people
            .values()
            .map(|person| {
                let (count, connected) = devices
                    .get(person.login.as_str())
                    .copied()
                    .unwrap_or_default();
                person.to_json(count, connected)
            })
            .collect();
        Answer::json(&serde_json::json!({ "users": users }))
    }

    /// The custom attributes that a device holds now; whatever has lapsed is dropped.
    pub fn attributes(&mut self, node: &str, now: DateTime<Utc>) -> BTreeMap<String, Attribute> {
        let lag = chrono::Duration::from_std(self.habits.expiry_lag).unwrap_or_default();
        let Some(held) = self.attributes.get_mut(node) else {
            return BTreeMap::new();
        };
        held.retain(|_, attribute| attribute.expiry.is_none_or(|expiry| now < expiry + lag));
        held.clone()
    }

    /// Everything that a posture may look at, with its end.
    pub fn held(&mut self, device: &Device, now: DateTime<Utc>) -> Held {
        let mut held: Held = device
            .node_attributes()
            .into_iter()
            .filter_map(|(key, value)| {
                let value = match value {
                    serde_json::Value::Bool(flag) => AttributeValue::Flag(flag),
                    serde_json::Value::String(text) => AttributeValue::Text(text),
                    _ => return None,
                };
                Some((key.to_owned(), (value, Holds::ForGood)))
            })
            .collect();
        for (key, attribute) in self.attributes(&device.node_id, now) {
            held.insert(key, (attribute.value, attribute.expiry.into()));
        }
        held
    }

    /// Sets or removes one attribute of a device that exists, and writes it down.
    pub fn change(&mut self, write: Write, actor: &Actor) {
        let before = self.attributes(&write.node, write.at).remove(&write.key);
        let held = self.attributes.entry(write.node.clone()).or_default();
        match &write.change {
            Change::Set { value, expiry } => {
                let attribute = Attribute {
                    value: value.clone(),
                    expiry: *expiry,
                    comment: write.comment.clone(),
                    written_at: write.at,
                };
                held.insert(write.key.clone(), attribute);
            }
            Change::Removed => {
                held.remove(&write.key);
            }
        }
        let name = self.devices.get(&write.node).map(Device::dns_name);
        self.log.push(LogEntry::new(
            &write,
            name.as_deref().unwrap_or_default(),
            before.as_ref(),
            actor,
            self.habits.expiry_style,
        ));
        self.writes.push(write);
    }
}

/// Checks a key and a value against what the tailnet already uses, and reserves them.
pub(super) fn claim_key(
    keys: &mut KeysInUse,
    key: &str,
    value: &AttributeValue,
) -> Result<(), Refused> {
    check_key(key)?;
    let in_use = keys
        .entry(key.to_ascii_lowercase())
        .or_insert_with(|| KeyInUse {
            spelling: key.to_owned(),
            kind: value.kind(),
        });
    if in_use.spelling != key {
        return Err(Refused::malformed(format!(
            "attribute key {key:?} differs only in case from {:?}",
            in_use.spelling
        )));
    }
    if in_use.kind != value.kind() {
        return Err(Refused::type_clash(
            key,
            &in_use.kind.to_string(),
            &value.kind().to_string(),
        ));
    }
    Ok(())
}
