//! What the configuration says: profiles, who may ask, who may review, what is written.

use super::attribute::{Attribute, AttributeValue};
use super::ids::{ChannelId, PolicyHash, ProfileId};
use super::person::{Email, ExplicitLogins};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Names people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String")]
#[serde(try_from = "String")]
pub enum Selector {
    /// `*`: every full member of the workspace.
    Everyone,
    /// `amelie@example.com`: the one account with this confirmed address.
    Address(Email),
    /// `usergroup:HANDLE-or-ID`: a Slack user group.
    UserGroup(String),
    /// `group:NAME`: a group of the tailnet policy file.
    TailnetGroup(String),
}

/// The text names nobody that Lapse could look up.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a selector is `*`, an e-mail address, `usergroup:HANDLE` or `group:NAME`")]
pub struct NotASelector;

impl TryFrom<String> for Selector {
    type Error = NotASelector;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let named = |name: &str| {
            (!name.is_empty() && !name.contains(char::is_whitespace)).then(|| name.to_owned())
        };
        if text == "*" {
            Ok(Self::Everyone)
        } else if let Some(name) = text.strip_prefix("usergroup:") {
            named(name.trim_start_matches('@'))
                .map(Self::UserGroup)
                .ok_or(NotASelector)
        } else if let Some(name) = text.strip_prefix("group:") {
            named(name).map(Self::TailnetGroup).ok_or(NotASelector)
        } else {
            match text.split_once('@') {
                Some((local, host))
                    if !local.is_empty() && host.contains('.') && named(&text).is_some() =>
                {
                    Ok(Self::Address(Email::new(&text)))
                }
                _ => Err(NotASelector),
            }
        }
    }
}

impl From<Selector> for String {
    fn from(selector: Selector) -> Self {
        selector.to_string()
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("*"),
            Self::Address(email) => write!(f, "{email}"),
            Self::UserGroup(name) => write!(f, "usergroup:{name}"),
            Self::TailnetGroup(name) => write!(f, "group:{name}"),
        }
    }
}

/// How much a slip would cost: `high` makes approving ask for confirmation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Risk {
    /// One click approves.
    #[default]
    Normal,
    /// Approving asks "are you sure".
    High,
}

/// Whether people must say why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JustificationRule {
    /// The form does not submit without one.
    #[default]
    Required,
    /// The form offers the field.
    Optional,
    /// The form has no such field.
    None,
}

/// Whether the requester's own review counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelfApproval {
    /// Somebody else has to agree.
    #[default]
    Never,
    /// The requester may approve when they are an approver, and is asked twice.
    Allowed,
}

/// Whether the form lets the requester name one approver to ask first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApproverChoice {
    /// Lapse picks whom to ask.
    #[default]
    Lapse,
    /// The requester may name one.
    Requester,
}

/// Which devices a person may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceRule {
    /// Those that Tailscale says are theirs.
    Own,
    /// Those, and machines that carry one of these tags (`tag:ci`).
    OwnAndTagged(Vec<String>),
}

/// A pattern that a justification has to match. Compiled outside, so that the core needs no
/// pattern language of its own.
#[derive(Clone)]
pub struct Pattern {
    source: String,
    matches: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

impl Pattern {
    /// Pairs the pattern's text with the function that decides.
    pub fn new(
        source: impl Into<String>,
        matches: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            source: source.into(),
            matches: Arc::new(matches),
        }
    }

    /// Whether the justification is of the wanted form.
    pub fn matches(&self, text: &str) -> bool {
        (self.matches)(text)
    }

    /// The pattern as the configuration has it.
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.source).finish()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

/// What can be asked for: a posture attribute, its limits and its review rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Stable key: records name it.
    pub id: ProfileId,
    /// What people read, at most 60 characters.
    pub name: String,
    /// What it opens, at most 75 characters.
    pub description: String,
    /// Groups the profiles of the form.
    pub environment: Option<String>,
    /// Whether approving asks for confirmation.
    pub risk: Risk,
    /// The posture attribute that approval writes.
    pub attribute: Attribute,
    /// The value that it is given.
    pub value: AttributeValue,
    /// What the form offers, at most nine.
    pub durations: Vec<Duration>,
    /// The one that the form preselects; one of `durations`.
    pub default_duration: Duration,
    /// Nobody gets longer than this.
    pub max_duration: Duration,
    /// An unanswered request lapses after this.
    pub request_ttl: Duration,
    /// Whether people must say why.
    pub justification: JustificationRule,
    /// What a justification must look like.
    pub justification_pattern: Option<Pattern>,
    /// Told to people whose justification does not match, and shown under the field.
    pub justification_hint: Option<String>,
    /// Who may ask.
    pub requesters: Vec<Selector>,
    /// Who may review.
    pub approvers: Vec<Selector>,
    /// How many different people must agree, at least one.
    pub approvals: u32,
    /// How many approvers get a card at once.
    pub ask_at_most: u32,
    /// Whether the requester may name one of them to ask first.
    pub approver_choice: ApproverChoice,
    /// Whether the requester's own review counts.
    pub self_approval: SelfApproval,
    /// Which devices may be asked for.
    pub devices: DeviceRule,
    /// Where a line is posted when access opens.
    pub notify_channel: Option<ChannelId>,
    /// Whether that line carries the justification.
    pub announcement: Announcement,
    /// Whether a workflow may ask in somebody's name.
    pub workflows: WorkflowRule,
    /// Whether a workflow may learn who has it open.
    pub workflow_check: WorkflowCheck,
}

/// Whether a workflow may ask in somebody's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkflowRule {
    /// It may, and whoever it names confirms before anybody else is asked.
    #[default]
    Confirm,
    /// It may not.
    Never,
}

/// Whether a workflow may learn who has something open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkflowCheck {
    /// It is told that nobody has.
    #[default]
    Silent,
    /// It is told.
    Told,
}

/// What the channel line tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Announcement {
    /// Who, what, until when, and why.
    #[default]
    WithJustification,
    /// Who, what, until when.
    WithoutJustification,
}

/// Who is told of failures and may revoke anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// The people.
    pub selectors: Vec<Selector>,
    /// Where failures are told.
    pub channel: Option<ChannelId>,
}

/// All profiles and rules of one configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// In the order of the configuration file.
    pub profiles: Vec<Profile>,
    /// Who is told of failures and may revoke anything.
    pub security: Security,
    /// Pairs that settle who is who.
    pub logins: ExplicitLogins,
    /// Fingerprint of the configuration file.
    pub hash: PolicyHash,
}

impl Policy {
    /// The profile with this id, if the configuration still has it.
    pub fn profile(&self, id: &ProfileId) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.id == *id)
    }

    /// Every selector that the policy uses, each once.
    pub fn selectors(&self) -> std::collections::BTreeSet<&Selector> {
        let of_profiles = self
            .profiles
            .iter()
            .flat_map(|p| p.requesters.iter().chain(&p.approvers));
        of_profiles.chain(&self.security.selectors).collect()
    }
}
