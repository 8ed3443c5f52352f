//! `group:` selectors: people of the tailnet's policy file who have never used Lapse.

use crate::on_both_databases;
use crate::support::world::{
    ADA, ADAS_MAC, Base, GRACE, LINUS, PATIENCE, PROD_SSH, SAM, Setup, World,
};
use lapse::domain::person::Login;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const HOUR: Duration = Duration::from_hours(1);
const WHY: &str = "INC-42 db failover";
/// A membership is believed for a minute at most.
const MINUTE: Duration = Duration::from_mins(1);

/// The approvers of most stories.
const KNOWN: &[&str] = &["grace@example.com", "linus@example.com"];

const PROFILES: &str = r#"
[[profiles]]
id = "prod-ssh"
name = "Production SSH"
description = "tcp:22 on tag:prod"
attribute = "custom:prodSsh"
durations = ["30m", "1h", "2h"]
default_duration = "1h"
max_duration = "8h"
justification = "required"
requesters = ["group:eng"]
approvers = ["group:ops"]
"#;

on_both_databases!(
    a_group_of_people_who_never_used_lapse_is_asked_and_approves,
    whoever_leaves_the_group_can_no_longer_approve,
    whoever_joins_the_group_is_asked,
    only_members_of_the_requesters_group_may_ask,
    a_login_that_is_no_address_needs_an_explicit_pair,
    logins_without_an_account_are_not_asked_for_again_and_again,
);

fn policy(eng: &[&str], ops: &[&str]) -> Value {
    json!({ "groups": { "group:eng": eng, "group:ops": ops }, "grants": [] })
}

async fn world(base: Base, ops: &'static [&'static str]) -> World {
    Setup::on(base)
        .profiles(PROFILES)
        .tailnet(move |setup| setup.with_policy(policy(&["ada@example.com"], ops)))
        .start()
        .await
}

/// Waits until it is stored who is behind these logins.
async fn they_are_met(world: &World, logins: &[&str]) {
    let logins: Vec<Login> = logins.iter().map(|login| Login::new(login)).collect();
    let began = Instant::now();
    loop {
        let store = &world.app().store;
        let known = store.people_with_logins(&logins).await.expect("readable");
        if known.len() == logins.len() {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "only {known:?} are known");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Replaces the policy file and lets less than a minute pass, within which it is read again.
async fn the_policy_becomes(world: &World, eng: &[&str], ops: &[&str]) {
    world
        .tailnet
        .set_policy(policy(eng, ops))
        .expect("a policy");
    let (app, changed_at) = (world.app().clone(), world.clocks.now());
    let is_read = move || app.memberships.roster().tailnet_groups["ops"].as_of > changed_at;
    for _ in 0..10 {
        if is_read() {
            break;
        }
        world.advance(MINUTE / 12);
        world.settle().await;
    }
    world
        .eventually("the policy file is read again", is_read)
        .await;
    they_are_met(world, ops).await;
}

async fn a_group_of_people_who_never_used_lapse_is_asked_and_approves(base: Base) {
    let world = world(base, KNOWN).await;
    they_are_met(&world, KNOWN).await;
    let request = world.ada_asks(HOUR, WHY).await;
    for who in [GRACE, LINUS] {
        world.card(who, "asks for Production SSH").await;
    }
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(
        world.trail(&request).await,
        ["requested", "approved", "activated"]
    );
    world.nothing_was_refused();
}

async fn whoever_leaves_the_group_can_no_longer_approve(base: Base) {
    let world = world(base, KNOWN).await;
    they_are_met(&world, KNOWN).await;
    let request = world.ada_asks(HOUR, WHY).await;
    world.card(GRACE, "asks for Production SSH").await;
    the_policy_becomes(&world, &["ada@example.com"], &["linus@example.com"]).await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert!(world.request(&request).await.is_pending());
    assert_eq!(world.trail(&request).await, ["requested", "refused"]);
    world.nothing_was_refused();
}

async fn whoever_joins_the_group_is_asked(base: Base) {
    let world = world(base, KNOWN).await;
    they_are_met(&world, KNOWN).await;
    the_policy_becomes(&world, &["ada@example.com"], &["sam@example.com"]).await;
    world.ada_asks(HOUR, WHY).await;
    world.card(SAM, "asks for Production SSH").await;
    assert_eq!(world.news(GRACE, "asks for Production SSH"), 0);
    world.click(SAM, "asks for Production SSH", "approve").await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}

async fn only_members_of_the_requesters_group_may_ask(base: Base) {
    let world = world(base, KNOWN).await;
    they_are_met(&world, KNOWN).await;
    let nothing_to_ask_for = "There is no profile that you may ask for";
    assert!(world.open_form(LINUS).await.says(nothing_to_ask_for));
    the_policy_becomes(&world, &["sam@example.com"], KNOWN).await;
    assert!(!world.open_form(SAM).await.says(nothing_to_ask_for));
    assert!(world.open_form(ADA).await.says(nothing_to_ask_for));
    world.nothing_was_refused();
}

async fn a_login_that_is_no_address_needs_an_explicit_pair(base: Base) {
    let with_a_pair = format!("[identity.logins]\n\"{GRACE}\" = \"grace@github\"\n{PROFILES}");
    let world = Setup::on(base)
        .profiles(&with_a_pair)
        .tailnet(|setup| {
            let ops = ["grace@github", "linus@passkey", "nobody@github"];
            setup.with_policy(policy(&["ada@example.com"], &ops))
        })
        .start()
        .await;
    world.ada_asks(HOUR, WHY).await;
    world.card(GRACE, "asks for Production SSH").await;
    assert_eq!(world.news(LINUS, "asks for Production SSH"), 0);
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert!(world.slack.calls_of("users.lookupByEmail").is_empty());
    world.nothing_was_refused();
}

async fn logins_without_an_account_are_not_asked_for_again_and_again(base: Base) {
    let world = world(base, &["nobody@example.com", "gil@example.com"]).await;
    let slack = world.slack.clone();
    world
        .eventually("Slack is asked who is behind the logins", move || {
            slack.calls_of("users.lookupByEmail").len() == 2
        })
        .await;
    for _ in 0..4 {
        world.pass(MINUTE).await;
    }
    assert_eq!(world.slack.calls_of("users.lookupByEmail").len(), 2);
}
