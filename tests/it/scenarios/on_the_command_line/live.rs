//! `lapse check --live`: what only the platforms can say.

use super::{Call, Outcome, folder_with, name};
use crate::support::world::{APPROVERS, Base, GIL, GRACE, PROFILES, Setup, Way, World};
use lapse::sandbox::slack::User;
use serde_json::json;

/// A posture looks at the profile's attribute, and a grant needs the posture.
fn policy() -> serde_json::Value {
    json!({
        "groups": { "group:eng": ["ada@example.com", "grace@example.com"] },
        "postures": { "posture:prod": ["custom:prodSsh == true"] },
        "grants": [{
            "src": ["autogroup:member"],
            "dst": ["tag:prod"],
            "ip": ["tcp:22"],
            "srcPosture": ["posture:prod"],
        }],
        "tagOwners": { "tag:prod": [], "tag:ci": [] },
    })
}

async fn world(profiles: &str) -> World {
    Setup::on(Base::Sqlite)
        .profiles(profiles)
        .tailnet(|setup| setup.with_policy(policy()))
        .start()
        .await
}

async fn check(world: &World) -> Outcome {
    let (_folder, path) = folder_with(&world.config_text());
    Call::new(&["check", "--live", "--config", name(&path)])
        .in_world(world)
        .run_beside()
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_installation_is_told_with_its_people() {
    let profile = PROFILES.replace("[\"*\"]", "[\"*\", \"group:eng\", \"grace@example.com\"]");
    let world = world(&profile).await;
    let outcome = check(&world).await;
    assert_eq!(outcome.status, 0, "{outcome:?}");
    for told in [
        "Slack: installed in T0EXAMPLE",
        "chat:write",
        "Tailscale: the client may",
        "devices:posture_attributes",
        "usergroup:prod-approvers: 2 people",
        "usergroup:security: 1 person",
        "grace@example.com: 1 person",
        "group:eng: 2 people",
        "*: every full member",
        "is fine",
    ] {
        assert!(
            outcome.out.contains(told),
            "{told} is not in\n{}",
            outcome.out
        );
    }
    assert!(world.tailnet.writes().is_empty(), "looking changes nothing");
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_scopes_are_named_on_both_sides() {
    let world = world(PROFILES).await;
    world
        .slack
        .set_scopes(&["chat:write", "commands", "users:read", "usergroups:read"]);
    world.tailnet.set_scopes(["devices:core:read"]);
    let outcome = check(&world).await;
    assert_eq!(outcome.status, 1, "{outcome:?}");
    for told in [
        "the scope users:read.email is missing",
        "the OAuth client lacks devices:posture_attributes",
        "postures were not checked",
        "2 errors in and around",
    ] {
        assert!(
            outcome.out.contains(told),
            "{told} is not in\n{}",
            outcome.out
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_tokens_are_told_together() {
    let world = world(PROFILES).await;
    world.slack.revoke_token();
    world.tailnet.rotate_secret("another");
    let (_folder, path) = folder_with(&world.config_text());
    let outcome = Call::new(&["check", "--live", "--config", name(&path)])
        .in_world(&world)
        .with("TAILSCALE_CLIENT_SECRET", "the-old-one")
        .run_beside()
        .await;
    assert_eq!(outcome.status, 1, "{outcome:?}");
    assert!(
        outcome.out.contains("Slack refused the token"),
        "{}",
        outcome.out
    );
    assert!(
        outcome.out.contains("Tailscale gave no token"),
        "{}",
        outcome.out
    );
    assert!(!outcome.out.contains("the-old-one"), "{}", outcome.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn platforms_that_cannot_be_reached_are_no_reason_to_doubt_the_token() {
    let world = world(PROFILES).await;
    world.slack.down();
    let outcome = check(&world).await;
    assert_eq!(outcome.status, 1, "{outcome:?}");
    assert!(
        outcome.out.contains("Slack could not be asked"),
        "{}",
        outcome.out
    );
    assert!(
        !outcome.out.contains("install the app again"),
        "{}",
        outcome.out
    );
}

/// Peers' failure 21: found out before somebody needs it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_few_reachable_approvers_are_an_error() {
    let two = PROFILES
        .replace(
            "[\"usergroup:prod-approvers\"]",
            "[\"usergroup:prod-approvers\", \"grace@example.com\"]",
        )
        .replace("notify_channel", "approvals = 2\nnotify_channel");
    let world = world(&two).await;
    // Grace twice, a guest, and somebody who left: one person.
    let gone = User::member("U0DORA", "Dora", "dora@example.com").deactivated();
    world.slack.set_user(gone);
    world
        .slack
        .set_usergroup_members(APPROVERS, &[GRACE, GIL, "U0DORA"]);
    let outcome = check(&world).await;
    assert_eq!(outcome.status, 1, "{outcome:?}");
    let told = "prod-ssh needs 2 people to approve and only 1 can";
    assert!(outcome.out.contains(told), "{}", outcome.out);
    assert!(
        outcome.out.contains("profiles[0].approvers"),
        "{}",
        outcome.out
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_matches_nobody_or_nothing_is_a_warning() {
    let odd = PROFILES
        .replace("[\"*\"]", "[\"nobody@example.com\", \"usergroup:nowhere\"]")
        .replace("custom:prodSsh", "custom:unheardOf");
    let world = world(PROFILES).await;
    let text = world.config_text().replace(PROFILES, &odd);
    let (_folder, path) = folder_with(&text);
    let call = |flags: &[&str]| {
        let mut arguments = vec!["check", "--live", "--config", name(&path)];
        arguments.extend(flags);
        Call::new(&arguments).in_world(&world)
    };
    let outcome = call(&[]).run_beside().await;
    assert_eq!(outcome.status, 0, "{outcome:?}");
    for told in [
        "warning: nobody@example.com: matches nobody",
        "warning: usergroup:nowhere: matches nobody",
        "no posture of the tailnet policy looks at custom:unheardOf",
        "nobody@example.com: 0 people",
    ] {
        assert!(
            outcome.out.contains(told),
            "{told} is not in\n{}",
            outcome.out
        );
    }
    let strict = call(&["--strict"]).run_beside().await;
    assert_eq!(strict.status, 1, "{strict:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_secrets_nobody_is_asked_and_each_is_named() {
    let world = world(PROFILES).await;
    let calls = world.slack.calls_of("auth.test").len();
    let (_folder, path) = folder_with(&world.config_text());
    let outcome = Call::new(&["check", "--live", "--config", name(&path)])
        .run_beside()
        .await;
    assert_eq!(outcome.status, 1, "{outcome:?}");
    let entrance = match world.way {
        Way::Http => "SLACK_SIGNING_SECRET",
        Way::Socket => "SLACK_APP_TOKEN",
    };
    for variable in [
        "SLACK_BOT_TOKEN",
        entrance,
        "TAILSCALE_CLIENT_ID",
        "TAILSCALE_CLIENT_SECRET",
    ] {
        assert!(
            outcome.out.contains(variable),
            "{variable}: {}",
            outcome.out
        );
    }
    assert_eq!(world.slack.calls_of("auth.test").len(), calls);
}

/// Socket Mode: the app-level token is tried too, and what is wrong with it is said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_of_socket_mode_is_tried_too() {
    let world = Setup::on(Base::Sqlite)
        .over_sockets()
        .tailnet(|setup| setup.with_policy(policy()))
        .start()
        .await;
    let token = world.environment("SLACK_APP_TOKEN").expect("a token");
    let outcome = check(&world).await;
    assert_eq!(outcome.status, 0, "{outcome:?}");
    let opens = "Slack: the app-level token opens Socket Mode connections";
    assert!(outcome.out.contains(opens), "{}", outcome.out);
    assert!(world.slack.sockets().len() <= 2, "no connection is made");

    world.slack.unscope_app_token(&token);
    let outcome = check(&world).await;
    assert_eq!(outcome.status, 1, "{outcome:?}");
    for told in ["SLACK_APP_TOKEN", "missing_scope", "connections:write"] {
        assert!(outcome.out.contains(told), "{told}: {}", outcome.out);
    }
    world.slack.revoke_app_token(&token);
    let outcome = check(&world).await;
    assert_eq!(outcome.status, 1, "{outcome:?}");
    assert!(outcome.out.contains("invalid_auth"), "{}", outcome.out);
    assert!(!outcome.out.contains(&token));

    let refusals = world.slack.take_refusals();
    assert_eq!(refusals.len(), 1, "the missing scope: {refusals:#?}");
}
