//! No secret, and none of people's own words, is ever logged: by no crate, at no level.

use crate::on_both_databases;
use crate::support::forge::{self, Fields};
use crate::support::logs;
use crate::support::world::{
    ADA, ADAS_MAC, Base, GIL, GRACE, LINUS, PROD_CHANNEL, PROFILES, Setup, Way, World,
};
use lapse::sandbox::slack::{Fault, Signing, Times};
use lapse::sandbox::tailscale::{Fault as TailscaleFault, Route};
use serde_json::json;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const REASON: &str = "INC-42 the-lighthouse-is-dark";
const NOTE: &str = "nobody-needs-a-lighthouse-by-day";
const COMMAND: &str = "reqest-a-lighthouse-for-me";

/// Approvers and requesters by address, so that addresses are looked up.
const NAMED: &str = r#"
[[profiles]]
id = "named"
name = "Named"
description = "approved by name"
attribute = "custom:named"
durations = ["30m", "1h"]
default_duration = "1h"
max_duration = "2h"
request_ttl = "1h"
justification = "optional"
requesters = ["ada@example.com"]
approvers = ["grace@example.com"]
"#;

on_both_databases!(no_log_holds_a_secret_or_anybodys_words);

/// Everything goes right once, and wrong in every way that has words for it.
async fn no_log_holds_a_secret_or_anybodys_words(base: Base) {
    for words in [NOTE, COMMAND] {
        logs::never_log(words);
    }
    let profiles = format!("{PROFILES}{NAMED}");
    let mut world = Setup::on(base).profiles(&profiles).start().await;
    let grace = world.person(GRACE);

    world.ada_asks(HOUR, REASON).await;
    world.click(GRACE, "asks for Production SSH", "deny").await;
    grace.type_text("note", NOTE).await.expect("a note");
    grace.submit().await.expect("it is sent");
    world.calm().await;

    world
        .slack
        .fail("chat.postMessage", Fault::Status(500), Times::N(2));
    world
        .slack
        .fail("chat.update", Fault::AppliedThenLost, Times::N(2));
    world.slack.fail("response_url", Fault::Reset, Times::N(2));
    world.slack.fail_in(
        "chat.postMessage",
        PROD_CHANNEL,
        Fault::error("not_in_channel"),
        Times::N(1),
    );
    world
        .tailnet
        .fault(Route::Any, TailscaleFault::Status(503), 2);
    world.tailnet.forget_tokens();
    world.ada_asks(HOUR, REASON).await;
    world.calm().await;
    world.slack.clear_faults();
    world.tailnet.clear_faults();
    world.calm().await;
    world.advance(Duration::from_mins(4));
    world.calm().await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.calm().await;
    world.advance(Duration::from_mins(1));
    world.calm().await;
    world.restart_bot().await;
    let card = world.card(GRACE, "Approved by Grace Hopper").await;
    grace
        .click_confirmed(&card, "revoke")
        .await
        .expect("it arrives");
    grace.type_text("note", NOTE).await.expect("a note");
    grace.submit().await.expect("it is sent");
    world.calm().await;
    world.advance(Duration::from_mins(1));
    world.calm().await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, "custom:prodSsh"));

    world
        .person(ADA)
        .command("/access", COMMAND)
        .await
        .expect("answered");
    world
        .person(GIL)
        .command("/access", "")
        .await
        .expect("answered");
    world
        .person(LINUS)
        .command("/access", "status REQ-ZZZZ")
        .await
        .expect("answered");
    let forged = Fields::right("nNOBODYS").typed("justification", REASON);
    forge::post(&world.slack, &forged.submitted_by(ADA)).await;
    world.slack.user_changed(ADA).await.expect("answered");
    send_what_cannot_be_read(&world).await;
    world
        .tailnet
        .rotate_secret("not-a-secret-only-the-stand-in-knows-it, anew");
    world.tailnet.forget_tokens();
    world.slack.revoke_token();
    world.calm().await;
    world.advance(Duration::from_mins(6));
    world.calm().await;
    logs::nothing_leaked();
}

/// Something with the note in it that nobody can read, in every way in which it can arrive.
async fn send_what_cannot_be_read(world: &World) {
    let unreadable = format!("payload={{\"type\":\"view_submission\",\"note\":\"{NOTE}\"");
    for socket in world.slack.sockets() {
        world.slack.send_over(socket.number, &unreadable);
        let envelope = json!({
            "type": "interactive", "envelope_id": "En1", "accepts_response_payload": true,
            "payload": unreadable,
        });
        world.slack.send_over(socket.number, &envelope.to_string());
    }
    for signing in [Signing::Right, Signing::Unsigned, Signing::Off(-301)] {
        for path in ["/slack/interactions", "/slack/commands", "/slack/events"] {
            let body = unreadable.clone().into_bytes();
            let form = "application/x-www-form-urlencoded";
            let posted = world.slack.post(path, form, body, signing.clone()).await;
            assert!(posted.is_ok() || world.way == Way::Socket, "{posted:?}");
        }
    }
}
