//! What an attacker inside the workspace could send: whatever it is, it is refused with a
//! sentence, recorded, and changes nothing.

mod forged_buttons;
mod forged_forms;
mod hostile_text;
mod outsiders;
mod secrets;

use crate::support::clocks::start_of_story;
use crate::support::world::World;
use lapse::domain::audit::{Actor, EventKind};
use lapse::domain::grant::Grant;
use lapse::domain::ids::GrantId;
use lapse::domain::request::Request;

/// Everything that a refused attempt leaves as it was.
#[derive(Debug, PartialEq)]
struct Untouched {
    request: Option<Request>,
    grant: Option<Grant>,
    trail: Vec<&'static str>,
    writes: usize,
}

impl Untouched {
    async fn now(world: &World, request: &Request) -> Self {
        let store = &world.app().store;
        let mut trail = world.trail(request).await;
        trail.retain(|event| *event != "refused");
        Self {
            request: store.request(&request.id).await.expect("readable"),
            grant: store
                .grant(&GrantId::of(&request.id))
                .await
                .expect("readable"),
            trail,
            writes: world.tailnet.writes().len(),
        }
    }
}

/// What somebody was refused so far, as `attempt: reason`, oldest first.
pub async fn refusals_of(world: &World, who: &str) -> Vec<String> {
    let events = world
        .app()
        .store
        .events_since(start_of_story(), None, 10_000)
        .await
        .expect("readable");
    let refused = events.into_iter().filter_map(|stored| {
        let by = match &stored.event.actor {
            Actor::Person(person) => person.id.as_str() == who,
            Actor::Account(id) => id.as_str() == who,
            Actor::Workflow(_) | Actor::Lapse => false,
        };
        match stored.event.kind {
            EventKind::Refused { reason, attempt } if by => Some(format!("{attempt}: {reason}")),
            _ => None,
        }
    });
    refused.collect()
}
