//! What a submission does once, twice, and beside another.

use super::PROFILES;
use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, ADAS_PHONE, Base, GRACE, LINUS, Setup, World};
use lapse::domain::ids::PersonId;
use lapse::sandbox::slack::Submitted;
use lapse::sandbox::tailscale::Device;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

on_both_databases!(
    the_same_submission_delivered_twice_asks_once,
    one_request_waits_for_each_person_profile_and_device,
);

async fn asked_by_ada(world: &World) -> usize {
    let ada = PersonId::new(ADA);
    let stored = world.app().store.requests_of(&ada, 10).await;
    stored.expect("readable").len()
}

async fn the_same_submission_delivered_twice_asks_once(base: Base) {
    let world = World::on(base).await;
    let first = world
        .fill_and_submit(ADA, "prod-ssh", Some(ADAS_MAC), HOUR, "INC-1")
        .await;
    assert_eq!(first.outcome, Submitted::Updated);
    let (one, other) = tokio::join!(
        world.slack.replay(&first.reply.delivery),
        world.slack.replay(&first.reply.delivery)
    );
    for again in [one, other] {
        let again = again.expect("delivered");
        assert_eq!(again.status, 200);
        assert_eq!(again.json(), first.reply.json(), "the same answer");
    }
    world.settle().await;
    assert_eq!(asked_by_ada(&world).await, 1);
    for who in [GRACE, LINUS, ADA] {
        assert_eq!(world.person(who).messages().len(), 1, "{who} has one card");
    }
    world.nothing_was_refused();
}

async fn one_request_waits_for_each_person_profile_and_device(base: Base) {
    let world = Setup::on(base)
        .profiles(PROFILES)
        .tailnet(|setup| {
            let phone = Device::new(ADAS_PHONE, "ada-phone", "ada@example.com", "iOS");
            setup.with_device(phone)
        })
        .start()
        .await;
    let ada = world.person(ADA);
    let ask = async |device| {
        let reply = world
            .fill_and_submit(ADA, "prod-ssh", Some(device), HOUR, "INC-1")
            .await;
        let view = ada.open_view().expect("an answer");
        ada.close().await.expect("closed");
        (reply, view)
    };
    ask(ADAS_MAC).await;
    let first = world.newest_request(ADA).await;
    world.advance(Duration::from_secs(1));
    let (_, told) = ask(ADAS_MAC).await;
    let sentence = format!("You have asked for this already: {}", first.number);
    assert!(told.says(&sentence), "{told:#?}");
    assert!(told.says("Nothing new was asked."), "{told:#?}");
    assert_eq!(asked_by_ada(&world).await, 1);

    let (_, told) = ask(ADAS_PHONE).await;
    assert!(
        told.says("You'll hear by DM."),
        "another device is another request: {told:#?}"
    );
    assert_eq!(asked_by_ada(&world).await, 2);

    world.click(ADA, "ada-mbp", "cancel").await;
    world.settle().await;
    let (_, told) = ask(ADAS_MAC).await;
    assert!(
        told.says("You'll hear by DM."),
        "nothing waits there any more: {told:#?}"
    );
    assert_eq!(asked_by_ada(&world).await, 3);
    world.nothing_was_refused();
}

/// The answer says who was asked and how the others can answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_form_turns_into_who_was_asked() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-1").await;
    let view = world.person(ADA).open_view().expect("the answer");
    assert_eq!(view.title(), "Request access");
    assert!(!view.has_submit());
    assert!(view.says("You'll hear by DM."), "{view:#?}");
    assert!(view.says(&request.number.to_string()), "{view:#?}");
    world.nothing_was_refused();
}
