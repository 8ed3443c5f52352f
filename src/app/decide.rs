//! The loop behind every decision about a request: gather, load, judge, store; once more when
//! somebody else was faster. The right to act is judged inside it, at the moment of the click.

use super::gather::{Gathered, TO_DECIDE};
use super::journal;
use super::patience::Patience;
use super::{ATTEMPTS, App, Failure};
use crate::domain::audit::{Actor, AuditEvent, EventKind, PersonRef, Subject};
use crate::domain::card::{Card, Delivery, Face, Place, ReplyUrl};
use crate::domain::grant::Grant;
use crate::domain::ids::{GrantId, PersonId, RequestId};
use crate::domain::person::{Identity, IdentityRefusal};
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, RequestState};
use crate::domain::rights::{self, ReviewRight};
use crate::domain::roster::Roster;
use crate::domain::transition::Transition;
use crate::domain::world::World;
use crate::store::outbox::{Job, Priority};
use crate::store::{StoreError, Tally, Tx};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// Where a command came from.
#[derive(Clone, Debug)]
pub struct Click {
    /// Who.
    pub by: PersonId,
    /// The message that was clicked, if it was one.
    pub at: Option<Place>,
    /// The cheap way to change that message.
    pub reply: Option<ReplyUrl>,
}

impl Click {
    /// A click that is no click on a message.
    pub fn by(person: PersonId) -> Self {
        Self {
            by: person,
            at: None,
            reply: None,
        }
    }
}

/// A request with the grant that it opened, as loaded inside the transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The request.
    pub request: Request,
    /// Its grant, once it was approved.
    pub grant: Option<Grant>,
    /// The messages that show it.
    pub cards: Vec<Card>,
    /// What has happened to it since it was loaded.
    pub news: Vec<EventKind>,
}

/// What the core decided.
pub enum Moves {
    /// The request moves, and perhaps opens a grant.
    Request(Box<Transition<Request>>),
    /// The grant moves.
    Grant(Box<Transition<Grant>>),
}

impl App {
    /// Judges one command of a person and stores what follows from it.
    pub(super) async fn decide(
        &self,
        click: &Click,
        id: &RequestId,
        attempt: &'static str,
        judge: impl Fn(&Case, &World<'_>) -> Result<Moves, Refusal>,
    ) -> Result<Case, Failure> {
        let patience = Patience::for_a_decision();
        let mut gathered: Option<Gathered> = None;
        for _ in 0..ATTEMPTS {
            let Some(before) = self.store.request(id).await? else {
                return Err(self.refuse_unknown(click, attempt).await);
            };
            let concerned = concerned(&before, &click.by);
            let known = match gathered.take().filter(|known| known.covers(&concerned)) {
                Some(known) => known,
                None => self.gather(&concerned, TO_DECIDE, patience).await?,
            };
            let roster = self.roster_to_decide(patience).await;
            match self
                .decide_once(click, id, attempt, &judge, &known, &roster)
                .await
            {
                Ok(Some(case)) => {
                    metrics::counter!("lapse_decisions_total", "decision" => attempt, "outcome" => "done").increment(1);
                    self.work.ring();
                    self.due.ring();
                    return Ok(case);
                }
                Ok(None) => {}
                // Somebody else was faster; what is known about people is still true, unless it
                // was about to be stored.
                Err(Failure::Store(StoreError::Conflict)) => {
                    gathered = Some(known).filter(Gathered::holds_nothing_new);
                }
                Err(failure) => return Err(failure),
            }
        }
        Err(Failure::Contended)
    }

    /// One attempt; `None` when the request changed so that more people have to be read first.
    async fn decide_once(
        &self,
        click: &Click,
        id: &RequestId,
        attempt: &'static str,
        judge: &impl Fn(&Case, &World<'_>) -> Result<Moves, Refusal>,
        gathered: &Gathered,
        roster: &Roster,
    ) -> Result<Option<Case>, Failure> {
        let mut tx = self.store.begin().await?;
        let Some(case) = load(&mut tx, id).await? else {
            return Ok(None);
        };
        if !gathered.covers(&concerned(&case.request, &click.by)) {
            return Ok(None);
        }
        let device = self.device_seen_since(&case.request);
        let now = self.clock.now();
        let world = World {
            policy: &self.policy,
            roster,
            people: &gathered.people,
            device: device.as_deref(),
            now,
        };
        let is_own = case.request.requester.id == click.by;
        let verdict = match world.actor(&click.by) {
            // Whoever got a new address must be able to give back what they have; whatever gives
            // more asks for their login again.
            Err(Refusal::Identity(IdentityRefusal::Disputed | IdentityRefusal::NoLogin))
                if is_own =>
            {
                judge(&case, &world)
            }
            actor => actor.and_then(|who| {
                let may_revoke = case
                    .grant
                    .as_ref()
                    .is_some_and(|grant| grant.may_revoke(who, &world));
                if may_revoke || may_see(&case.request, who, &world) {
                    judge(&case, &world)
                } else if case.cards.iter().any(|card| is_for(card, who.id())) {
                    Err(Refusal::NotAnApprover)
                } else {
                    Err(Refusal::NoSuchRequest)
                }
            }),
        };
        gathered.save(&mut tx, now).await?;
        // Locks are taken in one order everywhere: request, grant, trail, cards, outbox.
        match verdict {
            Ok(moves) => {
                let case = self.persist_moves(&mut tx, case, moves, now).await?;
                self.follow_click(&mut tx, click, &case.cards, now).await?;
                tx.commit().await?;
                journal::write(&case);
                Ok(Some(case))
            }
            Err(refusal) => {
                let who = gathered
                    .people
                    .get(&click.by)
                    .and_then(|who| who.as_ref().ok());
                record_refusal(&mut tx, &click.by, who, Some(id), attempt, &refusal, now).await?;
                self.follow_click(&mut tx, click, &case.cards, now).await?;
                tx.commit().await?;
                self.work.ring();
                Err(counted(attempt, refusal))
            }
        }
    }

    /// Records a refusal that concerns no request that the person may know of.
    pub async fn refuse(
        &self,
        click: &Click,
        who: Option<&Identity>,
        attempt: &'static str,
        refusal: Refusal,
    ) -> Failure {
        let now = self.clock.now();
        let stored = async {
            let mut tx = self.store.begin().await?;
            record_refusal(&mut tx, &click.by, who, None, attempt, &refusal, now).await?;
            tx.commit().await
        };
        match stored.await {
            Ok(()) => counted(attempt, refusal),
            Err(error) => Failure::Store(error),
        }
    }

    /// Refuses a look at a request. Whoever pressed a button on their card of it knows that it
    /// exists; the card is drawn anew, without what they may not press any more.
    pub(super) async fn refuse_look(
        &self,
        click: &Click,
        who: &Identity,
        request: &RequestId,
        attempt: &'static str,
    ) -> Failure {
        let now = self.clock.now();
        let stored = async {
            let mut tx = self.store.begin().await?;
            let cards = tx.cards_of(request).await?;
            let holds_card = click.at.is_some() && cards.iter().any(|card| is_for(card, who.id()));
            let (refusal, about) = if holds_card {
                (Refusal::NotAnApprover, Some(request))
            } else {
                (Refusal::NoSuchRequest, None)
            };
            record_refusal(&mut tx, &click.by, Some(who), about, attempt, &refusal, now).await?;
            if holds_card {
                self.follow_click(&mut tx, click, &cards, now).await?;
            }
            tx.commit().await?;
            Ok(refusal)
        };
        match stored.await {
            Ok(refusal) => {
                self.work.ring();
                counted(attempt, refusal)
            }
            Err(error) => Failure::Store(error),
        }
    }

    /// Remembers the clicked message: its cheap way to be changed, and that it exists, when the
    /// answer to its post was lost.
    pub(super) async fn follow_click(
        &self,
        tx: &mut Tx,
        click: &Click,
        cards: &[Card],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let Some(place) = &click.at else {
            return Ok(());
        };
        let known = cards.iter().find(|card| card.place() == Some(place));
        let card = match known {
            Some(card) => card.clone(),
            None => match adopted(cards, &click.by) {
                Some(own) => {
                    let copy = own.copy_at(place.clone());
                    tx.insert_card(&copy).await?;
                    copy
                }
                None => return Ok(()),
            },
        };
        tx.set_reply(&card.id, click.reply.as_ref()).await?;
        let job = Job::SyncCard(card.id.clone());
        let lane = super::persist::lane_of(&card);
        tx.enqueue(&job, now, &lane, Priority::ClickersCard);
        Ok(())
    }
}

/// A request with its grant and its cards.
pub(super) async fn load(tx: &mut Tx, id: &RequestId) -> Result<Option<Case>, StoreError> {
    let Some(request) = tx.request(id).await? else {
        return Ok(None);
    };
    let grant = match request.state {
        RequestState::Approved { .. } => tx.grant(&GrantId::of(id)).await?,
        _ => None,
    };
    let cards = tx.cards_of(id).await?;
    Ok(Some(Case {
        request,
        grant,
        cards,
        news: Vec::new(),
    }))
}

/// The clicker, the requester and everyone whose stored approval may count.
fn concerned(request: &Request, clicker: &PersonId) -> BTreeSet<PersonId> {
    let givers = request
        .reviews
        .iter()
        .filter(|review| request.stands(review));
    givers
        .map(|review| review.by.id.clone())
        .chain([clicker.clone(), request.requester.id.clone()])
        .collect()
}

/// The card that a click on an unknown message belongs to: one whose answer was lost, the newest
/// first, else the person's own card.
fn adopted<'c>(cards: &'c [Card], clicker: &PersonId) -> Option<&'c Card> {
    let own = || cards.iter().filter(|card| is_for(card, clicker));
    own()
        .rev()
        .find(|card| matches!(card.delivery, Delivery::Unknown { .. }))
        .or_else(|| own().next())
}

/// A request is seen by its requester, by people who may review it, and by security.
pub(super) fn may_see(request: &Request, who: &Identity, world: &World<'_>) -> bool {
    // What a workflow asked is between it and whom it named, until they confirm it.
    if request.state == RequestState::Unconfirmed {
        return request.requester.id == *who.id();
    }
    let reviews = world
        .profile(&request.facts.profile)
        .is_some_and(|profile| {
            rights::may_review(profile, world.roster, who, world.now) != ReviewRight::None
        });
    request.is_requester(who, world)
        || reviews
        || rights::is_security(world.policy, world.roster, who, world.now)
}

fn is_for(card: &Card, who: &PersonId) -> bool {
    match &card.face {
        Face::Requester(person) | Face::Approver { person, .. } | Face::Line { person, .. } => {
            person == who
        }
        Face::Channel(_) => false,
    }
}

fn counted(attempt: &'static str, refusal: Refusal) -> Failure {
    metrics::counter!("lapse_decisions_total", "decision" => attempt, "outcome" => refusal.reason()).increment(1);
    Failure::Refused(refusal)
}

/// Writes a refusal into the audit trail: once a person, subject and reason a minute.
pub(super) async fn record_refusal(
    tx: &mut Tx,
    by: &PersonId,
    who: Option<&Identity>,
    request: Option<&RequestId>,
    attempt: &'static str,
    refusal: &Refusal,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if *refusal == Refusal::Repeated {
        return Ok(());
    }
    if tx.tally_refusal(by, request, refusal.reason(), now).await? != Tally::First {
        return Ok(());
    }
    let subject = match request {
        Some(id) => Subject::Request(id.clone()),
        None => Subject::Person(by.clone()),
    };
    let actor = who.map_or_else(
        || Actor::Account(by.clone()),
        |who| Actor::Person(PersonRef::from(who)),
    );
    let kind = EventKind::Refused {
        reason: refusal.reason().to_owned(),
        attempt: attempt.to_owned(),
    };
    tx.record(&AuditEvent {
        subject,
        actor,
        at: now,
        kind,
    })
    .await?;
    Ok(())
}
