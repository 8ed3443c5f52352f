//! The edge against a small Slack that does as it is told, with little patience.

use super::*;
use crate::dispatch::{Acknowledged, Dispatch, Reply};
use crate::domain::ids::{PersonId, TeamId};
use crate::slack::parse::{Command, EventEnvelope, Interaction};
use crate::slack::{Answer, Installation, Reach, SocketUrl};
use chrono::DateTime;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use std::collections::BTreeSet;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Bytes, Message};

const PATIENCE: Duration = Duration::from_secs(10);
const HELLO: &str = r#"{"type":"hello","num_connections":1}"#;

/// Answers commands by their text: `panic` panics, `wait` waits to be let go.
#[derive(Default)]
struct Desk(Notify);

impl Dispatch for Desk {
    fn command(&self, command: Command) -> Acknowledged<'_> {
        Box::pin(async move {
            match command.text.as_str() {
                "panic" => panic!("told to"),
                "wait" => self.0.notified().await,
                _ => {}
            }
            Reply::ephemeral(command.text.as_str())
        })
    }

    fn interaction(&self, _: Interaction) -> Acknowledged<'_> {
        Box::pin(async { Reply::Unavailable })
    }

    fn event(&self, _: EventEnvelope) -> Acknowledged<'_> {
        Box::pin(async { Reply::Empty })
    }
}

/// Gives the address of the small Slack.
struct Addresses(String);

impl Connections for Addresses {
    fn connections_open(&self) -> Answer<'_, SocketUrl> {
        Box::pin(async {
            let api = url::Url::parse("http://127.0.0.1/api").expect("an address");
            Ok(SocketUrl::new(&self.0, &api).expect("it may be followed"))
        })
    }
}

struct Running {
    slack: TcpListener,
    desk: Arc<Desk>,
    presence: Presence,
    shutdown: Shutdown,
    ran: tokio::task::JoinHandle<()>,
    _installed: watch::Sender<Option<Arc<Installation>>>,
}

type Line = WebSocketStream<TcpStream>;

async fn within<T>(future: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(PATIENCE, future).await;
    waited.expect("it happens within patience")
}

async fn started(patience: Patience, places: usize) -> Running {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let slack = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = slack.local_addr().expect("an address");
    let http = reqwest::Client::builder().no_proxy().build();
    let installation = Installation {
        team: TeamId::new("T0HARBOUR"),
        enterprise: None,
        reach: Reach::Workspace,
        bot_user: PersonId::new("U0LAPSE"),
        bot_id: None,
        scopes: BTreeSet::new(),
    };
    let (installed, seen) = watch::channel(Some(Arc::new(installation)));
    let (clock, _) = Clock::manual(DateTime::UNIX_EPOCH);
    let desk = Arc::new(Desk::default());
    let presence = Presence::new(1);
    let parts = Parts {
        connections: Arc::new(Addresses(format!("ws://{address}/link/?ticket=1"))),
        http: http.expect("a client"),
        intake: Intake::new(seen, desk.clone()),
        clock,
        presence: presence.clone(),
        asking: tokio::sync::Mutex::default(),
        places: Arc::new(Semaphore::new(places)),
        tasks: TaskTracker::new(),
        numbers: AtomicU64::new(1),
        patience,
    };
    let shutdown = Shutdown::new();
    let ran = tokio::spawn(Socket(Arc::new(parts)).run(shutdown.clone()));
    Running {
        slack,
        desk,
        presence,
        shutdown,
        ran,
        _installed: installed,
    }
}

impl Running {
    /// The next connection, as far as hello.
    async fn connection(&self) -> Line {
        let (stream, _) = within(self.slack.accept()).await.expect("a connection");
        let mut line = within(tokio_tungstenite::accept_async(stream))
            .await
            .expect("a WebSocket");
        line.send(Message::text(HELLO)).await.expect("sent");
        line
    }
}

async fn command(line: &mut Line, id: &str, text: &str) {
    let payload = json!({ "user_id": "U0AMELIE", "command": "/access", "text": text });
    let envelope = json!({
        "type": "slash_commands", "envelope_id": id, "accepts_response_payload": true,
        "payload": payload,
    });
    let message = Message::text(envelope.to_string());
    line.send(message).await.expect("sent");
}

/// The next text, whatever else comes before it.
async fn text(line: &mut Line) -> serde_json::Value {
    loop {
        let message = within(line.next()).await.expect("more").expect("a message");
        if let Message::Text(text) = message {
            return serde_json::from_str(text.as_str()).expect("JSON");
        }
    }
}

#[tokio::test]
async fn pings_are_answered() {
    let running = started(Patience::default(), 8).await;
    let mut line = running.connection().await;
    let ping = Message::Ping(Bytes::from_static(b"lantern"));
    line.send(ping.clone()).await.expect("sent");
    loop {
        let message = within(line.next()).await.expect("more").expect("a message");
        if message == Message::Pong(Bytes::from_static(b"lantern")) {
            break;
        }
    }
}

#[tokio::test]
async fn a_connection_without_a_sign_of_life_is_replaced() {
    let little = Patience {
        ping: Duration::from_millis(10),
        dead: Duration::from_millis(200),
        ..Patience::default()
    };
    let running = started(little, 8).await;
    // Nobody reads it, so nobody answers its pings.
    let _silent = running.connection().await;
    let mut line = running.connection().await;
    // This one is read, and lives on.
    command(&mut line, "e1", "one").await;
    let reading = async { while line.next().await.is_some() {} };
    let none = tokio::time::timeout(Duration::from_millis(600), reading).await;
    assert!(none.is_err(), "it is not replaced");
    assert_eq!(running.presence.standing().open, 1);
}

#[tokio::test]
async fn a_panic_is_no_acknowledgement_and_no_end() {
    let running = started(Patience::default(), 8).await;
    let mut line = running.connection().await;
    command(&mut line, "e1", "panic").await;
    command(&mut line, "e2", "after it").await;
    let answer = text(&mut line).await;
    assert_eq!(answer["envelope_id"], "e2");
    assert_eq!(answer["payload"]["text"], "after it");
}

#[tokio::test]
async fn what_is_not_taken_note_of_is_not_acknowledged() {
    let running = started(Patience::default(), 8).await;
    let mut line = running.connection().await;
    let click = json!({
        "type": "interactive", "envelope_id": "e1", "accepts_response_payload": true,
        "payload": { "type": "shortcut", "callback_id": "x", "user": { "id": "U0AMELIE" } },
    });
    let message = Message::text(click.to_string());
    line.send(message).await.expect("sent");
    command(&mut line, "e2", "after it").await;
    assert_eq!(text(&mut line).await["envelope_id"], "e2");
}

#[tokio::test]
async fn envelopes_are_handled_side_by_side_as_long_as_there_is_room() {
    let running = started(Patience::default(), 2).await;
    let mut line = running.connection().await;
    command(&mut line, "e1", "wait").await;
    command(&mut line, "e2", "quick").await;
    assert_eq!(text(&mut line).await["envelope_id"], "e2");
    command(&mut line, "e3", "wait").await;
    command(&mut line, "e4", "no room").await;
    let soon = tokio::time::timeout(Duration::from_millis(100), text(&mut line)).await;
    assert!(soon.is_err(), "{soon:?}");
    running.desk.0.notify_one();
    running.desk.0.notify_one();
    let mut acknowledged = BTreeSet::new();
    for _ in 0..3 {
        let answer = text(&mut line).await;
        acknowledged.insert(answer["envelope_id"].as_str().unwrap_or("").to_owned());
    }
    let all = ["e1", "e3", "e4"].map(str::to_owned);
    assert_eq!(acknowledged, BTreeSet::from(all));
}

#[tokio::test]
async fn a_stop_acknowledges_what_is_under_way_and_says_goodbye() {
    let running = started(Patience::default(), 8).await;
    let mut line = running.connection().await;
    command(&mut line, "e1", "wait").await;
    command(&mut line, "e2", "arrived").await;
    assert_eq!(text(&mut line).await["envelope_id"], "e2");
    running.shutdown.begin();
    running.desk.0.notify_one();
    assert_eq!(text(&mut line).await["envelope_id"], "e1");
    let last = within(line.next()).await.expect("a goodbye");
    assert!(matches!(last, Ok(Message::Close(_))), "{last:?}");
    // The answer to it is sent with the next reading.
    assert!(within(line.next()).await.is_none());
    within(running.ran).await.expect("it ends");
    assert_eq!(running.presence.standing().open, 0);
}

#[tokio::test]
async fn an_address_that_speaks_no_websocket_is_no_connection() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: bm90IHRoZSBrZXk=\r\n\r\n",
    ] {
        let running = started(Patience::default(), 8).await;
        let (mut stream, _) = within(running.slack.accept()).await.expect("a connection");
        let mut head = [0; 4096];
        let read = within(stream.read(&mut head)).await.expect("a request");
        assert!(head[..read].starts_with(b"GET /link/?ticket=1 HTTP/1.1\r\n"));
        stream.write_all(answer.as_bytes()).await.expect("sent");
        stream
            .write_all(b"\x81\x10{\"type\":\"hello\"}")
            .await
            .expect("sent");
        tokio::time::sleep(Duration::from_millis(50)).await;
        let standing = running.presence.standing();
        assert_eq!(standing.past, presence::Past::NeverConnected);
    }
}
