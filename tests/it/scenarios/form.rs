//! The request form: what it offers, how it follows what is chosen, and what it answers.

mod approvers;
mod devices;
mod fields;
mod for_a_message;
mod profiles;
mod submitting;

use crate::support::world::World;
use lapse::sandbox::slack::View;
use serde_json::Value;

/// Production asks for an incident; staging is easy and lets people choose whom to ask; the wiki
/// is for Grace alone and stands in no environment.
pub const PROFILES: &str = r#"
[[profiles]]
id = "prod-ssh"
name = "Production SSH"
description = "tcp:22 on tag:prod"
environment = "Production"
attribute = "custom:prodSsh"
durations = ["30m", "1h", "2h"]
default_duration = "1h"
max_duration = "8h"
justification = "required"
justification_pattern = "^(INC|OPS)-[0-9]+"
justification_hint = "Begin with the incident, e.g. INC-42"
requesters = ["*"]
approvers = ["usergroup:prod-approvers"]

[[profiles]]
id = "prod-db"
name = "Production database"
description = "tcp:5432 on tag:prod-db"
environment = "Production"
attribute = "custom:prodDb"
durations = ["15m"]
max_duration = "1h"
justification = "none"
requesters = ["*"]
approvers = ["linus@example.com"]

[[profiles]]
id = "staging"
name = "Staging, all ports"
description = "Everything on tag:staging"
environment = "Staging"
attribute = "custom:staging"
value = 1
durations = ["1h", "4h"]
default_duration = "4h"
max_duration = "1d"
justification = "optional"
requesters = ["*"]
approvers = ["usergroup:prod-approvers"]
choose_approver = true
ask_at_most = 1
devices = "own-and-tagged"
device_tags = ["tag:ci"]

[[profiles]]
id = "wiki"
name = "The wiki"
description = "tcp:443 on tag:wiki"
attribute = "custom:wiki"
durations = ["1h"]
requesters = ["grace@example.com"]
approvers = ["linus@example.com"]
"#;

/// Chooses a profile in the open form and waits until the form follows.
async fn choose_profile(world: &World, who: &str, profile: &str) -> View {
    let person = world.person(who);
    person
        .choose("profile", profile)
        .await
        .expect("the profile is offered");
    let device = format!("device:{profile}");
    drawn(world, who, "the form follows the profile", move |view| {
        view.says("You have no device") || block(view, &device).is_some()
    })
    .await
}

/// Waits until the open form is as it should be.
async fn drawn(world: &World, who: &str, what: &str, holds: impl Fn(&View) -> bool) -> View {
    let person = world.person(who);
    world
        .eventually(what, || person.open_view().is_some_and(|view| holds(&view)))
        .await;
    person.open_view().expect("a form is open")
}

/// The block with this id.
fn block<'v>(view: &'v View, id: &str) -> Option<&'v Value> {
    view.blocks().iter().find(|block| block["block_id"] == id)
}

/// The element that stands in a block, as input or beside a section.
fn element<'v>(view: &'v View, id: &str) -> &'v Value {
    let block = block(view, id).unwrap_or_else(|| panic!("no block {id} in {view:#?}"));
    match &block["element"] {
        Value::Null => &block["accessory"],
        element => element,
    }
}

/// What a menu or radio buttons offer, in order, groups one after another.
fn labels(element: &Value) -> Vec<String> {
    let groups = element["option_groups"].as_array().into_iter().flatten();
    let grouped = groups.flat_map(|group| group["options"].as_array().into_iter().flatten());
    let plain = element["options"].as_array().into_iter().flatten();
    plain
        .chain(grouped)
        .map(|option| {
            option["text"]["text"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .collect()
}

/// What is chosen or typed in a block now.
pub fn filled(view: &View, block: &str) -> Option<String> {
    let element = view.state.get(block)?.as_object()?.values().next()?;
    let chosen = element["selected_option"]["value"].as_str();
    chosen.or(element["value"].as_str()).map(str::to_owned)
}
