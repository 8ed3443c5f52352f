//! Everything that the stand-in knows, behind one lock.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{
    PATIENCE,
    blocks::normalise_blocks,
    deliveries::Sent,
    faults::Faults,
    functions::{Executions, Function},
    messages::{AppIdentity, Audience, Author, Message, Messages},
    places::{Channel, Usergroup, direct_id},
    rates::Rates,
    record::Record,
    response_url::ResponseUrls,
    setup::SlackSetup,
    socket::Sockets,
    triggers::Triggers,
    users::{Home, User},
    views::Views,
};
use crate::sandbox::clock::SandboxClock;

/// The workspace.
pub(super) struct State {
    pub(super) clock: SandboxClock,
    pub(super) app: AppIdentity,
    pub(super) team_domain: String,
    pub(super) enterprise_id: Option<String>,
    pub(super) org_wide: bool,
    pub(super) token: String,
    pub(super) token_revoked: bool,
    pub(super) signing_secret: String,
    pub(super) scopes: BTreeSet<String>,
    pub(super) messages_tab: bool,
    pub(super) edit_window: Option<TimeDelta>,
    pub(super) date_skew: TimeDelta,
    pub(super) users: BTreeMap<String, User>,
    pub(super) usergroups: BTreeMap<String, Usergroup>,
    pub(super) channels: BTreeMap<String, Channel>,
    pub(super) messages: Messages,
    pub(super) views: Views,
    /// What people have chosen in menus on messages: by person, channel and message.
    pub(super) choices: BTreeMap<(String, String, String), Map<String, Value>>,
    pub(super) triggers: Triggers,
    pub(super) response_urls: ResponseUrls,
    pub(super) functions: Vec<Function>,
    pub(super) executions: Executions,
    /// When the workspace came into being.
    pub(super) opened_at: DateTime<Utc>,
    pub(super) suggestions: BTreeMap<(String, String), Vec<Value>>,
    pub(super) rates: Rates,
    pub(super) faults: Faults,
    pub(super) record: Record,
    pub(super) bot_url: Option<String>,
    pub(super) deliveries: VecDeque<Sent>,
    pub(super) sent_so_far: u64,
    pub(super) sockets: Sockets,
    pub(super) ack_patience: Duration,
    /// Where this server answers, without a slash at the end.
    pub(super) origin: String,
    nonce: u32,
    counter: u64,
}

impl State {
    pub(super) fn new(setup: SlackSetup, origin: String) -> Self {
        fn by_id<T>(all: Vec<T>, id: impl Fn(&T) -> &str) -> BTreeMap<String, T> {
            all.into_iter()
                .map(|one| (id(&one).to_owned(), one))
                .collect()
        }
        Self {
            opened_at: (setup.clock)(),
            choices: BTreeMap::new(),
            functions: setup.functions,
            executions: Executions::default(),
            clock: setup.clock,
            app: AppIdentity {
                app_id: setup.app_id,
                bot_id: setup.bot_id,
                bot_user_id: setup.bot_user_id,
                team_id: setup.team_id,
            },
            team_domain: setup.team_domain,
            enterprise_id: setup.enterprise_id,
            org_wide: setup.org_wide,
            token: setup.bot_token,
            token_revoked: false,
            signing_secret: setup.signing_secret,
            scopes: setup.scopes.into_iter().collect(),
            messages_tab: setup.messages_tab,
            edit_window: None,
            date_skew: TimeDelta::zero(),
            users: by_id(setup.users, |user| &user.id),
            usergroups: by_id(setup.usergroups, |group| &group.id),
            channels: by_id(setup.channels, |channel| &channel.id),
            messages: Messages::default(),
            views: Views::default(),
            triggers: Triggers::default(),
            response_urls: ResponseUrls::default(),
            suggestions: BTreeMap::new(),
            rates: Rates::new(setup.rate_limits),
            faults: Faults::default(),
            record: Record::keeping(setup.keeps),
            bot_url: None,
            deliveries: VecDeque::new(),
            sent_so_far: 0,
            sockets: Sockets::new(setup.uses_sockets, setup.app_tokens),
            ack_patience: PATIENCE,
            origin,
            nonce: rand::random(),
            counter: 0,
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    pub(super) fn home(&self) -> Home<'_> {
        Home {
            team_id: &self.app.team_id,
            enterprise_id: self.enterprise_id.as_deref(),
            now: self.now(),
        }
    }

    /// A name that no other sandbox gives out either, so that two of them can be used
    /// against one database.
    pub(super) fn fresh_id(&mut self, prefix: &str) -> String {
        self.counter += 1;
        format!("{prefix}{:08X}{}", self.nonce, self.counter)
    }

    /// A trigger for an interaction of this person.
    pub(super) fn issue_trigger(&mut self, user: &str) -> String {
        self.counter += 1;
        let id = format!("{}.{}.{:08x}", self.counter, self.app.team_id, self.nonce);
        let now = self.now();
        self.triggers.issue(&id, user, now);
        id
    }

    pub(super) fn fresh_hash(&mut self) -> String {
        self.counter += 1;
        format!("{}.{:08x}", self.now().timestamp(), self.counter)
    }

    /// Blocks as Slack keeps them.
    pub(super) fn keep_blocks(&mut self, blocks: &Value) -> Vec<Value> {
        let counter = &mut self.counter;
        normalise_blocks(blocks, &mut || {
            *counter += 1;
            format!("s{counter:04}")
        })
    }

    /// The direct messages with this person, opened if they were not.
    pub(super) fn direct(&mut self, user: &str) -> String {
        let id = direct_id(user);
        let open = self.channels.entry(id.clone());
        open.or_insert_with(|| Channel::direct(user));
        id
    }

    /// Every name of the conversation that a call is about.
    pub(super) fn names_of(&self, channel: &str) -> Vec<String> {
        let mut names = vec![channel.to_owned()];
        if channel.starts_with(['U', 'W']) {
            names.push(direct_id(channel));
        } else if let Some(user) = self.channels.get(channel).and_then(Channel::person) {
            names.push(user.to_owned());
        }
        names
    }

    /// Writes a message.
    pub(super) fn write(&mut self, draft: Draft<'_>) -> Message {
        let at = self.now();
        let message = Message {
            channel: draft.channel.to_owned(),
            ts: self.messages.next_ts(at),
            thread_ts: draft.thread_ts,
            author: draft.author,
            audience: draft.audience,
            text: draft.text.to_owned(),
            blocks: self.keep_blocks(draft.blocks),
            at,
            history: Vec::new(),
            removed: false,
        };
        self.messages.add(message.clone());
        message
    }
}

/// A message before it has an id.
pub(super) struct Draft<'a> {
    pub(super) channel: &'a str,
    pub(super) thread_ts: Option<String>,
    pub(super) author: Author,
    pub(super) audience: Audience,
    pub(super) text: &'a str,
    pub(super) blocks: &'a Value,
}

/// The state and who waits for it to change.
pub(super) struct Shared {
    state: Mutex<State>,
    revision: watch::Sender<u64>,
    pub(super) http: reqwest::Client,
    /// Ends when the server does.
    pub(super) stop: CancellationToken,
}

impl Shared {
    pub(super) fn new(state: State, http: reqwest::Client, stop: CancellationToken) -> Self {
        Self {
            state: Mutex::new(state),
            revision: watch::Sender::new(0),
            http,
            stop,
        }
    }

    /// Looks without changing anything.
    pub(super) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes something and tells those who wait.
    pub(super) fn change<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let result = act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.revision.send_modify(|revision| *revision += 1);
        result
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }
}
