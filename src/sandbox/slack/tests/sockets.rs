//! Socket Mode, from the app's side of the connection.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message},
};

use super::world::{World, noon, setup};

const TOKEN: &str = "xapp-sandbox-token";

async fn world() -> World {
    let clock = noon();
    World::of(setup(&clock).socket_mode(), clock).await
}

struct Line(WebSocketStream<TcpStream>);

impl World {
    async fn open_with(&self, token: &str) -> Value {
        let url = format!("{}/apps.connections.open", self.slack.api_url());
        Self::send(self.http.post(url).bearer_auth(token))
            .await
            .body
    }

    async fn address(&self) -> String {
        let answer = self.open_with(TOKEN).await;
        answer["url"].as_str().expect("an address").to_owned()
    }

    async fn connect(&self, address: &str) -> Result<Line, Error> {
        let host = self.slack.origin().replace("http://", "");
        let stream = TcpStream::connect(host).await.expect("it listens");
        let (stream, _) = client_async(address, stream).await?;
        Ok(Line(stream))
    }

    /// A connection on which hello was said.
    async fn line(&self) -> Line {
        let mut line = self.connect(&self.address().await).await.expect("open");
        assert_eq!(line.next().await["type"], "hello");
        line
    }

    fn codes(&self) -> Vec<String> {
        let refusals = self.slack.take_refusals();
        refusals.into_iter().map(|refusal| refusal.code).collect()
    }
}

impl Line {
    async fn next(&mut self) -> Value {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(text.as_str()).expect("JSON");
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Value::Null,
                Some(Ok(_)) => {}
            }
        }
    }

    async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.expect("sent");
    }

    async fn acknowledge(&mut self, envelope: &Value, payload: Value) {
        let id = &envelope["envelope_id"];
        let acknowledgement = json!({ "envelope_id": id, "payload": payload });
        self.say(&acknowledgement.to_string()).await;
    }
}

#[tokio::test]
async fn only_an_app_level_token_with_its_scope_opens_a_connection() {
    let world = world().await;
    let refused = |answer: Value| answer["error"].as_str().map(str::to_owned);
    let bot = world.open_with("xoxb-sandbox-token").await;
    assert_eq!(refused(bot).as_deref(), Some("not_allowed_token_type"));
    let unknown = world.open_with("xapp-unknown").await;
    assert_eq!(refused(unknown).as_deref(), Some("invalid_auth"));
    let url = format!("{}/apps.connections.open", world.slack.api_url());
    let as_parameter = world.http.post(url).form(&[("token", TOKEN)]);
    let as_parameter = World::send(as_parameter).await;
    assert_eq!(as_parameter.error(), "invalid_auth");
    let other = format!("{}/auth.test", world.slack.api_url());
    let other = World::send(world.http.post(other).bearer_auth(TOKEN)).await;
    assert_eq!(other.error(), "not_allowed_token_type");
    world.slack.unscope_app_token(TOKEN);
    let answer = world.open_with(TOKEN).await;
    assert_eq!(answer["error"], "missing_scope");
    assert_eq!(answer["needed"], "connections:write");
}

#[tokio::test]
async fn an_address_works_once() {
    let world = world().await;
    let address = world.address().await;
    let mut first = world.connect(&address).await.expect("open");
    assert_eq!(first.next().await["num_connections"], 1);
    assert!(world.connect(&address).await.is_err());
    assert_eq!(world.codes(), ["invalid_ticket"]);
    assert_eq!(world.slack.sockets().len(), 1);
}

#[tokio::test]
async fn an_app_has_at_most_ten() {
    let world = world().await;
    let mut lines = Vec::new();
    for _ in 0..10 {
        lines.push(world.line().await);
    }
    let mut more = world.connect(&world.address().await).await.expect("open");
    let told = more.next().await;
    assert_eq!(told["type"], "disconnect");
    assert_eq!(told["reason"], "too_many_websockets");
    assert_eq!(world.slack.sockets().len(), 10);
}

#[tokio::test]
async fn a_command_goes_in_an_envelope_and_its_answer_is_shown() {
    let world = world().await;
    let mut line = world.line().await;
    let ada = world.slack.person("U0ADA");
    let typing = tokio::spawn(async move { ada.command("/access", "help").await });
    let envelope = line.next().await;
    assert_eq!(envelope["type"], "slash_commands");
    assert_eq!(envelope["accepts_response_payload"], true);
    assert_eq!(envelope["payload"]["text"], "help");
    let answer = json!({ "response_type": "ephemeral", "text": "Ask me" });
    line.acknowledge(&envelope, answer).await;
    let reply = typing.await.expect("the task ends").expect("answered");
    assert_eq!(reply.status, 200);
    let shown = world.slack.person("U0ADA").latest_ephemeral();
    assert_eq!(shown.expect("shown").text, "Ask me");
    assert!(world.codes().is_empty());
}

#[tokio::test]
async fn what_slack_would_not_take_is_refused() {
    let world = world().await;
    let mut line = world.line().await;
    line.say("nonsense").await;
    line.say("[]").await;
    line.say(r#"{"payload":{}}"#).await;
    line.say(r#"{"envelope_id":"unknown"}"#).await;
    let slack = world.slack.clone();
    world.slack.set_ack_patience(Duration::from_millis(500));
    let event = tokio::spawn(async move { slack.event(json!({ "type": "x" })).await });
    let envelope = line.next().await;
    assert_eq!(envelope["type"], "events_api");
    assert_eq!(envelope["retry_attempt"], 0);
    line.acknowledge(&envelope, json!({ "text": "no" })).await;
    // An answer that is not taken is no acknowledgement: the event comes again.
    let again = line.next().await;
    assert_eq!(again["retry_attempt"], 1);
    line.acknowledge(&again, Value::Null).await;
    assert_eq!(event.await.expect("ends").expect("answered").status, 200);
    line.acknowledge(&again, Value::Null).await;
    let codes = world
        .slack
        .until(Duration::from_secs(10), |slack| {
            (slack.refusals().len() == 6).then(|| world.codes())
        })
        .await;
    assert_eq!(
        codes.expect("six refusals"),
        [
            "invalid_json",
            "invalid_json",
            "no_envelope_id",
            "unknown_envelope",
            "payload_not_accepted",
            "already_acknowledged"
        ]
    );
}

#[tokio::test]
async fn nothing_that_only_http_has_goes_over_a_connection() {
    let world = world().await;
    let mut line = world.line().await;
    assert!(world.slack.verify_url("lighthouse").await.is_err());
    world.slack.announce_disconnect(1, "warning");
    assert_eq!(line.next().await["reason"], "warning");
    assert!(world.slack.sockets()[0].is_leaving);
    world.slack.switch_socket_mode_off();
    assert_eq!(line.next().await["reason"], "link_disabled");
    assert_eq!(line.next().await, Value::Null, "it is closed");
    let mut late = world.connect(&world.address().await).await.expect("open");
    assert_eq!(late.next().await["reason"], "link_disabled");
}
