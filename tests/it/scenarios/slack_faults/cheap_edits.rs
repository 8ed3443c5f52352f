//! The clicker's card is changed through the click's own address, which has no limit but five
//! uses; and whatever changes in a burst costs one edit a card.

use crate::support::world::{ADA, APPROVERS, Base, GRACE, LINUS, PROFILES, Setup, World};
use lapse::sandbox::slack::{Fault, Times, User, Usergroup};
use lapse::store::outbox::Lane;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
/// More than one address has uses.
const MORE: usize = 7;

fn approver(nth: usize) -> String {
    format!("U0APPROVER{nth}")
}

/// As many approvals are needed as there are approvers.
async fn everybody_has_to_agree() -> World {
    let needed = MORE + 1;
    let profiles = PROFILES.replace(
        "requesters =",
        &format!("approvals = {needed}\nrequesters ="),
    );
    let world = Setup::on(Base::Sqlite)
        .profiles(&profiles)
        .slack(|mut setup| {
            let mut members = vec![GRACE.to_owned()];
            for nth in 0..MORE {
                let (id, name) = (approver(nth), format!("Approver {nth}"));
                setup = setup.user(User::member(&id, &name, &format!("a{nth}@example.com")));
                members.push(id);
            }
            let members: Vec<&str> = members.iter().map(String::as_str).collect();
            setup.usergroup(Usergroup::new(APPROVERS, "prod-approvers", &members))
        })
        .start()
        .await;
    world.ada_asks(HOUR, "INC-42").await;
    for nth in 0..MORE {
        world.card(&approver(nth), "asks for").await;
    }
    world.settle().await;
    world
}

/// Five uses within thirty minutes, then `chat.update`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clicked_card_changes_through_its_click_and_then_by_edits() {
    let world = everybody_has_to_agree().await;
    let channel = world.person(GRACE).direct_channel();
    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    assert!(world.card(GRACE, "You approved").await.edited());
    assert!(world.calls_to("chat.update", &channel).is_empty());

    for nth in 0..MORE {
        world.click(&approver(nth), "asks for", "approve").await;
        world.settle().await;
        world.pass(Duration::from_secs(20)).await;
    }
    let card = &world.ever_told(GRACE)[0];
    assert!(card.says("active until"), "{card:#?}");
    let edits = world.calls_to("chat.update", &channel).len();
    let wordings = card.history.len();
    assert!(edits > 0, "the address has run out");
    assert!((1..=5).contains(&(wordings - edits)), "{wordings} {edits}");
    world.nothing_was_refused();
}

/// An address that fails is left for `chat.update`, with its use counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_fails_is_replaced_by_an_edit() {
    for fault in [
        Fault::Status(500),
        Fault::Status(404),
        Fault::AppliedThenLost,
    ] {
        let world = World::on(Base::Sqlite).await;
        world.ada_asks(HOUR, "INC-42").await;
        world.card(LINUS, "asks for").await;
        world.settle().await;
        world.slack.fail("response_url", fault, Times::Always);
        world
            .slack
            .fail("chat.update", Fault::Status(500), Times::N(3));
        world.click(GRACE, "asks for", "approve").await;
        world.settle().await;
        world.pass(Duration::from_secs(40)).await;
        assert!(world.ever_told(GRACE)[0].says("active until"));
        assert!(world.slack.calls_of("response_url").len() <= 2);
        world.nothing_was_refused();
    }
}

/// Edits are coalesced: everything that changes while edits wait is one edit a card.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_changes_is_one_edit_a_card() {
    let world = everybody_has_to_agree().await;
    // Another replica was asked to wait: the pause is everybody's.
    let until = world.clocks.now() + Duration::from_secs(30);
    let store = &world.app().store;
    store.pause(&Lane::update(), until).await.expect("stored");
    for nth in 0..MORE {
        world.click(&approver(nth), "asks for", "approve").await;
    }
    world.settle().await;
    world.pass(Duration::from_secs(29)).await;
    assert!(world.slack.calls_of("chat.update").is_empty());
    world.pass(Duration::from_secs(20)).await;

    let edits = world.slack.calls_of("chat.update");
    for channel in edits.iter().map(|call| &call.args["channel"]) {
        let of_it = edits.iter().filter(|call| call.args["channel"] == *channel);
        assert_eq!(of_it.count(), 1, "{channel} was edited more than once");
    }
    let counted = format!("{MORE} of {}", MORE + 1);
    for who in [ADA, GRACE] {
        let card = &world.ever_told(who)[0];
        assert!(card.says(&counted), "{card:#?}");
    }
    assert!(world.slack.impatient_calls().is_empty());
    world.nothing_was_refused();
}
