//! Chromium and the driver that holds its strings, as children of this process.

use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use url::{ParseError, Url};

/// How long the driver may take to begin.
const PATIENCE: Duration = Duration::from_mins(1);
const MISSING: &str = "chromedriver cannot be started: the browser tests need Debian's packages \
                       chromium and chromium-driver, which scripts/test.sh installs";

/// A browser with a profile of its own. It has to be closed: dropped, it leaves Chromium behind.
pub struct Chromium {
    pub client: Client,
    driver: Child,
    /// Read no further, but kept open: a driver that cannot write would stop.
    _says: Lines<BufReader<ChildStdout>>,
    _profile: TempDir,
}

impl Chromium {
    pub async fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect(MISSING);
        let says = driver.stdout.take().expect("a pipe");
        let mut says = BufReader::new(says).lines();
        let port = tokio::time::timeout(PATIENCE, port(&mut says)).await;
        let port = port.expect("chromedriver says where it listens");
        let profile = tempfile::tempdir().expect("a folder");
        let address = format!("http://127.0.0.1:{port}");
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let starting = builder.capabilities(wishes(&profile)).connect(&address);
        let client = tokio::time::timeout(PATIENCE, starting).await;
        let client = client.expect("Chromium starts in time");
        let client = client.expect("Chromium starts");
        Self {
            client,
            driver,
            _says: says,
            _profile: profile,
        }
    }

    pub async fn close(mut self) {
        let ended = tokio::time::timeout(PATIENCE, self.client.close()).await;
        ended
            .expect("Chromium ends in time")
            .expect("Chromium ends");
        self.driver.kill().await.expect("chromedriver ends");
    }
}

/// `ChromeDriver was started successfully on port 41035.`
async fn port(says: &mut Lines<BufReader<ChildStdout>>) -> u16 {
    const STARTED: &str = "started successfully on port ";
    loop {
        let line = says.next_line().await.expect("chromedriver can be read");
        let line = line.expect("chromedriver says where it listens");
        if let Some((_, port)) = line.split_once(STARTED) {
            return port.trim_end_matches('.').parse().expect("a port");
        }
    }
}

fn wishes(profile: &TempDir) -> Capabilities {
    let args = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--hide-scrollbars",
        "--lang=en-GB",
        "--window-size=1280,900",
    ];
    let mut args: Vec<String> = args.map(str::to_owned).into();
    args.push(format!("--user-data-dir={}", profile.path().display()));
    let mut wishes = Capabilities::new();
    wishes.insert("goog:chromeOptions".to_owned(), json!({ "args": args }));
    wishes
}

/// A command of the browser's own protocol, for what the driver does not know.
/// <https://chromedevtools.github.io/devtools-protocol/>
#[derive(Debug)]
pub struct Devtools {
    pub command: &'static str,
    pub parameters: Value,
}

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/goog/cdp/execute"))
    }

    fn method_and_body(&self, _: &Url) -> (axum::http::Method, Option<String>) {
        let body = json!({ "cmd": self.command, "params": self.parameters });
        (axum::http::Method::POST, Some(body.to_string()))
    }
}
