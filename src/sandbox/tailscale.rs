//! A strict stand-in for the Tailscale API, as a real HTTP server.
//!
//! Does what <https://tailscale.com/api> documents for tokens, devices, posture attributes,
//! people, the policy file and the configuration audit log; refuses what the real one
//! refuses; goes wrong on request; and remembers everything, so that a test can ask what
//! really reached Tailscale rather than what somebody believes to have sent. It has no
//! network of its own: [`TailscaleSandbox::can_reach`] says what the packet filter would do
//! with a new connection.

mod attribute;
mod attribute_calls;
mod connection;
mod console;
mod device;
mod fault;
mod front;
mod knobs;
mod log;
mod person;
mod policy;
mod policy_calls;
mod posture;
mod record;
mod refusal;
mod route;
mod setup;
mod tailnet;
#[cfg(test)]
mod tests;
mod token;

pub use attribute::{Attribute, AttributeValue, ExpiryStyle};
pub use console::ConsoleError;
pub use device::{Device, Seen};
pub use fault::{Fault, RateLimit};
pub use person::{Person, PersonStatus};
pub use policy_calls::Reachability;
pub use record::{Call, Refusal};
pub use refusal::RefusalKind;
pub use route::Route;
pub use setup::TailnetSetup;
pub use tailnet::{Change, Write, WriteAnswer};
pub use token::{ALL_SCOPES, OauthClient};

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use connection::{CuttableListener, Line};
use front::Shared;
use policy::Policy;
use tailnet::Tailnet;

/// A running stand-in; dropping it shuts it down.
pub struct TailscaleSandbox {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl TailscaleSandbox {
    /// Starts to listen. Must be called inside a tokio runtime.
    pub async fn start(setup: TailnetSetup) -> io::Result<Self> {
        let policy = Policy::read(setup.policy).map_err(io::Error::other)?;
        let mut tailnet = Tailnet::new(setup.name, setup.clients, policy);
        for person in setup.people {
            tailnet.people.insert(person.login.clone(), person);
        }
        for device in setup.devices {
            tailnet.put_device(device);
        }
        let shared = Arc::new(Shared::new(setup.clock, tailnet, setup.keeps));
        let listener = TcpListener::bind(setup.listen).await?;
        let address = listener.local_addr()?;
        let router = Router::new()
            .fallback(front::answer)
            .with_state(Arc::clone(&shared))
            .into_make_service_with_connect_info::<Line>();
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(CuttableListener(listener), router).await {
                tracing::error!(%error, "the Tailscale stand-in stopped");
            }
        });
        Ok(Self {
            shared,
            address,
            server,
        })
    }

    /// The origin, such as `http://127.0.0.1:41234`.
    pub fn api_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The id of its first OAuth client.
    pub fn client_id(&self) -> String {
        self.first_client(|client| client.id.clone())
    }

    /// The secret of its first OAuth client.
    pub fn client_secret(&self) -> String {
        self.first_client(|client| client.secret.clone())
    }

    /// Whether a device holds an attribute at this moment.
    pub fn has_attribute(&self, node: &str, key: &str) -> bool {
        self.attribute(node, key).is_some()
    }

    /// An attribute that a device holds at this moment.
    pub fn attribute(&self, node: &str, key: &str) -> Option<Attribute> {
        let now = self.shared.now();
        self.shared.tailnet().attributes(node, now).remove(key)
    }

    /// A device as it is now.
    pub fn device(&self, node: &str) -> Option<Device> {
        self.shared.tailnet().exact_device(node).cloned()
    }

    /// Whether a new connection from a device to, say, `tag:prod:22` would get through now.
    pub fn can_reach(&self, node: &str, dst: &str) -> Reachability {
        let now = self.shared.now();
        self.shared.tailnet().reachability(node, dst, now)
    }

    /// Every change of an attribute that was carried out, by anyone, oldest first.
    pub fn writes(&self) -> Vec<Write> {
        self.shared.tailnet().writes.clone()
    }

    /// Every call that came in, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.record().calls.iter().cloned().collect()
    }

    /// The newest so many of them, newest first.
    pub fn last_calls(&self, most: usize) -> Vec<Call> {
        let record = self.shared.record();
        record.calls.iter().rev().take(most).cloned().collect()
    }

    /// Every device as it is now, by node id.
    pub fn devices(&self) -> Vec<Device> {
        self.shared.tailnet().devices().cloned().collect()
    }

    /// The custom attributes that a device holds at this moment, by key.
    pub fn attributes(&self, node: &str) -> BTreeMap<String, Attribute> {
        let now = self.shared.now();
        self.shared.tailnet().attributes(node, now)
    }

    /// Whether something that was planned has yet to go wrong, or everything does.
    pub fn goes_wrong(&self) -> bool {
        let record = self.shared.record();
        record.down || record.plan.has_more()
    }

    /// Completes after the next call, for pages that show the tailnet. Time that passes and
    /// changes made by hand are nobody's call.
    pub fn called(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut changed = self.shared.changed.subscribe();
        async move {
            // An error says that the stand-in is gone, which is a change too.
            let _ = changed.changed().await;
        }
    }

    /// Every call of one route, oldest first.
    pub fn calls_of(&self, route: Route) -> Vec<Call> {
        let record = self.shared.record();
        let matching = record
            .calls
            .iter()
            .filter(|call| route.includes(call.route));
        matching.cloned().collect()
    }

    /// The most calls that came in during any window of this length.
    pub fn max_calls_per_window(&self, window: Duration) -> usize {
        self.shared.record().most_calls_in(window)
    }

    /// Calls that came in although a `Retry-After` had asked to wait. A call that was already
    /// on its way counts as well.
    pub fn calls_while_asked_to_wait(&self) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.while_asked_to_wait);
        calls
    }

    /// Every call that a rule of the API refused.
    pub fn refusals(&self) -> Vec<Refusal> {
        self.shared.record().refusals.clone()
    }

    /// The refusals that no correct client ever earns; to be empty at the end of a test.
    pub fn violations(&self) -> Vec<Refusal> {
        let mut refusals = self.refusals();
        refusals.retain(|refusal| refusal.kind == RefusalKind::Malformed);
        refusals
    }

    /// Waits until something holds; looks again after every call and every few milliseconds,
    /// because clocks move without calls.
    pub async fn until(&self, holds: impl Fn(&Self) -> bool) {
        let mut changed = self.shared.changed.subscribe();
        while !holds(self) {
            // Either way the next step is to look again.
            let _ = tokio::time::timeout(Duration::from_millis(10), changed.changed()).await;
        }
    }

    fn first_client(&self, part: impl Fn(&OauthClient) -> String) -> String {
        let tailnet = self.shared.tailnet();
        tailnet.clients.first().map(part).unwrap_or_default()
    }
}

impl Drop for TailscaleSandbox {
    fn drop(&mut self) {
        self.server.abort();
        // Connections live on in tasks of their own; they get no more answers.
        self.down();
    }
}
