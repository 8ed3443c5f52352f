//! `lapse demo`: what it occupies, and how long a click on its page takes to show, beside a bare
//! page of the same size, served and fetched in the same run.

use crate::measure::{Samples, millis, spread};
use crate::process::{Memory, memory_of};
use crate::report::Report;
use crate::settings::Settings;
use crate::workplace::PATIENCE;
use anyhow::{Context, bail, ensure};
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use futures_util::{Stream, StreamExt};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// Whose window it is.
const WINDOW: &str = "as=U0ADA&at=dm";
/// So many mebibytes at most.
const MEMORY: f64 = 64.0;
/// So many bare pages at most.
const PAGES: f64 = 10.0;

/// A demo as a child process; killed when it is dropped.
struct Demo {
    child: Child,
    origin: String,
    http: reqwest::Client,
}

/// Measures it.
pub async fn measure(settings: &Settings, report: &mut Report) -> anyhow::Result<()> {
    let demo = Demo::start().await?;
    let page = demo.page().await?;
    let length = page.len();
    let bare = bare_page(page).await?;
    let mut news = demo.news().await?;
    let (mut clicks, mut pages) = (Samples::default(), Samples::default());
    for nth in 0..settings.page_clicks {
        pages.add(fetch(&bare).await?);
        // A slash command: from the page to Slack's stand-in, the bot, back, and into the window.
        // It does not know the word, and says so: an answer like no other.
        let word = format!("nothing{nth}");
        let began = Instant::now();
        demo.write(&format!("/access {word}")).await?;
        until_told(&mut news, &format!("{word}</code>")).await?;
        clicks.add(began.elapsed());
    }
    report.note(
        format!("demo: a bare page of {length} bytes, served and fetched"),
        spread(&pages),
    );
    let (click, bare) = (millis(clicks.percentile(50)), millis(pages.percentile(50)));
    report.at_most(
        "demo: a slash command to its visible answer, p50 against the bare page",
        format!("{:.1} × ({})", click / bare, spread(&clicks)),
        click / bare,
        (PAGES, "×"),
    );
    let Memory { resident, peak } = memory_of(demo.child.id())?;
    report.at_most(
        "demo: memory after that",
        format!("{resident:.1} MiB, at most {peak:.1} MiB"),
        peak,
        (MEMORY, "MiB"),
    );
    Ok(())
}

impl Demo {
    async fn start() -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_lapse"));
        command.args(["demo", "--no-open", "--listen", &address.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let demo = Self {
            child: command.stderr(Stdio::null()).spawn()?,
            origin: format!("http://{address}"),
            http: lapse::cli::wiring::http_client("http://127.0.0.1")?,
        };
        let began = Instant::now();
        while demo.page().await.is_err() {
            ensure!(began.elapsed() < PATIENCE, "the demo never became ready");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        // The bot looks around first.
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        Ok(demo)
    }

    async fn page(&self) -> anyhow::Result<String> {
        let url = format!("{}/?{WINDOW}", self.origin);
        let page = self.http.get(url).send().await?.error_for_status()?;
        Ok(page.text().await?)
    }

    /// The pieces of what this window is told from now on.
    async fn news(&self) -> anyhow::Result<impl Stream<Item = String> + Unpin> {
        let url = format!("{}/events?{WINDOW}", self.origin);
        let answer = self.http.get(url).send().await?.error_for_status()?;
        let pieces = answer.bytes_stream().map(|piece| {
            let piece = piece.unwrap_or_default();
            String::from_utf8_lossy(&piece).into_owned()
        });
        Ok(Box::pin(pieces))
    }

    async fn write(&self, words: &str) -> anyhow::Result<()> {
        let body = json!({ "as": "U0ADA", "at": "dm", "words": words });
        let post = self.http.post(format!("{}/do/write", self.origin));
        let post = post.header("origin", &self.origin).json(&body);
        post.send().await?.error_for_status()?;
        Ok(())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("the demo could not be ended: {error}");
        }
    }
}

/// Waits until the messages of the window show this.
async fn until_told(
    news: &mut (impl Stream<Item = String> + Unpin),
    shown: &str,
) -> anyhow::Result<()> {
    let mut text = String::new();
    loop {
        let piece = tokio::time::timeout(PATIENCE, news.next()).await;
        text.push_str(&piece?.context("the window was closed")?);
        while let Some((event, rest)) = text.split_once("\n\n") {
            let told = event.strip_prefix("data:").map(str::trim);
            let news: Option<Value> = told.and_then(|data| serde_json::from_str(data).ok());
            let messages = news
                .as_ref()
                .and_then(|news| news["panes"]["messages"].as_str());
            if messages.is_some_and(|messages| messages.contains(shown)) {
                return Ok(());
            }
            text = rest.to_owned();
        }
    }
}

async fn bare_page(page: String) -> anyhow::Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let router = Router::new().route("/", get(move || async move { Html(page) }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

/// One fetch as a window makes it: over a connection of its own.
async fn fetch(url: &str) -> anyhow::Result<std::time::Duration> {
    let http = lapse::cli::wiring::http_client("http://127.0.0.1")?;
    let began = Instant::now();
    let page = http.get(url).send().await?.text().await?;
    if page.is_empty() {
        bail!("the bare page is empty");
    }
    Ok(began.elapsed())
}
