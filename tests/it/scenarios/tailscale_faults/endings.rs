//! Access ends: given back, taken away, by itself; also when Tailscale or the bot is away.

use super::{HALF_AN_HOUR, HOUR, MINUTE, NEXT_TRY, SECOND};
use crate::on_both_databases;
use crate::support::world::{
    ADA, ADAS_MAC, Base, GRACE, PROD_CHANNEL, PROD_SSH, SAM, Setup, World,
};
use chrono::TimeDelta;
use lapse::domain::audit::EventKind;
use lapse::domain::grant::EndReason;
use lapse::sandbox::tailscale::{Call, Fault, Route};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

on_both_databases!(
    giving_back_removes_with_a_comment_and_reads_back,
    a_removal_that_fails_is_not_called_ended_until_it_is_answered,
    every_end_is_committed_and_sent_within_two_seconds,
    the_attribute_never_outlives_its_end_even_when_the_bot_is_dead,
);

fn comment_of(call: &Call) -> String {
    let body: Value = serde_json::from_str(&call.body).expect("JSON");
    body["comment"].as_str().unwrap_or_default().to_owned()
}

/// Who comes too late reads who ended it, and when.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_too_late_reads_who_ended_it() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks_and_grace_approves(HOUR).await;
    world.settle().await;
    let open = world.card(ADA, "is open on").await;
    world.revoke(GRACE, &request, "laptop stolen").await;
    world.settle().await;
    let clicked = world.person(ADA).click_stale(&open, "release").await;
    assert_eq!(clicked.expect("it arrives").status, 200);
    let told = world.whisper(ADA).await;
    let how = format!(
        "{} is not open any more: Grace Hopper revoked it at <!date^",
        request.number
    );
    assert!(told.contains(&how), "{told}");
    world.nothing_was_refused();
}

/// I'm done: one PATCH that names who, then a look, and only then the cards say so.
async fn giving_back_removes_with_a_comment_and_reads_back(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks_and_grace_approves(HOUR).await;
    world.settle().await;
    world.pass(34 * MINUTE).await;
    world.press(ADA, &request, "release").await;
    world.settle().await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    let patches = world.tailnet.calls_of(Route::PatchAttributes);
    assert_eq!(patches.len(), 1);
    let comment = format!("{} ada@example.com given back", request.number);
    assert_eq!(comment_of(&patches[0]), comment);
    let calls = world.tailnet.calls();
    let patched = calls
        .iter()
        .position(|call| call.route == Route::PatchAttributes);
    let after = &calls[patched.expect("it was sent")..];
    assert!(after.iter().any(|call| call.route == Route::ReadAttributes));
    world.card(ADA, "Given back by Ada Lovelace").await;
    world.card(GRACE, "Given back by Ada Lovelace").await;
    let grace = world.card(GRACE, "after 34 min").await;
    assert!(grace.buttons().is_empty());
    assert_eq!(
        world.trail(&request).await,
        [
            "requested",
            "approved",
            "activated",
            "ending_began",
            "ended"
        ]
    );
    world.promises_hold(&[&request]).await;
}

/// Revoked by an approver, or by security, with a note; the note stays out of the channel.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approvers_and_security_revoke_with_a_note() {
    for who in [GRACE, SAM] {
        let world = World::on(Base::Sqlite).await;
        let request = world.ada_asks_and_grace_approves(HOUR).await;
        world.settle().await;
        world.advance(MINUTE);
        world.settle().await;
        if who == SAM {
            let asked = format!("status {}", request.number);
            let reply = world.person(SAM).command("/access", &asked).await;
            assert_eq!(reply.expect("answered").status, 200);
        }
        world.revoke(who, &request, "laptop was stolen").await;
        world.settle().await;
        assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
        let patches = world.tailnet.calls_of(Route::PatchAttributes);
        let address = if who == SAM { "sam" } else { "grace" };
        assert_eq!(
            comment_of(&patches[0]),
            format!(
                "{} ada@example.com revoked:{address}@example.com | laptop was stolen",
                request.number
            )
        );
        for reader in [ADA, who] {
            let card = world.card(reader, "Revoked by").await;
            assert!(card.says("laptop was stolen"), "{:?}", card.texts());
        }
        let channel = world.slack.channel_messages(PROD_CHANNEL);
        assert!(channel.iter().any(|message| message.says("revoked by")));
        assert!(!channel.iter().any(|message| message.says("stolen")));
        world.promises_hold(&[&request]).await;
    }
}

/// The removal fails for a while: the cards say "not confirmed", never "ended", until it is
/// answered; it is tried until then without anyone acting.
async fn a_removal_that_fails_is_not_called_ended_until_it_is_answered(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks_and_grace_approves(HOUR).await;
    world.settle().await;
    world
        .tailnet
        .fault(Route::PatchAttributes, Fault::Status(503), usize::MAX);
    world.revoke(GRACE, &request, "wrong person").await;
    world.settle().await;
    world.advance(2 * SECOND);
    world.settle().await;
    world.card(GRACE, "closing…").await;
    world.pass_slowly(2 * MINUTE, 10 * SECOND).await;
    for who in [ADA, GRACE] {
        world.card(who, ", but Tailscale has not confirmed").await;
    }
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(world.state_of(&request).await, "ending");

    let answered_at = world.clocks.now();
    world.tailnet.clear_faults();
    world.pass_slowly(NEXT_TRY, 10 * SECOND).await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(world.state_of(&request).await, "ended");
    world.card(ADA, "Revoked by Grace Hopper").await;
    let open_still = ["closing…", "has not confirmed"];
    let ended = |text: &str| {
        text.contains("Revoked by") && !open_still.iter().any(|words| text.contains(words))
    };
    for (at, text) in world.everything_said() {
        assert!(!ended(&text) || at >= answered_at, "too early: {text}");
    }
    assert_eq!(
        world.trail(&request).await,
        [
            "requested",
            "approved",
            "activated",
            "ending_began",
            "removal_delayed",
            "ended"
        ]
    );
    world.promises_hold(&[&request]).await;
}

/// The answer to a removal is lost, or the attribute was gone already: ended all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_to_a_removal_ends_it_once() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks_and_grace_approves(HOUR).await;
    world.settle().await;
    world
        .tailnet
        .fault(Route::PatchAttributes, Fault::AppliedThenLost, 1);
    world.press(ADA, &request, "release").await;
    world.settle().await;
    assert_eq!(world.state_of(&request).await, "ending");
    world.pass_slowly(5 * SECOND, SECOND).await;
    assert_eq!(world.state_of(&request).await, "ended");
    let trail = world.trail(&request).await;
    let ended = trail.iter().filter(|name| **name == "ended").count();
    assert_eq!(ended, 1);
    world.promises_hold(&[&request]).await;
}

/// Time is up while Tailscale is away: the card says that it closes by itself, and "ended" only
/// when the removal was answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_that_is_up_while_tailscale_is_away_is_not_confirmed_yet() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks_and_grace_approves(HALF_AN_HOUR).await;
    world.settle().await;
    world.pass(29 * MINUTE).await;
    world.tailnet.down();
    world.pass_slowly(2 * MINUTE, 10 * SECOND).await;
    for who in [ADA, GRACE] {
        let card = world.card(who, "Tailscale closes it by itself").await;
        assert!(card.says("not confirmed yet"));
    }
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.tailnet.up();
    world.pass_slowly(NEXT_TRY, 10 * SECOND).await;
    assert_eq!(world.state_of(&request).await, "ended");
    world.card(ADA, "Production SSH ended").await;
    world.card(GRACE, "after its 30 min").await;
    world.promises_hold(&[&request]).await;
}

const ENDS_A_SECOND: usize = 5;
const SECONDS_OF_ENDS: usize = 4;
const ENDS: usize = ENDS_A_SECOND * SECONDS_OF_ENDS;

/// Five ends a second at the default pace: each is committed, and its removal sent, within two
/// seconds of the end, on the story's clock.
async fn every_end_is_committed_and_sent_within_two_seconds(base: Base) {
    let world = Setup::on(base)
        .slack(|setup| super::fleet::people(setup, ENDS))
        .tailnet(|setup| super::fleet::devices(setup, ENDS))
        .start()
        .await;
    let template = world.ada_asks_and_grace_approves(HOUR).await;
    world.settle().await;
    let first = world.clocks.now() + TimeDelta::minutes(1);
    let second_of = |number: usize| i64::try_from(number / ENDS_A_SECOND).expect("small");
    let end = |number: usize| first + TimeDelta::seconds(second_of(number));
    world.tailnet.expire_late_by(5 * MINUTE);
    let fleet = world.open_fleet(&template, ENDS, end).await;
    world.advance(Duration::from_secs(59));
    world.settle().await;
    assert_eq!(world.calls(Route::RemoveAttribute), 0, "none too early");
    for _ in 0..80 {
        world.advance(Duration::from_millis(100));
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    world.fleet_reaches("ended", &fleet).await;

    let removals: BTreeMap<String, _> = world
        .tailnet
        .calls_of(Route::RemoveAttribute)
        .into_iter()
        .map(|call| (call.path, call.at))
        .collect();
    assert_eq!(removals.len(), ENDS);
    let two_seconds = TimeDelta::seconds(2);
    for (number, request) in fleet.iter().enumerate() {
        let in_time = end(number)..=end(number) + two_seconds;
        let path = format!(
            "/api/v2/device/{}/attributes/{PROD_SSH}",
            super::fleet::node(number)
        );
        assert!(in_time.contains(&removals[&path]), "{number}: sent");
        let events = world.app().store.events_of(&request.id).await;
        let began = events
            .expect("readable")
            .into_iter()
            .find(|stored| {
                let why = |why: &EndReason| *why == EndReason::Expired;
                matches!(&stored.event.kind, EventKind::EndingBegan { why: reason, .. } if why(reason))
            })
            .expect("it began to end");
        assert!(in_time.contains(&began.event.at), "{number}: committed");
        assert!(
            !world
                .tailnet
                .has_attribute(&super::fleet::node(number), PROD_SSH)
        );
    }
}

/// The bot is killed while access is open: Tailscale ends it on its own; the next start says so.
async fn the_attribute_never_outlives_its_end_even_when_the_bot_is_dead(base: Base) {
    let mut world = World::on(base).await;
    let request = world.ada_asks_and_grace_approves(HALF_AN_HOUR).await;
    world.settle().await;
    world.kill_bot().await;
    world.advance(29 * MINUTE);
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.advance(MINUTE);
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    world.advance(HOUR);
    world.start_bot().await;
    world.settle().await;
    assert_eq!(world.state_of(&request).await, "ended");
    world.card(ADA, "Production SSH ended").await;
    world.card(GRACE, "after its 30 min").await;
    world.promises_hold(&[&request]).await;
}
