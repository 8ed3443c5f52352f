//! The clock, what goes wrong, and whether the bot lives.

use askama::Template;

use super::{
    House, devices,
    faults::{Fault, is_on},
    names,
};

#[derive(Template)]
#[template(path = "panes/clock.html")]
struct Clock {
    next_end: Option<(i64, String)>,
}

#[derive(Template)]
#[template(path = "panes/faults.html")]
struct Faults {
    switches: Vec<Switch>,
    running: bool,
    app: String,
}

struct Switch {
    word: &'static str,
    label: &'static str,
    on: bool,
}

pub(super) fn clock(house: &House) -> askama::Result<String> {
    let next_end = devices::next_end(house);
    Clock {
        next_end: next_end.map(|end| (end.timestamp(), names::utc(end))),
    }
    .render()
}

pub(super) fn faults(house: &House) -> askama::Result<String> {
    let switches = Fault::ALL.map(|fault| Switch {
        word: fault.word(),
        label: fault.label(),
        on: is_on(house, fault),
    });
    Faults {
        switches: switches.into(),
        running: house.backstage.is_running(),
        app: house.app.clone(),
    }
    .render()
}
