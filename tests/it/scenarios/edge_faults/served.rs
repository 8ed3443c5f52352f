//! `lapse serve` as a process of its own, for what only a process shows: its memory, its limits,
//! its logs. The clock is the machine's.

use crate::support::logs;
use crate::support::world::{ADA, ADAS_MAC, APPROVERS, GRACE, PATIENCE, PROFILES};
use lapse::sandbox::clock::system;
use lapse::sandbox::slack::{Message, RateLimits, SlackSandbox, SlackSetup, User, Usergroup};
use lapse::sandbox::tailscale::{Device, TailnetSetup, TailscaleSandbox};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The process, and what is around it.
pub struct Served {
    pub slack: SlackSandbox,
    pub tailnet: TailscaleSandbox,
    pub address: SocketAddr,
    child: Child,
    folder: TempDir,
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may be gone already; either way it is not there afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    /// Starts it on a SQLite file and waits until it is ready. It logs all it has to say.
    pub async fn start() -> Self {
        let slack = SlackSetup::new(system())
            .limits(RateLimits::none())
            .user(User::member(ADA, "Ada Lovelace", "ada@example.com"))
            .user(User::member(GRACE, "Grace Hopper", "grace@example.com"))
            .usergroup(Usergroup::new(APPROVERS, "prod-approvers", &[GRACE]));
        let slack = SlackSandbox::start(slack).await.expect("Slack starts");
        let tailnet = TailnetSetup::new().with_device(Device::new(
            ADAS_MAC,
            "ada-mbp",
            "ada@example.com",
            "macOS",
        ));
        let tailnet = TailscaleSandbox::start(tailnet).await.expect("it starts");
        let folder = tempfile::tempdir().expect("a folder");
        let profiles = PROFILES.replace("notify_channel = \"C0PROD\"\n", "");
        let config = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n[slack]\napi_url = \"{}\"\n[tailscale]\napi_url = \"{}\"\n{profiles}",
            slack.api_url(),
            tailnet.api_url(),
        );
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("lapse.toml"), config).expect("written");
        let log = std::fs::File::create(at("log")).expect("a log");
        // A file that may not grow is an error to be read, not a signal to die of.
        let child = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$0\" serve --config \"$1\""])
            .arg(env!("CARGO_BIN_EXE_lapse"))
            .arg(at("lapse.toml"))
            .env("RUST_LOG", "trace")
            .env(
                "DATABASE_URL",
                format!("sqlite://{}", at("lapse.db").display()),
            )
            // It is posted to, whichever way the rest of the run takes: its stories are about
            // bytes from strangers and about disks.
            .env("SLACK_BOT_TOKEN", "xoxb-sandbox-token")
            .env("SLACK_SIGNING_SECRET", "sandbox-signing-secret")
            .env("TAILSCALE_CLIENT_ID", tailnet.client_id())
            .env("TAILSCALE_CLIENT_SECRET", tailnet.client_secret())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("it runs");
        let mut served = Self {
            slack,
            tailnet,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            child,
            folder,
        };
        served.address = served.announced().await;
        served
            .slack
            .connect_bot(&format!("http://{}", served.address));
        served.until_ready().await;
        served
    }

    async fn announced(&self) -> SocketAddr {
        let began = Instant::now();
        loop {
            let log = self.log();
            let line = log.lines().find(|line| line.contains("Lapse is serving"));
            let address = line.and_then(|line| line.rsplit_once("address=")?.1.trim().parse().ok());
            if let Some(address) = address {
                return address;
            }
            assert!(began.elapsed() < PATIENCE, "it does not serve: {log}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn until_ready(&self) {
        let began = Instant::now();
        while self.asked("/readyz").await.1 != r#"{"ready":true,"blocked_by":[],"notes":[]}"# {
            assert!(began.elapsed() < PATIENCE, "it is never ready");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until something holds.
    pub async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !holds(self) {
            assert!(began.elapsed() < PATIENCE, "never happened: {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What it answers to an operator.
    pub async fn asked(&self, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("http://{}{path}", self.address)).await;
        let answer = answer.expect("it answers");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    /// Ada asks; this is Grace's card.
    pub async fn ada_asks(&self) -> Message {
        let ada = self.slack.person(ADA);
        ada.command("/access", "").await.expect("answered");
        let view = ada.await_view("Request access", PATIENCE).await;
        assert!(view.is_some(), "no form");
        ada.choose("device", ADAS_MAC).await.expect("offered");
        let why = "INC-42 the-log-must-not-know";
        logs::never_log(why);
        ada.type_text("justification", why).await.expect("typed");
        ada.submit().await.expect("sent");
        let card = self
            .slack
            .person(GRACE)
            .await_card("asks for Production SSH", PATIENCE)
            .await;
        card.expect("Grace is asked")
    }

    /// From now on no file of the process may become longer than so many bytes; `None` lifts it.
    pub fn limit_files_to(&self, bytes: Option<u64>) {
        let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        let done = Command::new("prlimit")
            .args(["--pid", &self.child.id().to_string()])
            .arg(format!("--fsize={limit}:unlimited"))
            .status();
        assert!(done.expect("prlimit of util-linux runs").success());
    }

    /// A field of `/proc/PID/status` in KiB.
    fn memory(&self, field: &str) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("it lives");
        let line = status.lines().find(|line| line.starts_with(field));
        let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        number.expect("the kernel says how much")
    }

    /// What is in memory now, in KiB; its high-water mark begins anew.
    pub fn memory_now(&self) -> u64 {
        let path = format!("/proc/{}/clear_refs", self.child.id());
        std::fs::write(path, "5").expect("the high-water mark can be reset");
        self.memory("VmRSS:")
    }

    /// The most that was in memory since then, in KiB.
    pub fn most_memory(&self) -> u64 {
        self.memory("VmHWM:")
    }

    fn log(&self) -> String {
        let log = std::fs::read(self.folder.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Fails if its log holds what it must not.
    pub fn nothing_leaked(&self) {
        let log = self.log();
        assert!(log.contains("TRACE"), "it logs at every level");
        let leaks: Vec<&str> = log
            .lines()
            .filter(|line| logs::leak_in(line).is_some())
            .collect();
        assert!(leaks.is_empty(), "{leaks:#?}");
        assert!(!log.contains("panicked"), "{log}");
    }
}
