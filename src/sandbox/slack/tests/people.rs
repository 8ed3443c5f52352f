//! The person's side, against a tiny app that remembers what it was sent.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use serde_json::{Value, json};

use super::world::{World, noon, setup, world};
use crate::sandbox::slack::{
    EVENTS, INTERACTIONS, PersonError, Signing, Submitted, signature::sign,
};

/// An app that checks nothing, keeps everything, and answers what it is told to.
#[derive(Clone, Default)]
struct Echo(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    answer: String,
    requests: Vec<(HeaderMap, Vec<u8>)>,
}

async fn take(State(echo): State<Echo>, headers: HeaderMap, body: Bytes) -> String {
    let mut kept = echo.0.lock().unwrap();
    kept.requests.push((headers, body.to_vec()));
    kept.answer.clone()
}

impl Echo {
    async fn beside(world: &World) -> Self {
        let echo = Self::default();
        let routes = Router::new()
            .route("/slack/{kind}", post(take))
            .with_state(echo.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        world.slack.connect_bot(&format!("http://{address}"));
        echo
    }

    fn answers(&self, answer: &Value) {
        self.0.lock().unwrap().answer = answer.to_string();
    }

    fn answers_nothing(&self) {
        self.0.lock().unwrap().answer.clear();
    }

    fn last(&self) -> (HeaderMap, Vec<u8>) {
        self.0.lock().unwrap().requests.last().unwrap().clone()
    }

    fn field(&self, name: &str) -> String {
        let (_, body) = self.last();
        let mut pairs = form_urlencoded::parse(&body);
        let found = pairs.find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    }

    fn payload(&self) -> Value {
        serde_json::from_str(&self.field("payload")).unwrap()
    }
}

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text })
}

fn option(name: &str) -> Value {
    json!({ "text": plain(name), "value": name })
}

fn modal() -> Value {
    json!({
        "type": "modal",
        "title": plain("Request access"),
        "submit": plain("Ask"),
        "callback_id": "request",
        "private_metadata": "kept",
        "notify_on_close": true,
        "blocks": [
            { "type": "input", "block_id": "profile", "label": plain("Profile"),
              "dispatch_action": true,
              "element": { "type": "static_select", "action_id": "choose_profile",
                           "options": [option("ssh"), option("db")] } },
            { "type": "input", "block_id": "device", "label": plain("Device"), "optional": true,
              "element": { "type": "external_select", "action_id": "choose_device",
                           "min_query_length": 0 } },
            { "type": "input", "block_id": "why", "label": plain("Why"),
              "element": { "type": "plain_text_input", "action_id": "justification",
                           "max_length": 10 } },
        ],
    })
}

fn card() -> Value {
    let confirm = json!({
        "title": plain("Revoke?"), "text": plain("It ends now."),
        "confirm": plain("Revoke"), "deny": plain("Keep"),
    });
    json!([{ "type": "actions", "block_id": "row", "elements": [
        { "type": "button", "action_id": "approve", "text": plain("Approve"), "value": "REQ:1" },
        { "type": "button", "action_id": "revoke", "text": plain("Revoke"), "confirm": confirm },
    ] }])
}

async fn open(world: &World, trigger: &str, view: Value) -> String {
    let arguments = json!({ "trigger_id": trigger, "view": view });
    let opened = world.call("views.open", arguments).await;
    match opened.body["view"]["id"].as_str() {
        Some(id) => id.to_owned(),
        None => opened.error().to_owned(),
    }
}

#[tokio::test]
async fn a_command_is_a_signed_form_and_its_answer_is_shown() {
    let world = world().await;
    let echo = Echo::beside(&world).await;
    echo.answers(&json!({ "response_type": "ephemeral", "text": "Nothing is open." }));
    let ada = world.slack.person("U0ADA");
    let reply = ada.command("/access", "status REQ-0001").await.unwrap();
    assert!(reply.acknowledged());
    assert_eq!(reply.json()["text"], "Nothing is open.");
    assert!(ada.latest_ephemeral().unwrap().says("Nothing is open"));

    let (headers, body) = echo.last();
    let signature = sign("sandbox-signing-secret", 1_800_000_000, &body);
    assert_eq!(headers["x-slack-signature"], signature.as_str());
    assert_eq!(headers["x-slack-request-timestamp"], "1800000000");
    assert_eq!(echo.field("command"), "/access");
    assert_eq!(echo.field("text"), "status REQ-0001");
    assert_eq!(echo.field("channel_id"), "D0ADA");
    assert_eq!(echo.field("team_id"), "T0EXAMPLE");

    echo.answers(&json!({ "blocks": [] }));
    ada.command("/access", "").await.unwrap();
    assert_eq!(world.slack.refusals()[0].code, "no_text");
}

#[tokio::test]
async fn a_trigger_opens_one_view_within_three_seconds() {
    let world = world().await;
    let echo = Echo::beside(&world).await;
    let ada = world.slack.person("U0ADA");
    ada.global_shortcut("request_access").await.unwrap();
    assert_eq!(echo.payload()["type"], "shortcut");
    let trigger = echo.field("payload");
    let trigger: Value = serde_json::from_str(&trigger).unwrap();
    let trigger = trigger["trigger_id"].as_str().unwrap().to_owned();

    let mut without_submit = modal();
    without_submit.as_object_mut().unwrap().remove("submit");
    assert_eq!(
        open(&world, &trigger, without_submit).await,
        "invalid_arguments"
    );
    let id = open(&world, &trigger, modal()).await;
    assert_eq!(ada.open_view().unwrap().id, id);
    assert_eq!(
        open(&world, &trigger, modal()).await,
        "exchanged_trigger_id"
    );

    ada.global_shortcut("request_access").await.unwrap();
    world.clock.advance(Duration::from_millis(3001));
    let late = echo.payload()["trigger_id"].as_str().unwrap().to_owned();
    assert_eq!(open(&world, &late, modal()).await, "expired_trigger_id");
    assert_eq!(open(&world, "1.2.3", modal()).await, "invalid_trigger_id");
}

async fn with_open_modal() -> (World, Echo) {
    let world = world().await;
    let echo = Echo::beside(&world).await;
    let ada = world.slack.person("U0ADA");
    ada.command("/access", "").await.unwrap();
    let id = open(&world, &echo.field("trigger_id"), modal()).await;
    assert!(id.starts_with('V'), "{id}");
    (world, echo)
}

#[tokio::test]
async fn a_modal_is_filled_in_and_submitted() {
    let (world, echo) = with_open_modal().await;
    let ada = world.slack.person("U0ADA");
    let early = ada.submit().await.unwrap_err();
    assert!(matches!(early, PersonError::NotAllowed(_)), "{early}");

    let told = ada.choose("choose_profile", "db").await.unwrap();
    assert!(told.is_some(), "the input dispatches");
    let payload = echo.payload();
    assert_eq!(payload["type"], "block_actions");
    assert_eq!(payload["actions"][0]["selected_option"]["value"], "db");
    let state = &payload["view"]["state"]["values"];
    assert_eq!(
        state["profile"]["choose_profile"]["selected_option"]["value"],
        "db"
    );
    assert_eq!(payload["view"]["private_metadata"], "kept");

    let unheard = ada.choose("choose_device", "n1").await.unwrap_err();
    assert!(matches!(unheard, PersonError::NoOption(_)));
    echo.answers(&json!({ "options": [option("n1")] }));
    let options = ada.search("choose_device", "n").await.unwrap();
    assert_eq!(options.len(), 1);
    assert_eq!(echo.payload()["type"], "block_suggestion");
    assert_eq!(echo.payload()["value"], "n");
    ada.choose("choose_device", "n1").await.unwrap();

    let long = ada.type_text("justification", "12345678901").await;
    assert!(matches!(long, Err(PersonError::NotAllowed(_))));
    ada.type_text("why/justification", "failover")
        .await
        .unwrap();

    echo.answers(&json!({
        "response_action": "errors", "errors": { "why": "Say more." },
    }));
    let reply = ada.submit().await.unwrap();
    assert_eq!(reply.error("why"), Some("Say more."));
    assert_eq!(ada.open_view().unwrap().errors["why"], "Say more.");
    let values = echo.payload()["view"]["state"]["values"].clone();
    assert_eq!(values["why"]["justification"]["value"], "failover");
    assert_eq!(
        values["device"]["choose_device"]["selected_option"]["value"],
        "n1"
    );

    echo.answers_nothing();
    assert_eq!(ada.submit().await.unwrap().outcome, Submitted::Closed);
    assert!(ada.open_view().is_none());
}

#[tokio::test]
async fn answers_that_slack_would_not_take_are_recorded() {
    let (world, echo) = with_open_modal().await;
    let ada = world.slack.person("U0ADA");
    echo.answers(&json!({ "response_action": "errors", "errors": { "nowhere": "x" } }));
    let reply = ada.submit_unchecked().await.unwrap();
    assert_eq!(reply.outcome, Submitted::Failed);
    echo.answers(&json!({ "options": [{ "text": plain("x") }] }));
    let search = ada.search("choose_device", "").await;
    assert!(matches!(search, Err(PersonError::BadAnswer(_))));
    let refusals = world.slack.refusals();
    assert_eq!(refusals[0].to, "view_submission");
    assert_eq!(refusals[1].to, "block_suggestion");
}

#[tokio::test]
async fn views_are_updated_stacked_and_closed() {
    let (world, echo) = with_open_modal().await;
    let ada = world.slack.person("U0ADA");
    ada.type_text("justification", "typed").await.unwrap();
    let view = ada.open_view().unwrap();
    let update = |hash: &str| {
        let arguments = json!({ "view_id": view.id, "hash": hash, "view": modal() });
        world.call("views.update", arguments)
    };
    assert_eq!(update("1.other").await.error(), "hash_conflict");
    assert_eq!(update(&view.hash).await.body["ok"], true);
    let updated = ada.open_view().unwrap();
    assert_ne!(updated.hash, view.hash);
    assert_eq!(updated.state["why"]["justification"]["value"], "typed");

    for depth in 2..=4 {
        ada.choose("choose_profile", "ssh").await.unwrap();
        let trigger = echo.payload()["trigger_id"].clone();
        let arguments = json!({ "trigger_id": trigger, "view": modal() });
        let pushed = world.call("views.push", arguments).await;
        match depth {
            4 => assert_eq!(pushed.error(), "push_limit_reached"),
            _ => assert_eq!(pushed.body["view"]["root_view_id"], view.id.as_str()),
        }
    }
    assert_eq!(world.slack.views_of("U0ADA").len(), 3);
    ada.close().await.unwrap().unwrap();
    assert_eq!(echo.payload()["type"], "view_closed");
    assert_eq!(echo.payload()["is_cleared"], false);
    assert_eq!(world.slack.views_of("U0ADA").len(), 2);

    echo.answers(&json!({ "response_action": "clear" }));
    let reply = ada.submit_unchecked().await.unwrap();
    assert_eq!(reply.outcome, Submitted::Cleared);
    assert!(ada.open_view().is_none());
    let gone = update(&view.hash).await;
    assert_eq!(gone.error(), "not_found");
}

#[tokio::test]
async fn external_ids_name_one_view_at_a_time() {
    let (world, echo) = with_open_modal().await;
    let ada = world.slack.person("U0ADA");
    let mut named = modal();
    named["external_id"] = json!("form-1");
    ada.choose("choose_profile", "ssh").await.unwrap();
    let trigger = echo.payload()["trigger_id"].clone();
    let arguments = json!({ "trigger_id": trigger, "view": named });
    world.call("views.push", arguments).await;
    let by_name = json!({ "external_id": "form-1", "view": named });
    assert_eq!(world.call("views.update", by_name).await.body["ok"], true);
    ada.choose("choose_profile", "ssh").await.unwrap();
    let trigger = echo.payload()["trigger_id"].clone();
    let arguments = json!({ "trigger_id": trigger, "view": named });
    let twice = world.call("views.push", arguments).await;
    assert_eq!(twice.error(), "duplicate_external_id");
}

#[tokio::test]
async fn a_button_is_pressed_as_it_stands_now() {
    let world = world().await;
    let echo = Echo::beside(&world).await;
    let posted = world.post_card("U0GRACE", card()).await.body;
    let grace = world.slack.person("U0GRACE");
    let message = grace.latest_card_containing("A card").unwrap();
    assert_eq!(
        message.buttons(),
        [("approve", "Approve"), ("revoke", "Revoke")]
    );

    grace.click(&message, "approve").await.unwrap();
    let click = echo.payload();
    assert_eq!(click["type"], "block_actions");
    assert_eq!(click["actions"][0]["value"], "REQ:1");
    assert_eq!(click["actions"][0]["block_id"], "row");
    assert_eq!(click["container"]["message_ts"], posted["ts"]);
    assert_eq!(click["channel"]["id"], "D0GRACE");
    assert_eq!(click["message"]["text"], "A card");
    assert_eq!(click["user"]["team_id"], "T0EXAMPLE");

    let asks = grace.click(&message, "revoke").await.unwrap_err();
    assert!(matches!(asks, PersonError::NeedsConfirm(_)));
    grace.click_confirmed(&message, "revoke").await.unwrap();
    let plain = grace.click_confirmed(&message, "approve").await;
    assert!(matches!(plain, Err(PersonError::NothingToConfirm)));
    let ada = world.slack.person("U0ADA");
    let foreign = ada.click(&message, "approve").await;
    assert!(
        matches!(foreign, Err(PersonError::NoMessage)),
        "not her message"
    );

    let edit = json!({ "channel": "D0GRACE", "ts": posted["ts"], "text": "Done" });
    world.call("chat.update", edit).await;
    let gone = grace.click(&message, "approve").await.unwrap_err();
    assert!(matches!(gone, PersonError::NoElement(_)));
    grace.click_stale(&message, "approve").await.unwrap();
    assert_eq!(echo.payload()["actions"][0]["value"], "REQ:1");
    grace
        .forge_click(&message, "approve", "REQ:2")
        .await
        .unwrap();
    assert_eq!(echo.payload()["actions"][0]["value"], "REQ:2");
}

#[tokio::test]
async fn a_response_url_works_five_times_for_half_an_hour() {
    let world = world().await;
    let echo = Echo::beside(&world).await;
    world.post_card("U0GRACE", card()).await;
    let grace = world.slack.person("U0GRACE");
    let message = grace.latest_card_containing("A card").unwrap();
    grace.click(&message, "approve").await.unwrap();
    let url = echo.payload()["response_url"].as_str().unwrap().to_owned();
    assert!(url.starts_with(&world.slack.origin()));
    let say = |body: Value| World::send(world.http.post(&url).json(&body));

    let done = say(json!({ "replace_original": true, "text": "Approved" })).await;
    assert_eq!(done.status, 200);
    assert!(grace.latest_card_containing("Approved").unwrap().edited());
    assert_eq!(
        say(json!({ "text": "Only you see this" })).await.status,
        200
    );
    assert_eq!(grace.ephemerals().len(), 1);
    let bad = say(json!({ "text": "x", "blocks": [{ "type": "nonsense" }] })).await;
    assert_eq!((bad.status, bad.error()), (400, "invalid_blocks"));
    for _ in 0..3 {
        assert_eq!(say(json!({ "text": "x" })).await.status, 200);
    }
    let used = say(json!({ "text": "x" })).await;
    assert_eq!((used.status, used.error()), (404, "used_url"));

    grace.click_stale(&message, "approve").await.unwrap();
    let url = echo.payload()["response_url"].as_str().unwrap().to_owned();
    world.clock.advance(Duration::from_secs(30 * 60 + 1));
    let late = World::send(world.http.post(&url).json(&json!({ "text": "x" }))).await;
    assert_eq!((late.status, late.error()), (404, "expired_url"));
    assert_eq!(world.slack.calls_of("response_url").len(), 8);
}

#[tokio::test]
async fn the_home_tab_is_published_and_used() {
    let world = world().await;
    let echo = Echo::beside(&world).await;
    let ada = world.slack.person("U0ADA");
    ada.open_home().await.unwrap();
    let (_, body) = echo.last();
    let event: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(event["event"]["type"], "app_home_opened");
    assert_eq!(event["event"]["user"], "U0ADA");

    let home = json!({ "type": "home", "blocks": card() });
    let publish = json!({ "user_id": "U0ADA", "view": home });
    assert_eq!(world.call("views.publish", publish).await.body["ok"], true);
    ada.press_home("approve").await.unwrap();
    let payload = echo.payload();
    assert_eq!(payload["view"]["type"], "home");
    assert_eq!(payload["container"]["type"], "view");
    let wrong = json!({ "user_id": "U0ADA", "view": modal() });
    assert_eq!(
        world.call("views.publish", wrong).await.error(),
        "invalid_arguments"
    );
}

#[tokio::test]
async fn menus_outside_of_modals_send_what_is_chosen() {
    let world = world().await;
    let echo = Echo::beside(&world).await;
    let ada = world.slack.person("U0ADA");
    let confirm = json!({
        "title": plain("Sure?"), "text": plain("Really."),
        "confirm": plain("Yes"), "deny": plain("No"),
    });
    let menus = json!([
        { "type": "section", "block_id": "one", "text": plain("More"),
          "accessory": { "type": "overflow", "action_id": "more",
                         "options": [option("lock"), option("paint")] } },
        { "type": "actions", "block_id": "row", "elements": [
            { "type": "static_select", "action_id": "which", "confirm": confirm,
              "option_groups": [{ "label": plain("Doors"), "options": [option("front")] }] },
        ] },
    ]);
    let home = json!({ "type": "home", "blocks": menus });
    let publish = json!({ "user_id": "U0ADA", "view": home });
    assert_eq!(world.call("views.publish", publish).await.body["ok"], true);
    ada.pick_home("more", "paint").await.unwrap();
    let payload = echo.payload();
    assert_eq!(payload["actions"][0]["selected_option"]["value"], "paint");
    assert!(
        payload["view"]["state"]["values"]["one"].is_null(),
        "an overflow menu remembers nothing"
    );
    let plainly = ada.pick_home("which", "front").await;
    assert!(matches!(plainly, Err(PersonError::NeedsConfirm(_))));
    ada.pick_home_confirmed("which", "front").await.unwrap();
    let kept = &echo.payload()["view"]["state"]["values"]["row"]["which"];
    assert_eq!(kept["selected_option"]["value"], "front");

    world.post_card("U0ADA", menus).await;
    let card = ada.latest_card_containing("More").unwrap();
    ada.pick(&card, "more", "lock").await.unwrap();
    assert_eq!(echo.payload()["container"]["type"], "message");
    ada.pick_confirmed(&card, "which", "front").await.unwrap();
    assert_eq!(echo.payload()["actions"][0]["type"], "static_select");
    let gone = ada.pick(&card, "more", "burn").await;
    assert!(matches!(gone, Err(PersonError::NoOption(_))));

    let mut whispered = card.clone();
    whispered.audience = crate::sandbox::slack::Audience::Only("U0ADA".to_owned());
    let refused = ada.message_shortcut("ring_for", &whispered).await;
    assert!(matches!(refused, Err(PersonError::NotAllowed(_))));
}

#[tokio::test]
async fn strangers_and_organisations_look_as_slack_shows_them() {
    let clock = noon();
    let world = World::of(setup(&clock).for_enterprise("E0ORG"), clock).await;
    let echo = Echo::beside(&world).await;
    let ada = world.slack.person("U0ADA");
    ada.global_shortcut("request_access").await.unwrap();
    let payload = echo.payload();
    assert_eq!(payload["team"], Value::Null);
    assert_eq!(payload["enterprise"]["id"], "E0ORG");
    assert_eq!(payload["is_enterprise_install"], true);

    let eve = world.slack.person("U0EVE");
    let message = world.slack.say("C0OPS", "U0ADA", "Look at this");
    eve.message_shortcut("request_access_for", &message)
        .await
        .unwrap();
    let payload = echo.payload();
    assert_eq!(payload["user"]["team_id"], "T0OTHER");
    assert_eq!(payload["message"]["text"], "Look at this");
}

#[tokio::test]
async fn requests_can_be_forged_replayed_and_redelivered() {
    let world = world().await;
    let echo = Echo::beside(&world).await;
    let raw = |signing| {
        let body = b"payload=%7B%7D".to_vec();
        world.slack.post(
            INTERACTIONS,
            "application/x-www-form-urlencoded",
            body,
            signing,
        )
    };
    raw(Signing::Unsigned).await.unwrap();
    assert!(echo.last().0.get("x-slack-signature").is_none());
    raw(Signing::Right).await.unwrap();
    let right = echo.last().0["x-slack-signature"].clone();
    raw(Signing::WithSecret("guessed".into())).await.unwrap();
    assert_ne!(echo.last().0["x-slack-signature"], right);
    raw(Signing::Off(-301)).await.unwrap();
    assert_eq!(echo.last().0["x-slack-request-timestamp"], "1799999699");

    let first = world.slack.deliveries()[1].clone();
    world.clock.advance(Duration::from_secs(5));
    world.slack.replay(&first).await.unwrap();
    assert_eq!(echo.last().0["x-slack-signature"], right, "byte for byte");

    let sent = world.slack.user_changed("U0GONE").await.unwrap().delivery;
    let event: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(event["event"]["user"]["deleted"], true);
    world.slack.redeliver(&sent, 2).await.unwrap();
    let (headers, body) = echo.last();
    assert_eq!(headers["x-slack-retry-num"], "2");
    assert_eq!(body, sent.body);
    assert_eq!(sent.path, EVENTS);
    assert_ne!(headers["x-slack-signature"], right);
}

#[tokio::test]
async fn a_test_can_wait_for_what_it_hopes_to_see() {
    let world = world().await;
    let ada = world.slack.person("U0ADA");
    let patience = Duration::from_secs(5);
    let (card, _) = tokio::join!(
        ada.await_card("A card", patience),
        world.post_card("U0ADA", card()),
    );
    assert!(card.is_some());
    let never = ada
        .await_card("never posted", Duration::from_millis(20))
        .await;
    assert!(never.is_none());
}
