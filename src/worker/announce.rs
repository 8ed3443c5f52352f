//! Tells one event to one hearer, as a new line: the only effect that happens at an edge. It is
//! repeated after a definite refusal, never after a lost answer.

mod remind;

use super::sync_card::{TOKEN_PROBE, to_message};
use super::{Held, Outcome, Worker};
use crate::domain::audit::{Actor, AuditEvent, EventKind, Hearer, Subject};
use crate::domain::card::{Card, Delivery, Face, Place};
use crate::domain::ids::{ChannelId, EventId, RequestId};
use crate::slack::view;
use crate::slack::{CallError, Class, Destination, Message, MessageTs, Posted};
use crate::store::StoreError;
use crate::store::outbox::Lane;

/// Whether a line can go anywhere.
enum Target {
    /// Nobody hears it.
    Nowhere,
    /// The line under which it belongs is still on its way.
    NotYet,
    /// It can be sent.
    There(Spot),
}

/// Where a line goes.
enum Spot {
    /// A person's direct messages, or a channel.
    To(Destination),
    /// Under the channel line of the request.
    Thread(Place),
}

impl Worker {
    pub(super) async fn announce(
        &self,
        held: &Held,
        id: &EventId,
        hearer: Hearer,
    ) -> Result<Outcome, StoreError> {
        let Some(stored) = self.app.store.event(id).await? else {
            return Ok(Outcome::Done);
        };
        let Subject::Request(request) = &stored.event.subject else {
            return Ok(Outcome::Done);
        };
        let Some(known) = self.app.know(request).await? else {
            return Ok(Outcome::Done);
        };
        let asked = known.asked();
        let story = known.story(&self.app, &asked);
        let view = view::line(&story, &stored.event, hearer);
        let target = match self
            .target(request, hearer, &known.request.requester.id)
            .await?
        {
            Target::Nowhere => return Ok(Outcome::Done),
            Target::NotYet => return Ok(held.again(None, "no_thread_yet")),
            Target::There(target) => target,
        };
        let lane = target.lane();
        if let Err(wait) = self.admit(held, &lane).await? {
            return Ok(Outcome::Paused { lane, after: wait });
        }
        let card = (hearer == Hearer::Requester).then(|| {
            let person = known.request.requester.id.clone();
            let face = Face::Line {
                person,
                event: id.clone(),
            };
            Card::new(request.clone(), face, self.app.clock.now())
        });
        if !self.may_send(held) {
            return Ok(Outcome::Fenced);
        }
        let may_have_been_said = match &card {
            Some(card) => !self.mark_sending(card).await?,
            // Lines without buttons leave no card; a run that died may have said this one.
            None => held.row.previous_run_died,
        };
        if may_have_been_said {
            return Ok(Outcome::Done);
        }
        match self.send(&target, &to_message(&view)).await {
            Ok(posted) => {
                self.told(request, card, posted, view.digest(), hearer)
                    .await?;
                Ok(Outcome::Done)
            }
            Err(error) => {
                self.not_told(held, request, card, &error, lane, &target)
                    .await
            }
        }
    }

    async fn target(
        &self,
        request: &RequestId,
        hearer: Hearer,
        requester: &crate::domain::ids::PersonId,
    ) -> Result<Target, StoreError> {
        Ok(match hearer {
            Hearer::Requester => Target::There(Spot::To(Destination::Person(requester.clone()))),
            Hearer::Security => match self.app.policy.security.channel.clone() {
                Some(channel) => Target::There(Spot::To(Destination::Channel(channel))),
                None => Target::Nowhere,
            },
            Hearer::Channel => {
                let cards = self.app.store.cards_of(request).await?;
                let line = cards
                    .into_iter()
                    .find(|card| matches!(card.face, Face::Channel(_)));
                match line.map(|card| card.delivery) {
                    Some(Delivery::Posted(place)) => Target::There(Spot::Thread(place)),
                    Some(Delivery::Unsent | Delivery::Unknown { .. }) => Target::NotYet,
                    Some(Delivery::Undeliverable { .. }) | None => Target::Nowhere,
                }
            }
        })
    }

    async fn send(&self, target: &Spot, message: &Message) -> Result<Posted, CallError> {
        match target {
            Spot::To(destination) => self.app.slack.post(destination, message).await,
            Spot::Thread(place) => {
                let thread = MessageTs::new(place.ts.clone());
                self.app
                    .slack
                    .post_in_thread(&place.channel, &thread, message)
                    .await
            }
        }
    }

    /// Marks durably that the line is about to be sent; `false` when it was marked before and
    /// nothing is known of what became of it.
    async fn mark_sending(&self, card: &Card) -> Result<bool, StoreError> {
        let since = self.app.clock.now();
        let marked = Card {
            delivery: Delivery::Unknown { since },
            ..card.clone()
        };
        let mut tx = self.app.store.begin().await?;
        if let Some(known) = tx.card(&card.id).await? {
            if known.delivery != Delivery::Unsent {
                return Ok(false);
            }
            tx.card_shown(&marked, None).await?;
        } else {
            tx.insert_card(&marked).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn told(
        &self,
        request: &RequestId,
        card: Option<Card>,
        posted: Posted,
        digest: String,
        hearer: Hearer,
    ) -> Result<(), StoreError> {
        let mut tx = self.app.store.begin().await?;
        if let Some(mut card) = card {
            let ts = posted.ts.to_string();
            card.delivery = Delivery::Posted(Place {
                channel: posted.channel,
                ts,
            });
            card.shown = Some(digest);
            tx.card_shown(&card, None).await?;
            self.app.refresh_card(&mut tx, &card);
        } else if hearer == Hearer::Security {
            self.record_told(&mut tx, request, posted.channel).await?;
        } else {
            return Ok(());
        }
        tx.commit().await?;
        self.app.work.ring();
        Ok(())
    }

    async fn record_told(
        &self,
        tx: &mut crate::store::Tx,
        request: &RequestId,
        channel: ChannelId,
    ) -> Result<(), StoreError> {
        let event = AuditEvent {
            subject: Subject::Request(request.clone()),
            actor: Actor::Lapse,
            at: self.app.clock.now(),
            kind: EventKind::SecurityTold { channel },
        };
        tx.record(&event).await?;
        self.app.refresh_requesters_card(tx, request).await
    }

    async fn not_told(
        &self,
        held: &Held,
        request: &RequestId,
        card: Option<Card>,
        error: &CallError,
        lane: Lane,
        target: &Spot,
    ) -> Result<Outcome, StoreError> {
        tracing::warn!(request_id = %request, error = %error.error, class = error.class.label(), "a line was not taken by Slack");
        let outcome = match error.class {
            // It may have been said; saying it twice would be worse than not at all, and the
            // card says the same.
            Class::Ambiguous => return Ok(Outcome::Done),
            Class::Permanent => {
                self.give_up(request, error, target).await?;
                return Ok(Outcome::Done);
            }
            Class::Retryable { after: Some(after) } => Outcome::Paused { lane, after },
            Class::Retryable { after: None } if self.has_tried_long_enough(held) => {
                return Ok(Outcome::Done);
            }
            Class::Retryable { after: None } => held.again(None, error.class.label()),
            Class::TokenDead => Outcome::Paused {
                lane: Lane::slack(),
                after: TOKEN_PROBE,
            },
        };
        if let Some(card) = card {
            let mut tx = self.app.store.begin().await?;
            tx.card_shown(&card, None).await?;
            tx.commit().await?;
        }
        Ok(outcome)
    }

    async fn give_up(
        &self,
        request: &RequestId,
        error: &CallError,
        target: &Spot,
    ) -> Result<(), StoreError> {
        let error = error.error.clone();
        metrics::counter!("lapse_undeliverable_total", "error" => error.clone()).increment(1);
        let kind = match target {
            Spot::To(Destination::Person(person)) => EventKind::CardUndeliverable {
                person: person.clone(),
                error,
            },
            Spot::To(Destination::Channel(channel)) => EventKind::ChannelUnreachable {
                channel: channel.clone(),
                error,
            },
            Spot::Thread(place) => EventKind::ChannelUnreachable {
                channel: place.channel.clone(),
                error,
            },
        };
        let subject = Subject::Request(request.clone());
        let at = self.app.clock.now();
        let mut tx = self.app.store.begin().await?;
        tx.record(&AuditEvent {
            subject,
            actor: Actor::Lapse,
            at,
            kind,
        })
        .await?;
        tx.commit().await
    }
}

impl Spot {
    fn lane(&self) -> Lane {
        match self {
            Self::To(destination) => Lane::post_to(destination.as_str()),
            Self::Thread(place) => Lane::post_to(place.channel.as_str()),
        }
    }
}
