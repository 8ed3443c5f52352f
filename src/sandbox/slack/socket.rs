//! Socket Mode: instead of posting to the app, Slack sends what it has over a WebSocket that the
//! app opened. <https://docs.slack.dev/apis/events-api/using-socket-mode>
//!
//! An address that `apps.connections.open` gives works once. Every delivery goes over one of the
//! open connections, in an envelope that waits for its acknowledgement. What Slack would not take
//! from an app (an unknown `envelope_id`, an answer where none is taken, no JSON) is recorded as
//! a refusal.

mod connection;
mod deliver;
mod envelope;
mod inspect;

pub use inspect::{OpenSocket, SentEnvelope};

pub(super) use connection::link;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use self::envelope::Envelope;
use super::{arguments::Arguments, record::Record, refused::Refused, state::State};

/// How many connections an app may have.
const MOST: usize = 10;
/// What an app-level token needs.
pub(super) const SCOPE: &str = "connections:write";

/// Everything about Socket Mode.
#[derive(Default)]
pub(super) struct Sockets {
    /// Whether the app uses it: then nothing is posted over HTTP.
    pub(super) is_on: bool,
    /// App-level tokens and their scopes.
    pub(super) tokens: BTreeMap<String, BTreeSet<String>>,
    /// The one whose connections get everything, when there are several.
    preferred: Option<String>,
    refuses: bool,
    tickets: BTreeMap<String, String>,
    open: BTreeMap<u64, Open>,
    opened_so_far: u64,
    sent: Vec<SentEnvelope>,
    waiting: BTreeMap<String, Waiting>,
}

/// A connection.
struct Open {
    token: String,
    orders: mpsc::UnboundedSender<Order>,
    is_leaving: bool,
}

/// What a connection is to do.
enum Order {
    Send(String),
    /// Close it politely.
    Close,
    /// Drop it without a word.
    Cut,
    /// Read and answer nothing more, and stay open: what a broken router does.
    FallSilent,
}

/// An envelope that was sent and not acknowledged yet.
struct Waiting {
    connection: u64,
    takes_answer: bool,
    acknowledged: oneshot::Sender<Option<Value>>,
}

/// `apps.connections.open`. <https://docs.slack.dev/reference/methods/apps.connections.open>
pub(super) fn open(state: &mut State, token: &str) -> Value {
    let ticket = format!("{}-{:032x}", state.fresh_id("T"), rand::random::<u128>());
    state
        .sockets
        .tickets
        .insert(ticket.clone(), token.to_owned());
    let origin = state.origin.replacen("http", "ws", 1);
    json!({ "url": format!("{origin}/link/?ticket={ticket}&app_id={}", state.app.app_id) })
}

/// The app-level token of a caller. It has to stand in the header.
pub(super) fn admit(
    state: &State,
    bearer: Option<&str>,
    arguments: Result<&Arguments, &Refused>,
) -> Result<String, Refused> {
    let arguments = arguments.map_err(Clone::clone)?;
    let Some(token) = bearer else {
        let as_parameter = arguments.token.is_some();
        let code = if as_parameter {
            "invalid_auth"
        } else {
            "not_authed"
        };
        return Err(Refused::misuse(code));
    };
    match state.sockets.tokens.get(token) {
        Some(scopes) if scopes.contains(SCOPE) => Ok(token.to_owned()),
        Some(scopes) => {
            let provided: Vec<&str> = scopes.iter().map(String::as_str).collect();
            Err(Refused::scope(SCOPE, &provided.join(",")))
        }
        None if token == state.token => Err(Refused::misuse("not_allowed_token_type")),
        None => Err(Refused::because("invalid_auth")),
    }
}

impl Sockets {
    /// Nothing yet, for an app with these tokens.
    pub(super) fn new(is_on: bool, tokens: Vec<String>) -> Self {
        let with_scope = |token| (token, BTreeSet::from([SCOPE.to_owned()]));
        Self {
            is_on,
            tokens: tokens.into_iter().map(with_scope).collect(),
            ..Self::default()
        }
    }

    /// The token that a ticket was made with; a ticket works once.
    fn redeem(&mut self, ticket: &str) -> Option<String> {
        self.tickets.remove(ticket)
    }

    fn add(&mut self, token: String, orders: mpsc::UnboundedSender<Order>) -> u64 {
        self.opened_so_far += 1;
        let open = Open {
            token,
            orders,
            is_leaving: false,
        };
        self.open.insert(self.opened_so_far, open);
        self.opened_so_far
    }

    /// What waited for an acknowledgement over this connection waits no longer.
    fn remove(&mut self, connection: u64) {
        self.open.remove(&connection);
        self.waiting
            .retain(|_, waiting| waiting.connection != connection);
    }

    /// Sends over one of the open connections, another one each time, and rather over one that
    /// will stay. Nothing if there is none.
    fn send(
        &mut self,
        envelope: &Envelope,
        to: Option<&str>,
        not_over: Option<u64>,
    ) -> Option<Pending> {
        let count = self.sent.len();
        let to = to.or(self.preferred.as_deref());
        let wanted = |open: &Open| to.is_none_or(|token| token == open.token);
        let usable: Vec<(u64, bool)> = self
            .open
            .iter()
            .filter(|(_, open)| wanted(open))
            .map(|(number, open)| (*number, open.is_leaving))
            .collect();
        let staying = || usable.iter().filter(|(_, is_leaving)| !is_leaving);
        let others: Vec<u64> = staying()
            .map(|(number, _)| *number)
            .filter(|number| Some(*number) != not_over)
            .collect();
        let all: Vec<u64> = usable.iter().map(|(number, _)| *number).collect();
        let choice = if others.is_empty() { all } else { others };
        let connection = *choice.get(count % choice.len().max(1))?;
        let (acknowledged, pending) = oneshot::channel();
        let order = Order::Send(envelope.as_json());
        self.open.get(&connection)?.orders.send(order).ok()?;
        let waiting = Waiting {
            connection,
            takes_answer: envelope.takes_answer(),
            acknowledged,
        };
        self.waiting.insert(envelope.id.clone(), waiting);
        self.sent.push(envelope.sent_over(connection));
        Some(Pending {
            connection,
            acknowledged: pending,
        })
    }

    /// Nobody waits for it any more; a late acknowledgement is no misuse.
    fn give_up(&mut self, id: &str) {
        self.waiting.remove(id);
    }

    /// What an app sent over a connection.
    fn take(&mut self, connection: u64, text: &str, record: &mut Record) {
        let refuse = |record: &mut Record, code: &str, says: String| {
            record.refuse("socket_mode", code, vec![says]);
        };
        let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
            return refuse(record, "invalid_json", "no JSON object".to_owned());
        };
        let Some(id) = fields.get("envelope_id").and_then(Value::as_str) else {
            return refuse(
                record,
                "no_envelope_id",
                "envelope_id is missing".to_owned(),
            );
        };
        let payload = fields.get("payload").filter(|payload| !payload.is_null());
        let Some(sent) = self.sent.iter_mut().rev().find(|sent| sent.id == id) else {
            return refuse(record, "unknown_envelope", format!("nobody sent {id}"));
        };
        if sent.connection != connection {
            return refuse(record, "wrong_connection", format!("{id} went elsewhere"));
        }
        if sent.is_acknowledged {
            return refuse(record, "already_acknowledged", format!("{id} was before"));
        }
        sent.is_acknowledged = true;
        let Some(waiting) = self.waiting.remove(id) else {
            return;
        };
        if payload.is_some() && !waiting.takes_answer {
            return refuse(record, "payload_not_accepted", format!("{id} takes none"));
        }
        // Whoever delivered it may have gone.
        let _ = waiting.acknowledged.send(payload.cloned());
    }
}

/// An acknowledgement to come.
struct Pending {
    connection: u64,
    acknowledged: oneshot::Receiver<Option<Value>>,
}
