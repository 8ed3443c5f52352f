//! The grant: the access itself, from applying to ended.
//!
//! A grant carries its own copy of device, attribute, value, end and comment. Nothing about
//! applying again or ending it reads the profile.

mod cause;
mod ending;
mod handle;
mod retry;

use super::attribute::{AttributeValue, Key};
use super::audit::PersonRef;
use super::comment;
use super::ids::{ExecutionId, GrantId, ProfileId, RequestId};
use super::number::RequestNumber;
use super::person::Standing;
use super::request::Request;
use super::transition::Transition;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::time::Duration;

pub use cause::{DeviceChange, FailureCause, HeldBy};

/// With less than this left a write is not worth it: Tailscale wants an expiry in the future.
pub const WORTH_WRITING: Duration = Duration::from_secs(5);
/// How long applying or removing may take before the cards say that it is late.
pub const DELAYED_AFTER: Duration = Duration::from_secs(30);
/// The longest notice before the end.
const LONGEST_NOTICE: TimeDelta = TimeDelta::minutes(10);

/// Access of one person, on one device, until one end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Opaque; made from the request's id, so that a request opens at most one.
    pub id: GrantId,
    /// The request that opened it.
    pub request: RequestId,
    /// The request's short id.
    pub number: RequestNumber,
    /// Goes up by one with each change; the store updates only the version it has read.
    pub version: u32,
    /// Who has the access.
    pub holder: PersonRef,
    /// The profile that was asked for.
    pub profile: ProfileId,
    /// The device and the attribute.
    pub key: Key,
    /// The value that is written.
    pub value: AttributeValue,
    /// What Tailscale's audit log says about it; every retry sends the same bytes.
    pub comment: String,
    /// When enough people had agreed.
    pub approved_at: DateTime<Utc>,
    /// When it ends; whole seconds; never moves.
    pub ends_at: DateTime<Utc>,
    /// Whose approvals opened it.
    pub approvers: Vec<PersonRef>,
    /// What may have reached Tailscale so far.
    pub write: WriteMark,
    /// When the holder was told that it ends soon.
    pub warned_at: Option<DateTime<Utc>>,
    /// Since when it has been late, if the cards say so.
    pub late_since: Option<DateTime<Utc>>,
    /// What kept the last try from opening or removing it; of one that never opened, the last
    /// thing that did.
    pub held_by: Option<HeldBy>,
    /// Where it stands.
    pub state: GrantState,
}

/// What may have reached Tailscale. Marked durably before a write is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteMark {
    /// No write was sent, or each was definitely refused.
    Untouched,
    /// A write was sent; it may have been applied.
    Sent,
}

impl WriteMark {
    /// The stable word under which it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Untouched => "untouched",
            Self::Sent => "sent",
        }
    }
}

/// Where a grant stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantState {
    /// Approved; Tailscale has not confirmed it yet.
    Applying {
        /// Since when: the approval, or the last "Try again".
        since: DateTime<Utc>,
    },
    /// Tailscale's answer was read back.
    Active {
        /// Since when.
        since: DateTime<Utc>,
    },
    /// It is to be removed; Tailscale has not confirmed that yet.
    Ending {
        /// Why, and by whom.
        ending: Ending,
    },
    /// It is gone.
    Ended {
        /// Why, and by whom.
        ending: Ending,
        /// When Tailscale confirmed that.
        at: DateTime<Utc>,
    },
    /// It failed and is not open; it can be tried again until its end.
    Failed {
        /// Why.
        cause: FailureCause,
        /// When it failed, or when what may have been written was removed.
        at: DateTime<Utc>,
        /// Whether something may have been written.
        opened: Opened,
    },
}

impl GrantState {
    /// The stable word under which it is stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Applying { .. } => "applying",
            Self::Active { .. } => "active",
            Self::Ending { .. } => "ending",
            Self::Ended { .. } => "ended",
            Self::Failed { .. } => "failed",
        }
    }
}

/// Why, when and by whom access ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// Why.
    pub why: EndReason,
    /// Who ended it, if a person did.
    pub by: Option<PersonRef>,
    /// Their words.
    pub note: Option<String>,
    /// When that was decided.
    pub at: DateTime<Utc>,
    /// Whether there was anything to end.
    pub opened: Opened,
}

/// Whether a grant was ever open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opened {
    /// No write was sent, or each was definitely refused.
    Never,
    /// A write was sent, and Tailscale never confirmed it.
    Perhaps,
    /// Tailscale confirmed it at this moment.
    At(DateTime<Utc>),
}

/// Why access ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Its time was up.
    Expired,
    /// The holder gave it back.
    Released,
    /// Somebody else took it away.
    Revoked,
    /// The end came before it was open.
    NeverOpened {
        /// Why it had failed, when it had; else Tailscale could not be reached before the end.
        cause: Option<FailureCause>,
    },
    /// Applying failed for good, after a write that may have been applied.
    Failed {
        /// Why.
        cause: FailureCause,
    },
    /// The holder is no full member of the workspace any more.
    PersonLeft {
        /// What their account is now.
        standing: Standing,
    },
}

impl EndReason {
    /// The stable word under which it is stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Released => "released",
            Self::Revoked => "revoked",
            Self::NeverOpened { .. } => "never_opened",
            Self::Failed { .. } => "failed",
            Self::PersonLeft { .. } => "person_left",
        }
    }
}

/// What can be done to a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantCommand {
    /// A write is about to be sent.
    MarkSent,
    /// The only write so far was definitely refused: nothing can have been applied.
    MarkUntouched,
    /// Tailscale shows the attribute with value and end as stored.
    Confirm,
    /// Opening or removing it takes too long.
    ReportLate,
    /// A try did not succeed and is repeated. What an operator has to mend is told at once.
    Hold(HeldBy),
    /// Applying failed for good.
    Fail(FailureCause),
    /// Its end has come, or is too close to open it.
    TimeUp,
    /// The holder should hear that it ends soon.
    Warn,
    /// Somebody gives it back.
    Release {
        /// Who clicked; only the holder may.
        by: super::ids::PersonId,
    },
    /// Somebody takes it away.
    Revoke {
        /// Who clicked.
        by: super::ids::PersonId,
        /// Why.
        note: String,
    },
    /// Tailscale confirmed that the attribute no longer stands for this grant.
    ConfirmRemoval,
    /// The holder is no full member of the workspace any more.
    PersonLeft {
        /// What their account is now.
        standing: Standing,
    },
    /// The workflow whose step opened it ends it.
    EndByWorkflow {
        /// The step that does.
        execution: ExecutionId,
    },
}

impl Grant {
    /// The grant that an approved request opens.
    pub fn open(
        request: &Request,
        approvers: &[PersonRef],
        ends_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id: GrantId::of(&request.id),
            request: request.id.clone(),
            number: request.number,
            version: 1,
            holder: request.requester.clone(),
            profile: request.facts.profile.clone(),
            key: request.facts.key(),
            value: request.facts.value.clone(),
            comment: comment::of_grant(
                request.number,
                &request.requester,
                approvers,
                request.justification.as_deref(),
            ),
            approved_at: now,
            ends_at,
            approvers: approvers.to_vec(),
            write: WriteMark::Untouched,
            warned_at: None,
            late_since: None,
            held_by: None,
            state: GrantState::Applying { since: now },
        }
    }

    /// Whether it has a claim on its key: applying, active or not yet removed.
    pub fn is_live(&self) -> bool {
        matches!(
            self.state,
            GrantState::Applying { .. } | GrantState::Active { .. } | GrantState::Ending { .. }
        )
    }

    /// Whether it was ever open, as far as that is known.
    pub fn opened(&self) -> Opened {
        match &self.state {
            GrantState::Active { since } => Opened::At(*since),
            GrantState::Ending { ending } | GrantState::Ended { ending, .. } => ending.opened,
            GrantState::Failed { opened, .. } => *opened,
            GrantState::Applying { .. } => match self.write {
                WriteMark::Untouched => Opened::Never,
                WriteMark::Sent => Opened::Perhaps,
            },
        }
    }

    /// Whether it waits to be opened.
    pub fn is_applying(&self) -> bool {
        matches!(self.state, GrantState::Applying { .. })
    }

    /// Whether the key should be open for it.
    pub fn wants_open(&self) -> bool {
        matches!(
            self.state,
            GrantState::Applying { .. } | GrantState::Active { .. }
        )
    }

    /// When the holder hears that it ends: ten minutes before, or a tenth of the time if less.
    pub fn warns_at(&self) -> DateTime<Utc> {
        let tenth = self.ends_at.signed_duration_since(self.approved_at) / 10;
        self.ends_at - tenth.min(LONGEST_NOTICE)
    }

    /// When the clock next has something to do with it.
    pub fn due_at(&self) -> Option<DateTime<Utc>> {
        match &self.state {
            GrantState::Applying { since } => Some(self.late_at(*since).min(self.ends_at)),
            GrantState::Active { .. } if self.warned_at.is_none() => Some(self.warns_at()),
            GrantState::Active { .. } | GrantState::Failed { .. } => Some(self.ends_at),
            GrantState::Ending { ending } if self.late_since.is_none() => {
                Some(self.late_at(ending.at))
            }
            GrantState::Ending { .. } | GrantState::Ended { .. } => None,
        }
    }

    /// When people hear that opening or removing takes too long, if they have not yet.
    fn late_at(&self, since: DateTime<Utc>) -> DateTime<Utc> {
        match self.late_since {
            None => since + DELAYED_AFTER,
            Some(_) => self.ends_at,
        }
    }

    /// The same grant one version later.
    fn in_state(&self, state: GrantState) -> Self {
        Self {
            version: self.version + 1,
            state,
            late_since: None,
            held_by: None,
            ..self.clone()
        }
    }

    fn moves(&self, state: GrantState) -> Transition<Self> {
        Transition::to(self.in_state(state))
    }
}
