//! Reminding those who were asked and have not answered: not at once, not often, and nobody who
//! has had their say.

use super::Request;
use crate::domain::audit::{Actor, EventKind};
use crate::domain::ids::PersonId;
use crate::domain::refusal::Refusal;
use crate::domain::transition::{Audience, Effect, Transition};
use crate::domain::world::World;
use chrono::{DateTime, TimeDelta, Utc};

/// So long after asking nobody is reminded.
pub const FIRST_AFTER: TimeDelta = TimeDelta::minutes(5);
/// So long after a reminder there is no other.
pub const NEXT_AFTER: TimeDelta = TimeDelta::minutes(15);
/// There are no more reminders for one request.
pub const MOST: u32 = 3;
/// A click so soon after a reminder is the click that brought it, once more.
const SAME_CLICK: TimeDelta = TimeDelta::minutes(1);

/// How often, and when last, those who were asked have been reminded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reminded {
    /// How often.
    pub times: u32,
    /// When last.
    pub at: DateTime<Utc>,
}

impl Request {
    pub(super) fn remind(
        &self,
        by: &PersonId,
        asked: &[PersonId],
        world: &World<'_>,
    ) -> Result<Transition<Self>, Refusal> {
        if *by != self.requester.id {
            return Err(Refusal::NotYours);
        }
        self.must_be_open(world)?;
        if self.was_just_reminded(world.now) {
            return Err(Refusal::Repeated);
        }
        let number = self.number;
        let at = self
            .next_reminder()
            .ok_or(Refusal::RemindedEnough { number })?;
        if world.now < at {
            return Err(Refusal::TooSoonToRemind { number, at });
        }
        let mut people = asked.to_vec();
        people.retain(|person| self.waits_for(person));
        if people.is_empty() {
            return Err(Refusal::NobodyToRemind { number });
        }
        let times = self.reminded.map_or(0, |reminded| reminded.times) + 1;
        let mut next = self.in_state(self.state.clone());
        next.reminded = Some(Reminded {
            times,
            at: world.now,
        });
        let actor = Actor::Person(self.requester.clone());
        let event = self.event(actor, EventKind::Reminded { people, times }, world);
        Ok(Transition::to(next)
            .recording(event)
            .causing(Effect::RefreshCards(Audience::Involved)))
    }

    /// When they may be reminded next; `None` once that is over.
    pub fn next_reminder(&self) -> Option<DateTime<Utc>> {
        let next = match self.reminded {
            None => self.asked_at + FIRST_AFTER,
            Some(Reminded { times, at }) if times < MOST => at + NEXT_AFTER,
            Some(_) => return None,
        };
        (next < self.answer_by).then_some(next)
    }

    /// Whether this person, who was asked, has still to say something. Nobody waits for the
    /// requester's own word.
    pub fn waits_for(&self, person: &PersonId) -> bool {
        let has_answered = self
            .reviews
            .iter()
            .any(|review| review.by.id == *person && self.stands(review));
        self.is_pending() && *person != self.requester.id && !has_answered
    }

    fn was_just_reminded(&self, now: DateTime<Utc>) -> bool {
        self.reminded
            .is_some_and(|reminded| now - reminded.at < SAME_CLICK)
    }
}
