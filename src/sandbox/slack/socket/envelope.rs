//! What goes over a connection.

use serde_json::{Map, Value, json};

use super::{
    super::deliveries::{COMMANDS, Delivery, EVENTS, INTERACTIONS},
    inspect::SentEnvelope,
};

/// A delivery in its envelope.
pub(super) struct Envelope {
    pub(super) id: String,
    kind: Kind,
    payload: Value,
    retry: Retry,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Command,
    Interaction,
    Event,
}

/// How often it was tried before, and why again.
#[derive(Clone, Default)]
pub(super) struct Retry {
    pub(super) attempt: u64,
    pub(super) reason: String,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Command => "slash_commands",
            Self::Interaction => "interactive",
            Self::Event => "events_api",
        }
    }
}

impl Envelope {
    /// The envelope of what would have been posted; nothing if it is not what Slack sends.
    pub(super) fn of(id: String, delivery: &Delivery) -> Option<Self> {
        let (kind, payload) = match delivery.path.as_str() {
            COMMANDS => (Kind::Command, Value::Object(fields(&delivery.body))),
            INTERACTIONS => {
                let fields = fields(&delivery.body);
                let payload = fields.get("payload")?.as_str()?;
                (Kind::Interaction, serde_json::from_str(payload).ok()?)
            }
            EVENTS => (Kind::Event, serde_json::from_slice(&delivery.body).ok()?),
            _ => return None,
        };
        let is_sent = payload.is_object() && payload["type"] != "url_verification";
        let header = |name: &str| {
            let mut headers = delivery.headers.iter();
            headers
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        };
        let attempt = header("X-Slack-Retry-Num").and_then(|number| number.parse().ok());
        let retry = Retry {
            attempt: attempt.unwrap_or(0),
            reason: header("X-Slack-Retry-Reason").unwrap_or_default(),
        };
        is_sent.then_some(Self {
            id,
            kind,
            payload,
            retry,
        })
    }

    /// Whether its acknowledgement may say more.
    pub(super) fn takes_answer(&self) -> bool {
        self.kind != Kind::Event
    }

    /// Only events are sent again when nobody acknowledged them.
    pub(super) fn is_retried(&self) -> bool {
        self.kind == Kind::Event
    }

    /// The same, to be tried once more.
    pub(super) fn again(mut self, id: String) -> Self {
        self.id = id;
        self.retry = Retry {
            attempt: self.retry.attempt + 1,
            reason: "timeout".to_owned(),
        };
        self
    }

    pub(super) fn as_json(&self) -> String {
        let mut envelope = json!({
            "envelope_id": self.id,
            "type": self.kind.name(),
            "accepts_response_payload": self.takes_answer(),
            "payload": self.payload,
        });
        if self.kind == Kind::Event {
            envelope["retry_attempt"] = json!(self.retry.attempt);
            envelope["retry_reason"] = json!(self.retry.reason);
        }
        envelope.to_string()
    }

    pub(super) fn sent_over(&self, connection: u64) -> SentEnvelope {
        SentEnvelope {
            id: self.id.clone(),
            kind: self.kind.name(),
            connection,
            is_acknowledged: false,
        }
    }
}

/// A form as an object of texts.
fn fields(body: &[u8]) -> Map<String, Value> {
    form_urlencoded::parse(body)
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect()
}
