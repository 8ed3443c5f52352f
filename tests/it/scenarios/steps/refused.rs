//! What a workflow may not ask, and what its author reads.

use super::{
    MINUTE, TO_CONFIRM, answers, asked_and_confirmed, error, inputs, inputs_with, is_running,
    outputs, run,
};
use crate::on_both_databases;
use crate::support::forge;
use crate::support::world::{
    ADA, ADAS_MAC, Base, GIL, GRACE, LINUS, PROD_SSH, PROFILES, Setup, World,
};
use lapse::sandbox::slack::User;
use serde_json::json;

on_both_databases!(
    whoever_may_not_ask_cannot_be_asked_for_and_nothing_is_learnt,
    an_input_that_cannot_be_fails_with_a_sentence,
    a_workflow_cannot_flood_anybody,
    only_whom_it_names_can_confirm,
    a_profile_that_closes_to_workflows_is_closed_at_the_confirmation_too,
    whoever_leaves_before_confirming_is_not_asked_for,
    access_that_cannot_be_opened_fails_the_step,
);

async fn whoever_may_not_ask_cannot_be_asked_for_and_nothing_is_learnt(base: Base) {
    let other = |id: &str, change: (&str, &str)| {
        PROFILES
            .replace("prod-ssh", id)
            .replace("Production SSH", id)
            .replace("prodSsh", id)
            .replace(change.0, change.1)
    };
    let profiles = [
        PROFILES.to_owned(),
        other("root", ("[\"*\"]", "[\"usergroup:prod-approvers\"]")),
        other(
            "vault",
            ("request_ttl", "workflows = \"never\"\nrequest_ttl"),
        ),
    ]
    .concat();
    let world = Setup::on(base).profiles(&profiles).start().await;
    let mut told = Vec::new();
    for (name, value) in [
        ("profile", "no-such"),
        ("profile", "root"),
        ("profile", "vault"),
        ("requester", GIL),
    ] {
        let execution = run(&world, "request_access", inputs_with(name, json!(value))).await;
        told.push(error(&world, &execution).await);
    }
    assert!(told[0].contains("Nothing was asked"), "{told:?}");
    assert!(told.iter().all(|sentence| *sentence == told[0]), "{told:?}");
    for who in [ADA, GIL, GRACE] {
        assert!(world.person(who).messages().is_empty());
    }
    world.nothing_was_refused();
}

async fn an_input_that_cannot_be_fails_with_a_sentence(base: Base) {
    let world = World::on(base).await;
    for (name, value, words) in [
        ("duration", "soon", "duration cannot be read"),
        ("duration", "9h", "longer than this profile's 8 h"),
        ("duration", "1s", "shorter than 10 s"),
        ("justification", "  \u{200b} ", "justification does not fit"),
    ] {
        let execution = run(&world, "request_access", inputs_with(name, json!(value))).await;
        let told = error(&world, &execution).await;
        assert!(told.contains(words), "{name}: {told}");
        assert!(told.contains("Nothing was asked"), "{told}");
        world.settle().await;
        assert_eq!(answers(&world, &execution), 1);
    }
    assert!(world.person(ADA).messages().is_empty());
    world.nothing_was_refused();
}

async fn a_workflow_cannot_flood_anybody(base: Base) {
    let world = World::on(base).await;
    for nth in 0..3 {
        let execution = run(&world, "request_access", inputs()).await;
        world.card(ADA, TO_CONFIRM).await;
        if nth == 0 {
            let second = run(&world, "request_access", inputs()).await;
            let told = error(&world, &second).await;
            let words = "has not answered an earlier workflow";
            assert!(told.contains(words), "{told}");
            assert!(is_running(&world, &execution));
        }
        world.click(ADA, TO_CONFIRM, "decline").await;
        outputs(&world, &execution).await;
        world.pass(MINUTE).await;
    }
    let fourth = run(&world, "request_access", inputs()).await;
    let told = error(&world, &fourth).await;
    assert!(told.contains("3 times within the last hour"), "{told}");
    assert_eq!(world.person(ADA).messages().len(), 3);
    world.pass(61 * MINUTE).await;
    let later = run(&world, "request_access", inputs()).await;
    world.card(ADA, TO_CONFIRM).await;
    assert!(is_running(&world, &later));
    world.nothing_was_refused();
}

async fn only_whom_it_names_can_confirm(base: Base) {
    let world = World::on(base).await;
    let execution = run(&world, "request_access", inputs()).await;
    let card = world.card(ADA, TO_CONFIRM).await;
    let request = world.newest_request(ADA).await;
    let value = format!("{}:1", request.id);
    for who in [LINUS, GRACE, GIL] {
        for action in ["confirm", "decline", "approve"] {
            let at = (card.channel.as_str(), card.ts.as_str());
            forge::post(
                &world.slack,
                &forge::click(who, forge::TEAM, at, action, &value),
            )
            .await;
        }
    }
    world.settle().await;
    assert!(is_running(&world, &execution));
    assert!(!world.request(&request).await.is_pending());
    assert!(world.tailnet.writes().is_empty());
    world.click(ADA, TO_CONFIRM, "confirm").await;
    world.settle().await;
    assert!(world.request(&request).await.is_pending());
    world.nothing_was_refused();
}

async fn a_profile_that_closes_to_workflows_is_closed_at_the_confirmation_too(base: Base) {
    let mut world = World::on(base).await;
    let execution = run(&world, "request_access", inputs()).await;
    world.card(ADA, TO_CONFIRM).await;
    let closed = PROFILES.replace("request_ttl", "workflows = \"never\"\nrequest_ttl");
    world.settle().await;
    world.rewrite_profiles(&closed);
    world.restart_bot().await;
    world.click(ADA, TO_CONFIRM, "confirm").await;
    let told = world.whisper(ADA).await;
    assert!(told.contains("no such profile"), "{told}");
    assert!(world.person(GRACE).messages().is_empty());
    world.pass(16 * MINUTE).await;
    assert_eq!(
        outputs(&world, &execution).await["decision"],
        json!("not_confirmed")
    );
    world.nothing_was_refused();
}

async fn whoever_leaves_before_confirming_is_not_asked_for(base: Base) {
    let world = World::on(base).await;
    let execution = run(&world, "request_access", inputs()).await;
    world.card(ADA, TO_CONFIRM).await;
    let gone = User::member(ADA, "Ada Lovelace", "ada@example.com").deactivated();
    world.slack.set_user(gone);
    world.slack.user_changed(ADA).await.expect("delivered");
    world.pass(MINUTE).await;
    let said = outputs(&world, &execution).await;
    assert_eq!(said["approved"], json!(false));
    assert_eq!(said["decision"], json!("not_confirmed"));
    world.nothing_was_refused();
}

async fn access_that_cannot_be_opened_fails_the_step(base: Base) {
    let world = World::on(base).await;
    let (execution, _) = asked_and_confirmed(&world).await;
    world.tailnet.remove_device(ADAS_MAC).expect("it was there");
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let told = error(&world, &execution).await;
    assert!(told.contains("could not be opened"), "{told}");
    assert!(told.contains("Nothing was granted"), "{told}");
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}
