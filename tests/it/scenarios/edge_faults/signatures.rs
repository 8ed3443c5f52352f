//! Who is believed: F28 and F29.

use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, PROD_SSH, Setup, Way, World};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use lapse::sandbox::slack::Signing;
use lapse::slack::verify::{SIGNATURE, TIMESTAMP, Unverified, Verifier};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use secrecy::SecretString;
use std::fmt::Write;
use std::time::Duration;

const SECRET: &str = "sandbox-signing-secret";
/// F28's bars.
const AGAINST_THE_VERIFIER: u32 = 1_000_000;
const THROUGH_THE_ROUTE: u32 = 10_000;
const SENDERS: u32 = 8;
const COMMAND: &[u8] = b"command=%2Faccess&text=status&user_id=U0ADA&team_id=T0EXAMPLE";

fn signed(secret: &str, at: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(format!("v0:{at}:").as_bytes());
    mac.update(body);
    let mut text = "v0=".to_owned();
    for byte in mac.finalize().into_bytes() {
        write!(text, "{byte:02x}").expect("text takes text");
    }
    text
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("a header value")
}

/// One forgery: headers that a stranger could make up who has seen a signed request.
fn forged(random: &mut StdRng, at: i64, genuine: &str) -> HeaderMap {
    let now = at.to_string();
    let mut headers = HeaderMap::new();
    let mut with = |name: HeaderName, text: &str| headers.append(name, value(text));
    match random.random_range(0..16) {
        0 => {}
        1 => drop(with(TIMESTAMP, &now)),
        2 => drop(with(SIGNATURE, genuine)),
        3 => {
            with(TIMESTAMP, &now);
            with(SIGNATURE, genuine);
            with(SIGNATURE, genuine);
        }
        4 => {
            with(TIMESTAMP, &now);
            with(TIMESTAMP, &now);
            with(SIGNATURE, genuine);
        }
        5 => {
            let off = [301, -301, 3600, -86_400, i64::from(i32::MAX)][random.random_range(0..5)];
            let then = at + off;
            with(TIMESTAMP, &then.to_string());
            with(SIGNATURE, genuine);
        }
        6 => {
            let odd = ["", "+1", "-1", "now", "1e9", "0x5", "99999999999999999999"];
            with(TIMESTAMP, odd[random.random_range(0..odd.len())]);
            with(SIGNATURE, genuine);
        }
        7 => {
            let odd = [
                "",
                "v0=",
                "v1",
                &genuine[3..],
                &genuine[..66],
                &genuine.to_uppercase(),
            ];
            with(TIMESTAMP, &now);
            with(SIGNATURE, odd[random.random_range(0..odd.len())]);
        }
        8 => {
            // A second earlier or later, with the signature of now.
            with(
                TIMESTAMP,
                &(at + [-1, 1][random.random_range(0..2)]).to_string(),
            );
            with(SIGNATURE, genuine);
        }
        9..12 => {
            let mut near = genuine.to_owned().into_bytes();
            let place = random.random_range(3..near.len());
            near[place] = if near[place] == b'0' { b'f' } else { b'0' };
            with(TIMESTAMP, &now);
            with(SIGNATURE, std::str::from_utf8(&near).expect("text"));
        }
        _ => {
            let guess: [u64; 4] = random.random();
            let [a, b, c, d] = guess;
            with(TIMESTAMP, &now);
            with(SIGNATURE, &format!("v0={a:016x}{b:016x}{c:016x}{d:016x}"));
        }
    }
    headers
}

/// F28: a million forged, stale, missing and doubled headers, and not one is believed; what is
/// genuine is.
#[test]
fn a_million_forgeries_are_not_believed() {
    let at = 1_800_000_000;
    let now = DateTime::<Utc>::from_timestamp(at, 0).expect("a time that exists");
    let threads = 2;
    std::thread::scope(|scope| {
        for seed in 0..threads {
            scope.spawn(move || {
                let verifier = Verifier::new(&SecretString::from(SECRET));
                let mut random = StdRng::seed_from_u64(seed);
                let genuine = signed(SECRET, at, b"x");
                let mut believed = 0;
                for _ in 0..u64::from(AGAINST_THE_VERIFIER) / threads {
                    let headers = forged(&mut random, at, &genuine);
                    believed += u32::from(verifier.verify(&headers, b"x", now).is_ok());
                }
                assert_eq!(believed, 0);
                let true_one = HeaderMap::from_iter([
                    (TIMESTAMP, value(&at.to_string())),
                    (SIGNATURE, value(&genuine)),
                ]);
                assert_eq!(verifier.verify(&true_one, b"x", now), Ok(()));
                let other_body = verifier.verify(&true_one, b"y", now);
                assert_eq!(other_body, Err(Unverified::Forged));
            });
        }
    });
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().build().expect("a client")
}

/// What came back, without the date.
type Answered = (u16, Vec<(String, String)>, Vec<u8>);

async fn sent(client: &reqwest::Client, url: &str, headers: HeaderMap, body: Vec<u8>) -> Answered {
    let answer = client.post(url).headers(headers).body(body).send().await;
    let answer = answer.expect("the bot answers");
    let status = answer.status().as_u16();
    let mut headers: Vec<(String, String)> = answer
        .headers()
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("?").to_owned()))
        .collect();
    headers.sort();
    (
        status,
        headers,
        answer.bytes().await.expect("a body").to_vec(),
    )
}

/// F28: ten thousand of them through the three routes: always the same empty 401, and nothing
/// is stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_forgeries_get_one_and_the_same_empty_401() {
    // Over Socket Mode there are neither routes nor signatures.
    let world = Setup::on(Base::Sqlite).over_http().start().await;
    let at = world.clocks.now().timestamp();
    let genuine = signed(SECRET, at, COMMAND);
    let origin = format!("http://{}", world.address());
    let mut senders = tokio::task::JoinSet::new();
    for seed in 0..SENDERS {
        let (origin, genuine) = (origin.clone(), genuine.clone());
        senders.spawn(async move {
            let client = client();
            let mut random = StdRng::seed_from_u64(u64::from(seed));
            let mut seen = std::collections::BTreeSet::new();
            for round in 0..THROUGH_THE_ROUTE / SENDERS {
                let route = ["commands", "interactions", "events"][round as usize % 3];
                let url = format!("{origin}/slack/{route}");
                let headers = forged(&mut random, at, &genuine);
                seen.insert(sent(&client, &url, headers, COMMAND.to_vec()).await);
            }
            seen
        });
    }
    let mut seen = std::collections::BTreeSet::new();
    while let Some(answers) = senders.join_next().await {
        seen.extend(answers.expect("no sender fails"));
    }
    let (status, headers, body) = seen.first().expect("answers").clone();
    assert_eq!(seen.len(), 1, "they differ: {seen:?}");
    assert_eq!((status, body.as_slice()), (401, b"".as_slice()));
    assert_eq!(headers, [("content-length".to_owned(), "0".to_owned())]);
    let first = world.clocks.now() - Duration::from_hours(24);
    let stored = world.app().store.events_since(first, None, 10).await;
    assert!(stored.expect("readable").is_empty(), "nothing is stored");

    let client = client();
    let right = HeaderMap::from_iter([
        (TIMESTAMP, value(&at.to_string())),
        (SIGNATURE, value(&genuine)),
    ]);
    let url = format!("{origin}/slack/commands");
    let believed = sent(&client, &url, right, COMMAND.to_vec()).await;
    assert_eq!(believed.0, 200, "what is genuine is believed");
    let wrong = signed("another secret", at, COMMAND);
    let headers = HeaderMap::from_iter([
        (TIMESTAMP, value(&at.to_string())),
        (SIGNATURE, value(&wrong)),
    ]);
    assert_eq!(sent(&client, &url, headers, COMMAND.to_vec()).await.0, 401);
    let probe = sent(&client, &url, HeaderMap::new(), b"ssl_check=1".to_vec()).await;
    assert_eq!(
        (probe.0, probe.1),
        (401, headers_of_401()),
        "a certificate probe, too"
    );
    world.nothing_was_refused();
}

fn headers_of_401() -> Vec<(String, String)> {
    vec![("content-length".to_owned(), "0".to_owned())]
}

on_both_databases!(a_replay_is_a_no_op_and_then_a_401);

/// F29: everything that Slack sent is sent again: within five minutes nothing changes, after
/// them nothing is even read; and a clock 301 seconds off in either way signs in vain.
async fn a_replay_is_a_no_op_and_then_a_401(base: Base) {
    let world = World::on(base).await;
    let request = world
        .ada_asks(Duration::from_hours(1), "INC-42 db failover")
        .await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    world.card(ADA, "is open on").await;
    let (stored, trail) = (world.request(&request).await, world.trail(&request).await);
    let grant = world.grant_of(&request).await;
    let writes = world.tailnet.writes().len();
    let deliveries = world.slack.deliveries();
    assert!(deliveries.len() >= 3, "a command, a submission and a click");

    world.advance(Duration::from_mins(4));
    for delivery in &deliveries {
        let reply = world.slack.replay(delivery).await.expect("answered");
        assert_eq!(reply.status, 200, "{}", delivery.path);
    }
    world.settle().await;
    assert_eq!(world.request(&request).await, stored);
    assert_eq!(world.grant_of(&request).await, grant);
    assert_eq!(world.trail(&request).await, trail);
    assert_eq!(
        world.newest_request(ADA).await.id,
        request.id,
        "nothing new was asked"
    );
    assert_eq!(world.tailnet.writes().len(), writes);
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));

    if world.way == Way::Socket {
        // There are no signatures that could grow old: only Slack speaks over the connection.
        return;
    }
    world.advance(Duration::from_secs(61));
    for delivery in &deliveries {
        let reply = world.slack.replay(delivery).await.expect("answered");
        assert_eq!(
            (reply.status, reply.body.len()),
            (401, 0),
            "{}",
            delivery.path
        );
    }
    for (seconds, status) in [(301, 401), (-301, 401), (300, 200), (-300, 200)] {
        let body = COMMAND.to_vec();
        let form = "application/x-www-form-urlencoded";
        let reply = world
            .slack
            .post("/slack/commands", form, body, Signing::Off(seconds))
            .await;
        assert_eq!(reply.expect("answered").status, status, "{seconds} s off");
    }
    assert_eq!(world.trail(&request).await, trail);
}
