//! What a sandbox starts with.

use std::net::{Ipv4Addr, SocketAddr};

use super::{
    functions::{BadManifest, Function},
    places::Channel,
    places::Usergroup,
    rates::RateLimits,
    users::User,
};
use crate::sandbox::clock::SandboxClock;

/// A workspace before anything has happened in it. Fields may be changed freely before
/// [`super::SlackSandbox::start`].
#[derive(Clone)]
pub struct SlackSetup {
    /// `T…`.
    pub team_id: String,
    /// The part before `.slack.com`.
    pub team_domain: String,
    /// `E…` when the workspace belongs to an organisation.
    pub enterprise_id: Option<String>,
    /// Whether the app is installed for the whole organisation (`team: null` in payloads).
    pub org_wide: bool,
    /// `A…`.
    pub app_id: String,
    /// `B…`.
    pub bot_id: String,
    /// `U…` of the app's own user.
    pub bot_user_id: String,
    /// The token that the Web API takes.
    pub bot_token: String,
    /// The secret that requests to the app are signed with.
    pub signing_secret: String,
    /// Whether the app uses Socket Mode: then nothing is posted to it.
    pub uses_sockets: bool,
    /// The tokens that open Socket Mode connections.
    pub app_tokens: Vec<String>,
    /// The scopes that the token was granted.
    pub scopes: Vec<String>,
    /// Whether people can write to the app, and it to them.
    pub messages_tab: bool,
    /// The time.
    pub clock: SandboxClock,
    /// When callers are asked to wait.
    pub rate_limits: RateLimits,
    /// The people.
    pub users: Vec<User>,
    /// The user groups.
    pub usergroups: Vec<Usergroup>,
    /// The channels; direct messages come into being by themselves.
    pub channels: Vec<Channel>,
    /// What the app declares for Workflow Builder.
    pub functions: Vec<Function>,
    /// How many calls are kept, and at most how many deliveries.
    pub keeps: usize,
    /// Where the server listens; any free loopback port unless changed.
    pub listen: SocketAddr,
}

impl SlackSetup {
    /// A workspace without people, with the scopes that an app of this kind asks for and
    /// Slack's published limits.
    pub fn new(clock: SandboxClock) -> Self {
        let scopes = [
            "chat:write",
            "commands",
            "users:read",
            "users:read.email",
            "usergroups:read",
        ];
        Self {
            team_id: "T0EXAMPLE".to_owned(),
            team_domain: "example".to_owned(),
            enterprise_id: None,
            org_wide: false,
            app_id: "A0SANDBOX".to_owned(),
            bot_id: "B0SANDBOX".to_owned(),
            bot_user_id: "U0SANDBOX".to_owned(),
            bot_token: "xoxb-sandbox-token".to_owned(),
            signing_secret: "sandbox-signing-secret".to_owned(),
            uses_sockets: false,
            app_tokens: vec!["xapp-sandbox-token".to_owned()],
            scopes: scopes.map(str::to_owned).to_vec(),
            messages_tab: true,
            clock,
            rate_limits: RateLimits::published(),
            users: Vec::new(),
            usergroups: Vec::new(),
            channels: Vec::new(),
            functions: Vec::new(),
            keeps: 100_000,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        }
    }

    /// The same, with one more person.
    #[must_use]
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// The same, with one more user group.
    #[must_use]
    pub fn usergroup(mut self, group: Usergroup) -> Self {
        self.usergroups.push(group);
        self
    }

    /// The same, with one more channel.
    #[must_use]
    pub fn channel(mut self, channel: Channel) -> Self {
        self.channels.push(channel);
        self
    }

    /// The same, with the functions that this manifest (YAML or JSON) declares.
    pub fn manifest(mut self, text: &str) -> Result<Self, BadManifest> {
        self.functions = Function::of_manifest(text)?;
        Ok(self)
    }

    /// The same, with other rate limits.
    #[must_use]
    pub fn limits(mut self, limits: RateLimits) -> Self {
        self.rate_limits = limits;
        self
    }

    /// The same, with everything delivered over Socket Mode.
    #[must_use]
    pub fn socket_mode(mut self) -> Self {
        self.uses_sockets = true;
        self
    }

    /// The same, installed for a whole organisation.
    #[must_use]
    pub fn for_enterprise(mut self, enterprise_id: &str) -> Self {
        self.enterprise_id = Some(enterprise_id.to_owned());
        self.org_wide = true;
        self
    }
}
