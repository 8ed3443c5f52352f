//! Buttons on lines go when they stop working; what a line said stays.

use crate::on_both_databases;
use crate::support::world::{ADA, Base, GRACE, World};
use lapse::sandbox::slack::Message;
use lapse::sandbox::tailscale::{Fault, Route};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

on_both_databases!(buttons_of_lines_go_when_they_stop_working);

fn has(message: &Message, button: &str) -> bool {
    message.buttons().iter().any(|(id, _)| *id == button)
}

async fn buttons_of_lines_go_when_they_stop_working(base: Base) {
    let world = World::on(base).await;
    world.ada_asks(HOUR, "INC-42").await;
    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    world.advance(Duration::from_mins(54));
    world.settle().await;
    let told = world.ever_told(ADA);
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|message| has(message, "release")));

    world.click(ADA, "Production SSH ends", "release").await;
    world.settle().await;
    world.pass(Duration::from_mins(1)).await;
    let told = world.ever_told(ADA);
    assert_eq!(told.len(), 3);
    for message in &told {
        assert!(!has(message, "release"), "{message:#?}");
    }
    assert!(told[1].says("was opened on"), "{:#?}", told[1]);
    assert!(told[2].says("was to end"), "{:#?}", told[2]);
    world.nothing_was_refused();
}

/// *Try again* goes when somebody tried again, and comes with the next failure's own line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn try_again_goes_once_it_was_tried() {
    let world = World::on(Base::Sqlite).await;
    world
        .tailnet
        .fault(Route::WriteAttribute, Fault::Status(403), 1);
    world.ada_asks(HOUR, "INC-42").await;
    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    let line = world.ever_told(ADA)[1].clone();
    assert!(has(&line, "retry"), "{line:#?}");

    world.click(ADA, "Nothing was granted", "retry").await;
    world.settle().await;
    world.pass(Duration::from_mins(1)).await;
    let told = world.ever_told(ADA);
    assert_eq!(world.news(ADA, "is open on"), 1);
    for message in &told {
        assert!(!has(message, "retry"), "{message:#?}");
    }
    assert!(told[1].says("tried again since"), "{:#?}", told[1]);
    world.nothing_was_refused();
}
