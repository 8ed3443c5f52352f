//! What no Slack should send, and what this version does not know.

use super::{ASKS, asked, staying, world};
use crate::support::world::{GRACE, World};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

/// Everything that was sent over a connection before this has been looked at.
async fn it_still_answers(world: &World) {
    for _ in staying(world) {
        let help = world.person(GRACE).command("/access", "help").await;
        assert_eq!(help.expect("answered").status, 200);
    }
}

/// Odd messages end no connection, and nothing comes of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_over_a_connection_breaks_nothing() {
    let world = world().await;
    let request = asked(&world).await;
    let before = staying(&world);
    let deep = format!(
        r#"{{"type":"interactive","payload":{}}}"#,
        "[".repeat(9_000)
    );
    for text in [
        "",
        "hello",
        "[]",
        "{}",
        r#"{"type":"hologram"}"#,
        r#"{"type":7,"envelope_id":[]}"#,
        r#"{"type":"interactive","envelope_id":"","payload":{}}"#,
        deep.as_str(),
    ] {
        for number in &before {
            world.slack.send_over(*number, text);
        }
    }
    it_still_answers(&world).await;
    assert_eq!(staying(&world), before);
    assert_eq!(world.request(&request).await, request);
    world.nothing_was_refused();
}

/// Payloads that are nearly right: acknowledged or not, never a panic, and it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payloads_that_are_nearly_right_break_nothing() {
    const EACH: usize = 60;
    let world = world().await;
    asked(&world).await;
    let genuine: Vec<Value> = world
        .slack
        .deliveries()
        .iter()
        .filter_map(|delivery| {
            let mut pairs = form_urlencoded::parse(&delivery.body);
            let (_, payload) = pairs.find(|(name, _)| name == "payload")?;
            serde_json::from_str(&payload).ok()
        })
        .collect();
    assert!(genuine.len() >= 3, "choices and a submission");
    let before = staying(&world);
    let mut random = StdRng::seed_from_u64(31);
    for payload in &genuine {
        for nth in 0..EACH {
            let mut mutant = payload.clone();
            spoil(&mut mutant, &mut random);
            let kinds = ["interactive", "slash_commands", "events_api", "hologram"];
            let envelope = json!({
                "type": kinds[random.random_range(0..kinds.len())],
                "envelope_id": format!("odd-{nth}"),
                "accepts_response_payload": true,
                "payload": mutant,
            });
            let number = before[nth % before.len()];
            world.slack.send_over(number, &envelope.to_string());
        }
    }
    it_still_answers(&world).await;
    world.settle().await;
    assert_eq!(staying(&world), before);
    // The stand-in never sent these, so their acknowledgements are unknown to it.
    let refusals = world.slack.take_refusals();
    assert!(
        refusals
            .iter()
            .all(|refusal| refusal.code != "invalid_json")
    );
    world.click(GRACE, ASKS, "approve").await;
    world.settle().await;
}

/// Takes something away, or puts something else in its place.
fn spoil(value: &mut Value, random: &mut StdRng) {
    match value {
        Value::Object(fields) if !fields.is_empty() && random.random_range(0..3) > 0 => {
            let nth = random.random_range(0..fields.len());
            let key = fields.keys().nth(nth).cloned().unwrap_or_default();
            match fields.get_mut(&key) {
                Some(inner) if random.random_range(0..4) > 0 => spoil(inner, random),
                _ => drop(fields.remove(&key)),
            }
        }
        Value::Array(all) if !all.is_empty() && random.random_range(0..3) > 0 => {
            let nth = random.random_range(0..all.len());
            spoil(&mut all[nth], random);
        }
        other => {
            let odd = [json!(null), json!(7), json!("\u{0}"), json!([]), json!({})];
            *other = odd[random.random_range(0..odd.len())].clone();
        }
    }
}
