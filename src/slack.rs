//! Slack: what arrives from it and what is asked of it.
//!
//! Inbound, [`verify`] says whether a body really comes from Slack and [`parse`] turns it into
//! closed types. Outbound, the [`Slack`] trait is everything that Lapse asks of the Web API;
//! [`client::Client`] is the one that speaks HTTP. [`Connections`] is what Socket Mode asks, with a
//! token of its own. [`view`] draws what people see. Nothing here decides who may do what, and
//! nothing here reads the store.

pub mod account;
pub mod client;
pub mod error;
pub mod ids;
pub mod message;
pub mod parse;
pub mod socket_url;
pub mod step;
pub mod text;
pub mod unlogged;
pub mod verify;
pub mod view;
pub mod words;

pub use account::{Account, Installation, Reach, UserGroup};
pub use error::{CallError, Class};
pub use ids::{EnterpriseId, MessageTs, TriggerId, UserGroupId, ViewHash, ViewId};
pub use message::{Destination, Message, Posted, Response, ResponseUrl};
pub use socket_url::SocketUrl;
pub use unlogged::Unlogged;

use crate::domain::ids::{ChannelId, ExecutionId, PersonId, TeamId};
use crate::domain::person::Email;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;

/// What a call will have answered.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, CallError>> + Send + 'a>>;

/// What Lapse asks of Slack: one method of the [Web API](https://docs.slack.dev/reference/methods)
/// each. No call is repeated here; whoever asks decides by the error's [`Class`].
pub trait Slack: Send + Sync {
    /// `auth.test`: where the token is installed, and what it may do.
    fn auth_test(&self) -> Answer<'_, Installation>;

    /// `users.info`: one account as Slack knows it now.
    fn users_info<'a>(&'a self, person: &'a PersonId) -> Answer<'a, Account>;

    /// `users.lookupByEmail`: the account with this address, if there is one.
    fn users_lookup_by_email<'a>(&'a self, email: &'a Email) -> Answer<'a, Option<Account>>;

    /// `usergroups.list` with members. An org-wide installation has to name a workspace.
    fn usergroups<'a>(&'a self, team: Option<&'a TeamId>) -> Answer<'a, Vec<UserGroup>>;

    /// `chat.postMessage`. Slack knows no idempotency key: repeating it posts twice.
    fn post<'a>(&'a self, to: &'a Destination, message: &'a Message) -> Answer<'a, Posted>;

    /// `chat.postMessage` into the thread of a message.
    fn post_in_thread<'a>(
        &'a self,
        channel: &'a ChannelId,
        thread: &'a MessageTs,
        message: &'a Message,
    ) -> Answer<'a, Posted>;

    /// `chat.update`: replaces a message that Lapse posted.
    fn update<'a>(
        &'a self,
        channel: &'a ChannelId,
        ts: &'a MessageTs,
        message: &'a Message,
    ) -> Answer<'a, ()>;

    /// Answers through the address that came with a command or click: five uses in thirty
    /// minutes, followed only to Slack's own hosts.
    fn respond<'a>(&'a self, url: &'a ResponseUrl, response: &'a Response) -> Answer<'a, ()>;

    /// `views.open`: the trigger lives three seconds and works once.
    fn views_open<'a>(&'a self, trigger: &'a TriggerId, view: &'a Value) -> Answer<'a, ViewId>;

    /// `views.update`; with a hash it is refused when the view has changed since.
    fn views_update<'a>(
        &'a self,
        id: &'a ViewId,
        hash: Option<&'a ViewHash>,
        view: &'a Value,
    ) -> Answer<'a, ()>;

    /// `views.publish`: what a person's home tab shows. Publishing the same twice does no harm.
    fn views_publish<'a>(&'a self, person: &'a PersonId, view: &'a Value) -> Answer<'a, ()>;

    /// `functions.completeSuccess`: a step of a workflow goes on with these outputs.
    fn step_succeeded<'a>(&'a self, id: &'a ExecutionId, outputs: &'a Value) -> Answer<'a, ()>;

    /// `functions.completeError`: a step of a workflow stops with this sentence.
    fn step_failed<'a>(&'a self, id: &'a ExecutionId, sentence: &'a str) -> Answer<'a, ()>;

    /// Slack said in an event that the token no longer works: nothing but a probe now and then
    /// is sent until it does.
    fn token_died(&self, why: &str);

    /// `chat.getPermalink`: a link to a message.
    fn permalink<'a>(&'a self, channel: &'a ChannelId, ts: &'a MessageTs) -> Answer<'a, String>;
}

/// What Lapse asks of Slack with the app-level token.
pub trait Connections: Send + Sync {
    /// [`apps.connections.open`](https://docs.slack.dev/reference/methods/apps.connections.open):
    /// an address for one Socket Mode connection.
    fn connections_open(&self) -> Answer<'_, SocketUrl>;
}
