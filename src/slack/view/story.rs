//! What a card tells: the request, its grant, and what is known around them.

use super::sentence::{Sentence, say};
use crate::domain::audit::PersonRef;
use crate::domain::card::HowAsked;
use crate::domain::device::Device;
use crate::domain::facts::FactChange;
use crate::domain::grant::Grant;
use crate::domain::ids::{ChannelId, PersonId};
use crate::domain::policy::{Profile, Selector};
use crate::domain::request::{Request, RequestState, Review, Verdict};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::Duration;

/// "Lately" in [`Story::asked_lately`].
pub const LATELY: Duration = Duration::from_hours(30 * 24);
/// Only after this long does a card say who could not be reached.
pub const REACH_WITHIN: Duration = Duration::from_secs(30);

/// Everything that a card shows.
#[derive(Clone, Copy, Debug)]
pub struct Story<'a> {
    /// The request.
    pub request: &'a Request,
    /// Its grant, once it is approved.
    pub grant: Option<&'a Grant>,
    /// Its profile as the configuration has it now; `None` when it is gone.
    pub profile: Option<&'a Profile>,
    /// The device as last seen; `None` when the index does not know it.
    pub device: Option<&'a Device>,
    /// Whose cards were sent when it was asked.
    pub asked: &'a [Asked<'a>],
    /// How many more may answer.
    pub others_able: u32,
    /// How often this person asked for this profile within [`LATELY`], this time not counted.
    pub asked_lately: u32,
    /// Who may not review it any more, while it is pending: of those whose approval stands, and
    /// who reads the card.
    pub no_longer: &'a [PersonId],
    /// Whether the security channel was told of a failure.
    pub security_told: Told<'a>,
    /// When its facts changed last while it was pending, and which.
    pub changed: Option<(DateTime<Utc>, &'a [FactChange])>,
    /// The devices that the requester chooses from while they have to confirm what a workflow
    /// asked, the likeliest first; of one choice there is nothing to choose.
    pub devices: &'a [Arc<Device>],
    /// Now.
    pub now: DateTime<Utc>,
}

/// Somebody whose card was sent when the request was made.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Who.
    pub person: &'a PersonId,
    /// What they are called, if that is known.
    pub name: Option<&'a str>,
    /// Why they are asked.
    pub because: &'a Selector,
    /// Whether their card is there.
    pub reached: Reached,
}

/// Whether a card has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// It has not been posted yet, or the answer was lost.
    NotYet,
    /// It is there.
    Yes,
    /// It cannot be posted.
    No,
}

/// Whether the security channel was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told<'a> {
    /// No message was sent there.
    NotYet,
    /// The message was sent to this channel.
    In(&'a ChannelId),
}

/// Who reads a card, and as what.
#[derive(Clone, Copy, Debug)]
pub enum Reader<'a> {
    /// The person who asked.
    Requester,
    /// Somebody who may review.
    Approver {
        /// Who.
        person: &'a PersonId,
        /// What gives them the right.
        because: &'a Selector,
        /// Whether they were asked, or fetched the card to act on it.
        how: HowAsked,
    },
    /// The line in the profile's channel.
    Channel,
}

impl<'a> Story<'a> {
    /// Whether the requester says on which device a workflow's request is for.
    pub fn chooses_device(&self) -> bool {
        self.devices.len() > 1
    }

    /// Approvals that nothing but a shorter duration has come after, one a person.
    fn given(&self) -> Vec<&'a Review> {
        let mut given: Vec<&Review> = Vec::new();
        for review in &self.request.reviews {
            let known = given.iter().any(|other| other.by.id == review.by.id);
            if self.request.stands(review) && !known {
                given.push(review);
            }
        }
        given
    }

    /// Those of them that count, as far as is known now.
    pub fn standing(&self) -> Vec<&'a Review> {
        let mut standing = self.given();
        standing.retain(|review| !self.no_longer.contains(&review.by.id));
        standing
    }

    /// Those of them that would not count, because their giver may not review any more.
    pub fn discounted(&self) -> Vec<&'a Review> {
        let mut discounted = self.given();
        discounted.retain(|review| self.no_longer.contains(&review.by.id));
        discounted
    }

    /// Approvals that were set aside because a fact changed, and not given again since.
    pub fn set_aside(&self) -> Vec<&'a Review> {
        let given = self.given();
        let mut aside: Vec<&Review> = Vec::new();
        for review in &self.request.reviews {
            let stands = given.iter().any(|other| other.by.id == review.by.id);
            let known = aside.iter().any(|other| other.by.id == review.by.id);
            if review.verdict != Verdict::Deny && !stands && !known {
                aside.push(review);
            }
        }
        aside
    }

    /// Approvals that stood, yet did not count when it was decided.
    pub fn uncounted(&self) -> Vec<&'a Review> {
        let RequestState::Approved { by, .. } = &self.request.state else {
            return Vec::new();
        };
        let mut standing = self.standing();
        standing.retain(|review| !by.iter().any(|person| person.id == review.by.id));
        standing
    }

    /// The standing approval of this person.
    pub fn approval_of(&self, person: &PersonId) -> Option<&'a Review> {
        let mut standing = self.standing().into_iter();
        standing.find(|review| review.by.id == *person)
    }

    /// How many approvals are still missing, as far as the stored ones tell.
    pub fn missing(&self) -> u32 {
        let given = u32::try_from(self.standing().len()).unwrap_or(u32::MAX);
        self.request.facts.approvals.saturating_sub(given).max(1)
    }

    /// Who agreed, when it was decided.
    pub fn approvers(&self) -> &'a [PersonRef] {
        match &self.request.state {
            RequestState::Approved { by, .. } => by,
            _ => &[],
        }
    }

    /// When it was decided that it opens.
    pub fn approved_at(&self) -> DateTime<Utc> {
        match (&self.request.state, self.grant) {
            (RequestState::Approved { at, .. }, _) => *at,
            (_, Some(grant)) => grant.approved_at,
            _ => self.request.asked_at,
        }
    }

    /// The names of those who were asked, may still answer and have not, the reader left out.
    pub fn awaited(&self, reader: Option<&PersonId>) -> Vec<&'a str> {
        let given = self.standing();
        called(self.asked.iter().filter(|asked| {
            Some(asked.person) != reader
                && asked.reached != Reached::No
                && !self.no_longer.contains(asked.person)
                && !given.iter().any(|review| review.by.id == *asked.person)
        }))
    }

    /// Whether there is somebody to remind, and reminding is not over.
    pub fn can_be_reminded(&self) -> bool {
        let somebody = self.asked.iter().any(|asked| {
            asked.reached != Reached::No
                && !self.no_longer.contains(asked.person)
                && self.request.waits_for(asked.person)
        });
        somebody && self.profile.is_some() && self.request.next_reminder().is_some()
    }

    /// The names of those who were asked, the reader left out.
    pub fn also_asked(&self, reader: &PersonId) -> Vec<&'a str> {
        called(self.asked.iter().filter(|asked| asked.person != reader))
    }

    /// The names of those whose card cannot be posted, once that is worth saying.
    pub fn unreached(&self) -> Vec<&'a str> {
        called(self.asked.iter().filter(|asked| self.is_unreached(asked)))
    }

    /// Whether people were asked and none of them has a card, once that is worth saying.
    pub fn reached_nobody(&self) -> bool {
        !self.asked.is_empty() && self.asked.iter().all(|asked| self.is_unreached(asked))
    }

    fn is_unreached(&self, asked: &Asked<'_>) -> bool {
        let waited = self.now.signed_duration_since(self.request.asked_at);
        match asked.reached {
            Reached::No => true,
            Reached::NotYet => waited.to_std().unwrap_or_default() >= REACH_WITHIN,
            Reached::Yes => false,
        }
    }

    /// How long the grant is, from approval to its end.
    pub fn granted(&self) -> Duration {
        self.grant.map_or(self.request.facts.duration, |grant| {
            let whole = grant.ends_at.signed_duration_since(grant.approved_at);
            // The end is cut to whole seconds; people read what was agreed.
            let agreed = self.request.facts.duration;
            match whole.to_std() {
                Ok(whole) if whole.abs_diff(agreed) >= Duration::from_secs(1) => whole,
                _ => agreed,
            }
        })
    }

    /// " for 2 h", as it was asked for, and what has become of that since.
    pub fn wish(&self) -> Sentence {
        let request = self.request;
        let asked = say(format!(" for {}", spoken(request.wished)));
        if request.facts.duration >= request.wished {
            return asked;
        }
        let now = spoken(request.facts.duration);
        match (&request.state, self.shortener()) {
            (RequestState::Pending, _) | (_, None) => asked.say(format!(", now {now}")),
            (_, Some(review)) => asked
                .say(format!(", shortened to {now} by "))
                .name(&review.by.name),
        }
    }

    /// Whose shortening came last.
    fn shortener(&self) -> Option<&'a Review> {
        let mut latest_first = self.request.reviews.iter().rev();
        latest_first.find(|review| matches!(review.verdict, Verdict::Shorten(_)))
    }

    /// "For 30 min; Ada asked for 2 h, shortened by Grace {d}", when it was shortened.
    pub fn shortened(&self) -> Option<Sentence> {
        let request = self.request;
        (request.facts.duration < request.wished).then(|| {
            let sentence = say(format!("{}; ", spoken(request.facts.duration)))
                .name(&request.requester.name)
                .say(format!(" asked for {}", spoken(request.wished)));
            match self.shortener() {
                Some(review) => sentence
                    .say(", shortened by ")
                    .name(&review.by.name)
                    .say(" ")
                    .date(review.at),
                None => sentence,
            }
        })
    }

    /// "Production SSH on `ada-mbp`".
    pub fn what(&self) -> Sentence {
        Sentence::default()
            .name(&self.request.facts.profile_name)
            .say(" on ")
            .code(&self.request.facts.device.name)
    }
}

/// "2 h 30 min".
pub fn spoken(duration: Duration) -> String {
    crate::domain::duration::spoken(duration)
}

/// How long something lasted, in whole minutes as soon as there is one.
pub fn lasted(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    let seconds = to
        .signed_duration_since(from)
        .to_std()
        .unwrap_or_default()
        .as_secs();
    let whole = if seconds < 60 {
        seconds
    } else {
        seconds / 60 * 60
    };
    spoken(Duration::from_secs(whole))
}

/// What they are called; those whose names are not known are "somebody", once, at the end.
fn called<'a>(asked: impl Iterator<Item = &'a Asked<'a>>) -> Vec<&'a str> {
    let names: Vec<Option<&str>> = asked.map(|asked| asked.name).collect();
    let unknown = names.iter().any(Option::is_none);
    let known = names.into_iter().flatten();
    known.chain(unknown.then_some("somebody")).collect()
}

/// The names of people in a record.
pub fn names(people: &[PersonRef]) -> Vec<&str> {
    people.iter().map(|person| person.name.as_str()).collect()
}
