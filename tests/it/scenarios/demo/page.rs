//! Who may talk to the page, what it tells open windows, and what it keeps to itself.

use super::{ADA, Demo, GRACE};
use lapse::sandbox::slack::Standing;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};

/// Everything that changes something.
const ACTS: [&str; 23] = [
    "click",
    "press",
    "choose",
    "type",
    "search",
    "submit",
    "close",
    "write",
    "shortcut",
    "home",
    "dismiss",
    "clock",
    "next-end",
    "fault",
    "clear",
    "kill",
    "restart",
    "pick",
    "message-shortcut",
    "options",
    "run",
    "tell-again",
    "end-run",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_web_site_can_change_nothing() {
    let demo = Demo::open().await;
    let before = demo.house.slack().deliveries().len();
    for act in ACTS {
        let url = demo.url(&format!("/do/{act}"));
        let plain = || demo.http.post(&url).json(&json!({ "fault": "slack-down" }));
        let foreign = ["https://evil.example", "null", "http://127.0.0.1:1"];
        for origin in foreign {
            let answer = plain().header(header::ORIGIN, origin).send().await;
            let answer = answer.expect("an answer");
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{act} {origin}");
        }
        let nobody = plain().send().await.expect("an answer");
        assert_eq!(
            nobody.status(),
            StatusCode::FORBIDDEN,
            "{act} without Origin"
        );
        let renamed = plain()
            .header(header::HOST, "evil.example")
            .header(header::ORIGIN, "http://evil.example");
        let renamed = renamed.send().await.expect("an answer");
        assert_eq!(
            renamed.status(),
            StatusCode::FORBIDDEN,
            "{act} by another name"
        );
    }
    // A form of a foreign page cannot send JSON; one of our own would not be read either.
    let form = demo.http.post(demo.url("/do/fault"));
    let form = form.header(header::ORIGIN, demo.origin());
    let form = form
        .header(header::CONTENT_TYPE, "text/plain")
        .body(r#"{"fault":"slack-down"}"#);
    let form = form.send().await.expect("an answer");
    assert_eq!(form.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);

    let page = demo.page(ADA, "dm").await;
    assert!(
        !page.contains("aria-pressed=\"true\""),
        "nothing goes wrong"
    );
    assert!(page.contains("Lapse is running"));
    assert_eq!(demo.house.slack().deliveries().len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_name_for_this_machine_shows_nothing() {
    let demo = Demo::open().await;
    for path in ["/", "/events", "/assets/page.js", "/wire/sent/1"] {
        let asked = demo.http.get(demo.url(path));
        let answer = asked.header(header::HOST, "evil.example").send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_browser_is_told_to_load_nothing_from_elsewhere() {
    let demo = Demo::open().await;
    for path in ["/", "/assets/page.js", "/assets/page.css", "/nowhere"] {
        let answer = demo.http.get(demo.url(path)).send().await;
        let answer = answer.expect("an answer");
        let rules = &answer.headers()[header::CONTENT_SECURITY_POLICY];
        let rules = rules.to_str().expect("text");
        assert!(rules.contains("default-src 'none'"), "{path}: {rules}");
        assert!(!rules.contains("unsafe"), "{path}: {rules}");
        assert_eq!(answer.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let text = answer.text().await.expect("text");
        assert!(!text.contains(" onclick="), "{path} has no inline script");
        assert!(!text.contains("src=\"http"), "{path} loads nothing");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_window_is_told_what_changed_and_no_more() {
    let demo = Demo::open().await;
    let url = demo.url(&format!("/events?as={ADA}&at=dm"));
    let mut events = demo.http.get(url).send().await.expect("events");
    assert_eq!(events.headers()[header::CONTENT_TYPE], "text/event-stream");
    let first = next_news(&mut events).await;
    let all = first["panes"].as_object().expect("panes");
    assert_eq!(all.len(), 9, "a window that connects is told everything");

    let plan = json!({ "fault": "tailscale-breaks" });
    demo.does("fault", plan).await;
    loop {
        let news = next_news(&mut events).await;
        let panes = news["panes"].as_object().expect("panes");
        assert!(
            !panes.contains_key("messages"),
            "nothing was written to Ada"
        );
        if let Some(faults) = panes.get("faults") {
            assert!(
                faults
                    .as_str()
                    .expect("HTML")
                    .contains("aria-pressed=\"true\"")
            );
            break;
        }
    }
}

/// The next event's content.
async fn next_news(events: &mut reqwest::Response) -> Value {
    let mut read = String::new();
    loop {
        let chunk = tokio::time::timeout(super::PATIENCE, events.chunk()).await;
        let chunk = chunk.expect("in time").expect("readable").expect("open");
        read.push_str(&String::from_utf8_lossy(&chunk));
        let Some((event, _)) = read.split_once("\n\n") else {
            continue;
        };
        match event.strip_prefix("data: ") {
            Some(data) => return serde_json::from_str(data).expect("JSON"),
            None => read.clear(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wire_is_readable_and_its_secrets_are_cut() {
    let demo = Demo::open().await;
    demo.ada_asks("prod-ssh", "checkout is slow").await;
    demo.clicks(GRACE, "approve").await;
    demo.until_reaches("prod-web", true).await;

    let slack = demo.house.slack();
    let secrets = slack.credentials();
    let page = demo.page(GRACE, "dm").await;
    assert!(page.contains("block_actions approve"));
    assert!(page.contains("POST /device/nADAmbp11CNTRL/attributes/custom:prodSsh"));
    let mut in_full = page;
    for sent in slack.last_sent(100) {
        let url = demo.url(&format!("/wire/sent/{}", sent.number));
        let text = demo.http.get(url).send().await.expect("an answer");
        in_full += &text.text().await.expect("text");
        let signature = sent.delivery.headers.iter();
        let mut signature = signature.filter(|(name, _)| name == "X-Slack-Signature");
        let (_, signature) = signature.next().expect("it was signed");
        assert!(!in_full.contains(signature.as_str()));
    }
    for call in slack.last_calls(200) {
        let url = demo.url(&format!("/wire/call/{}", call.number));
        let text = demo.http.get(url).send().await.expect("an answer");
        in_full += &text.text().await.expect("text");
    }
    assert!(in_full.contains("checkout is slow"), "it can be read");
    for secret in [
        secrets.bot_token.as_str(),
        &secrets.signing_secret,
        &demo.house.tailnet().client_secret(),
        "legacy-verification-token",
        "/response/",
    ] {
        assert!(!in_full.contains(secret), "{secret} is shown");
    }
    let gone = demo.http.get(demo.url("/wire/call/999999")).send().await;
    assert_eq!(gone.expect("an answer").status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_window_is_its_own_person() {
    let demo = Demo::open().await;
    for user in demo.house.slack().users() {
        assert_ne!(user.standing, Standing::Bot);
        let page = demo.page(&user.id, "dm").await;
        assert!(page.contains(&format!("data-as=\"{}\"", user.id)));
    }
    let stranger = demo.page("U0NOBODY", "C0SECURITY").await;
    assert!(stranger.contains("data-as=\"U0ADA\" data-at=\"dm\""));
    assert!(
        !stranger.contains("C0SECURITY"),
        "a private channel is private"
    );
    let said = demo
        .declines(
            "write",
            json!({ "as": "U0NOBODY", "at": "dm", "words": "/access" }),
        )
        .await;
    assert!(said.contains("no such person"), "{said}");
    let unknown = demo
        .declines("write", json!({ "as": ADA, "at": "dm", "words": "/acces" }))
        .await;
    assert!(unknown.contains("/access"), "{unknown}");
}
