//! Clock, faults, and the death of the bot.

use super::{ADA, ADAS_MAC, Demo, GRACE};
use lapse::sandbox::slack::INTERACTIONS;
use reqwest::StatusCode;
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_bot_comes_back_and_knows_what_was_asked() {
    let demo = Demo::open().await;
    demo.ada_asks("prod-ssh", "checkout is slow").await;
    let approve = demo.button(GRACE, "approve").await;

    demo.does("kill", json!({})).await;
    demo.page_that_says(ADA, "dm", "Lapse is not running").await;
    let pressed = demo.presses(GRACE, &approve).await;
    assert_eq!(pressed.status(), StatusCode::CONFLICT);
    let said = pressed.text().await.expect("text");
    assert!(said.contains("could not reach the bot"), "{said}");

    demo.does("restart", json!({})).await;
    demo.page_that_says(ADA, "dm", "Lapse is running").await;
    // Until Slack has said who it is, a bot that has just begun asks to try again.
    let began = std::time::Instant::now();
    while demo.presses(GRACE, &approve).await.status() != StatusCode::OK {
        assert!(began.elapsed() < super::PATIENCE, "the bot is never ready");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    demo.until_reaches("prod-web", true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_ends_although_the_bot_is_dead() {
    let demo = Demo::open().await;
    demo.ada_asks("demo-streamer", "").await;
    demo.clicks(GRACE, "approve").await;
    demo.until_reaches("demo-streamer", true).await;
    demo.does("kill", json!({})).await;
    demo.does("next-end", json!({})).await;
    demo.until_reaches("demo-streamer", false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interaction_that_arrives_twice_opens_one_grant() {
    let demo = Demo::open().await;
    demo.ada_asks("prod-ssh", "checkout is slow").await;
    let approve = demo.button(GRACE, "approve").await;
    demo.does("fault", json!({ "fault": "slack-doubles" }))
        .await;
    let page = demo.page(ADA, "dm").await;
    assert!(page.contains("data-fault=\"slack-doubles\" aria-pressed=\"true\""));

    demo.presses(GRACE, &approve).await;
    demo.until_reaches("prod-web", true).await;
    let sent = demo.house.slack().last_sent(2);
    assert!(sent.iter().all(|sent| sent.delivery.path == INTERACTIONS));
    assert_eq!(sent[0].delivery, sent[1].delivery, "byte for byte the same");
    assert_eq!(demo.house.tailnet().writes().len(), 1);
    let page = demo.page(ADA, "dm").await;
    assert!(page.contains("data-fault=\"slack-doubles\" aria-pressed=\"false\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusing_tailscale_is_told_of_and_comes_back() {
    let demo = Demo::open().await;
    demo.ada_asks("prod-ssh", "checkout is slow").await;
    demo.does("fault", json!({ "fault": "tailscale-forbids" }))
        .await;
    demo.clicks(GRACE, "approve").await;
    demo.page_that_says(ADA, "dm", "Nothing was granted").await;
    assert!(!demo.reaches("prod-web").await);

    demo.does("clear", json!({})).await;
    assert!(!demo.page(ADA, "dm").await.contains("aria-pressed=\"true\""));
    demo.clicks(ADA, "retry").await;
    demo.until_reaches("prod-web", true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_moves_everybody_together() {
    let demo = Demo::open().await;
    demo.does("clock", json!({ "seconds": 3600 })).await;
    // A signature from the stand-in's clock is judged by the bot's.
    demo.ada_asks("prod-ssh", "checkout is slow").await;
    demo.clicks(GRACE, "approve").await;
    demo.until_reaches("prod-web", true).await;
    demo.does("clock", json!({ "seconds": 3600 })).await;
    demo.until_reaches("prod-web", false).await;
    assert!(demo.house.tailnet().attributes(ADAS_MAC).is_empty());

    let far = demo
        .declines("clock", json!({ "seconds": 9_999_999 }))
        .await;
    assert!(far.contains("a week at most"), "{far}");
    let nothing = demo.declines("next-end", json!({})).await;
    assert!(nothing.contains("Nothing is open"), "{nothing}");
}
