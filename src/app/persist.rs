//! Stores a transition whole: the aggregate, its audit events, the cards that now exist, and
//! the outbox rows for everything that has to be brought into agreement.

use super::App;
use super::decide::{Case, Moves, load};
use crate::domain::audit::{AuditEvent, EventKind, Hearer};
use crate::domain::card::{Card, Delivery, Face, HowAsked};
use crate::domain::grant::{Grant, GrantState};
use crate::domain::ids::{EventId, PersonId, RequestId};
use crate::domain::transition::{Audience, Effect};
use crate::store::outbox::{Job, Lane, Priority};
use crate::store::{StoreError, Tx};
use chrono::{DateTime, TimeDelta, Utc};

/// "Applying" and "ending" are drawn only when they take longer than this.
const WORTH_DRAWING: TimeDelta = TimeDelta::milliseconds(1_500);

impl App {
    pub(super) async fn persist_moves(
        &self,
        tx: &mut Tx,
        before: Case,
        moves: Moves,
        now: DateTime<Utc>,
    ) -> Result<Case, StoreError> {
        match moves {
            Moves::Request(transition) => {
                tx.update_request(&transition.next).await?;
                if let Some(grant) = &transition.opens {
                    tx.insert_grant(grant).await?;
                }
                let grant = transition.opens.or(before.grant);
                let news = transition
                    .events
                    .iter()
                    .map(|event| event.kind.clone())
                    .collect();
                let case = Case {
                    request: transition.next,
                    grant,
                    cards: before.cards,
                    news,
                };
                self.follow_up(tx, &case, &transition.events, &transition.effects, now)
                    .await?;
                Ok(case)
            }
            Moves::Grant(transition) => {
                tx.update_grant(&transition.next).await?;
                let news = transition
                    .events
                    .iter()
                    .map(|event| event.kind.clone())
                    .collect();
                let case = Case {
                    request: before.request,
                    grant: Some(transition.next),
                    cards: before.cards,
                    news,
                };
                self.follow_up(tx, &case, &transition.events, &transition.effects, now)
                    .await?;
                Ok(case)
            }
        }
    }

    async fn follow_up(
        &self,
        tx: &mut Tx,
        case: &Case,
        events: &[AuditEvent],
        effects: &[Effect],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        for event in events {
            let id = tx.record(event).await?;
            self.announce(tx, case, &id, &event.kind, now).await?;
        }
        for effect in effects {
            match effect {
                Effect::SyncKey(key) => {
                    let priority = match &case.grant {
                        Some(grant) if grant.wants_open() => Priority::Apply,
                        _ => Priority::Removal,
                    };
                    let job = Job::SyncKey(key.clone());
                    tx.enqueue(&job, now, &Lane::tailscale(), priority);
                }
                Effect::RefreshCards(audience) => {
                    for card in &case.cards {
                        if *audience == Audience::Everyone || is_involved(card, case) {
                            let at = now + drawing_delay(case.grant.as_ref());
                            enqueue_card(tx, card, at);
                        }
                    }
                }
                Effect::ShowInChannel => self.show_in_channel(tx, case, now).await?,
            }
        }
        if !events.is_empty() {
            self.homes_follow(tx, &case.request, now).await?;
        }
        self.answer_waiting(tx, case, now).await
    }

    async fn show_in_channel(
        &self,
        tx: &mut Tx,
        case: &Case,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let profile = self.policy.profile(&case.request.facts.profile);
        let Some(channel) = profile.and_then(|profile| profile.notify_channel.clone()) else {
            return Ok(());
        };
        let card = Card::new(case.request.id.clone(), Face::Channel(channel), now);
        tx.insert_card(&card).await?;
        if let Some(card) = tx.card(&card.id).await? {
            enqueue_card(tx, &card, now);
        }
        Ok(())
    }

    /// Records something that happened to a request beside its transitions, and has it told.
    pub async fn record_and_announce(
        &self,
        tx: &mut Tx,
        request: &RequestId,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        let Some(case) = load(tx, request).await? else {
            return Ok(());
        };
        let id = tx.record(event).await?;
        self.announce(tx, &case, &id, &event.kind, event.at).await
    }

    async fn announce(
        &self,
        tx: &mut Tx,
        case: &Case,
        event: &EventId,
        kind: &EventKind,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if self.is_known_to_security(tx, case, kind).await? {
            return Ok(());
        }
        for hearer in kind.heard_by() {
            let (target, priority) = match hearer {
                Hearer::Requester => (
                    case.request.requester.id.to_string(),
                    Priority::RequestersCard,
                ),
                Hearer::Security => match &self.policy.security.channel {
                    Some(channel) => (channel.to_string(), Priority::OtherCard),
                    None => continue,
                },
                Hearer::Channel => {
                    let line = case.cards.iter().find_map(|card| match &card.face {
                        Face::Channel(channel) => Some(channel.to_string()),
                        _ => None,
                    });
                    match line {
                        Some(channel) => (channel, Priority::ChannelLine),
                        None => continue,
                    }
                }
            };
            let job = Job::Announce {
                event: event.clone(),
                to: *hearer,
            };
            tx.enqueue(&job, now, &Lane::post_to(&target), priority);
        }
        if let EventKind::Reminded { people, .. } = kind {
            for person in people {
                let job = Job::Remind {
                    event: event.clone(),
                    person: person.clone(),
                };
                let lane = Lane::post_to(person.as_str());
                tx.enqueue(&job, now, &lane, Priority::OtherCard);
            }
        }
        Ok(())
    }
}

impl App {
    /// A refused OAuth client keeps everything waiting; it is told once, not once a grant.
    async fn is_known_to_security(
        &self,
        tx: &mut Tx,
        case: &Case,
        kind: &EventKind,
    ) -> Result<bool, StoreError> {
        match (kind, &case.grant) {
            (EventKind::Delayed { .. } | EventKind::RemovalDelayed { .. }, Some(grant)) => {
                tx.is_another_stuck(&grant.id).await
            }
            _ => Ok(false),
        }
    }
}

/// Has a card brought into agreement with what is stored.
pub(super) fn enqueue_card(tx: &mut Tx, card: &Card, at: DateTime<Utc>) {
    let priority = match card.face {
        Face::Requester(_) | Face::Line { .. } => Priority::RequestersCard,
        Face::Approver { .. } => Priority::OtherCard,
        Face::Channel(_) => Priority::ChannelLine,
    };
    let job = Job::SyncCard(card.id.clone());
    tx.enqueue(&job, at, &lane_of(card), priority);
}

/// Which of Slack's limits the next change of a card falls under.
pub(super) fn lane_of(card: &Card) -> Lane {
    match &card.delivery {
        // The last click's address is no method, and does not wait for one.
        Delivery::Posted(_) if card.reply.is_some() => Lane::response_url(),
        Delivery::Posted(_) => Lane::update(),
        _ => match &card.face {
            Face::Requester(person) | Face::Approver { person, .. } | Face::Line { person, .. } => {
                Lane::post_to(person.as_str())
            }
            Face::Channel(channel) => Lane::post_to(channel.as_str()),
        },
    }
}

fn drawing_delay(grant: Option<&Grant>) -> TimeDelta {
    match grant {
        Some(grant)
            if grant.late_since.is_none()
                && matches!(
                    grant.state,
                    GrantState::Applying { .. } | GrantState::Ending { .. }
                ) =>
        {
            WORTH_DRAWING
        }
        _ => TimeDelta::zero(),
    }
}

/// The requester's cards, the channel line, and the cards of the people who acted or fetched
/// theirs to act.
fn is_involved(card: &Card, case: &Case) -> bool {
    match &card.face {
        Face::Requester(_) | Face::Line { .. } | Face::Channel(_) => true,
        Face::Approver { person, how, .. } => *how == HowAsked::Fetched || has_acted(person, case),
    }
}

fn has_acted(person: &PersonId, case: &Case) -> bool {
    let ended_it = case.grant.as_ref().is_some_and(|grant| match &grant.state {
        GrantState::Ending { ending } | GrantState::Ended { ending, .. } => {
            ending.by.as_ref().is_some_and(|by| by.id == *person)
        }
        _ => false,
    });
    ended_it
        || case
            .request
            .reviews
            .iter()
            .any(|review| review.by.id == *person)
}

impl App {
    /// Has one card drawn again.
    pub fn refresh_card(&self, tx: &mut Tx, card: &Card) {
        enqueue_card(tx, card, self.clock.now());
    }

    /// Has the requester's own card drawn again.
    pub async fn refresh_requesters_card(
        &self,
        tx: &mut Tx,
        request: &crate::domain::ids::RequestId,
    ) -> Result<(), StoreError> {
        for card in tx.cards_of(request).await? {
            if matches!(card.face, Face::Requester(_)) {
                self.refresh_card(tx, &card);
            }
        }
        Ok(())
    }
}
