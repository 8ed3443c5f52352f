//! The tailnet side: who can reach what at this moment, and what was asked of Tailscale.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{House, names};
use crate::sandbox::tailscale::{AttributeValue, Call, Device, Reachability, Seen};

/// How many calls are shown.
const CALLS: usize = 8;

#[derive(Template)]
#[template(path = "panes/tailnet.html")]
struct Tailnet {
    devices: Vec<Machine>,
    calls: Vec<Called>,
}

/// A device and what it reaches.
struct Machine {
    node: String,
    name: String,
    owner: String,
    os: String,
    seen: Presence,
    doors: Vec<Door>,
    attributes: Vec<Held>,
}

/// Whether control hears of it.
enum Presence {
    Online,
    Offline,
}

/// One destination, seen from one device.
struct Door {
    name: String,
    at: String,
    profile: String,
    access: Access,
}

/// What the packet filter says to a new connection.
enum Access {
    Shut,
    Open,
    OpenUntil(When),
}

/// An attribute that a device holds.
struct Held {
    key: String,
    value: String,
    end: Option<When>,
}

/// An instant, for people and for the browser's clock.
struct When {
    unix: i64,
    utc: String,
}

impl When {
    fn at(at: DateTime<Utc>) -> Self {
        Self {
            unix: at.timestamp(),
            utc: names::utc(at),
        }
    }
}

/// A call of the Tailscale API.
struct Called {
    at: When,
    asked: String,
    status: String,
    went_well: bool,
}

pub(super) fn tailnet(house: &House) -> askama::Result<String> {
    let devices = house.tailnet.devices();
    let calls = house.tailnet.last_calls(CALLS);
    Tailnet {
        devices: devices
            .iter()
            .map(|device| machine(house, device))
            .collect(),
        calls: calls.iter().map(called).collect(),
    }
    .render()
}

/// When the next attribute lapses.
pub(super) fn next_end(house: &House) -> Option<DateTime<Utc>> {
    let devices = house.tailnet.devices().into_iter();
    let ends = devices.flat_map(|device| {
        let held = house.tailnet.attributes(&device.node_id).into_values();
        held.filter_map(|attribute| attribute.expiry)
    });
    ends.min()
}

fn machine(house: &House, device: &Device) -> Machine {
    let held = house.tailnet.attributes(&device.node_id).into_iter();
    Machine {
        node: device.node_id.clone(),
        name: device.hostname.clone(),
        owner: if device.tags.is_empty() {
            owner(house, &device.owner)
        } else {
            format!("shared machine, {}", device.tags.join(", "))
        },
        os: device.os.clone(),
        seen: match device.seen {
            Seen::Connected => Presence::Online,
            Seen::Last(_) | Seen::Never => Presence::Offline,
        },
        doors: doors(house, device),
        attributes: held
            .map(|(key, attribute)| Held {
                key,
                value: match attribute.value {
                    AttributeValue::Flag(flag) => flag.to_string(),
                    AttributeValue::Number(number) => number.to_string(),
                    AttributeValue::Text(text) => format!("\"{text}\""),
                },
                end: attribute.expiry.map(When::at),
            })
            .collect(),
    }
}

/// The destinations that some rule lets it reach, at least with an attribute that it lacks.
fn doors(house: &House, device: &Device) -> Vec<Door> {
    let doors = house.destinations.iter().filter_map(|place| {
        let access = match house.tailnet.can_reach(&device.node_id, &place.at) {
            Reachability::Yes { until: None, .. } => Access::Open,
            Reachability::Yes {
                until: Some(until), ..
            } => Access::OpenUntil(When::at(until)),
            Reachability::No { would_open } if would_open.is_empty() => return None,
            Reachability::No { .. } => Access::Shut,
        };
        Some(Door {
            name: place.name.clone(),
            at: place.at.clone(),
            profile: place.profile.clone(),
            access,
        })
    });
    doors.collect()
}

fn owner(house: &House, login: &str) -> String {
    let users = house.slack.users();
    users
        .into_iter()
        .find(|user| user.email.as_deref() == Some(login))
        .map_or_else(|| login.to_owned(), |user| user.real_name)
}

fn called(call: &Call) -> Called {
    let path = call.path.strip_prefix("/api/v2").unwrap_or(&call.path);
    Called {
        at: When::at(call.at),
        asked: format!("{} {path}", call.method),
        status: call
            .status
            .map_or_else(|| "no answer".to_owned(), |status| status.to_string()),
        // What is to be removed and is gone already is just as well.
        went_well: (call.status)
            .is_some_and(|status| status < 400 || (status == 404 && call.method == "DELETE")),
    }
}
