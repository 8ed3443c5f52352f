//! Profile, duration and justification.

use super::{PROFILES, block, choose_profile, drawn, element, filled, labels};
use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, Setup, World};
use lapse::sandbox::slack::PersonError;
use std::time::Duration;

on_both_databases!(a_duration_of_ones_own_is_read_as_it_is_typed);

async fn world() -> World {
    Setup::on(Base::Sqlite).profiles(PROFILES).start().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_and_the_shortcut_open_the_same_form() {
    let world = world().await;
    let by_command = world.open_form(ADA).await;
    let ada = world.person(ADA);
    ada.close().await.expect("the form can be closed");

    let reply = ada.global_shortcut("request_access").await;
    assert!(reply.expect("the shortcut arrives").acknowledged());
    let by_shortcut = drawn(&world, ADA, "the shortcut opens the form", |view| {
        view.title() == "Request access"
    })
    .await;
    assert_eq!(by_command.blocks(), by_shortcut.blocks());
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_can_be_submitted_before_a_profile_is_chosen() {
    let world = world().await;
    let view = world.open_form(ADA).await;
    assert!(!view.has_submit());
    let view = choose_profile(&world, ADA, "prod-ssh").await;
    assert_eq!(view.given["submit"]["text"], "Ask for access");
    assert!(view.says("custom:prodSsh"), "the attribute is told");
    assert!(view.says("at most 8 h"), "the cap is told");
    assert!(view.says("@prod-approvers"), "who approves is told");
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_profile_draws_everything_again_and_keeps_what_was_typed() {
    let world = world().await;
    let ada = world.person(ADA);
    world.open_form(ADA).await;
    let view = choose_profile(&world, ADA, "prod-ssh").await;
    let offered = labels(element(&view, "duration:prod-ssh"));
    assert_eq!(offered, ["30 min", "1 h", "2 h", "Custom…"]);
    assert_eq!(filled(&view, "duration:prod-ssh").as_deref(), Some("3600"));
    assert!(view.says("Begin with the incident, e.g. INC-42. Approvers and auditors see this."));
    assert!(block(&view, "approver:prod-ssh").is_none());

    ada.type_text("justification", "INC-7 disk full")
        .await
        .expect("typed");
    ada.choose("duration", "custom").await.expect("chosen");
    drawn(&world, ADA, "the field for a duration", |view| {
        block(view, "custom_duration").is_some()
    })
    .await;
    ada.type_text("custom_duration", "2h30m")
        .await
        .expect("typed");

    let view = choose_profile(&world, ADA, "staging").await;
    let offered = labels(element(&view, "duration:staging"));
    assert_eq!(offered, ["1 h", "4 h", "Custom…"]);
    assert!(view.says("custom:staging"));
    assert!(block(&view, "approver:staging").is_some());
    assert_eq!(
        filled(&view, "justification").as_deref(),
        Some("INC-7 disk full")
    );
    assert_eq!(filled(&view, "custom_duration").as_deref(), Some("2h30m"));
    assert_eq!(filled(&view, "device:staging").as_deref(), Some(ADAS_MAC));

    let view = choose_profile(&world, ADA, "prod-db").await;
    assert!(
        block(&view, "justification").is_none(),
        "this profile wants no reason"
    );
    world.nothing_was_refused();
}

async fn a_duration_of_ones_own_is_read_as_it_is_typed(base: Base) {
    let world = Setup::on(base).profiles(PROFILES).start().await;
    let ada = world.person(ADA);
    world.open_form(ADA).await;
    let view = choose_profile(&world, ADA, "prod-ssh").await;
    assert!(block(&view, "custom_duration").is_none());
    ada.type_text("justification", "INC-7")
        .await
        .expect("typed");
    ada.choose("duration", "custom").await.expect("chosen");
    drawn(&world, ADA, "the field for a duration", |view| {
        block(view, "custom_duration").is_some()
    })
    .await;

    for (typed, told) in [
        ("soon", "Write it like 45m, 2h30m or 1d."),
        ("9h", "At most 8 h. Nothing was asked; choose less."),
        ("5s", "At least 10 s is needed."),
        ("99999999999999999d", "Write it like 45m, 2h30m or 1d."),
    ] {
        ada.type_text("custom_duration", typed)
            .await
            .expect("typed");
        let reply = ada.submit().await.expect("submitted");
        let error = reply.error("custom_duration").unwrap_or_default();
        assert!(error.starts_with(told), "{typed}: {error:?}");
    }

    ada.type_text("custom_duration", " 2h30m ")
        .await
        .expect("typed");
    ada.submit().await.expect("submitted");
    let request = world.newest_request(ADA).await;
    assert_eq!(request.facts.duration, Duration::from_mins(150));
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offered_duration_takes_the_field_away_again() {
    let world = world().await;
    let ada = world.person(ADA);
    world.open_form(ADA).await;
    choose_profile(&world, ADA, "prod-ssh").await;
    ada.choose("duration", "custom").await.expect("chosen");
    drawn(&world, ADA, "the field for a duration", |view| {
        block(view, "custom_duration").is_some()
    })
    .await;
    ada.choose("duration", "1800").await.expect("chosen");
    let view = drawn(&world, ADA, "no field for a duration", |view| {
        block(view, "custom_duration").is_none()
    })
    .await;
    assert_eq!(filled(&view, "duration:prod-ssh").as_deref(), Some("1800"));
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_required_reason_has_to_be_given_and_to_match() {
    let world = world().await;
    let ada = world.person(ADA);
    world.open_form(ADA).await;
    choose_profile(&world, ADA, "prod-ssh").await;
    let empty = ada.submit().await.expect_err("the client asks for it");
    assert!(matches!(empty, PersonError::NotAllowed(_)), "{empty:?}");

    ada.type_text("justification", "   ").await.expect("typed");
    let reply = ada.submit().await.expect("submitted");
    assert_eq!(
        reply.error("justification"),
        Some("Say in a few words why you need it.")
    );
    ada.type_text("justification", "because")
        .await
        .expect("typed");
    let reply = ada.submit().await.expect("submitted");
    assert_eq!(
        reply.error("justification"),
        Some("Begin with the incident, e.g. INC-42")
    );
    ada.type_text("justification", "INC-42: db: failover")
        .await
        .expect("typed");
    ada.submit().await.expect("submitted");
    let request = world.newest_request(ADA).await;
    assert_eq!(
        request.justification.as_deref(),
        Some("INC-42: db: failover")
    );
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_optional_reason_may_be_left_out_and_an_unwanted_one_is_not_asked_for() {
    let world = world().await;
    let ada = world.person(ADA);
    world.open_form(ADA).await;
    choose_profile(&world, ADA, "staging").await;
    ada.choose("device", ADAS_MAC).await.expect("chosen");
    ada.submit().await.expect("submitted");
    let staging = world.newest_request(ADA).await;
    assert_eq!(staging.justification, None);

    world.advance(Duration::from_secs(1));
    ada.close().await.expect("closed");
    world.open_form(ADA).await;
    let view = choose_profile(&world, ADA, "prod-db").await;
    assert!(block(&view, "justification").is_none());
    ada.submit().await.expect("submitted");
    let database = world.newest_request(ADA).await;
    assert_eq!(database.facts.profile.as_str(), "prod-db");
    world.nothing_was_refused();
}

/// The person was quicker than the form: what they see belongs to the profile of before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_stands_under_a_field_that_is_on_the_screen() {
    let world = world().await;
    let ada = world.person(ADA);
    world.open_form(ADA).await;
    choose_profile(&world, ADA, "prod-db").await;
    let stuck = lapse::sandbox::slack::Fault::error("hash_conflict");
    let always = lapse::sandbox::slack::Times::Always;
    world.slack.fail("views.update", stuck, always);
    ada.choose("profile", "prod-ssh").await.expect("chosen");
    let reply = ada.submit().await.expect("submitted");
    assert_eq!(
        reply.error("profile"),
        Some("Say in a few words why you need it."),
        "{:?}",
        reply.outcome
    );
    world.nothing_was_refused();
}
