//! Puts the parts together: a running bot from a configuration, secrets and a clock.

use super::readiness;
use crate::app::App;
use crate::app::bell::Bell;
use crate::app::install::Installed;
use crate::app::memberships::Memberships;
use crate::clock::Clock;
use crate::config::{self, Config, Entrance, Secrets, SlackMode};
use crate::dispatch::{Dispatch, Intake};
use crate::domain::seconds;
use crate::http::dispatch::Switchboard;
use crate::http::{self, Edge};
use crate::lifecycle::Shutdown;
use crate::slack;
use crate::slack::verify::Verifier;
use crate::socket::Socket;
use crate::store::outbox::Lane;
use crate::store::{Flavor, Store};
use crate::tailscale::{self, DeviceIndex, Refresher};
use crate::telemetry::Metrics;
use crate::worker::Worker;
use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Connections to the database; the worker's and the edge's.
const POOL: u32 = 16;

/// A bot that serves.
pub struct Bot {
    app: App,
    address: SocketAddr,
    shutdown: Shutdown,
    serving: JoinSet<()>,
    background: JoinSet<()>,
}

/// An HTTP client for this address. Plain HTTP is for this machine only (the configuration sees to
/// that), and what stays on it takes no proxy, whatever the environment says.
pub fn http_client(to: &str) -> anyhow::Result<reqwest::Client> {
    // The second caller finds it installed; both installed the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder();
    let client = if to.starts_with("http://") {
        client.no_proxy()
    } else {
        client
    };
    client
        .user_agent(concat!("lapse/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(4))
        .pool_idle_timeout(Duration::from_secs(50))
        .build()
        .context("the HTTP client could not be set up")
}

/// The client for Slack.
pub fn slack_client(
    config: &Config,
    secrets: &Secrets,
    clock: &Clock,
) -> anyhow::Result<slack::client::Client> {
    let api = config.slack.api_url.clone();
    Ok(slack::client::Client::new(
        http_client(api.as_str())?,
        api,
        secrets.slack_bot_token.clone(),
        clock.clone(),
    ))
}

/// The client for Socket Mode connections.
pub fn app_client(
    config: &config::Slack,
    token: &SecretString,
    clock: &Clock,
) -> anyhow::Result<slack::client::AppClient> {
    let api = config.api_url.clone();
    Ok(slack::client::AppClient::new(
        http_client(api.as_str())?,
        api,
        token.clone(),
        clock.clone(),
    ))
}

/// The client for Tailscale.
pub fn tailscale_client(
    config: &Config,
    secrets: &Secrets,
    clock: &Clock,
) -> anyhow::Result<tailscale::Client> {
    let credentials = tailscale::Credentials {
        client_id: secrets.tailscale_client_id.expose_secret().to_owned(),
        client_secret: secrets.tailscale_client_secret.clone(),
    };
    let (origin, tailnet) = (&config.tailscale.api_url, config.tailscale.tailnet.as_str());
    Ok(tailscale::Client::new(
        http_client(origin.as_str())?,
        clock.clone(),
        origin,
        tailnet,
        credentials,
    ))
}

impl Bot {
    /// Opens the database, binds the address, and starts everything.
    pub async fn start(
        config: Config,
        secrets: &Secrets,
        clock: Clock,
        shutdown: Shutdown,
    ) -> anyhow::Result<Self> {
        let store = Store::open(config.database.url.expose_secret(), POOL).await?;
        let listener = TcpListener::bind(config.server.listen)
            .await
            .with_context(|| {
                format!(
                    "{} cannot be listened on; nothing was started",
                    config.server.listen
                )
            })?;
        let address = listener
            .local_addr()
            .context("the bound address is not known")?;

        let slack = Arc::new(slack_client(&config, secrets, &clock)?);
        let tailscale = Arc::new(tailscale_client(&config, secrets, &clock)?);
        // What Tailscale asked for outlives the process that it asked.
        let now = clock.now();
        for pause in store.pauses(now).await? {
            if pause.covers(&Lane::tailscale()) {
                tailscale.keep_quiet_for(seconds::until(pause.until, now));
            }
        }
        let devices = Arc::new(DeviceIndex::new());
        let refresher = Arc::new(Refresher::new(
            tailscale.clone(),
            Arc::clone(&devices),
            clock.clone(),
        ));
        let app = App {
            store,
            policy: Arc::new(config.policy),
            slack: slack.clone(),
            tailscale: tailscale.clone(),
            devices,
            refresher,
            memberships: Arc::new(Memberships::default()),
            installed: Installed::default(),
            clock: clock.clone(),
            work: Bell::default(),
            due: Bell::default(),
        };
        app.remember().await?;

        let metrics = Metrics::install();
        let switchboard = Arc::new(Switchboard::new(app.clone()));
        let entrance = entrance(&config.slack, &secrets.slack_entrance, &app, &switchboard)?;
        let presence = entrance.socket.as_ref().map(Socket::presence);
        let health = readiness::health(
            app.clone(),
            Arc::clone(&slack),
            Arc::clone(&tailscale),
            presence.clone(),
        );
        let probe = readiness::probe(app.clone(), slack, tailscale, presence);
        let router = http::router(entrance.edge, probe, metrics.clone());

        let mut serving = JoinSet::new();
        let stop = shutdown.clone();
        serving.spawn(async move {
            let served = http::serve(listener, router, stop.clone());
            match entrance.socket {
                Some(socket) => {
                    tokio::join!(served, socket.run(stop.clone()));
                }
                None => served.await,
            }
            switchboard.finished(&stop).await;
        });
        let mut background = JoinSet::new();
        let worker = Worker::new(
            app.clone(),
            &crate::app::ids::owner(),
            config.tailscale.calls_per_second,
        )
        .telling(health);
        serving.spawn(worker.clone().run(shutdown.clone()));
        background.spawn(worker.keep_counted());
        background.spawn(metrics.keep_tidy());
        start_reading(&app, &mut background);
        tracing::info!(%address, "Lapse is serving");
        Ok(Self {
            app,
            address,
            shutdown,
            serving,
            background,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The parts that decide, for looking at them.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Begins a soft stop.
    pub fn stop(&self) {
        self.shutdown.begin();
    }

    /// Waits until everything that was under way has ended, after a stop has begun. A part that
    /// ends before that takes the rest down with it: half a bot would look alive and end nothing.
    pub async fn stopped(mut self) -> Ended {
        let mut ended = Ended::AsAsked;
        while !self.serving.is_empty() {
            let part = tokio::select! {
                Some(part) = self.serving.join_next() => part,
                Some(part) = self.background.join_next() => part,
            };
            if !self.shutdown.has_begun() {
                tracing::error!(
                    panicked = part.is_err(),
                    "a part of Lapse ended by itself; stopping, so that whoever watches starts it again"
                );
                ended = Ended::ByItself;
                self.shutdown.begin();
            }
        }
        self.background.shutdown().await;
        self.app.store.close().await;
        tracing::info!("Lapse has stopped; what was acknowledged is stored");
        ended
    }
}

/// What Slack's side comes in through: one of the two.
struct In {
    edge: Option<Edge>,
    socket: Option<Socket>,
}

fn entrance(
    config: &config::Slack,
    entrance: &Entrance,
    app: &App,
    switchboard: &Arc<Switchboard>,
) -> anyhow::Result<In> {
    let (clock, installed) = (app.clock.clone(), app.installed.subscribe());
    let dispatch: Arc<dyn Dispatch> = switchboard.clone();
    Ok(match (entrance, config.mode) {
        (Entrance::Http { signing_secret }, _) => In {
            edge: Some(Edge::new(
                Verifier::new(signing_secret),
                clock,
                installed,
                dispatch,
            )),
            socket: None,
        },
        (Entrance::Socket { app_token }, mode) => {
            let connections = match mode {
                SlackMode::Socket { connections } => connections,
                SlackMode::Http => 1,
            };
            let app_client = app_client(config, app_token, &clock)?;
            let intake = Intake::new(installed, dispatch);
            In {
                edge: None,
                socket: Some(Socket::new(
                    Arc::new(app_client),
                    http_client(config.api_url.as_str())?,
                    intake,
                    clock,
                    connections,
                )),
            }
        }
    })
}

/// How a bot came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was asked to stop.
    AsAsked,
    /// One of its parts ended without being asked.
    ByItself,
}

/// The loops that keep knowledge fresh; they end when they are dropped.
fn start_reading(app: &App, background: &mut JoinSet<()>) {
    let refresher = Arc::clone(&app.refresher);
    background.spawn(async move { refresher.run().await });
    let learning = app.clone();
    background.spawn(async move { learning.keep_installed().await });
    background.spawn(app.clone().keep_looking_at_holders());
    background.spawn(app.clone().keep_user_groups_fresh());
    background.spawn(app.clone().keep_tailnet_groups_fresh());
    background.spawn(app.clone().keep_addresses_resolved());
    background.spawn(app.clone().keep_devices_stored());
    background.spawn(app.clone().keep_sweeping());
    if app.store.flavor() == Flavor::Sqlite {
        background.spawn(app.clone().keep_checkpointed());
    }
    background.spawn(app.clone().keep_tidy());
    background.spawn(app.clone().keep_gauges());
}
