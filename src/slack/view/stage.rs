//! Where a request stands as people see it: request and grant read as one thing.

use super::story::Story;
use crate::domain::audit::PersonRef;
use crate::domain::grant::{
    EndReason, Ending, FailureCause, Grant, GrantState, HeldBy, Opened, WORTH_WRITING,
};
use crate::domain::person::Standing;
use crate::domain::request::{CancelReason, RequestState};
use crate::domain::seconds;
use chrono::{DateTime, Utc};

/// Every state that a card can show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stage<'a> {
    /// A workflow asked; whom it named has not confirmed it.
    Unconfirmed,
    /// A workflow asked, and it was not confirmed in time.
    NotConfirmed,
    /// A workflow asked, and whom it named did not want it.
    Declined(DateTime<Utc>),
    /// It waits for reviews.
    Pending,
    /// Nobody decided in time.
    Lapsed,
    /// Somebody said no.
    Denied {
        /// Who.
        by: &'a PersonRef,
        /// When.
        at: DateTime<Utc>,
        /// Their words.
        note: Option<&'a str>,
    },
    /// The requester withdrew it.
    Cancelled(DateTime<Utc>),
    /// The configuration no longer allows it.
    ProfileGone(DateTime<Utc>),
    /// The requester left before it was decided.
    PersonLeft {
        /// What their account is now.
        standing: Standing,
        /// When that was noticed.
        at: DateTime<Utc>,
    },
    /// Approved, not confirmed yet.
    Applying,
    /// Not confirmed for a while.
    Delayed {
        /// Since when it waits.
        since: DateTime<Utc>,
        /// When Lapse stops trying.
        until: DateTime<Utc>,
        /// What keeps it, as far as it has been tried.
        held_by: Option<&'a HeldBy>,
    },
    /// Open.
    Active {
        /// Since when.
        since: DateTime<Utc>,
        /// Until when.
        until: DateTime<Utc>,
    },
    /// Its end has come; Tailscale has not confirmed that.
    TimeUp(DateTime<Utc>),
    /// Given back or revoked; Tailscale has not confirmed that.
    Closing {
        /// Why and by whom.
        ending: &'a Ending,
        /// When it closes by itself.
        until: DateTime<Utc>,
        /// Whether that takes longer than it should.
        pace: Pace,
    },
    /// Its end came before it was confirmed, and a write may have been applied.
    MissedUnconfirmed(DateTime<Utc>),
    /// It failed and a write may have been applied.
    Unclear(DateTime<Utc>),
    /// It is gone.
    Closed(&'a Ending),
    /// It failed.
    Failed(Failure<'a>),
}

/// What is known of a grant that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure<'a> {
    /// Why.
    pub cause: &'a FailureCause,
    /// When, or when what may have been written was removed.
    pub at: DateTime<Utc>,
    /// Whether something may have been written.
    pub opened: Opened,
}

/// How long a removal takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As long as removals take.
    Usual,
    /// Longer: Tailscale has not confirmed it.
    Late,
    /// Longer, and until an operator mends something.
    Stuck {
        /// The HTTP status with which Tailscale refuses the OAuth client.
        status: u16,
    },
}

impl<'a> Stage<'a> {
    /// Reads request and grant at the story's moment. What a clock has ended is over, whether
    /// or not the sweeper has been there.
    pub fn of(story: &Story<'a>) -> Self {
        let request = story.request;
        match &request.state {
            RequestState::Unconfirmed if story.now >= request.answer_by => Self::NotConfirmed,
            RequestState::Unconfirmed => Self::Unconfirmed,
            RequestState::Lapsed { .. } if !request.is_confirmed() => Self::NotConfirmed,
            RequestState::Cancelled {
                why: CancelReason::Requester,
                at,
            } if !request.is_confirmed() => Self::Declined(*at),
            RequestState::Pending if story.now >= request.answer_by => Self::Lapsed,
            RequestState::Pending => Self::Pending,
            RequestState::Lapsed { .. } => Self::Lapsed,
            RequestState::Denied { by, at, note } => Self::Denied {
                by,
                at: *at,
                note: note.as_deref(),
            },
            RequestState::Cancelled { why, at } => match why {
                CancelReason::Requester => Self::Cancelled(*at),
                CancelReason::ProfileGone => Self::ProfileGone(*at),
                CancelReason::PersonLeft { standing } => Self::PersonLeft {
                    standing: *standing,
                    at: *at,
                },
            },
            RequestState::Approved { .. } => story
                .grant
                .map_or(Self::Applying, |grant| Self::of_grant(grant, story.now)),
        }
    }

    fn of_grant(grant: &'a Grant, now: DateTime<Utc>) -> Self {
        let until = grant.ends_at;
        match &grant.state {
            GrantState::Applying { .. } => match grant.late_since {
                Some(since) => Self::Delayed {
                    since,
                    until,
                    held_by: grant.held_by.as_ref(),
                },
                None => Self::Applying,
            },
            GrantState::Active { .. } if now >= until => Self::TimeUp(until),
            GrantState::Active { since } => Self::Active {
                since: *since,
                until,
            },
            GrantState::Ending { ending } => match &ending.why {
                EndReason::Expired => Self::TimeUp(until),
                EndReason::NeverOpened { .. } => Self::MissedUnconfirmed(until),
                EndReason::Failed { .. } => Self::Unclear(until),
                EndReason::Released | EndReason::Revoked | EndReason::PersonLeft { .. } => {
                    Self::Closing {
                        ending,
                        until,
                        pace: match (grant.late_since, &grant.held_by) {
                            (Some(_), Some(HeldBy::ClientRefused { status })) => {
                                Pace::Stuck { status: *status }
                            }
                            (Some(_), _) => Pace::Late,
                            (None, _) => Pace::Usual,
                        },
                    }
                }
            },
            GrantState::Ended { ending, .. } => Self::Closed(ending),
            GrantState::Failed { cause, at, opened } => Self::Failed(Failure {
                cause,
                at: *at,
                opened: *opened,
            }),
        }
    }

    /// Whether "Try again" does anything.
    pub fn can_be_retried(&self, story: &Story<'_>) -> bool {
        let time_left = story
            .grant
            .is_some_and(|grant| seconds::until(grant.ends_at, story.now) >= WORTH_WRITING);
        let may_help = match self {
            Self::Failed(failure) => failure.cause.can_be_mended(),
            _ => false,
        };
        may_help && time_left && story.profile.is_some()
    }

    /// Whether it went as it was decided: then a sentence about the decision stays true.
    pub fn follows_decision(&self) -> bool {
        match self {
            Self::Applying | Self::Delayed { .. } | Self::Active { .. } | Self::TimeUp(_) => true,
            Self::Closed(ending) => ending.why == EndReason::Expired,
            _ => false,
        }
    }
}
