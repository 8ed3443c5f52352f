//! Stores a request that nothing speaks against, with the cards that ask.

use super::judge::Judged;
use super::{Asked, NotAsked, Wish};
use crate::app::candidates::Candidates;
use crate::app::decide::Click;
use crate::app::gather::Gathered;
use crate::app::persist::enqueue_card;
use crate::app::{App, Failure};
use crate::domain::audit::PersonRef;
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
        let asked = candidates.to_ask(wish.ask_first.as_ref(), profile);
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
                let click = Click::by(wish.person.clone());
                let refusal = Refusal::AlreadyPending { number };
                return Err(self
                    .refuse(&click, Some(who), "request", refusal)
                    .await
                    .into());
            }
        }
        let people = People::from([(who.id().clone(), Ok(who.clone()))]);
        let world = World {
            policy: &self.policy,
            roster,
            people: &people,
            device: None,
            now,
        };
        let because = roster.strongest(&profile.requesters, who, now).1;
        tx.record(&request.requested(&asked, because, &world))
            .await?;
        store_cards(&mut tx, &request, &asked, &candidates, now).await?;
        self.homes_follow(&mut tx, &request, now).await?;
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
}

/// The cards that ask, and the one of who asked.
pub(super) async fn store_cards(
    tx: &mut Tx,
    request: &Request,
    asked: &[PersonId],
    candidates: &Candidates,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let own = Face::Requester(request.requester.id.clone());
    let cards = asked.iter().map(|person| Face::Approver {
        person: person.clone(),
        because: candidates
            .by_person
            .get(person)
            .map_or(Selector::Everyone, |(_, selector)| selector.clone()),
        how: HowAsked::Asked,
    });
    for face in cards.chain([own]) {
        let card = Card::new(request.id.clone(), face, now);
        tx.insert_card(&card).await?;
        enqueue_card(tx, &card, now);
    }
    Ok(())
}
