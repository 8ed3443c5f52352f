//! The audit trail: what happened, who did it, on what grounds. Events are never changed.

use super::facts::{FactChange, Facts};
use super::grant::{EndReason, FailureCause, HeldBy};
use super::ids::{ChannelId, ExecutionId, PersonId, PolicyHash, RequestId};
use super::person::{Email, Identity};
use super::policy::Selector;
use super::request::{CancelReason, Verdict};
use super::seconds;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A person as a record names them: by the id, and by what they were called then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRef {
    /// The Slack user id.
    pub id: PersonId,
    /// The name at that time.
    pub name: String,
    /// The e-mail at that time.
    pub email: Option<Email>,
}

impl From<&Identity> for PersonRef {
    fn from(identity: &Identity) -> Self {
        let person = &identity.person;
        Self {
            id: person.id.clone(),
            name: person.name.clone(),
            email: person.email.clone(),
        }
    }
}

/// What an event is about. Each subject numbers its own events 1, 2, 3…
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An access request and the grant that it opened.
    Request(RequestId),
    /// A person: refusals that concern no request, pins of an identity.
    Person(PersonId),
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person, in Slack.
    Person(PersonRef),
    /// An account that could not be identified; only its id is known.
    Account(PersonId),
    /// A step of a workflow; nobody knows who runs it.
    Workflow(ExecutionId),
    /// Lapse itself: a clock ran out, or a platform answered.
    Lapse,
}

/// The membership that gave somebody a right, as it was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipUsed {
    /// Whose.
    pub person: PersonId,
    /// The selector that named them.
    pub selector: Selector,
}

/// What a decision was based on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The facts of the request.
    pub facts: Facts,
    /// Their number.
    pub facts_number: u32,
    /// The memberships that gave the rights.
    pub memberships: Vec<MembershipUsed>,
    /// The configuration in force.
    pub policy: PolicyHash,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// What it is about.
    pub subject: Subject,
    /// Who did it.
    pub actor: Actor,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub kind: EventKind,
}

/// What happened, in the past tense, with what is worth keeping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum EventKind {
    /// A workflow asked for access in somebody's name; nobody but them was told.
    AskedByWorkflow {
        /// The facts, as far as they are known before it is confirmed.
        evidence: Evidence,
        /// The reason that the workflow gave.
        justification: Option<String>,
        /// What the workflow's author calls it.
        workflow: Option<String>,
        /// Until when it can be confirmed.
        confirm_by: DateTime<Utc>,
    },
    /// Whoever was named did not confirm in time.
    NotConfirmed,
    /// A workflow could not be told how its step ended.
    WorkflowNotTold {
        /// Slack's word for it.
        error: String,
    },
    /// Somebody asked for access.
    Requested {
        /// On what grounds it was let through.
        evidence: Evidence,
        /// The reason that was given.
        justification: Option<String>,
        /// When it lapses.
        answer_by: DateTime<Utc>,
        /// Whose cards were sent.
        asked: Vec<PersonId>,
    },
    /// A fact changed while the request was pending.
    FactsChanged {
        /// Which.
        changes: Vec<FactChange>,
        /// The facts as they are now.
        facts: Facts,
        /// Their number.
        facts_number: u32,
    },
    /// Somebody reviewed it and it is still pending.
    Reviewed {
        /// What they said.
        verdict: Verdict,
        /// How many approvals count now.
        counted: u32,
        /// On what grounds.
        evidence: Evidence,
    },
    /// Enough people agreed.
    Approved {
        /// What the last of them said.
        verdict: Verdict,
        /// Who agreed.
        approvers: Vec<PersonRef>,
        /// When the access ends.
        ends_at: DateTime<Utc>,
        /// On what grounds.
        evidence: Evidence,
    },
    /// Somebody said no.
    Denied {
        /// Their words.
        note: Option<String>,
        /// On what grounds.
        evidence: Evidence,
    },
    /// The request was withdrawn.
    Cancelled {
        /// Why.
        why: CancelReason,
    },
    /// Nobody decided in time.
    Lapsed,
    /// Tailscale confirmed the attribute.
    Activated {
        /// When the access ends.
        ends_at: DateTime<Utc>,
    },
    /// Tailscale has not taken the attribute for a while, or will not before somebody mends
    /// something.
    Delayed {
        /// Since when.
        since: DateTime<Utc>,
        /// What keeps it, as far as it has been tried.
        held_by: Option<HeldBy>,
    },
    /// The access ends soon.
    EndingSoon {
        /// When.
        ends_at: DateTime<Utc>,
        /// How far away that was.
        #[serde(with = "seconds")]
        left: Duration,
    },
    /// The access failed and nothing can have been written.
    Failed {
        /// Why.
        cause: FailureCause,
    },
    /// The access is being taken away.
    EndingBegan {
        /// Why.
        why: EndReason,
        /// The words of whoever revoked it.
        note: Option<String>,
    },
    /// Taking the access away is not confirmed yet.
    RemovalDelayed {
        /// Since when.
        since: DateTime<Utc>,
        /// What keeps it, as far as it has been tried.
        held_by: Option<HeldBy>,
    },
    /// Tailscale confirmed that the attribute is gone, or that this grant no longer holds it.
    Ended {
        /// Why.
        why: EndReason,
    },
    /// The requester had those reminded who were asked and had not answered.
    Reminded {
        /// Who gets a line.
        people: Vec<PersonId>,
        /// The how-manieth time it was.
        times: u32,
    },
    /// Somebody asked to try a failed grant again.
    Retried {
        /// On what grounds.
        evidence: Evidence,
    },
    /// Somebody tried what they may not do. Once a person, subject, reason and minute; how
    /// often is counted beside it.
    Refused {
        /// A stable word.
        reason: String,
        /// What they tried.
        attempt: String,
    },
    /// An account used a login for the first time; the two belong together from now on.
    IdentityPinned {
        /// The login.
        login: super::person::Login,
    },
    /// The security channel was told of a failure.
    SecurityTold {
        /// Which channel.
        channel: ChannelId,
    },
    /// A channel could not be told.
    ChannelUnreachable {
        /// Which.
        channel: ChannelId,
        /// Slack's word for it.
        error: String,
    },
    /// A person could not be sent their card.
    CardUndeliverable {
        /// Who.
        person: PersonId,
        /// Slack's word for it.
        error: String,
    },
}

impl EventKind {
    /// The stable word under which it is stored and searched.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AskedByWorkflow { .. } => "asked_by_workflow",
            Self::NotConfirmed => "not_confirmed",
            Self::WorkflowNotTold { .. } => "workflow_not_told",
            Self::Requested { .. } => "requested",
            Self::FactsChanged { .. } => "facts_changed",
            Self::Reviewed { .. } => "reviewed",
            Self::Approved { .. } => "approved",
            Self::Denied { .. } => "denied",
            Self::Cancelled { .. } => "cancelled",
            Self::Lapsed => "lapsed",
            Self::Activated { .. } => "activated",
            Self::Delayed { .. } => "delayed",
            Self::EndingSoon { .. } => "ending_soon",
            Self::Failed { .. } => "failed",
            Self::EndingBegan { .. } => "ending_began",
            Self::RemovalDelayed { .. } => "removal_delayed",
            Self::Ended { .. } => "ended",
            Self::Reminded { .. } => "reminded",
            Self::Retried { .. } => "retried",
            Self::Refused { .. } => "refused",
            Self::IdentityPinned { .. } => "identity_pinned",
            Self::SecurityTold { .. } => "security_told",
            Self::ChannelUnreachable { .. } => "channel_unreachable",
            Self::CardUndeliverable { .. } => "card_undeliverable",
        }
    }

    /// Who gets a new line because of it.
    pub fn heard_by(&self) -> &'static [Hearer] {
        use Hearer::{Channel, Requester, Security};
        match self {
            Self::Failed { .. }
            | Self::EndingBegan {
                why: EndReason::Failed { .. },
                ..
            } => &[Requester, Security],
            Self::Delayed {
                held_by: Some(HeldBy::ClientRefused { .. }),
                ..
            }
            | Self::RemovalDelayed {
                held_by: Some(HeldBy::ClientRefused { .. }),
                ..
            } => &[Security],
            // They heard of the failure when it happened.
            Self::Ended {
                why: EndReason::Failed { .. } | EndReason::NeverOpened { cause: Some(_) },
            } => &[],
            Self::Retried { .. }
            | Self::Ended {
                why: EndReason::Released | EndReason::PersonLeft { .. },
            } => &[Channel],
            Self::Ended {
                why: EndReason::NeverOpened { cause: None },
            }
            | Self::Denied { .. }
            | Self::Cancelled {
                why: CancelReason::ProfileGone,
            }
            | Self::Lapsed
            | Self::WorkflowNotTold { .. }
            | Self::Activated { .. }
            | Self::EndingSoon { .. } => &[Requester],
            Self::Ended { .. } => &[Requester, Channel],
            _ => &[],
        }
    }
}

/// Who gets a new line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hearer {
    /// The requester, in their direct message.
    Requester,
    /// The channel of `[security]`.
    Security,
    /// The thread under the profile's channel line.
    Channel,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_heard_of_the_failure_is_not_told_again_at_the_end() {
        let never = |cause| EventKind::Ended {
            why: EndReason::NeverOpened { cause },
        };
        let told_before = never(Some(FailureCause::DeviceGone));
        assert!(told_before.heard_by().is_empty());
        assert_eq!(never(None).heard_by(), &[Hearer::Requester]);
    }
}
