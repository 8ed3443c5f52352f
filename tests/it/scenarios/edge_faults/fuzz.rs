//! F31: payloads that are nearly right.

use crate::support::clocks::start_of_story;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, LINUS, PROD_SSH, Setup, World};
use lapse::sandbox::slack::{Delivery, Signing};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// How many mutants of each kind of payload are sent.
const EACH: u32 = 120;

/// One genuine delivery of every kind that Slack sends here.
async fn every_kind(world: &World) -> Vec<Delivery> {
    let half = Duration::from_mins(30);
    world.ada_asks(half, "INC-42 db failover").await;
    world.click(GRACE, "asks for Production SSH", "deny").await;
    let grace = world.person(GRACE);
    grace.type_text("note", "not today").await.expect("a note");
    grace.submit().await.expect("sent");
    let ada = world.person(ADA);
    ada.global_shortcut("request_access").await.expect("sent");
    ada.command("/access", "status").await.expect("sent");
    world.slack.user_changed(LINUS).await.expect("sent");
    world.slack.verify_url("lighthouse").await.expect("sent");
    let ask = json!({ "type": "block_suggestion", "user": { "id": ADA, "team_id": "T0EXAMPLE" },
        "block_id": "device:prod-ssh", "action_id": "device", "value": "ada" });
    world.slack.post_interaction(&ask).await.expect("sent");
    let closed = json!({ "type": "view_closed", "user": { "id": ADA }, "view": { "id": "V1" } });
    world.slack.post_interaction(&closed).await.expect("sent");
    world.settle().await;
    let mut kinds: BTreeMap<String, Delivery> = BTreeMap::new();
    for delivery in world.slack.deliveries() {
        let (_, json) = parts(&delivery);
        let inner = &json["event"]["type"];
        let callback = &json["view"]["callback_id"];
        let kind = format!("{} {} {inner} {callback}", delivery.path, json["type"]);
        kinds.insert(kind, delivery);
    }
    assert!(kinds.len() >= 9, "{:?}", kinds.keys());
    kinds.into_values().collect()
}

/// The JSON inside, if there is any: a form's payload, or the body itself.
fn parts(delivery: &Delivery) -> (bool, Value) {
    let payload = form_urlencoded::parse(&delivery.body).find(|(name, _)| name == "payload");
    match payload {
        Some((_, payload)) => (true, serde_json::from_str(&payload).unwrap_or_default()),
        None => (
            false,
            serde_json::from_slice(&delivery.body).unwrap_or_default(),
        ),
    }
}

/// Every place in it.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                places(field, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn odd_value(random: &mut StdRng) -> Value {
    let odd = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!(1e308),
        json!(""),
        json!("\u{0}\u{202e}\u{feff}"),
        json!("'; DROP TABLE audit_events; --"),
        json!("x".repeat(10_000)),
        json!([]),
        json!({}),
        json!([[[[]]]]),
        json!({ "id": null }),
        json!({ "type": "modal", "id": [] }),
        json!("custom"),
        json!("REQ-7F3K"),
        json!(":4294967295"),
    ];
    odd[random.random_range(0..odd.len())].clone()
}

fn mutant(random: &mut StdRng, delivery: &Delivery) -> Vec<u8> {
    let (in_form, mut json) = parts(delivery);
    if json.is_null() || random.random_range(0..4) == 0 {
        return broken(random, &delivery.body);
    }
    for _ in 0..random.random_range(1..4) {
        let mut found = Vec::new();
        places(&json, "", &mut found);
        let place = &found[random.random_range(0..found.len())];
        let (parent, name) = place.rsplit_once('/').unwrap_or(("", ""));
        let odd = odd_value(random);
        match (random.random_range(0..3), json.pointer_mut(parent)) {
            (0, Some(Value::Object(fields))) => drop(fields.remove(name)),
            (1, Some(Value::Object(fields))) => drop(fields.insert(format!("{name}_"), odd)),
            _ => {
                if let Some(value) = json.pointer_mut(place) {
                    *value = odd;
                }
            }
        }
    }
    if !in_form {
        return json.to_string().into_bytes();
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("payload", &json.to_string());
    form.finish().into_bytes()
}

/// Bytes changed, lost, doubled, put in.
fn broken(random: &mut StdRng, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    for _ in 0..random.random_range(1..6) {
        let place = random.random_range(0..body.len().max(1));
        match random.random_range(0..5) {
            0 if place < body.len() => body[place] = random.random(),
            1 => body.truncate(place),
            2 if place < body.len() => drop(body.remove(place)),
            3 => body.extend_from_within(..place.min(body.len())),
            _ => body.insert(
                place.min(body.len()),
                b"%&={}\"\\\0\xff"[random.random_range(0..9)],
            ),
        }
    }
    body
}

async fn stored(world: &World) -> usize {
    let events = world
        .app()
        .store
        .events_since(start_of_story(), None, 100_000)
        .await;
    events.expect("readable").len()
}

/// F31: thousands of payloads that are nearly right: each is acknowledged, or a bare 400 that
/// leaves nothing behind; the bot works on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_nearly_right_breaks_nothing() {
    // Bytes of one's own can only be posted; envelopes have a story of their own.
    let world = Setup::on(Base::Sqlite).over_http().start().await;
    let kinds = every_kind(&world).await;
    let mut random = StdRng::seed_from_u64(31);
    let mut malformed = Vec::new();
    let mut statuses: BTreeMap<u16, u32> = BTreeMap::new();
    for delivery in &kinds {
        let content = if delivery.path.ends_with("events") {
            "application/json"
        } else {
            "application/x-www-form-urlencoded"
        };
        for _ in 0..EACH {
            let body = mutant(&mut random, delivery);
            let reply = world
                .slack
                .post(&delivery.path, content, body.clone(), Signing::Right)
                .await
                .expect("answered");
            *statuses.entry(reply.status).or_default() += 1;
            let shown = String::from_utf8_lossy(&body).into_owned();
            assert!(
                [200, 400].contains(&reply.status),
                "{} for {shown}",
                reply.status
            );
            if reply.status == 400 {
                assert!(reply.body.is_empty(), "detail for {shown}");
                malformed.push((delivery.path.clone(), content, body));
            }
        }
    }
    assert!(statuses.len() == 2, "both happened: {statuses:?}");
    world.settle().await;

    let before = stored(&world).await;
    let messages = world.slack.calls_of("chat.postMessage").len();
    for (path, content, body) in malformed {
        let reply = world.slack.post(&path, content, body, Signing::Right).await;
        assert_eq!(reply.expect("answered").status, 400);
    }
    world.settle().await;
    assert_eq!(
        stored(&world).await,
        before,
        "malformed, and something was stored"
    );
    assert_eq!(world.slack.calls_of("chat.postMessage").len(), messages);

    world.slack.take_refusals();
    world.advance(Duration::from_secs(61));
    world
        .ada_asks(Duration::from_hours(1), "INC-43 and on it works")
        .await;
    world
        .click(GRACE, "INC-43 and on it works", "approve")
        .await;
    world.settle().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
}
