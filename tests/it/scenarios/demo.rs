//! `lapse demo`, told through its page: what a browser would fetch and send, without a browser.

mod command_line;
mod page;
mod stage;
mod story;

use crate::support::logs;
use lapse::cli::demo::{ANYWHERE, House};
use regex::Regex;
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long anything may take in real time before a test gives up.
const PATIENCE: Duration = Duration::from_secs(10);

const ADA: &str = "U0ADA";
const GRACE: &str = "U0GRACE";
const LINUS: &str = "U0LINUS";
const GIL: &str = "U0GIL";
const ADAS_MAC: &str = "nADAmbp11CNTRL";

/// A demo of its own for each test.
struct Demo {
    house: House,
    http: reqwest::Client,
}

/// A button as it stands on somebody's page.
#[derive(Clone, Debug)]
struct Button {
    channel: String,
    ts: String,
    block: String,
    action: String,
    value: String,
    asks: bool,
}

impl Demo {
    async fn open() -> Self {
        logs::watch();
        let house = House::open(ANYWHERE).await.expect("the demo opens");
        let http = lapse::cli::wiring::http_client("http://127.0.0.1").expect("a client");
        let demo = Self { house, http };
        demo.has_begun().await;
        demo
    }

    /// Waits until the bot knows its people and devices, which a person would not outrun.
    async fn has_begun(&self) {
        let slack = self.house.slack().clone();
        let known = slack
            .until(PATIENCE, |slack| {
                let groups = slack.call_counts().contains_key("usergroups.list");
                let devices = !self.house.tailnet().last_calls(1).is_empty();
                (groups && devices).then_some(())
            })
            .await;
        known.expect("the bot has looked around");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    fn url(&self, path: &str) -> String {
        format!("{}{}", self.house.url(), path.trim_start_matches('/'))
    }

    fn origin(&self) -> String {
        self.house.url().trim_end_matches('/').to_owned()
    }

    /// What somebody's window shows.
    async fn page(&self, who: &str, at: &str) -> String {
        let url = self.url(&format!("/?as={who}&at={at}"));
        let page = self.http.get(url).send().await.expect("a page");
        assert_eq!(page.status(), StatusCode::OK);
        page.text().await.expect("text")
    }

    /// The same, as soon as it says this.
    async fn page_that_says(&self, who: &str, at: &str, text: &str) -> String {
        let began = Instant::now();
        loop {
            let page = self.page(who, at).await;
            if page.contains(text) {
                return page;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{who} never sees {text:?} but:\n{page}\nafter {:#?}",
                self.house.slack().last_calls(4)
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Sends what the page would send.
    async fn post(&self, what: &str, body: &Value) -> Response {
        let request = self.http.post(self.url(&format!("/do/{what}")));
        let request = request.header(header::ORIGIN, self.origin());
        request.json(body).send().await.expect("an answer")
    }

    /// The same, and it works.
    async fn does(&self, what: &str, body: Value) -> Value {
        let answer = self.post(what, &body).await;
        let status = answer.status();
        let said: Value = answer.json().await.expect("JSON");
        assert_eq!(status, StatusCode::OK, "{what} {body}: {said}");
        said
    }

    /// The same, and it does not; what the person is told.
    async fn declines(&self, what: &str, body: Value) -> String {
        let answer = self.post(what, &body).await;
        assert_eq!(answer.status(), StatusCode::CONFLICT, "{what} {body}");
        let said: Value = answer.json().await.expect("JSON");
        said["says"].as_str().expect("a sentence").to_owned()
    }

    /// The modal that lies on somebody's page, once it says this.
    async fn view(&self, who: &str, text: &str) -> String {
        let began = Instant::now();
        loop {
            let view = self.house.slack().person(who).open_view();
            if let Some(view) = view.filter(|view| view.says(text)) {
                let page = self.page(who, "dm").await;
                assert!(page.contains(&format!("data-view=\"{}\"", view.id)));
                return view.id;
            }
            assert!(began.elapsed() < PATIENCE, "{who} has no view {text:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Ada fills the form and sends it.
    async fn ada_asks(&self, profile: &str, why: &str) {
        let me = |more: Value| with(json!({ "as": ADA, "at": "dm" }), more);
        self.does("write", me(json!({ "words": "/access" }))).await;
        let view = self.view(ADA, "What do you need?").await;
        let choose = |block: &str, action: &str, value: &str| {
            let element = json!({ "block": block, "action": action, "values": [value] });
            with(me(json!({ "view": view })), element)
        };
        self.does("choose", choose("profile", "profile", profile))
            .await;
        let device = format!("device:{profile}");
        self.page_that_says(ADA, "dm", &format!("data-block=\"{device}\""))
            .await;
        self.does("choose", choose(&device, "device", ADAS_MAC))
            .await;
        let typed = json!([{ "block": "justification", "action": "justification", "text": why }]);
        let typed = if why.is_empty() { json!([]) } else { typed };
        self.does("submit", me(json!({ "view": view, "typed": typed })))
            .await;
        self.page_that_says(ADA, "dm", "You&#39;ll hear by DM")
            .await;
        self.does("close", me(json!({ "view": view }))).await;
    }

    /// The buttons on somebody's cards, once there is one called like this.
    async fn button(&self, who: &str, action: &str) -> Button {
        let page = self
            .page_that_says(who, "dm", &format!("data-action=\"{action}\""))
            .await;
        button_in(&page, action).expect("the button stands on a card")
    }

    /// Somebody presses a button; a dialog that it asks is confirmed.
    async fn presses(&self, who: &str, button: &Button) -> Response {
        let body = json!({
            "as": who, "at": "dm", "channel": button.channel, "ts": button.ts,
            "block": button.block, "action": button.action, "value": button.value,
            "confirmed": button.asks,
        });
        self.post("click", &body).await
    }

    /// The same, and it works. A button may move to a newer message under the finger: then
    /// people press it there.
    async fn clicks(&self, who: &str, action: &str) {
        let began = Instant::now();
        loop {
            let button = self.button(who, action).await;
            let pressed = self.presses(who, &button).await;
            let status = pressed.status();
            if status == StatusCode::OK {
                return;
            }
            let said = pressed.text().await.expect("text");
            let moved = said.contains("the message has changed");
            assert!(moved, "{who} presses {action}: {status} {said}");
            assert!(began.elapsed() < PATIENCE, "{action} never stands still");
        }
    }

    /// Whether the tailnet pane says that Ada's Mac reaches a place.
    async fn reaches(&self, place: &str) -> bool {
        let page = self.page(ADA, "dm").await;
        door(&page, ADAS_MAC, place).contains("reachable until")
    }

    async fn until_reaches(&self, place: &str, wanted: bool) {
        let began = Instant::now();
        while self.reaches(place).await != wanted {
            assert!(began.elapsed() < PATIENCE, "{place} never became {wanted}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn with(mut body: Value, more: Value) -> Value {
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    body
}

/// The row of one place under one device.
fn door<'p>(page: &'p str, node: &str, place: &str) -> &'p str {
    let device = page
        .split_once(&format!("id=\"device-{node}\""))
        .map(|(_, rest)| rest)
        .expect("the device is shown");
    let device = device.split("class=\"device\"").next().unwrap_or_default();
    let row = device
        .split_once(&format!("data-destination=\"{place}\""))
        .map(|(_, rest)| rest)
        .expect("the place is shown");
    row.split("</li>").next().unwrap_or_default()
}

/// The first button with this action, together with the message around it.
fn button_in(page: &str, action: &str) -> Option<Button> {
    let at = page.find(&format!("data-action=\"{action}\""))?;
    let begin = page[..at].rfind('<')?;
    let end = at + page[at..].find('>')?;
    let (tag, before) = (&page[begin..end], &page[..begin]);
    let message = &before[before.rfind("data-message")?..];
    Some(Button {
        channel: attribute(message, "data-channel")?,
        ts: attribute(message, "data-ts")?,
        block: attribute(tag, "data-block")?,
        action: action.to_owned(),
        value: attribute(tag, "data-value")?,
        asks: tag.contains("data-confirm"),
    })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let pattern = Regex::new(&format!("{name}=\"([^\"]*)\"")).expect("a pattern");
    let found = pattern.captures(tag)?;
    Some(
        found[1]
            .replace("&#34;", "\"")
            .replace("&quot;", "\"")
            .replace("&amp;", "&"),
    )
}
