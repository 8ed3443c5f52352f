//! What Workflow Builder offers while somebody builds a workflow.

use crate::on_both_databases;
use crate::support::world::{ADA, Base, PROFILES, Setup};
use lapse::sandbox::slack::StepOption;
use serde_json::json;

on_both_databases!(
    profiles_that_everybody_may_ask_for_are_offered,
    durations_follow_the_profile,
);

/// Two more profiles: one that only a group may ask for, one that is closed to workflows.
fn profiles() -> String {
    let other = |id: &str, name: &str, change: (&str, &str)| {
        PROFILES
            .replace("prod-ssh", id)
            .replace("Production SSH", name)
            .replace("prodSsh", &id.replace('-', ""))
            .replace(change.0, change.1)
    };
    let group = ("[\"*\"]", "[\"usergroup:prod-approvers\"]");
    let never = ("request_ttl", "workflows = \"never\"\nrequest_ttl");
    let long = ("\"30m\", ", "\"10m\", ");
    [
        PROFILES.to_owned(),
        other("root", "Root", group),
        other("vault", "Vault", never),
        other("db", "Database", long),
    ]
    .concat()
}

fn values(options: &[StepOption]) -> Vec<&str> {
    options.iter().map(|option| option.value.as_str()).collect()
}

async fn profiles_that_everybody_may_ask_for_are_offered(base: Base) {
    let world = Setup::on(base).profiles(&profiles()).start().await;
    let offered = world.slack.options("list_profiles", json!({})).await;
    let offered = offered.expect("listed before the acknowledgement");
    assert_eq!(values(&offered), ["prod-ssh", "db"]);
    assert_eq!(offered[0].text, "Production SSH");
    world.nothing_was_refused();
}

async fn durations_follow_the_profile(base: Base) {
    let world = Setup::on(base).profiles(&profiles()).start().await;
    let given = json!({ "requester": ADA, "profile": "db" });
    let offered = world
        .slack
        .options_of("request_access", "duration", &given)
        .await
        .expect("listed");
    assert_eq!(values(&offered), ["10m", "1h", "2h"]);
    assert_eq!(offered[1].text, "1 h");
    let offered = world.slack.options("list_durations", json!({})).await;
    let offered = offered.expect("listed");
    assert_eq!(
        values(&offered),
        ["10m", "30m", "1h", "2h"],
        "of all of them"
    );
    for hidden in ["root", "vault", "no-such"] {
        let given = json!({ "profile": hidden });
        let offered = world.slack.options("list_durations", given).await;
        assert_eq!(values(&offered.expect("listed")), [""; 0], "{hidden}");
    }
    world.nothing_was_refused();
}
