//! `/access request …`: at once when the line says it all, else the form with what it says.

use super::{HOUR, WHY, told, types, with_a_phone, world};
use crate::on_both_databases;
use crate::scenarios::bad_input::refusals_of;
use crate::scenarios::form::filled;
use crate::support::logs;
use crate::support::world::{
    ADA, ADAS_MAC, ADAS_PHONE, Base, GRACE, LINUS, PATIENCE, PROD_SSH, World,
};
use lapse::domain::ids::PersonId;
use lapse::sandbox::slack::{Fault, Submitted, Times, View};
use lapse::sandbox::tailscale::Device;
use std::time::Duration;

on_both_databases!(
    one_line_leads_to_the_attribute,
    the_same_line_delivered_twice_asks_once,
    what_is_missing_is_asked_in_the_form,
    what_is_refused_stands_in_the_form,
    names_that_are_not_known_are_not_guessed,
);

async fn asked_by_ada(world: &World) -> usize {
    let stored = world.app().store.requests_of(&PersonId::new(ADA), 10).await;
    stored.expect("readable").len()
}

/// Types a line that opens the form, and waits for it.
async fn form_of(world: &World, line: &str) -> View {
    let ada = world.person(ADA);
    let told = ada.ephemerals().len();
    types(world, ADA, line).await;
    let view = ada.await_view("Request access", PATIENCE).await;
    assert_eq!(ada.ephemerals().len(), told, "{line}: the form says it all");
    view.unwrap_or_else(|| panic!("{line} opens no form"))
}

async fn closed(world: &World) {
    world.person(ADA).close().await.expect("closed");
}

async fn one_line_leads_to_the_attribute(base: Base) {
    let world = world(base).await;
    logs::never_log("failover, *now*");
    let line = format!("request prod-ssh for 30m on ADA-MBP because {WHY}");
    let answer = told(&world, ADA, &line).await;
    assert!(
        answer.contains("Asked Grace Hopper and Linus Torvalds. You'll hear by DM."),
        "{answer}"
    );
    let request = world.newest_request(ADA).await;
    assert!(answer.contains(&request.number.to_string()), "{answer}");
    assert_eq!(request.facts.duration, Duration::from_mins(30));
    assert_eq!(request.facts.device.node.as_str(), ADAS_MAC);
    assert_eq!(request.justification.as_deref(), Some(WHY));
    assert!(request.origin.as_str().starts_with("trigger:"));
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(world.news(ADA, "is open on"), 1);
    world.nothing_was_refused();
}

async fn the_same_line_delivered_twice_asks_once(base: Base) {
    let world = world(base).await;
    let line = "request prod-ssh for 1h because INC-1";
    let first = types(&world, ADA, line).await;
    let (one, other) = tokio::join!(
        world.slack.replay(&first.delivery),
        world.slack.replay(&first.delivery)
    );
    for again in [one, other] {
        let again = again.expect("delivered");
        assert_eq!(again.json(), first.json(), "the same answer");
    }
    world.settle().await;
    assert_eq!(asked_by_ada(&world).await, 1);
    for who in [GRACE, LINUS, ADA] {
        assert_eq!(world.person(who).messages().len(), 1, "{who} has one card");
    }
    let again = told(&world, ADA, line).await;
    assert!(again.contains("You have asked for this already"), "{again}");
    assert_eq!(asked_by_ada(&world).await, 1);
    world.nothing_was_refused();
}

async fn what_is_missing_is_asked_in_the_form(base: Base) {
    let world = with_a_phone(base).await;
    let view = form_of(&world, "request").await;
    assert!(!view.says("⚠"), "{view:#?}");
    closed(&world).await;

    // Two devices: which one is asked. The rest stays as it was said.
    let view = form_of(&world, "request Production SSH for 2h because INC-7 a & b").await;
    assert_eq!(filled(&view, "device:prod-ssh"), None);
    assert_eq!(filled(&view, "duration:prod-ssh").as_deref(), Some("7200"));
    assert_eq!(
        filled(&view, "justification").as_deref(),
        Some("INC-7 a & b")
    );
    assert!(!view.says("⚠"), "nothing was wrong: {view:#?}");
    let ada = world.person(ADA);
    ada.choose("device", ADAS_PHONE).await.expect("offered");
    let submitted = ada.submit().await.expect("submitted");
    assert_eq!(submitted.outcome, Submitted::Updated);
    let request = world.newest_request(ADA).await;
    assert_eq!(request.facts.duration, 2 * HOUR);
    assert_eq!(request.facts.device.node.as_str(), ADAS_PHONE);
    assert_eq!(request.justification.as_deref(), Some("INC-7 a & b"));
    closed(&world).await;

    // No reason where one is required; a duration that the form does not offer.
    let view = form_of(&world, "request prod-ssh for 45m on ada-phone").await;
    assert_eq!(
        filled(&view, "device:prod-ssh").as_deref(),
        Some(ADAS_PHONE)
    );
    assert_eq!(
        filled(&view, "duration:prod-ssh").as_deref(),
        Some("custom")
    );
    assert_eq!(filled(&view, "custom_duration").as_deref(), Some("45m"));
    closed(&world).await;

    // Nothing but a profile is never asked unseen, though it needs no reason.
    form_of(&world, "request prod-db").await;
    closed(&world).await;
    assert_eq!(asked_by_ada(&world).await, 1);

    // All that it takes: the usual length where none is said.
    let answer = told(&world, ADA, "request prod-db on ada-mbp").await;
    assert!(answer.contains("Asked Linus Torvalds."), "{answer}");
    let request = world.newest_request(ADA).await;
    assert_eq!(request.facts.duration, Duration::from_mins(15));
    assert_eq!(request.justification, None);
    world.nothing_was_refused();
}

async fn what_is_refused_stands_in_the_form(base: Base) {
    let world = world(base).await;
    for (line, says, reason) in [
        (
            "request prod-ssh for 9h because INC-42",
            "At most 8 h.",
            "over_cap",
        ),
        (
            "request prod-ssh for 1s because INC-42",
            "At least 10 s",
            "too_short",
        ),
        (
            "request prod-ssh for 1h because I want to",
            "Begin with the incident",
            "field_unfit",
        ),
    ] {
        let view = form_of(&world, line).await;
        assert!(view.says("⚠") && view.says(says), "{line}: {view:#?}");
        assert_eq!(
            filled(&view, "device:prod-ssh").as_deref(),
            Some(ADAS_MAC),
            "{line}"
        );
        closed(&world).await;
        let refused = refusals_of(&world, ADA).await;
        assert!(
            refused.contains(&format!("request: {reason}")),
            "{refused:?}"
        );
    }
    let view = form_of(&world, "request prod-ssh for lunch because INC-42").await;
    assert!(view.says("Write it like 45m, 2h30m or 1d."), "{view:#?}");
    assert_eq!(filled(&view, "custom_duration").as_deref(), Some("lunch"));
    // What was refused can be mended where it stands.
    let ada = world.person(ADA);
    ada.type_text("custom_duration", "40m")
        .await
        .expect("typed");
    let submitted = ada.submit().await.expect("submitted");
    assert_eq!(submitted.outcome, Submitted::Updated);
    let request = world.newest_request(ADA).await;
    assert_eq!(request.facts.duration, Duration::from_mins(40));
    assert_eq!(asked_by_ada(&world).await, 1);
    world.nothing_was_refused();
}

/// Slack lets only so many forms open: why it was not asked is told all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_is_told_where_no_form_opens() {
    let world = world(Base::Sqlite).await;
    let limited = Fault::RateLimited { retry_after: 30 };
    world.slack.fail("views.open", limited, Times::Always);
    let refused = told(&world, ADA, "request prod-ssh for 9h because INC-42").await;
    assert!(refused.contains("At most 8 h."), "{refused}");
    assert!(refused.contains("try again in a minute"), "{refused}");
    let missing = told(&world, ADA, "request prod-ssh").await;
    assert!(missing.contains("Nothing was asked"), "{missing}");
    assert_eq!(asked_by_ada(&world).await, 0);
}

/// Two machines of one name: only the form tells them apart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_that_are_called_alike_are_chosen_in_the_form() {
    let twin = Device::new(ADAS_PHONE, "ada-mbp", "ada@example.com", "iOS");
    let world = super::setup(Base::Sqlite)
        .tailnet(|setup| setup.with_device(twin))
        .start()
        .await;
    let line = "request prod-ssh for 1h on ada-mbp because INC-42";
    let view = form_of(&world, line).await;
    assert_eq!(filled(&view, "device:prod-ssh"), None);
    assert_eq!(filled(&view, "justification").as_deref(), Some("INC-42"));
    assert_eq!(asked_by_ada(&world).await, 0);
    world.nothing_was_refused();
}

async fn names_that_are_not_known_are_not_guessed(base: Base) {
    let world = with_a_phone(base).await;
    let ask = async |line: &str| told(&world, ADA, line).await;
    let near = ask("request prod-shh for 1h because INC-1").await;
    assert!(near.contains("I don't know the profile prod-shh"), "{near}");
    assert!(near.contains("Did you mean prod-ssh?"), "{near}");
    let two = ask("request prod for 1h because INC-1").await;
    assert!(two.contains("prod could be prod-ssh or prod-db"), "{two}");
    let device = ask("request prod-ssh for 1h on ada-mpb because INC-1").await;
    assert!(
        device.contains("I don't know the device ada-mpb"),
        "{device}"
    );
    assert!(device.contains("Did you mean ada-mbp?"), "{device}");
    let device = ask("request prod-ssh for 1h on ada because INC-1").await;
    assert!(device.contains("could be ada-mbp or ada-phone"), "{device}");

    // The wiki is for Grace alone, linus-box for Linus: to Ada they are as good as made up.
    for (real, made_up) in [
        ("request wiki for 1h", "request xyzw for 1h"),
        (
            "request prod-ssh for 1h on linus-box because INC-1",
            "request prod-ssh for 1h on other-box because INC-1",
        ),
    ] {
        let (told_of_real, told_of_none) = (ask(real).await, ask(made_up).await);
        let alike = told_of_real
            .replace("wiki", "xyzw")
            .replace("linus-box", "other-box");
        assert_eq!(alike, told_of_none);
    }
    let refused = refusals_of(&world, ADA).await;
    for reason in ["no_such_profile", "device_unknown"] {
        assert!(
            refused.contains(&format!("request: {reason}")),
            "{refused:?}"
        );
    }
    let odd = ask("request prod-ssh for 1h becuase INC-1").await;
    assert!(
        odd.contains("Did you mean because? Nothing was asked"),
        "{odd}"
    );
    let whole_name = "request prod-ssh for 1h on <http://ada-mbp.tail1.ts.net|ada-mbp.tail1.ts.net> because INC-1";
    assert_eq!(asked_by_ada(&world).await, 0);
    let asked = ask(whole_name).await;
    assert!(asked.contains("You'll hear by DM"), "{asked}");
    world.nothing_was_refused();
}
