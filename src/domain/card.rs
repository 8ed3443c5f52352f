//! The messages that show a request: one card a request and person, and where each one is.
//!
//! A card is a view; what is stored about the request is the truth. Here is only which cards
//! exist and where they were posted, not how they look.

use super::ids::{CardId, ChannelId, EventId, PersonId, RequestId};
use super::policy::Selector;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One message that follows a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Made from the request and the face, so that the same card is never made twice.
    pub id: CardId,
    /// The request that it shows.
    pub request: RequestId,
    /// Who reads it, and as what.
    pub face: Face,
    /// Where it is, or why not.
    pub delivery: Delivery,
    /// Fingerprint of what it showed last: the same content is not sent twice.
    pub shown: Option<String>,
    /// The cheap way to change it, from the last click on it.
    pub reply: Option<ReplyUrl>,
    /// When it was made.
    pub made_at: DateTime<Utc>,
}

/// Who reads a card, and as what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Face {
    /// The requester's own card.
    Requester(PersonId),
    /// The card of somebody who may review.
    Approver {
        /// Who.
        person: PersonId,
        /// Why they are asked.
        because: Selector,
        /// How they came to have it.
        how: HowAsked,
    },
    /// The line in the profile's channel.
    Channel(ChannelId),
    /// A new line in the requester's direct message, kept up to date for its buttons.
    Line {
        /// Who reads it.
        person: PersonId,
        /// The event that it tells.
        event: EventId,
    },
}

/// How an approver came to have a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HowAsked {
    /// Lapse sent it when the request was made.
    Asked,
    /// They asked for it with `/access status REQ-…`.
    Fetched,
}

/// Where a card is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// It has not been posted yet.
    Unsent,
    /// It is there.
    Posted(Place),
    /// The answer to the post was lost: it may be there. It is posted once more.
    Unknown {
        /// When the answer was lost.
        since: DateTime<Utc>,
    },
    /// It cannot be posted.
    Undeliverable {
        /// Slack's word for it.
        error: String,
    },
}

/// A message's address: what `chat.update` wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The channel that Slack returned (`D…` for a direct message).
    pub channel: ChannelId,
    /// The time stamp that names the message.
    pub ts: String,
}

/// A click's `response_url`: five uses in thirty minutes,
/// <https://docs.slack.dev/interactivity/handling-user-interaction#message_responses>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyUrl {
    /// Where to post.
    pub url: String,
    /// How often it still works.
    pub uses_left: u8,
    /// Until when.
    pub until: DateTime<Utc>,
}

impl Card {
    /// A card that is still to be posted.
    pub fn new(request: RequestId, face: Face, made_at: DateTime<Utc>) -> Self {
        let id = CardId::new(match &face {
            Face::Requester(_) => format!("{request}/requester"),
            Face::Approver { person, .. } => format!("{request}/approver/{person}"),
            Face::Channel(channel) => format!("{request}/channel/{channel}"),
            Face::Line { event, .. } => format!("{event}/line"),
        });
        Self {
            id,
            request,
            face,
            delivery: Delivery::Unsent,
            shown: None,
            reply: None,
            made_at,
        }
    }

    /// A card that somebody asked for: a new message each time, so that it is the newest one.
    pub fn fetched(request: RequestId, face: Face, made_at: DateTime<Utc>) -> Self {
        let card = Self::new(request, face, made_at);
        let id = CardId::new(format!("{}/{}", card.id, made_at.timestamp_millis()));
        Self { id, ..card }
    }

    /// Another copy of a card that turned up by a click on it: its first post's answer was lost.
    #[must_use]
    pub fn copy_at(&self, place: Place) -> Self {
        let id = CardId::new(format!("{}@{}/{}", self.id, place.channel, place.ts));
        Self {
            id,
            delivery: Delivery::Posted(place),
            shown: None,
            reply: None,
            ..self.clone()
        }
    }

    /// Who was sent it when the request was made, to review it.
    pub fn asked(&self) -> Option<&PersonId> {
        match &self.face {
            Face::Approver {
                person,
                how: HowAsked::Asked,
                ..
            } => Some(person),
            _ => None,
        }
    }

    /// Where it is, if it is anywhere.
    pub fn place(&self) -> Option<&Place> {
        match &self.delivery {
            Delivery::Posted(place) => Some(place),
            _ => None,
        }
    }
}
