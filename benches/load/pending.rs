//! Requests that wait for an approval, each with the click that gives it.
//!
//! The requests go into the store directly, as `submit` would store them; their cards are
//! posted to the stand-in, and the stand-in says what a click on each looks like, its
//! `response_url` included. So nothing is left to do but to send the clicks.

use crate::bare::Bare;
use crate::settings::Settings;
use crate::workplace::{Workplace, address, approver, node, requester};
use anyhow::Context;
use bytes::Bytes;
use lapse::app::App;
use lapse::app::patience::Patience;
use lapse::domain::audit::{Actor, AuditEvent, EventKind, Evidence, PersonRef, Subject};
use lapse::domain::card::{Card, Delivery, Face, HowAsked, Place};
use lapse::domain::facts::{DeviceFacts, Facts};
use lapse::domain::ids::{NodeId, Origin, PersonId, ProfileId, RequestId};
use lapse::domain::person::{Email, Login};
use lapse::domain::policy::Selector;
use lapse::domain::request::{Request, RequestState};
use lapse::sandbox::slack::SlackSandbox;
use lapse::slack::{Destination, Message};
use serde_json::json;
use std::time::Duration;

/// An hour.
const DURATION: Duration = Duration::from_hours(1);
/// Requests a transaction.
const AT_ONCE: usize = 200;

/// A click that waits to be sent.
#[derive(Clone)]
pub struct Click {
    /// The device that it opens.
    pub node: String,
    /// The form that Slack posts.
    pub body: Bytes,
}

/// How many the parts on one bot need together.
pub fn needed(settings: &Settings) -> usize {
    settings.single_clicks + 2 * settings.rounds * settings.clicks_a_round
}

/// Prepares so many requests and their clicks.
pub async fn prepare(place: &Workplace, count: usize) -> anyhow::Result<Vec<Click>> {
    let began = std::time::Instant::now();
    let recorder = Bare::start().await?;
    let slack = place.outside.slack.clone();
    slack.connect_bot(&format!("http://{}", recorder.address));
    let mut clicks = Vec::with_capacity(count);
    for first in (0..count).step_by(AT_ONCE) {
        let (app, slack) = (place.app()?.clone(), slack.clone());
        let numbers = first..(first + AT_ONCE).min(count);
        clicks.extend(place.on_bot(move || batch(app, slack, numbers)).await??);
    }
    slack.connect_bot(&format!("http://{}", place.address()?));
    eprintln!("prepared {count} requests in {:.1?}", began.elapsed());
    Ok(clicks)
}

async fn batch(
    app: App,
    slack: SlackSandbox,
    numbers: std::ops::Range<usize>,
) -> anyhow::Result<Vec<Click>> {
    let mut clicks = Vec::new();
    let mut waiting = Vec::new();
    for nth in numbers {
        let id = RequestId::new(format!("bench-{nth:08}"));
        let (asker, giver) = (PersonId::new(requester(nth)), PersonId::new(approver(nth)));
        let card = app
            .slack
            .post(&Destination::Person(giver.clone()), &card_of(&id, nth))
            .await
            .context("a card could not be posted")?;
        let own = app
            .slack
            .post(&Destination::Person(asker), &card_of(&id, nth))
            .await
            .context("a card could not be posted")?;
        let message = slack
            .message(card.channel.as_str(), &card.ts.to_string())
            .context("a card that was posted is not there")?;
        let click = slack
            .person(giver.as_str())
            .click(&message, "approve")
            .await?;
        clicks.push(Click {
            node: node(nth),
            body: click.delivery.body.into(),
        });
        let place = |posted: lapse::slack::Posted| Place {
            channel: posted.channel,
            ts: posted.ts.to_string(),
        };
        waiting.push((nth, id, place(card), place(own)));
    }
    store(&app, waiting).await?;
    Ok(clicks)
}

async fn store(app: &App, waiting: Vec<(usize, RequestId, Place, Place)>) -> anyhow::Result<()> {
    let people = waiting
        .iter()
        .flat_map(|(nth, ..)| [requester(*nth), approver(*nth)])
        .map(PersonId::new)
        .collect();
    let now = app.clock.now();
    // Everybody is known and pinned, as after their first day.
    app.gather(&people, Duration::from_mins(5), Patience::for_a_decision())
        .await?
        .save_alone(&app.store, now)
        .await?;
    let profile = app
        .policy
        .profile(&ProfileId::new(crate::workplace::PROFILE))
        .context("the profile is missing")?;
    let mut tx = app.store.begin().await?;
    for (nth, id, card, own) in waiting {
        let device = app
            .devices
            .get(&NodeId::new(node(nth)))
            .context("a device is missing")?;
        let asker = PersonRef {
            id: PersonId::new(requester(nth)),
            name: format!("Asker {nth}"),
            email: Some(Email::new(&address(nth))),
        };
        let facts = Facts::new(
            asker.id.clone(),
            profile,
            DeviceFacts::from(&*device),
            DURATION,
        );
        let request = Request {
            id: id.clone(),
            number: tx.next_request_number().await?,
            version: 1,
            origin: Origin::new(format!("view:{id}")),
            requester: asker.clone(),
            login: Login::new(&address(nth)),
            facts: facts.clone(),
            facts_number: 1,
            approvals_from: 1,
            wished: DURATION,
            justification: Some("INC-42 database failover".to_owned()),
            ask_first: None,
            workflow: None,
            device_as_of: None,
            asked_at: now,
            answer_by: now + profile.request_ttl,
            reminded: None,
            reviews: Vec::new(),
            state: RequestState::Pending,
        };
        let giver = PersonId::new(approver(nth));
        tx.insert_request(&request).await?;
        tx.record(&AuditEvent {
            subject: Subject::Request(id.clone()),
            actor: Actor::Person(asker.clone()),
            at: now,
            kind: EventKind::Requested {
                evidence: Evidence {
                    facts,
                    facts_number: 1,
                    memberships: Vec::new(),
                    policy: app.policy.hash.clone(),
                },
                justification: request.justification.clone(),
                answer_by: request.answer_by,
                asked: vec![giver.clone()],
            },
        })
        .await?;
        let because = profile
            .approvers
            .first()
            .cloned()
            .unwrap_or(Selector::Everyone);
        let cards = [
            (Face::Requester(asker.id), own),
            (
                Face::Approver {
                    person: giver,
                    because,
                    how: HowAsked::Asked,
                },
                card,
            ),
        ];
        for (face, at) in cards {
            let card = Card {
                delivery: Delivery::Posted(at),
                ..Card::new(id.clone(), face, now)
            };
            tx.insert_card(&card).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// About as large as a real card.
fn card_of(id: &RequestId, nth: usize) -> Message {
    let button = |name: &str, label: &str| {
        json!({
            "type": "button",
            "action_id": name,
            "text": { "type": "plain_text", "text": label },
            "value": format!("{id}:1"),
        })
    };
    let text = format!("Asker {nth} asks for Production SSH on bench-{nth}, for 1 h");
    let blocks = vec![
        json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } }),
        json!({ "type": "actions", "elements": [
            button("approve", "Approve"),
            button("deny", "Deny …"),
            button("approve_less", "Approve for less …"),
        ]}),
    ];
    Message::new(text, blocks)
}
