//! The whole story by clicking.

use super::{ADA, ADAS_MAC, Demo, GIL, GRACE, LINUS, button_in};
use crate::support::logs;
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ada_asks_grace_approves_and_the_door_shuts_by_itself() {
    let demo = Demo::open().await;
    assert!(!demo.reaches("prod-web").await, "nothing is open yet");

    demo.ada_asks("prod-ssh", "checkout is slow").await;
    let card = demo
        .page_that_says(GRACE, "dm", "asks for Production SSH")
        .await;
    assert!(card.contains("checkout is slow"));
    assert!(!card.contains("not-rendered"), "all of it is drawn");
    // Linus has not looked at his card, which everybody's window says.
    demo.page_that_says(GIL, "dm", "class=\"badge\"").await;

    let approve = demo.button(GRACE, "approve").await;
    let pressed = demo.presses(GRACE, &approve).await;
    assert_eq!(pressed.status(), StatusCode::OK);
    demo.until_reaches("prod-web", true).await;
    assert!(!demo.reaches("prod-db").await, "and nothing else is");
    demo.page_that_says(ADA, "dm", "is open on").await;
    demo.page_that_says(LINUS, "C0PROD", "Ada Lovelace has Production SSH")
        .await;

    demo.does("next-end", json!({})).await;
    demo.until_reaches("prod-web", false).await;
    demo.page_that_says(ADA, "dm", "ended").await;
    assert!(
        !demo
            .house
            .tailnet()
            .has_attribute(ADAS_MAC, "custom:prodSsh")
    );
    assert!(demo.house.slack().refusals().is_empty());
    assert!(demo.house.tailnet().violations().is_empty());
    logs::nothing_leaked();
    demo.house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_in_two_windows_agree_to_something_dangerous() {
    let demo = Demo::open().await;
    demo.ada_asks("prod-db-admin", "INC-42 restore a row").await;
    let grace = demo.button(GRACE, "approve").await;
    let linus = demo.button(LINUS, "approve").await;
    assert!(grace.asks && linus.asks, "approving asks first");
    let (first, second) = tokio::join!(demo.presses(GRACE, &grace), demo.presses(LINUS, &linus));
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(second.status(), StatusCode::OK);
    demo.until_reaches("prod-db", true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_says_what_is_wrong_with_it() {
    let demo = Demo::open().await;
    let me = json!({ "as": ADA, "at": "dm" });
    demo.does(
        "shortcut",
        super::with(me.clone(), json!({ "callback": "request_access" })),
    )
    .await;
    let view = demo.view(ADA, "What do you need?").await;
    let me = super::with(me, json!({ "view": view }));
    let choose = |block: &str, action: &str, value: &str| {
        let element = json!({ "block": block, "action": action, "values": [value] });
        super::with(me.clone(), element)
    };
    demo.does("choose", choose("profile", "profile", "prod-db-admin"))
        .await;
    demo.page_that_says(ADA, "dm", "device:prod-db-admin").await;
    demo.does("choose", choose("device:prod-db-admin", "device", ADAS_MAC))
        .await;
    let empty = demo.declines("submit", me.clone()).await;
    assert!(empty.contains("required field"), "{empty}");

    let typed = json!([{
        "block": "justification", "action": "justification", "text": "because I want to",
    }]);
    let answer = demo
        .does("submit", super::with(me, json!({ "typed": typed })))
        .await;
    assert_eq!(answer["outcome"], "errors");
    let page = demo.page_that_says(ADA, "dm", "field-error").await;
    assert!(page.contains("because I want to"), "what was typed stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_is_told_so_where_only_they_see_it() {
    let demo = Demo::open().await;
    let words = json!({ "as": GIL, "at": "C0GENERAL", "words": "/access" });
    demo.does("write", words).await;
    let slack = demo.house.slack().clone();
    let gil = slack.person(GIL);
    let told = slack
        .until(super::PATIENCE, |_| {
            let whisper = gil.latest_ephemeral().is_some();
            (whisper || gil.open_view().is_some()).then_some(())
        })
        .await;
    told.expect("Gil is told something");
    assert!(!demo.page(ADA, "C0GENERAL").await.contains("Only visible"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_button_opens_nothing() {
    let demo = Demo::open().await;
    demo.ada_asks("prod-ssh", "checkout is slow").await;
    let mut approve = demo.button(GRACE, "approve").await;
    let genuine = approve.value.clone();
    approve.value = genuine.replace(|c: char| c.is_ascii_digit(), "7") + "7";
    demo.presses(GRACE, &approve).await;
    let sent = demo.house.slack().last_sent(1);
    let body = String::from_utf8_lossy(&sent[0].delivery.body).into_owned();
    assert!(
        body.contains("block_actions"),
        "it was sent as it was forged"
    );
    assert!(!demo.reaches("prod-web").await);

    let page = demo.page(GRACE, "dm").await;
    let still = button_in(&page, "approve").expect("the card is as it was");
    assert_eq!(still.value, genuine);
}
