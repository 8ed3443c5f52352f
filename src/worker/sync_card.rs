//! Brings one card into agreement with what is stored about its request: posts it, edits it, or
//! posts it anew when it can no longer be edited.

use super::{Held, Outcome, Worker};
use crate::app::query::Known;
use crate::domain::audit::{Actor, AuditEvent, EventKind, Subject};
use crate::domain::card::{Card, Delivery, Face, Place, ReplyUrl};
use crate::domain::ids::CardId;
use crate::slack::view::story::REACH_WITHIN;
use crate::slack::view::{self, Message as View, Reader};
use crate::slack::{CallError, Class, Destination, Message, MessageTs, Response, ResponseUrl};
use crate::store::StoreError;
use crate::store::outbox::Lane;
use chrono::TimeDelta;
use std::time::Duration;

/// A card whose post got no answer is posted once more after this long.
const RESEND_AFTER: TimeDelta = TimeDelta::seconds(5);
/// Cards are given up after this long.
const GIVE_UP_AFTER: TimeDelta = TimeDelta::hours(24);

impl Worker {
    pub(super) async fn sync_card(&self, held: &Held, id: &CardId) -> Result<Outcome, StoreError> {
        let Some(card) = self.app.store.card(id).await? else {
            return Ok(Outcome::Done);
        };
        let Some(known) = self.app.know_for(&card).await? else {
            return Ok(Outcome::Done);
        };
        let Some(view) = self.draw(&card, &known).await? else {
            return Ok(Outcome::Done);
        };
        let digest = view.digest();
        if card.place().is_some() && card.shown.as_ref() == Some(&digest) {
            return Ok(Outcome::Done);
        }
        let look_again = self.unanswered_post(&card, &known);
        let message = to_message(&view);
        let outcome = match card.delivery.clone() {
            // A line is told by its announcement alone, and never twice.
            Delivery::Unsent | Delivery::Unknown { .. }
                if matches!(card.face, Face::Line { .. }) =>
            {
                Ok(Outcome::Done)
            }
            Delivery::Posted(place) => self.edit(held, card, &place, &message, digest).await,
            // Drawing it has read their account; who turns out to be a guest cannot answer.
            Delivery::Unsent if self.is_for_outsider(&card).await? => {
                self.undeliverable(card, "not_a_member").await
            }
            Delivery::Unsent => {
                self.post(held, card, &message, digest, Attempt::First)
                    .await
            }
            Delivery::Unknown { since } => {
                let waited = self.app.clock.now() - since;
                if waited < RESEND_AFTER {
                    let left = (RESEND_AFTER - waited).to_std().unwrap_or_default();
                    return Ok(Outcome::Again {
                        after: left,
                        why: "lost",
                    });
                }
                self.post(held, card, &message, digest, Attempt::AfterLostAnswer)
                    .await
            }
            Delivery::Undeliverable { .. } => Ok(Outcome::Done),
        };
        match (outcome?, look_again) {
            (Outcome::Done, Some(after)) => Ok(Outcome::Again {
                after,
                why: "asking",
            }),
            (outcome, _) => Ok(outcome),
        }
    }

    async fn is_for_outsider(&self, card: &Card) -> Result<bool, StoreError> {
        match &card.face {
            Face::Approver { person, .. } => self.app.is_outsider(person).await,
            _ => Ok(false),
        }
    }

    /// While somebody's card is not posted, the requester's is drawn again once that is worth
    /// saying.
    fn unanswered_post(&self, card: &Card, known: &Known) -> Option<Duration> {
        let waiting = known
            .asked
            .iter()
            .any(|asked| matches!(asked.delivery, Delivery::Unsent | Delivery::Unknown { .. }));
        let waited = self.app.clock.now() - known.request.asked_at;
        let left = REACH_WITHIN
            .checked_sub(waited.to_std().ok()?)
            .filter(|left| !left.is_zero())?;
        let asks = matches!(card.face, Face::Requester(_)) && known.request.is_pending();
        (asks && waiting).then_some(left)
    }

    async fn draw(&self, card: &Card, known: &Known) -> Result<Option<View>, StoreError> {
        let asked = known.asked();
        let story = known.story(&self.app, &asked);
        Ok(match &card.face {
            Face::Requester(_) => Some(view::card(&story, Reader::Requester)),
            Face::Approver {
                person,
                because,
                how,
            } => Some(view::card(
                &story,
                Reader::Approver {
                    person,
                    because,
                    how: *how,
                },
            )),
            Face::Channel(_) => Some(view::card(&story, Reader::Channel)),
            Face::Line { event, .. } => {
                let event = self.app.store.event(event).await?;
                event.map(|stored| view::line_now(&story, &stored.event))
            }
        })
    }

    async fn edit(
        &self,
        held: &Held,
        mut card: Card,
        place: &Place,
        message: &Message,
        digest: String,
    ) -> Result<Outcome, StoreError> {
        if !self.may_send(held) {
            return Ok(Outcome::Fenced);
        }
        if let Some(reply) = card.reply.take_if(|reply| self.still_works(reply)) {
            let url = ResponseUrl::new(reply.url.clone());
            let answered = self
                .app
                .slack
                .respond(&url, &Response::Replace(message.clone()))
                .await;
            let (used, uses_left) = (reply.clone(), reply.uses_left - 1);
            card.reply =
                (answered.is_ok() && uses_left > 0).then_some(ReplyUrl { uses_left, ..reply });
            if answered.is_ok() {
                card.shown = Some(digest);
                self.keep(&card, Some(&used)).await?;
                return Ok(Outcome::Done);
            }
            // Its uses are counted whatever becomes of the dearer way.
            self.keep(&card, Some(&used)).await?;
        }
        if let Err(wait) = self.admit(held, &Lane::update()).await? {
            return Ok(Outcome::Paused {
                lane: Lane::update(),
                after: wait,
            });
        }
        let ts = MessageTs::new(place.ts.clone());
        match self.app.slack.update(&place.channel, &ts, message).await {
            Ok(()) => self.shown(card, digest).await,
            Err(error) => match error.class {
                Class::Retryable { after: Some(after) } => Ok(Outcome::Paused {
                    lane: Lane::update(),
                    after,
                }),
                // An edit may be repeated safely: it says the same again.
                Class::Retryable { after: None } | Class::Ambiguous => {
                    Ok(self.later(held, &card, &error))
                }
                Class::TokenDead => Ok(Outcome::Paused {
                    lane: Lane::slack(),
                    after: TOKEN_PROBE,
                }),
                Class::Permanent
                    if needs_new_message(&error) && self.is_worth_posting_anew(&card) =>
                {
                    tracing::info!(request_id = %card.request, card = %card.id, error = %error.error, "a card can no longer be edited; posting it anew");
                    card.reply = None;
                    self.post(held, card, message, digest, Attempt::First).await
                }
                Class::Permanent => {
                    tracing::warn!(request_id = %card.request, card = %card.id, error = %error.error, "a card can no longer be edited");
                    card.shown = Some(digest);
                    self.unreachable(card, &error.error).await
                }
            },
        }
    }

    async fn post(
        &self,
        held: &Held,
        mut card: Card,
        message: &Message,
        digest: String,
        attempt: Attempt,
    ) -> Result<Outcome, StoreError> {
        let target = destination(&card.face);
        let lane = Lane::post_to(target.as_str());
        if let Err(wait) = self.admit(held, &lane).await? {
            return Ok(Outcome::Paused { lane, after: wait });
        }
        if !self.may_send(held) {
            return Ok(Outcome::Fenced);
        }
        match self.app.slack.post(&target, message).await {
            Ok(posted) => {
                let place = Place {
                    channel: posted.channel,
                    ts: posted.ts.to_string(),
                };
                card.delivery = Delivery::Posted(place.clone());
                card.shown = Some(digest);
                self.posted(&card, &place).await
            }
            Err(error) => match error.class {
                Class::Retryable { after: Some(after) } => Ok(Outcome::Paused { lane, after }),
                Class::Retryable { after: None } => Ok(self.later(held, &card, &error)),
                Class::TokenDead => Ok(Outcome::Paused {
                    lane: Lane::slack(),
                    after: TOKEN_PROBE,
                }),
                Class::Ambiguous if attempt == Attempt::First => {
                    card.delivery = Delivery::Unknown {
                        since: self.app.clock.now(),
                    };
                    self.keep(&card, None).await?;
                    let after = RESEND_AFTER.to_std().unwrap_or_default();
                    Ok(Outcome::Again { after, why: "lost" })
                }
                Class::Ambiguous => self.undeliverable(card, "no_answer").await,
                Class::Permanent => self.undeliverable(card, &error.error).await,
            },
        }
    }

    /// Remembers where the card is. Whoever was quicker than this pressed a button on a message
    /// that was not known yet: what stands for it goes, and the card is drawn again.
    async fn posted(&self, card: &Card, place: &Place) -> Result<Outcome, StoreError> {
        let mut tx = self.app.store.begin().await?;
        let copy = tx.card_at(place).await?.filter(|copy| copy.id != card.id);
        if let Some(copy) = &copy {
            tx.forget_card(&copy.id).await?;
        }
        tx.card_shown(card, None).await?;
        if let Some(copy) = &copy {
            tx.set_reply(&card.id, copy.reply.as_ref()).await?;
            self.app.refresh_card(&mut tx, card);
        }
        tx.commit().await?;
        Ok(Outcome::Done)
    }

    /// The card shows what is stored.
    async fn shown(&self, mut card: Card, digest: String) -> Result<Outcome, StoreError> {
        card.shown = Some(digest);
        self.keep(&card, None).await?;
        Ok(Outcome::Done)
    }

    async fn keep(&self, card: &Card, used: Option<&ReplyUrl>) -> Result<(), StoreError> {
        let mut tx = self.app.store.begin().await?;
        tx.card_shown(card, used).await?;
        tx.commit().await
    }

    /// Nobody will see this card: the trail says so, and nothing else waits for it.
    async fn undeliverable(&self, mut card: Card, error: &str) -> Result<Outcome, StoreError> {
        tracing::warn!(request_id = %card.request, card = %card.id, error, "a card cannot be delivered");
        card.delivery = Delivery::Undeliverable {
            error: error.to_owned(),
        };
        self.unreachable(card, error).await
    }

    /// Keeps the card as it is now, with a word in the trail that its readers miss something.
    async fn unreachable(&self, card: Card, error: &str) -> Result<Outcome, StoreError> {
        metrics::counter!("lapse_undeliverable_total", "error" => error.to_owned()).increment(1);
        let kind = match &card.face {
            Face::Channel(channel) => EventKind::ChannelUnreachable {
                channel: channel.clone(),
                error: error.to_owned(),
            },
            Face::Requester(person) | Face::Approver { person, .. } | Face::Line { person, .. } => {
                EventKind::CardUndeliverable {
                    person: person.clone(),
                    error: error.to_owned(),
                }
            }
        };
        let now = self.app.clock.now();
        let subject = Subject::Request(card.request.clone());
        let mut tx = self.app.store.begin().await?;
        tx.card_shown(&card, None).await?;
        tx.record(&AuditEvent {
            subject,
            actor: Actor::Lapse,
            at: now,
            kind,
        })
        .await?;
        self.app
            .refresh_requesters_card(&mut tx, &card.request)
            .await?;
        tx.commit().await?;
        self.app.work.ring();
        Ok(Outcome::Done)
    }

    fn later(&self, held: &Held, card: &Card, error: &CallError) -> Outcome {
        if self.has_tried_long_enough(held) {
            tracing::warn!(card = %card.id, error = %error.error, "Slack did not take a card for a day; it is left as it is until something changes");
            return Outcome::Done;
        }
        tracing::warn!(request_id = %card.request, card = %card.id, error = %error.error, "Slack did not take a card; trying again");
        held.again(error.retry_after(), error.class.label())
    }

    /// Slack is tried for a day; what is stored stays true without it.
    pub(super) fn has_tried_long_enough(&self, held: &Held) -> bool {
        let first = held.row.first_failed_at;
        first.is_some_and(|first| self.app.clock.now() - first > GIVE_UP_AFTER)
    }

    fn still_works(&self, reply: &ReplyUrl) -> bool {
        reply.uses_left > 0 && self.app.clock.now() < reply.until
    }

    /// A card that nobody needs any more is not posted again, and a line is news only once.
    fn is_worth_posting_anew(&self, card: &Card) -> bool {
        let is_line = matches!(card.face, Face::Line { .. });
        !is_line && self.app.clock.now() - card.made_at < GIVE_UP_AFTER
    }
}

/// A dead token is tried once a minute.
pub(super) const TOKEN_PROBE: Duration = Duration::from_mins(1);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    First,
    AfterLostAnswer,
}

/// <https://docs.slack.dev/reference/methods/chat.update#errors>
fn needs_new_message(error: &CallError) -> bool {
    [
        "message_not_found",
        "cant_update_message",
        "edit_window_closed",
        "is_inactive",
        "block_mismatch",
        "channel_not_found",
    ]
    .iter()
    .any(|code| error.is(code))
}

fn destination(face: &Face) -> Destination {
    match face {
        Face::Requester(person) | Face::Approver { person, .. } | Face::Line { person, .. } => {
            Destination::Person(person.clone())
        }
        Face::Channel(channel) => Destination::Channel(channel.clone()),
    }
}

/// The view as the client sends it.
pub(super) fn to_message(view: &View) -> Message {
    let blocks = view
        .blocks
        .iter()
        .filter_map(|block| serde_json::to_value(block).ok())
        .collect();
    Message::new(view.text.clone(), blocks)
}
