//! What operators read: readiness with its reasons, and the counts.

use super::asked;
use crate::support::world::{ADA, Base, GRACE, SAM, Way, World};
use lapse::sandbox::slack::{Fault, Times};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn until_slack_says_where_it_is_the_bot_judges_nobody() {
    let mut world = World::on(Base::Sqlite).await;
    world
        .ada_asks(Duration::from_hours(1), "INC-42 db failover")
        .await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    world.kill_bot().await;
    world
        .slack
        .fail("auth.test", Fault::Status(503), Times::Always);
    world.launch_bot().await;
    world.connected().await;

    let (status, page) = asked(&world, "/readyz").await;
    assert_eq!(status, 503, "{page}");
    assert!(
        page.contains(r#""blocked_by":["slack_not_answered"]"#),
        "{page}"
    );
    assert_eq!(asked(&world, "/healthz").await, (200, "ok".to_owned()));
    let command = world
        .person(ADA)
        .command("/access", "")
        .await
        .expect("answered");
    assert_eq!(command.status, 200);
    assert!(command.text().contains("starting"), "{}", command.text());
    assert!(command.text().contains("Try again"), "{}", command.text());
    let click = world
        .person(GRACE)
        .click(&card, "approve")
        .await
        .expect("answered");
    assert_eq!((click.status, click.body.len()), (503, 0));
    let event = world.slack.user_changed(ADA).await.expect("answered");
    assert_eq!(event.status, 503, "Slack delivers it again");
    if world.way == Way::Http {
        // In Socket Mode there is no address to be proved.
        let challenge = world.slack.verify_url("lighthouse").await;
        let challenge = challenge.expect("answered");
        assert_eq!(
            (challenge.status, challenge.text()),
            (200, "lighthouse".to_owned())
        );
    }

    world.slack.clear_faults();
    world.pass(Duration::from_mins(2)).await;
    world.ready().await;
    assert_eq!(asked(&world, "/readyz").await.0, 200);
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    world.card(ADA, "is open on").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_token_blocks_and_a_live_one_frees() {
    let world = World::on(Base::Sqlite).await;
    assert_eq!(asked(&world, "/readyz").await.0, 200);
    world.slack.revoke_token();
    world.pass(Duration::from_mins(1)).await;
    let (status, page) = asked(&world, "/readyz").await;
    assert_eq!(status, 503, "{page}");
    assert!(page.contains("slack_token_dead"), "{page}");
    assert_eq!(asked(&world, "/healthz").await.0, 200);
    world.slack.restore_token();
    world.pass(Duration::from_mins(5)).await;
    let (status, page) = asked(&world, "/readyz").await;
    assert_eq!(status, 200, "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_without_blocking_is_a_note() {
    let mut world = World::on(Base::Sqlite).await;
    let all_well = match world.way {
        Way::Http => r#"{"ready":true,"blocked_by":[],"notes":[]}"#,
        Way::Socket => {
            r#"{"ready":true,"blocked_by":[],"notes":[],"socket":{"open":2,"wanted":2}}"#
        }
    };
    // Slack may have said hello a moment before the bot has heard it.
    let mut answer = asked(&world, "/readyz").await;
    for _ in 0..200 {
        if answer.1 == all_well {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        answer = asked(&world, "/readyz").await;
    }
    assert_eq!(answer, (200, all_well.to_owned()));

    world.tailnet.down();
    world
        .slack
        .fail("usergroups.list", Fault::Status(503), Times::Always);
    world.advance(Duration::from_mins(12));
    world.settle().await;
    let (status, page) = asked(&world, "/readyz").await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains(r#"{"what":"tailscale_down"}"#), "{page}");
    assert!(
        page.contains(r#"{"what":"groups_stale","seconds":"#),
        "{page}"
    );
    world.tailnet.up();
    world.slack.clear_faults();

    world
        .slack
        .set_scopes(&["chat:write", "commands", "users:read", "users:read.email"]);
    world.slack.set_date_skew(120);
    world.kill_bot().await;
    world.launch_bot().await;
    let address = world.address();
    let mut page = String::new();
    for _ in 0..200 {
        page = asked(&world, "/readyz").await.1;
        if page.contains("scopes_missing") && page.contains("clock_skew") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(
        page.contains(r#""what":"scopes_missing","scopes":["usergroups:read"]"#),
        "{address}: {page}"
    );
    assert!(
        page.contains(r#""what":"clock_skew","seconds":-1"#),
        "{page}"
    );
    assert!(page.contains(r#""ready":true"#), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_metrics_page_has_the_families_that_were_promised() {
    let world = World::on(Base::Sqlite).await;
    world
        .ada_asks(Duration::from_hours(1), "INC-42 db failover")
        .await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world
        .person(SAM)
        .command("/access", "status")
        .await
        .expect("answered");
    world.pass(Duration::from_mins(1)).await;
    let (status, page) = asked(&world, "/metrics").await;
    assert_eq!(status, 200);
    let of_the_way = match world.way {
        Way::Http => [
            r#"lapse_requests_total{route="commands",outcome="acknowledged"}"#,
            r#"lapse_requests_total{route="interactions",outcome="acknowledged"}"#,
        ],
        Way::Socket => [
            r#"lapse_envelopes_total{kind="commands",outcome="acknowledged"}"#,
            r#"lapse_envelopes_total{kind="interactions",outcome="acknowledged"}"#,
        ],
    };
    for line in of_the_way {
        assert!(page.contains(line), "no {line} in\n{page}");
    }
    for line in [
        r#"lapse_decisions_total{decision="approve",outcome="done"}"#,
        r#"lapse_decisions_total{decision="request",outcome="done"}"#,
        r#"lapse_outbox_depth{kind="sync_key"}"#,
        r#"lapse_outbox_age_seconds{kind="sync_card"}"#,
        "lapse_remote_calls_total{",
        "chat.postMessage",
        r#"lapse_ack_seconds_bucket{route="interactions""#,
    ] {
        assert!(page.contains(line), "no {line} in\n{page}");
    }
    for words in ["example.com", "INC-42", "xoxb", "Ada"] {
        assert!(!page.contains(words), "{words} is counted in public");
    }
    world.nothing_was_refused();
}
