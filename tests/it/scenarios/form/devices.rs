//! Which devices are offered, and how they are found among many.

use super::{PROFILES, choose_profile, element, filled, labels};
use crate::support::clocks::start_of_story;
use crate::support::world::{ADA, ADAS_MAC, Base, CI_RUNNER, GRACE, LINUS, Setup, World};
use lapse::sandbox::tailscale::{Device, TailnetSetup};
use std::time::Duration;

/// More than one menu holds.
const MANY: usize = 120;

fn adas(node: &str, name: &str) -> Device {
    Device::new(node, name, "ada@example.com", "linux")
}

async fn world_with(devices: Vec<Device>) -> World {
    Setup::on(Base::Sqlite)
        .profiles(PROFILES)
        .tailnet(|setup| devices.into_iter().fold(setup, TailnetSetup::with_device))
        .start()
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_only_device_is_chosen_already() {
    let world = world_with(Vec::new()).await;
    world.open_form(ADA).await;
    let view = choose_profile(&world, ADA, "prod-ssh").await;
    let menu = element(&view, "device:prod-ssh");
    assert_eq!(labels(menu), ["ada-mbp · macOS · online"]);
    assert_eq!(filled(&view, "device:prod-ssh").as_deref(), Some(ADAS_MAC));
    world.nothing_was_refused();
}

/// Peers' failures 2 and 8: nobody else's machine, none that waits or was shared in, and one
/// that is online has no `lastSeen` and still comes first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_devices_that_may_be_used_are_offered_online_first() {
    let yesterday = start_of_story() - chrono::TimeDelta::days(1);
    let world = world_with(vec![
        adas("nAdaOld1CNTRL", "a-thinkpad").offline(yesterday),
        adas("nAdaNew1CNTRL", "a-new-one").never_seen(),
        adas("nAdaWait1CNTRL", "ada-waits").unauthorized(),
        adas("nAdaShare1CNTRL", "ada-shared").external(),
        adas("nAdaExp1CNTRL", "ada-expired").key_expired(yesterday),
        adas("nAdaTag1CNTRL", "ada-tagged").tagged(["tag:ci"]),
    ])
    .await;
    world.open_form(ADA).await;
    let view = choose_profile(&world, ADA, "prod-ssh").await;
    let offered = labels(element(&view, "device:prod-ssh"));
    assert_eq!(
        offered,
        [
            "ada-mbp · macOS · online",
            "a-thinkpad · linux · seen 2027-01-14 08:00 UTC",
            "a-new-one · linux · never seen",
        ]
    );
    assert_eq!(
        filled(&view, "device:prod-ssh"),
        None,
        "which one is theirs to say"
    );
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_device_there_is_a_sentence_and_nothing_to_submit() {
    let world = world_with(Vec::new()).await;
    world.open_form(GRACE).await;
    let view = choose_profile(&world, GRACE, "prod-ssh").await;
    assert!(view.says("You have no device that can get this."));
    assert!(!view.has_submit());
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_was_missed_is_there_after_a_refresh() {
    let world = world_with(Vec::new()).await;
    let grace = world.person(GRACE);
    world.advance(Duration::from_secs(31));
    world.tailnet.add_device(Device::new(
        "nGRACE1CNTRL",
        "grace-mbp",
        "Grace@Example.com",
        "macOS",
    ));
    world.open_form(GRACE).await;
    let view = choose_profile(&world, GRACE, "prod-ssh").await;
    assert!(view.says("You have no device"), "nobody has looked yet");
    let index = world.app().devices.clone();
    world
        .eventually("missing a device makes Lapse look", || index.len() == 4)
        .await;
    grace.close().await.expect("closed");
    world.open_form(GRACE).await;
    let view = choose_profile(&world, GRACE, "prod-ssh").await;
    let offered = labels(element(&view, "device:prod-ssh"));
    assert_eq!(offered, ["grace-mbp · macOS · online"]);
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_machine_is_offered_where_the_profile_says_so_and_the_cards_warn() {
    let world = world_with(Vec::new()).await;
    world.open_form(ADA).await;
    let view = choose_profile(&world, ADA, "staging").await;
    let offered = labels(element(&view, "device:staging"));
    assert_eq!(
        offered,
        [
            "ada-mbp · macOS · online",
            "ci-runner · linux · shared machine · online"
        ]
    );
    let ada = world.person(ADA);
    ada.choose("device", CI_RUNNER).await.expect("chosen");
    ada.choose("approver", LINUS).await.expect("chosen");
    ada.submit().await.expect("submitted");
    let warning = "Shared machine: everyone who can log on to it gets this.";
    let asked = world.card(LINUS, "asks for Staging").await;
    assert!(asked.says(warning), "{asked:#?}");
    let own = world.card(ADA, "Asked for Staging").await;
    assert!(own.says(warning), "{own:#?}");
    world.nothing_was_refused();
}

/// Peers' failure 8: the search is answered from memory, and whatever the case.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn among_more_devices_than_a_menu_holds_one_searches() {
    let many = (0..MANY).map(|nth| adas(&format!("nMany{nth}CNTRL"), &format!("rack-{nth}")));
    let world = world_with(many.collect()).await;
    world.open_form(ADA).await;
    let view = choose_profile(&world, ADA, "prod-ssh").await;
    let menu = element(&view, "device:prod-ssh");
    assert_eq!(menu["type"], "external_select");
    let ada = world.person(ADA);
    let before = world.tailnet.calls().len();
    let all = ada.search("device", "").await.expect("answered");
    assert_eq!(all.len(), 100, "as many as Slack takes");
    let found = ada.search("device", "RACK-117").await.expect("answered");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["text"]["text"], "rack-117 · linux · online");
    let by_id = ada.search("device", "nmany118").await.expect("answered");
    assert_eq!(by_id.len(), 1, "{by_id:?}");
    assert_eq!(
        world.tailnet.calls().len(),
        before,
        "nothing was downloaded for it"
    );
    let none = ada.search("device", "linus").await.expect("answered");
    assert!(none.is_empty(), "other people's devices are not found");

    ada.search("device", "rack-117").await.expect("answered");
    ada.choose("device", "nMany117CNTRL").await.expect("chosen");
    ada.type_text("justification", "INC-1")
        .await
        .expect("typed");
    ada.submit().await.expect("submitted");
    let request = world.newest_request(ADA).await;
    assert_eq!(request.facts.device.name, "rack-117");
    world.nothing_was_refused();
}
