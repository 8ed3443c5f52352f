//! The edge: authenticates, parses, acknowledges.
//!
//! Bytes come in, bounded in size and time ([`limits`]); a body is believed once its signature
//! is checked ([`verified`]); parsed, it goes to a [`Dispatch`], whose [`Reply`] goes back. The
//! edge neither decides nor stores. [`mod@serve`] holds the sockets, [`health`] and [`mod@metrics`] tell
//! operators how it goes.

pub mod dispatch;
pub mod health;
pub mod limits;
pub mod metrics;
pub mod reply;
mod seats;
pub mod serve;
pub mod slack;
pub mod verified;

pub use crate::dispatch::Installed;
pub use health::{Blocker, Note, Probe, Readiness, SocketState};
pub use reply::{Acknowledged, Dispatch, Reply};
pub use serve::serve;
pub use slack::Edge;

use ::axum::Router;
use ::axum::body::Body;
use ::axum::http::{HeaderName, Response, StatusCode, header};
use std::any::Any;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;

/// The whole edge. Without an [`Edge`], as in Socket Mode, the `/slack/*` routes do not exist.
pub fn router(slack: Option<Edge>, readiness: Probe, counts: crate::telemetry::Metrics) -> Router {
    let secret: [HeaderName; 3] = [
        header::AUTHORIZATION,
        header::COOKIE,
        crate::slack::verify::SIGNATURE,
    ];
    let operators = health::routes(readiness).merge(metrics::route(counts));
    let all = match slack {
        Some(edge) => operators.merge(slack::routes(&edge)),
        None => operators,
    };
    all.layer(CatchPanicLayer::custom(panicked))
        .layer(SetSensitiveRequestHeadersLayer::new(secret))
}

/// What a panic looks like from outside. What it says is printed by the panic itself, and goes
/// nowhere else.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response<Body> {
    tracing::error!(
        "a request was dropped, because its handling panicked; nothing was acknowledged"
    );
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::domain::ids::{PersonId, TeamId};
    use crate::lifecycle::Shutdown;
    use crate::slack::parse::{Command, EventEnvelope, Interaction};
    use crate::slack::verify::Verifier;
    use crate::slack::{Installation, Reach};
    use crate::telemetry::Metrics;
    use chrono::{DateTime, Utc};
    use hmac::{Hmac, KeyInit, Mac};
    use secrecy::SecretString;
    use std::collections::BTreeSet;
    use std::net::SocketAddr;
    use std::sync::{Arc, Mutex};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::watch;

    const SECRET: &str = "0fab1e5";
    const COMMAND: &str = "command=%2Faccess&text=list&user_id=U0AMELIE&team_id=T0HARBOUR";
    const CLICK: &str = "payload=%7B%22type%22%3A%22shortcut%22%2C%22callback_id%22%3A%22request_access%22%2C%22user%22%3A%7B%22id%22%3A%22U0AMELIE%22%7D%7D";
    const EVENT: &str = r#"{"type":"event_callback","event":{"type":"app_uninstalled"}}"#;
    const CHALLENGE: &str = r#"{"type":"url_verification","challenge":"lighthouse"}"#;

    /// Notes what gets through, and panics when told to.
    #[derive(Default)]
    struct Notebook(Mutex<Vec<String>>);

    impl Notebook {
        fn note(&self, what: &str) -> Reply {
            self.0.lock().expect("a lock").push(what.to_owned());
            assert_ne!(what, "command panic", "told to");
            Reply::Empty
        }

        fn entries(&self) -> Vec<String> {
            self.0.lock().expect("a lock").clone()
        }
    }

    impl Dispatch for Notebook {
        fn command(&self, command: Command) -> Acknowledged<'_> {
            Box::pin(async move { self.note(&format!("command {}", command.text.as_str())) })
        }

        fn interaction(&self, _: Interaction) -> Acknowledged<'_> {
            Box::pin(async { self.note("interaction") })
        }

        fn event(&self, _: EventEnvelope) -> Acknowledged<'_> {
            Box::pin(async { self.note("event") })
        }
    }

    struct Running {
        address: SocketAddr,
        notebook: Arc<Notebook>,
        installed: watch::Sender<Option<Arc<Installation>>>,
        readiness: Arc<Mutex<Readiness>>,
        shutdown: Shutdown,
        served: tokio::task::JoinHandle<()>,
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_793_620_800, 0).expect("a time that exists")
    }

    fn installation() -> Installation {
        Installation {
            team: TeamId::new("T0HARBOUR"),
            enterprise: None,
            reach: Reach::Workspace,
            bot_user: PersonId::new("U0LAPSE"),
            bot_id: None,
            scopes: BTreeSet::new(),
        }
    }

    async fn started(installation: Option<Installation>) -> Running {
        let (clock, _) = Clock::manual(now());
        let (installed, seen) = watch::channel(installation.map(Arc::new));
        let notebook = Arc::new(Notebook::default());
        let verifier = Verifier::new(&SecretString::from(SECRET));
        let edge = Edge::new(verifier, clock, seen, notebook.clone());
        let readiness = Arc::new(Mutex::new(Readiness::default()));
        let shown = readiness.clone();
        let probe: Probe = Arc::new(move || {
            let now = shown.lock().expect("a lock").clone();
            Box::pin(async move { now })
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shutdown = Shutdown::new();
        let router = router(Some(edge), probe, Metrics::install());
        let served = tokio::spawn(serve(listener, router, shutdown.clone()));
        Running {
            address,
            notebook,
            installed,
            readiness,
            shutdown,
            served,
        }
    }

    fn signature(timestamp: i64, body: &str) -> String {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
        mac.update(format!("v0:{timestamp}:{body}").as_bytes());
        let digest = mac.finalize().into_bytes();
        digest
            .iter()
            .fold("v0=".to_owned(), |text, byte| format!("{text}{byte:02x}"))
    }

    fn headers(timestamp: i64, signature: &str) -> String {
        format!("X-Slack-Request-Timestamp: {timestamp}\r\nX-Slack-Signature: {signature}\r\n")
    }

    fn signed(body: &str) -> String {
        headers(now().timestamp(), &signature(now().timestamp(), body))
    }

    /// An answer as it came over the wire, without the `date` line.
    #[derive(Debug, PartialEq)]
    struct Answered {
        head: String,
        body: String,
    }

    impl Answered {
        fn status(&self) -> &str {
            &self.head["HTTP/1.1 ".len().."HTTP/1.1 200".len()]
        }
    }

    /// Reads until the server closes, however rudely.
    async fn answered(stream: &mut TcpStream) -> Answered {
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all).await;
        let all = String::from_utf8(all).expect("text");
        let (head, body) = all.split_once("\r\n\r\n").expect("a head");
        let head = head.split("\r\n").filter(|line| !line.starts_with("date:"));
        Answered {
            head: head.collect::<Vec<_>>().join("\n"),
            body: body.to_owned(),
        }
    }

    impl Running {
        async fn asked(&self, method: &str, path: &str, headers: &str, body: &str) -> Answered {
            let mut stream = TcpStream::connect(self.address)
                .await
                .expect("a connection");
            let length = body.len();
            let request = format!(
                "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
            );
            stream.write_all(request.as_bytes()).await.expect("sent");
            answered(&mut stream).await
        }

        async fn posted(&self, path: &str, headers: &str, body: &str) -> Answered {
            self.asked("POST", path, headers, body).await
        }
    }

    #[tokio::test]
    async fn what_slack_signed_gets_through_and_is_acknowledged() {
        let running = started(Some(installation())).await;
        for (path, body) in [
            ("/slack/commands", COMMAND),
            ("/slack/interactions", CLICK),
            ("/slack/events", EVENT),
        ] {
            let answer = running.posted(path, &signed(body), body).await;
            assert_eq!(
                (answer.status(), answer.body.as_str()),
                ("200", ""),
                "{path}"
            );
        }
        assert_eq!(
            running.notebook.entries(),
            ["command list", "interaction", "event"]
        );
        let counts = running.asked("GET", "/metrics", "", "").await;
        assert!(
            counts
                .body
                .contains(r#"lapse_requests_total{route="events",outcome="acknowledged"}"#),
            "{}",
            counts.body
        );
        assert!(
            counts
                .body
                .contains(r#"lapse_ack_seconds_bucket{route="commands""#)
        );
    }

    #[tokio::test]
    async fn everything_unproven_gets_one_and_the_same_empty_401() {
        let running = started(Some(installation())).await;
        let at = now().timestamp();
        let good = signature(at, COMMAND);
        let stale = headers(at - 301, &signature(at - 301, COMMAND));
        let early = headers(at + 301, &signature(at + 301, COMMAND));
        let doubled = format!("{}X-Slack-Signature: {good}\r\n", headers(at, &good));
        let mut answers = Vec::new();
        for headers in [
            String::new(),
            format!("X-Slack-Signature: {good}\r\n"),
            headers(at, ""),
            headers(at, &good.replace("v0=", "v1=")),
            headers(at, &signature(at, "something else")),
            stale,
            early,
            doubled,
        ] {
            answers.push(running.posted("/slack/commands", &headers, COMMAND).await);
        }
        answers.push(
            running
                .posted("/slack/commands", "", "ssl_check=1&token=x")
                .await,
        );
        answers.push(running.posted("/slack/events", "", CHALLENGE).await);
        answers.push(running.posted("/slack/interactions", "", "").await);
        for answer in &answers {
            assert_eq!(answer, &answers[0]);
        }
        assert_eq!((answers[0].status(), answers[0].body.as_str()), ("401", ""));
        assert_eq!(running.notebook.entries(), [""; 0]);
    }

    #[tokio::test]
    async fn signed_and_malformed_is_400_without_detail() {
        let running = started(Some(installation())).await;
        let deep = "[".repeat(10_000);
        let flood = "a=1&".repeat(50_000);
        for (path, body) in [
            ("/slack/commands", "ssl_check=1"),
            ("/slack/commands", flood.as_str()),
            ("/slack/interactions", "payload=%7B"),
            ("/slack/interactions", ""),
            ("/slack/events", "{}"),
            ("/slack/events", deep.as_str()),
        ] {
            let answer = running.posted(path, &signed(body), body).await;
            assert_eq!(
                (answer.status(), answer.body.as_str()),
                ("400", ""),
                "{path}"
            );
        }
        assert_eq!(running.notebook.entries(), [""; 0]);
    }

    #[tokio::test]
    async fn unknown_kinds_are_acknowledged_and_go_nowhere() {
        let running = started(Some(installation())).await;
        let hologram = "payload=%7B%22type%22%3A%22hologram%22%7D";
        let answer = running
            .posted("/slack/interactions", &signed(hologram), hologram)
            .await;
        assert_eq!(answer.status(), "200");
        let limited = r#"{"type":"app_rate_limited"}"#;
        let answer = running
            .posted("/slack/events", &signed(limited), limited)
            .await;
        assert_eq!(answer.status(), "200");
        assert_eq!(running.notebook.entries(), [""; 0]);
    }

    #[tokio::test]
    async fn too_large_is_413_before_the_body_is_there() {
        let running = started(Some(installation())).await;
        let mut stream = TcpStream::connect(running.address)
            .await
            .expect("a connection");
        let head = "POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 300000000\r\n\r\n";
        stream.write_all(head.as_bytes()).await.expect("sent");
        let answer = answered(&mut stream).await;
        assert_eq!((answer.status(), answer.body.as_str()), ("413", ""));
        assert!(answer.head.contains("connection: close"), "{}", answer.head);
    }

    #[tokio::test]
    async fn too_large_without_a_length_is_413_once_the_limit_is_passed() {
        let running = started(Some(installation())).await;
        let mut stream = TcpStream::connect(running.address)
            .await
            .expect("a connection");
        let head = "POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await.expect("sent");
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        for _ in 0..12 {
            if stream.write_all(chunk.as_bytes()).await.is_err() {
                break;
            }
        }
        let answer = answered(&mut stream).await;
        assert_eq!((answer.status(), answer.body.as_str()), ("413", ""));
    }

    #[tokio::test]
    async fn until_it_knows_where_it_is_installed_it_judges_nobody() {
        let running = started(None).await;
        let command = running
            .posted("/slack/commands", &signed(COMMAND), COMMAND)
            .await;
        assert_eq!(command.status(), "200");
        assert!(
            command.body.contains(r#""response_type":"ephemeral""#),
            "{}",
            command.body
        );
        assert!(command.body.contains("Try again"), "{}", command.body);
        let click = running
            .posted("/slack/interactions", &signed(CLICK), CLICK)
            .await;
        assert_eq!((click.status(), click.body.as_str()), ("503", ""));
        let event = running.posted("/slack/events", &signed(EVENT), EVENT).await;
        assert_eq!(event.status(), "503");
        let unsigned = running.posted("/slack/events", "", EVENT).await;
        assert_eq!(unsigned.status(), "401");
        let challenge = running
            .posted("/slack/events", &signed(CHALLENGE), CHALLENGE)
            .await;
        assert_eq!(
            (challenge.status(), challenge.body.as_str()),
            ("200", "lighthouse")
        );
        assert_eq!(running.notebook.entries(), [""; 0]);

        running
            .installed
            .send_replace(Some(Arc::new(installation())));
        let click = running
            .posted("/slack/interactions", &signed(CLICK), CLICK)
            .await;
        assert_eq!(click.status(), "200");
        assert_eq!(running.notebook.entries(), ["interaction"]);
    }

    #[tokio::test]
    async fn a_panic_is_500_without_detail_and_the_next_request_is_served() {
        let running = started(Some(installation())).await;
        let body = COMMAND.replace("list", "panic");
        let answer = running
            .posted("/slack/commands", &signed(&body), &body)
            .await;
        assert_eq!((answer.status(), answer.body.as_str()), ("500", ""));
        let answer = running
            .posted("/slack/interactions", &signed(CLICK), CLICK)
            .await;
        assert_eq!(answer.status(), "200");
    }

    #[tokio::test]
    async fn operators_read_health_and_readiness() {
        let running = started(None).await;
        let health = running.asked("GET", "/healthz", "", "").await;
        assert_eq!((health.status(), health.body.as_str()), ("200", "ok"));
        let ready = running.asked("GET", "/readyz", "", "").await;
        assert_eq!(ready.status(), "200");
        *running.readiness.lock().expect("a lock") = Readiness {
            blocked_by: vec![Blocker::SlackTokenDead],
            notes: vec![Note::TailscaleDown, Note::ClockSkew { seconds: 45 }],
            socket: None,
        };
        let ready = running.asked("GET", "/readyz", "", "").await;
        assert_eq!(ready.status(), "503");
        assert_eq!(
            ready.body,
            r#"{"ready":false,"blocked_by":["slack_token_dead"],"notes":[{"what":"tailscale_down"},{"what":"clock_skew","seconds":45}]}"#
        );
    }

    #[tokio::test]
    async fn other_methods_and_paths_are_refused_empty() {
        let running = started(Some(installation())).await;
        let wrong_method = running.asked("GET", "/slack/events", "", "").await;
        assert_eq!(
            (wrong_method.status(), wrong_method.body.as_str()),
            ("405", "")
        );
        for path in ["/", "/slack", "/slack/events/", "/slack/other", "/admin"] {
            let answer = running.posted(path, "", "").await;
            assert_eq!(
                (answer.status(), answer.body.as_str()),
                ("404", ""),
                "{path}"
            );
        }
    }

    #[tokio::test]
    async fn without_an_edge_the_slack_routes_do_not_exist() {
        use tower::ServiceExt;
        let probe: Probe = Arc::new(|| Box::pin(async { Readiness::default() }));
        let router = router(None, probe, Metrics::install());
        let request = ::axum::http::Request::post("/slack/commands")
            .body(Body::empty())
            .expect("a request");
        let answer = router.oneshot(request).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn floods_of_headers_are_refused() {
        let running = started(Some(installation())).await;
        let many = "X-Flood: 1\r\n".repeat(100);
        let answer = running.posted("/slack/events", &many, EVENT).await;
        assert_eq!(answer.status(), "431");
        let long = format!("X-Flood: {}\r\n", "x".repeat(64 * 1024));
        let answer = running.posted("/slack/events", &long, EVENT).await;
        assert_eq!(answer.status(), "431");
    }

    #[tokio::test]
    async fn a_stop_closes_idle_connections_and_ends() {
        let running = started(Some(installation())).await;
        let mut idle = TcpStream::connect(running.address)
            .await
            .expect("a connection");
        let request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
        idle.write_all(request.as_bytes()).await.expect("sent");
        let mut first = [0; 15];
        idle.read_exact(&mut first).await.expect("an answer");
        assert_eq!(&first, b"HTTP/1.1 200 OK");
        running.shutdown.begin();
        let rest = answered_rest(&mut idle).await;
        drop(idle);
        assert!(rest.ends_with("ok"), "{rest}");
        running.served.await.expect("a clean end");
        assert!(TcpStream::connect(running.address).await.is_err());
    }

    #[tokio::test]
    async fn a_crowd_that_says_nothing_keeps_nobody_out() {
        let running = started(Some(installation())).await;
        let mut crowd = Vec::new();
        for _ in 0..300 {
            let mut silent = TcpStream::connect(running.address)
                .await
                .expect("a connection");
            silent
                .write_all(b"POST /slack/events HTTP/1.1\r\nX-Slow: ")
                .await
                .expect("sent");
            crowd.push(silent);
        }
        let answer = running
            .posted("/slack/interactions", &signed(CLICK), CLICK)
            .await;
        assert_eq!(answer.status(), "200");
        let mut nothing = Vec::new();
        let _ = crowd[0].read_to_end(&mut nothing).await;
        assert!(
            nothing.is_empty(),
            "the first of the crowd was closed unheard"
        );
    }

    async fn answered_rest(stream: &mut TcpStream) -> String {
        let mut rest = String::new();
        let _ = stream.read_to_string(&mut rest).await;
        rest
    }
}
