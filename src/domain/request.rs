//! The access request: asked, reviewed, decided.
//!
//! `Pending → Approved | Denied | Cancelled | Lapsed`, and before that, when a workflow asked in
//! somebody's name, `Unconfirmed → Pending | Cancelled | Lapsed`. Every right is judged here, at the
//! moment of the command, by the same functions that judged it when the request was made.

mod confirm;
mod handle;
mod quorum;
mod remind;
mod review;

use super::audit::PersonRef;
use super::facts::Facts;
use super::ids::{Origin, PersonId, RequestId};
use super::number::RequestNumber;
use super::person::{Login, Standing};
use super::policy::Selector;
use super::seconds;
use super::workflow::Workflow;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

pub use confirm::Confirmed;
pub use quorum::{CountedApproval, Quorum};
pub use remind::Reminded;

/// Nobody needs access for less.
pub const SHORTEST: Duration = Duration::from_secs(10);

/// A person's wish for a profile on a device for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Opaque.
    pub id: RequestId,
    /// What people read aloud.
    pub number: RequestNumber,
    /// Goes up by one with each change; the store updates only the version it has read.
    pub version: u32,
    /// The delivery that it came from.
    pub origin: Origin,
    /// The requester as they were called when they asked.
    pub requester: PersonRef,
    /// Their Tailscale login.
    pub login: Login,
    /// What an approver agrees to.
    pub facts: Facts,
    /// Goes up when a fact changes.
    pub facts_number: u32,
    /// Approvals given on an older number no longer count: something other than the duration
    /// changed since, or it got longer.
    pub approvals_from: u32,
    /// The duration that the requester wished for; an approver may have shortened it since.
    pub wished: Duration,
    /// The requester's reason, kept verbatim.
    pub justification: Option<String>,
    /// The approver whom the requester wants to be asked first.
    pub ask_first: Option<PersonId>,
    /// Set when Tailscale could not be asked and the device index decided: its age.
    pub device_as_of: Option<DateTime<Utc>>,
    /// When it was asked.
    pub asked_at: DateTime<Utc>,
    /// When it lapses.
    pub answer_by: DateTime<Utc>,
    /// The workflow that asked, if one did.
    pub workflow: Option<Workflow>,
    /// How often those who were asked have been reminded, if ever.
    pub reminded: Option<Reminded>,
    /// What has been said about it, oldest first.
    pub reviews: Vec<Review>,
    /// Where it stands.
    pub state: RequestState,
}

/// Where a request stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// A workflow asked in somebody's name; they have not confirmed it, and nobody else knows.
    Unconfirmed,
    /// It waits for reviews.
    Pending,
    /// Enough people agreed; the grant tells the rest.
    Approved {
        /// Whose approvals counted, in the order they were given.
        by: Vec<PersonRef>,
        /// When the last of them agreed.
        at: DateTime<Utc>,
    },
    /// Somebody said no.
    Denied {
        /// Who.
        by: PersonRef,
        /// When.
        at: DateTime<Utc>,
        /// Their words.
        note: Option<String>,
    },
    /// It was withdrawn.
    Cancelled {
        /// Why.
        why: CancelReason,
        /// When.
        at: DateTime<Utc>,
    },
    /// Nobody decided in time.
    Lapsed {
        /// When that was noticed; the end of its life is `answer_by`.
        at: DateTime<Utc>,
    },
}

impl RequestState {
    /// The stable word under which it is stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unconfirmed => "unconfirmed",
            Self::Pending => "pending",
            Self::Approved { .. } => "approved",
            Self::Denied { .. } => "denied",
            Self::Cancelled { .. } => "cancelled",
            Self::Lapsed { .. } => "lapsed",
        }
    }
}

/// Why a request was withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The requester does not want it any more.
    Requester,
    /// The profile is gone, or its requester may no longer ask for it.
    ProfileGone,
    /// The requester is no full member of the workspace any more.
    PersonLeft {
        /// What their account is now.
        standing: Standing,
    },
}

/// What somebody says about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes, as it is.
    Approve,
    /// Yes, for this long and no longer.
    Shorten(#[serde(with = "seconds")] Duration),
    /// No.
    Deny,
}

/// One person's verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Who.
    pub by: PersonRef,
    /// Their login at that time.
    pub login: Login,
    /// What.
    pub verdict: Verdict,
    /// The number of the facts that they had before them.
    pub facts_number: u32,
    /// Their words.
    pub note: Option<String>,
    /// The selector that gave them the right.
    pub because: Selector,
    /// When.
    pub at: DateTime<Utc>,
}

/// What can be done to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestCommand {
    /// Somebody reviews it.
    Review {
        /// Who clicked.
        by: PersonId,
        /// What they said.
        verdict: Verdict,
        /// Their words.
        note: Option<String>,
        /// The number of the facts that their card showed.
        facts_seen: u32,
    },
    /// Whom a workflow named confirms what it asked.
    Confirm {
        /// Who clicked.
        by: PersonId,
        /// Everything about it, judged anew.
        confirmed: Box<Confirmed>,
    },
    /// The requester withdraws it.
    Cancel {
        /// Who clicked.
        by: PersonId,
    },
    /// The requester has those reminded who were asked and have not answered.
    Remind {
        /// Who clicked.
        by: PersonId,
        /// Who has a card and may still review it.
        asked: Vec<PersonId>,
    },
    /// Its time ran out.
    Lapse,
    /// The configuration no longer allows it.
    Withdraw,
    /// The requester is no full member of the workspace any more.
    PersonLeft {
        /// What their account is now.
        standing: Standing,
    },
}

impl Request {
    /// Whether the requester themselves asked, or has confirmed what a workflow asked for them.
    pub fn is_confirmed(&self) -> bool {
        self.workflow
            .as_ref()
            .is_none_or(|workflow| workflow.confirmed_at.is_some())
    }

    /// Whether it still waits for reviews.
    pub fn is_pending(&self) -> bool {
        self.state == RequestState::Pending
    }

    /// The same request one version later.
    pub(super) fn in_state(&self, state: RequestState) -> Self {
        Self {
            version: self.version + 1,
            state,
            ..self.clone()
        }
    }

    /// "Grace already approved this", for whoever comes second.
    pub(super) fn how_settled(&self) -> Option<(String, DateTime<Utc>)> {
        let names = |people: &[PersonRef]| {
            people
                .iter()
                .map(|person| person.name.as_str())
                .collect::<Vec<_>>()
                .join(" and ")
        };
        match &self.state {
            RequestState::Unconfirmed | RequestState::Pending => None,
            RequestState::Approved { by, at } => {
                Some((format!("{} already approved this", names(by)), *at))
            }
            RequestState::Denied { by, at, .. } => {
                Some((format!("{} already denied this", by.name), *at))
            }
            RequestState::Lapsed { at } if !self.is_confirmed() => Some((
                "this was not confirmed in time and was closed".to_owned(),
                *at,
            )),
            RequestState::Cancelled {
                why: CancelReason::Requester,
                at,
            } if !self.is_confirmed() => {
                Some((format!("{} declined this", self.requester.name), *at))
            }
            RequestState::Cancelled {
                why: CancelReason::Requester,
                at,
            } => Some((format!("{} cancelled this", self.requester.name), *at)),
            RequestState::Cancelled {
                why: CancelReason::ProfileGone,
                at,
            } => Some((
                "this can no longer be asked for and was closed".to_owned(),
                *at,
            )),
            RequestState::Cancelled {
                why: CancelReason::PersonLeft { standing },
                at,
            } => Some((
                format!("{}{}", self.requester.name, standing.departure()),
                *at,
            )),
            RequestState::Lapsed { at } => {
                Some(("this got too few approvals and was closed".to_owned(), *at))
            }
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Approve => f.write_str("approve"),
            Self::Shorten(to) => write!(f, "approve for {}", super::duration::spoken(*to)),
            Self::Deny => f.write_str("deny"),
        }
    }
}
