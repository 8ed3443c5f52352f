//! A device of the tailnet, and whether somebody may ask for it.

use super::ids::NodeId;
use super::person::Login;
use super::policy::DeviceRule;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A device as Tailscale last described it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Tailscale's `nodeId`.
    pub node: NodeId,
    /// The short name that people know (`ada-mbp`), not escaped.
    pub name: String,
    /// The login of whoever registered it.
    pub owner: Login,
    /// `macOS`, `linux`, …
    pub os: String,
    /// Empty for external devices.
    pub client_version: String,
    /// `tag:…`; a tagged device belongs to its tags, not to a person.
    pub tags: Vec<String>,
    /// Whether it is connected now, or when it was last seen.
    pub presence: Presence,
    /// Whether the tailnet has let it in.
    pub authorization: Authorization,
    /// Whether it was shared in from another tailnet.
    pub origin: DeviceOrigin,
    /// When its key stops working; `None` when it does not expire.
    pub key_expires: Option<DateTime<Utc>>,
}

/// Whether a device is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Connected to the control server when it was last read.
    Online,
    /// Not connected; seen last at this time.
    LastSeen(DateTime<Utc>),
    /// Not connected, and never was.
    NeverSeen,
}

/// Whether the tailnet has let a device in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authorization {
    /// It may talk.
    Authorized,
    /// It waits for an administrator.
    Waiting,
}

/// Where a device is at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceOrigin {
    /// In this tailnet.
    Tailnet,
    /// In another one; it was shared in.
    SharedIn,
}

/// On what ground somebody may ask for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// It is their own.
    Own,
    /// A shared machine with an admitted tag: everyone who can log on to it gets the access.
    Tagged,
}

/// Why a device cannot be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum DeviceRefusal {
    /// It belongs to somebody else, or to tags that the profile does not admit.
    #[error("That device is not yours")]
    NotYours,
    /// It was shared in from another tailnet.
    #[error("That device belongs to another tailnet")]
    External,
    /// An administrator has not let it in.
    #[error("That device waits for an administrator to authorize it")]
    Unauthorized,
    /// It has to log in again first.
    #[error("That device's key has expired: log in to Tailscale on it first")]
    KeyExpired,
}

impl Device {
    /// Whether a person with this login may ask for this device under this rule.
    pub fn admit(
        &self,
        rule: &DeviceRule,
        login: &Login,
        now: DateTime<Utc>,
    ) -> Result<Admission, DeviceRefusal> {
        let admission = if self.tags.is_empty() && self.owner == *login {
            Admission::Own
        } else {
            match rule {
                DeviceRule::OwnAndTagged(admitted)
                    if self.tags.iter().any(|tag| admitted.contains(tag)) =>
                {
                    Admission::Tagged
                }
                _ => return Err(DeviceRefusal::NotYours),
            }
        };
        self.usable(now).map(|()| admission)
    }

    /// Whether the tailnet lets this device do anything at all.
    pub fn usable(&self, now: DateTime<Utc>) -> Result<(), DeviceRefusal> {
        if self.origin == DeviceOrigin::SharedIn {
            Err(DeviceRefusal::External)
        } else if self.authorization == Authorization::Waiting {
            Err(DeviceRefusal::Unauthorized)
        } else if self.key_expires.is_some_and(|at| at <= now) {
            Err(DeviceRefusal::KeyExpired)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
    }

    fn laptop() -> Device {
        Device {
            node: NodeId::new("nAda"),
            name: "ada-mbp".into(),
            owner: Login::new("ada@example.com"),
            os: "macOS".into(),
            client_version: "1.90.0".into(),
            tags: Vec::new(),
            presence: Presence::Online,
            authorization: Authorization::Authorized,
            origin: DeviceOrigin::Tailnet,
            key_expires: Some(now() + TimeDelta::seconds(1)),
        }
    }

    fn runner(tag: &str) -> Device {
        Device {
            tags: vec!["tag:other".into(), tag.into()],
            ..laptop()
        }
    }

    fn asks(who: &str, device: &Device, rule: &DeviceRule) -> Result<Admission, DeviceRefusal> {
        device.admit(rule, &Login::new(who), now())
    }

    #[test]
    fn a_person_asks_for_their_own_devices_whatever_the_case() {
        assert_eq!(
            asks("Ada@Example.com", &laptop(), &DeviceRule::Own),
            Ok(Admission::Own)
        );
        let bobs = asks("bob@example.com", &laptop(), &DeviceRule::Own);
        assert_eq!(bobs, Err(DeviceRefusal::NotYours));
    }

    #[test]
    fn a_tagged_device_is_nobodys_own() {
        let tagged = runner("tag:ci");
        let own = asks("ada@example.com", &tagged, &DeviceRule::Own);
        assert_eq!(own, Err(DeviceRefusal::NotYours));
        let rule = DeviceRule::OwnAndTagged(vec!["tag:ci".into()]);
        assert_eq!(
            asks("bob@example.com", &tagged, &rule),
            Ok(Admission::Tagged)
        );
        assert_eq!(
            asks("ada@example.com", &laptop(), &rule),
            Ok(Admission::Own)
        );
        let other = asks("ada@example.com", &runner("tag:prod"), &rule);
        assert_eq!(other, Err(DeviceRefusal::NotYours));
        let untagged = asks("bob@example.com", &laptop(), &rule);
        assert_eq!(untagged, Err(DeviceRefusal::NotYours));
    }

    #[test]
    fn what_the_tailnet_does_not_let_in_is_refused_even_to_its_owner() {
        let shared = Device {
            origin: DeviceOrigin::SharedIn,
            ..laptop()
        };
        let waiting = Device {
            authorization: Authorization::Waiting,
            ..laptop()
        };
        let expired = Device {
            key_expires: Some(now()),
            ..laptop()
        };
        for (device, why) in [
            (shared, DeviceRefusal::External),
            (waiting, DeviceRefusal::Unauthorized),
            (expired, DeviceRefusal::KeyExpired),
        ] {
            assert_eq!(asks("ada@example.com", &device, &DeviceRule::Own), Err(why));
        }
        let forever = Device {
            key_expires: None,
            ..laptop()
        };
        assert!(asks("ada@example.com", &forever, &DeviceRule::Own).is_ok());
    }
}
