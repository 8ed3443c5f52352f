//! "Remind approvers": a new line to those who were asked and have not answered, now and then,
//! and never twice.

use crate::on_both_databases;
use crate::scenarios::bad_input::refusals_of;
use crate::support::told::as_posted;
use crate::support::world::{ADA, APPROVERS, Base, GRACE, LINUS, PROFILES, SAM, Setup, World};
use lapse::domain::audit::EventKind;
use lapse::domain::ids::PersonId;
use lapse::domain::request::Request;
use lapse::sandbox::slack::{Fault, Message, Times};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);
const WAITS: &str = "still waits for your answer";

on_both_databases!(
    those_who_have_not_answered_are_reminded_once_a_click,
    reminders_have_their_time,
    a_reminder_whose_answer_was_lost_is_not_sent_again,
    a_killed_bot_reminds_at_most_once,
);

/// Two of three have to agree, so that somebody is left to remind.
async fn asked(base: Base) -> (World, Request) {
    let two = format!("{PROFILES}approvals = 2\n");
    let world = Setup::on(base).profiles(&two).start().await;
    let request = world.ada_asks(HOUR, "INC-42 failover").await;
    for who in [GRACE, LINUS] {
        world.card(who, "asks for").await;
    }
    world.card(ADA, "Asked for").await;
    world.calm().await;
    (world, request)
}

/// Presses the button on Ada's card.
async fn remind(world: &World) {
    world.click(ADA, "Asked for", "remind").await;
    world.calm().await;
}

async fn card_says(world: &World, says: &str) -> Message {
    let ada = world.person(ADA);
    world
        .eventually(says, || {
            ada.messages().iter().any(|message| message.says(says))
        })
        .await;
    world.card(ADA, "Asked for").await
}

fn reminders(world: &World, who: &str) -> usize {
    world.news(who, WAITS)
}

async fn those_who_have_not_answered_are_reminded_once_a_click(base: Base) {
    let (world, request) = asked(base).await;
    world.click(LINUS, "asks for", "approve").await;
    world.pass(6 * MINUTE).await;
    let card = world.card(ADA, "Asked for").await;
    let ada = world.person(ADA);
    let reply = ada.click(&card, "remind").await.expect("it arrives");
    world.calm().await;
    world
        .slack
        .replay(&reply.delivery)
        .await
        .expect("delivered");
    world.calm().await;
    assert_eq!(reminders(&world, GRACE), 1);
    assert_eq!(reminders(&world, LINUS), 0, "he has answered");
    let news = world.ever_told(GRACE);
    let line = news.last().expect("a line");
    let text = as_posted(line);
    for says in [
        "Ada Lovelace",
        "Production SSH on ada-mbp for 1 h",
        "closes",
    ] {
        assert!(text.contains(says), "{text}");
    }
    assert!(
        !text.contains("failover"),
        "the card has the reason: {text}"
    );
    let link = line
        .texts()
        .iter()
        .any(|text| text.contains("|Go to the card>"));
    assert!(link, "{line:#?}");
    assert!(line.thread_ts.is_none(), "a new message: {line:#?}");
    assert!(
        ada.latest_ephemeral().is_none(),
        "nothing to say: it worked"
    );
    card_says(&world, "reminded").await;

    let events = world.app().store.events_of(&request.id).await;
    let told: Vec<_> = events
        .expect("readable")
        .into_iter()
        .filter_map(|stored| match stored.event.kind {
            EventKind::Reminded { people, times } => Some((people, times)),
            _ => None,
        })
        .collect();
    assert_eq!(told, [(vec![PersonId::new(GRACE)], 1)]);

    // Her answer is all that is missed; then there is nobody to remind and no button for it.
    world.click(GRACE, "asks for", "approve").await;
    world.calm().await;
    world.card(ADA, "is open on").await;
    for message in ada.messages() {
        assert!(message.buttons().iter().all(|(id, _)| *id != "remind"));
    }
    world.nothing_was_refused();
}

async fn reminders_have_their_time(base: Base) {
    let (world, request) = asked(base).await;
    remind(&world).await;
    let told = world.whisper(ADA).await;
    assert!(
        told.contains("You can remind the approvers of") && told.contains("Nobody was reminded"),
        "{told}"
    );
    assert!(told.contains("<!date^"), "in her own time: {told}");
    world.pass(5 * MINUTE).await;
    remind(&world).await;
    for (wait, times) in [(2, 1), (14, 2), (10, 2), (6, 3)] {
        world.pass(wait * MINUTE).await;
        remind(&world).await;
        for who in [GRACE, LINUS] {
            assert_eq!(
                reminders(&world, who),
                times,
                "{who} after {wait} more minutes"
            );
        }
    }
    let card = card_says(&world, "reminded 3 times").await;
    assert!(
        card.buttons().iter().all(|(id, _)| *id != "remind"),
        "{card:#?}"
    );
    assert!(card.buttons().iter().any(|(id, _)| *id == "cancel"));
    assert_eq!(
        world.request(&request).await.reminded.map(|r| r.times),
        Some(3)
    );
    let refused = refusals_of(&world, ADA).await;
    assert!(
        refused.contains(&"remind: too_soon_to_remind".to_owned()),
        "{refused:?}"
    );
    world.nothing_was_refused();
}

/// Only the requester, only while it waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_reminds_and_nobody_after_the_decision() {
    let (world, _) = asked(Base::Sqlite).await;
    let card = world.card(ADA, "Asked for").await;
    world.pass(6 * MINUTE).await;
    for who in [GRACE, SAM] {
        let person = world.person(who);
        person
            .click_stale(&card, "remind")
            .await
            .expect("it arrives");
        let told = world.whisper(who).await;
        assert!(
            told.contains("Only the person who asked can do that"),
            "{told}"
        );
    }
    assert_eq!(reminders(&world, LINUS), 0);
    let stale = world.card(ADA, "Asked for").await;
    world.click(ADA, "Asked for", "cancel").await;
    world.calm().await;
    let ada = world.person(ADA);
    ada.click_stale(&stale, "remind").await.expect("it arrives");
    let told = world.whisper(ADA).await;
    assert!(told.contains("Ada Lovelace cancelled this"), "{told}");
    assert_eq!(reminders(&world, LINUS) + reminders(&world, GRACE), 0);
    world.nothing_was_refused();
}

/// Whoever left the group, whoever answered while the line was on its way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_answer_any_more_is_left_alone() {
    let (world, _) = asked(Base::Sqlite).await;
    world.slack.set_usergroup_members(APPROVERS, &[GRACE]);
    world.pass(6 * MINUTE).await;
    remind(&world).await;
    assert_eq!(reminders(&world, LINUS), 0, "he left the group");
    assert_eq!(reminders(&world, GRACE), 1);

    world.pass(16 * MINUTE).await;
    let limited = Fault::RateLimited { retry_after: 60 };
    world
        .slack
        .fail_in("chat.postMessage", GRACE, limited, Times::Once);
    world.click(ADA, "Asked for", "remind").await;
    world.settle().await;
    world.click(GRACE, "asks for", "approve").await;
    world.pass(2 * MINUTE).await;
    assert_eq!(
        reminders(&world, GRACE),
        1,
        "she answered before it could be sent"
    );
    world.nothing_was_refused();
}

async fn a_reminder_whose_answer_was_lost_is_not_sent_again(base: Base) {
    for (fault, came) in [
        (Fault::AppliedThenLost, 1),
        (Fault::Reset, 0),
        (Fault::Status(500), 1),
    ] {
        let (mut world, _) = asked(base).await;
        world.pass(6 * MINUTE).await;
        world
            .slack
            .fail_in("chat.postMessage", GRACE, fault, Times::Once);
        remind(&world).await;
        world.restart_bot().await;
        world.pass(2 * MINUTE).await;
        assert_eq!(reminders(&world, GRACE), came);
        assert_eq!(reminders(&world, LINUS), 1);
        world.nothing_was_refused();
    }
}

async fn a_killed_bot_reminds_at_most_once(base: Base) {
    let (mut world, _) = asked(base).await;
    world.pass(6 * MINUTE).await;
    world.click(ADA, "Asked for", "remind").await;
    world.kill_bot().await;
    world.start_bot().await;
    world.recover().await;
    world.pass(2 * MINUTE).await;
    assert!(reminders(&world, GRACE) <= 1 && reminders(&world, LINUS) <= 1);
    card_says(&world, "reminded").await;
    world.nothing_was_refused();
}
