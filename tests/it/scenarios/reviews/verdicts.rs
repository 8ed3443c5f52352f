//! Approve for less, deny, lapse, cancel.

use super::{
    HOUR, approve_for, deny, let_cards_follow, open_small_form, profile_with, refusals_of,
};
use crate::on_both_databases;
use crate::support::world::{
    ADA, ADAS_MAC, Base, GRACE, LINUS, PROD_CHANNEL, PROD_SSH, Setup, World,
};
use lapse::sandbox::slack::{PersonError, Submitted};
use std::time::Duration;

const HALF: Duration = Duration::from_mins(30);

on_both_databases!(
    a_shorter_approval_binds_everybody_after_it,
    a_denial_reaches_the_requester_with_its_note_as_text,
    an_unanswered_request_lapses,
    the_requester_takes_a_request_back,
);

async fn a_shorter_approval_binds_everybody_after_it(base: Base) {
    let profile = profile_with("approvals = 2");
    let world = Setup::on(base).profiles(&profile).start().await;
    let request = world.ada_asks(HOUR * 2, "INC-42").await;
    let before = world.card(LINUS, "asks for Production SSH").await;
    let reply = approve_for(&world, GRACE, "asks for Production SSH", HALF).await;
    assert_eq!(reply.outcome, Submitted::Closed);
    let_cards_follow(&world).await;

    let shortened = "30 min; Ada Lovelace asked for 2 h, shortened by Grace Hopper";
    let card = world.card(LINUS, shortened).await;
    assert!(card.says("1 of 2 approvals"), "{card:#?}");
    world.card(ADA, shortened).await;

    // The card of before offered two hours; they are not granted.
    let linus = world.person(LINUS);
    linus
        .click_stale(&before, "approve")
        .await
        .expect("it arrives");
    let told = world.whisper(LINUS).await;
    assert!(told.contains("changed since you saw this"), "{told}");
    assert!(told.contains("Nothing was approved"), "{told}");
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));

    // Nobody lengthens.
    let form = open_small_form(&world, LINUS, shortened, "approve_less", "Approve for less").await;
    assert!(form.says("Less than 30 min."), "{form:#?}");
    linus
        .type_text("custom_duration", "1h")
        .await
        .expect("typed");
    let reply = linus.submit().await.expect("submitted");
    let error = reply.error("custom_duration").unwrap_or_default();
    assert!(error.contains("Choose less than 30 min"), "{error:?}");
    linus.close().await.expect("closed");

    let approved_at = world.clocks.now();
    world.click(LINUS, shortened, "approve").await;
    world.settle().await;
    let attribute = world
        .tailnet
        .attribute(ADAS_MAC, PROD_SSH)
        .expect("it is open");
    assert_eq!(attribute.expiry, Some(approved_at + HALF));
    let card = world.card(ADA, "is open on").await;
    assert!(card.says("for 30 min"), "{card:#?}");
    assert_eq!(
        refusals_of(&world, &request).await,
        ["facts_moved", "not_shorter"]
    );
    world.nothing_was_refused();
}

/// Peers' failures 7, 9 and 12: nothing in a note is markup, and a denial lasts until nothing.
async fn a_denial_reaches_the_requester_with_its_note_as_text(base: Base) {
    const NOTE: &str = "<!channel> ask *Margaret*: she: knows";
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    let reply = deny(&world, GRACE, "asks for Production SSH", NOTE).await;
    assert_eq!(reply.outcome, Submitted::Closed);
    let_cards_follow(&world).await;

    let line = world.card(ADA, "Your request for").await;
    assert!(
        line.text.contains("was denied by Grace Hopper"),
        "{}",
        line.text
    );
    assert!(line.text.contains("&lt;!channel&gt; ask"), "{}", line.text);
    for who in [ADA, GRACE, LINUS] {
        let card = world.card(who, "Denied by Grace Hopper").await;
        assert!(card.says(NOTE), "{card:#?}");
        assert!(!card.says("until"), "{card:#?}");
        assert!(!card.text.contains("<!channel"), "{}", card.text);
        let left: Vec<&str> = card.buttons().iter().map(|(action, _)| *action).collect();
        assert!(left.iter().all(|action| *action == "ask_again"), "{left:?}");
    }
    let channel = world.slack.channel_messages(PROD_CHANNEL);
    assert!(channel.is_empty(), "a denial is nobody else's business");
    assert!(world.tailnet.writes().is_empty());
    assert_eq!(world.trail(&request).await, ["requested", "denied"]);
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denial_needs_no_note() {
    let world = World::on(Base::Sqlite).await;
    world.ada_asks(HOUR, "INC-42").await;
    open_small_form(
        &world,
        GRACE,
        "asks for Production SSH",
        "deny",
        "Deny this request",
    )
    .await;
    let reply = world.person(GRACE).submit().await.expect("submitted");
    assert_eq!(reply.outcome, Submitted::Closed);
    let_cards_follow(&world).await;
    world.card(ADA, "was denied by Grace Hopper").await;
    world.nothing_was_refused();
}

/// Peers' failure 11: the moment counts, not whether the buttons are gone already.
async fn an_unanswered_request_lapses(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    world.settle().await;
    world.advance(HOUR);
    let grace = world.person(GRACE);
    grace
        .click_stale(&card, "approve")
        .await
        .expect("it arrives");
    let told = world.whisper(GRACE).await;
    let sentence = format!("{}", request.number);
    assert!(told.contains(&sentence), "{told}");
    assert!(
        told.contains("Nothing was granted") || told.contains("Nothing changed"),
        "{told}"
    );
    let_cards_follow(&world).await;
    assert!(world.tailnet.writes().is_empty());
    for who in [GRACE, LINUS] {
        let card = world.card(who, "Nobody answered by").await;
        assert!(card.says("Closed, nothing was granted"), "{card:#?}");
        assert!(card.buttons().is_empty(), "{card:#?}");
    }
    let lines = world.person(ADA).messages();
    let told = lines.iter().filter(|line| line.says("Nobody answered by"));
    assert_eq!(told.count(), 2, "the card and one new line");
    world.card(ADA, "Nobody answered by").await;
    assert!(world.slack.channel_messages(PROD_CHANNEL).is_empty());
    let trail = world.trail(&request).await;
    assert!(trail.contains(&"lapsed"), "{trail:?}");
    world.nothing_was_refused();
}

async fn the_requester_takes_a_request_back(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    world.click(ADA, "Asked for Production SSH", "cancel").await;
    let_cards_follow(&world).await;
    for who in [ADA, GRACE, LINUS] {
        let card = world.card(who, "Cancelled by Ada Lovelace").await;
        assert!(card.value_of("approve").is_none(), "{card:#?}");
    }
    let grace = world.person(GRACE);
    grace
        .click_stale(&card, "approve")
        .await
        .expect("it arrives");
    let told = world.whisper(GRACE).await;
    assert!(told.contains("Nothing changed"), "{told}");
    assert!(told.contains("Ada"), "who did what is said: {told}");
    world.settle().await;
    assert!(world.tailnet.writes().is_empty());
    assert_eq!(
        world.trail(&request).await,
        ["requested", "cancelled", "refused"]
    );
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_hurt_is_approved_in_two_steps() {
    let profile = profile_with("risk = \"high\"");
    let world = Setup::on(Base::Sqlite).profiles(&profile).start().await;
    world.ada_asks(HOUR, "INC-42").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    let grace = world.person(GRACE);
    let asked = grace
        .click(&card, "approve")
        .await
        .expect_err("it asks twice");
    assert!(matches!(&asked, PersonError::NeedsConfirm(title) if title.contains("high-risk")));
    assert!(world.tailnet.writes().is_empty());
    grace
        .click_confirmed(&card, "approve")
        .await
        .expect("it arrives");
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.nothing_was_refused();
}
