//! Approve, approve for less, deny, cancel: what people say about a pending request.

use super::decide::{Case, Click, Moves};
use super::{App, Failure};
use crate::domain::audit::EventKind;
use crate::domain::card::{Card, Delivery};
use crate::domain::facts::FactChange;
use crate::domain::ids::{PersonId, RequestId};
use crate::domain::number::RequestNumber;
use crate::domain::refusal::Refusal;
use crate::domain::request::{RequestCommand, RequestState, Verdict};
use crate::store::StoredEvent;

impl App {
    /// Somebody reviews a request.
    pub async fn review(
        &self,
        click: &Click,
        id: &RequestId,
        verdict: Verdict,
        note: Option<String>,
        facts_seen: u32,
    ) -> Result<Case, Failure> {
        let attempt = match verdict {
            Verdict::Approve => "approve",
            Verdict::Shorten(_) => "approve_for_less",
            Verdict::Deny => "deny",
        };
        let command = RequestCommand::Review {
            by: click.by.clone(),
            verdict,
            note,
            facts_seen,
        };
        match self.on_request(click, id, attempt, &command).await {
            Ok(case) => match came_of_it(&case, click, verdict) {
                CameOfIt::AsAsked => Ok(case),
                CameOfIt::FactsChanged => {
                    let number = case.request.number;
                    Err(self.facts_moved(id, number, facts_seen).await)
                }
                CameOfIt::Closed => {
                    let number = case.request.number;
                    Err(Failure::Refused(Refusal::ClosedInstead { number }))
                }
            },
            Err(Failure::Refused(Refusal::FactsMoved { number, .. })) => {
                Err(self.facts_moved(id, number, facts_seen).await)
            }
            other => other,
        }
    }

    /// What to tell somebody who has seen facts that are no longer those.
    async fn facts_moved(&self, id: &RequestId, number: RequestNumber, seen: u32) -> Failure {
        let changes = match self.store.events_of(id).await {
            Ok(events) => changes_since(&events, seen),
            Err(error) => {
                tracing::warn!(%error, request = %id, "what changed about a request could not be read");
                Vec::new()
            }
        };
        Failure::Refused(Refusal::FactsMoved { number, changes })
    }

    /// The requester withdraws a pending request.
    pub async fn cancel(&self, click: &Click, id: &RequestId) -> Result<Case, Failure> {
        let command = RequestCommand::Cancel {
            by: click.by.clone(),
        };
        self.on_request(click, id, "cancel", &command).await
    }

    /// The requester has those reminded who were asked and have not answered.
    pub async fn remind(&self, click: &Click, id: &RequestId) -> Result<Case, Failure> {
        let gone = match self.store.request(id).await? {
            Some(request) if request.requester.id == click.by => {
                self.asked_in_vain(&request).await?
            }
            _ => Vec::new(),
        };
        self.decide(click, id, "remind", |case, world| {
            let reached = case
                .cards
                .iter()
                .filter(|card| !matches!(card.delivery, Delivery::Undeliverable { .. }));
            let mut asked: Vec<PersonId> = reached.filter_map(Card::asked).cloned().collect();
            asked.retain(|person| !gone.contains(person));
            asked.sort_unstable();
            asked.dedup();
            let by = click.by.clone();
            let command = RequestCommand::Remind { by, asked };
            let transition = case.request.handle(&command, world)?;
            Ok(Moves::Request(Box::new(transition)))
        })
        .await
    }

    async fn on_request(
        &self,
        click: &Click,
        id: &RequestId,
        attempt: &'static str,
        command: &RequestCommand,
    ) -> Result<Case, Failure> {
        self.decide(click, id, attempt, |case, world| {
            let transition = case.request.handle(command, world)?;
            Ok(Moves::Request(Box::new(transition)))
        })
        .await
    }
}

/// What a review that was stored has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CameOfIt {
    /// It counts.
    AsAsked,
    /// It found out that the facts are not those that were seen; nothing was approved.
    FactsChanged,
    /// It found out that nobody may ask for this any more.
    Closed,
}

fn came_of_it(case: &Case, click: &Click, verdict: Verdict) -> CameOfIt {
    let request = &case.request;
    let counts = request
        .reviews
        .iter()
        .any(|review| review.by.id == click.by && request.stands(review));
    match &request.state {
        RequestState::Cancelled { .. } => CameOfIt::Closed,
        RequestState::Pending if verdict != Verdict::Deny && !counts => CameOfIt::FactsChanged,
        _ => CameOfIt::AsAsked,
    }
}

/// Which facts changed after those with this number, each once, in the order of the changes.
fn changes_since(events: &[StoredEvent], seen: u32) -> Vec<FactChange> {
    let mut changes: Vec<FactChange> = Vec::new();
    for stored in events {
        let newer: &[FactChange] = match &stored.event.kind {
            EventKind::FactsChanged {
                changes,
                facts_number,
                ..
            } if *facts_number > seen => changes,
            EventKind::Reviewed {
                verdict: Verdict::Shorten(_),
                evidence,
                ..
            } if evidence.facts_number > seen => &[FactChange::Duration],
            _ => &[],
        };
        for change in newer {
            if !changes.contains(change) {
                changes.push(*change);
            }
        }
    }
    changes
}
