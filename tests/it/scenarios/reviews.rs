//! What people say about a request, and what becomes of it.

mod changes;
mod identity;
mod peers;
mod quorum;
mod status;
mod verdicts;

use crate::support::world::{PROFILES, World};
use lapse::domain::audit::EventKind;
use lapse::domain::ids::PersonId;
use lapse::domain::request::Request;
use lapse::sandbox::slack::{SubmitReply, View};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// The usual profile with further keys.
fn profile_with(keys: &str) -> String {
    format!("{PROFILES}{keys}\n")
}

/// Lets the bot change every card: Slack takes about one edit a second.
async fn let_cards_follow(world: &World) {
    world.settle().await;
    world.pass(Duration::from_secs(8)).await;
}

/// Somebody asks for the card of a request and gets it.
async fn fetch_card(world: &World, who: &str, request: &Request) {
    let text = format!("status {}", request.number);
    let person = world.person(who);
    person.command("/access", &text).await.expect("answered");
    let told = world.whisper(who).await;
    assert!(told.contains("I sent you the card"), "{told}");
    world.settle().await;
}

/// Waits until the newest thing that only this person sees says so.
async fn is_told(world: &World, who: &str, sentence: &str) {
    let person = world.person(who);
    let says = || {
        person
            .latest_ephemeral()
            .is_some_and(|told| told.says(sentence))
    };
    world.eventually(sentence, says).await;
}

/// Presses a button that opens a small form, and waits for it.
async fn open_small_form(world: &World, who: &str, card: &str, button: &str, title: &str) -> View {
    world.click(who, card, button).await;
    wait_for_form(world, who, title).await
}

async fn wait_for_form(world: &World, who: &str, title: &str) -> View {
    let person = world.person(who);
    world
        .eventually(title, || {
            person.open_view().is_some_and(|view| view.title() == title)
        })
        .await;
    person.open_view().expect("a form is open")
}

/// Denies with a note.
async fn deny(world: &World, who: &str, card: &str, note: &str) -> SubmitReply {
    open_small_form(world, who, card, "deny", "Deny this request").await;
    let person = world.person(who);
    person.type_text("note", note).await.expect("typed");
    person.submit().await.expect("submitted")
}

/// Approves for less, with one of the offered durations.
async fn approve_for(world: &World, who: &str, card: &str, duration: Duration) -> SubmitReply {
    open_small_form(world, who, card, "approve_less", "Approve for less").await;
    let person = world.person(who);
    let seconds = duration.as_secs().to_string();
    person.choose("duration", &seconds).await.expect("offered");
    person.submit().await.expect("submitted")
}

/// The refusals of a person that the trail of a request keeps.
async fn refusals_of(world: &World, request: &Request) -> Vec<String> {
    let events = world.app().store.events_of(&request.id).await;
    let refused = events.expect("readable").into_iter();
    refused
        .filter_map(|stored| match stored.event.kind {
            EventKind::Refused { reason, .. } => Some(reason),
            _ => None,
        })
        .collect()
}

/// How many requests somebody ever made.
async fn asked_by(world: &World, who: &str) -> usize {
    let stored = world.app().store.requests_of(&PersonId::new(who), 50).await;
    stored.expect("readable").len()
}
