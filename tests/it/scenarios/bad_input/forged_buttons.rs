//! Buttons with values that were never drawn, pressed twice, too late, or on old facts.

use super::{Untouched, refusals_of};
use crate::on_both_databases;
use crate::support::forge::{self, TEAM};
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, LINUS, PROD_SSH, PROFILES, Setup, World};
use serde_json::json;
use std::net::TcpListener;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

on_both_databases!(
    a_forged_button_value_does_nothing,
    an_older_facts_number_approves_nothing_and_draws_the_card_anew,
    a_double_click_counts_once,
    an_old_card_does_nothing_after_lapse
);

async fn a_forged_button_value_does_nothing(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    let before = Untouched::now(&world, &request).await;
    let id = request.id.to_string();
    let values = [
        String::new(),
        "garbage".to_owned(),
        "nowhere:1".to_owned(),
        id.clone(),
        format!("{id}:"),
        format!("{id}:-1"),
        format!("{id}:1:1"),
        format!(" {id}:1"),
        format!("{}:1", id.to_uppercase() + "x"),
        format!("{id}:0"),
        format!("{id}:2"),
        format!("{id}:4294967295"),
        format!("{id}:4294967296"),
        "\u{202e}\u{0}".to_owned(),
        "9".repeat(2000),
    ];
    for value in &values {
        let told = world.person(GRACE).ephemerals().len();
        let reply = world
            .person(GRACE)
            .forge_click(&card, "approve", value)
            .await
            .expect("the click arrives");
        assert_eq!(reply.status, 200, "{value:?}");
        let grace = world.person(GRACE);
        world
            .eventually("Grace is told", || grace.ephemerals().len() > told)
            .await;
        let says = world.whisper(GRACE).await;
        assert!(says.contains("Nothing"), "{value:?}: {says}");
    }
    assert_eq!(Untouched::now(&world, &request).await, before);
    let refused = refusals_of(&world, GRACE).await;
    assert!(
        refused.iter().any(|word| word.ends_with("no_such_request")),
        "{refused:?}"
    );
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    assert!(
        world.tailnet.has_attribute(ADAS_MAC, PROD_SSH),
        "the true one works"
    );
    world.nothing_was_refused();
}

async fn an_older_facts_number_approves_nothing_and_draws_the_card_anew(base: Base) {
    let two = PROFILES.replace("justification = ", "approvals = 2\njustification = ");
    let world = Setup::on(base).profiles(&two).start().await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let old = world.card(LINUS, "asks for Production SSH").await;
    world
        .click(GRACE, "asks for Production SSH", "approve_less")
        .await;
    let grace = world.person(GRACE);
    grace
        .choose("duration", "1800")
        .await
        .expect("half an hour is offered");
    let submitted = grace.submit().await.expect("it is sent");
    assert_eq!(submitted.reply.status, 200);
    world.settle().await;

    let before = Untouched::now(&world, &request).await;
    let reply = world
        .person(LINUS)
        .click_stale(&old, "approve")
        .await
        .expect("it arrives");
    assert_eq!(reply.status, 200);
    let says = world.whisper(LINUS).await;
    assert!(says.contains("changed since you saw this"), "{says}");
    assert_eq!(Untouched::now(&world, &request).await, before);
    assert_eq!(refusals_of(&world, LINUS).await, ["approve: facts_moved"]);
    world.settle().await;
    let anew = world
        .slack
        .message(&old.channel, &old.ts)
        .expect("still there");
    assert!(anew.says("30 min"), "{:?}", anew.texts());
    assert_ne!(anew.value_of("approve"), old.value_of("approve"));

    world
        .person(LINUS)
        .click(&anew, "approve")
        .await
        .expect("it arrives");
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}

async fn a_double_click_counts_once(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    let grace = world.person(GRACE);
    let (one, two, three) = tokio::join!(
        grace.click_stale(&card, "approve"),
        grace.click_stale(&card, "approve"),
        grace.click_stale(&card, "approve"),
    );
    for reply in [one, two, three] {
        assert_eq!(reply.expect("it arrives").status, 200);
    }
    world.settle().await;
    let trail = world.trail(&request).await;
    assert_eq!(trail, ["requested", "approved", "activated"]);
    assert_eq!(world.tailnet.writes().len(), 1);
    assert!(
        grace.latest_ephemeral().is_none(),
        "saying the same twice is no mistake"
    );
    world.nothing_was_refused();
}

async fn an_old_card_does_nothing_after_lapse(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let old = world.card(GRACE, "asks for Production SSH").await;
    world.settle().await;
    world.pass(HOUR).await;
    let before = Untouched::now(&world, &request).await;
    assert_eq!(before.trail, ["requested", "lapsed"]);
    for button in ["approve", "approve_less", "deny"] {
        let reply = world
            .person(GRACE)
            .click_stale(&old, button)
            .await
            .expect("it arrives");
        assert_eq!(reply.status, 200, "{button}");
    }
    let says = world.whisper(GRACE).await;
    assert!(
        says.contains("Nothing changed") || says.contains("nothing changed"),
        "{says}"
    );
    world.settle().await;
    assert_eq!(Untouched::now(&world, &request).await, before);
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}

/// A `response_url` is followed to Slack only, also where it is kept for a card.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_response_url_that_leads_elsewhere_is_never_followed() {
    let world = World::on(Base::Sqlite).await;
    world.ada_asks(HOUR, "INC-42 db failover").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    let trap = TcpListener::bind("127.0.0.1:0").expect("a port");
    trap.set_nonblocking(true).expect("it can be asked");
    let elsewhere = format!("http://{}/hooks", trap.local_addr().expect("an address"));
    let value = card.value_of("approve").expect("a value").to_owned();
    let at = (card.channel.as_str(), card.ts.as_str());
    let url = |port: &str| elsewhere.replace("http://127.0.0.1", port);
    let urls = [
        elsewhere.clone(),
        url("http://localhost"),
        url("http://slack.com@127.0.0.1"),
        url("http://[::ffff:127.0.0.1]"),
        "file:///etc/passwd".to_owned(),
        "gopher://slack.com/".to_owned(),
        String::new(),
    ];
    for response_url in &urls {
        // Sam is refused, and would be told there.
        let mut refused = forge::click("U0SAM", TEAM, at, "approve", &value);
        refused["response_url"] = json!(response_url);
        assert_eq!(forge::post(&world.slack, &refused).await.status, 200);
    }
    // Grace is not, and her card would be changed there.
    let mut approved = forge::click(GRACE, TEAM, at, "approve", &value);
    approved["response_url"] = json!(elsewhere);
    assert_eq!(forge::post(&world.slack, &approved).await.status, 200);
    world.card(GRACE, "Approved by Grace Hopper").await;
    world.settle().await;
    assert!(
        world.tailnet.has_attribute(ADAS_MAC, PROD_SSH),
        "the click itself counts"
    );
    world.card(ADA, "is open on").await;
    let knock = trap.accept().map(|_| ()).map_err(|error| error.kind());
    assert_eq!(
        knock,
        Err(std::io::ErrorKind::WouldBlock),
        "nobody called there"
    );
    world.nothing_was_refused();
}
