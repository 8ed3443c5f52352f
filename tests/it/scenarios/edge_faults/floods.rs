//! F30: more than anybody needs, sent to a process whose memory is watched.

use super::served::Served;
use hmac::{Hmac, KeyInit, Mac};
use std::fmt::Write as _;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// F30's bar, in KiB.
const MORE_MEMORY_AT_MOST: u64 = 4 * 1024;
const HUGE: usize = 300_000_000;
const AT_ONCE: usize = 8;
/// More than the seats that there are.
const SLOW: usize = 300;

/// Sends a head and as much of a body as is taken, and returns the status.
async fn pour(served: &Served, head: &str, chunk: &[u8], most: usize) -> String {
    let mut stream = TcpStream::connect(served.address)
        .await
        .expect("it listens");
    stream
        .write_all(head.as_bytes())
        .await
        .expect("the head is taken");
    let (mut from, mut to) = stream.split();
    let pouring = async {
        let mut sent = 0;
        while sent < most && to.write_all(chunk).await.is_ok() {
            sent += chunk.len();
        }
        sent
    };
    let reading = async {
        let mut answer = vec![0; 12];
        let read = from.read_exact(&mut answer).await;
        read.map(|_| String::from_utf8_lossy(&answer).into_owned())
    };
    let (sent, answer) = tokio::join!(pouring, reading);
    assert!(sent < HUGE, "all of it was taken");
    answer.expect("an answer comes before the end")
}

fn head(route: &str, more: &str) -> String {
    format!(
        "POST /slack/{route} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n{more}\r\n"
    )
}

fn signed(body: &str) -> String {
    let now = lapse::sandbox::clock::system()().timestamp();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"sandbox-signing-secret").expect("a key");
    mac.update(format!("v0:{now}:{body}").as_bytes());
    let mut headers = format!("X-Slack-Request-Timestamp: {now}\r\nX-Slack-Signature: v0=");
    for byte in mac.finalize().into_bytes() {
        write!(headers, "{byte:02x}").expect("text takes text");
    }
    headers + "\r\n"
}

async fn small(served: &Served, route: &str, body: &str, signature: &str) -> String {
    let length = format!(
        "Content-Length: {}\r\nConnection: close\r\n{signature}",
        body.len()
    );
    let mut stream = TcpStream::connect(served.address)
        .await
        .expect("it listens");
    let request = head(route, &length) + body;
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

/// All of it, once.
async fn flood(served: &Served) {
    let million_pairs = "a=1&".repeat(1_000_000);
    let zeros = vec![b'0'; 0x10000];
    let deep = "[".repeat(10_000);
    let many = "a=1&".repeat(50_000);
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let with_length = head("events", &format!("Content-Length: {HUGE}\r\n"));
    let without = head("commands", "Transfer-Encoding: chunked\r\n");
    let pairs = head(
        "interactions",
        &format!("Content-Length: {}\r\n", million_pairs.len()),
    );
    let bodies = (0..AT_ONCE).map(|_| async {
        let (a, b, c) = tokio::join!(
            pour(served, &with_length, &zeros, HUGE),
            pour(served, &without, chunk.as_bytes(), HUGE),
            pour(
                served,
                &pairs,
                million_pairs.as_bytes(),
                million_pairs.len()
            ),
        );
        for answer in [a, b, c] {
            assert_eq!(answer, "HTTP/1.1 413");
        }
    });
    futures_util::future::join_all(bodies).await;
    for (body, unsigned, true_one) in [(&deep, "401", "400"), (&many, "401", "400")] {
        for route in ["events", "commands", "interactions"] {
            let answer = small(served, route, body, "").await;
            assert_eq!(answer, format!("HTTP/1.1 {unsigned}"));
            let answer = small(served, route, body, &signed(body)).await;
            assert_eq!(
                answer,
                format!("HTTP/1.1 {true_one}"),
                "signed, and 10,000 deep"
            );
        }
    }
}

/// People who say a little and then nothing: half a head, or a head and half a body.
async fn crowd(served: &Served) -> Vec<TcpStream> {
    let body = head("events", "Content-Length: 200000\r\n") + &"x".repeat(4000);
    let mut crowd = Vec::new();
    for number in 0..SLOW {
        let mut slow = TcpStream::connect(served.address)
            .await
            .expect("it listens");
        let said = if number % 2 == 0 {
            "POST /slack/events HTTP/1.1\r\nX-Slow: "
        } else {
            &body
        };
        slow.write_all(said.as_bytes()).await.expect("sent");
        crowd.push(slow);
    }
    crowd
}

/// F30: 300 MB with and without a length, a million pairs, JSON ten thousand deep, and a crowd
/// that says nothing: refused before it is in memory, and whoever has something to say is heard.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_are_refused_before_they_are_in_memory() {
    let served = Served::start().await;
    // What every process needs once it has answered anything at all.
    for route in ["events", "commands", "interactions"] {
        small(&served, route, "a=1", "").await;
        small(&served, route, &"x".repeat(200_000), "").await;
    }
    let before = served.memory_now();
    flood(&served).await;
    let after_flood = served.most_memory();

    let silent = crowd(&served).await;
    let answer = tokio::time::timeout(Duration::from_secs(10), served.asked("/healthz")).await;
    assert_eq!(answer.expect("it is heard"), (200, "ok".to_owned()));
    let after_crowd = served.most_memory();
    drop(silent);

    println!("KiB: {before} before, {after_flood} flooded, {after_crowd} crowded");
    assert!(
        after_flood <= before + MORE_MEMORY_AT_MOST,
        "{before} KiB grew to {after_flood} KiB"
    );
    assert!(
        after_crowd <= before + MORE_MEMORY_AT_MOST,
        "{before} KiB grew to {after_crowd} KiB with a crowd"
    );
    let card = served.ada_asks().await;
    assert!(!card.buttons().is_empty(), "it works on");
    served.nothing_leaked();
}
