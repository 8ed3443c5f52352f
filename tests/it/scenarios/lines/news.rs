//! Everything that the requester waits for comes as one new message, and an edit is no news.

use crate::on_both_databases;
use crate::support::told::as_posted;
use crate::support::world::{
    ADA, ADAS_MAC, Base, GRACE, LINUS, PATIENCE, PROD_SSH, PROFILES, SAM, Setup, World,
};
use lapse::sandbox::tailscale::{Fault, Route};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

on_both_databases!(
    open_ending_and_ended_are_told_once_through_restarts,
    denied_is_told_once,
    failed_and_never_opened_are_told_once,
    ended_by_somebody_else_is_told_once,
);

/// Grace writes a note into the form behind one of her buttons.
pub async fn with_a_note(world: &World, who: &str, card: &str, button: &str, note: &str) {
    let person = world.person(who);
    let card = world.card(who, card).await;
    let pressed = if button == "revoke" {
        person.click_confirmed(&card, button).await
    } else {
        person.click(&card, button).await
    };
    assert_eq!(pressed.expect("the click arrives").status, 200);
    person.await_view("Why", PATIENCE).await.expect("a form");
    person
        .type_text("note", note)
        .await
        .expect("a note can be typed");
    let sent = person.submit().await.expect("the form is submitted");
    assert_eq!(sent.reply.status, 200);
    world.settle().await;
}

/// The last thing that was sent to the bot arrives again, three times.
async fn it_arrives_again(world: &World) {
    let last = world.slack.deliveries().pop().expect("a delivery");
    for _ in 0..3 {
        world.slack.replay(&last).await.expect("it arrives");
        world.settle().await;
    }
}

async fn open_ending_and_ended_are_told_once_through_restarts(base: Base) {
    let mut world = World::on(base).await;
    world.ada_asks(HOUR, "INC-42").await;
    world.card(GRACE, "asks for").await;
    world.settle().await;
    world.restart_bot().await;
    world.settle().await;

    world.click(GRACE, "asks for", "approve").await;
    it_arrives_again(&world).await;
    world.restart_bot().await;
    world.settle().await;
    assert_eq!(
        world.notifications(ADA).len(),
        2,
        "the card, and that it is open"
    );
    assert!(world.notifications(ADA)[1].contains("Production SSH is open on"));

    // A tenth of the duration before its end, as that is less than ten minutes.
    world.advance(53 * MINUTE);
    world.settle().await;
    assert_eq!(world.notifications(ADA).len(), 2);
    world.advance(MINUTE);
    world.settle().await;
    world.restart_bot().await;
    world.settle().await;
    let told = world.notifications(ADA);
    assert_eq!(told.len(), 3);
    assert!(told[2].contains("Production SSH ends"), "{told:?}");
    assert!(told[2].contains("in 6 min"), "{told:?}");

    world.advance(6 * MINUTE);
    world.settle().await;
    world.restart_bot().await;
    world.pass(HOUR).await;
    let told = world.notifications(ADA);
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told[3].contains("Production SSH ended"));
    assert!(
        world.ever_told(ADA)[0].says("Production SSH ended"),
        "the first card says the same"
    );
    for approver in [GRACE, LINUS] {
        let told = world.notifications(approver);
        assert_eq!(
            told.len(),
            1,
            "approvers hear of the request alone: {told:?}"
        );
        assert!(told[0].contains("Ada Lovelace asks for Production SSH"));
        assert!(told[0].contains("Approve or deny"), "{told:?}");
    }
    world.nothing_was_refused();
}

/// Ten minutes where a tenth of the duration is more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_grant_warns_ten_minutes_before_its_end() {
    let profiles = PROFILES.replace("\"2h\"]", "\"2h\", \"4h\"]");
    let world = Setup::on(Base::Sqlite).profiles(&profiles).start().await;
    world.ada_asks(4 * HOUR, "INC-42").await;
    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    world.advance(229 * MINUTE);
    world.settle().await;
    assert_eq!(world.news(ADA, "Production SSH ends"), 0);
    world.advance(MINUTE);
    world.settle().await;
    assert_eq!(world.news(ADA, "in 10 min"), 1);
    world.nothing_was_refused();
}

async fn denied_is_told_once(base: Base) {
    let mut world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    with_a_note(&world, GRACE, "asks for", "deny", "not during the freeze").await;
    it_arrives_again(&world).await;
    world.restart_bot().await;
    world.pass(HOUR).await;
    let told = world.notifications(ADA);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].contains("was denied by Grace Hopper"), "{told:?}");
    assert!(told[1].contains("not during the freeze"));
    assert!(told[1].ends_with(&format!(" · {}", request.number)));
    assert_eq!(world.notifications(LINUS).len(), 1);
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lapsed_is_told_once() {
    let mut world = World::on(Base::Sqlite).await;
    world.ada_asks(HOUR, "INC-42").await;
    world.settle().await;
    world.advance(HOUR);
    world.settle().await;
    world.restart_bot().await;
    world.pass(HOUR).await;
    let told = world.notifications(ADA);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].contains("Nobody answered by"));
    assert_eq!(world.notifications(GRACE).len(), 1);
    world.nothing_was_refused();
}

async fn failed_and_never_opened_are_told_once(base: Base) {
    let mut world = World::on(base).await;
    let forbidden = Fault::Status(403);
    world
        .tailnet
        .fault(Route::WriteAttribute, forbidden, usize::MAX);
    world.ada_asks(HOUR, "INC-42").await;
    world.click(GRACE, "asks for", "approve").await;
    it_arrives_again(&world).await;
    world.restart_bot().await;
    world.settle().await;
    let told = world.notifications(ADA);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].contains("Nothing was granted"), "{told:?}");

    world.advance(HOUR);
    world.settle().await;
    world.restart_bot().await;
    world.pass(HOUR).await;
    let told = world.notifications(ADA);
    assert_eq!(
        told.len(),
        2,
        "the failure was told; its end is no news: {told:?}"
    );
    world.card(ADA, "it never opened").await;
    world.nobody_was_told(&["is open on", "active until", " has Production"]);
}

async fn ended_by_somebody_else_is_told_once(base: Base) {
    let mut world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world.click(GRACE, "asks for", "approve").await;
    world.settle().await;
    let asked = format!("status {}", request.number);
    let sam = world.person(SAM).command("/access", &asked).await;
    assert_eq!(sam.expect("answered").status, 200);
    with_a_note(&world, SAM, "active until", "revoke", "laptop stolen").await;
    it_arrives_again(&world).await;
    world.restart_bot().await;
    world.pass(HOUR).await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    let told = world.notifications(ADA);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[2].contains("Revoked by Sam Security"), "{told:?}");
    assert!(told[2].contains("laptop stolen"));
    world.nothing_was_refused();
}

/// Who presses I'm done knows it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gives_it_back_gets_no_new_message() {
    let world = World::on(Base::Sqlite).await;
    world.ada_asks(HOUR, "INC-42").await;
    world.click(GRACE, "asks for", "approve").await;
    world.card(ADA, "is open on").await;
    world.settle().await;
    world.advance(10 * MINUTE);
    world.click(ADA, "is open on", "release").await;
    world.settle().await;
    world.pass(HOUR).await;
    let told = world.notifications(ADA);
    assert_eq!(told.len(), 2, "{told:?}");
    let first = &world.ever_told(ADA)[0];
    assert!(first.says("Given back by Ada Lovelace"), "{first:#?}");
    assert!(as_posted(first).contains("Asked for Production SSH"));
    world.nothing_was_refused();
}
