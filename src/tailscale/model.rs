//! Tailscale's devices and attributes as they come over the wire, and what Lapse makes of them.
//!
//! Read leniently, because documents and servers disagree about details; but what cannot be
//! read counts as what gives less access.

use crate::domain::attribute::{Attribute, AttributeValue};
use crate::domain::device::{Authorization, Device, DeviceOrigin, Presence};
use crate::domain::ids::NodeId;
use crate::domain::person::Login;
use chrono::{DateTime, Datelike, Utc};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// How a removal ended. Either way the attribute is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It was there, or Tailscale does not tell.
    Now,
    /// There was nothing to remove: the attribute or its device had gone before.
    AlreadyGone,
}

/// The posture attributes of one device.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes {
    values: BTreeMap<String, AttributeValue>,
    ends: BTreeMap<String, DateTime<Utc>>,
}

impl Attributes {
    /// The attribute's value and its end, if the device has it. No end means that it has none,
    /// or none that Lapse can read.
    pub fn get(&self, attribute: &Attribute) -> Option<(AttributeValue, Option<DateTime<Utc>>)> {
        let value = self.values.get(attribute.as_str())?.clone();
        Some((value, self.ends.get(attribute.as_str()).copied()))
    }

    /// The same attributes with one more: how stand-ins build what they answer.
    #[must_use]
    pub fn with(
        mut self,
        attribute: &Attribute,
        value: AttributeValue,
        end: Option<DateTime<Utc>>,
    ) -> Self {
        let key = attribute.as_str().to_owned();
        if let Some(end) = end {
            self.ends.insert(key.clone(), end);
        }
        self.values.insert(key, value);
        self
    }
}

/// The body of `GET /device/{id}/attributes`.
#[derive(Deserialize)]
pub(super) struct WireAttributes {
    #[serde(default)]
    attributes: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    expiries: Option<BTreeMap<String, Value>>,
}

impl From<WireAttributes> for Attributes {
    fn from(wire: WireAttributes) -> Self {
        let values = wire.attributes.unwrap_or_default().into_iter();
        let ends = wire.expiries.unwrap_or_default().into_iter();
        Self {
            values: values
                .filter_map(|(key, value)| Some((key, attribute_value(value)?)))
                .collect(),
            ends: ends
                .filter_map(|(key, end)| Some((key, time(end.as_str()?)?)))
                .collect(),
        }
    }
}

/// An attribute that is there has a value, even if Lapse could not have written it.
fn attribute_value(value: Value) -> Option<AttributeValue> {
    match value {
        Value::Null => None,
        Value::Bool(value) => Some(AttributeValue::Bool(value)),
        Value::String(text) => Some(AttributeValue::Text(text)),
        Value::Number(number) => Some(number.as_i64().map_or_else(
            || AttributeValue::Text(number.to_string()),
            AttributeValue::Integer,
        )),
        other => Some(AttributeValue::Text(other.to_string())),
    }
}

/// The fields of a device that Lapse uses; the others are skipped while reading.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct WireDevice {
    node_id: Option<String>,
    name: Option<String>,
    hostname: Option<String>,
    user: Option<String>,
    os: Option<String>,
    client_version: Option<String>,
    tags: Option<Vec<String>>,
    connected_to_control: Option<bool>,
    last_seen: Option<String>,
    authorized: Option<bool>,
    is_external: Option<bool>,
    expires: Option<String>,
    key_expiry_disabled: Option<bool>,
}

impl WireDevice {
    /// The device; `None` without the id that everything else hangs on.
    pub(super) fn into_device(self) -> Option<Device> {
        let node = self.node_id.filter(|id| !id.is_empty())?;
        Some(Device {
            name: short_name(self.name.as_deref(), self.hostname, &node),
            presence: match (self.connected_to_control, self.last_seen) {
                (Some(true), _) => Presence::Online,
                (_, Some(seen)) => time(&seen).map_or(Presence::NeverSeen, Presence::LastSeen),
                (_, None) => Presence::NeverSeen,
            },
            key_expires: match self.expires {
                Some(at) if self.key_expiry_disabled != Some(true) => key_expiry(&at),
                _ => None,
            },
            node: NodeId::new(node),
            owner: Login::new(&self.user.unwrap_or_default()),
            os: self.os.unwrap_or_default(),
            client_version: self.client_version.unwrap_or_default(),
            tags: self.tags.unwrap_or_default(),
            authorization: if self.authorized == Some(true) {
                Authorization::Authorized
            } else {
                Authorization::Waiting
            },
            origin: if self.is_external == Some(true) {
                DeviceOrigin::SharedIn
            } else {
                DeviceOrigin::Tailnet
            },
        })
    }
}

/// The first label of the `MagicDNS` name; without one, what the machine calls itself.
fn short_name(full: Option<&str>, hostname: Option<String>, node: &str) -> String {
    let label = full.and_then(|name| name.split('.').next());
    label
        .filter(|label| !label.is_empty())
        .map(str::to_owned)
        .or(hostname.filter(|name| !name.is_empty()))
        .unwrap_or_else(|| node.to_owned())
}

/// A key that never expires has no date, or the zero one; a date that cannot be read has passed.
fn key_expiry(text: &str) -> Option<DateTime<Utc>> {
    let zero = |at: &DateTime<Utc>| at.year() <= 1;
    match DateTime::parse_from_rfc3339(text) {
        _ if text.is_empty() => None,
        Ok(at) => Some(at.to_utc()).filter(|at| !zero(at)),
        Err(_) => Some(DateTime::UNIX_EPOCH),
    }
}

/// A time, unless it is missing, unreadable or the zero one.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    (at.year() > 1).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use serde_json::json;

    fn device(wire: Value) -> Option<Device> {
        serde_json::from_value::<WireDevice>(wire)
            .expect("a device object")
            .into_device()
    }

    fn attributes(wire: Value) -> Attributes {
        serde_json::from_value::<WireAttributes>(wire)
            .expect("an attributes object")
            .into()
    }

    fn attribute(key: &str) -> Attribute {
        Attribute::parse(key).expect("a legal key")
    }

    #[test]
    fn reads_a_connected_laptop() {
        let laptop = device(json!({
            "nodeId": "nABC11CNTRL", "name": "ada-mbp.tail1234.ts.net", "hostname": "Ada's MBP",
            "user": "Ada@Example.com", "os": "macOS", "clientVersion": "1.88.1-t1a2b",
            "connectedToControl": true, "authorized": true, "isExternal": false,
            "expires": "2027-01-02T03:04:05Z", "created": "", "addresses": ["100.64.0.1"]
        }))
        .expect("it has an id");
        assert_eq!(laptop.node.as_str(), "nABC11CNTRL");
        assert_eq!(laptop.name, "ada-mbp");
        assert_eq!(laptop.owner.as_str(), "ada@example.com");
        assert_eq!(laptop.presence, Presence::Online);
        assert_eq!(laptop.authorization, Authorization::Authorized);
        assert_eq!(laptop.origin, DeviceOrigin::Tailnet);
        assert!(laptop.tags.is_empty());
        let expires = Utc.with_ymd_and_hms(2027, 1, 2, 3, 4, 5).single();
        assert_eq!(laptop.key_expires, expires);
    }

    #[test]
    fn falls_into_none_of_the_known_traps() {
        let odd = device(json!({
            "nodeId": "n1", "name": "", "hostname": "box", "created": "",
            "expires": "0001-01-01T00:00:00Z", "clientVersion": "", "isExternal": true,
            "tags": null, "lastSeen": null, "user": null
        }))
        .expect("it has an id");
        assert_eq!(odd.name, "box");
        assert_eq!(odd.key_expires, None);
        assert_eq!(odd.origin, DeviceOrigin::SharedIn);
        assert_eq!(odd.presence, Presence::NeverSeen);
        assert_eq!(odd.client_version, "");
        assert_eq!(
            odd.authorization,
            Authorization::Waiting,
            "nobody said it may talk"
        );
        assert!(device(json!({"name": "no-id.ts.net"})).is_none());
        assert!(device(json!({"nodeId": ""})).is_none());
    }

    #[test]
    fn a_key_expiry_that_cannot_be_read_has_passed() {
        let expires = |wire| device(wire).expect("it has an id").key_expires;
        assert_eq!(
            expires(json!({"nodeId": "n1", "expires": "soon"})),
            Some(DateTime::UNIX_EPOCH)
        );
        assert_eq!(expires(json!({"nodeId": "n1", "expires": ""})), None);
        let disabled =
            json!({"nodeId": "n1", "expires": "2020-01-01T00:00:00Z", "keyExpiryDisabled": true});
        assert_eq!(expires(disabled), None);
    }

    #[test]
    fn tells_when_a_device_was_seen_last() {
        let seen = device(json!({"nodeId": "n1", "connectedToControl": false,
            "lastSeen": "2026-11-02T13:00:00+01:00"}))
        .expect("it has an id");
        let noon = Utc.with_ymd_and_hms(2026, 11, 2, 12, 0, 0).single();
        assert_eq!(Some(seen.presence), noon.map(Presence::LastSeen));
    }

    #[test]
    fn reads_values_of_every_type_and_their_ends() {
        let read = attributes(json!({
            "attributes": {"custom:ssh": true, "custom:level": 3, "custom:team": "blue",
                           "custom:odd": 1.5, "custom:gone": null, "node:os": "linux"},
            "expiries": {"custom:ssh": "2026-04-23T18:25:43.511Z"}
        }));
        let (value, end) = read.get(&attribute("custom:ssh")).expect("it is there");
        assert_eq!(value, AttributeValue::Bool(true));
        assert_eq!(
            end.map(|end| end.timestamp_millis()),
            Some(1_776_968_743_511)
        );
        let level = read.get(&attribute("custom:level"));
        assert_eq!(level, Some((AttributeValue::Integer(3), None)));
        let team = read.get(&attribute("custom:team"));
        assert_eq!(team, Some((AttributeValue::Text("blue".into()), None)));
        let odd = read.get(&attribute("custom:odd"));
        assert_eq!(odd, Some((AttributeValue::Text("1.5".into()), None)));
        assert_eq!(read.get(&attribute("custom:gone")), None);
        assert_eq!(read.get(&attribute("custom:SSH")), None);
    }

    #[test]
    fn a_device_without_attributes_has_none() {
        for empty in [json!({}), json!({"attributes": null, "expiries": null})] {
            assert_eq!(attributes(empty), Attributes::default());
        }
    }
}
