//! Stores a request that nothing speaks against, with the cards that ask.

use super::judge::Judged;
use super::{Asked, NotAsked, Wish};
use crate::app::candidates::Candidates;
use crate::app::decide::Click;
use crate::app::gather::Gathered;
use crate::app::persist::enqueue_card;
use crate::app::{App, Failure};
use crate::domain::asked;
use crate::domain::audit::{Actor, AuditEvent, EventKind, MembershipUsed, PersonRef, Subject};
use crate::domain::card::{Card, Face, HowAsked};
use crate::domain::ids::PersonId;
use crate::domain::person::Identity;
use crate::domain::policy::Selector;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, RequestState};
use crate::domain::roster::Roster;
use crate::domain::seconds;
use crate::domain::world::{People, World};
use crate::store::{Inserted, StoreError, Tx};
use chrono::{DateTime, Utc};

impl App {
    pub(super) async fn ask(
        &self,
        wish: &Wish,
        who: &Identity,
        gathered: &Gathered,
        roster: &Roster,
        judged: Judged<'_>,
    ) -> Result<Asked, NotAsked> {
        let now = self.clock.now();
        let Judged {
            profile,
            facts,
            justification,
            device_as_of,
            candidates,
        } = judged;
        let pool = candidates
            .by_person
            .values()
            .map(|(candidate, _)| candidate.clone())
            .collect();
        let asked = asked::choose(pool, wish.ask_first.as_ref(), profile.ask_at_most);
        let others = candidates.by_person.len().saturating_sub(asked.len());

        let mut tx = self.store.begin().await?;
        gathered.save(&mut tx, now).await?;
        let request = Request {
            id: crate::app::ids::request_id(),
            number: tx.next_request_number().await?,
            version: 1,
            origin: wish.origin.clone(),
            requester: PersonRef::from(who),
            login: who.login.clone(),
            wished: facts.duration,
            facts,
            facts_number: 1,
            approvals_from: 1,
            justification,
            ask_first: wish.ask_first.clone(),
            device_as_of,
            workflow: None,
            asked_at: now,
            answer_by: seconds::cut(now + profile.request_ttl),
            reminded: None,
            reviews: Vec::new(),
            state: RequestState::Pending,
        };
        match tx.insert_request(&request).await? {
            Inserted::Stored => {}
            Inserted::SameOrigin(id) => {
                drop(tx);
                let stored = self.store.request(&id).await?.ok_or(Failure::Contended)?;
                return self.asked_before(wish, stored).await;
            }
            // Only what a workflow asks is stored like that.
            Inserted::AlreadyUnconfirmed => return Err(Failure::Contended.into()),
            Inserted::AlreadyPending(number) => {
                drop(tx);
                let click = Click {
                    by: wish.person.clone(),
                    at: None,
                    reply: None,
                };
                let refusal = Refusal::AlreadyPending { number };
                return Err(self
                    .refuse(&click, Some(who), "request", refusal)
                    .await
                    .into());
            }
        }
        self.store_asking(&mut tx, &request, who, roster, &asked, &candidates, now)
            .await?;
        tx.commit().await?;
        let (number, id, person) = (request.number, &request.id, who.id());
        tracing::info!(request = %number, %id, %person, node = %request.facts.device.node, event = "requested", "{number} was asked for");
        self.work.ring();
        self.due.ring();
        metrics::counter!("lapse_decisions_total", "decision" => "request", "outcome" => "done")
            .increment(1);
        Ok(Asked {
            request,
            asked,
            others: u32::try_from(others).unwrap_or(u32::MAX),
        })
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "each is one fact that the records of a request need"
    )]
    pub(super) async fn store_asking(
        &self,
        tx: &mut Tx,
        request: &Request,
        who: &Identity,
        roster: &Roster,
        asked: &[PersonId],
        candidates: &Candidates,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let people = gathered_self(who);
        let world = World {
            policy: &self.policy,
            roster,
            people: &people,
            device: None,
            now,
        };
        let because = self
            .policy
            .profile(&request.facts.profile)
            .and_then(|profile| roster.strongest(&profile.requesters, who, now).1.cloned());
        let memberships = because
            .map(|selector| MembershipUsed {
                person: who.id().clone(),
                selector,
            })
            .into_iter()
            .collect();
        let kind = EventKind::Requested {
            evidence: request.evidence(memberships, &world),
            justification: request.justification.clone(),
            answer_by: request.answer_by,
            asked: asked.to_vec(),
        };
        tx.record(&AuditEvent {
            subject: Subject::Request(request.id.clone()),
            actor: Actor::Person(request.requester.clone()),
            at: now,
            kind,
        })
        .await?;
        let own = Card::new(request.id.clone(), Face::Requester(who.id().clone()), now);
        let cards = asked.iter().map(|person| {
            let because = candidates
                .by_person
                .get(person)
                .map_or(Selector::Everyone, |(_, selector)| selector.clone());
            let face = Face::Approver {
                person: person.clone(),
                because,
                how: HowAsked::Asked,
            };
            Card::new(request.id.clone(), face, now)
        });
        for card in cards.chain([own]) {
            tx.insert_card(&card).await?;
            enqueue_card(tx, &card, now);
        }
        self.homes_follow(tx, request, now).await
    }
}

fn gathered_self(who: &Identity) -> People {
    [(who.id().clone(), Ok(who.clone()))].into_iter().collect()
}
