//! The *Request access* step: asks whoever it names whether they want this.

use super::{Next, Stop};
use crate::app::App;
use crate::app::gather::TO_DECIDE;
use crate::app::patience::Patience;
use crate::app::persist::enqueue_card;
use crate::app::submit::{judge_duration, judge_justification};
use crate::domain::audit::{Actor, AuditEvent, EventKind, PersonRef, Subject};
use crate::domain::card::{Card, Face};
use crate::domain::device::Device;
use crate::domain::duration::parse_duration;
use crate::domain::facts::{DeviceFacts, Facts};
use crate::domain::ids::{Origin, PersonId};
use crate::domain::person::Identity;
use crate::domain::policy::{Profile, Selector};
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, RequestState, SHORTEST};
use crate::domain::rights;
use crate::domain::roster::{Membership, Roster};
use crate::domain::seconds;
use crate::domain::workflow::{
    CONFIRM_WITHIN, CONFIRMATIONS_AN_HOUR, DeviceChoice, StepFault, Workflow,
};
use crate::domain::world::{People, Unidentified, World};
use crate::store::{Execution, Inserted, StoreError};
use chrono::TimeDelta;
use std::sync::Arc;
use std::time::Duration;

/// The most that is kept of what a workflow's author calls it.
const LONGEST_NAME: usize = 80;

/// What somebody is asked to confirm.
struct ToConfirm {
    facts: Facts,
    justification: Option<String>,
    workflow: Workflow,
}

impl App {
    /// Nothing is learnt from a step about what exists for whom: its own inputs are looked at
    /// first, and whatever then speaks against a profile that is not everybody's is one fault.
    pub(super) async fn take_request(&self, execution: &Execution) -> Result<Next, Stop> {
        let inputs = &execution.inputs;
        let person = PersonId::new(inputs.need("requester", "Person")?);
        let named = inputs.need("profile", "Profile")?;
        let duration = inputs.need("duration", "Duration")?;
        let duration = parse_duration(&duration.to_lowercase().replace(' ', ""))
            .map_err(|error| StepFault::BadDuration(error.to_string()))?;

        let patience = Patience::for_a_decision();
        let (who, gathered) = self.who_is(&person, TO_DECIDE, patience).await?;
        gathered.save_alone(&self.store, self.clock.now()).await?;
        let who = match who {
            Ok(who) => who,
            Err(Unidentified::Refused(_)) => return Err(StepFault::NotOffered.into()),
            Err(Unidentified::Unread) => return Err(Stop::NotYet),
        };
        let profile = self.profile_offered(named)?;
        let roster = self.roster_to_decide(patience).await;
        match rights::may_request(profile, &roster, &who, self.clock.now()) {
            Membership::Yes => {}
            Membership::No => return Err(StepFault::NotOffered.into()),
            Membership::Stale | Membership::Unknown => return Err(Stop::NotYet),
        }
        let asked = self.judge_step(execution, &who, profile, duration);
        match asked {
            Ok(asked) => self.ask_to_confirm(&who, &roster, asked).await,
            Err(Stop::Fault(_)) if !profile.requesters.contains(&Selector::Everyone) => {
                Err(StepFault::NotOffered.into())
            }
            Err(stop) => Err(stop),
        }
    }

    /// What can be said without asking anybody; the confirmation judges all of it, and Tailscale
    /// is asked only then.
    fn judge_step(
        &self,
        execution: &Execution,
        who: &Identity,
        profile: &Profile,
        duration: Duration,
    ) -> Result<ToConfirm, Stop> {
        let inputs = &execution.inputs;
        let duration = judge_duration(duration, profile).map_err(|refusal| match refusal {
            Refusal::AsksTooLong { cap } => StepFault::TooLong(cap),
            _ => StepFault::TooShort(SHORTEST),
        })?;
        let justification = judge_justification(inputs.get("justification"), profile)
            .map_err(StepFault::Unjustified)?;
        let (device, choice) = self.device_meant(inputs.get("device"), who, profile)?;
        let facts = DeviceFacts::from(device.as_ref());
        Ok(ToConfirm {
            facts: Facts::new(who.id().clone(), profile, facts, duration),
            justification,
            workflow: Workflow {
                execution: execution.id.clone(),
                name: inputs
                    .get("workflow_name")
                    .map(|name| name.chars().take(LONGEST_NAME).collect()),
                device: choice,
                confirmed_at: None,
            },
        })
    }

    /// The device that a workflow names among those that the person may ask for. Without a name,
    /// or with one that is none of theirs, they choose when they confirm: a workflow does not
    /// find out what they have.
    fn device_meant(
        &self,
        named: Option<&str>,
        who: &Identity,
        profile: &Profile,
    ) -> Result<(Arc<Device>, DeviceChoice), Stop> {
        if self.devices.age(self.clock.now()).is_none() {
            return Err(Stop::NotYet);
        }
        let offers = self.offers(who, profile).into_iter();
        let devices: Vec<Arc<Device>> = offers.map(|offer| offer.device).collect();
        let is_meant = |device: &&Arc<Device>| {
            named.is_some_and(|text| {
                device.name.eq_ignore_ascii_case(text) || device.node.as_str() == text
            })
        };
        if let Some(device) = devices.iter().find(is_meant) {
            return Ok((Arc::clone(device), DeviceChoice::Named));
        }
        let likeliest = devices.first().ok_or(StepFault::NoDevice)?;
        Ok((Arc::clone(likeliest), DeviceChoice::ByPerson))
    }

    async fn ask_to_confirm(
        &self,
        who: &Identity,
        roster: &Roster,
        asked: ToConfirm,
    ) -> Result<Next, Stop> {
        let now = self.clock.now();
        let workflow = asked.workflow;
        let mut tx = self.store.begin().await?;
        // The counter's row makes those who ask at the same time wait for each other.
        let number = tx.next_request_number().await?;
        let hour_ago = now - TimeDelta::hours(1);
        if tx.confirmations_since(who.id(), hour_ago).await? >= CONFIRMATIONS_AN_HOUR {
            return Err(StepFault::AskedTooOften.into());
        }
        let request = Request {
            id: crate::app::ids::request_id(),
            number,
            version: 1,
            origin: Origin::of_step(&workflow.execution),
            requester: PersonRef::from(who),
            login: who.login.clone(),
            wished: asked.facts.duration,
            facts: asked.facts,
            facts_number: 1,
            approvals_from: 1,
            justification: asked.justification,
            ask_first: None,
            workflow: Some(workflow.clone()),
            reminded: None,
            device_as_of: None,
            asked_at: now,
            answer_by: seconds::cut(now + CONFIRM_WITHIN),
            reviews: Vec::new(),
            state: RequestState::Unconfirmed,
        };
        match tx.insert_request(&request).await? {
            Inserted::Stored => {}
            Inserted::SameOrigin(_) => return Ok(Next::Wait),
            Inserted::AlreadyUnconfirmed => return Err(StepFault::WaitsAlready.into()),
            Inserted::AlreadyPending(_) => return Err(StoreError::Conflict.into()),
        }
        tx.execution_waits_for(&workflow.execution, Some(who.id()), &request.id)
            .await?;
        let people = People::new();
        let world = World {
            policy: &self.policy,
            roster,
            people: &people,
            device: None,
            now,
        };
        let kind = EventKind::AskedByWorkflow {
            evidence: request.evidence(Vec::new(), &world),
            justification: request.justification.clone(),
            workflow: workflow.name,
            confirm_by: request.answer_by,
        };
        tx.record(&AuditEvent {
            subject: Subject::Request(request.id.clone()),
            actor: Actor::Workflow(workflow.execution),
            at: now,
            kind,
        })
        .await?;
        let card = Card::new(request.id.clone(), Face::Requester(who.id().clone()), now);
        tx.insert_card(&card).await?;
        enqueue_card(&mut tx, &card, now);
        self.home_follows(&mut tx, who.id()).await?;
        tx.commit().await?;
        let (number, person) = (request.number, who.id());
        tracing::info!(request = %number, id = %request.id, %person, event = "asked_by_workflow", "{number} was asked for by a workflow and waits to be confirmed");
        self.work.ring();
        self.due.ring();
        Ok(Next::Wait)
    }
}
