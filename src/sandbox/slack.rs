//! A strict stand-in for Slack: its Web API as a real HTTP server on loopback, the state of
//! a workspace behind it, and the people who use it.
//!
//! It refuses what Slack refuses (Block Kit limits, missing scopes, JSON on read methods,
//! used-up triggers), honours expiry by the clock it is given, records every call, and goes
//! wrong on request. It shares no code with the product, so that a misunderstanding of
//! Slack's rules has to be made twice to go unnoticed. It does not play: files, search,
//! group messages, attachments, OAuth.
//!
//! | what for | where |
//! |---|---|
//! | starting | [`SlackSetup`], [`SlackSandbox::start`], [`SlackSandbox::api_url`] |
//! | changing the workspace | [`SlackSandbox::set_user`], [`SlackSandbox::revoke_token`], … |
//! | making it go wrong | [`SlackSandbox::fail`], [`Fault`], [`SlackSandbox::down`] |
//! | looking | [`SlackSandbox::calls`], [`SlackSandbox::refusals`], [`SlackSandbox::channel_messages`] |
//! | waiting for something | [`SlackSandbox::until`] |
//! | being a person | [`SlackSandbox::person`], [`Person`] |
//! | Socket Mode | [`SlackSetup::socket_mode`], [`SlackSandbox::sockets`], [`SlackSandbox::cut_socket`], … |
//! | running steps of workflows | [`SlackSandbox::run_step`], [`SlackSandbox::options`] |
//! | raw requests to the app | [`SlackSandbox::post`], [`SlackSandbox::event`], [`SlackSandbox::replay`] |
//!
//! Calls are served to their end even when the caller hangs up, as Slack would: a call that
//! timed out may still have been applied.

mod api;
mod arguments;
mod blocks;
mod deliveries;
mod events;
mod faults;
mod functions;
mod inspect;
mod knobs;
mod line;
mod messages;
mod person;
mod places;
mod rates;
mod record;
mod refused;
mod response_url;
mod server;
mod setup;
mod signature;
mod socket;
mod state;
mod steps;
#[cfg(test)]
mod tests;
mod triggers;
mod users;
mod views;

use std::{future::Future, io, sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use self::{
    blocks::{Problem, Surface, check_blocks, check_view},
    deliveries::{Answered, COMMANDS, Delivery, EVENTS, INTERACTIONS, Reply, Sent, Undelivered},
    faults::{Fault, Times},
    functions::{
        BadManifest, DynamicOptions, Execution, ExecutionState, Function, Parameter, ParameterKind,
    },
    inspect::Credentials,
    messages::{Audience, Author, Message, Wording},
    person::{Person, PersonError, SubmitReply, Submitted},
    places::{Channel, ChannelKind, Usergroup},
    rates::RateLimits,
    record::{Call, Outcome, Refusal},
    setup::SlackSetup,
    signature::Signing,
    socket::{OpenSocket, SentEnvelope},
    steps::{OptionsError, StepError, StepOption},
    users::{Standing, User},
    views::View,
};
use self::{
    line::{Line, Lines},
    state::{Shared, State},
};

/// How long an app may take to answer. Slack gives it three seconds; a test machine under
/// load deserves more, and tests about slowness measure for themselves.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running stand-in. Clones are handles to the same workspace; the server stops when the
/// last of them is dropped.
#[derive(Clone)]
pub struct SlackSandbox {
    shared: Arc<Shared>,
    stop: CancellationToken,
    _guard: Arc<DropGuard>,
}

impl SlackSandbox {
    /// Opens the workspace and starts to serve it.
    pub async fn start(setup: SlackSetup) -> io::Result<Self> {
        // Somebody else may have installed a provider already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .no_proxy()
            .build()
            .map_err(io::Error::other)?;
        let listener = TcpListener::bind(setup.listen).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let stop = CancellationToken::new();
        let state = State::new(setup, origin);
        let shared = Arc::new(Shared::new(state, http, stop.clone()));
        let service =
            server::router(Arc::clone(&shared)).into_make_service_with_connect_info::<Line>();
        let server = axum::serve(Lines(listener), service)
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        tokio::spawn(server.into_future());
        Ok(Self {
            shared,
            _guard: Arc::new(stop.clone().drop_guard()),
            stop,
        })
    }

    /// Stops the server: from now on its address refuses connections.
    pub fn shutdown(&self) {
        self.stop.cancel();
    }

    /// Where the server answers, without a path; `response_url`s begin with it.
    pub fn origin(&self) -> String {
        self.shared.read(|state| state.origin.clone())
    }

    /// What the product's `api_url` has to be.
    pub fn api_url(&self) -> String {
        format!("{}/api", self.origin())
    }

    /// Somebody who can act. Whoever is not in the workspace can act too, as a stranger.
    pub fn person(&self, user_id: &str) -> Person {
        Person::new(self.clone(), user_id)
    }

    /// Looks at once and after every change, until there is something to see or patience
    /// runs out.
    pub async fn until<T>(
        &self,
        patience: Duration,
        mut look: impl FnMut(&Self) -> Option<T>,
    ) -> Option<T> {
        let mut changes = self.shared.changes();
        let seen = async {
            loop {
                changes.mark_unchanged();
                if let Some(found) = look(self) {
                    return Some(found);
                }
                if changes.changed().await.is_err() {
                    return None;
                }
            }
        };
        tokio::time::timeout(patience, seen).await.ok().flatten()
    }

    /// Completes at the next change of anything, for pages that show the workspace.
    pub fn changed(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut changes = self.shared.changes();
        async move {
            let _ = changes.changed().await;
        }
    }
}
