//! A workflow asks; the person confirms; approvers answer; the workflow goes on.

use super::{
    HOUR, MINUTE, TO_CONFIRM, answers, asked_and_confirmed, inputs, inputs_with, is_running,
    outputs, run,
};
use crate::on_both_databases;
use crate::support::world::{
    ADA, ADAS_MAC, ADAS_PHONE, Base, GRACE, LINUS, PROD_SSH, Setup, World,
};
use lapse::sandbox::tailscale::Device;
use serde_json::{Value, json};
use std::time::Duration;

on_both_databases!(
    a_workflow_asks_waits_goes_on_and_ends_access,
    a_denial_lets_the_workflow_branch,
    without_a_device_the_person_chooses_one,
    nobody_is_asked_before_it_is_confirmed,
    the_life_of_the_request_begins_with_the_confirmation,
    what_is_not_confirmed_closes_after_fifteen_minutes,
    whoever_does_not_want_it_declines,
    a_confirmation_keeps_the_rule_of_one_pending_request,
);

/// The whole story of the three steps.
async fn a_workflow_asks_waits_goes_on_and_ends_access(base: Base) {
    let world = World::on(base).await;
    let execution = run(&world, "request_access", inputs()).await;
    let card = world.card(ADA, TO_CONFIRM).await;
    assert!(card.says("INC-42 db failover"), "{card:#?}");
    assert!(card.says("Deploy helper"), "{card:#?}");
    assert!(card.says("Confirm only what you want"), "{card:#?}");
    assert!(is_running(&world, &execution), "it waits");

    world.click(ADA, TO_CONFIRM, "confirm").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    assert!(
        card.says("Asked by a workflow, which also wrote the reason above"),
        "{card:#?}"
    );
    assert!(card.says("; confirmed by"), "{card:#?}");
    world.card(ADA, "Asked for Production SSH").await;
    assert!(is_running(&world, &execution), "it waits for approval");

    let approved_at = world.clocks.now();
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    let request = world.newest_request(ADA).await;
    let said = outputs(&world, &execution).await;
    let ends_at = (approved_at + HOUR).timestamp();
    assert_eq!(
        said,
        json!({
            "request_id": request.id.as_str(),
            "approved": true,
            "decision": "approved",
            "decided_by": GRACE,
            "ends_at": ends_at,
            "device": "ada-mbp",
        })
    );

    world.pass(10 * MINUTE).await;
    let id = said["request_id"].clone();
    let ending = run(&world, "end_access", json!({ "request_id": id })).await;
    world.settle().await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    let said = outputs(&world, &ending).await;
    assert_eq!(said["ended"], json!(true));
    assert!(said["ended_at"].as_i64().is_some_and(|at| at < ends_at));
    world
        .card(ADA, "Revoked by the workflow that asked for it")
        .await;
    let events = world.trail(&request).await;
    assert_eq!(
        events,
        [
            "asked_by_workflow",
            "requested",
            "approved",
            "activated",
            "ending_began",
            "ended"
        ]
    );
    assert_eq!(answers(&world, &execution), 1);
    assert_eq!(answers(&world, &ending), 1);
    world.nothing_was_refused();
}

async fn a_denial_lets_the_workflow_branch(base: Base) {
    let world = World::on(base).await;
    let (execution, request) = asked_and_confirmed(&world).await;
    world.click(LINUS, "asks for Production SSH", "deny").await;
    let linus = world.person(LINUS);
    linus.type_text("note", "not now").await.expect("typed");
    linus.submit().await.expect("submitted");
    world.settle().await;
    let said = outputs(&world, &execution).await;
    assert_eq!(said["approved"], json!(false));
    assert_eq!(said["decision"], json!("denied"));
    assert_eq!(said["decided_by"], json!(LINUS));
    assert_eq!(said["request_id"], json!(request.id.as_str()));
    assert_eq!(said["ends_at"], Value::Null);
    world.nothing_was_refused();
}

async fn without_a_device_the_person_chooses_one(base: Base) {
    let world = Setup::on(base)
        .tailnet(|setup| {
            let phone = Device::new(ADAS_PHONE, "ada-phone", "ada@example.com", "iOS");
            setup.with_device(phone)
        })
        .start()
        .await;
    let execution = run(&world, "request_access", inputs_with("device", Value::Null)).await;
    let card = world.card(ADA, TO_CONFIRM).await;
    assert!(card.says("On which device?"), "{card:#?}");
    let ada = world.person(ADA);
    ada.click(&card, "confirm").await.expect("it arrives");
    let told = world.whisper(ADA).await;
    assert!(told.contains("Choose a device on the card first"), "{told}");
    ada.pick(&card, "device", ADAS_PHONE).await.expect("chosen");
    ada.click(&card, "confirm").await.expect("it arrives");
    let card = world.card(GRACE, "asks for Production SSH").await;
    assert!(card.says("ada-phone"), "{card:#?}");
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_PHONE, PROD_SSH));
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    let said = outputs(&world, &execution).await;
    assert_eq!(said["device"], json!("ada-phone"));
    world.nothing_was_refused();
}

async fn nobody_is_asked_before_it_is_confirmed(base: Base) {
    let world = World::on(base).await;
    run(&world, "request_access", inputs()).await;
    world.card(ADA, TO_CONFIRM).await;
    world.pass(MINUTE).await;
    for approver in [GRACE, LINUS] {
        assert!(world.person(approver).messages().is_empty());
    }
    let request = world.newest_request(ADA).await;
    let grace = world.person(GRACE);
    let number = request.number.to_string();
    grace
        .command("/access", &format!("status {number}"))
        .await
        .expect("answered");
    let told = world.whisper(GRACE).await;
    assert!(told.contains("There is no such request"), "{told}");
    assert!(world.tailnet.writes().is_empty());
    world.nothing_was_refused();
}

async fn the_life_of_the_request_begins_with_the_confirmation(base: Base) {
    let world = World::on(base).await;
    let execution = run(&world, "request_access", inputs()).await;
    world.card(ADA, TO_CONFIRM).await;
    world.pass(14 * MINUTE).await;
    world.click(ADA, TO_CONFIRM, "confirm").await;
    world.settle().await;
    world.pass(59 * MINUTE).await;
    assert!(world.newest_request(ADA).await.is_pending());
    world.pass(2 * MINUTE).await;
    let said = outputs(&world, &execution).await;
    assert_eq!(said["decision"], json!("lapsed"));
    assert_eq!(said["approved"], json!(false));
    world.nothing_was_refused();
}

async fn what_is_not_confirmed_closes_after_fifteen_minutes(base: Base) {
    let world = World::on(base).await;
    let execution = run(&world, "request_access", inputs()).await;
    let card = world.card(ADA, TO_CONFIRM).await;
    world.pass(15 * MINUTE + Duration::from_secs(1)).await;
    let said = outputs(&world, &execution).await;
    assert_eq!(said["decision"], json!("not_confirmed"));
    assert_eq!(said["approved"], json!(false));
    world.card(ADA, "did not confirm it by").await;
    let ada = world.person(ADA);
    ada.click_stale(&card, "confirm").await.expect("it arrives");
    let told = world.whisper(ADA).await;
    assert!(told.contains("closed"), "{told}");
    assert!(world.person(GRACE).messages().is_empty());
    world.nothing_was_refused();
}

async fn whoever_does_not_want_it_declines(base: Base) {
    let world = World::on(base).await;
    let execution = run(&world, "request_access", inputs()).await;
    world.click(ADA, TO_CONFIRM, "decline").await;
    world.settle().await;
    let said = outputs(&world, &execution).await;
    assert_eq!(said["decision"], json!("not_confirmed"));
    world.card(ADA, "Declined by Ada Lovelace").await;
    assert!(world.person(GRACE).messages().is_empty());
    world.nothing_was_refused();
}

async fn a_confirmation_keeps_the_rule_of_one_pending_request(base: Base) {
    let world = World::on(base).await;
    world.ada_asks(HOUR, "INC-41").await;
    let execution = run(&world, "request_access", inputs()).await;
    world.click(ADA, TO_CONFIRM, "confirm").await;
    let told = world.whisper(ADA).await;
    assert!(told.contains("You have asked for this already"), "{told}");
    assert!(is_running(&world, &execution));

    let ada = world.person(ADA);
    let own = world.card(ADA, "Asked for Production SSH").await;
    ada.click(&own, "cancel").await.expect("it arrives");
    world.settle().await;
    world.click(ADA, TO_CONFIRM, "confirm").await;
    world.click(GRACE, "INC-42", "approve").await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    let said = outputs(&world, &execution).await;
    assert_eq!(said["approved"], json!(true));
    world.nothing_was_refused();
}
