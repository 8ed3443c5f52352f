//! What `/readyz` looks at.

use crate::app::App;
use crate::domain::policy::Selector;
use crate::domain::roster::FRESH_FOR;
use crate::domain::seconds;
use crate::http::{Blocker, Note, Probe, Readiness, SocketState};
use crate::slack::client::{Client as SlackClient, Token};
use crate::slack::view::home::{Ailment, Clock};
use crate::socket::presence::{Past, Presence};
use crate::store::StoreError;
use crate::tailscale::Client as TailscaleClient;
use crate::worker::Health;
use chrono::TimeDelta;
use std::sync::Arc;
use std::time::Duration;

/// Scopes that the program needs; the manifest asks for the same.
pub const SCOPES: [&str; 5] = [
    "chat:write",
    "commands",
    "users:read",
    "users:read.email",
    "usergroups:read",
];
/// Clocks that differ by more than this are worth a note.
const SKEW: TimeDelta = TimeDelta::seconds(30);
/// The index is read every five minutes; twice that means that Tailscale does not answer.
const INDEX_OLD: Duration = Duration::from_mins(11);
/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_millis(2_500);

/// A probe over the parts of a running bot.
pub fn probe(
    app: App,
    slack: Arc<SlackClient>,
    tailscale: Arc<TailscaleClient>,
    socket: Option<Presence>,
) -> Probe {
    Arc::new(move || {
        let (app, slack, tailscale) = (app.clone(), Arc::clone(&slack), Arc::clone(&tailscale));
        let standing = socket.as_ref().map(Presence::standing);
        Box::pin(async move {
            let mut blocked_by = blockers(&app, &slack).await;
            let mut notes = notes(&app, &slack, &tailscale);
            if let Some(standing) = standing {
                match standing.past {
                    Past::NeverConnected => blocked_by.push(Blocker::SocketNotConnected),
                    Past::SwitchedOff => blocked_by.push(Blocker::SocketSwitchedOff),
                    Past::Connected if standing.open == 0 => notes.push(Note::SocketDisconnected),
                    Past::Connected => {}
                }
            }
            Readiness {
                blocked_by,
                notes,
                socket: standing.map(|standing| SocketState {
                    open: standing.open,
                    wanted: standing.wanted,
                }),
            }
        })
    })
}

/// The same notes as people read them on their home tabs.
pub fn health(
    app: App,
    slack: Arc<SlackClient>,
    tailscale: Arc<TailscaleClient>,
    socket: Option<Presence>,
) -> Health {
    Arc::new(move || {
        let now = app.clock.now();
        let disconnected = socket
            .as_ref()
            .is_some_and(|socket| socket.standing().open == 0);
        let disconnected = disconnected.then_some(Note::SocketDisconnected);
        notes(&app, &slack, &tailscale)
            .into_iter()
            .chain(disconnected)
            .map(|note| match note {
                Note::SocketDisconnected => Ailment::SocketDisconnected,
                Note::TailscaleDown => Ailment::TailscaleDown,
                Note::GroupsStale { seconds } => Ailment::GroupsStale {
                    since: seconds.map(|seconds| now - Duration::from_secs(seconds)),
                },
                Note::ScopesMissing { scopes } => Ailment::ScopesMissing { scopes },
                Note::ClockSkew { seconds } => Ailment::ClockSkew {
                    by: Duration::from_secs(seconds.unsigned_abs()),
                    direction: if seconds > 0 {
                        Clock::Ahead
                    } else {
                        Clock::Behind
                    },
                },
            })
            .collect()
    })
}

async fn blockers(app: &App, slack: &SlackClient) -> Vec<Blocker> {
    let mut blockers = Vec::new();
    match app.clock.timeout(PATIENCE, app.store.ping()).await {
        Ok(Ok(())) => match app.store.is_up_to_date().await {
            Ok(false) => blockers.push(Blocker::MigrationsMissing),
            Ok(true) => {}
            Err(_) => blockers.push(Blocker::DatabaseDown),
        },
        Ok(Err(StoreError::ReadOnly | StoreError::Full)) => {
            blockers.push(Blocker::DatabaseReadOnly);
        }
        Ok(Err(_)) | Err(_) => blockers.push(Blocker::DatabaseDown),
    }
    if matches!(slack.token().token(), Token::Dead { .. }) {
        blockers.push(Blocker::SlackTokenDead);
    } else if app.installed.get().is_none() {
        blockers.push(Blocker::SlackNotAnswered);
    }
    blockers
}

fn notes(app: &App, slack: &SlackClient, tailscale: &TailscaleClient) -> Vec<Note> {
    let now = app.clock.now();
    let mut notes = Vec::new();
    if app.devices.age(now).is_none_or(|age| age > INDEX_OLD) {
        notes.push(Note::TailscaleDown);
    }
    let roster = app.memberships.roster();
    let ages = app
        .policy
        .selectors()
        .into_iter()
        .filter_map(|selector| match selector {
            Selector::UserGroup(name) => Some(roster.user_groups.get(name).map(|m| m.as_of)),
            Selector::TailnetGroup(name) => Some(roster.tailnet_groups.get(name).map(|m| m.as_of)),
            Selector::Everyone | Selector::Address(_) => None,
        });
    let oldest = ages
        .map(|as_of| as_of.map(|at| seconds::until(now, at)))
        .max_by_key(|age| age.unwrap_or(Duration::MAX));
    match oldest {
        Some(Some(age)) if age > FRESH_FOR => {
            notes.push(Note::GroupsStale {
                seconds: Some(age.as_secs()),
            });
        }
        Some(None) => notes.push(Note::GroupsStale { seconds: None }),
        _ => {}
    }
    if let Some(installation) = app.installed.get()
        && !installation.scopes.is_empty()
    {
        let scopes: Vec<String> = SCOPES
            .iter()
            .filter(|scope| !installation.scopes.contains(**scope))
            .map(|scope| (*scope).to_owned())
            .collect();
        if !scopes.is_empty() {
            notes.push(Note::ScopesMissing { scopes });
        }
    }
    let skew = [slack.clock_skew(), tailscale.skew()]
        .into_iter()
        .flatten()
        .max_by_key(TimeDelta::abs);
    if let Some(skew) = skew.filter(|skew| skew.abs() > SKEW) {
        notes.push(Note::ClockSkew {
            seconds: skew.num_seconds(),
        });
    }
    notes
}
