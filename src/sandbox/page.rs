//! The page of the demo: a workspace and a tailnet that one can look at and click in.
//!
//! Rendered on the server, kept live by server-sent events, served on loopback only. It shows
//! what the stand-ins hold and does what a person or a Slack client would do; it decides
//! nothing. What only the program around it can do (moving the clocks, killing the bot) it
//! asks of a [`Backstage`].
//!
//! | what | where |
//! |---|---|
//! | who is looking, and at what | `window` |
//! | the panes | `conversation`, `devices`, `stage`, `wire`, `workflow`, drawn together by `panes` |
//! | news for open windows | `live` |
//! | what people do | `act` |
//! | who may talk to it at all | `guard` |

mod act;
mod assets;
mod conversation;
mod devices;
mod faults;
mod guard;
mod live;
mod names;
mod panes;
pub mod render;
mod routes;
mod stage;
mod window;
mod wire;
mod workflow;

use std::{
    collections::BTreeMap,
    future::{Future, IntoFuture},
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{AbortHandle, JoinHandle},
};

use super::{slack::SlackSandbox, tailscale::TailscaleSandbox};
use faults::Chosen;

/// What takes a while and may come to nothing, with a sentence that says why.
pub type Attempt<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// What the page cannot do itself: the clocks and the bot belong to whoever runs the demo.
pub trait Backstage: Send + Sync + 'static {
    /// The time that everybody in the demo lives in.
    fn now(&self) -> DateTime<Utc>;

    /// Moves everybody's time forward.
    fn advance(&self, by: Duration);

    /// Whether the bot runs.
    fn is_running(&self) -> bool;

    /// Ends the bot without a goodbye, wherever it is.
    fn kill(&self) -> Attempt<'_>;

    /// Starts the bot on what its predecessor left behind, killing that first if it runs.
    fn restart(&self) -> Attempt<'_>;
}

/// A place in the tailnet that some profile opens.
#[derive(Clone, Debug)]
pub struct Destination {
    /// What people call it, such as `demo-streamer`.
    pub name: String,
    /// Where it is, as the policy file names it: `tag:demo:443`.
    pub at: String,
    /// The profile that opens it.
    pub profile: String,
}

/// Something in the menu of shortcuts.
#[derive(Clone, Debug)]
pub struct Shortcut {
    /// What the app knows it by.
    pub callback_id: String,
    /// What people read.
    pub label: String,
}

/// What a page shows.
pub struct PageSetup {
    /// Where it listens; a loopback address.
    pub listen: SocketAddr,
    /// The workspace.
    pub slack: SlackSandbox,
    /// The tailnet.
    pub tailnet: Arc<TailscaleSandbox>,
    /// Whoever moves the clocks.
    pub backstage: Arc<dyn Backstage>,
    /// What profiles open.
    pub destinations: Vec<Destination>,
    /// The app's name.
    pub app: String,
    /// The slash commands that the app has.
    pub commands: Vec<String>,
    /// The app's shortcuts that can be used anywhere.
    pub shortcuts: Vec<Shortcut>,
    /// The app's shortcuts in the menu of each message.
    pub message_shortcuts: Vec<Shortcut>,
    /// Whether the app has a home tab even before it has published one.
    pub home_tab: bool,
}

/// A page that is served until it is dropped.
pub struct Page {
    address: SocketAddr,
    server: AbortHandle,
}

impl Page {
    /// Starts to serve. Must be called inside a tokio runtime.
    pub async fn start(setup: PageSetup) -> io::Result<Self> {
        if !setup.listen.ip().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the page is for this machine only",
            ));
        }
        let listener = TcpListener::bind(setup.listen).await?;
        let address = listener.local_addr()?;
        let house = Arc::new(House {
            slack: setup.slack,
            tailnet: setup.tailnet,
            backstage: setup.backstage,
            destinations: setup.destinations,
            app: setup.app,
            commands: setup.commands,
            shortcuts: setup.shortcuts,
            message_shortcuts: setup.message_shortcuts,
            home_tab: setup.home_tab,
            chosen: Mutex::default(),
            read: Mutex::default(),
            news: watch::Sender::new(()),
        });
        let router = routes::router(house, address);
        // News are small; nobody waits for more of them to fill a packet.
        let listener = axum::serve::ListenerExt::tap_io(listener, |connection| {
            let _ = connection.set_nodelay(true);
        });
        let server: JoinHandle<_> = tokio::spawn(axum::serve(listener, router).into_future());
        Ok(Self {
            address,
            server: server.abort_handle(),
        })
    }

    /// The link.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What every part of the page works with.
struct House {
    slack: SlackSandbox,
    tailnet: Arc<TailscaleSandbox>,
    backstage: Arc<dyn Backstage>,
    destinations: Vec<Destination>,
    app: String,
    commands: Vec<String>,
    shortcuts: Vec<Shortcut>,
    message_shortcuts: Vec<Shortcut>,
    home_tab: bool,
    chosen: Mutex<Chosen>,
    /// How far each person has read their direct messages: the newest `ts`.
    read: Mutex<BTreeMap<String, String>>,
    news: watch::Sender<()>,
}

impl House {
    /// What goes wrong at the moment, as far as it was asked for here.
    fn chosen(&self) -> MutexGuard<'_, Chosen> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far people have read.
    fn read(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells open windows of a change that no stand-in tells them of.
    fn tell(&self) {
        self.news.send_replace(());
    }
}
