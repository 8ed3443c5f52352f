//! The whole demo in one process: both stand-ins, the bot between them, and the page.

use super::folder::Folder;
use super::stage::{Clocks, Passing, Stage};
use super::{cast, manifest};
use crate::sandbox::page::{Backstage, Page, PageSetup};
use crate::sandbox::slack::{RateLimits, SlackSandbox, SlackSetup};
use crate::sandbox::tailscale::{ALL_SCOPES, OauthClient, TailnetSetup, TailscaleSandbox};
use anyhow::Context;
use std::net::SocketAddr;
use std::sync::Arc;

/// How much of the wire is kept to be looked at.
const KEPT: usize = 200;

/// A demo that runs until it is closed or dropped.
pub struct House {
    page: Page,
    stage: Arc<Stage>,
    slack: SlackSandbox,
    tailnet: Arc<TailscaleSandbox>,
    folder: Folder,
    _time: Passing,
}

impl House {
    /// Furnishes it and lets the bot begin; the page listens at `listen`.
    pub async fn open(listen: SocketAddr) -> anyhow::Result<Self> {
        let folder = Folder::new()?;
        let features = manifest::features()?;
        let clocks = Clocks::new();
        let slack = open_slack(&clocks).await?;
        let tailnet = Arc::new(open_tailnet(&clocks).await?);
        let stage = Arc::new(set_stage(&clocks, &slack, &tailnet, &folder)?);
        let page = Page::start(PageSetup {
            listen,
            slack: slack.clone(),
            tailnet: Arc::clone(&tailnet),
            backstage: Arc::clone(&stage) as Arc<dyn Backstage>,
            destinations: cast::destinations(),
            app: "Lapse".to_owned(),
            commands: vec!["/access".to_owned()],
            shortcuts: features.shortcuts,
            message_shortcuts: features.message_shortcuts,
            home_tab: features.home_tab,
        })
        .await
        .with_context(|| format!("{listen} cannot be listened on; nothing was started"))?;
        let time = clocks.follow();
        stage.start().await?;
        Ok(Self {
            page,
            stage,
            slack,
            tailnet,
            folder,
            _time: time,
        })
    }

    /// The link to the page.
    pub fn url(&self) -> String {
        self.page.url()
    }

    /// The workspace, for looking at it.
    pub fn slack(&self) -> &SlackSandbox {
        &self.slack
    }

    /// The tailnet, for looking at it.
    pub fn tailnet(&self) -> &TailscaleSandbox {
        &self.tailnet
    }

    /// Ends everything, and removes the database.
    pub async fn close(self) {
        if let Err(error) = self.stage.end().await {
            tracing::warn!(%error, "the demo ends before its bot");
        }
        if let Err(error) = self.folder.close() {
            tracing::warn!(%error, "the demo's temporary folder could not be removed");
        }
    }
}

/// Credentials of their own for each demo: the stand-ins can be reached by whatever runs on
/// this machine.
fn secret(prefix: &str) -> String {
    format!("{prefix}{:032x}", rand::random::<u128>())
}

async fn open_slack(clocks: &Clocks) -> anyhow::Result<SlackSandbox> {
    let setup = SlackSetup::new(clocks.outside().clock())
        .manifest(manifest::TEXT)
        .context("the app's manifest cannot be used")?;
    let mut setup = cast::workspace(setup);
    setup.rate_limits = RateLimits::published();
    setup.keeps = KEPT;
    setup.bot_token = secret("xoxb-demo-");
    setup.signing_secret = secret("");
    let slack = SlackSandbox::start(setup)
        .await
        .context("the stand-in for Slack could not be started")?;
    for (channel, who, words) in cast::SAID {
        slack.say(channel, who, words);
    }
    Ok(slack)
}

async fn open_tailnet(clocks: &Clocks) -> anyhow::Result<TailscaleSandbox> {
    let client = OauthClient::new("kDemo1CNTRL", &secret("demo-"), ALL_SCOPES);
    let setup = TailnetSetup::new()
        .with_clock(clocks.outside().clock())
        .keeping(KEPT);
    TailscaleSandbox::start(cast::tailnet(setup, client, clocks.now()))
        .await
        .context("the stand-in for Tailscale could not be started")
}

/// The bot's configuration: the real reader reads it, but from no file.
fn set_stage(
    clocks: &Clocks,
    slack: &SlackSandbox,
    tailnet: &TailscaleSandbox,
    folder: &Folder,
) -> anyhow::Result<Stage> {
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n\
         [slack]\napi_url = \"{}\"\n\
         {}",
        slack.api_url(),
        cast::PROFILES.replace(
            "[tailscale]\n",
            &format!("[tailscale]\napi_url = \"{}\"\n", tailnet.api_url()),
        ),
    );
    let database = folder.path().join("lapse.db");
    let credentials = slack.credentials();
    let environment = |variable: &str| match variable {
        "SLACK_BOT_TOKEN" => Some(credentials.bot_token.clone()),
        "SLACK_SIGNING_SECRET" => Some(credentials.signing_secret.clone()),
        "TAILSCALE_CLIENT_ID" => Some(tailnet.client_id()),
        "TAILSCALE_CLIENT_SECRET" => Some(tailnet.client_secret()),
        "DATABASE_URL" => Some(format!("sqlite://{}", database.display())),
        _ => None,
    };
    Stage::new(clocks.clone(), slack.clone(), &text, &environment)
}
