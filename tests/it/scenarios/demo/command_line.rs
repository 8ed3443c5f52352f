//! The command itself: what it refuses, what it prints, what it leaves behind.

use super::PATIENCE;
use crate::support::world::{Base, World};
use assert_cmd::Command;
use regex::Regex;
use reqwest::StatusCode;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

fn demo() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lapse"));
    command
        .env_clear()
        .args(["demo", "--no-open"])
        .timeout(PATIENCE);
    command
}

fn refused(command: &mut Command) -> String {
    let ended = command.assert().code(2);
    let output = ended.get_output();
    assert!(output.stdout.is_empty(), "no link is printed");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn it_does_not_start_beside_credentials_or_a_database() {
    for name in [
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET_FILE",
        "TAILSCALE_CLIENT_ID",
        "TAILSCALE_CLIENT_SECRET_FILE",
        "DATABASE_URL",
    ] {
        let said = refused(demo().env(name, "not-to-be-printed"));
        assert!(said.contains(name), "{said}");
        assert!(!said.contains("not-to-be-printed"), "{said}");
        assert!(said.contains("Nothing was started"), "{said}");
        assert_eq!(said.lines().count(), 1, "one sentence: {said}");
    }
}

#[test]
fn it_listens_on_this_machine_only() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.7:80"] {
        let said = refused(demo().args(["--listen", address]));
        assert!(said.contains("this machine only"), "{said}");
    }
}

#[test]
fn it_says_how_an_address_is_written() {
    for (typed, written) in [
        ("localhost:9000", "127.0.0.1:9000"),
        ("localhost", "127.0.0.1:9000"),
        ("9000", "127.0.0.1:9000"),
        ("127.0.0.1", "127.0.0.1:9000"),
    ] {
        let said = refused(demo().args(["--listen", typed]));
        assert!(said.contains("write"), "{said}");
        assert!(said.contains(written), "{typed}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_prints_its_link_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
    proxy.set_nonblocking(true).expect("it does not wait");
    let elsewhere = format!("http://{}", proxy.local_addr().expect("its address"));
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_lapse"))
        .env_clear()
        .env("TMPDIR", folder.path())
        .args(["demo", "--no-open", "--listen", "127.0.0.1:0"])
        .current_dir(folder.path())
        .env("http_proxy", &elsewhere)
        .env("ALL_PROXY", &elsewhere)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the demo starts");
    let out = child.stdout.take().expect("its output");
    let mut lines = BufReader::new(out).lines().map_while(Result::ok);
    let mut said = String::new();
    let link = loop {
        let line = lines.next().expect("a link is printed");
        said += &line;
        if let Some(link) = line.trim().strip_prefix("http://") {
            break format!("http://{link}");
        }
    };
    assert!(said.contains("Nothing leaves this machine"), "{said}");
    assert!(said.contains("gone"), "{said}");
    let http = lapse::cli::wiring::http_client("http://127.0.0.1").expect("a client");
    let page = http.get(&link).send().await.expect("a page");
    assert_eq!(page.status(), StatusCode::OK);
    let page = page.text().await.expect("text");
    assert!(page.contains("Nothing leaves this machine"));
    assert_eq!(entries(folder.path()), 1, "the database has a folder");
    let began = Instant::now();
    loop {
        let page = http.get(&link).send().await.expect("a page");
        if page.text().await.expect("text").contains("auth.test") {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "the bot never called Slack");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let asked = proxy.accept().map(|_| ()).map_err(|error| error.kind());
    assert_eq!(asked, Err(ErrorKind::WouldBlock), "the proxy stays alone");

    let asked = std::process::Command::new("sh")
        .arg("-c")
        .arg(format!("kill -TERM {}", child.id()))
        .status();
    assert!(asked.expect("sh runs").success());
    let ended = tokio::task::spawn_blocking(move || child.wait())
        .await
        .expect("no panic");
    assert_eq!(ended.expect("it ends").code(), Some(0));
    assert_eq!(entries(folder.path()), 0, "nothing stays");
}

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).expect("a folder").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serve_has_no_door_for_clock_or_faults() {
    let world = World::on(Base::Sqlite).await;
    let http = lapse::cli::wiring::http_client("http://127.0.0.1").expect("a client");
    let page = routes_of("src/sandbox/page");
    assert!(page.iter().any(|route| route == "/do/clock"));
    assert!(page.iter().any(|route| route == "/do/fault"));
    for route in page {
        let path = route.replace("{number}", "1");
        let url = format!("http://{}{path}", world.address());
        let looked = http.get(&url).send().await.expect("an answer");
        assert_eq!(looked.status(), StatusCode::NOT_FOUND, "GET {path}");
        let posted = http.post(&url).send().await.expect("an answer");
        assert_eq!(posted.status(), StatusCode::NOT_FOUND, "POST {path}");
    }
    let mut served = routes_of("src/http");
    served.sort();
    assert_eq!(served, ["/healthz", "/metrics", "/readyz"]);
}

/// Every route that is written out below a folder; those of Slack have their paths in
/// constants, which the documents list.
fn routes_of(folder: &str) -> Vec<String> {
    let pattern = Regex::new(r#"\.route\(\s*"([^"]+)""#).expect("a pattern");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut open = vec![root];
    let mut found = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder");
            open.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            found.extend(
                pattern
                    .captures_iter(&text)
                    .map(|captures| captures[1].to_owned()),
            );
        }
    }
    found
}
