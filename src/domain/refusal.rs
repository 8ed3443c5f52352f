//! Why a command changed nothing, in the sentence that the person reads.

use super::device::DeviceRefusal;
use super::facts::FactChange;
use super::ids::PersonId;
use super::number::RequestNumber;
use super::person::IdentityRefusal;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// A command was understood and nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The account may not act at all.
    #[error("{0}")]
    Identity(IdentityRefusal),
    /// Slack could not be asked who the clicker is.
    #[error("Slack did not say in time who you are. Nothing changed; try again in a moment.")]
    CouldNotCheckYou,
    /// Slack could not be asked who the requester is.
    #[error(
        "Slack did not say in time who the requester is. Nothing changed; try again in a moment."
    )]
    CouldNotCheckRequester,
    /// The group by which the requester may ask is too old.
    #[error(
        "Whether the requester may still ask for this could not be checked in the last minute. Nothing changed; try again in a moment."
    )]
    RequestersGroupTooOld,
    /// The requester's account may no longer act.
    #[error(
        "The requester's account may not get access any more. Nothing changed; you can still deny the request."
    )]
    RequesterRefused,
    /// The account of who has a failed grant may no longer act, or no longer ask for it.
    #[error(
        "Whoever asked for {number} may not get this access any more, so it stays closed. Nothing changed."
    )]
    HolderRefused {
        /// The request.
        number: RequestNumber,
    },
    /// The requester may not have this device any more: it is somebody else's, or not let in.
    #[error(
        "{} Nothing was opened; the requester can ask again with another device.", of_the_requester(*.0)
    )]
    DeviceRefused(DeviceRefusal),
    /// Whoever asks may not know that it exists.
    #[error("There is no such request, or you may not see it. Nothing changed.")]
    NoSuchRequest,
    /// Whoever asks may not know that it exists.
    #[error("There is no such profile, or you may not ask for it. Nothing changed.")]
    NoSuchProfile,
    /// Who has a profile is not for everybody who may ask for it.
    #[error(
        "Who has this open is only for the people who may review it, and for security. Nothing changed."
    )]
    OnlyForReviewers,
    /// There is nobody whose access they may see.
    #[error(
        "There is no profile that you may review. Nothing changed; /access list shows what is yours."
    )]
    ReviewsNothing,
    /// The clicker is no approver of the profile.
    #[error("You are not one of the people who may review this request. Nothing changed.")]
    NotAnApprover,
    /// The group that names the clicker is too old.
    #[error(
        "Your group membership could not be read in the last minute, so you cannot approve just now. Nothing changed; deny still works, or try again in a moment."
    )]
    GroupTooOld,
    /// The group by which somebody may ask is too old.
    #[error(
        "Whether you may ask for this could not be checked in the last minute. Nothing was asked; try again in a moment."
    )]
    AskersGroupTooOld,
    /// Somebody asks for longer than the cap.
    #[error("At most {}. Nothing was asked; choose less.", spoken(*cap))]
    AsksTooLong {
        /// The profile's cap.
        cap: Duration,
    },
    /// Somebody reviews their own request.
    #[error(
        "You asked for this yourself, so somebody else has to agree. Nothing changed; you can cancel it."
    )]
    OwnRequest,
    /// Somebody denies their own request.
    #[error("You asked for this yourself. Nothing changed; use Cancel to withdraw it.")]
    CancelInstead,
    /// They have approved it and it still counts.
    #[error("You approved {number} already; it waits for somebody else. Nothing changed.")]
    AlreadyApprovedByYou {
        /// The request.
        number: RequestNumber,
    },
    /// Exactly this was said before; the stored result stands, nobody needs to be told.
    #[error("That was recorded already. Nothing changed.")]
    Repeated,
    /// The request is decided.
    #[error("{number}: {how} at {}. Nothing changed.", at.format("%H:%M UTC"))]
    Settled {
        /// The request.
        number: RequestNumber,
        /// "Grace already approved this".
        how: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// Nobody decided in time.
    #[error("{number} closed at {} without enough approvals. Nothing was granted; the requester can ask again.", answer_by.format("%H:%M UTC"))]
    LapsedAlready {
        /// The request.
        number: RequestNumber,
        /// The end of its life.
        answer_by: DateTime<Utc>,
    },
    /// The button was drawn before something changed.
    #[error("{number}: {} changed since you saw this. Nothing was approved; look at the card and decide again.", listed(.changes))]
    FactsMoved {
        /// The request.
        number: RequestNumber,
        /// What changed, as far as it is known.
        changes: Vec<FactChange>,
    },
    /// A failed grant cannot be tried again: it is not what was approved.
    #[error("{number}: {} changed since it was approved. Nothing was opened; the requester has to ask again.", listed(.changes))]
    FactsDiffer {
        /// The request.
        number: RequestNumber,
        /// What changed.
        changes: Vec<FactChange>,
    },
    /// The click found out that nobody may ask for it any more.
    #[error(
        "{number} can no longer be asked for, so it was closed just now. Nothing was approved."
    )]
    ClosedInstead {
        /// The request.
        number: RequestNumber,
    },
    /// Longer than the cap of now.
    #[error("At most {} is allowed here now. Nothing changed; approve or ask for less.", spoken(*cap))]
    OverCap {
        /// The profile's cap.
        cap: Duration,
    },
    /// "Approve for less" needs less.
    #[error("Choose less than {}. Nothing changed.", spoken(*limit))]
    NotShorter {
        /// What stands now.
        limit: Duration,
    },
    /// A grant of a few seconds helps nobody.
    #[error("At least {} is needed. Nothing changed.", spoken(*floor))]
    TooShort {
        /// The shortest duration.
        floor: Duration,
    },
    /// They were asked, or reminded, not long enough ago.
    #[error("You can remind the approvers of {number} from {} on: five minutes after asking, then every fifteen, three times in all. Nobody was reminded.", at.format("%H:%M UTC"))]
    TooSoonToRemind {
        /// The request.
        number: RequestNumber,
        /// When it is late enough.
        at: DateTime<Utc>,
    },
    /// It was done as often as it is done, or the request closes before the next time.
    #[error(
        "The approvers of {number} are not reminded any more. Nobody was reminded; tell one of them yourself."
    )]
    RemindedEnough {
        /// The request.
        number: RequestNumber,
    },
    /// Everybody who was asked has answered, or may not any more.
    #[error(
        "Nobody who was asked for {number} has still to answer. Nobody was reminded; tell another approver yourself."
    )]
    NobodyToRemind {
        /// The request.
        number: RequestNumber,
    },
    /// Only the requester cancels and gives back.
    #[error("Only the person who asked can do that. Nothing changed.")]
    NotYours,
    /// There is no access to end, or it is ending already.
    #[error("{number} is not open{}. Nothing changed.", ended(how.as_ref()))]
    NotOpen {
        /// The request.
        number: RequestNumber,
        /// "Sam revoked it", and when, if it was ever approved.
        how: Option<(String, DateTime<Utc>)>,
    },
    /// Only a failed grant can be tried again.
    #[error(
        "{number} is not failed now, somebody may have tried it again already. Nothing changed; `/access status {number}` shows where it stands."
    )]
    NotFailed {
        /// The request.
        number: RequestNumber,
    },
    /// The approvals of then do not suffice now.
    #[error(
        "The approvals of {number} no longer suffice: {counted} of {needed} still count. Nothing was opened; the requester has to ask again."
    )]
    QuorumLost {
        /// The request.
        number: RequestNumber,
        /// How many still count.
        counted: u32,
        /// How many are needed.
        needed: u32,
    },
    /// Revoking needs a reason.
    #[error("Say in a few words why you revoke it. Nothing changed.")]
    NoteMissing,
    /// The time has run out.
    #[error("The time of {number} is over. Nothing was opened; the requester has to ask again.")]
    TimeOver {
        /// The request.
        number: RequestNumber,
    },
    /// Nobody could answer.
    #[error("Nobody can approve this just now: {why}. Nothing was asked; tell your security team.")]
    NobodyCanApprove {
        /// Why nobody is left.
        why: String,
    },
    /// Who could answer has never been read.
    #[error("Who is in {group} could not be read yet. Nothing was asked; try again in a minute.")]
    ApproversUnread {
        /// The group, as people write it.
        group: String,
    },
    /// A workflow's request was confirmed without saying on which device.
    #[error("Choose a device on the card first, then confirm. Nothing was asked.")]
    DeviceNotChosen,
    /// A workflow's request was confirmed after its time.
    #[error(
        "{number} was not confirmed within 15 minutes and was closed. No approver was asked, nothing was granted; run the workflow again, or ask with `/access`."
    )]
    ConfirmedTooLate {
        /// The request.
        number: RequestNumber,
    },
    /// The same thing is waiting already.
    #[error(
        "You have asked for this already: {number} waits for an answer. Nothing new was asked."
    )]
    AlreadyPending {
        /// The request that waits.
        number: RequestNumber,
    },
    /// A live grant writes another value under the same key.
    #[error("{attribute} is open on that device with another value until {}. Nothing was asked; try again after that.", until.format("%H:%M UTC"))]
    ValueClash {
        /// The attribute.
        attribute: String,
        /// When the live grant ends.
        until: DateTime<Utc>,
    },
    /// A field of the form holds something that cannot be asked for; the sentence stands under it.
    #[error("{0}")]
    Unfit(String),
    /// Tailscale knows no such device.
    #[error("That device is not in the tailnet. Nothing was asked; choose another device.")]
    DeviceUnknown,
    /// Tailscale did not describe the device, and what is known about it is too old.
    #[error(
        "Tailscale could not be asked about this device. Nothing was asked; try again in a moment."
    )]
    DeviceUnread,
    /// The device cannot be asked for.
    #[error("{0}. Nothing was asked; choose another device.")]
    DeviceNotAllowed(DeviceRefusal),
    /// The chosen person may not approve.
    #[error(
        "Whom you chose may not approve this profile. Nothing was asked; choose somebody else or nobody."
    )]
    ApproverNotAllowed(PersonId),
}

/// " any more: Sam revoked it at 17:38 UTC".
fn ended(how: Option<&(String, DateTime<Utc>)>) -> String {
    how.map(|(how, at)| format!(" any more: {how} at {}", at.format("%H:%M UTC")))
        .unwrap_or_default()
}

fn listed(changes: &[FactChange]) -> String {
    if changes.is_empty() {
        return "something".to_owned();
    }
    let words: Vec<String> = changes.iter().map(ToString::to_string).collect();
    words.join(" and ")
}

/// What is wrong with a device, for somebody whose device it is not.
fn of_the_requester(why: DeviceRefusal) -> &'static str {
    match why {
        DeviceRefusal::NotYours => "The requester may not have access on this device any more.",
        DeviceRefusal::External => "The device belongs to another tailnet.",
        DeviceRefusal::Unauthorized => "The device waits for an administrator to authorize it.",
        DeviceRefusal::KeyExpired => {
            "The device's key has expired: somebody has to log in to Tailscale on it first."
        }
    }
}

/// "2 h 30 min".
fn spoken(duration: Duration) -> String {
    super::duration::spoken(duration)
}

impl Refusal {
    /// The one moment that its sentence names.
    pub fn moment(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Settled { at, .. } | Self::TooSoonToRemind { at, .. } => Some(*at),
            Self::LapsedAlready { answer_by, .. } => Some(*answer_by),
            Self::ValueClash { until, .. } => Some(*until),
            Self::NotOpen { how, .. } => how.as_ref().map(|(_, at)| *at),
            _ => None,
        }
    }

    /// Whether who is refused may know of the request that they aimed at.
    pub fn may_name_its_request(&self) -> bool {
        !matches!(
            self,
            Self::Identity(_) | Self::CouldNotCheckYou | Self::NoSuchRequest | Self::NoSuchProfile
        )
    }

    /// A stable word for records and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Identity(IdentityRefusal::NotAMember) => "not_a_member",
            Self::Identity(IdentityRefusal::NoLogin) => "no_login",
            Self::Identity(IdentityRefusal::Disputed) => "identity_disputed",
            Self::CouldNotCheckYou => "clicker_unread",
            Self::CouldNotCheckRequester => "requester_unread",
            Self::RequestersGroupTooOld => "requesters_group_too_old",
            Self::HolderRefused { .. } => "holder_refused",
            Self::ApproversUnread { .. } => "approvers_unread",
            Self::RequesterRefused => "requester_refused",
            Self::DeviceNotChosen => "device_not_chosen",
            Self::ConfirmedTooLate { .. } => "confirmed_too_late",
            Self::DeviceRefused(_) => "device_refused",
            Self::NoSuchRequest => "no_such_request",
            Self::NoSuchProfile => "no_such_profile",
            Self::OnlyForReviewers => "only_for_reviewers",
            Self::ReviewsNothing => "reviews_nothing",
            Self::NotAnApprover => "not_an_approver",
            Self::GroupTooOld | Self::AskersGroupTooOld => "group_too_old",
            Self::OwnRequest => "own_request",
            Self::CancelInstead => "cancel_instead",
            Self::AlreadyApprovedByYou { .. } => "already_approved",
            Self::Repeated => "repeated",
            Self::Settled { .. } => "settled",
            Self::LapsedAlready { .. } => "lapsed",
            Self::FactsMoved { .. } => "facts_moved",
            Self::FactsDiffer { .. } => "facts_differ",
            Self::ClosedInstead { .. } => "closed_instead",
            Self::OverCap { .. } | Self::AsksTooLong { .. } => "over_cap",
            Self::NotShorter { .. } => "not_shorter",
            Self::TooShort { .. } => "too_short",
            Self::TooSoonToRemind { .. } => "too_soon_to_remind",
            Self::RemindedEnough { .. } => "reminded_enough",
            Self::NobodyToRemind { .. } => "nobody_to_remind",
            Self::NotYours => "not_yours",
            Self::NotOpen { .. } => "not_open",
            Self::NotFailed { .. } => "not_failed",
            Self::QuorumLost { .. } => "quorum_lost",
            Self::NoteMissing => "note_missing",
            Self::TimeOver { .. } => "time_over",
            Self::NobodyCanApprove { .. } => "nobody_can_approve",
            Self::AlreadyPending { .. } => "already_pending",
            Self::ValueClash { .. } => "value_clash",
            Self::Unfit(_) => "field_unfit",
            Self::DeviceUnknown => "device_unknown",
            Self::DeviceUnread => "device_unread",
            Self::DeviceNotAllowed(_) => "device_not_allowed",
            Self::ApproverNotAllowed(_) => "approver_not_allowed",
        }
    }
}
