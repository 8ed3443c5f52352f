//! Workflow Builder's side, against a tiny app that completes what it is told to.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use serde_json::{Value, json};

use super::world::{Answer, World, noon, setup};
use crate::sandbox::slack::{
    Answered, Execution, ExecutionState, Fault, Function, OptionsError, RateLimits, StepError,
    Times, User,
};

const MANIFEST: &str = r##"
settings:
  event_subscriptions:
    bot_events: [function_executed]
  interactivity: {is_enabled: true}
  org_deploy_enabled: true
  function_runtime: remote
functions:
  open_door:
    title: Open a door
    description: Opens it for somebody
    input_parameters:
      person: {type: slack#/types/user_id, name: person, title: Person, description: Who, is_required: true}
      door:
        type: string
        name: door
        title: Door
        description: Which one
        is_required: true
        dynamic_options: {function: "#/functions/list_doors", inputs: {}}
      key:
        type: string
        name: key
        title: Key
        description: Which of its keys
        dynamic_options:
          function: "#/functions/list_keys"
          inputs: {door: {value: "{{input_parameters.door}}"}, kind: {value: brass}}
      why: {type: string, name: why, title: Why, description: The reason, maxLength: 5}
    output_parameters:
      opened: {type: boolean, name: opened, title: Opened, description: Whether it is open, is_required: true}
      by: {type: slack#/types/user_id, name: by, title: By, description: Who opened it}
      until: {type: slack#/types/timestamp, name: until, title: Until, description: When it closes}
  list_doors:
    title: List doors
    description: The doors
    input_parameters: {}
    output_parameters:
      options: {type: slack#/types/options_select, name: options, title: Options, description: Doors, is_required: true}
  list_keys:
    title: List keys
    description: The keys of a door
    input_parameters:
      door: {type: string, name: door, title: Door, description: Of which door, is_required: true}
      kind: {type: string, name: kind, title: Kind, description: Of which kind}
    output_parameters:
      options: {type: slack#/types/options_select, name: options, title: Options, description: Keys, is_required: true}
"##;

/// What the app does before it acknowledges.
type Does = (String, Value);

/// An app that keeps every event.
#[derive(Clone, Default)]
struct App {
    events: Arc<Mutex<Vec<(HeaderMap, Value)>>>,
    does: Arc<Mutex<Option<Does>>>,
    api_url: String,
    http: reqwest::Client,
}

async fn take(State(app): State<App>, headers: HeaderMap, body: Bytes) -> String {
    let event: Value = serde_json::from_slice(&body).unwrap();
    let token = event["event"]["bot_access_token"].clone();
    let id = event["event"]["function_execution_id"].clone();
    app.events.lock().unwrap().push((headers, event));
    let does = app.does.lock().unwrap().clone();
    if let Some((method, mut arguments)) = does {
        arguments["function_execution_id"] = id;
        let url = format!("{}/{method}", app.api_url);
        let call = app.http.post(url).bearer_auth(token.as_str().unwrap());
        call.json(&arguments).send().await.unwrap();
    }
    String::new()
}

impl App {
    async fn beside(world: &World) -> Self {
        let app = Self {
            api_url: world.slack.api_url(),
            http: world.http.clone(),
            ..Self::default()
        };
        let routes = Router::new()
            .route("/slack/events", post(take))
            .with_state(app.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        world.slack.connect_bot(&format!("http://{address}"));
        app
    }

    fn completes(&self, outputs: &Value) {
        let arguments = json!({ "outputs": outputs });
        *self.does.lock().unwrap() = Some(("functions.completeSuccess".to_owned(), arguments));
    }

    fn fails(&self, error: &str) {
        let arguments = json!({ "error": error });
        *self.does.lock().unwrap() = Some(("functions.completeError".to_owned(), arguments));
    }

    fn last(&self) -> (HeaderMap, Value) {
        self.events.lock().unwrap().last().unwrap().clone()
    }
}

async fn world() -> (World, App) {
    let clock = noon();
    let setup = setup(&clock).manifest(MANIFEST).unwrap();
    let world = World::of(setup, clock).await;
    let app = App::beside(&world).await;
    (world, app)
}

fn inputs() -> Value {
    json!({ "person": "U0ADA", "door": "front" })
}

async fn run(world: &World) -> Execution {
    world.slack.run_step("open_door", inputs()).await.unwrap()
}

async fn complete(world: &World, id: &str, outputs: Value) -> Answer {
    let arguments = json!({ "function_execution_id": id, "outputs": outputs });
    world.call("functions.completeSuccess", arguments).await
}

fn options(many: usize) -> Value {
    let one = |number| {
        json!({ "text": { "type": "plain_text", "text": format!("Door {number}") },
                "value": format!("door-{number}") })
    };
    json!({ "options": (0..many).map(one).collect::<Vec<_>>() })
}

#[tokio::test]
async fn a_step_reaches_the_app_and_is_completed_once() {
    let (world, app) = world().await;
    let execution = run(&world).await;
    assert!(execution.id.starts_with("Fx") && execution.is_running());
    assert_eq!(execution.answered, Answered::Status(200));

    let (_, envelope) = app.last();
    let event = &envelope["event"];
    assert_eq!(event["type"], "function_executed");
    assert_eq!(event["function"]["callback_id"], "open_door");
    assert_eq!(event["function"]["type"], "app");
    let person = &event["function"]["input_parameters"][0];
    assert_eq!(person["type"], "slack#/types/user_id");
    assert_eq!(person["is_required"], true);
    assert_eq!(event["inputs"], inputs());
    assert_eq!(event["function_execution_id"], execution.id.as_str());
    let run = event["workflow_execution_id"].as_str().unwrap();
    assert!(run.starts_with("Wx"));
    let token = event["bot_access_token"].as_str().unwrap();
    assert!(token.starts_with("xwfp-"));

    let outputs = json!({ "opened": true, "by": "U0GRACE", "until": 1_800_003_600 });
    let done = complete(&world, &execution.id, outputs.clone()).await;
    assert_eq!(done.body, json!({ "ok": true }));
    let patience = Duration::from_secs(5);
    let ended = world.slack.await_execution(&execution.id, patience).await;
    let ended = ended.unwrap();
    assert_eq!(ended.outputs(), Some(&outputs));
    assert_eq!(ended.ended_at, Some(ended.began_at));

    let twice = complete(&world, &execution.id, outputs).await;
    assert_eq!(twice.error(), "execution_not_in_running_state");
    let unknown = complete(&world, "Fx0", json!({ "opened": true })).await;
    assert_eq!(unknown.error(), "function_execution_not_found");
    assert_eq!(world.slack.refusals(), [], "nothing of this is a bug");
}

#[tokio::test]
async fn outputs_have_to_be_what_was_declared() {
    let (world, _app) = world().await;
    let id = run(&world).await.id;
    for (outputs, says) in [
        (json!({}), "missing required field: opened"),
        (json!({ "opened": "yes" }), "must be a valid boolean"),
        (
            json!({ "opened": true, "when": 1 }),
            "no additional properties allowed: when",
        ),
        (
            json!({ "opened": true, "by": "grace" }),
            "must be a valid slack#/types/user_id",
        ),
        (
            json!({ "opened": true, "until": "1800003600" }),
            "must be a valid slack#/types/timestamp",
        ),
        (
            json!({ "opened": true, "until": 1.5 }),
            "must be a valid slack#/types/timestamp",
        ),
        (json!([]), "must be an object"),
    ] {
        let refused = complete(&world, &id, outputs).await;
        assert_eq!(refused.error(), "parameter_validation_failed");
        let message = refused.body["response_metadata"]["messages"][0].as_str();
        assert!(message.unwrap().contains(says), "{message:?}, not {says}");
    }
    assert_eq!(world.slack.take_refusals().len(), 7);

    let fail = |error: Value| {
        let arguments = json!({ "function_execution_id": id, "error": error });
        world.call("functions.completeError", arguments)
    };
    assert_eq!(fail(json!(" ")).await.error(), "invalid_arguments");
    assert!(world.slack.execution(&id).unwrap().is_running());
    fail(json!("The door is stuck.")).await;
    let state = world.slack.execution(&id).unwrap().state;
    assert_eq!(
        state,
        ExecutionState::Failed("The door is stuck.".to_owned())
    );
}

#[tokio::test]
async fn the_builder_lets_nobody_leave_a_step_half_filled() {
    let (world, app) = world().await;
    for inputs in [
        json!({ "person": "U0ADA" }),
        json!({ "person": "U0NOBODY", "door": "front" }),
        json!({ "person": "U0ADA", "door": "" }),
        json!({ "person": "U0ADA", "door": 1 }),
        json!({ "person": "U0ADA", "door": "front", "colour": "red" }),
        json!({ "person": "U0ADA", "door": "front", "why": "too long" }),
    ] {
        let refused = world.slack.run_step("open_door", inputs.clone()).await;
        assert!(matches!(refused, Err(StepError::BadInputs(_))), "{inputs}");
    }
    let unknown = world.slack.run_step("close_door", json!({})).await;
    assert!(matches!(unknown, Err(StepError::NoFunction(_))));
    assert!(app.events.lock().unwrap().is_empty());
    assert!(world.slack.executions().is_empty());
}

#[tokio::test]
async fn the_token_of_an_execution_completes_it_for_fifteen_minutes() {
    let (world, _app) = world().await;
    let (first, second) = (run(&world).await, run(&world).await);
    let with = |token: &str, id: &str| {
        let url = format!("{}/functions.completeSuccess", world.slack.api_url());
        let arguments = json!({ "function_execution_id": id, "outputs": { "opened": false } });
        World::send(world.http.post(url).bearer_auth(token).json(&arguments))
    };
    assert_eq!(
        with(&first.token, &second.id).await.error(),
        "access_denied"
    );
    assert_eq!(
        with("xwfp-guessed", &first.id).await.error(),
        "invalid_auth"
    );
    world.clock.advance(Duration::from_mins(15));
    assert_eq!(with(&first.token, &first.id).await.body["ok"], true);
    assert_eq!(with(&first.token, &first.id).await.error(), "token_expired");

    world.clock.advance(Duration::from_millis(1));
    assert_eq!(
        with(&second.token, &second.id).await.error(),
        "token_expired"
    );
    let by_bot = complete(&world, &second.id, json!({ "opened": false })).await;
    assert_eq!(
        by_bot.body["ok"], true,
        "the bot's own token completes it hours later"
    );

    let call = world
        .http
        .post(format!("{}/auth.test", world.slack.api_url()));
    let third = run(&world).await;
    let elsewhere = World::send(call.bearer_auth(&third.token)).await;
    assert_eq!(elsewhere.error(), "invalid_auth");
}

#[tokio::test]
async fn an_execution_can_be_told_of_again_and_be_ended() {
    let (world, app) = world().await;
    let execution = run(&world).await;
    let (_, first) = app.last();
    world.slack.redeliver_step(&execution.id, 1).await.unwrap();
    let (headers, again) = app.last();
    assert_eq!(headers["x-slack-retry-num"], "1");
    assert_eq!(again, first, "with the same event id");

    world.slack.end_execution(&execution.id);
    let late = complete(&world, &execution.id, json!({ "opened": true })).await;
    assert_eq!(late.error(), "execution_not_in_running_state");
    let state = world.slack.execution(&execution.id).unwrap().state;
    assert_eq!(state, ExecutionState::Ended);
}

#[tokio::test]
async fn a_step_runs_though_the_app_is_away() {
    let (world, _app) = world().await;
    world.slack.connect_bot("http://127.0.0.1:1");
    let execution = run(&world).await;
    assert_eq!(execution.answered, Answered::Never);
    assert!(execution.is_running());
    let app = App::beside(&world).await;
    world.slack.redeliver_step(&execution.id, 1).await.unwrap();
    assert_eq!(app.last().1["event"]["inputs"], inputs());
    let answered = world.slack.execution(&execution.id).unwrap().answered;
    assert_eq!(answered, Answered::Status(200));
}

#[tokio::test]
async fn completing_goes_wrong_on_request_and_has_a_limit() {
    let (world, _app) = world().await;
    let id = run(&world).await.id;
    let lost = Fault::AppliedThenStatus(503);
    world
        .slack
        .fail("functions.completeSuccess", lost, Times::Once);
    let answer = complete(&world, &id, json!({ "opened": true })).await;
    assert_eq!(answer.status, 503);
    assert!(!world.slack.execution(&id).unwrap().is_running());

    let published = RateLimits::published();
    assert_eq!(published.per_minute["functions.completeSuccess"], 50);
    assert_eq!(published.per_minute["functions.completeError"], 50);
}

#[tokio::test]
async fn a_menu_is_filled_before_the_event_is_acknowledged() {
    let (world, app) = world().await;
    let slack = &world.slack;
    app.completes(&options(100));
    let doors = slack.options("list_doors", json!({})).await.unwrap();
    assert_eq!(doors.len(), 100);
    assert_eq!(
        (doors[0].text.as_str(), doors[0].value.as_str()),
        ("Door 0", "door-0")
    );

    let keys = slack
        .options_of("open_door", "key", &json!({ "door": "front" }))
        .await;
    assert!(keys.is_ok());
    let asked = app.last().1["event"]["inputs"].clone();
    assert_eq!(asked, json!({ "door": "front", "kind": "brass" }));
    let too_early = slack.options_of("open_door", "key", &json!({})).await;
    assert!(matches!(
        too_early,
        Err(OptionsError::Step(StepError::BadInputs(_)))
    ));

    app.fails("The doors are being painted.");
    let failed = slack.options("list_doors", json!({})).await;
    assert!(matches!(failed, Err(OptionsError::Failed(_))));
    let no_menu = slack.options("open_door", json!({})).await;
    assert!(matches!(no_menu, Err(OptionsError::NoOptions(_))));
    assert_eq!(slack.refusals(), []);

    app.completes(&options(101));
    let too_many = slack.options("list_doors", json!({})).await;
    assert!(matches!(too_many, Err(OptionsError::AcknowledgedFirst)));
    let codes: Vec<String> = slack
        .take_refusals()
        .into_iter()
        .map(|one| one.code)
        .collect();
    assert_eq!(
        codes,
        ["parameter_validation_failed", "options_acknowledged_first"]
    );
}

#[tokio::test]
async fn an_organisation_tells_of_people_groups_and_workspaces() {
    let clock = noon();
    let setup = setup(&clock)
        .for_enterprise("E0ORG")
        .manifest(MANIFEST)
        .unwrap();
    let setup = setup.user(User::member("W0JOAN", "Joan Clarke", "joan@example.com"));
    let world = World::of(setup, clock).await;
    let app = App::beside(&world).await;
    let slack = &world.slack;

    slack
        .run_step("open_door", json!({ "person": "W0JOAN", "door": "front" }))
        .await
        .unwrap();
    let (_, step) = app.last();
    assert_eq!(step["authorizations"][0]["team_id"], Value::Null);
    assert_eq!(step["authorizations"][0]["is_enterprise_install"], true);
    assert_eq!(step["enterprise_id"], "E0ORG");

    slack.team_access_revoked(&["T0EXAMPLE"]).await.unwrap();
    let (_, revoked) = app.last();
    assert_eq!(revoked["team_id"], Value::Null);
    assert_eq!(revoked["event"]["team_ids"], json!(["T0EXAMPLE"]));
    slack.team_access_granted(&["T0EXAMPLE"]).await.unwrap();
    assert_eq!(app.last().1["event"]["type"], "team_access_granted");

    slack.set_usergroup_members("S0PROD", &["W0JOAN"]);
    slack.usergroup_changed("S0PROD").await.unwrap();
    let (_, changed) = app.last();
    assert_eq!(changed["event"]["type"], "subteam_updated");
    assert_eq!(changed["event"]["subteam"]["users"], json!(["W0JOAN"]));
    slack
        .usergroup_members_changed("S0PROD", &["W0JOAN"], &["U0GRACE"])
        .await
        .unwrap();
    let (_, members) = app.last();
    assert_eq!(members["event"]["subteam_id"], "S0PROD");
    assert_eq!(members["event"]["removed_users_count"], "1");

    slack.set_user(User::member("W0JOAN", "Joan Clarke", "joan@example.com").external("T0OTHER"));
    slack.user_changed("W0JOAN").await.unwrap();
    assert_eq!(app.last().1["event"]["user"]["team_id"], "T0OTHER");
}

#[test]
fn a_manifest_that_slack_would_not_take_is_refused() {
    let declared = Function::of_manifest(MANIFEST).unwrap();
    let names: Vec<&str> = declared
        .iter()
        .map(|one| one.callback_id.as_str())
        .collect();
    assert_eq!(names, ["open_door", "list_doors", "list_keys"]);
    assert!(declared[1].lists_options() && !declared[0].lists_options());
    assert_eq!(Function::of_manifest("functions: {}").unwrap(), []);
    assert_eq!(
        Function::of_manifest("display_information: {}").unwrap(),
        []
    );

    for (good, bad, at) in [
        (
            "runtime: remote",
            "runtime: slack",
            "/settings/function_runtime",
        ),
        (
            "deploy_enabled: true",
            "deploy_enabled: false",
            "/settings/org_deploy_enabled",
        ),
        (
            "[function_executed]",
            "[]",
            "/settings/event_subscriptions/bot_events",
        ),
        (
            "name: person,",
            "name: who,",
            "/functions/open_door/input_parameters/person",
        ),
        (
            "type: boolean",
            "type: bool",
            "/functions/open_door/output_parameters/opened",
        ),
        (
            "kind: {value: brass}",
            "size: {value: 1}",
            "/functions/open_door/input_parameters/key/dynamic_options",
        ),
        (
            "#/functions/list_doors",
            "#/functions/open_door",
            "/functions/open_door/input_parameters/door/dynamic_options",
        ),
        (
            "title: Open a door",
            "headline: Open",
            "/functions/open_door",
        ),
    ] {
        assert!(MANIFEST.contains(good));
        let refused = Function::of_manifest(&MANIFEST.replacen(good, bad, 1));
        assert_eq!(refused.unwrap_err().at, at);
    }
}
