//! Where parsed values go, and what comes back: the same whichever way they came.
//!
//! HTTP and Socket Mode differ in how they prove that something is Slack's and in how they say
//! that it was taken; what is done with it is decided here, once.

use crate::slack::Installation;
use crate::slack::parse::{Command, EventEnvelope, EventPost, Inbound, Interaction};
use serde_json::{Value, json};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::watch;

/// What `auth.test` has answered; nothing before it has.
pub type Installed = watch::Receiver<Option<Arc<Installation>>>;

const STARTING: &str =
    "Lapse is starting. Nothing was asked and nothing changed. Try again in a few seconds.";

/// An acknowledgement on its way. Slack waits three seconds for it.
pub type Acknowledged<'a> = Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;

/// Takes what is proved to be Slack's, and parsed. Handlers have to bear repetition: Slack
/// delivers again what it believes lost, and within five minutes a captured request can be sent
/// again.
pub trait Dispatch: Send + Sync {
    /// Somebody typed a slash command.
    fn command(&self, command: Command) -> Acknowledged<'_>;

    /// Somebody used something that Lapse shows.
    fn interaction(&self, interaction: Interaction) -> Acknowledged<'_>;

    /// Something happened in the workspace.
    fn event(&self, event: EventEnvelope) -> Acknowledged<'_>;
}

/// What Slack is answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Taken note of, without more to say; a submitted view closes.
    Empty,
    /// Taken note of, with a message, options, or what happens to a view.
    Json(Value),
    /// The text that proves the address of the events to be ours. HTTP only.
    Challenge(String),
    /// Not taken note of. Slack delivers events again; for a command use [`Reply::ephemeral`],
    /// because anything but an acknowledgement is shown as "`dispatch_failed`".
    Unavailable,
}

impl Reply {
    /// A text that only the person who asked sees.
    pub fn ephemeral(text: &str) -> Self {
        Self::Json(json!({ "response_type": "ephemeral", "text": text }))
    }
}

/// The way to a [`Dispatch`]. Until Lapse knows where it is installed it judges nobody: commands
/// are asked to try again, and everything else is left to Slack to deliver again.
#[derive(Clone)]
pub struct Intake {
    installed: Installed,
    dispatch: Arc<dyn Dispatch>,
}

impl Intake {
    /// A way to this dispatch, closed until there is an installation.
    pub fn new(installed: Installed, dispatch: Arc<dyn Dispatch>) -> Self {
        Self {
            installed,
            dispatch,
        }
    }

    /// Hands it over, and says what Slack is answered.
    pub async fn take(&self, inbound: Inbound) -> Reply {
        let is_installed = self.installed.borrow().is_some();
        match inbound {
            Inbound::Event(EventPost::UrlVerification { challenge }) => Reply::Challenge(challenge),
            Inbound::Command(_) if !is_installed => Reply::ephemeral(STARTING),
            _ if !is_installed => Reply::Unavailable,
            Inbound::Command(command) => self.dispatch.command(command).await,
            Inbound::Interaction(Interaction::Unknown { kind }) => ignored("interaction", &kind),
            Inbound::Interaction(interaction) => self.dispatch.interaction(interaction).await,
            Inbound::Event(EventPost::Unknown { kind }) => ignored("post", &kind),
            Inbound::Event(EventPost::Callback(event)) => self.dispatch.event(event).await,
        }
    }
}

/// Takes note of something that this version does not know, and says so in one line. The name
/// comes from outside, so only what names are made of is logged.
pub fn ignored(what: &str, kind: &str) -> Reply {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let kind: String = kind.chars().filter(plain).take(64).collect();
    tracing::info!(
        kind,
        "ignored an {what} of a kind that this version does not know"
    );
    Reply::Empty
}
