//! The *Request access* step: asks whoever it names whether they want this.

use super::{Next, Stop};
use crate::app::App;
use crate::app::gather::TO_DECIDE;
use crate::app::patience::Patience;
use crate::app::persist::enqueue_card;
use crate::app::submit::{Judged, Wish};
use crate::domain::audit::{Actor, AuditEvent, EventKind, PersonRef, Subject};
use crate::domain::card::{Card, Face};
use crate::domain::device::Device;
use crate::domain::duration::parse_duration;
use crate::domain::ids::{NodeId, Origin, PersonId};
use crate::domain::person::Identity;
use crate::domain::policy::Profile;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, RequestState};
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

/// The most that is kept of what a workflow's author calls it.
const LONGEST_NAME: usize = 80;

impl App {
    pub(super) async fn take_request(&self, execution: &Execution) -> Result<Next, Stop> {
        let inputs = &execution.inputs;
        let person = PersonId::new(inputs.need("requester", "Person")?);
        let profile = self.profile_offered(inputs.need("profile", "Profile")?)?;
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
        let roster = self.roster_to_decide(patience).await;
        match rights::may_request(profile, &roster, &who, self.clock.now()) {
            Membership::Yes => {}
            Membership::No => return Err(StepFault::NotOffered.into()),
            Membership::Stale | Membership::Unknown => return Err(Stop::NotYet),
        }
        let (device, choice) = self.device_meant(inputs.get("device"), &who, profile)?;
        let wish = Wish {
            person,
            profile: profile.id.clone(),
            device,
            duration,
            justification: inputs.get("justification").map(str::to_owned),
            ask_first: None,
            origin: Origin::of_step(&execution.id),
        };
        let judged = match self.judge(&wish, &who, &roster, patience).await? {
            Ok(judged) => judged,
            Err(wrong) => return Err(fault_of(wrong.refusal)),
        };
        let workflow = Workflow {
            execution: execution.id.clone(),
            name: inputs
                .get("workflow_name")
                .map(|name| name.chars().take(LONGEST_NAME).collect()),
            device: choice,
            confirmed_at: None,
        };
        self.ask_to_confirm(&wish, &who, &roster, judged, workflow)
            .await
    }

    /// The device that a workflow names among those that the person may ask for; without a name
    /// the likeliest, and the person chooses.
    fn device_meant(
        &self,
        named: Option<&str>,
        who: &Identity,
        profile: &Profile,
    ) -> Result<(NodeId, DeviceChoice), Stop> {
        if self.devices.age(self.clock.now()).is_none() {
            return Err(Stop::NotYet);
        }
        let offers = self.offers(who, profile);
        let mut devices = offers.iter().map(|offer| &offer.device);
        match named {
            None => {
                let first = devices.next().ok_or(StepFault::NoDevice)?;
                Ok((first.node.clone(), DeviceChoice::ByPerson))
            }
            Some(text) => {
                let is_meant = |device: &&Arc<Device>| {
                    device.name.eq_ignore_ascii_case(text) || device.node.as_str() == text
                };
                let device = devices.find(is_meant).ok_or(StepFault::NoSuchDevice)?;
                Ok((device.node.clone(), DeviceChoice::Named))
            }
        }
    }

    async fn ask_to_confirm(
        &self,
        wish: &Wish,
        who: &Identity,
        roster: &Roster,
        judged: Judged<'_>,
        workflow: Workflow,
    ) -> Result<Next, Stop> {
        let now = self.clock.now();
        let hour_ago = now - TimeDelta::hours(1);
        let asked = self.store.confirmations_since(who.id(), hour_ago).await?;
        if asked >= CONFIRMATIONS_AN_HOUR {
            return Err(StepFault::AskedTooOften.into());
        }
        let mut tx = self.store.begin().await?;
        let request = Request {
            id: crate::app::ids::request_id(),
            number: tx.next_request_number().await?,
            version: 1,
            origin: wish.origin.clone(),
            requester: PersonRef::from(who),
            login: who.login.clone(),
            wished: judged.facts.duration,
            facts: judged.facts,
            facts_number: 1,
            approvals_from: 1,
            justification: judged.justification,
            ask_first: None,
            workflow: Some(workflow.clone()),
            reminded: None,
            device_as_of: judged.device_as_of,
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

/// What a refusal means to whoever wrote the workflow.
fn fault_of(refusal: Refusal) -> Stop {
    match refusal {
        Refusal::NoSuchProfile => StepFault::NotOffered.into(),
        Refusal::AskersGroupTooOld | Refusal::DeviceUnread | Refusal::ApproversUnread { .. } => {
            Stop::NotYet
        }
        Refusal::DeviceUnknown | Refusal::DeviceNotAllowed(_) => StepFault::NoSuchDevice.into(),
        other => StepFault::AgainstRule(other.to_string()).into(),
    }
}
