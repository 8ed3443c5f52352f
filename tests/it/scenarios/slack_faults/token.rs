//! The token no longer works: silence, no storm, and access still ends.

use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, PROD_SSH, World};
use chrono::{DateTime, Utc};
use lapse::sandbox::slack::{Fault, Times};
use serde_json::{Value, json};
use std::time::Duration;

const HALF_AN_HOUR: Duration = Duration::from_mins(30);
const MINUTE: Duration = Duration::from_mins(1);

on_both_databases!(access_ends_although_slack_took_the_token_back);

async fn page(world: &World, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("http://{}{path}", world.address()))
        .await
        .expect("the bot answers");
    let status = answer.status().as_u16();
    (status, answer.text().await.expect("text"))
}

/// With access open, half an hour of a dead token: how the bot and Slack look meanwhile.
async fn half_an_hour_of_silence(world: &World) {
    let since = world.clocks.now();
    for _ in 0..30 {
        world.advance(MINUTE);
        world.settle().await;
    }
    let calls = calls_since(world, since);
    assert!(!calls.is_empty(), "the token is tried now and then");
    for minute in 0..29 {
        let from = since + MINUTE * minute;
        let within = calls
            .iter()
            .filter(|at| **at > from && **at <= from + MINUTE);
        assert!(
            within.count() <= 1,
            "more than one call a minute: {calls:?}"
        );
    }
    assert!(
        !world.tailnet.has_attribute(ADAS_MAC, PROD_SSH),
        "access ended without Slack"
    );
    let (status, body) = page(world, "/readyz").await;
    assert_eq!(status, 503);
    assert!(body.contains("slack_token_dead"), "{body}");
    assert_eq!(page(world, "/healthz").await.0, 200);
}

fn calls_since(world: &World, since: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let mut calls = world.slack.calls();
    calls.retain(|call| call.method != "response_url" && call.at > since);
    calls.into_iter().map(|call| call.at).collect()
}

async fn with_access_open(base: Base) -> World {
    let world = World::on(base).await;
    world.ada_asks(HALF_AN_HOUR, "INC-42").await;
    world.click(GRACE, "asks for", "approve").await;
    world.card(ADA, "is open on").await;
    world.settle().await;
    world.pass(Duration::from_secs(4)).await;
    world
}

async fn it_recovers(world: &World) {
    for _ in 0..4 {
        world.advance(MINUTE);
        world.settle().await;
    }
    world.eventually("the token works again", || true).await;
    assert_eq!(page(world, "/readyz").await.0, 200);
    let first = &world.ever_told(ADA)[0];
    assert!(first.says("ended"), "the cards follow: {first:#?}");
    assert_eq!(world.news(ADA, "Production SSH ended"), 1);
}

/// F7: `token_revoked`.
async fn access_ends_although_slack_took_the_token_back(base: Base) {
    let world = with_access_open(base).await;
    world.slack.revoke_token();
    half_an_hour_of_silence(&world).await;
    world.slack.restore_token();
    it_recovers(&world).await;
    world.nothing_was_refused();
}

/// F7: `invalid_auth` and `account_inactive`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_words_for_a_dead_token_mean_the_same() {
    for code in ["invalid_auth", "account_inactive"] {
        let world = with_access_open(Base::Sqlite).await;
        world.slack.fail("*", Fault::error(code), Times::Always);
        half_an_hour_of_silence(&world).await;
        world.slack.clear_faults();
        it_recovers(&world).await;
    }
}

/// F7: Slack says so before a call finds out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slack_says_that_the_token_is_gone() {
    let world = with_access_open(Base::Sqlite).await;
    let bot = world
        .app()
        .installed
        .get()
        .expect("installed")
        .bot_user
        .to_string();
    let revoked =
        |who: &str| json!({ "type": "tokens_revoked", "tokens": { "oauth": [], "bot": [who] } });
    let uninstalled = json!({ "type": "app_uninstalled" });

    let tell = async |event: Value| {
        let reply = world.slack.event(event).await.expect("the event arrives");
        assert_eq!(reply.status, 200);
    };
    tell(revoked("U0SOMEBODYELSE")).await;
    assert_eq!(page(&world, "/readyz").await.0, 200, "another token");

    tell(revoked(&bot)).await;
    assert_eq!(page(&world, "/readyz").await.0, 503);
    let since = world.clocks.now();
    world.advance(Duration::from_secs(55));
    world.settle().await;
    assert!(calls_since(&world, since).is_empty(), "it is believed");

    // It works after all: somebody installed the app again.
    for _ in 0..3 {
        world.advance(MINUTE);
        world.settle().await;
    }
    assert_eq!(page(&world, "/readyz").await.0, 200);

    world.slack.revoke_token();
    tell(uninstalled).await;
    half_an_hour_of_silence(&world).await;
}
