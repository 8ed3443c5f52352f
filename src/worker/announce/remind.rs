//! Reminds one approver of the card that they have not answered: a new line with the way to it.

use super::super::sync_card::to_message;
use super::super::{Held, Outcome, Worker};
use super::Spot;
use crate::domain::audit::Subject;
use crate::domain::card::Card;
use crate::domain::ids::{EventId, PersonId};
use crate::slack::view;
use crate::slack::{Destination, MessageTs};
use crate::store::StoreError;

impl Worker {
    /// Whoever has answered since, or may not any more, is left alone.
    pub(in crate::worker) async fn remind(
        &self,
        held: &Held,
        id: &EventId,
        person: &PersonId,
    ) -> Result<Outcome, StoreError> {
        let Some(stored) = self.app.store.event(id).await? else {
            return Ok(Outcome::Done);
        };
        let Subject::Request(request) = &stored.event.subject else {
            return Ok(Outcome::Done);
        };
        let cards = self.app.store.cards_of(request).await?;
        let card = cards.iter().find(|card| card.asked() == Some(person));
        let Some(card) = card else {
            return Ok(Outcome::Done);
        };
        let Some(known) = self.app.know_for(card).await? else {
            return Ok(Outcome::Done);
        };
        let is_over = known.request.answer_by <= self.app.clock.now();
        if is_over || !known.request.waits_for(person) || known.no_longer.contains(person) {
            return Ok(Outcome::Done);
        }
        let target = Spot::To(Destination::Person(person.clone()));
        let lane = target.lane();
        if let Err(wait) = self.admit(held, &lane).await? {
            return Ok(Outcome::Paused { lane, after: wait });
        }
        let link = self.link_to(card).await;
        let asked = known.asked();
        let story = known.story(&self.app, &asked);
        let message = to_message(&view::reminder(&story, link.as_deref()));
        if !self.may_send(held) {
            return Ok(Outcome::Fenced);
        }
        // A reminder leaves no card; a run that died may have sent this one.
        if held.row.previous_run_died {
            return Ok(Outcome::Done);
        }
        match self.send(&target, &message).await {
            Ok(_) => Ok(Outcome::Done),
            Err(error) => {
                self.not_told(held, request, None, &error, lane, &target)
                    .await
            }
        }
    }

    /// A link to a card that was posted. Without one the line says how to get the card.
    async fn link_to(&self, card: &Card) -> Option<String> {
        let place = card.place()?;
        let ts = MessageTs::new(place.ts.clone());
        self.app.slack.permalink(&place.channel, &ts).await.ok()
    }
}
