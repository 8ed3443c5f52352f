//! The index of the tailnet's devices, in memory: searched at every keystroke, replaced whole.
//!
//! What it holds may be minutes old and says so. It offers devices; whether one may really be
//! asked for is decided on the device as Tailscale describes it at that moment.

use crate::domain::device::{Admission, Device, Presence};
use crate::domain::ids::NodeId;
use crate::domain::person::Login;
use crate::domain::policy::DeviceRule;
use chrono::{DateTime, Utc};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// The devices as they were last read, shared by everybody who looks.
#[derive(Debug, Default)]
pub struct DeviceIndex(RwLock<Arc<Snapshot>>);

/// A device that somebody may ask for, and on what ground.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The device as the index knows it.
    pub device: Arc<Device>,
    /// Whether it is theirs or a shared machine.
    pub admission: Admission,
}

/// Every device at one time.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// By name, so that whatever is found comes in the order that people expect.
    devices: Vec<Arc<Device>>,
    /// Positions in `devices`, by node id.
    by_node: Vec<usize>,
    /// What a search looks through: of each device `name\nnode id`, in lower case, one after
    /// the other; a device's part ends where `ends` says.
    haystack: String,
    ends: Vec<usize>,
    as_of: Option<DateTime<Utc>>,
}

impl DeviceIndex {
    /// An index that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts these devices in the place of all others. Takes some 100 ms for a very large
    /// tailnet: not for the threads that answer people.
    pub fn replace(&self, devices: Vec<Device>, as_of: DateTime<Utc>) {
        let new = Arc::new(Snapshot::new(devices, as_of));
        let old = {
            let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *current, new)
        };
        // Outside the lock, because letting go of many devices takes its time too.
        drop(old);
    }

    /// What the index knows now, as one consistent picture.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The device with this id.
    pub fn get(&self, node: &NodeId) -> Option<Arc<Device>> {
        self.snapshot().get(node).cloned()
    }

    /// Every device that somebody may ask for under this rule: their own first, those online
    /// first, then by name.
    pub fn of_owner(&self, login: &Login, rule: &DeviceRule, now: DateTime<Utc>) -> Vec<Offer> {
        self.search("", login, rule, now, usize::MAX)
    }

    /// Of the devices that somebody may ask for, those whose name or node id contains the
    /// text, ignoring case: their own first, those online first, those that begin with the
    /// text first, then by name.
    pub fn search(
        &self,
        text: &str,
        login: &Login,
        rule: &DeviceRule,
        now: DateTime<Utc>,
        limit: usize,
    ) -> Vec<Offer> {
        self.snapshot().search(text, login, rule, now, limit)
    }

    /// How old the knowledge is; `None` when there never was any.
    pub fn age(&self, now: DateTime<Utc>) -> Option<Duration> {
        let as_of = self.snapshot().as_of?;
        Some((now - as_of).to_std().unwrap_or_default())
    }

    /// How many devices it knows.
    pub fn len(&self) -> usize {
        self.snapshot().devices.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How a device's name or id meets the text.
#[derive(Clone, Copy)]
enum Fit {
    Begins,
    Contains,
}

impl Snapshot {
    fn new(devices: Vec<Device>, as_of: DateTime<Utc>) -> Self {
        let mut devices: Vec<_> = devices.into_iter().map(Arc::new).collect();
        devices.sort_unstable_by(|a, b| (&a.name, &a.node).cmp(&(&b.name, &b.node)));
        let mut by_node: Vec<_> = (0..devices.len()).collect();
        by_node.sort_unstable_by_key(|&at| &devices[at].node);

        let mut haystack = String::new();
        let mut ends = Vec::with_capacity(devices.len());
        for device in &devices {
            haystack.extend(device.name.chars().flat_map(char::to_lowercase));
            haystack.push('\n');
            haystack.extend(device.node.as_str().chars().flat_map(char::to_lowercase));
            ends.push(haystack.len());
        }
        haystack.shrink_to_fit();
        Self {
            devices,
            by_node,
            haystack,
            ends,
            as_of: Some(as_of),
        }
    }

    /// Every device, by name.
    pub fn devices(&self) -> &[Arc<Device>] {
        &self.devices
    }

    /// When Tailscale was asked; `None` when it never was.
    pub fn as_of(&self) -> Option<DateTime<Utc>> {
        self.as_of
    }

    fn get(&self, node: &NodeId) -> Option<&Arc<Device>> {
        let found = self
            .by_node
            .binary_search_by(|&at| self.devices[at].node.cmp(node));
        found.ok().map(|at| &self.devices[self.by_node[at]])
    }

    fn search(
        &self,
        text: &str,
        login: &Login,
        rule: &DeviceRule,
        now: DateTime<Utc>,
        limit: usize,
    ) -> Vec<Offer> {
        let wanted = text.trim().to_lowercase();
        // One row a rank; devices come by name, so each row is in order without sorting.
        let mut ranks: [Vec<Offer>; 8] = Default::default();
        let mut from = 0;
        for (device, &end) in self.devices.iter().zip(&self.ends) {
            let straw = &self.haystack[from..end];
            from = end;
            let Ok(admission) = device.admit(rule, login, now) else {
                continue;
            };
            let Some(fit) = fit(straw, &wanted) else {
                continue;
            };
            let row = &mut ranks[rank(admission, device.presence, fit)];
            if row.len() < limit {
                row.push(Offer {
                    device: Arc::clone(device),
                    admission,
                });
            }
        }
        ranks.into_iter().flatten().take(limit).collect()
    }
}

fn fit(straw: &str, wanted: &str) -> Option<Fit> {
    if straw.split('\n').any(|word| word.starts_with(wanted)) {
        Some(Fit::Begins)
    } else if straw.contains(wanted) {
        Some(Fit::Contains)
    } else {
        None
    }
}

fn rank(admission: Admission, presence: Presence, fit: Fit) -> usize {
    let own = match admission {
        Admission::Own => 0,
        Admission::Tagged => 4,
    };
    let online = match presence {
        Presence::Online => 0,
        Presence::LastSeen(_) | Presence::NeverSeen => 2,
    };
    let begins = match fit {
        Fit::Begins => 0,
        Fit::Contains => 1,
    };
    own + online + begins
}

#[cfg(test)]
mod tests {
    use super::super::testing::{device, noon};
    use super::*;
    use crate::domain::device::Authorization;
    use chrono::TimeDelta;

    fn names(offers: &[Offer]) -> Vec<&str> {
        offers
            .iter()
            .map(|offer| offer.device.name.as_str())
            .collect()
    }

    fn ada() -> Login {
        Login::new("ada@example.com")
    }

    fn index() -> DeviceIndex {
        let tagged = |node, name| Device {
            tags: vec!["tag:ci".into()],
            ..device(node, name, "ada@example.com")
        };
        let away = |device: Device| Device {
            presence: Presence::LastSeen(noon()),
            ..device
        };
        let index = DeviceIndex::new();
        let devices = vec![
            away(device("nAway", "a-laptop", "ada@example.com")),
            device("nMbp", "Ada-MBP", "ada@example.com"),
            device("nBook", "book-of-ada", "ada@example.com"),
            device("nGrace", "ada-look-alike", "grace@example.com"),
            tagged("nRunner", "ada-runner"),
            away(tagged("nIdle", "ada-idle")),
            Device {
                authorization: Authorization::Waiting,
                ..device("nNew", "ada-new", "ada@example.com")
            },
        ];
        index.replace(devices, noon());
        index
    }

    #[test]
    fn own_devices_come_first_and_those_online_before_the_others() {
        let index = index();
        let own = index.of_owner(&ada(), &DeviceRule::Own, noon());
        assert_eq!(names(&own), ["Ada-MBP", "book-of-ada", "a-laptop"]);
        let rule = DeviceRule::OwnAndTagged(vec!["tag:ci".into()]);
        let both = index.of_owner(&ada(), &rule, noon());
        assert_eq!(
            names(&both),
            [
                "Ada-MBP",
                "book-of-ada",
                "a-laptop",
                "ada-runner",
                "ada-idle"
            ]
        );
        assert_eq!(both[3].admission, Admission::Tagged);
    }

    #[test]
    fn finds_by_name_and_id_whatever_the_case_and_never_what_may_not_be_asked_for() {
        let index = index();
        let found = |text: &str| {
            let offers = index.search(text, &ada(), &DeviceRule::Own, noon(), 10);
            names(&offers).join(" ")
        };
        assert_eq!(found("ADA"), "Ada-MBP book-of-ada");
        assert_eq!(found("  of-ada "), "book-of-ada");
        assert_eq!(found("nmbp"), "Ada-MBP");
        assert_eq!(found("look-alike"), "");
        assert_eq!(found("ada-new"), "");
        assert_eq!(
            found("mbp\nn"),
            "Ada-MBP",
            "a text over both is odd but harmless"
        );
    }

    #[test]
    fn gives_no_more_than_asked_for_and_the_best_of_them() {
        let index = index();
        let rule = DeviceRule::OwnAndTagged(vec!["tag:ci".into()]);
        let two = index.search("ada", &ada(), &rule, noon(), 2);
        assert_eq!(names(&two), ["Ada-MBP", "book-of-ada"]);
    }

    #[test]
    fn looks_a_device_up_by_its_exact_id() {
        let index = index();
        let name = |id: &str| {
            index
                .get(&NodeId::new(id))
                .map(|device| device.name.clone())
        };
        assert_eq!(name("nMbp").as_deref(), Some("Ada-MBP"));
        assert_eq!(name("nGrace").as_deref(), Some("ada-look-alike"));
        assert_eq!(name("nmbp"), None, "node ids are case-sensitive");
    }

    #[test]
    fn knows_its_age_and_forgets_what_has_gone() {
        let index = DeviceIndex::new();
        assert_eq!(index.age(noon()), None);
        index.replace(vec![device("n1", "one", "ada@example.com")], noon());
        let later = noon() + TimeDelta::seconds(90);
        assert_eq!(index.age(later), Some(Duration::from_secs(90)));
        assert_eq!(
            index.age(noon() - TimeDelta::hours(1)),
            Some(Duration::ZERO)
        );
        index.replace(vec![], later);
        assert!(index.is_empty());
        assert_eq!(index.get(&NodeId::new("n1")), None);
    }
}
