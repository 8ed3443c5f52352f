//! The Web API: who may call it, what it refuses, what it keeps.

use std::time::Duration;

use serde_json::{Value, json};

use super::world::{World, noon, setup, world};
use crate::sandbox::slack::{Channel, Outcome, RateLimits};

fn section(text: &str) -> Value {
    json!([{ "type": "section", "text": { "type": "mrkdwn", "text": text } }])
}

#[tokio::test]
async fn the_token_and_its_scopes_are_checked() {
    let world = world().await;
    let url = format!("{}/auth.test", world.slack.api_url());
    let nobody = World::send(world.http.post(&url)).await;
    assert_eq!(nobody.error(), "not_authed");
    let stranger = World::send(world.http.post(&url).bearer_auth("xoxb-guessed")).await;
    assert_eq!(stranger.error(), "invalid_auth");

    let me = world.call("auth.test", json!({})).await;
    assert_eq!(me.body["team_id"], "T0EXAMPLE");
    assert_eq!(me.body["bot_id"], "B0SANDBOX");
    let scopes = me.headers["x-oauth-scopes"].to_str().unwrap();
    assert!(scopes.contains("users:read.email"));
    assert_eq!(me.headers["date"], "Fri, 15 Jan 2027 08:00:00 GMT");

    world.slack.set_scopes(&["chat:write"]);
    let blind = world.form("usergroups.list", &[]).await;
    assert_eq!(blind.error(), "missing_scope");
    assert_eq!(blind.body["needed"], "usergroups:read");
    assert_eq!(blind.body["provided"], "chat:write");

    world.slack.revoke_token();
    let revoked = world.call("auth.test", json!({})).await;
    assert_eq!(revoked.error(), "token_revoked");
    let unknown = world.call("chat.burn", json!({})).await;
    assert_eq!(unknown.error(), "unknown_method");
}

#[tokio::test]
async fn read_methods_do_not_see_json() {
    let world = world().await;
    let json = world.call("users.info", json!({ "user": "U0ADA" })).await;
    assert_eq!(json.error(), "user_not_found");
    let refusals = world.slack.take_refusals();
    assert_eq!(refusals[0].code, "json_body_ignored");

    let form = world.form("users.info", &[("user", "U0ADA")]).await;
    assert_eq!(form.body["user"]["profile"]["email"], "ada@example.com");
    assert!(world.slack.refusals().is_empty());
}

#[tokio::test]
async fn users_info_tells_every_kind_of_account() {
    let world = world().await;
    let info = async |id| world.form("users.info", &[("user", id)]).await.body["user"].clone();

    let ada = info("U0ADA").await;
    assert_eq!(ada["team_id"], "T0EXAMPLE");
    assert_eq!(ada["is_email_confirmed"], true);
    assert_eq!(ada["tz_offset"], 3600);
    assert_eq!(ada["is_restricted"], false);
    assert_eq!(info("U0GUEST").await["is_restricted"], true);
    assert_eq!(info("U0GUEST").await["is_ultra_restricted"], false);
    assert_eq!(info("U0GONE").await["deleted"], true);
    assert_eq!(info("U0EVE").await["team_id"], "T0OTHER");
    assert_eq!(info("U0BOT").await["is_bot"], true);

    world.slack.set_scopes(&["users:read"]);
    assert_eq!(info("U0ADA").await["profile"].get("email"), None);
    let nobody = world.form("users.info", &[("user", "U0NOBODY")]).await;
    assert_eq!(nobody.error(), "user_not_found");
}

#[tokio::test]
async fn only_active_members_are_found_by_email() {
    let world = world().await;
    let found = async |email| {
        let answer = world.form("users.lookupByEmail", &[("email", email)]).await;
        answer.body["user"]["id"].as_str().map(str::to_owned)
    };
    assert_eq!(found("Ada@Example.com").await.as_deref(), Some("U0ADA"));
    assert_eq!(found("gone@example.com").await, None);
    assert_eq!(found("eve@example.net").await, None);
}

#[tokio::test]
async fn groups_are_listed_with_members_on_request() {
    let world = world().await;
    let plain = world.form("usergroups.list", &[]).await.body;
    assert_eq!(plain["usergroups"].as_array().unwrap().len(), 1);
    assert_eq!(plain["usergroups"][0].get("users"), None);

    world
        .slack
        .set_usergroup_members("S0PROD", &["U0ADA", "U0GRACE"]);
    let full = world
        .form("usergroups.list", &[("include_users", "true")])
        .await;
    assert_eq!(
        full.body["usergroups"][0]["users"],
        json!(["U0ADA", "U0GRACE"])
    );
    let one = world
        .form("usergroups.users.list", &[("usergroup", "S0PROD")])
        .await;
    assert_eq!(one.body["users"], json!(["U0ADA", "U0GRACE"]));
    let none = world
        .form("usergroups.users.list", &[("usergroup", "S0NONE")])
        .await;
    assert_eq!(none.error(), "no_such_subteam");
}

#[tokio::test]
async fn an_organisation_wide_app_names_the_workspace() {
    let clock = noon();
    let world = World::of(setup(&clock).for_enterprise("E0ORG"), clock).await;
    let unnamed = world.form("usergroups.list", &[]).await;
    assert_eq!(unnamed.error(), "missing_argument");
    let named = world
        .form("usergroups.list", &[("team_id", "T0EXAMPLE")])
        .await;
    assert_eq!(named.body["ok"], true);
    let ada = world.form("users.info", &[("user", "U0ADA")]).await.body;
    assert_eq!(ada["user"]["enterprise_user"]["enterprise_id"], "E0ORG");
}

#[tokio::test]
async fn a_message_to_a_person_lands_in_their_direct_messages() {
    let world = world().await;
    let posted = world.post_card("U0ADA", section("Hello *Ada*")).await.body;
    assert_eq!(posted["channel"], "D0ADA");
    let again = world.post_card("U0ADA", section("Hello again")).await.body;
    assert!(
        again["ts"].as_str() > posted["ts"].as_str(),
        "the clock stands, ids do not"
    );

    let kept = &posted["message"]["blocks"][0];
    assert_eq!(kept["text"]["verbatim"], false);
    assert!(kept["block_id"].is_string(), "Slack names what has no name");
    let ada = world.slack.person("U0ADA");
    assert_eq!(ada.messages().len(), 2);
    assert!(ada.latest_card_containing("again").is_some());
}

#[tokio::test]
async fn messages_go_only_where_the_app_may_write() {
    let world = world().await;
    world.slack.set_channel(Channel::public("C0OLD", "old"));
    world.slack.archive_channel("C0OLD");
    for (channel, error) in [
        ("C0NONE", "channel_not_found"),
        ("C0AWAY", "not_in_channel"),
        ("C0SECRET", "channel_not_found"),
        ("C0OLD", "is_archived"),
        ("U0GONE", "is_inactive"),
        ("U0NOBODY", "channel_not_found"),
        ("U0BOT", "cannot_dm_bot"),
    ] {
        let answer = world.post_card(channel, section("Hello")).await;
        assert_eq!(answer.error(), error, "{channel}");
    }
    world.slack.set_messages_tab(false);
    let answer = world.post_card("U0ADA", section("Hello")).await;
    assert_eq!(answer.error(), "messages_tab_disabled");
    assert!(
        world.slack.refusals().is_empty(),
        "states of the world are no bugs"
    );
}

#[tokio::test]
async fn what_a_message_says_is_judged() {
    let world = world().await;
    let say = async |text: &str| {
        let message = json!({ "channel": "U0ADA", "text": text });
        world.call("chat.postMessage", message).await
    };
    assert_eq!(say("").await.error(), "no_text");
    assert_eq!(say(&"x".repeat(40_001)).await.error(), "msg_too_long");
    assert_eq!(say("fine").await.body["ok"], true);

    let long = world.post_card("U0ADA", section(&"x".repeat(3001))).await;
    assert_eq!(long.error(), "invalid_blocks");
    assert_eq!(
        long.body["response_metadata"]["messages"][0],
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    );
    assert_eq!(
        long.body["errors"][0],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    );
    let refusals = world.slack.refusals();
    let codes: Vec<&str> = refusals.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["no_text", "msg_too_long", "invalid_blocks"]);
}

#[tokio::test]
async fn a_message_is_edited_and_its_history_kept() {
    let world = world().await;
    let posted = world.post_card("U0ADA", section("asked")).await.body;
    let ts = posted["ts"].as_str().unwrap();
    let edit = |channel: &str, ts: &str, text: &str| {
        let edit = json!({ "channel": channel, "ts": ts, "text": text, "blocks": section(text) });
        world.call("chat.update", edit)
    };
    assert_eq!(edit("U0ADA", ts, "x").await.error(), "channel_not_found");
    assert_eq!(
        edit("D0ADA", "1.000001", "x").await.error(),
        "message_not_found"
    );
    assert_eq!(
        edit("D0ADA", ts, &"x".repeat(4001)).await.error(),
        "msg_too_long"
    );
    assert_eq!(edit("D0ADA", ts, "approved").await.body["ts"], ts);

    let card = world.slack.message("D0ADA", ts).unwrap();
    assert!(card.edited() && card.says("approved") && !card.says("asked"));
    assert_eq!(card.history[0].text, "A card");

    let theirs = world.slack.say("C0OPS", "U0ADA", "mine");
    assert_eq!(
        edit("C0OPS", &theirs.ts, "x").await.error(),
        "cant_update_message"
    );
    world.slack.set_edit_window(Some(Duration::from_mins(1)));
    world.clock.advance(Duration::from_secs(61));
    assert_eq!(
        edit("D0ADA", ts, "late").await.error(),
        "edit_window_closed"
    );
    world.slack.remove_message("D0ADA", ts);
    assert_eq!(edit("D0ADA", ts, "gone").await.error(), "message_not_found");
}

#[tokio::test]
async fn rich_text_is_not_replaced_by_none() {
    let world = world().await;
    let rich = json!([{ "type": "rich_text", "elements": [
        { "type": "rich_text_section", "elements": [{ "type": "text", "text": "because" }] }
    ] }]);
    let posted = world.post_card("U0ADA", rich).await.body;
    let edit = json!({
        "channel": "D0ADA", "ts": posted["ts"], "text": "x", "blocks": section("x"),
    });
    assert_eq!(
        world.call("chat.update", edit).await.error(),
        "block_mismatch"
    );
}

#[tokio::test]
async fn threads_permalinks_and_ephemeral_messages() {
    let world = world().await;
    let first = world.post_card("C0OPS", section("open")).await.body;
    let reply = |ts: &Value| {
        let message = json!({ "channel": "C0OPS", "text": "ended", "thread_ts": ts });
        world.call("chat.postMessage", message)
    };
    assert_eq!(reply(&first["ts"]).await.body["ok"], true);
    let lost = reply(&json!("1.000001")).await;
    assert_eq!(lost.error(), "cannot_reply_to_message");
    let ts = first["ts"].as_str().unwrap();
    assert_eq!(world.slack.thread("C0OPS", ts).len(), 1);

    let link = [("channel", "C0OPS"), ("message_ts", ts)];
    let link = world.form("chat.getPermalink", &link).await.body;
    let link = link["permalink"].as_str().unwrap();
    assert!(link.starts_with("https://example.slack.com/archives/C0OPS/p1800000000"));

    let whisper = |user: &str| {
        let message = json!({ "channel": "C0OPS", "user": user, "text": "psst" });
        world.call("chat.postEphemeral", message)
    };
    assert_eq!(whisper("U0ADA").await.body["ok"], true);
    assert_eq!(whisper("U0GRACE").await.error(), "user_not_in_channel");
    assert_eq!(world.slack.person("U0ADA").ephemerals().len(), 1);
    assert_eq!(world.slack.channel_messages("C0OPS").len(), 2);
}

#[tokio::test]
async fn direct_messages_are_opened_once() {
    let world = world().await;
    world.slack.set_scopes(&["chat:write", "im:write"]);
    let open = |users: &str| world.call("conversations.open", json!({ "users": users }));
    assert_eq!(open("U0ADA").await.body["channel"]["id"], "D0ADA");
    assert_eq!(open("U0ADA").await.body["already_open"], true);
    assert_eq!(open("U0GONE").await.error(), "user_disabled");
    assert_eq!(open("U0ADA,U0GRACE").await.body["needed"], "mpim:write");
    let channel = [("channel", "C0OPS")];
    let info = world.form("conversations.info", &channel).await;
    assert_eq!(info.body["needed"], "channels:read");
    world.slack.set_scopes(&["channels:read"]);
    let info = world.form("conversations.info", &channel).await.body;
    assert_eq!(info["channel"]["is_member"], true);
}

#[tokio::test]
async fn callers_who_are_too_quick_are_asked_to_wait() {
    let clock = noon();
    let limits = RateLimits::none().with("users.info", 2);
    let world = World::of(setup(&clock).limits(limits), clock).await;
    let info = || world.form("users.info", &[("user", "U0ADA")]);
    assert_eq!(info().await.status, 200);
    assert_eq!(info().await.status, 200);
    world.clock.advance(Duration::from_secs(20));
    let limited = info().await;
    assert_eq!((limited.status, limited.error()), (429, "ratelimited"));
    assert_eq!(limited.headers["retry-after"], "40");
    assert!(world.slack.impatient_calls().is_empty());

    assert_eq!(info().await.status, 429);
    assert_eq!(world.slack.impatient_calls().len(), 1);
    world.clock.advance(Duration::from_secs(40));
    assert_eq!(info().await.status, 200);
    let outcomes = world.slack.calls_of("users.info");
    assert_eq!(outcomes.last().unwrap().outcome, Outcome::Ok);
}

#[tokio::test]
async fn every_call_is_recorded_without_its_token() {
    let world = world().await;
    let pairs = [("user", "U0ADA"), ("token", "xoxb-sandbox-token")];
    world.form("users.info", &pairs).await;
    let calls = world.slack.calls();
    assert_eq!(calls[0].method, "users.info");
    assert_eq!(calls[0].args, json!({ "user": "U0ADA" }));
    assert_eq!(calls[0].at, world.clock.now());
    assert_eq!(world.slack.call_counts()["users.info"], 1);
}
