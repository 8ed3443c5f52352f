//! A workspace, a tailnet and a bot between them. The bot has one thread for its tasks, the
//! stand-ins another, the client a third; a database brings its own.

use crate::postgres::Database;
use anyhow::{Context, bail};
use lapse::app::App;
use lapse::cli::wiring::{Bot, Ended};
use lapse::clock::Clock;
use lapse::config;
use lapse::lifecycle::Shutdown;
use lapse::sandbox::clock;
use lapse::sandbox::slack::{Channel, RateLimits, SlackSandbox, SlackSetup, User, Usergroup};
use lapse::sandbox::tailscale::{Device, TailnetSetup, TailscaleSandbox};
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::{Handle, Runtime};
use tokio::task::JoinHandle;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// A file, `synchronous=FULL`.
    Sqlite,
    /// The server of `LAPSE_TEST_POSTGRES_URL`.
    Postgres,
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// People who ask.
pub const REQUESTERS: usize = 100;
/// People who may approve.
pub const APPROVERS: usize = 20;
/// The profile that is asked for.
pub const PROFILE: &str = "prod-ssh";
/// The channel that hears of approvals.
const CHANNEL: &str = "C0PROD";

/// How long anything may take before the benchmark gives up.
pub const PATIENCE: Duration = Duration::from_mins(1);

const PROFILES: &str = r#"
[[profiles]]
id = "prod-ssh"
name = "Production SSH"
description = "tcp:22 on tag:prod"
attribute = "custom:prodSsh"
durations = ["30m", "1h", "2h"]
default_duration = "1h"
max_duration = "8h"
request_ttl = "8h"
justification = "required"
requesters = ["*"]
approvers = ["usergroup:prod-approvers"]
notify_channel = "C0PROD"
devices = "own-and-tagged"
device_tags = ["tag:ci", "tag:server"]
"#;

/// A runtime with one thread for tasks.
pub fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("no runtime")
}

/// A place in which a database lives, until it is dropped.
pub struct Home {
    folder: TempDir,
    postgres: Option<Database>,
}

impl Home {
    /// An empty one.
    pub async fn create(base: Base) -> anyhow::Result<Self> {
        let postgres = match base {
            Base::Sqlite => None,
            Base::Postgres => Some(Database::create().await),
        };
        let folder = tempfile::Builder::new().prefix("lapse-bench-").tempdir()?;
        Ok(Self { folder, postgres })
    }

    /// The database.
    pub fn url(&self) -> String {
        match &self.postgres {
            Some(database) => database.url.clone(),
            None => format!("sqlite://{}", self.file("lapse.db").display()),
        }
    }

    /// A file beside it.
    pub fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}

/// Both platforms.
pub struct Outside {
    /// Slack.
    pub slack: SlackSandbox,
    /// Tailscale.
    pub tailnet: TailscaleSandbox,
    runtime: Option<Runtime>,
}

impl Outside {
    /// Starts both, with one device of a requester each for `own` requests, and `further` ones.
    pub async fn start(own: usize, further: usize) -> anyhow::Result<Self> {
        let runtime = runtime()?;
        let started = runtime.spawn(async move {
            let slack = SlackSandbox::start(workspace()).await?;
            let tailnet = TailscaleSandbox::start(tailnet(own, further)).await?;
            anyhow::Ok((slack, tailnet))
        });
        let (slack, tailnet) = started.await??;
        Ok(Self {
            slack,
            tailnet,
            runtime: Some(runtime),
        })
    }

    /// The configuration of a bot that listens there.
    pub fn config_text(&self, listen: &str) -> String {
        format!(
            "[server]\nlisten = \"{listen}\"\n[slack]\napi_url = \"{}\"\n[tailscale]\napi_url = \"{}\"\ncalls_per_second = 1000\n[security]\nselectors = [\"usergroup:prod-approvers\"]\nchannel = \"{CHANNEL}\"\n{PROFILES}",
            self.slack.api_url(),
            self.tailnet.api_url(),
        )
    }

    /// The environment of a bot on that database.
    pub fn environment(&self, database: &str) -> Vec<(&'static str, String)> {
        vec![
            ("SLACK_BOT_TOKEN", "xoxb-sandbox-token".to_owned()),
            ("SLACK_SIGNING_SECRET", "sandbox-signing-secret".to_owned()),
            ("TAILSCALE_CLIENT_ID", self.tailnet.client_id()),
            ("TAILSCALE_CLIENT_SECRET", self.tailnet.client_secret()),
            ("DATABASE_URL", database.to_owned()),
        ]
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The requester of the nth request.
pub fn requester(nth: usize) -> String {
    format!("U0ASKER{}", nth % REQUESTERS)
}

/// Their address, which is their login.
pub fn address(nth: usize) -> String {
    format!("asker{}@example.com", nth % REQUESTERS)
}

/// The device of the nth request.
pub fn node(nth: usize) -> String {
    format!("nB{nth:07}CNTRL")
}

/// The approver of the nth request.
pub fn approver(nth: usize) -> String {
    format!("U0APPROVER{}", nth % APPROVERS)
}

fn workspace() -> SlackSetup {
    let approvers: Vec<String> = (0..APPROVERS).map(approver).collect();
    let members: Vec<&str> = approvers.iter().map(String::as_str).collect();
    let mut setup = SlackSetup::new(clock::system())
        .limits(RateLimits::none())
        .usergroup(Usergroup::new("S0APPROVERS", "prod-approvers", &members))
        .channel(Channel::public(CHANNEL, "prod"));
    for nth in 0..REQUESTERS {
        let name = format!("Asker {nth}");
        setup = setup.user(User::member(&requester(nth), &name, &address(nth)));
    }
    for (nth, id) in approvers.iter().enumerate() {
        let (name, mail) = (
            format!("Approver {nth}"),
            format!("approver{nth}@example.com"),
        );
        setup = setup.user(User::member(id, &name, &mail));
    }
    setup
}

fn tailnet(own: usize, further: usize) -> TailnetSetup {
    let mut setup = TailnetSetup::new().with_generated_devices(further);
    for nth in 0..own.max(REQUESTERS) {
        let name = format!("bench-{nth}");
        setup = setup.with_device(Device::new(&node(nth), &name, &address(nth), "linux"));
    }
    setup
}

struct Running {
    runtime: Option<Runtime>,
    app: App,
    address: SocketAddr,
    shutdown: Shutdown,
    stopped: Option<JoinHandle<Ended>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Everything together.
pub struct Workplace {
    /// On which database.
    pub base: Base,
    /// The platforms.
    pub outside: Outside,
    /// The database.
    pub home: Home,
    bot: Option<Running>,
}

impl Workplace {
    /// Starts a bot that knows its workspace and so many devices.
    pub async fn open(base: Base, own: usize, further: usize) -> anyhow::Result<Self> {
        let home = Home::create(base).await?;
        let outside = Outside::start(own, further).await?;
        let mut place = Self {
            base,
            outside,
            home,
            bot: None,
        };
        place.start_bot().await?;
        Ok(place)
    }

    async fn start_bot(&mut self) -> anyhow::Result<()> {
        let variables = self.outside.environment(&self.home.url());
        let environment = move |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone())
        };
        let text = self.outside.config_text("127.0.0.1:0");
        let report = config::read(&text, "lapse.toml", &environment);
        let Some(config) = report.config else {
            let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
            bail!("{}", problems.join("\n"));
        };
        let Ok(secrets) = config::secrets(config.slack.mode, &environment) else {
            bail!("the secrets of the stand-ins were refused");
        };
        let runtime = runtime()?;
        let shutdown = Shutdown::new();
        let asked = shutdown.clone();
        let handle = runtime.handle().clone();
        let started = on(handle, move || async move {
            let bot = Bot::start(config, &secrets, Clock::system(), asked).await?;
            let (app, address) = (bot.app().clone(), bot.address());
            anyhow::Ok((app, address, tokio::spawn(bot.stopped())))
        });
        let (app, address, stopped) = started.await??;
        self.outside.slack.connect_bot(&format!("http://{address}"));
        let known = app.clone();
        self.bot = Some(Running {
            runtime: Some(runtime),
            app,
            address,
            shutdown,
            stopped: Some(stopped),
        });
        eventually("the bot knows its workspace and its devices", || {
            let roster = known.memberships.roster();
            known.installed.get().is_some()
                && !roster.user_groups.is_empty()
                && known.devices.age(known.clock.now()).is_some()
        })
        .await?;
        let (stored, all) = (self.app()?.store.clone(), self.app()?.devices.len());
        let began = Instant::now();
        loop {
            let store = stored.clone();
            if self
                .on_bot(move || async move { store.devices().await })
                .await??
                .0
                .len()
                == all
            {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                bail!("the devices were never stored");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Stops the bot softly.
    pub async fn stop_bot(&mut self) -> anyhow::Result<()> {
        let Some(mut bot) = self.bot.take() else {
            return Ok(());
        };
        let (shutdown, stopped) = (bot.shutdown.clone(), bot.stopped.take());
        if let Some(runtime) = &bot.runtime {
            runtime.spawn(async move { shutdown.begin() }).await?;
        }
        if let Some(stopped) = stopped {
            stopped.await?;
        }
        Ok(())
    }

    /// Stops everything.
    pub async fn close(mut self) {
        if let Err(error) = self.stop_bot().await {
            eprintln!("the bot did not stop well: {error:#}");
        }
    }

    fn running(&self) -> anyhow::Result<&Running> {
        self.bot.as_ref().context("no bot runs")
    }

    /// Where the bot listens.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.running()?.address)
    }

    /// The parts of the bot that decide.
    pub fn app(&self) -> anyhow::Result<&App> {
        Ok(&self.running()?.app)
    }

    /// Runs something on the bot's thread, where its connections live.
    pub async fn on_bot<T: Send + 'static, Work: Future<Output = T>>(
        &self,
        work: impl FnOnce() -> Work + Send + 'static,
    ) -> anyhow::Result<T> {
        let runtime = self.running()?.runtime.as_ref().context("no bot runs")?;
        on(runtime.handle().clone(), work).await
    }
}

/// Runs something where another runtime's connections live.
pub async fn on<T: Send + 'static, Work: Future<Output = T>>(
    runtime: Handle,
    work: impl FnOnce() -> Work + Send + 'static,
) -> anyhow::Result<T> {
    Ok(tokio::task::spawn_blocking(move || runtime.block_on(work())).await?)
}

/// Waits until something holds.
pub async fn eventually(what: &str, holds: impl Fn() -> bool) -> anyhow::Result<()> {
    let began = Instant::now();
    while !holds() {
        if began.elapsed() > PATIENCE {
            bail!("never happened: {what}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
