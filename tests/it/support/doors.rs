//! A page that shows an app which is not Lapse: it opens doors. The stand-ins and the page know
//! nothing of either, so what works here works for every app.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use chrono::{DateTime, Utc};
use lapse::sandbox::page::{Attempt, Backstage, Page, PageSetup, Shortcut};
use lapse::sandbox::slack::{Channel, RateLimits, SlackSandbox, SlackSetup, User};
use lapse::sandbox::tailscale::{TailnetSetup, TailscaleSandbox};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const ADA: &str = "U0ADA";
pub const GRACE: &str = "U0GRACE";
pub const LOBBY: &str = "C0LOBBY";

/// What Slack is told of the app.
const MANIFEST: &str = r##"
settings:
  event_subscriptions: {bot_events: [function_executed]}
  interactivity: {is_enabled: true}
  org_deploy_enabled: true
  function_runtime: remote
functions:
  open_door:
    title: Open a door
    description: Opens it for somebody
    input_parameters:
      person: {type: slack#/types/user_id, name: person, title: Person, description: Who goes through, is_required: true}
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
        dynamic_options: {function: "#/functions/list_keys", inputs: {door: {value: "{{input_parameters.door}}"}}}
      times: {type: integer, name: times, title: Times, description: How often}
    output_parameters:
      visit: {type: string, name: visit, title: Visit, description: Its number, is_required: true}
      opened: {type: boolean, name: opened, title: Opened, description: Whether it is open, is_required: true}
      by: {type: slack#/types/user_id, name: by, title: Opened by, description: Who agreed}
      until: {type: slack#/types/timestamp, name: until, title: Closes, description: When it closes}
  close_door:
    title: Close a door
    description: Ends a visit
    input_parameters:
      visit: {type: string, name: visit, title: Visit, description: Which visit, is_required: true}
    output_parameters: {}
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
    output_parameters:
      options: {type: slack#/types/options_select, name: options, title: Options, description: Keys, is_required: true}
"##;

/// The app: keeps what it was sent, lists doors and keys, and leaves steps to the story.
#[derive(Clone)]
struct Porter {
    slack: SlackSandbox,
    http: reqwest::Client,
    got: Arc<Mutex<Vec<Value>>>,
}

async fn event(State(porter): State<Porter>, body: Bytes) -> &'static str {
    let envelope: Value = serde_json::from_slice(&body).expect("JSON");
    let event = &envelope["event"];
    let option = |name: String| json!({ "text": { "type": "plain_text", "text": name }, "value": name.to_lowercase() });
    let names = match event["function"]["callback_id"].as_str() {
        Some("list_doors") => vec!["Front".to_owned(), "Back".to_owned()],
        Some("list_keys") => {
            let door = event["inputs"]["door"].as_str().unwrap_or_default();
            vec![
                format!("Brass key of {door}"),
                format!("Iron key of {door}"),
            ]
        }
        _ => Vec::new(),
    };
    if !names.is_empty() {
        let options: Vec<Value> = names.into_iter().map(option).collect();
        let id = event["function_execution_id"].as_str().expect("an id");
        porter.completes(id, json!({ "options": options })).await;
    }
    porter.got.lock().expect("whole").push(envelope);
    ""
}

/// Every interaction is a form with one field.
async fn interaction(State(porter): State<Porter>, body: Bytes) -> &'static str {
    let payload = form_urlencoded::parse(&body).find(|(name, _)| name == "payload");
    let (_, payload) = payload.expect("a payload");
    let payload = serde_json::from_str(&payload).expect("JSON");
    porter.got.lock().expect("whole").push(payload);
    ""
}

impl Porter {
    async fn calls(&self, method: &str, arguments: &Value) {
        let url = format!("{}/{method}", self.slack.api_url());
        let token = self.slack.credentials().bot_token;
        let call = self.http.post(url).bearer_auth(token).json(arguments);
        let answer: Value = call.send().await.expect("sent").json().await.expect("JSON");
        assert_eq!(answer["ok"], true, "{method} {arguments}: {answer}");
    }

    async fn completes(&self, execution: &str, outputs: Value) {
        let arguments = json!({ "function_execution_id": execution, "outputs": outputs });
        self.calls("functions.completeSuccess", &arguments).await;
    }
}

/// The clock stands, and there is no bot to be killed.
struct Still(DateTime<Utc>);

impl Backstage for Still {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }

    fn advance(&self, _: Duration) {}

    fn is_running(&self) -> bool {
        true
    }

    fn kill(&self) -> Attempt<'_> {
        Box::pin(async { Err("There is nothing to kill.".to_owned()) })
    }

    fn restart(&self) -> Attempt<'_> {
        self.kill()
    }
}

/// All of it, until it is dropped.
pub struct Doors {
    pub slack: SlackSandbox,
    page: Page,
    porter: Porter,
}

impl Doors {
    pub async fn open() -> Self {
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a moment");
        let setup = SlackSetup::new(Arc::new(move || now))
            .manifest(MANIFEST)
            .expect("Slack takes the manifest")
            .limits(RateLimits::none())
            .user(User::member(ADA, "Ada Lovelace", "ada@example.com"))
            .user(User::member(GRACE, "Grace Hopper", "grace@example.com"))
            .channel(Channel::public(LOBBY, "lobby").with(&[ADA, GRACE]));
        let slack = SlackSandbox::start(setup).await.expect("Slack starts");
        let tailnet = TailscaleSandbox::start(TailnetSetup::new()).await;
        let porter = Porter {
            slack: slack.clone(),
            http: lapse::cli::wiring::http_client("http://127.0.0.1").expect("a client"),
            got: Arc::default(),
        };
        let routes = Router::new()
            .route("/slack/events", post(event))
            .route("/slack/interactions", post(interaction))
            .with_state(porter.clone());
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = tokio::net::TcpListener::bind(anywhere).await;
        let listener = listener.expect("a port");
        let address = listener.local_addr().expect("its address");
        tokio::spawn(async move { axum::serve(listener, routes).await });
        slack.connect_bot(&format!("http://{address}"));
        let shortcut = |callback_id: &str, label: &str| {
            vec![Shortcut {
                callback_id: callback_id.to_owned(),
                label: label.to_owned(),
            }]
        };
        let page = Page::start(PageSetup {
            listen: anywhere,
            slack: slack.clone(),
            tailnet: Arc::new(tailnet.expect("the tailnet starts")),
            backstage: Arc::new(Still(now)),
            destinations: Vec::new(),
            app: "Porter".to_owned(),
            commands: vec!["/door".to_owned()],
            shortcuts: shortcut("ring", "Ring the bell"),
            message_shortcuts: shortcut("ring_for", "Ring for this"),
            home_tab: true,
        });
        Self {
            page: page.await.expect("the page starts"),
            slack,
            porter,
        }
    }

    pub fn url(&self) -> String {
        self.page.url()
    }

    /// What the app was sent, oldest first: events in their envelopes, interactions bare.
    pub fn got(&self) -> Vec<Value> {
        self.porter.got.lock().expect("whole").clone()
    }

    /// The app does what the step asked for.
    pub async fn completes(&self, execution: &str, outputs: Value) {
        self.porter.completes(execution, outputs).await;
    }

    /// The app says that it cannot.
    pub async fn fails(&self, execution: &str, error: &str) {
        let arguments = json!({ "function_execution_id": execution, "error": error });
        self.porter
            .calls("functions.completeError", &arguments)
            .await;
    }

    /// The app writes to somebody, or publishes their home tab.
    pub async fn calls(&self, method: &str, arguments: Value) {
        self.porter.calls(method, &arguments).await;
    }

    /// The app is away from now on.
    pub fn goes_away(&self) {
        self.slack.connect_bot("http://127.0.0.1:1");
    }
}
