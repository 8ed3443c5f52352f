//! Small true-looking values.

use chrono::{DateTime, TimeDelta, Utc};
use lapse::domain::attribute::{Attribute, AttributeValue};
use lapse::domain::audit::{Actor, AuditEvent, EventKind, PersonRef, Subject};
use lapse::domain::facts::{DeviceFacts, Facts};
use lapse::domain::grant::{Grant, GrantState};
use lapse::domain::ids::{NodeId, Origin, PersonId, ProfileId, RequestId};
use lapse::domain::number::RequestNumber;
use lapse::domain::person::{Email, Login};
use lapse::domain::policy::Selector;
use lapse::domain::request::{Request, RequestState, Review, Verdict};
use lapse::store::{Inserted, Store};
use std::time::Duration;

/// The moment at which these stories begin.
pub fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_790_000_000_123).expect("a moment")
}

pub fn later(seconds: i64) -> DateTime<Utc> {
    noon() + TimeDelta::seconds(seconds)
}

pub fn person(id: &str) -> PersonRef {
    PersonRef {
        id: PersonId::new(id),
        name: format!("Person {id}"),
        email: Some(Email::new(&format!("{id}@example.com"))),
    }
}

/// A request by `who` for `profile` on their laptop, not stored yet.
pub fn request(number: u32, who: &str, profile: &str) -> Request {
    Request {
        id: RequestId::new(format!("r{number:06}")),
        number: RequestNumber(number),
        version: 1,
        origin: Origin::new(format!("view:{number}")),
        requester: person(who),
        login: Login::new(&format!("{who}@example.com")),
        facts: Facts {
            requester: PersonId::new(who),
            profile: ProfileId::new(profile),
            profile_name: "Production database".to_owned(),
            description: "SSH on the database machines".to_owned(),
            attribute: Attribute::parse("custom:prodDb").expect("an attribute"),
            value: AttributeValue::Bool(true),
            device: DeviceFacts {
                node: NodeId::new(format!("n{who}CNTRL")),
                name: "laptop".to_owned(),
                owner: Login::new(&format!("{who}@example.com")),
                os: "linux".to_owned(),
                tags: vec!["tag:ci".to_owned()],
            },
            duration: Duration::from_mins(30),
            approvals: 1,
        },
        facts_number: 1,
        approvals_from: 1,
        wished: Duration::from_hours(1),
        justification: Some("INC-42: it's \"down\" 💥\nsee log".to_owned()),
        ask_first: Some(PersonId::new("U9")),
        workflow: None,
        device_as_of: None,
        asked_at: later(i64::from(number)),
        answer_by: later(i64::from(number) + 3_600),
        reminded: None,
        reviews: Vec::new(),
        state: RequestState::Pending,
    }
}

pub fn review(by: &str, verdict: Verdict, facts_number: u32) -> Review {
    Review {
        by: person(by),
        login: Login::new(&format!("{by}@example.com")),
        verdict,
        facts_number,
        note: Some("fine".to_owned()),
        because: Selector::UserGroup("sre".to_owned()),
        at: later(60),
    }
}

/// The next version of a request, with one more review.
pub fn reviewed(request: &Request, review: Review) -> Request {
    let mut next = request.clone();
    next.version += 1;
    next.reviews.push(review);
    next
}

pub fn grant(request: &Request) -> Grant {
    Grant::open(
        request,
        &[person("U9")],
        later(i64::from(request.number.0) + 1_800),
        noon(),
    )
}

pub fn in_state(grant: &Grant, state: GrantState) -> Grant {
    let mut next = grant.clone();
    next.version += 1;
    next.state = state;
    next
}

pub fn event(subject: Subject, kind: EventKind) -> AuditEvent {
    AuditEvent {
        subject,
        actor: Actor::Lapse,
        at: noon(),
        kind,
    }
}

/// Stores a request of its own and answers with it.
pub async fn stored(store: &Store, number: u32, who: &str, profile: &str) -> Request {
    let request = request(number, who, profile);
    let mut tx = store.begin().await.expect("a transaction");
    let inserted = tx.insert_request(&request).await.expect("an insert");
    assert_eq!(inserted, Inserted::Stored);
    tx.commit().await.expect("a commit");
    request
}
