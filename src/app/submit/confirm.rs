//! Somebody confirms what a workflow asked in their name: everything is judged as if they had
//! asked just now, and only then are approvers asked.

use super::Wish;
use super::ask::store_cards;
use crate::app::decide::{Click, Moves, load};
use crate::app::gather::TO_DECIDE;
use crate::app::patience::Patience;
use crate::app::{ATTEMPTS, App, Failure, journal};
use crate::domain::ids::{NodeId, RequestId};
use crate::domain::policy::WorkflowRule;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Confirmed, Request, RequestCommand};
use crate::domain::seconds;
use crate::domain::workflow::DeviceChoice;
use crate::domain::world::{People, World};
use crate::store::StoreError;

/// What is recorded when it is refused.
const ATTEMPT: &str = "confirm";

impl App {
    /// Confirms a request of a workflow, on the device that was chosen where that is left to the
    /// person.
    pub async fn confirm(
        &self,
        click: &Click,
        id: &RequestId,
        chosen: Option<NodeId>,
    ) -> Result<(), Failure> {
        for _ in 0..ATTEMPTS {
            match self.confirm_once(click, id, chosen.as_ref()).await {
                Err(Failure::Store(StoreError::Conflict)) => {}
                other => return other,
            }
        }
        Err(Failure::Contended)
    }

    async fn confirm_once(
        &self,
        click: &Click,
        id: &RequestId,
        chosen: Option<&NodeId>,
    ) -> Result<(), Failure> {
        let Some(stored) = self.store.request(id).await? else {
            return Err(self.refuse_unknown(click, ATTEMPT).await);
        };
        let wish = match wish(&stored, click, chosen, self.clock.now()) {
            Ok(_) if chosen.is_none() && self.devices_to_choose(&stored).len() > 1 => {
                let refusal = Refusal::DeviceNotChosen;
                return Err(self.refuse(click, None, ATTEMPT, refusal).await);
            }
            Ok(wish) => wish,
            Err(Refusal::NoSuchRequest) => {
                return Err(self.refuse_unknown(click, ATTEMPT).await);
            }
            Err(refusal) => return Err(self.refuse(click, None, ATTEMPT, refusal).await),
        };
        let patience = Patience::for_a_decision();
        let (who, gathered) = self.who_is(&click.by, TO_DECIDE, patience).await?;
        let who = match who {
            Ok(who) => who,
            Err(unidentified) => {
                return Err(self.refuse(click, None, ATTEMPT, unidentified.into()).await);
            }
        };
        let roster = self.roster_to_decide(patience).await;
        let judged = match self.judge(&wish, &who, &roster, patience).await? {
            Ok(judged) if judged.profile.workflows == WorkflowRule::Confirm => judged,
            Ok(_) => {
                let refusal = Refusal::NoSuchProfile;
                return Err(self.refuse(click, Some(&who), ATTEMPT, refusal).await);
            }
            Err(wrong) => {
                return Err(self.refuse(click, Some(&who), ATTEMPT, wrong.refusal).await);
            }
        };
        let now = self.clock.now();
        let asked = judged.candidates.to_ask(None, judged.profile);
        let because = roster.strongest(&judged.profile.requesters, &who, now).1;
        let command = RequestCommand::Confirm {
            by: click.by.clone(),
            confirmed: Box::new(Confirmed {
                facts: judged.facts,
                device_as_of: judged.device_as_of,
                answer_by: seconds::cut(now + judged.profile.request_ttl),
                asked: asked.clone(),
                because: because.cloned(),
            }),
        };
        let people = People::from([(who.id().clone(), Ok(who.clone()))]);
        let world = World {
            policy: &self.policy,
            roster: &roster,
            people: &people,
            device: None,
            now,
        };

        let mut tx = self.store.begin().await?;
        let Some(case) = load(&mut tx, id).await? else {
            return Err(StoreError::Conflict.into());
        };
        let moved = match case.request.handle(&command, &world) {
            Ok(moved) => moved,
            Err(refusal) => {
                drop(tx);
                return Err(self.refuse(click, Some(&who), ATTEMPT, refusal).await);
            }
        };
        let facts = &moved.next.facts;
        let twin = tx
            .pending_twin(&click.by, &facts.profile, &facts.device.node)
            .await?;
        if let Some(number) = twin {
            drop(tx);
            let refusal = Refusal::AlreadyPending { number };
            return Err(self.refuse(click, Some(&who), ATTEMPT, refusal).await);
        }
        gathered.save(&mut tx, now).await?;
        let moves = Moves::Request(Box::new(moved));
        let case = self.persist_moves(&mut tx, case, moves, now).await?;
        store_cards(&mut tx, &case.request, &asked, &judged.candidates, now).await?;
        self.follow_click(&mut tx, click, &case.cards, now).await?;
        tx.commit().await?;
        journal::write(&case);
        self.work.ring();
        self.due.ring();
        metrics::counter!("lapse_decisions_total", "decision" => ATTEMPT, "outcome" => "done")
            .increment(1);
        Ok(())
    }
}

/// What is confirmed, as a wish of the person's own.
fn wish(
    request: &Request,
    click: &Click,
    chosen: Option<&NodeId>,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Wish, Refusal> {
    let workflow = request.to_confirm(&click.by, now)?;
    let preset = &request.facts.device.node;
    let device = match workflow.device {
        DeviceChoice::Named => preset,
        DeviceChoice::ByPerson => chosen.unwrap_or(preset),
    };
    Ok(Wish {
        person: click.by.clone(),
        profile: request.facts.profile.clone(),
        device: device.clone(),
        duration: request.facts.duration,
        justification: request.justification.clone(),
        ask_first: None,
        origin: request.origin.clone(),
    })
}
