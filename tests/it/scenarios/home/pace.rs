//! When a home is published: at once when it is opened, once for many changes, never in vain,
//! and never so often that forms would wait for it.

use super::{HOUR, home, let_homes_follow, open_home, published, until_home_says};
use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, LINUS, PROD_SSH, SAM, Setup, World};
use lapse::sandbox::slack::{Fault, RateLimits, Times, User};
use std::time::Duration;

on_both_databases!(
    many_changes_are_one_publish,
    a_kill_loses_no_publish,
    a_limited_publish_waits_alone,
);

async fn many_changes_are_one_publish(base: Base) {
    let world = World::on(base).await;
    open_home(&world, LINUS).await;
    let before = published(&world, LINUS);
    world.ada_asks(HOUR, "INC-42").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    world.click(ADA, "is open on", "release").await;
    world.settle().await;
    let_homes_follow(&world).await;
    assert_eq!(published(&world, LINUS), before, "it is as it was");
    let request = world.ada_asks(HOUR, "INC-43").await;
    world.click(GRACE, "INC-43", "approve").await;
    world.settle().await;
    let_homes_follow(&world).await;
    assert_eq!(
        published(&world, LINUS),
        before + 1,
        "asked, approved, open"
    );
    assert!(home(&world, LINUS).says(&request.number.to_string()));
    world.nothing_was_refused();
}

async fn a_kill_loses_no_publish(base: Base) {
    let mut world = World::on(base).await;
    open_home(&world, GRACE).await;
    world.ada_asks(HOUR, "INC-42").await;
    world.kill_bot().await;
    world.start_bot().await;
    world.recover().await;
    let_homes_follow(&world).await;
    assert!(home(&world, GRACE).says("Ada Lovelace asks for Production SSH"));

    // An event that was acknowledged is stored.
    world
        .slack
        .fail("views.publish", Fault::Status(503), Times::Once);
    let reply = world.person(ADA).open_home().await.expect("the event");
    assert_eq!(reply.status, 200);
    world.kill_bot().await;
    world.start_bot().await;
    world.recover().await;
    let_homes_follow(&world).await;
    until_home_says(&world, ADA, "Asked for Production SSH").await;
    world.nothing_was_refused();
}

/// 429 on `views.publish` keeps home tabs and nothing else.
async fn a_limited_publish_waits_alone(base: Base) {
    let world = World::on(base).await;
    open_home(&world, GRACE).await;
    world.slack.fail(
        "views.publish",
        Fault::RateLimited { retry_after: 60 },
        Times::Once,
    );
    world.ada_asks(HOUR, "INC-42").await;
    let_homes_follow(&world).await;
    let tried = published(&world, GRACE);
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.pass(Duration::from_secs(30)).await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(world.news(ADA, "is open on"), 1);
    assert_eq!(published(&world, GRACE), tried, "nothing inside the window");
    let reply = world.person(LINUS).open_home().await.expect("the event");
    assert_eq!(reply.status, 200);
    world.settle().await;
    assert!(
        world.person(LINUS).home().is_none(),
        "it waits with the rest"
    );

    world.pass(Duration::from_secs(40)).await;
    assert!(home(&world, GRACE).says("Ada Lovelace has Production SSH"));
    assert!(home(&world, LINUS).says("Ada Lovelace has Production SSH"));
    assert!(world.slack.impatient_calls().is_empty());
    world.nothing_was_refused();
}

/// Opening always shows the newest state, also when nothing has changed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opening_publishes_whatever_was_shown() {
    let world = World::on(Base::Sqlite).await;
    open_home(&world, ADA).await;
    open_home(&world, ADA).await;
    assert_eq!(published(&world, ADA), 2);
    world.nothing_was_refused();
}

/// A busy minute stays within half of what Slack takes, and forms open all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_minute_leaves_room_for_forms() {
    const PEOPLE: usize = 30;
    let world = Setup::on(Base::Sqlite)
        .slack(|mut setup| {
            for nth in 0..PEOPLE {
                let (id, mail) = (format!("U0P{nth}"), format!("p{nth}@example.com"));
                setup = setup.user(User::member(&id, &format!("Person {nth}"), &mail));
            }
            setup.limits(RateLimits::none().with("views.publish", 50))
        })
        .start()
        .await;
    let crowd: Vec<String> = (0..PEOPLE).map(|nth| format!("U0P{nth}")).collect();
    for who in crowd.iter().map(String::as_str).chain([SAM, GRACE]) {
        world.person(who).open_home().await.expect("the event");
    }
    for second in 0..60 {
        if second % 20 == 0 {
            world.ada_asks(HOUR, &format!("INC-{second}")).await;
            world.person(ADA).close().await.ok();
            let newest = world.newest_request(ADA).await;
            let click = lapse::app::decide::Click {
                by: lapse::domain::ids::PersonId::new(ADA),
                at: None,
                reply: None,
            };
            world.app().cancel(&click, &newest.id).await.expect("hers");
        }
        world.advance(Duration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    assert!(world.slack.calls_of("views.publish").len() <= 50);
    world.pass(Duration::from_mins(2)).await;
    for who in &crowd {
        assert!(world.person(who).home().is_some(), "{who}");
    }
    assert!(world.slack.impatient_calls().is_empty());
    world.nothing_was_refused();
}

/// Who has just opened theirs does not wait behind those on which something changed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opening_is_quick_while_changes_wait() {
    let world = World::on(Base::Sqlite).await;
    for who in [GRACE, LINUS, SAM, ADA] {
        open_home(&world, who).await;
    }
    // Every change is a publish for four people, and those are told slowly.
    for nth in 0..4 {
        let request = world.ada_asks(HOUR, &format!("INC-{nth}")).await;
        world.advance(Duration::from_secs(3));
        tokio::time::sleep(Duration::from_millis(50)).await;
        let click = lapse::app::decide::Click {
            by: lapse::domain::ids::PersonId::new(ADA),
            at: None,
            reply: None,
        };
        world.app().cancel(&click, &request.id).await.expect("hers");
    }
    let before = published(&world, SAM);
    world.person(SAM).open_home().await.expect("the event");
    let (slack, sam) = (world.slack.clone(), SAM);
    world
        .eventually("Sam's home is there at once", move || {
            let calls = slack.calls_of("views.publish");
            calls
                .iter()
                .filter(|call| call.args["user_id"] == sam)
                .count()
                > before
        })
        .await;
    world.nothing_was_refused();
}

/// Slack's refusal for good drops it, and looking again is enough to have it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_home_that_slack_does_not_take_is_left_until_it_is_opened() {
    let world = World::on(Base::Sqlite).await;
    open_home(&world, GRACE).await;
    world
        .slack
        .fail("views.publish", Fault::error("not_enabled"), Times::Once);
    world.ada_asks(HOUR, "INC-42").await;
    let_homes_follow(&world).await;
    let tried = published(&world, GRACE);
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let_homes_follow(&world).await;
    assert_eq!(published(&world, GRACE), tried, "nobody looks at it");
    let again = open_home(&world, GRACE).await;
    assert!(again.says("Ada Lovelace has Production SSH"), "{again:#?}");
}

/// A home that nobody opened for a month costs nothing any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_home_that_nobody_opens_is_forgotten() {
    let world = World::on(Base::Sqlite).await;
    open_home(&world, GRACE).await;
    let day = chrono::TimeDelta::days(1);
    let store = world.app().store.clone();
    let opened = world.clocks.now();
    let kept = store.forget_homes(opened - day).await.expect("stored");
    assert_eq!(kept, 0);
    let forgotten = store.forget_homes(opened + day).await.expect("stored");
    assert_eq!(forgotten, 1);
    let before = published(&world, GRACE);
    world.ada_asks(HOUR, "INC-42").await;
    let_homes_follow(&world).await;
    assert_eq!(published(&world, GRACE), before);
    world.nothing_was_refused();
}
