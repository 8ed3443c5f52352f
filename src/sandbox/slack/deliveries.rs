//! Requests to the app under test: signed, sent, kept, sent again.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    SlackSandbox,
    signature::{SIGNATURE, Signing, TIMESTAMP, sign},
};

const KEPT: usize = 10_000;

/// Where slash commands go.
pub const COMMANDS: &str = "/slack/commands";
/// Where clicks, menus, modals and shortcuts go.
pub const INTERACTIONS: &str = "/slack/interactions";
/// Where events go.
pub const EVENTS: &str = "/slack/events";

const FORM: &str = "application/x-www-form-urlencoded";

/// A request as it went over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The path at the app.
    pub path: String,
    /// All headers that Slack sets.
    pub headers: Vec<(String, String)>,
    /// The bytes that were signed.
    pub body: Vec<u8>,
}

/// A request that was sent to the app, and how it went.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Counts what was sent, from 1.
    pub number: u64,
    /// When, on the sandbox's clock.
    pub at: DateTime<Utc>,
    /// What went over the wire.
    pub delivery: Delivery,
    /// What came back.
    pub answered: Answered,
}

/// What came back from the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Nothing yet.
    NotYet,
    /// This HTTP status.
    Status(u16),
    /// Nothing, and nothing will: it could not be reached, or was too slow.
    Never,
}

/// What the app answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// How long the app took, in real time.
    pub took: Duration,
    /// What it was an answer to.
    pub delivery: Delivery,
}

impl Reply {
    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether Slack takes it as acknowledged.
    pub fn acknowledged(&self) -> bool {
        self.status == 200
    }
}

/// Why a request to the app came to nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Undelivered {
    /// Nobody said where the app listens.
    #[error("no app is connected: call `connect_bot` with its address first")]
    NoBot,
    /// Over Socket Mode goes only what Slack sends: no signatures, no addresses to be proved,
    /// no bytes of one's own.
    #[error("this can only be posted, and the app uses Socket Mode")]
    HttpOnly,
    /// The app could not be reached, or did not answer in time.
    #[error("the app did not answer: {0}")]
    NoAnswer(String),
}

impl SlackSandbox {
    /// Says where the app listens: its origin, such as `http://127.0.0.1:8080`.
    pub fn connect_bot(&self, origin: &str) {
        let origin = origin.trim_end_matches('/').to_owned();
        self.shared.change(|state| state.bot_url = Some(origin));
    }

    /// Posts bytes to the app, signed as asked.
    pub async fn post(
        &self,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
        signing: Signing,
    ) -> Result<Reply, Undelivered> {
        self.post_with(path, content_type, body, signing, &[]).await
    }

    /// The same, with further headers. One named like Slack's own is sent as well, so that
    /// doubled headers can be tried.
    pub async fn post_with(
        &self,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
        signing: Signing,
        further: &[(&str, &str)],
    ) -> Result<Reply, Undelivered> {
        if self.uses_sockets() && !matches!(signing, Signing::Right) {
            return Err(Undelivered::HttpOnly);
        }
        let own = [
            ("Content-Type", content_type),
            ("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)"),
        ];
        let mut headers: Vec<(String, String)> = own
            .iter()
            .chain(further)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        headers.extend(self.signature(&body, signing));
        let delivery = Delivery {
            path: path.to_owned(),
            headers,
            body,
        };
        self.replay(&delivery).await
    }

    fn signature(&self, body: &[u8], signing: Signing) -> Vec<(String, String)> {
        let (secret, now) = self
            .shared
            .read(|state| (state.signing_secret.clone(), state.now().timestamp()));
        let (secret, timestamp) = match signing {
            Signing::Right => (secret, now),
            Signing::Unsigned => return Vec::new(),
            Signing::WithSecret(other) => (other, now),
            Signing::Off(seconds) => (secret, now + seconds),
        };
        vec![
            (TIMESTAMP.to_owned(), timestamp.to_string()),
            (SIGNATURE.to_owned(), sign(&secret, timestamp, body)),
        ]
    }

    /// Sends a request again, byte for byte, with its old signature.
    pub async fn replay(&self, delivery: &Delivery) -> Result<Reply, Undelivered> {
        let (number, origin) = self.shared.change(|state| {
            if state.deliveries.len() >= KEPT.min(state.record.most_kept()) {
                state.deliveries.pop_front();
            }
            state.sent_so_far += 1;
            state.deliveries.push_back(Sent {
                number: state.sent_so_far,
                at: state.now(),
                delivery: delivery.clone(),
                answered: Answered::NotYet,
            });
            (state.sent_so_far, state.bot_url.clone())
        });
        let reply = match origin {
            _ if self.uses_sockets() => self.send_over_socket(delivery, None).await,
            Some(origin) => self.send(&origin, delivery).await,
            None => Err(Undelivered::NoBot),
        };
        let answered = match &reply {
            Ok(reply) => Answered::Status(reply.status),
            Err(_) => Answered::Never,
        };
        self.shared.change(|state| {
            let mut newest_first = state.deliveries.iter_mut().rev();
            if let Some(sent) = newest_first.find(|sent| sent.number == number) {
                sent.answered = answered;
            }
        });
        reply
    }

    async fn send(&self, origin: &str, delivery: &Delivery) -> Result<Reply, Undelivered> {
        let mut request = self.shared.http.post(format!("{origin}{}", delivery.path));
        for (name, value) in &delivery.headers {
            request = request.header(name, value);
        }
        let no_answer = |error: reqwest::Error| Undelivered::NoAnswer(error.to_string());
        let sent_at = Instant::now();
        let response = request.body(delivery.body.clone()).send().await;
        let response = response.map_err(no_answer)?;
        Ok(Reply {
            status: response.status().as_u16(),
            body: response.bytes().await.map_err(no_answer)?.to_vec(),
            took: sent_at.elapsed(),
            delivery: delivery.clone(),
        })
    }

    /// Everything that was sent to the app, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.read(|state| {
            state
                .deliveries
                .iter()
                .map(|sent| sent.delivery.clone())
                .collect()
        })
    }

    /// The newest so many of them with what came back, newest first.
    pub fn last_sent(&self, most: usize) -> Vec<Sent> {
        self.shared
            .read(|state| state.deliveries.iter().rev().take(most).cloned().collect())
    }

    /// One of them by its number, as long as it is kept.
    pub fn sent(&self, number: u64) -> Option<Sent> {
        self.shared.read(|state| {
            let mut kept = state.deliveries.iter();
            kept.find(|sent| sent.number == number).cloned()
        })
    }

    pub(super) async fn post_form(
        &self,
        path: &str,
        pairs: &[(&str, &str)],
    ) -> Result<Reply, Undelivered> {
        // In one go: a serializer that lives across an await keeps people out of other threads.
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish()
            .into_bytes();
        self.post(path, FORM, body, Signing::Right).await
    }

    /// Posts an interaction: a form with the payload in one field. When the next one is to be
    /// delivered twice, this is it; the second answer is nobody's business. A search in a menu
    /// does not count.
    pub async fn post_interaction(&self, payload: &Value) -> Result<Reply, Undelivered> {
        let is_search = payload["type"] == "block_suggestion";
        let twice = !is_search && self.takes_doubling();
        let payload = payload.to_string();
        let reply = self
            .post_form(INTERACTIONS, &[("payload", &payload)])
            .await?;
        if twice {
            // Whatever becomes of the copy, the person has the answer to the first.
            let _ = self.replay(&reply.delivery).await;
        }
        Ok(reply)
    }
}
