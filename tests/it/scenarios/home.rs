//! The home tab: what it shows to whom, what its buttons do, and when it is published.

mod buttons;
mod pace;
mod readers;
mod shown;
mod size;

use crate::support::world::World;
use lapse::domain::request::Request;
use lapse::sandbox::slack::View;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
/// Changes in a row are told together; after this long they are told.
const SOON: Duration = Duration::from_secs(8);

/// Somebody looks at their home and sees it as it is now.
async fn open_home(world: &World, who: &str) -> View {
    let reply = world.person(who).open_home().await.expect("the event");
    assert_eq!(reply.status, 200);
    world.settle().await;
    home(world, who)
}

/// Somebody's home as it was published last.
fn home(world: &World, who: &str) -> View {
    let home = world.person(who).home();
    home.unwrap_or_else(|| panic!("nothing was published for {who}"))
}

/// Lets the homes follow what has changed.
async fn let_homes_follow(world: &World) {
    world.settle().await;
    world.pass(SOON).await;
}

/// How often somebody's home was published.
fn published(world: &World, who: &str) -> usize {
    let calls = world.slack.calls_of("views.publish");
    let theirs = calls.iter().filter(|call| call.args["user_id"] == who);
    theirs.count()
}

/// The name of a button in one of the lists of a home.
fn button(list: &str, request: &Request, action: &str) -> String {
    format!("{list}:{}/{action}", request.number)
}

/// Somebody presses a button on their home.
async fn press(world: &World, who: &str, list: &str, request: &Request, action: &str) {
    let reply = world
        .person(who)
        .press_home(&button(list, request, action))
        .await
        .expect("the button is there");
    assert_eq!(reply.status, 200, "{:?}", reply.body);
}

/// Waits until somebody's home says this.
async fn until_home_says(world: &World, who: &str, words: &str) {
    let person = world.person(who);
    world
        .eventually(words, || person.home().is_some_and(|home| home.says(words)))
        .await;
}

/// Waits for a dialog, and returns it.
async fn dialog(world: &World, who: &str, title: &str) -> View {
    let person = world.person(who);
    world
        .eventually(title, || {
            person.open_view().is_some_and(|view| view.title() == title)
        })
        .await;
    person.open_view().expect("a dialog is open")
}

/// The blocks that carry this `block_id`.
fn has_block(view: &View, id: &str) -> bool {
    view.blocks().iter().any(|block| block["block_id"] == id)
}
