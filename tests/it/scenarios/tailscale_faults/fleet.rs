//! Many approved grants at once, each of another person on another device. Thousands of forms
//! over HTTP would only test patience, so they are stored as an approval stores them: request,
//! grant, audit events and outbox row in one transaction.

use crate::support::world::{PATIENCE, PROD_SSH, World};
use chrono::{DateTime, Utc};
use lapse::domain::attribute::Attribute;
use lapse::domain::audit::{AuditEvent, PersonRef, Subject};
use lapse::domain::grant::{Grant, GrantState, WriteMark};
use lapse::domain::ids::{NodeId, Origin, PersonId, RequestId};
use lapse::domain::person::{Email, Login};
use lapse::domain::request::Request;
use lapse::sandbox::slack::{SlackSetup, User};
use lapse::sandbox::tailscale::{Device, TailnetSetup};
use lapse::store::outbox::{Job, Lane, Priority};
use std::time::{Duration, Instant};

pub fn node(number: usize) -> String {
    format!("nFLEET{number:05}CNTRL")
}

fn person(number: usize) -> String {
    format!("U0FLEET{number:05}")
}

fn address(number: usize) -> String {
    format!("fleet{number}@example.com")
}

/// Accounts for the holders.
pub fn people(setup: SlackSetup, count: usize) -> SlackSetup {
    (0..count).fold(setup, |setup, number| {
        let name = format!("Fleet {number}");
        setup.user(User::member(&person(number), &name, &address(number)))
    })
}

/// A device for each of them.
pub fn devices(setup: TailnetSetup, count: usize) -> TailnetSetup {
    (0..count).fold(setup, |setup, number| {
        let host = format!("fleet-{number}");
        setup.with_device(Device::new(&node(number), &host, &address(number), "linux"))
    })
}

impl World {
    /// Approves so many requests like this approved one, all at this moment, each for its own
    /// time; the worker finds them at its next look.
    pub async fn approve_fleet(
        &self,
        template: &Request,
        count: usize,
        lasts: impl Fn(usize) -> Duration,
    ) -> Vec<Request> {
        let ends = |number: usize| self.clocks.now() + lasts(number);
        let fleet = self.store_fleet(template, count, ends, |_| {}).await;
        self.app().work.ring();
        self.app().due.ring();
        fleet
    }

    /// The same, as if they had been opened a while ago: active, and open in the tailnet.
    pub async fn open_fleet(
        &self,
        template: &Request,
        count: usize,
        ends: impl Fn(usize) -> DateTime<Utc>,
    ) -> Vec<Request> {
        let since = self.clocks.now();
        for number in 0..count {
            self.tailnet
                .put_attribute(&node(number), PROD_SSH, true, Some(ends(number)))
                .expect("the device is there");
        }
        let open = |grant: &mut Grant| {
            grant.state = GrantState::Active { since };
            grant.write = WriteMark::Sent;
            grant.warned_at = Some(since);
        };
        self.store_fleet(template, count, ends, open).await
    }

    async fn store_fleet(
        &self,
        template: &Request,
        count: usize,
        ends: impl Fn(usize) -> DateTime<Utc>,
        change: impl Fn(&mut Grant),
    ) -> Vec<Request> {
        let (store, now) = (self.app().store.clone(), self.clocks.now());
        let template = self.request(template).await;
        let approvers = self.grant_of(&template).await.approvers;
        let decided: Vec<AuditEvent> = store
            .events_of(&template.id)
            .await
            .expect("readable")
            .into_iter()
            .map(|stored| stored.event)
            .filter(|event| ["requested", "approved"].contains(&event.kind.name()))
            .collect();
        assert_eq!(decided.len(), 2, "the template is approved");
        let mut fleet = Vec::with_capacity(count);
        let mut tx = store.begin().await.expect("a transaction");
        for number in 0..count {
            let mut request = template.clone();
            request.id = RequestId::new(format!("fleet-{number:05}"));
            request.number = tx.next_request_number().await.expect("a number");
            request.origin = Origin::new(format!("trigger:fleet-{number:05}"));
            request.requester = PersonRef {
                id: PersonId::new(person(number)),
                name: format!("Fleet {number}"),
                email: Some(Email::new(&address(number))),
            };
            request.login = Login::new(&address(number));
            request.facts.requester = request.requester.id.clone();
            request.facts.attribute = Attribute::parse(PROD_SSH).expect("legal");
            request.facts.device.node = NodeId::new(node(number));
            request.facts.device.name = format!("fleet-{number}");
            request.facts.device.owner = request.login.clone();
            "linux".clone_into(&mut request.facts.device.os);
            tx.insert_request(&request).await.expect("stored");
            let mut grant = Grant::open(&request, &approvers, ends(number), now);
            change(&mut grant);
            tx.insert_grant(&grant).await.expect("stored");
            for event in &decided {
                let subject = Subject::Request(request.id.clone());
                let event = AuditEvent {
                    subject,
                    ..event.clone()
                };
                tx.record(&event).await.expect("recorded");
            }
            if grant.is_applying() {
                let job = Job::SyncKey(grant.key.clone());
                tx.enqueue(&job, now, &Lane::tailscale(), Priority::Apply);
            }
            fleet.push(request);
        }
        tx.commit().await.expect("committed");
        fleet
    }

    /// How many of them are in this state.
    pub async fn fleet_in(&self, state: &str, fleet: &[Request]) -> usize {
        let mut count = 0;
        for request in fleet {
            count += usize::from(self.state_of(request).await == state);
        }
        count
    }

    /// Waits, without moving time, until all are in this state.
    pub async fn fleet_reaches(&self, state: &str, fleet: &[Request]) {
        let began = Instant::now();
        while self.fleet_in(state, fleet).await < fleet.len() {
            assert!(began.elapsed() < PATIENCE, "not all of them are {state}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
