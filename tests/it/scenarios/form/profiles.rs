//! Which profiles are offered.

use super::{PROFILES, choose_profile, element, filled, labels};
use crate::support::world::{ADA, ADAS_MAC, Base, GIL, GRACE, LINUS, Setup, World};
use lapse::sandbox::slack::{Submitted, View};
use std::fmt::Write;
use std::time::Duration;

/// More than one menu holds.
const MANY: usize = 130;

async fn world() -> World {
    Setup::on(Base::Sqlite).profiles(PROFILES).start().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn profiles_stand_by_environment_with_what_they_open() {
    let world = world().await;
    let view = world.open_form(GRACE).await;
    let menu = element(&view, "profile");
    let groups: Vec<&str> = menu["option_groups"]
        .as_array()
        .expect("groups")
        .iter()
        .map(|group| group["label"]["text"].as_str().expect("a label"))
        .collect();
    assert_eq!(groups, ["Production", "Staging", "Other"]);
    let first = &menu["option_groups"][0]["options"][0];
    assert_eq!(first["text"]["text"], "Production SSH");
    assert_eq!(first["description"]["text"], "tcp:22 on tag:prod");
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_this_person_may_ask_for_is_offered() {
    let world = world().await;
    let view = world.open_form(ADA).await;
    let offered = labels(element(&view, "profile"));
    assert_eq!(
        offered,
        [
            "Production SSH",
            "Production database",
            "Staging, all ports"
        ]
    );
    assert!(!view.says("The wiki"));
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_without_profiles_reads_a_sentence() {
    let only_grace = PROFILES.replace(
        "requesters = [\"*\"]",
        "requesters = [\"grace@example.com\"]",
    );
    let world = Setup::on(Base::Sqlite).profiles(&only_grace).start().await;
    let view = world.open_form(ADA).await;
    assert!(view.says("There is no profile that you may ask for."));
    assert!(!view.has_submit());
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_is_told_so_and_sees_no_form() {
    let world = world().await;
    let gil = world.person(GIL);
    gil.command("/access", "").await.expect("answered");
    assert!(gil.open_view().is_none());
    let told = world.whisper(GIL).await;
    assert!(told.contains("full members of this workspace"), "{told}");
    assert!(told.contains("Nothing changed"), "{told}");
    world.nothing_was_refused();
}

/// A menu holds a hundred; the rest stand in further groups, none is out of reach.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_profiles_than_a_group_of_a_menu_holds_are_all_offered() {
    let mut many = String::new();
    for nth in 0..MANY {
        write!(
            many,
            "[[profiles]]\nid = \"p{nth}\"\nname = \"Profile {nth}\"\ndescription = \"Door {nth}\"\nattribute = \"custom:p{nth}\"\n\
             durations = [\"1h\"]\njustification = \"none\"\nrequesters = [\"*\"]\n\
             approvers = [\"linus@example.com\"]\n"
        )
        .expect("text");
    }
    let world = Setup::on(Base::Sqlite).profiles(&many).start().await;
    let view = world.open_form(ADA).await;
    let menu = element(&view, "profile");
    assert_eq!(labels(menu).len(), MANY);
    let last = format!("p{}", MANY - 1);
    let view = choose_profile(&world, ADA, &last).await;
    assert_eq!(filled(&view, "profile"), Some(last.clone()));
    let ada = world.person(ADA);
    ada.submit().await.expect("submitted");
    let request = world.newest_request(ADA).await;
    assert_eq!(request.facts.profile.as_str(), last);
    world.card(LINUS, "asks for Profile 129").await;
    world.nothing_was_refused();
}

/// "Ask again" brings the old request's profile, device and reason.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_again_begins_where_the_last_request_ended() {
    let world = world().await;
    let reply = world
        .fill_and_submit(
            ADA,
            "prod-ssh",
            Some(ADAS_MAC),
            Duration::from_hours(1),
            "INC-1 disk",
        )
        .await;
    assert_eq!(reply.outcome, Submitted::Updated);
    let ada = world.person(ADA);
    ada.close().await.expect("closed");
    world.click(ADA, "Asked for Production SSH", "cancel").await;
    world.settle().await;
    world.click(ADA, "Cancelled by Ada", "ask_again").await;
    let view = super::drawn(&world, ADA, "the form again", View::has_submit).await;
    assert_eq!(filled(&view, "profile").as_deref(), Some("prod-ssh"));
    assert_eq!(filled(&view, "device:prod-ssh").as_deref(), Some(ADAS_MAC));
    assert_eq!(
        filled(&view, "justification").as_deref(),
        Some("INC-1 disk")
    );
    world.nothing_was_refused();
}
