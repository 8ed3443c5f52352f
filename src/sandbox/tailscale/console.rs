//! What an administrator, or fate, does to the tailnet while a test runs.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::TailscaleSandbox;
use super::attribute::AttributeValue;
use super::device::{Device, Seen};
use super::log::Actor;
use super::person::Person;
use super::policy::Policy;
use super::tailnet::{Change, Write, claim_key};

/// Why the admin console would not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsoleError {
    /// There is no such device.
    #[error("the tailnet has no device {0}")]
    NoSuchDevice(String),
    /// The policy file, key or value breaks a rule.
    #[error("{0}")]
    Invalid(String),
}

impl TailscaleSandbox {
    /// Adds a device, or replaces the one with the same node id.
    pub fn add_device(&self, device: Device) {
        self.shared.tailnet().put_device(device);
    }

    /// Removes a device together with its attributes.
    pub fn remove_device(&self, node: &str) -> Result<(), ConsoleError> {
        if self.shared.tailnet().remove_device(node) {
            Ok(())
        } else {
            Err(ConsoleError::NoSuchDevice(node.to_owned()))
        }
    }

    /// Changes anything about a device.
    pub fn update_device(
        &self,
        node: &str,
        change: impl FnOnce(&mut Device),
    ) -> Result<(), ConsoleError> {
        let mut tailnet = self.shared.tailnet();
        let mut device = tailnet
            .exact_device(node)
            .cloned()
            .ok_or_else(|| ConsoleError::NoSuchDevice(node.to_owned()))?;
        change(&mut device);
        tailnet.put_device(device);
        Ok(())
    }

    /// Hands a device to somebody else.
    pub fn set_owner(&self, node: &str, owner: &str) -> Result<(), ConsoleError> {
        self.update_device(node, |device| owner.clone_into(&mut device.owner))
    }

    /// Gives a device these tags; none means that it belongs to its owner again.
    pub fn set_tags(&self, node: &str, tags: &[&str]) -> Result<(), ConsoleError> {
        self.update_device(node, |device| {
            device.tags = tags.iter().map(|&tag| tag.to_owned()).collect();
        })
    }

    /// Lets a device in.
    pub fn authorize(&self, node: &str) -> Result<(), ConsoleError> {
        self.update_device(node, |device| device.authorized = true)
    }

    /// Takes back that a device was let in.
    pub fn deauthorize(&self, node: &str) -> Result<(), ConsoleError> {
        self.update_device(node, |device| device.authorized = false)
    }

    /// Connects a device, or makes it go away.
    pub fn set_seen(&self, node: &str, seen: Seen) -> Result<(), ConsoleError> {
        self.update_device(node, |device| device.seen = seen)
    }

    /// Gives a device another machine name.
    pub fn rename_device(&self, node: &str, hostname: &str) -> Result<(), ConsoleError> {
        self.update_device(node, |device| hostname.clone_into(&mut device.hostname))
    }

    /// Adds a person, or replaces the one with the same login.
    pub fn set_person(&self, person: Person) {
        let mut tailnet = self.shared.tailnet();
        tailnet.people.insert(person.login.clone(), person);
    }

    /// Removes a person; their devices stay.
    pub fn remove_person(&self, login: &str) {
        self.shared.tailnet().people.remove(login);
    }

    /// Replaces the policy file.
    pub fn set_policy(&self, policy: Value) -> Result<(), ConsoleError> {
        let policy = Policy::read(policy).map_err(ConsoleError::Invalid)?;
        self.shared.tailnet().policy = policy;
        Ok(())
    }

    /// Sets an attribute by hand, past any client.
    pub fn put_attribute(
        &self,
        node: &str,
        key: &str,
        value: impl Into<AttributeValue>,
        expiry: Option<DateTime<Utc>>,
    ) -> Result<(), ConsoleError> {
        let value = value.into();
        claim_key(&mut self.shared.tailnet().keys, key, &value)
            .map_err(|refused| ConsoleError::Invalid(refused.message))?;
        self.change_by_hand(node, key, Change::Set { value, expiry })
    }

    /// Removes an attribute by hand, past any client.
    pub fn remove_attribute(&self, node: &str, key: &str) -> Result<(), ConsoleError> {
        self.change_by_hand(node, key, Change::Removed)
    }

    fn change_by_hand(&self, node: &str, key: &str, change: Change) -> Result<(), ConsoleError> {
        let mut tailnet = self.shared.tailnet();
        if tailnet.exact_device(node).is_none() {
            return Err(ConsoleError::NoSuchDevice(node.to_owned()));
        }
        let write = Write {
            at: self.shared.now(),
            node: node.to_owned(),
            key: key.to_owned(),
            change,
            comment: None,
        };
        tailnet.change(write, &Actor::Console("admin@example.com".to_owned()));
        Ok(())
    }
}
