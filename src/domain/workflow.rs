//! Steps of workflows: what a workflow asked for in somebody's name, and what its step is
//! answered. A workflow can only ask. Whom it names is asserted by its author, not known.

use super::duration::spoken;
use super::grant::{EndReason, Grant, GrantState, Opened};
use super::ids::{ExecutionId, PersonId, RequestId};
use super::number::RequestNumber;
use super::request::{CancelReason, Request, RequestState};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// How long somebody has to confirm what a workflow asks in their name.
pub const CONFIRM_WITHIN: TimeDelta = TimeDelta::minutes(15);
/// Nobody is asked to confirm more often than this within an hour.
pub const CONFIRMATIONS_AN_HOUR: u32 = 3;

/// That a workflow asked, and whether the person whom it named has confirmed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workflow {
    /// The step that waits for the answer.
    pub execution: ExecutionId,
    /// What the workflow's author calls it; theirs, never believed.
    pub name: Option<String>,
    /// Who says on which device.
    pub device: DeviceChoice,
    /// When the person confirmed.
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// Who says on which device a workflow's request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceChoice {
    /// The workflow named it.
    Named,
    /// The person chooses when they confirm.
    ByPerson,
}

/// The steps that Lapse offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Ask for access in somebody's name; answered when it is open or never will be.
    RequestAccess,
    /// End what such a step opened; answered when it has ended.
    EndAccess,
    /// Say whether somebody has access now.
    CheckAccess,
}

impl Step {
    const ALL: [Self; 3] = [Self::RequestAccess, Self::EndAccess, Self::CheckAccess];

    /// The callback id in the manifest, and the word under which it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::RequestAccess => "request_access",
            Self::EndAccess => "end_access",
            Self::CheckAccess => "check_access",
        }
    }

    /// The step with this callback id.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

/// What a step is answered, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepAnswer {
    /// How a request ended, or that its access is open.
    Requested(RequestAnswer),
    /// Whether access has ended, and when.
    Ended {
        /// `None` when there was nothing open to end.
        at: Option<DateTime<Utc>>,
    },
    /// Whether somebody has access.
    Checked {
        /// Until when; `None` when they have not.
        until: Option<DateTime<Utc>>,
    },
    /// A technical fault, in a sentence for whoever wrote the workflow.
    Failed {
        /// What went wrong, and what to do.
        sentence: String,
    },
}

/// How a request went on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestAnswer {
    /// The opaque id, which *End access* takes.
    pub request: RequestId,
    /// How it was decided.
    pub decision: Decision,
    /// Who decided, if a person did: of several approvers the last.
    pub decided_by: Option<PersonId>,
    /// When open access ends.
    pub ends_at: Option<DateTime<Utc>>,
    /// The name of the device.
    pub device: String,
}

/// How a request was decided, as a workflow branches on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Approved, and the access is open.
    Approved,
    /// Somebody said no.
    Denied,
    /// It was withdrawn.
    Cancelled,
    /// Nobody decided in time.
    Lapsed,
    /// Whoever was named did not confirm it, or said that it is not theirs.
    NotConfirmed,
    /// It was given back or taken away before it was open.
    Ended,
}

impl Decision {
    /// The word in the step's output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Cancelled => "cancelled",
            Self::Lapsed => "lapsed",
            Self::NotConfirmed => "not_confirmed",
            Self::Ended => "ended",
        }
    }
}

/// Why a step fails, in the sentence that Slack shows to whoever wrote the workflow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepFault {
    /// One sentence for a profile that does not exist, one that workflows may not ask for, and
    /// one that this person may not ask for: a workflow learns nothing about the others.
    #[error(
        "Nothing was asked: this profile does not exist, is closed to workflows, is not open to this person, or does not allow what the step asks for. Check the step's inputs, or ask whoever runs Lapse."
    )]
    NotOffered,
    /// An input is empty.
    #[error("Nothing was done: the step's input “{0}” is empty. Fill it in the workflow.")]
    Missing(&'static str),
    /// The duration cannot be read.
    #[error(
        "Nothing was asked: the step's duration cannot be read ({0}). Write it like 30m or 1h30m."
    )]
    BadDuration(String),
    /// None of the person's devices will do.
    #[error(
        "Nothing was asked: none of this person's devices can get this profile just now. They have to log in to Tailscale on one first."
    )]
    NoDevice,
    /// The duration is above the profile's.
    #[error(
        "Nothing was asked: the step's duration is longer than this profile's {}. Choose less.", spoken(*.0)
    )]
    TooLong(Duration),
    /// The duration is below what anybody needs.
    #[error("Nothing was asked: the step's duration is shorter than {}. Choose more.", spoken(*.0))]
    TooShort(Duration),
    /// The justification is not what the profile asks for.
    #[error("Nothing was asked: the step's justification does not fit this profile. {0}")]
    Unjustified(String),
    /// They have not answered an earlier one.
    #[error(
        "Nothing was asked: this person has not answered an earlier workflow that asked for the same. Run the workflow again when they have, or after 15 minutes."
    )]
    WaitsAlready,
    /// They were asked too often.
    #[error(
        "Nothing was asked: workflows asked this person to confirm {CONFIRMATIONS_AN_HOUR} times within the last hour. Run the workflow again later."
    )]
    AskedTooOften,
    /// Something that had to be read could not be read for too long.
    #[error(
        "Nothing was asked: who this person is, their groups or their device could not be read for 15 minutes. Run the workflow again."
    )]
    Unread,
    /// Ending it met others who changed the same thing, again and again.
    #[error(
        "Nothing was ended: Lapse could not do it for 15 minutes. Run the step again; the access still ends by itself."
    )]
    NotEnded,
    /// The id names nothing that a step opened.
    #[error(
        "Nothing was ended: no Request access step returned this request id. Pass that step's output “Request id”."
    )]
    NoSuchRequest,
    /// It was approved and could not be opened.
    #[error(
        "{number} was approved, but access could not be opened: {why} This step is over: if somebody presses Try again on the card, the workflow does not hear of it."
    )]
    NotOpened {
        /// The request.
        number: RequestNumber,
        /// Why, and what that left.
        why: String,
    },
}

impl StepFault {
    /// A stable word for records.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotOffered => "not_offered",
            Self::Missing(_) => "input_missing",
            Self::BadDuration(_) => "bad_duration",
            Self::TooLong(_) => "too_long",
            Self::TooShort(_) => "too_short",
            Self::Unjustified(_) => "unjustified",
            Self::NotEnded => "not_ended",
            Self::NoDevice => "no_device",
            Self::WaitsAlready => "waits_already",
            Self::AskedTooOften => "asked_too_often",
            Self::Unread => "unread",
            Self::NoSuchRequest => "no_such_request",
            Self::NotOpened { .. } => "not_opened",
        }
    }
}

impl From<StepFault> for StepAnswer {
    fn from(fault: StepFault) -> Self {
        Self::Failed {
            sentence: fault.to_string(),
        }
    }
}

/// What the *Request access* step is answered, once that is certain.
pub fn answer(request: &Request, grant: Option<&Grant>) -> Option<StepAnswer> {
    let decided = |decision, decided_by: Option<&PersonId>, ends_at| {
        Some(StepAnswer::Requested(RequestAnswer {
            request: request.id.clone(),
            decision,
            decided_by: decided_by.cloned(),
            ends_at,
            device: request.facts.device.name.clone(),
        }))
    };
    match &request.state {
        RequestState::Unconfirmed | RequestState::Pending => None,
        RequestState::Denied { by, .. } => decided(Decision::Denied, Some(&by.id), None),
        RequestState::Cancelled { .. } | RequestState::Lapsed { .. } if !request.is_confirmed() => {
            decided(Decision::NotConfirmed, None, None)
        }
        RequestState::Cancelled { why, .. } => {
            let by = (*why == CancelReason::Requester).then_some(&request.requester.id);
            decided(Decision::Cancelled, by, None)
        }
        RequestState::Lapsed { .. } => decided(Decision::Lapsed, None, None),
        RequestState::Approved { by, .. } => {
            let grant = grant?;
            match &grant.state {
                // What ended before it was ever confirmed open is told once that is certain.
                GrantState::Applying { .. } | GrantState::Ending { .. } => None,
                GrantState::Active { .. } => decided(
                    Decision::Approved,
                    by.last().map(|by| &by.id),
                    Some(grant.ends_at),
                ),
                GrantState::Ended { ending, .. } => match &ending.why {
                    EndReason::NeverOpened { cause } => {
                        let why = cause.as_ref().map_or(
                            "its time was up before Tailscale confirmed it".to_owned(),
                            ToString::to_string,
                        );
                        Some(not_opened(request, &why, ending.opened))
                    }
                    _ => decided(Decision::Ended, ending.by.as_ref().map(|by| &by.id), None),
                },
                GrantState::Failed { cause, opened, .. } => {
                    Some(not_opened(request, &cause.to_string(), *opened))
                }
            }
        }
    }
}

fn not_opened(request: &Request, why: &str, opened: Opened) -> StepAnswer {
    let left = match opened {
        Opened::Never => "Nothing was granted.",
        Opened::Perhaps | Opened::At(_) => "It may have been open for a while and is closed now.",
    };
    let why = format!("{}. {left}", why.trim_end_matches('.'));
    let number = request.number;
    StepFault::NotOpened { number, why }.into()
}

/// What the *End access* step is answered, once that is certain: access that has ended, or was
/// never open and cannot be ended.
pub fn ended(grant: Option<&Grant>) -> Option<StepAnswer> {
    let Some(grant) = grant else {
        return Some(StepAnswer::Ended { at: None });
    };
    match &grant.state {
        GrantState::Applying { .. } | GrantState::Active { .. } | GrantState::Ending { .. } => None,
        GrantState::Ended { ending, at } => Some(StepAnswer::Ended {
            at: Some(match ending.why {
                EndReason::Expired => grant.ends_at,
                _ => *at,
            }),
        }),
        GrantState::Failed { .. } => Some(StepAnswer::Ended { at: None }),
    }
}

/// What a workflow filled into a step, by the name of the input. It holds what people wrote, so
/// `Debug` shows only the names.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Inputs(BTreeMap<String, String>);

impl Inputs {
    /// Takes inputs by their names.
    pub fn new(inputs: BTreeMap<String, String>) -> Self {
        Self(inputs)
    }

    /// What was filled in, unless it is blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        let text = self.0.get(name)?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// What was filled in, or the fault that it is missing; `title` is what its author reads.
    pub fn need(&self, name: &str, title: &'static str) -> Result<&str, StepFault> {
        self.get(name).ok_or(StepFault::Missing(title))
    }
}

impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
