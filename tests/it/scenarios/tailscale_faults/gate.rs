//! The device between asking and applying: apply is the gate, submit is courtesy.

use super::{HOUR, MINUTE, SECOND};
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, PROD_SSH, World};
use lapse::sandbox::slack::Submitted;
use lapse::sandbox::tailscale::{Route, TailscaleSandbox};

/// A device that is not what was approved any more gets nothing, whatever it was that changed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_changed_since_it_was_asked_for_gets_nothing() {
    type Change = fn(&TailscaleSandbox);
    let changes: [(&str, Change); 5] = [
        ("another owner", |tailnet| {
            tailnet
                .set_owner(ADAS_MAC, "linus@example.com")
                .expect("there");
        }),
        ("tags", |tailnet| {
            tailnet.set_tags(ADAS_MAC, &["tag:ci"]).expect("there");
        }),
        ("no authorisation", |tailnet| {
            tailnet.deauthorize(ADAS_MAC).expect("there");
        }),
        ("an expired key", |tailnet| {
            let expire = |device: &mut lapse::sandbox::tailscale::Device| {
                device.key_expiry = chrono::DateTime::from_timestamp(1_700_000_000, 0);
            };
            tailnet.update_device(ADAS_MAC, expire).expect("there");
        }),
        ("another tailnet", |tailnet| {
            let share = |device: &mut lapse::sandbox::tailscale::Device| device.external = true;
            tailnet.update_device(ADAS_MAC, share).expect("there");
        }),
    ];
    for (what, change) in changes {
        let world = World::on(Base::Sqlite).await;
        let request = world.ada_asks(HOUR, "INC-42 db failover").await;
        change(&world.tailnet);
        world.press(GRACE, &request, "approve").await;
        world.settle().await;
        assert_eq!(world.state_of(&request).await, "failed", "{what}");
        assert_eq!(world.calls(Route::WriteAttribute), 0, "{what}");
        for who in [ADA, GRACE] {
            let card = world.card(who, ", but the ").await;
            assert!(card.says("Nothing was granted"), "{what}");
        }
        world.promises_hold(&[&request]).await;
    }
}

/// What an administrator undoes can be tried again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authorised_device_can_be_tried_again() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    world.tailnet.deauthorize(ADAS_MAC).expect("there");
    world.press(GRACE, &request, "approve").await;
    world.settle().await;
    world.press(ADA, &request, "retry").await;
    world.settle().await;
    assert_eq!(world.state_of(&request).await, "failed", "still locked out");
    world.tailnet.authorize(ADAS_MAC).expect("there");
    world.press(GRACE, &request, "retry").await;
    world.settle().await;
    assert_eq!(world.state_of(&request).await, "active");
    world.promises_hold(&[&request]).await;
}

/// Tailscale cannot be asked at submit: the index decides, the cards say so, and the device is
/// read again before anything opens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_index_decides_when_tailscale_cannot_be_asked_and_the_card_says_so() {
    let world = World::on(Base::Sqlite).await;
    world.pass(2 * MINUTE).await;
    world.tailnet.down();
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    assert!(request.device_as_of.is_some());
    world.settle().await;
    let card = world.card(GRACE, "Device as of").await;
    assert!(card.says("Tailscale could not be asked"));

    world.tailnet.up();
    world.tailnet.deauthorize(ADAS_MAC).expect("there");
    world.press(GRACE, &request, "approve").await;
    world.settle().await;
    assert_eq!(world.state_of(&request).await, "failed");
    assert!(world.tailnet.writes().is_empty());
    world.tailnet.authorize(ADAS_MAC).expect("there");
    world.press(ADA, &request, "retry").await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.promises_hold(&[&request]).await;
}

/// An index that is a quarter of an hour old decides nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_is_too_old_decides_nothing() {
    let world = World::on(Base::Sqlite).await;
    world.tailnet.down();
    world.pass(16 * MINUTE).await;
    let reply = world
        .fill_and_submit(ADA, "prod-ssh", Some(ADAS_MAC), HOUR, "INC-42")
        .await;
    let form = world.person(ADA).open_view().expect("still there");
    assert!(form.says("Devices as of"), "{form:#?}");
    let Submitted::Errors(errors) = &reply.outcome else {
        panic!("asked all the same: {:?}", reply.outcome);
    };
    let told = errors.values().any(|error| {
        error.contains("Tailscale could not be asked about this device. Nothing was asked")
    });
    assert!(told, "{errors:?}");
    world.settle().await;
    assert!(world.person(GRACE).messages().is_empty());

    world.tailnet.up();
    world.advance(SECOND);
    let submitted = world.person(ADA).submit().await.expect("once more");
    assert_eq!(submitted.outcome, Submitted::Updated);
    world.nothing_was_refused();
}
