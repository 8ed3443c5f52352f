//! A workspace, a tailnet and a running bot between them, all over real HTTP.
//!
//! Ada asks; Grace and Linus may approve; Sam is security; Gil is a guest. The bot runs on a
//! runtime of its own, so that it can be killed without a goodbye and started again on the same
//! database.

use super::clocks::Clocks;
use super::logs;
use super::postgres::Database;
use chrono::{DateTime, Utc};
use lapse::app::App;
use lapse::cli::wiring::Bot;
use lapse::config;
use lapse::domain::grant::Grant;
use lapse::domain::ids::GrantId;
use lapse::domain::request::Request;
use lapse::lifecycle::Shutdown;
use lapse::sandbox::clock::SandboxClock;
use lapse::sandbox::slack::{
    Channel, Delivery, Message, Person, RateLimits, SlackSandbox, SlackSetup, SubmitReply,
    Submitted, User, Usergroup, View,
};
use lapse::sandbox::tailscale::{Device, TailnetSetup, TailscaleSandbox};
use sqlx::{AnyConnection, Connection};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub const ADA: &str = "U0ADA";
pub const GRACE: &str = "U0GRACE";
pub const LINUS: &str = "U0LINUS";
pub const SAM: &str = "U0SAM";
pub const GIL: &str = "U0GIL";
pub const ADAS_MAC: &str = "nADAmbp11CNTRL";
pub const ADAS_PHONE: &str = "nADAphone1CNTRL";
pub const LINUS_BOX: &str = "nLINUSbox1CNTRL";
pub const CI_RUNNER: &str = "nCIrunner1CNTRL";
pub const APPROVERS: &str = "S0APPROVERS";
pub const PROD_CHANNEL: &str = "C0PROD";
pub const SECURITY_CHANNEL: &str = "C0SECURITY";
pub const PROD_SSH: &str = "custom:prodSsh";

/// The app as it is installed.
pub const MANIFEST: &str = include_str!("../../../slack-manifest.yaml");

/// How long anything may take in real time before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Which database a story is told on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    Sqlite,
    Postgres,
}

/// The profiles of most stories.
pub const PROFILES: &str = r#"
[[profiles]]
id = "prod-ssh"
name = "Production SSH"
description = "tcp:22 on tag:prod"
attribute = "custom:prodSsh"
durations = ["30m", "1h", "2h"]
default_duration = "1h"
max_duration = "8h"
request_ttl = "1h"
justification = "required"
requesters = ["*"]
approvers = ["usergroup:prod-approvers"]
notify_channel = "C0PROD"
"#;

/// How Slack's side reaches the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Slack posts.
    Http,
    /// The bot connects to Slack: Socket Mode.
    Socket,
}

impl Way {
    /// The way that this run of the suite takes: `LAPSE_TEST_SLACK=socket` is Socket Mode.
    fn of_this_run() -> Self {
        match std::env::var("LAPSE_TEST_SLACK").as_deref() {
            Err(_) | Ok("" | "http") => Self::Http,
            Ok("socket") => Self::Socket,
            Ok(other) => panic!("LAPSE_TEST_SLACK is http or socket, not {other:?}"),
        }
    }
}

/// Connections that each bot keeps up in Socket Mode.
pub const CONNECTIONS: usize = 2;
/// Slack waits three seconds; a machine that does other things too deserves a little more.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(4);
/// An address at which nobody listens.
const NOBODY: &str = "http://127.0.0.1:1";

/// How a world is before it begins.
pub struct Setup {
    base: Base,
    way: Way,
    profiles: String,
    tailscale: String,
    slack: Box<dyn FnOnce(SlackSetup) -> SlackSetup>,
    tailnet: Box<dyn FnOnce(TailnetSetup) -> TailnetSetup>,
}

impl Setup {
    pub fn on(base: Base) -> Self {
        Self {
            base,
            way: Way::of_this_run(),
            profiles: PROFILES.to_owned(),
            tailscale: String::new(),
            slack: Box::new(|setup| setup),
            tailnet: Box::new(|setup| setup),
        }
    }

    /// Slack posts, whatever this run does elsewhere: for stories about HTTP itself.
    pub fn over_http(mut self) -> Self {
        self.way = Way::Http;
        self
    }

    /// The bot connects to Slack, whatever this run does elsewhere: for stories about Socket Mode
    /// itself.
    pub fn over_sockets(mut self) -> Self {
        self.way = Way::Socket;
        self
    }

    /// Other profiles (and whatever else the configuration needs besides the addresses).
    pub fn profiles(mut self, toml: &str) -> Self {
        toml.clone_into(&mut self.profiles);
        self
    }

    /// More keys of `[tailscale]`.
    pub fn tailscale_keys(mut self, toml: &str) -> Self {
        toml.clone_into(&mut self.tailscale);
        self
    }

    /// A change to the workspace.
    pub fn slack(mut self, change: impl FnOnce(SlackSetup) -> SlackSetup + 'static) -> Self {
        self.slack = Box::new(change);
        self
    }

    /// A change to the tailnet.
    pub fn tailnet(mut self, change: impl FnOnce(TailnetSetup) -> TailnetSetup + 'static) -> Self {
        self.tailnet = Box::new(change);
        self
    }

    pub async fn start(self) -> World {
        let mut world = self.start_without_a_bot().await;
        world.start_bot().await;
        world
    }

    /// Everything but a bot.
    pub async fn start_without_a_bot(self) -> World {
        let clocks = Clocks::new();
        let time = clocks.of_stand_ins();
        self.furnish(clocks, time).await
    }

    /// Everything but a bot, in the machine's own time: for stories about the program itself.
    pub async fn start_in_real_time(self) -> World {
        self.furnish(Clocks::new(), lapse::sandbox::clock::system())
            .await
    }

    async fn furnish(self, clocks: Clocks, time: SandboxClock) -> World {
        logs::watch();
        let slack = SlackSetup::new(SandboxClock::clone(&time))
            .limits(RateLimits::none())
            .manifest(MANIFEST)
            .expect("Slack takes the manifest")
            .user(User::member(ADA, "Ada Lovelace", "ada@example.com"))
            .user(User::member(GRACE, "Grace Hopper", "grace@example.com"))
            .user(User::member(LINUS, "Linus Torvalds", "linus@example.com"))
            .user(User::member(SAM, "Sam Security", "sam@example.com"))
            .user(User::member(GIL, "Gil Guest", "gil@example.com").guest())
            .usergroup(Usergroup::new(APPROVERS, "prod-approvers", &[GRACE, LINUS]))
            .usergroup(Usergroup::new("S0SECURITY", "security", &[SAM]))
            .channel(Channel::public(PROD_CHANNEL, "prod").with(&[ADA, GRACE, LINUS]))
            .channel(Channel::private(SECURITY_CHANNEL, "security").with(&[SAM]));
        let slack = match self.way {
            Way::Http => slack,
            Way::Socket => slack.socket_mode(),
        };
        let slack = SlackSandbox::start((self.slack)(slack))
            .await
            .expect("Slack starts");
        slack.set_ack_patience(ACKNOWLEDGED_WITHIN);
        let tailnet = TailnetSetup::new()
            .with_clock(time)
            .with_device(Device::new(ADAS_MAC, "ada-mbp", "ada@example.com", "macOS"))
            .with_device(Device::new(
                LINUS_BOX,
                "linus-box",
                "linus@example.com",
                "linux",
            ))
            .with_device(Device::new(CI_RUNNER, "ci-runner", "", "linux").tagged(["tag:ci"]));
        let tailnet = TailscaleSandbox::start((self.tailnet)(tailnet))
            .await
            .expect("the tailnet starts");
        let folder = tempfile::tempdir().expect("a folder");
        let postgres = match self.base {
            Base::Sqlite => None,
            Base::Postgres => Some(Database::create().await),
        };
        World {
            slack,
            tailnet,
            clocks,
            way: self.way,
            app_token: "xapp-sandbox-token".to_owned(),
            folder,
            postgres,
            detour: None,
            profiles: self.profiles,
            tailscale: self.tailscale,
            bots: Vec::new(),
        }
    }
}

/// A bot on a runtime of its own.
struct RunningBot {
    runtime: Option<Runtime>,
    app: App,
    address: SocketAddr,
    shutdown: Shutdown,
    /// In Socket Mode each bot has a token of its own, so that Slack can be told whom to talk to.
    app_token: String,
}

impl Drop for RunningBot {
    /// A runtime may not be dropped where a test waits.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Everything together.
pub struct World {
    pub slack: SlackSandbox,
    pub tailnet: TailscaleSandbox,
    pub clocks: Clocks,
    pub way: Way,
    /// Of the bot that starts next, or of the one that started last.
    app_token: String,
    folder: TempDir,
    postgres: Option<Database>,
    detour: Option<String>,
    profiles: String,
    tailscale: String,
    bots: Vec<RunningBot>,
}

impl World {
    pub async fn on(base: Base) -> Self {
        Setup::on(base).start().await
    }

    pub fn database_url(&self) -> String {
        match &self.postgres {
            Some(database) => database.url.clone(),
            None => format!("sqlite://{}", self.folder.path().join("lapse.db").display()),
        }
    }

    /// The configuration file as text.
    pub fn config_text(&self) -> String {
        let mode = match self.way {
            Way::Http => "mode = \"http\"".to_owned(),
            Way::Socket => format!("mode = \"socket\"\nconnections = {CONNECTIONS}"),
        };
        format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n[slack]\n{mode}\napi_url = \"{}\"\n[tailscale]\napi_url = \"{}\"\n{}\n[security]\nselectors = [\"usergroup:security\"]\nchannel = \"{SECURITY_CHANNEL}\"\n{}",
            self.slack.api_url(),
            self.tailnet.api_url(),
            self.tailscale,
            self.profiles
        )
    }

    /// The environment that the program sees.
    pub fn environment(&self, variable: &str) -> Option<String> {
        match variable {
            "SLACK_BOT_TOKEN" => Some("xoxb-sandbox-token".to_owned()),
            "SLACK_SIGNING_SECRET" if self.way == Way::Http => {
                Some("sandbox-signing-secret".to_owned())
            }
            "SLACK_APP_TOKEN" if self.way == Way::Socket => Some(self.app_token.clone()),
            "TAILSCALE_CLIENT_ID" => Some(self.tailnet.client_id()),
            "TAILSCALE_CLIENT_SECRET" => Some(self.tailnet.client_secret()),
            "DATABASE_URL" => Some(self.detour.clone().unwrap_or_else(|| self.database_url())),
            _ => None,
        }
    }

    /// The next bot that starts reaches its database by this address.
    pub fn take_a_detour(&mut self, database_url: &str) {
        self.detour = Some(database_url.to_owned());
    }

    /// Replaces the further keys of `[tailscale]`; the next bot that starts reads them.
    pub fn rewrite_tailscale_keys(&mut self, toml: &str) {
        toml.clone_into(&mut self.tailscale);
    }

    /// Replaces the profiles; the next bot that starts reads them.
    pub fn rewrite_profiles(&mut self, toml: &str) {
        toml.clone_into(&mut self.profiles);
    }

    /// Starts a bot (a second one is a replica), connects Slack to it, and waits until it knows
    /// what it needs.
    pub async fn start_bot(&mut self) {
        self.launch_bot().await;
        self.ready().await;
    }

    /// The same, without waiting.
    pub async fn launch_bot(&mut self) {
        if !self.bots.is_empty() {
            self.app_token = format!("xapp-sandbox-token-{}", self.slack.sockets_so_far());
            self.slack.add_app_token(&self.app_token);
        }
        let environment = |variable: &str| self.environment(variable);
        let report = config::read(&self.config_text(), "lapse.toml", &environment);
        let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
        let config = report
            .config
            .unwrap_or_else(|| panic!("{}", problems.join("\n")));
        let secrets = config::secrets(config.slack.mode, &environment).expect("secrets");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let (clock, asked) = (self.clocks.of_bot(), Shutdown::new());
        let shutdown = asked.clone();
        let handle = runtime.handle().clone();
        let started = tokio::task::spawn_blocking(move || {
            handle.block_on(async move {
                let bot = Bot::start(config, &secrets, clock, asked).await?;
                let (app, address) = (bot.app().clone(), bot.address());
                tokio::spawn(bot.stopped());
                anyhow::Ok((app, address))
            })
        })
        .await
        .expect("the bot does not panic");
        let (app, address) = started.expect("the bot starts");
        self.bots.push(RunningBot {
            runtime: Some(runtime),
            app,
            address,
            shutdown,
            app_token: self.app_token.clone(),
        });
        self.talk_to_bot(self.bots.len() - 1);
    }

    /// Drops everything that the newest bot was doing, wherever it was.
    pub async fn kill_bot(&mut self) {
        let mut bot = self.bots.pop().expect("a bot runs");
        let runtime = bot.runtime.take().expect("a runtime");
        drop(bot);
        tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_millis(500)))
            .await
            .expect("the bot dies");
        if !self.bots.is_empty() {
            self.talk_to_bot(self.bots.len() - 1);
        }
    }

    /// Asks the newest bot to stop, as a signal does, and does not wait for it.
    pub fn ask_to_stop(&self) {
        let bot = self.bots.last().expect("a bot runs");
        let runtime = bot.runtime.as_ref().expect("a runtime");
        let _inside = runtime.enter();
        bot.shutdown.begin();
    }

    /// Kills the bot and starts it again on the same database.
    pub async fn restart_bot(&mut self) {
        self.kill_bot().await;
        self.start_bot().await;
    }

    /// Sends Slack's next deliveries to this bot, counted from 0.
    pub fn talk_to_bot(&self, nth: usize) {
        let bot = &self.bots[nth];
        match self.way {
            Way::Http => self.slack.connect_bot(&format!("http://{}", bot.address)),
            Way::Socket => self.slack.connect_app_token(&bot.app_token),
        }
    }

    /// Slack's next deliveries reach nobody.
    pub fn talk_to_nobody(&self) {
        match self.way {
            Way::Http => self.slack.connect_bot(NOBODY),
            Way::Socket => self.slack.connect_app_token("nobody's"),
        }
    }

    /// Sends a delivery to this bot, counted from 0, whomever Slack talks to otherwise; says with
    /// which status it was answered.
    pub async fn deliver(&self, nth: usize, delivery: &Delivery) -> u16 {
        let bot = &self.bots[nth];
        if self.way == Way::Socket {
            let answered = self.slack.replay_to(&bot.app_token, delivery).await;
            return answered.expect("it is answered").status;
        }
        let http = lapse::cli::wiring::http_client("http://127.0.0.1").expect("a client");
        let mut request = http.post(format!("http://{}{}", bot.address, delivery.path));
        for (name, value) in &delivery.headers {
            request = request.header(name, value);
        }
        let answer = request.body(delivery.body.clone()).send().await;
        answer.expect("it is answered").status().as_u16()
    }

    /// In Socket Mode, waits until the newest bot has all its connections.
    pub async fn connected(&self) {
        if self.way == Way::Socket {
            self.eventually("the bot is connected", || {
                let sockets = self.slack.sockets();
                let ours = sockets.iter().filter(|s| s.token == self.app_token);
                ours.count() >= CONNECTIONS
            })
            .await;
        }
    }

    /// Where the newest bot listens.
    pub fn address(&self) -> SocketAddr {
        self.bots.last().expect("a bot runs").address
    }

    /// The parts of this bot that decide, counted from 0.
    pub fn replica(&self, nth: usize) -> &App {
        &self.bots[nth].app
    }

    /// Where files of this story may lie.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The parts of the newest bot that decide, for looking at what is stored.
    pub fn app(&self) -> &App {
        &self.bots.last().expect("a bot runs").app
    }

    /// Waits until the bot knows its workspace, its people and its devices.
    pub async fn ready(&self) {
        self.connected().await;
        let app = self.app().clone();
        let selectors = app.policy.selectors();
        let needed = selectors.iter().filter(|s| s.to_string() != "*").count();
        let groups = || {
            let roster = app.memberships.roster();
            roster.user_groups.len() + roster.tailnet_groups.len() + roster.addresses.len()
        };
        self.eventually("the bot knows its workspace", || {
            app.installed.get().is_some()
        })
        .await;
        self.eventually("the bot knows its devices", || {
            app.devices.age(app.clock.now()).is_some()
        })
        .await;
        self.eventually("the bot knows its people", || groups() >= needed)
            .await;
    }

    /// Moves everybody's time forward.
    pub fn advance(&self, by: Duration) {
        self.clocks.advance(by);
    }

    /// Moves time in steps, letting the bot do what is due after each.
    pub async fn pass(&self, by: Duration) {
        const STEPS: u32 = 4;
        for _ in 0..STEPS {
            self.advance(by / STEPS);
            self.settle().await;
        }
    }

    /// Waits until nothing that could be done now is left to do.
    pub async fn settle(&self) {
        let began = Instant::now();
        let mut quiet = 0;
        while quiet < 3 {
            if self.is_busy().await {
                quiet = 0;
            } else {
                quiet += 1;
            }
            if began.elapsed() > PATIENCE {
                let left = self.what_is_left().await;
                panic!("there is always something left to do: {left}");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// For the message of a story that never comes to rest.
    pub async fn what_is_left(&self) -> String {
        let (store, now) = (self.app().store.clone(), self.clocks.now());
        format!(
            "it is {now}; due {:?}; waiting {:?}; next {:?}; pauses {:?}",
            store.due(now, 10).await,
            store.outbox_depth().await,
            store.next_run_at(now).await,
            store.pauses(now).await,
        )
    }

    /// The same, where messages wait for their turn: lets as many seconds pass as that takes.
    pub async fn calm(&self) {
        const TRY: Duration = Duration::from_millis(500);
        for _ in 0..15 {
            self.advance(Duration::from_secs(1));
            if tokio::time::timeout(TRY, self.settle()).await.is_ok() {
                return;
            }
        }
        self.settle().await;
    }

    async fn is_busy(&self) -> bool {
        let (store, now) = (self.app().store.clone(), self.clocks.now());
        let due = store.due(now, 1).await.map_or(true, |due| !due.is_empty());
        let runnable = match store.next_run_at(now).await {
            Ok(next) => next.is_some_and(|at| at <= now),
            Err(_) => true,
        };
        let waiting = store.outbox_depth().await.map_or(true, |depths| {
            depths.iter().any(|depth| depth.oldest <= now)
        });
        due || runnable || (waiting && !self.only_waits_for_a_pause(now).await)
    }

    /// Whether a pause is all that keeps the rows whose time has come: none of them runs.
    async fn only_waits_for_a_pause(&self, now: DateTime<Utc>) -> bool {
        let pauses = self.app().store.pauses(now).await.unwrap_or_default();
        if pauses.is_empty() {
            return false;
        }
        let mut conn = AnyConnection::connect(&self.database_url())
            .await
            .expect("the database answers");
        let running: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM outbox WHERE owner IS NOT NULL")
                .fetch_one(&mut conn)
                .await
                .expect("the outbox can be read");
        conn.close().await.expect("the connection closes");
        running == 0
    }

    /// Waits until something holds, and fails with the sentence if it never does.
    pub async fn eventually(&self, what: &str, holds: impl Fn() -> bool) {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < PATIENCE, "never happened: {what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub fn person(&self, id: &str) -> Person {
        self.slack.person(id)
    }

    /// Somebody opens the form with `/access`, and sees it.
    pub async fn open_form(&self, who: &str) -> View {
        let person = self.person(who);
        let reply = person
            .command("/access", "")
            .await
            .expect("the command is answered");
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        person
            .await_view("Request access", PATIENCE)
            .await
            .unwrap_or_else(|| panic!("no form: {:?}", reply.body))
    }

    /// Ada asks for production SSH on her Mac.
    pub async fn ada_asks(&self, duration: Duration, why: &str) -> Request {
        let reply = self
            .fill_and_submit(ADA, "prod-ssh", Some(ADAS_MAC), duration, why)
            .await;
        assert_eq!(reply.reply.status, 200, "{:?}", reply.reply.body);
        assert!(
            !matches!(reply.outcome, Submitted::Errors(_)),
            "{:?}",
            reply.outcome
        );
        self.newest_request(ADA).await
    }

    /// Fills the form as it is drawn and submits it.
    pub async fn fill_and_submit(
        &self,
        who: &str,
        profile: &str,
        device: Option<&str>,
        duration: Duration,
        why: &str,
    ) -> SubmitReply {
        logs::never_log(why);
        let person = self.person(who);
        let view = self.open_form(who).await;
        if !view.says("Why do you need it") {
            person
                .choose("profile", profile)
                .await
                .expect("the profile can be chosen");
            let now = person.clone();
            self.eventually("the form follows the profile", move || {
                now.open_view().is_some_and(|view| view.has_submit())
            })
            .await;
        }
        if let Some(device) = device {
            person
                .choose("device", device)
                .await
                .expect("the device can be chosen");
        }
        person
            .choose("duration", &duration.as_secs().to_string())
            .await
            .expect("the duration can be chosen");
        if !why.is_empty() {
            person
                .type_text("justification", why)
                .await
                .expect("a reason can be typed");
        }
        person.submit().await.expect("the form is submitted")
    }

    /// What somebody asked last.
    pub async fn newest_request(&self, who: &str) -> Request {
        let person = lapse::domain::ids::PersonId::new(who);
        let mut requests = self
            .app()
            .store
            .requests_of(&person, 1)
            .await
            .expect("readable");
        requests.pop().unwrap_or_else(|| {
            let view = self.person(who).open_view();
            panic!("nothing was asked; they see {view:#?}")
        })
    }

    pub async fn grant_of(&self, request: &Request) -> Grant {
        let grant = self
            .app()
            .store
            .grant(&GrantId::of(&request.id))
            .await
            .expect("readable");
        grant.expect("the request opened a grant")
    }

    pub async fn request(&self, request: &Request) -> Request {
        self.app()
            .store
            .request(&request.id)
            .await
            .expect("readable")
            .expect("still there")
    }

    /// The newest card of a person that says this.
    pub async fn card(&self, who: &str, text: &str) -> Message {
        let person = self.person(who);
        person.await_card(text, PATIENCE).await.unwrap_or_else(|| {
            let seen: Vec<String> = person
                .messages()
                .iter()
                .map(|m| m.texts().join(" | "))
                .collect();
            panic!(
                "{who} has no card that says {text:?}; they see:\n{}",
                seen.join("\n")
            )
        })
    }

    /// Somebody presses a button on their newest card that says this.
    pub async fn click(&self, who: &str, card: &str, button: &str) {
        let message = self.card(who, card).await;
        let reply = self
            .person(who)
            .click(&message, button)
            .await
            .expect("the click arrives");
        assert_eq!(reply.status, 200, "{:?}", reply.body);
    }

    /// What the bot last told a person where only they see it.
    pub async fn whisper(&self, who: &str) -> String {
        let person = self.person(who);
        let seen = person.clone();
        self.eventually("somebody is told something", move || {
            seen.latest_ephemeral().is_some()
        })
        .await;
        person
            .latest_ephemeral()
            .map(|message| message.texts().join(" "))
            .unwrap_or_default()
    }

    /// The audit trail of a request as the stable words of its events, in order.
    pub async fn trail(&self, request: &Request) -> Vec<&'static str> {
        let events = self
            .app()
            .store
            .events_of(&request.id)
            .await
            .expect("readable");
        for (place, stored) in events.iter().enumerate() {
            assert_eq!(stored.number as usize, place + 1, "the trail has a gap");
        }
        events
            .iter()
            .map(|stored| stored.event.kind.name())
            .collect()
    }

    /// Fails if the bot ever said something to Slack or Tailscale that they do not take.
    pub fn nothing_was_refused(&self) {
        let refusals = self.slack.refusals();
        assert!(refusals.is_empty(), "Slack refused: {refusals:#?}");
        let violations = self.tailnet.violations();
        assert!(violations.is_empty(), "Tailscale refused: {violations:#?}");
        logs::nothing_leaked();
    }
}

/// Tells a story on both databases.
#[macro_export]
macro_rules! on_both_databases {
    ($($story:ident),* $(,)?) => {$(
        mod $story {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                Box::pin(super::$story($crate::support::world::Base::Sqlite)).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                Box::pin(super::$story($crate::support::world::Base::Postgres)).await;
            }
        }
    )*};
}
