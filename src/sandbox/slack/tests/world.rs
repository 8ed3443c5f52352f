//! A small workspace, and a caller of its Web API.

use axum::http::HeaderMap;
use chrono::DateTime;
use serde_json::{Value, json};

use crate::sandbox::{
    clock::HandClock,
    slack::{Channel, RateLimits, SlackSandbox, SlackSetup, User, Usergroup},
};

pub(super) struct World {
    pub(super) slack: SlackSandbox,
    pub(super) clock: HandClock,
    pub(super) http: reqwest::Client,
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Answer {
    pub(super) fn error(&self) -> &str {
        self.body["error"].as_str().unwrap_or("no error")
    }
}

pub(super) fn setup(clock: &HandClock) -> SlackSetup {
    SlackSetup::new(clock.clock())
        .limits(RateLimits::none())
        .user(User::member("U0ADA", "Ada Lovelace", "ada@example.com"))
        .user(User::member("U0GRACE", "Grace Hopper", "grace@example.com"))
        .user(User::member("U0GUEST", "Gil Guest", "gil@example.org").guest())
        .user(User::member("U0GONE", "Gone Person", "gone@example.com").deactivated())
        .user(User::member("U0EVE", "Eve Extern", "eve@example.net").external("T0OTHER"))
        .user(User::member("U0BOT", "Other Bot", "bot@example.com").bot())
        .usergroup(Usergroup::new("S0PROD", "prod-approvers", &["U0GRACE"]))
        .usergroup(Usergroup::new("S0OLD", "old", &[]).disabled())
        .channel(Channel::public("C0OPS", "ops").with(&["U0ADA"]))
        .channel(Channel::public("C0AWAY", "away").without_app())
        .channel(Channel::private("C0SECRET", "secret").without_app())
}

pub(super) fn noon() -> HandClock {
    HandClock::showing(DateTime::from_timestamp(1_800_000_000, 0).unwrap())
}

pub(super) async fn world() -> World {
    let clock = noon();
    World::of(setup(&clock), clock).await
}

impl World {
    pub(super) async fn of(setup: SlackSetup, clock: HandClock) -> Self {
        let slack = SlackSandbox::start(setup).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { slack, clock, http }
    }

    pub(super) fn request(&self, method: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/{method}", self.slack.api_url());
        self.http.post(url).bearer_auth("xoxb-sandbox-token")
    }

    pub(super) async fn send(request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.json().await.unwrap_or(Value::Null),
        }
    }

    pub(super) async fn call(&self, method: &str, arguments: Value) -> Answer {
        Self::send(self.request(method).json(&arguments)).await
    }

    pub(super) async fn form(&self, method: &str, pairs: &[(&str, &str)]) -> Answer {
        Self::send(self.request(method).form(pairs)).await
    }

    pub(super) async fn post_card(&self, channel: &str, blocks: Value) -> Answer {
        let message = json!({ "channel": channel, "text": "A card", "blocks": blocks });
        self.call("chat.postMessage", message).await
    }
}
