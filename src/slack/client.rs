//! The Web API over HTTP.
//!
//! One attempt a call, five seconds each; nothing is repeated here. The token goes to `api_url`
//! and nowhere else. Read methods take a form, because Slack ignores JSON there (`users.info`
//! then answers `user_not_found`); write methods take JSON.

mod answer;
mod app;
mod call;
mod hosts;
mod quiet;
mod skew;
mod token;

pub use app::AppClient;
pub use token::{Holder, Token, TokenState};

use super::account::{Account, Installation, UserGroup};
use super::error::{CallError, Class};
use super::ids::{MessageTs, TriggerId, ViewHash, ViewId};
use super::message::{Destination, Message, Posted, Response, ResponseUrl};
use super::{Answer, Slack};
use crate::clock::Clock;
use crate::domain::ids::{ChannelId, ExecutionId, PersonId, TeamId};
use crate::domain::person::Email;
use answer::Read;
use call::{Call, Twice};
use quiet::Quiet;
use secrecy::SecretString;
use serde_json::{Value, json};
use skew::Skew;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Slack answers in well under a second; after this the answer counts as lost.
const TIME_OUT: Duration = Duration::from_secs(5);

/// Talks to Slack with one bot token.
pub struct Client {
    http: reqwest::Client,
    api: Url,
    secret: SecretString,
    clock: Clock,
    token: Arc<TokenState>,
    skew: Skew,
    quiet: Quiet,
}

impl Client {
    /// Takes a client that follows no redirects, so that the token stays with `api`.
    pub fn new(http: reqwest::Client, mut api: Url, secret: SecretString, clock: Clock) -> Self {
        if !api.path().ends_with('/') {
            let path = format!("{}/", api.path());
            api.set_path(&path);
        }
        Self {
            http,
            api,
            secret,
            token: Arc::new(TokenState::new(Holder::Bot, clock.clone())),
            clock,
            skew: Skew::default(),
            quiet: Quiet::default(),
        }
    }

    /// Whether the token works, as far as its use has shown.
    pub fn token(&self) -> Arc<TokenState> {
        Arc::clone(&self.token)
    }

    /// How far the machine's clock is from Slack's, once an answer has told.
    pub fn clock_skew(&self) -> Option<chrono::TimeDelta> {
        self.skew.last()
    }

    async fn chat(
        &self,
        method: &'static str,
        mut body: Value,
        extra: Value,
    ) -> Result<Read, CallError> {
        let twice = if method == "chat.postMessage" {
            Twice::Doubles
        } else {
            Twice::Harmless
        };
        merge(&mut body, extra);
        self.call(Call::json(method, &body, twice)).await
    }

    async fn posted(&self, asked: &str, body: Value, extra: Value) -> Result<Posted, CallError> {
        let read = self.chat("chat.postMessage", body, extra).await?;
        let channel = read.text("/channel").unwrap_or(asked);
        let ts = read.text("/ts").ok_or_else(|| CallError {
            method: "chat.postMessage",
            // It was posted: sending it again would post it twice.
            class: Class::Permanent,
            error: "posted_without_ts".to_owned(),
        })?;
        Ok(Posted {
            channel: ChannelId::new(channel),
            ts: MessageTs::new(ts),
        })
    }
}

/// Adds the fields of one object to another.
fn merge(into: &mut Value, extra: Value) {
    if let (Value::Object(into), Value::Object(extra)) = (into, extra) {
        into.extend(extra);
    }
}

/// Neither links nor pictures unfold under a card.
fn unfolded() -> Value {
    json!({ "unfurl_links": false, "unfurl_media": false })
}

impl Slack for Client {
    fn auth_test(&self) -> Answer<'_, Installation> {
        Box::pin(async move {
            let read = self
                .call(Call::json("auth.test", &json!({}), Twice::Harmless))
                .await?;
            read.installation()
        })
    }

    fn users_info<'a>(&'a self, person: &'a PersonId) -> Answer<'a, Account> {
        Box::pin(async move {
            let fields = [("user", person.as_str())];
            self.call(Call::form("users.info", &fields))
                .await?
                .account()
        })
    }

    fn users_lookup_by_email<'a>(&'a self, email: &'a Email) -> Answer<'a, Option<Account>> {
        Box::pin(async move {
            let fields = [("email", email.as_str())];
            match self.call(Call::form("users.lookupByEmail", &fields)).await {
                Ok(read) => read.account().map(Some),
                Err(refusal) if refusal.is("users_not_found") => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    fn usergroups<'a>(&'a self, team: Option<&'a TeamId>) -> Answer<'a, Vec<UserGroup>> {
        Box::pin(async move {
            let mut fields = vec![("include_users", "true")];
            fields.extend(team.map(|team| ("team_id", team.as_str())));
            self.call(Call::form("usergroups.list", &fields))
                .await?
                .user_groups()
        })
    }

    fn post<'a>(&'a self, to: &'a Destination, message: &'a Message) -> Answer<'a, Posted> {
        Box::pin(async move {
            let mut extra = unfolded();
            extra["channel"] = to.as_str().into();
            self.posted(to.as_str(), message.fields(), extra).await
        })
    }

    fn post_in_thread<'a>(
        &'a self,
        channel: &'a ChannelId,
        thread: &'a MessageTs,
        message: &'a Message,
    ) -> Answer<'a, Posted> {
        Box::pin(async move {
            let mut extra = unfolded();
            extra["channel"] = channel.as_str().into();
            extra["thread_ts"] = thread.as_str().into();
            self.posted(channel.as_str(), message.fields(), extra).await
        })
    }

    fn update<'a>(
        &'a self,
        channel: &'a ChannelId,
        ts: &'a MessageTs,
        message: &'a Message,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            // Also when empty: an update has to take old buttons away.
            let extra = json!({
                "channel": channel.as_str(),
                "ts": ts.as_str(),
                "blocks": message.blocks.as_slice(),
            });
            self.chat("chat.update", message.fields(), extra).await?;
            Ok(())
        })
    }

    fn respond<'a>(&'a self, url: &'a ResponseUrl, response: &'a Response) -> Answer<'a, ()> {
        Box::pin(self.follow(url, response))
    }

    fn views_open<'a>(&'a self, trigger: &'a TriggerId, view: &'a Value) -> Answer<'a, ViewId> {
        Box::pin(async move {
            let body = json!({ "trigger_id": trigger.as_str(), "view": view });
            let read = self
                .call(Call::json("views.open", &body, Twice::Doubles))
                .await?;
            read.view_id()
        })
    }

    fn views_update<'a>(
        &'a self,
        id: &'a ViewId,
        hash: Option<&'a ViewHash>,
        view: &'a Value,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut body = json!({ "view_id": id.as_str(), "view": view });
            if let Some(hash) = hash {
                body["hash"] = hash.as_str().into();
            }
            self.call(Call::json("views.update", &body, Twice::Harmless))
                .await?;
            Ok(())
        })
    }

    fn views_publish<'a>(&'a self, person: &'a PersonId, view: &'a Value) -> Answer<'a, ()> {
        Box::pin(async move {
            let body = json!({ "user_id": person.as_str(), "view": view });
            self.call(Call::json("views.publish", &body, Twice::Harmless))
                .await?;
            Ok(())
        })
    }

    fn step_succeeded<'a>(&'a self, id: &'a ExecutionId, outputs: &'a Value) -> Answer<'a, ()> {
        Box::pin(async move {
            let body = json!({ "function_execution_id": id.as_str(), "outputs": outputs });
            let call = Call::json("functions.completeSuccess", &body, Twice::Harmless);
            self.call(call).await.map(|_| ())
        })
    }

    fn step_failed<'a>(&'a self, id: &'a ExecutionId, sentence: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            let body = json!({ "function_execution_id": id.as_str(), "error": sentence });
            let call = Call::json("functions.completeError", &body, Twice::Harmless);
            self.call(call).await.map(|_| ())
        })
    }

    fn token_died(&self, why: &str) {
        self.token().died(why);
    }

    fn permalink<'a>(&'a self, channel: &'a ChannelId, ts: &'a MessageTs) -> Answer<'a, String> {
        Box::pin(async move {
            let fields = [("channel", channel.as_str()), ("message_ts", ts.as_str())];
            self.call(Call::form("chat.getPermalink", &fields))
                .await?
                .permalink()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ClockHand;
    use crate::domain::person::Standing;
    use crate::slack::account::{Reach, UserGroupState};
    use axum::extract::Request;
    use axum::http::{HeaderMap, StatusCode};
    use axum::response::{IntoResponse, Response as Answered};
    use chrono::{DateTime, Utc};
    use std::collections::VecDeque;
    use std::net::SocketAddr;
    use std::sync::Mutex;
    use tokio::net::TcpListener;

    /// One call as it arrived.
    #[derive(Clone, Debug)]
    struct Seen {
        path: String,
        headers: HeaderMap,
        body: String,
    }

    impl Seen {
        fn json(&self) -> Value {
            serde_json::from_str(&self.body).expect("JSON")
        }

        fn header(&self, name: &str) -> &str {
            self.headers
                .get(name)
                .map_or("", |value| value.to_str().expect("text"))
        }
    }

    /// Answers as told, one answer a call, and remembers what it was asked.
    #[derive(Clone, Default)]
    struct Script(Arc<Mutex<(VecDeque<Answered>, Vec<Seen>)>>);

    impl Script {
        fn then(&self, answer: impl IntoResponse) -> &Self {
            self.0
                .lock()
                .expect("a lock")
                .0
                .push_back(answer.into_response());
            self
        }

        fn seen(&self) -> Vec<Seen> {
            self.0.lock().expect("a lock").1.clone()
        }

        async fn answer(self, request: Request) -> Answered {
            let path = request.uri().path().to_owned();
            let headers = request.headers().clone();
            let body = axum::body::to_bytes(request.into_body(), 1 << 20)
                .await
                .expect("a body");
            let body = String::from_utf8(body.to_vec()).expect("text");
            let mut script = self.0.lock().expect("a lock");
            script.1.push(Seen {
                path,
                headers,
                body,
            });
            script.0.pop_front().expect("an unexpected call")
        }
    }

    fn noon() -> DateTime<Utc> {
        DateTime::from_timestamp(1_793_620_800, 0).expect("a time that exists")
    }

    fn client_at(address: SocketAddr) -> (Client, ClockHand) {
        // A second installation is refused, and that is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().build().expect("a client");
        let (clock, hand) = Clock::manual(noon());
        let api = Url::parse(&format!("http://{address}/api")).expect("an address");
        let client = Client::new(http, api, SecretString::from("xoxb-lantern"), clock);
        (client, hand)
    }

    async fn fake() -> (Client, ClockHand, Script, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let script = Script::default();
        let answers = script.clone();
        let router = axum::Router::new().fallback(move |request| answers.clone().answer(request));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (client, hand) = client_at(address);
        (client, hand, script, address)
    }

    fn refusal(code: &str) -> String {
        json!({ "ok": false, "error": code }).to_string()
    }

    fn amelie() -> Destination {
        Destination::Person(PersonId::new("U0AMELIE"))
    }

    fn card() -> Message {
        Message::new("Amelie asks", vec![json!({ "type": "divider" })])
    }

    fn installed() -> Installation {
        Installation {
            team: TeamId::new("T0HARBOUR"),
            enterprise: None,
            reach: Reach::Workspace,
            bot_user: PersonId::new("U0LAPSE"),
            bot_id: Some("B0LAPSE".to_owned()),
            scopes: ["chat:write", "commands"].map(str::to_owned).into(),
        }
    }

    #[tokio::test]
    async fn the_installation_is_learned_with_its_scopes() {
        let (client, _, script, _) = fake().await;
        script.then((
            [("x-oauth-scopes", "chat:write, commands")],
            r#"{"ok":true,"team_id":"T0HARBOUR","user_id":"U0LAPSE","bot_id":"B0LAPSE","enterprise_id":null}"#,
        ));
        assert_eq!(client.auth_test().await, Ok(installed()));
        let seen = &script.seen()[0];
        assert_eq!(seen.path, "/api/auth.test");
        assert_eq!(seen.header("authorization"), "Bearer xoxb-lantern");
    }

    #[tokio::test]
    async fn a_person_is_read_with_a_form_and_judged() {
        let (client, _, script, _) = fake().await;
        script.then(
            r#"{"ok":true,"user":{"id":"U0AMELIE","team_id":"T0HARBOUR","real_name":"Amelie","tz":"Europe/Paris",
                "is_email_confirmed":true,"profile":{"email":"Amelie@Example.com"}}}"#,
        );
        let account = client
            .users_info(&PersonId::new("U0AMELIE"))
            .await
            .expect("an account");
        assert_eq!(account.time_zone, Some(chrono_tz::Europe::Paris));
        let person = account.person(&installed(), noon());
        assert_eq!(
            (person.standing, person.name.as_str()),
            (Standing::Member, "Amelie")
        );
        assert_eq!(person.email, Some(Email::new("amelie@example.com")));
        let seen = &script.seen()[0];
        assert_eq!(
            (seen.path.as_str(), seen.body.as_str()),
            ("/api/users.info", "user=U0AMELIE")
        );
        assert_eq!(
            seen.header("content-type"),
            "application/x-www-form-urlencoded"
        );
    }

    #[tokio::test]
    async fn whatever_makes_an_account_less_than_a_member_is_seen() {
        let (client, _, script, _) = fake().await;
        for (extra, standing) in [
            (json!({}), Standing::Member),
            (json!({ "deleted": true }), Standing::Deactivated),
            (json!({ "is_bot": true }), Standing::Bot),
            (json!({ "is_workflow_bot": true }), Standing::Bot),
            (json!({ "id": "USLACKBOT" }), Standing::Bot),
            (json!({ "is_restricted": true }), Standing::Guest),
            (json!({ "is_ultra_restricted": true }), Standing::Guest),
            (json!({ "is_stranger": true }), Standing::External),
            (json!({ "team_id": "T0RIVAL" }), Standing::External),
            (json!({ "team_id": null }), Standing::External),
            (
                json!({ "is_email_confirmed": false }),
                Standing::Unconfirmed,
            ),
        ] {
            let mut user = json!({ "id": "U0X", "team_id": "T0HARBOUR", "profile": { "email": "x@example.com" } });
            merge(&mut user, extra.clone());
            script.then(json!({ "ok": true, "user": user }).to_string());
            let account = client
                .users_info(&PersonId::new("U0X"))
                .await
                .expect("an account");
            let person = account.person(&installed(), noon());
            assert_eq!(person.standing, standing, "{extra}");
            let shown = !matches!(standing, Standing::External | Standing::Unconfirmed);
            assert_eq!(person.email.is_some(), shown, "{extra}");
        }
    }

    #[tokio::test]
    async fn a_method_is_left_alone_for_as_long_as_slack_asked() {
        let (client, hand, script, _) = fake().await;
        let limited = || (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "30")], "");
        script.then(limited());
        let groups = client.usergroups(None).await.expect_err("limited");
        assert_eq!(groups.retry_after(), Some(Duration::from_secs(30)));
        hand.advance(Duration::from_secs(29));
        let groups = client.usergroups(None).await.expect_err("answered here");
        assert_eq!(groups.retry_after(), Some(Duration::from_secs(1)));
        assert!(groups.is("ratelimited"));
        assert_eq!(script.seen().len(), 1, "nothing is called in the window");

        script.then(refusal("users_not_found"));
        let nobody = Email::new("nobody@example.com");
        assert_eq!(client.users_lookup_by_email(&nobody).await, Ok(None));
        hand.advance(Duration::from_secs(1));
        script.then(r#"{"ok":true,"usergroups":[]}"#);
        assert_eq!(client.usergroups(None).await, Ok(Vec::new()));
    }

    #[tokio::test]
    async fn the_worker_pauses_posts_and_edits_by_itself() {
        let (client, _, script, _) = fake().await;
        script
            .then((StatusCode::TOO_MANY_REQUESTS, [("retry-after", "30")], ""))
            .then(r#"{"ok":true,"channel":"D0B","ts":"1.2"}"#);
        let limited = client.post(&amelie(), &card()).await.expect_err("limited");
        assert_eq!(limited.retry_after(), Some(Duration::from_secs(30)));
        assert!(
            client.post(&amelie(), &card()).await.is_ok(),
            "in another channel it may"
        );
        assert_eq!(script.seen().len(), 2);
    }

    #[tokio::test]
    async fn an_address_that_nobody_has_is_no_error() {
        let (client, _, script, _) = fake().await;
        script
            .then(refusal("users_not_found"))
            .then(refusal("missing_scope"));
        let email = Email::new("nobody@example.com");
        assert_eq!(client.users_lookup_by_email(&email).await, Ok(None));
        let error = client
            .users_lookup_by_email(&email)
            .await
            .expect_err("refused");
        assert_eq!(
            (error.class, error.error.as_str()),
            (Class::Permanent, "missing_scope")
        );
    }

    #[tokio::test]
    async fn groups_come_with_their_members() {
        let (client, _, script, _) = fake().await;
        script.then(
            r#"{"ok":true,"usergroups":[
                {"id":"S01","handle":"prod-approvers","date_delete":0,"users":["U01","W02"],"user_count":"2"},
                {"id":"S02","handle":"old","date_delete":1446748865},
                {"handle":"no id"}]}"#,
        );
        let team = TeamId::new("T0ISLAND");
        let groups = client.usergroups(Some(&team)).await.expect("groups");
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].users.len(), 2);
        assert_eq!(groups[0].state, UserGroupState::Enabled);
        assert_eq!(groups[1].state, UserGroupState::Disabled);
        assert_eq!(script.seen()[0].body, "include_users=true&team_id=T0ISLAND");
    }

    #[tokio::test]
    async fn a_card_is_posted_without_unfolding_or_pinging() {
        let (client, _, script, _) = fake().await;
        script.then(r#"{"ok":true,"channel":"D0AMELIE","ts":"1.5","message":7}"#);
        let posted = client.post(&amelie(), &card()).await;
        let expected = Posted {
            channel: ChannelId::new("D0AMELIE"),
            ts: MessageTs::new("1.5"),
        };
        assert_eq!(posted, Ok(expected));
        assert_eq!(
            script.seen()[0].json(),
            json!({
                "channel": "U0AMELIE", "text": "Amelie asks", "blocks": [{ "type": "divider" }],
                "parse": "none", "link_names": false, "unfurl_links": false, "unfurl_media": false,
            })
        );
    }

    #[tokio::test]
    async fn threads_updates_views_and_links_say_what_they_mean() {
        let (client, _, script, _) = fake().await;
        script
            .then(r#"{"ok":true,"channel":"C01","ts":"2.5"}"#)
            .then(r#"{"ok":true}"#)
            .then(r#"{"ok":true,"view":{"id":"V01"}}"#)
            .then(r#"{"ok":true}"#)
            .then(r#"{"ok":true,"permalink":"https://harbour.slack.com/archives/C01/p25"}"#);
        let (channel, ts) = (ChannelId::new("C01"), MessageTs::new("1.5"));
        let line = Message::line("ended");
        client
            .post_in_thread(&channel, &ts, &line)
            .await
            .expect("posted");
        client.update(&channel, &ts, &line).await.expect("updated");
        let view = json!({ "type": "modal" });
        let opened = client.views_open(&TriggerId::new("11.22"), &view).await;
        assert_eq!(opened, Ok(ViewId::new("V01")));
        let hash = ViewHash::new("h");
        client
            .views_update(&ViewId::new("V01"), Some(&hash), &view)
            .await
            .expect("updated");
        let permalink = client.permalink(&channel, &ts).await.expect("a link");
        assert!(permalink.ends_with("p25"));

        let seen = script.seen();
        assert_eq!(seen[0].json()["thread_ts"], "1.5");
        assert_eq!(seen[0].json().get("blocks"), None);
        assert_eq!(
            seen[1].json()["blocks"],
            json!([]),
            "old buttons have to go"
        );
        assert_eq!(
            seen[2].json(),
            json!({ "trigger_id": "11.22", "view": view })
        );
        assert_eq!(
            seen[3].json(),
            json!({ "view_id": "V01", "hash": "h", "view": view })
        );
        assert_eq!(seen[4].body, "channel=C01&message_ts=1.5");
    }

    #[tokio::test]
    async fn refusals_are_sorted_by_what_to_do_about_them() {
        let (client, _, script, _) = fake().await;
        let later = |seconds| Class::Retryable {
            after: Some(Duration::from_secs(seconds)),
        };
        let soon = Class::Retryable { after: None };
        let limited = (
            StatusCode::TOO_MANY_REQUESTS,
            [("retry-after", "30")],
            refusal("ratelimited"),
        );
        let busy = (StatusCode::SERVICE_UNAVAILABLE, "upstream");
        let gone = (StatusCode::NOT_FOUND, "<html>");
        let odd = [("retry-after", "soon")];
        for (answer, class, code) in [
            (limited.into_response(), later(30), "ratelimited"),
            (busy.into_response(), soon, "http_503"),
            (gone.into_response(), Class::Permanent, "http_404"),
            (
                (odd, refusal("rate_limited")).into_response(),
                soon,
                "rate_limited",
            ),
            (
                refusal("channel_not_found").into_response(),
                Class::Permanent,
                "channel_not_found",
            ),
            (
                refusal("fatal_error").into_response(),
                Class::Ambiguous,
                "fatal_error",
            ),
            (
                "not JSON".into_response(),
                Class::Ambiguous,
                "unreadable_answer",
            ),
            (
                r#"{"ok":true}"#.into_response(),
                Class::Permanent,
                "posted_without_ts",
            ),
        ] {
            script.then(answer);
            let error = client.post(&amelie(), &card()).await.expect_err("refused");
            assert_eq!((error.class, error.error.as_str()), (class, code));
            assert_eq!(error.method, "chat.postMessage");
        }
        script.then(refusal("fatal_error")).then("not JSON");
        for _ in 0..2 {
            let error = client
                .users_info(&PersonId::new("U01"))
                .await
                .expect_err("refused");
            assert_eq!(error.class, soon, "reading again harms nobody");
        }
    }

    #[tokio::test]
    async fn a_lost_answer_is_ambiguous_only_where_a_second_try_would_double() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (client, _) = client_at(listener.local_addr().expect("an address"));
        let hang_up = tokio::spawn(async move {
            for _ in 0..2 {
                let (stream, _) = listener.accept().await.expect("a connection");
                let mut start = [0; 64];
                stream.readable().await.expect("a request");
                let _ = stream.try_read(&mut start);
                drop(stream);
            }
        });
        let posted = client.post(&amelie(), &card()).await.expect_err("lost");
        assert_eq!(posted.class, Class::Ambiguous);
        let (channel, ts) = (ChannelId::new("C01"), MessageTs::new("1.5"));
        let updated = client
            .update(&channel, &ts, &card())
            .await
            .expect_err("lost");
        assert_eq!(updated.class, Class::Retryable { after: None });
        hang_up.await.expect("two connections");

        let nobody = client
            .post(&amelie(), &card())
            .await
            .expect_err("nobody there");
        assert_eq!(nobody.class, Class::Retryable { after: None });
        assert_eq!(nobody.error, "not_connected");
    }

    #[tokio::test]
    async fn a_dead_token_causes_no_storm_and_comes_back() {
        let (client, hand, script, _) = fake().await;
        script.then(refusal("token_revoked"));
        for _ in 0..50 {
            let error = client.post(&amelie(), &card()).await.expect_err("dead");
            assert_eq!(
                (error.class, error.error.as_str()),
                (Class::TokenDead, "token_revoked")
            );
        }
        assert_eq!(script.seen().len(), 1);
        let state = client.token();
        assert!(matches!(state.token(), Token::Dead { since, .. } if since == noon()));

        hand.advance(Duration::from_mins(1));
        script.then(r#"{"ok":true,"channel":"D0AMELIE","ts":"1.5"}"#);
        assert!(client.post(&amelie(), &card()).await.is_ok());
        assert_eq!(state.token(), Token::Alive);
    }

    #[tokio::test]
    async fn answers_through_a_response_url_carry_no_token_and_stay_with_slack() {
        let (client, _, script, address) = fake().await;
        script.then("ok").then(r#"{"ok":false,"error":"used_url"}"#);
        let url = ResponseUrl::new(format!("http://{address}/respond/1"));
        client
            .respond(
                &url,
                &Response::Ephemeral(Message::line("I sent you the card")),
            )
            .await
            .expect("answered");
        let used = client.respond(&url, &Response::Replace(card())).await;
        assert_eq!(
            used.map_err(|error| error.error),
            Err("used_url".to_owned())
        );
        let seen = script.seen();
        assert_eq!(seen[0].header("authorization"), "");
        assert_eq!(seen[0].json()["response_type"], "ephemeral");
        assert_eq!(seen[0].json()["replace_original"], false);
        assert_eq!(seen[1].json()["replace_original"], true);

        for elsewhere in [
            "http://127.0.0.1:1/x",
            "https://slack.com.evil.example/x",
            "nowhere",
        ] {
            let answer = Response::Ephemeral(Message::line("x"));
            let refused = client.respond(&ResponseUrl::new(elsewhere), &answer).await;
            let error = refused.expect_err("refused before anything was sent");
            assert_eq!(
                (error.class, error.error.as_str()),
                (Class::Permanent, "foreign_response_url")
            );
        }
    }
}
