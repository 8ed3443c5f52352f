//! "Request access for this", from the menu of a message.

use super::{PROFILES, block, choose_profile, drawn, filled};
use crate::on_both_databases;
use crate::support::logs;
use crate::support::world::{
    ADA, ADAS_MAC, Base, GIL, GRACE, PROD_CHANNEL, PROD_SSH, Setup, World,
};
use lapse::sandbox::slack::{Message, SlackSetup};

const SHORTCUT: &str = "request_access_for";

on_both_databases!(
    a_message_becomes_the_reason_of_a_request_that_opens_access,
    a_guest_gets_no_form_and_is_told_where_they_are,
);

fn link_to(message: &Message) -> String {
    let name = message.ts.replace('.', "");
    format!("https://example.slack.com/archives/{PROD_CHANNEL}/p{name}")
}

/// Ada chooses the shortcut on a message and sees the form.
async fn form_for(world: &World, message: &Message) {
    logs::never_log(&link_to(message));
    let ada = world.person(ADA);
    let reply = ada.message_shortcut(SHORTCUT, message).await;
    assert!(reply.expect("the shortcut arrives").acknowledged());
    drawn(world, ADA, "the shortcut opens the form", |view| {
        view.title() == "Request access"
    })
    .await;
}

async fn a_message_becomes_the_reason_of_a_request_that_opens_access(base: Base) {
    let world = World::on(base).await;
    let message = world
        .slack
        .say(PROD_CHANNEL, GRACE, "Checkout is slow, can somebody look?");
    form_for(&world, &message).await;

    let ada = world.person(ADA);
    let view = ada.open_view().expect("a form");
    let link = link_to(&message);
    assert_eq!(filled(&view, "justification"), Some(link.clone()));
    ada.choose("device", ADAS_MAC).await.expect("chosen");
    ada.submit().await.expect("submitted");
    let request = world.newest_request(ADA).await;
    assert_eq!(request.justification, Some(link.clone()));
    let card = world.card(GRACE, "asks for Production SSH").await;
    assert!(card.says(&link), "the approver sees what it is about");

    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    world.card(ADA, "is open on").await;
    assert!(world.tailnet.attribute(ADAS_MAC, PROD_SSH).is_some());
    world.nothing_was_refused();
}

async fn a_guest_gets_no_form_and_is_told_where_they_are(base: Base) {
    let world = World::on(base).await;
    let message = world.slack.say(PROD_CHANNEL, GRACE, "Checkout is slow");
    let gil = world.person(GIL);
    let reply = gil.message_shortcut(SHORTCUT, &message).await;
    assert!(reply.expect("the shortcut arrives").acknowledged());
    let told = world.whisper(GIL).await;
    assert!(told.contains("full members of this workspace"), "{told}");
    let whisper = gil.latest_ephemeral().expect("a whisper");
    assert_eq!(whisper.channel, PROD_CHANNEL, "not in another place");
    assert!(gil.open_view().is_none());
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_in_a_thread_is_linked_in_its_thread() {
    let world = World::on(Base::Sqlite).await;
    let first = world.slack.say(PROD_CHANNEL, GRACE, "Checkout is slow");
    let answer = world.slack.say_in_thread(&first, GRACE, "It is the cache");
    form_for(&world, &answer).await;
    let view = world.person(ADA).open_view().expect("a form");
    let link = format!(
        "{}?thread_ts={}&cid={PROD_CHANNEL}",
        link_to(&answer),
        first.ts
    );
    assert_eq!(filled(&view, "justification"), Some(link));
    world.nothing_was_refused();
}

/// Whatever the payload says, no link leads anywhere but to Slack.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_domain_makes_no_link() {
    let hostile = |mut setup: SlackSetup| {
        setup.team_domain = "evil.example/?".to_owned();
        setup
    };
    let world = Setup::on(Base::Sqlite).slack(hostile).start().await;
    let message = world.slack.say(PROD_CHANNEL, GRACE, "Checkout is slow");
    form_for(&world, &message).await;
    let view = world.person(ADA).open_view().expect("a form");
    let why = filled(&view, "justification");
    assert_eq!(why.as_deref(), Some("a message in #prod"));
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organisation_has_no_domain_and_the_place_is_described() {
    let org_wide = |setup: SlackSetup| setup.for_enterprise("E0ORG");
    let world = Setup::on(Base::Sqlite).slack(org_wide).start().await;
    let message = world.slack.say(PROD_CHANNEL, GRACE, "Checkout is slow");
    form_for(&world, &message).await;
    let view = world.person(ADA).open_view().expect("a form");
    let why = filled(&view, "justification");
    assert_eq!(why.as_deref(), Some("a message in #prod"));
    world.nothing_was_refused();
}

/// With several profiles there is no field for the reason until one is chosen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_link_waits_for_a_profile_that_wants_a_reason() {
    let world = Setup::on(Base::Sqlite).profiles(PROFILES).start().await;
    let ada = world.person(ADA);
    let message = world.slack.say(PROD_CHANNEL, GRACE, "Checkout is slow");
    form_for(&world, &message).await;
    let link = link_to(&message);

    let view = choose_profile(&world, ADA, "prod-db").await;
    assert!(block(&view, "justification").is_none());
    let view = choose_profile(&world, ADA, "staging").await;
    assert_eq!(filled(&view, "justification"), Some(link.clone()));
    let view = choose_profile(&world, ADA, "prod-ssh").await;
    assert_eq!(filled(&view, "justification"), Some(link.clone()));

    let reply = ada.submit().await.expect("submitted");
    assert_eq!(
        reply.error("justification"),
        Some("Begin with the incident, e.g. INC-42"),
        "a pattern judges the link like anything else"
    );
    let why = format!("INC-42 {link}");
    ada.type_text("justification", &why).await.expect("typed");
    ada.submit().await.expect("submitted");
    let request = world.newest_request(ADA).await;
    assert_eq!(request.justification, Some(why));
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_was_deleted_stays_away() {
    let world = Setup::on(Base::Sqlite).profiles(PROFILES).start().await;
    let ada = world.person(ADA);
    let message = world.slack.say(PROD_CHANNEL, GRACE, "Checkout is slow");
    form_for(&world, &message).await;
    choose_profile(&world, ADA, "staging").await;
    ada.type_text("justification", "").await.expect("deleted");
    let view = choose_profile(&world, ADA, "prod-ssh").await;
    assert_eq!(filled(&view, "justification"), None);
    world.nothing_was_refused();
}
