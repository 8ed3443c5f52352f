//! A small HTTP/1.1 client: whole requests as bytes, connections kept, of the answer only what
//! is needed. Cheap enough that the server is what is measured.

use anyhow::{Context, bail};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use lapse::clock::Clock;
use sha2::Sha256;
use std::fmt::Write;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The secret of the stand-in workspace.
pub const SIGNING_SECRET: &str = "sandbox-signing-secret";

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// One connection.
pub struct Line {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Line {
    /// Connects.
    pub async fn open(to: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(to).await.context("no connection")?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            read: Vec::with_capacity(16 * 1024),
        })
    }

    /// Sends a whole request and reads its answer.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.stream.write_all(request).await?;
        self.read.clear();
        let head = loop {
            self.more().await?;
            if let Some(end) = find(&self.read, b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = std::str::from_utf8(&self.read[..head])?;
        let status = text
            .get(9..12)
            .and_then(|digits| digits.parse().ok())
            .context("no status")?;
        let length = text
            .split("\r\n")
            .find_map(|line| line.strip_prefix("content-length: "))
            .context("an answer without a length")?
            .parse::<usize>()?;
        while self.read.len() < head + length {
            self.more().await?;
        }
        Ok(Answer {
            status,
            body: self.read[head..head + length].to_vec(),
        })
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.read).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// A signed form as Slack posts it. A signature is good for five minutes.
pub fn signed(path: &str, body: &[u8]) -> anyhow::Result<Bytes> {
    let at = Clock::system().now().timestamp();
    let mut mac = Hmac::<Sha256>::new_from_slice(SIGNING_SECRET.as_bytes())?;
    mac.update(format!("v0:{at}:").as_bytes());
    mac.update(body);
    let mut signature = String::new();
    for byte in mac.finalize().into_bytes() {
        write!(signature, "{byte:02x}")?;
    }
    let length = body.len();
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: lapse.example\r\nAccept: */*\r\n\
         User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\
         X-Slack-Request-Timestamp: {at}\r\nX-Slack-Signature: v0={signature}\r\n\r\n"
    )
    .into_bytes();
    request.extend_from_slice(body);
    Ok(request.into())
}

/// A `GET` without anything.
pub fn get(path: &str) -> Bytes {
    format!("GET {path} HTTP/1.1\r\nHost: lapse.example\r\n\r\n").into()
}
