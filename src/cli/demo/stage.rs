//! The bot on a runtime of its own, and the hands of all clocks.

use crate::cli::wiring::Bot;
use crate::clock::{Clock, ClockHand};
use crate::config::{self, Config, Secrets};
use crate::lifecycle::Shutdown;
use crate::sandbox::clock::HandClock;
use crate::sandbox::page::{Attempt, Backstage};
use crate::sandbox::slack::SlackSandbox;
use anyhow::{Context, anyhow};
use chrono::{DateTime, Utc};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::MissedTickBehavior;

/// How finely time passes. Each step wakes everything in the bot that waits for a time.
const STEP: Duration = Duration::from_millis(25);
/// How long a dying bot may hold what it has opened.
const DEATH: Duration = Duration::from_secs(2);

/// Bot and stand-ins live in the same time, which follows the machine's and jumps on request.
#[derive(Clone)]
pub struct Clocks {
    bot: Clock,
    hand: ClockHand,
    outside: HandClock,
}

impl Clocks {
    /// They show what the machine shows, and stand still until [`Self::follow`] runs.
    pub fn new() -> Self {
        let now = Clock::system().now();
        let (bot, hand) = Clock::manual(now);
        Self {
            bot,
            hand,
            outside: HandClock::showing(now),
        }
    }

    /// The stand-ins' clock.
    pub fn outside(&self) -> &HandClock {
        &self.outside
    }

    /// The time of the demo.
    pub fn now(&self) -> DateTime<Utc> {
        self.hand.now()
    }

    /// The outside first: whatever wakes in the bot finds the new time everywhere.
    fn advance(&self, by: Duration) {
        self.outside.advance(by);
        self.hand.advance(by);
    }

    /// Lets real time pass here too, for as long as what it returns is kept.
    pub fn follow(&self) -> Passing {
        let clocks = self.clone();
        let passing = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(STEP);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            let mut before = Instant::now();
            loop {
                ticks.tick().await;
                let now = Instant::now();
                clocks.advance(now - before);
                before = now;
            }
        });
        Passing(passing.abort_handle())
    }
}

/// Time that passes until this is dropped.
pub struct Passing(AbortHandle);

impl Drop for Passing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A bot with everything that it runs on.
struct RunningBot {
    runtime: Runtime,
    ended: JoinHandle<()>,
}

/// Starts and ends the bot, and moves the clocks.
pub struct Stage {
    clocks: Clocks,
    slack: SlackSandbox,
    config: Config,
    secrets: Secrets,
    bot: Mutex<Option<RunningBot>>,
    /// One change at a time.
    changing: tokio::sync::Mutex<()>,
}

impl Stage {
    /// Nothing runs yet.
    pub fn new(
        clocks: Clocks,
        slack: SlackSandbox,
        text: &str,
        environment: &config::Environment<'_>,
    ) -> anyhow::Result<Self> {
        let report = config::read(text, "the demo's configuration", environment);
        let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
        let config = report
            .config
            .with_context(|| format!("the demo is broken:\n{}", problems.join("\n")))?;
        let secrets = config::secrets(config.slack.mode, environment)
            .map_err(|_| anyhow!("the demo is broken: it has no credentials for its stand-ins"))?;
        Ok(Self {
            clocks,
            slack,
            config,
            secrets,
            bot: Mutex::new(None),
            changing: tokio::sync::Mutex::new(()),
        })
    }

    /// Starts the bot and tells Slack where it is.
    pub async fn start(&self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("lapse-bot")
            .enable_all()
            .build()
            .context("the bot's runtime could not be started")?;
        let (config, secrets) = (self.config.clone(), self.secrets.clone());
        let clock = self.clocks.bot.clone();
        let handle = runtime.handle().clone();
        let starting = tokio::task::spawn_blocking(move || {
            handle.block_on(Bot::start(config, &secrets, clock, Shutdown::new()))
        });
        let bot = match starting.await {
            Ok(Ok(bot)) => bot,
            failed => {
                // A runtime may not be dropped where something waits.
                runtime.shutdown_background();
                return Err(match failed {
                    Ok(Err(error)) => error,
                    _ => anyhow!("the bot panicked"),
                });
            }
        };
        self.slack.connect_bot(&format!("http://{}", bot.address()));
        let ended = runtime.spawn(async move {
            bot.stopped().await;
        });
        *self.bot() = Some(RunningBot { runtime, ended });
        Ok(())
    }

    /// Drops everything that the bot was doing, wherever it was.
    pub async fn end(&self) -> anyhow::Result<()> {
        let bot = self.bot().take();
        let Some(RunningBot { runtime, .. }) = bot else {
            return Ok(());
        };
        tokio::task::spawn_blocking(move || runtime.shutdown_timeout(DEATH))
            .await
            .context("the bot did not die")
    }

    fn bot(&self) -> MutexGuard<'_, Option<RunningBot>> {
        self.bot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(bot) = self.bot().take() {
            bot.runtime.shutdown_background();
        }
    }
}

impl Backstage for Stage {
    fn now(&self) -> DateTime<Utc> {
        self.clocks.now()
    }

    fn advance(&self, by: Duration) {
        self.clocks.advance(by);
    }

    fn is_running(&self) -> bool {
        self.bot()
            .as_ref()
            .is_some_and(|bot| !bot.ended.is_finished())
    }

    fn kill(&self) -> Attempt<'_> {
        Box::pin(async {
            let _turn = self.changing.lock().await;
            self.end().await.map_err(|error| format!("{error:#}"))
        })
    }

    fn restart(&self) -> Attempt<'_> {
        Box::pin(async {
            let _turn = self.changing.lock().await;
            let started = async {
                self.end().await?;
                self.start().await
            };
            started
                .await
                .map_err(|error| format!("The bot did not start: {error:#}"))
        })
    }
}
