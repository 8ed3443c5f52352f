//! What can be asked of the worker, and in which order and lane it is done.

use crate::domain::attribute::{Attribute, Key};
use crate::domain::audit::Hearer;
use crate::domain::ids::{CardId, EventId, ExecutionId, NodeId, PersonId};
use std::fmt;

/// A subject to bring into agreement, or a line to say once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Job {
    /// The posture attribute of this key.
    SyncKey(Key),
    /// One card.
    SyncCard(CardId),
    /// What Slack says about this account.
    ReadPerson(PersonId),
    /// A step of a workflow, to be taken up.
    TakeStep(ExecutionId),
    /// A step of a workflow, to be answered.
    CompleteStep(ExecutionId),
    /// The line that tells somebody about an event.
    Announce {
        /// The event.
        event: EventId,
        /// Who hears it.
        to: Hearer,
    },
    /// The home tab of this person.
    PublishHome(PersonId),
    /// The line that reminds somebody of the card that they have not answered; told like any
    /// other line.
    Remind {
        /// The event.
        event: EventId,
        /// Who is reminded.
        person: PersonId,
    },
}

const SYNC_KEY: &str = "sync_key";
const SYNC_CARD: &str = "sync_card";
const ANNOUNCE: &str = "announce";
const PUBLISH_HOME: &str = "publish_home";
const READ_PERSON: &str = "read_person";
const TAKE_STEP: &str = "take_step";
const COMPLETE_STEP: &str = "complete_step";
/// What a person's id stands behind where a hearer's word would stand.
const TO_PERSON: &str = "person:";

impl Job {
    /// Every kind that this version can perform.
    pub const KINDS: [&str; 7] = [
        SYNC_KEY,
        SYNC_CARD,
        ANNOUNCE,
        PUBLISH_HOME,
        READ_PERSON,
        TAKE_STEP,
        COMPLETE_STEP,
    ];

    /// The stable word under which it is stored.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SyncKey(_) => SYNC_KEY,
            Self::SyncCard(_) => SYNC_CARD,
            Self::Announce { .. } | Self::Remind { .. } => ANNOUNCE,
            Self::PublishHome(_) => PUBLISH_HOME,
            Self::ReadPerson(_) => READ_PERSON,
            Self::TakeStep(_) => TAKE_STEP,
            Self::CompleteStep(_) => COMPLETE_STEP,
        }
    }

    /// What it is about, as it is stored.
    pub fn subject(&self) -> String {
        match self {
            Self::SyncKey(key) => format!("{}/{}", key.node, key.attribute),
            Self::SyncCard(card) => card.to_string(),
            Self::Announce { event, to } => format!("{event}/{}", word(*to)),
            Self::Remind { event, person } => format!("{event}/{TO_PERSON}{person}"),
            Self::PublishHome(person) | Self::ReadPerson(person) => person.to_string(),
            Self::TakeStep(execution) | Self::CompleteStep(execution) => execution.to_string(),
        }
    }

    /// The job behind the two stored texts, if this version knows it. Neither an attribute nor
    /// a hearer contains a `/`, so the last one parts the two.
    pub fn parse(kind: &str, subject: &str) -> Option<Self> {
        match kind {
            SYNC_KEY => {
                let (node, attribute) = subject.rsplit_once('/')?;
                Some(Self::SyncKey(Key {
                    node: NodeId::new(node),
                    attribute: Attribute::parse(attribute).ok()?,
                }))
            }
            SYNC_CARD => Some(Self::SyncCard(CardId::new(subject))),
            TAKE_STEP => Some(Self::TakeStep(ExecutionId::new(subject))),
            COMPLETE_STEP => Some(Self::CompleteStep(ExecutionId::new(subject))),
            READ_PERSON => Some(Self::ReadPerson(PersonId::new(subject))),
            ANNOUNCE => {
                let (event, to) = subject.rsplit_once('/')?;
                let event = EventId::new(event);
                Some(match to.strip_prefix(TO_PERSON) {
                    Some(person) => Self::Remind {
                        event,
                        person: PersonId::new(person),
                    },
                    None => Self::Announce {
                        event,
                        to: hearer(to)?,
                    },
                })
            }
            PUBLISH_HOME => Some(Self::PublishHome(PersonId::new(subject))),
            _ => None,
        }
    }
}

fn word(hearer: Hearer) -> &'static str {
    match hearer {
        Hearer::Requester => "requester",
        Hearer::Security => "security",
        Hearer::Channel => "channel",
    }
}

fn hearer(text: &str) -> Option<Hearer> {
    [Hearer::Requester, Hearer::Security, Hearer::Channel]
        .into_iter()
        .find(|hearer| word(*hearer) == text)
}

/// What a pause stops: a platform's method or channel (`slack:chat.update`, `slack:post:C…`)
/// or the platform (`slack`, `tailscale`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane(String);

impl Lane {
    /// A lane by its name; `:` parts the levels.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Everything that calls Tailscale.
    pub fn tailscale() -> Self {
        Self::new("tailscale")
    }

    /// Everything that calls Slack.
    pub fn slack() -> Self {
        Self::new("slack")
    }

    /// `chat.update`, limited for the whole workspace.
    pub fn update() -> Self {
        Self::new("slack:chat.update")
    }

    /// `views.publish`, limited for the whole workspace.
    pub fn publish() -> Self {
        Self::new("slack:views.publish")
    }

    /// The homes that somebody looks at in this moment.
    pub fn opened_homes() -> Self {
        Self::new("slack:views.publish:opened")
    }

    /// The homes on which something changed.
    pub fn changed_homes() -> Self {
        Self::new("slack:views.publish:changed")
    }

    /// The addresses that came with clicks, which have no limit in common.
    pub fn response_url() -> Self {
        Self::new("slack:response_url")
    }

    /// `users.info`, limited for the whole workspace.
    pub fn users_info() -> Self {
        Self::new("slack:users.info")
    }

    /// Taking up steps of workflows, which asks Slack and Tailscale for one thing each.
    pub fn steps() -> Self {
        Self::new("slack:steps")
    }

    /// `functions.completeSuccess` and `functions.completeError`, limited for the whole workspace.
    pub fn complete_step() -> Self {
        Self::new("slack:functions.complete")
    }

    /// `chat.postMessage` to one channel or person, limited for each.
    pub fn post_to(target: &str) -> Self {
        Self::new(format!("slack:post:{target}"))
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The lanes with which it is claimed together. The busy ones have one limit each; posts have
    /// one for each channel, and the rare methods are looked at one by one with them.
    pub(super) fn group(&self) -> &'static str {
        match self.as_str() {
            "tailscale" => "tailscale",
            "slack:chat.update" => "slack:chat.update",
            "slack:response_url" => "slack:response_url",
            "slack:views.publish:opened" => "slack:views.publish:opened",
            "slack:views.publish:changed" => "slack:views.publish:changed",
            _ => "slack:post",
        }
    }

    /// Whether it is this lane or one below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0
            .strip_prefix(other.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What goes first when much waits: ending access before opening it, people who wait before
/// people who watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Access ends.
    Removal,
    /// Access opens.
    Apply,
    /// The card that somebody clicked on a moment ago.
    ClickersCard,
    /// The card of whoever asked.
    RequestersCard,
    /// Anybody else's card.
    OtherCard,
    /// A line in a channel.
    ChannelLine,
    /// A home tab that nobody has just opened.
    Home,
}

impl Priority {
    const ALL: [Self; 7] = [
        Self::Removal,
        Self::Apply,
        Self::ClickersCard,
        Self::RequestersCard,
        Self::OtherCard,
        Self::ChannelLine,
        Self::Home,
    ];

    /// The number under which it is stored; the smaller goes first.
    pub(super) fn rank(self) -> i64 {
        match self {
            Self::Removal => 0,
            Self::Apply => 1,
            Self::ClickersCard => 2,
            Self::RequestersCard => 3,
            Self::OtherCard => 4,
            Self::ChannelLine => 5,
            Self::Home => 6,
        }
    }

    pub(super) fn from_rank(rank: i64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|priority| priority.rank() == rank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_reads_back_from_its_two_texts() {
        let attribute = Attribute::parse("custom:prod:ssh").expect("a legal attribute");
        let jobs = [
            Job::SyncKey(Key {
                node: NodeId::new("n/odd/CNTRL"),
                attribute,
            }),
            Job::SyncCard(CardId::new("r1/approver/U1@D1/17.1")),
            Job::ReadPerson(PersonId::new("W1")),
            Job::TakeStep(ExecutionId::new("Fx1")),
            Job::CompleteStep(ExecutionId::new("Fx1")),
            Job::Announce {
                event: EventId::new("request:r1#3"),
                to: Hearer::Security,
            },
            Job::PublishHome(PersonId::new("U1")),
            Job::Remind {
                event: EventId::new("request:r1#3"),
                person: PersonId::new("U0GRACE"),
            },
        ];
        for job in jobs {
            assert_eq!(Job::parse(job.kind(), &job.subject()), Some(job));
        }
        assert_eq!(Job::parse("judge", "r1"), None);
        assert_eq!(Job::parse("announce", "request:r1#3/everyone"), None);
    }

    #[test]
    fn a_platform_covers_its_lanes_and_nothing_else() {
        let slack = Lane::slack();
        assert!(Lane::new("slack:chat.update").is_within(&slack));
        assert!(slack.is_within(&slack));
        assert!(!Lane::new("slackers").is_within(&slack));
        assert!(!slack.is_within(&Lane::new("slack:chat.update")));
    }

    #[test]
    fn priorities_are_stored_in_their_order() {
        assert!(
            Priority::ALL
                .windows(2)
                .all(|pair| pair[0] < pair[1] && pair[0].rank() < pair[1].rank())
        );
        assert_eq!(Priority::from_rank(7), None);
    }
}
