//! The client that speaks to Tailscale's API (<https://tailscale.com/api>).

use super::device_list::DeviceListReader;
use super::error::{Call, CallError, FailureKind};
use super::model::{Attributes, Removed, WireAttributes, WireDevice};
use super::policy_file::PolicyFile;
use super::token::{Credentials, Token, TokenCache};
use super::wire::{Wire, body, broken, json};
use super::{Answer, Groups, Tailscale};
use crate::clock::Clock;
use crate::domain::attribute::{Attribute, AttributeValue, Key};
use crate::domain::device::Device;
use crate::domain::ids::NodeId;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use reqwest::header::ACCEPT;
use reqwest::{Method, Response, Url};
use serde_json::{Value, json as value};
use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

/// One device, its attributes.
const LONGEST_ANSWER: usize = 1024 * 1024;
const LONGEST_POLICY_FILE: usize = 16 * 1024 * 1024;
/// Some 400,000 devices.
const LONGEST_DEVICE_LIST: usize = 512 * 1024 * 1024;
/// The list is large, so only its beginning and each further part are held to the usual limit.
const DEVICE_LIST_LIMIT: Duration = Duration::from_mins(2);
/// How long the body of an answered write is waited for: it says nothing, but read to its end
/// it leaves the connection in order.
const FAREWELL: Duration = Duration::from_millis(500);

/// Speaks to Tailscale in the name of one OAuth client.
pub struct Client {
    wire: Wire,
    tokens: TokenCache,
    api: Url,
    tailnet: String,
}

/// A call before it is given a token.
struct Request {
    call: Call,
    method: Method,
    url: Url,
    body: Option<Value>,
    limit: Duration,
}

impl Client {
    /// `origin` is `https://api.tailscale.com`, `tailnet` mostly `-`. `http` must not follow
    /// redirects: they would carry the call, and on the same host the token, somewhere else.
    pub fn new(
        http: reqwest::Client,
        clock: Clock,
        origin: &Url,
        tailnet: impl Into<String>,
        credentials: Credentials,
    ) -> Self {
        let api = below(origin, &["api", "v2"]);
        Self {
            tokens: TokenCache::new(credentials, below(&api, &["oauth", "token"])),
            wire: Wire::new(http, clock),
            api,
            tailnet: tailnet.into(),
        }
    }

    /// How far this machine's clock is ahead of Tailscale's; `None` before the first answer.
    pub fn skew(&self) -> Option<TimeDelta> {
        self.wire.skew.latest()
    }

    /// Nothing is sent for this long: Tailscale asked for it before this process began.
    pub fn keep_quiet_for(&self, length: Duration) {
        self.wire.keep_quiet_for(length);
    }

    /// Sends a call with the current token, and after a 401 once more with a fresh one.
    async fn perform<T, F>(
        &self,
        request: Request,
        read: impl Fn(Response) -> F + Send + Sync,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>> + Send,
    {
        let token = self.tokens.current(&self.wire).await?;
        match self.attempt(&request, &token, &read).await {
            Err(error) if error.kind == FailureKind::Unauthorized => {
                let fresh = self.tokens.renewed(&token, &self.wire).await?;
                self.attempt(&request, &fresh, &read).await
            }
            result => result,
        }
    }

    async fn attempt<T, F>(
        &self,
        request: &Request,
        token: &Token,
        read: impl Fn(Response) -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let Request {
            call,
            method,
            url,
            body,
            limit,
        } = request;
        let http = &self.wire.http;
        let mut sent = http
            .request(method.clone(), url.clone())
            .bearer_auth(token.expose())
            .header(ACCEPT, "application/json")
            .timeout(*limit);
        if let Some(body) = body {
            sent = sent.json(body);
        }
        self.wire.exchange(*call, sent, read).await
    }

    fn request(&self, call: Call, method: Method, url: Url, body: Option<Value>) -> Request {
        let limit = self.wire.limit;
        Request {
            call,
            method,
            url,
            body,
            limit,
        }
    }

    fn on_device(&self, node: &NodeId, more: &[&str]) -> Url {
        let device = below(&self.api, &["device", node.as_str()]);
        below(&device, more)
    }

    fn on_tailnet(&self, what: &str) -> Url {
        below(&self.api, &["tailnet", &self.tailnet, what])
    }

    /// A call whose status says all there is to say.
    async fn change(&self, request: Request) -> Result<(), CallError> {
        let call = request.call;
        self.perform(request, |response| async move {
            let read = body(call, response, LONGEST_ANSWER);
            let _ = self.wire.clock.timeout(FAREWELL, read).await;
            Ok(())
        })
        .await
    }

    async fn take_away(&self, request: Request) -> Result<Removed, CallError> {
        match self.change(request).await {
            Ok(()) => Ok(Removed::Now),
            Err(error) if error.is_gone() => Ok(Removed::AlreadyGone),
            Err(error) => Err(error),
        }
    }

    async fn policy_file(&self) -> Result<PolicyFile, CallError> {
        let call = Call::PolicyFile;
        let request = self.request(call, Method::GET, self.on_tailnet("acl"), None);
        self.perform(request, |response| {
            json(call, response, LONGEST_POLICY_FILE)
        })
        .await
    }

    async fn read_devices(&self, mut response: Response) -> Result<Vec<Device>, CallError> {
        let call = Call::Devices;
        let status = response.status().as_u16();
        let unreadable = |why: &str| CallError::unreadable(call, status, why);
        let mut reader = DeviceListReader::default();
        let mut length = 0;
        loop {
            let next = self
                .wire
                .clock
                .timeout(self.wire.limit, response.chunk())
                .await;
            let next = next
                .map_err(|_| CallError::unanswered(call, FailureKind::TimedOut))?
                .map_err(|error| broken(call, &error))?;
            let Some(chunk) = next else { break };
            length += chunk.len();
            if length > LONGEST_DEVICE_LIST {
                return Err(unreadable("the device list is too long"));
            }
            reader
                .push(&chunk)
                .map_err(|why| unreadable(&why.to_string()))?;
        }
        let (devices, unread) = reader
            .finish()
            .map_err(|why| unreadable(&why.to_string()))?;
        if unread > 0 {
            tracing::warn!(
                unread,
                "Some devices of Tailscale's list could not be read; they cannot be asked for"
            );
        }
        Ok(devices)
    }
}

impl Tailscale for Client {
    fn device<'a>(&'a self, node: &'a NodeId) -> Answer<'a, Device> {
        let call = Call::Device;
        let request = self.request(call, Method::GET, self.on_device(node, &[]), None);
        Box::pin(self.perform(request, move |response: Response| async move {
            let status = response.status().as_u16();
            let wire: WireDevice = json(call, response, LONGEST_ANSWER).await?;
            wire.into_device()
                .ok_or_else(|| CallError::unreadable(call, status, "the device has no id"))
        }))
    }

    fn attributes<'a>(&'a self, node: &'a NodeId) -> Answer<'a, Attributes> {
        let call = Call::Attributes;
        let url = self.on_device(node, &["attributes"]);
        let request = self.request(call, Method::GET, url, None);
        Box::pin(self.perform(request, move |response: Response| async move {
            let wire: WireAttributes = json(call, response, LONGEST_ANSWER).await?;
            Ok(wire.into())
        }))
    }

    fn write<'a>(
        &'a self,
        key: &'a Key,
        value: &'a AttributeValue,
        expiry: DateTime<Utc>,
        comment: &'a str,
    ) -> Answer<'a, ()> {
        let expiry = expiry.to_rfc3339_opts(SecondsFormat::Secs, true);
        let body = value!({"value": value, "expiry": expiry, "comment": comment});
        let url = self.on_device(&key.node, &["attributes", key.attribute.as_str()]);
        Box::pin(self.change(self.request(Call::Write, Method::POST, url, Some(body))))
    }

    fn remove<'a>(&'a self, key: &'a Key, comment: &'a str) -> Answer<'a, Removed> {
        let attributes = value!({key.attribute.as_str(): null});
        let body = value!({"nodes": {key.node.as_str(): attributes}, "comment": comment});
        let url = self.on_tailnet("device-attributes");
        Box::pin(self.take_away(self.request(Call::Remove, Method::PATCH, url, Some(body))))
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Answer<'a, Removed> {
        let url = self.on_device(&key.node, &["attributes", key.attribute.as_str()]);
        Box::pin(self.take_away(self.request(Call::Delete, Method::DELETE, url, None)))
    }

    fn devices(&self) -> Answer<'_, Vec<Device>> {
        let mut request =
            self.request(Call::Devices, Method::GET, self.on_tailnet("devices"), None);
        request.limit = DEVICE_LIST_LIMIT;
        Box::pin(self.perform(request, |response| self.read_devices(response)))
    }

    fn groups(&self) -> Answer<'_, Groups> {
        Box::pin(async { Ok(self.policy_file().await?.groups()) })
    }

    fn policy_postures(&self) -> Answer<'_, BTreeSet<Attribute>> {
        Box::pin(async { Ok(self.policy_file().await?.posture_attributes()) })
    }

    fn granted_scopes(&self) -> Answer<'_, BTreeSet<String>> {
        Box::pin(self.tokens.scopes(&self.wire))
    }
}

/// A URL some segments further down. Segments are escaped, yet a colon stays raw, because
/// Tailscale does not know an escaped one.
fn below(url: &Url, segments: &[&str]) -> Url {
    let mut url = url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::super::error::FailureClass;
    use super::super::testing::{Upstream, answer, client, hangs_up, key, noon};
    use super::*;
    use axum::response::IntoResponse;
    use std::sync::Arc;
    use tokio::sync::Barrier;

    async fn write(client: &Client) -> Result<(), CallError> {
        let value = AttributeValue::Bool(true);
        let end = noon() + TimeDelta::hours(1);
        client.write(&key(), &value, end, "REQ-7F3K").await
    }

    #[tokio::test]
    async fn writes_whole_seconds_to_a_path_with_a_raw_colon() {
        let upstream = Upstream::says(200, "{}").await;
        let client = client(&upstream.origin, Clock::system());
        let end = noon() + TimeDelta::milliseconds(1_999);
        let level = AttributeValue::Integer(3);
        let comment = "REQ-7F3K ada@example.com";
        let written = client.write(&key(), &level, end, comment).await;
        assert_eq!(written, Ok(()));

        let call = upstream.call();
        assert_eq!(call.method, "POST");
        assert_eq!(
            call.path,
            "/api/v2/device/nABC11CNTRL/attributes/custom:prodSsh"
        );
        assert_eq!(call.authorization, "Bearer token-1");
        let body: Value = serde_json::from_str(&call.body).expect("JSON");
        let wanted = value!({"value": 3, "expiry": "2026-11-02T12:00:01Z",
            "comment": "REQ-7F3K ada@example.com"});
        assert_eq!(body, wanted);
    }

    #[tokio::test]
    async fn a_written_attribute_is_written_whatever_the_body_says() {
        for body in ["", "{}", "null", "<html>", r#"{"attributes":{}}"#] {
            let upstream = Upstream::says(200, body).await;
            let client = client(&upstream.origin, Clock::system());
            assert_eq!(write(&client).await, Ok(()), "{body}");
        }
        let upstream = Upstream::says(204, "").await;
        let client = client(&upstream.origin, Clock::system());
        assert_eq!(write(&client).await, Ok(()));
    }

    #[tokio::test]
    async fn early_removal_leaves_a_comment_and_expiry_does_not() {
        let upstream = Upstream::says(200, "").await;
        let patching = client(&upstream.origin, Clock::system());
        let removed = patching.remove(&key(), "REQ-7F3K released").await;
        assert_eq!(removed, Ok(Removed::Now));
        let call = upstream.call();
        assert_eq!(call.method, "PATCH");
        assert_eq!(call.path, "/api/v2/tailnet/-/device-attributes");
        let body: Value = serde_json::from_str(&call.body).expect("JSON");
        let wanted = value!({"nodes": {"nABC11CNTRL": {"custom:prodSsh": null}},
            "comment": "REQ-7F3K released"});
        assert_eq!(body, wanted);

        let upstream = Upstream::says(200, "").await;
        let deleting = client(&upstream.origin, Clock::system());
        assert_eq!(deleting.delete(&key()).await, Ok(Removed::Now));
        let call = upstream.call();
        assert_eq!((call.method.as_str(), call.body.as_str()), ("DELETE", ""));
        assert_eq!(
            call.path,
            "/api/v2/device/nABC11CNTRL/attributes/custom:prodSsh"
        );
    }

    #[tokio::test]
    async fn what_is_gone_is_gone() {
        let upstream = Upstream::says(404, r#"{"message":"no such device"}"#).await;
        let client = client(&upstream.origin, Clock::system());
        assert_eq!(client.remove(&key(), "").await, Ok(Removed::AlreadyGone));
        assert_eq!(client.delete(&key()).await, Ok(Removed::AlreadyGone));
        let error = client.device(&key().node).await.expect_err("it has gone");
        assert!(error.is_gone());
        assert_eq!(error.class, FailureClass::Permanent);
        assert_eq!(error.message, "no such device");
    }

    #[tokio::test]
    async fn a_refusal_need_not_be_json() {
        let upstream = Upstream::says(400, "upstream says\nno").await;
        let client = client(&upstream.origin, Clock::system());
        let error = write(&client).await.expect_err("it was refused");
        assert_eq!(error.sentence(), "400, upstream says no");
    }

    #[tokio::test]
    async fn reads_a_device_and_its_attributes() {
        let upstream = Upstream::tells(|seen| async move {
            if seen.path.ends_with("/attributes") {
                Some(answer(200, r#"{"attributes":{"custom:prodSsh":true}}"#))
            } else if seen.path.starts_with("/api/v2/device/") {
                Some(answer(
                    200,
                    r#"{"nodeId":"nABC11CNTRL","name":"ada-mbp.ts.net"}"#,
                ))
            } else {
                None
            }
        })
        .await;
        let client = client(&upstream.origin, Clock::system());
        let device = client.device(&key().node).await.expect("it is there");
        assert_eq!(device.name, "ada-mbp");
        let attributes = client
            .attributes(&key().node)
            .await
            .expect("they are there");
        let value = attributes.get(&key().attribute);
        assert_eq!(value, Some((AttributeValue::Bool(true), None)));
        assert!(client.skew().is_some(), "the answers carried a date");
    }

    #[tokio::test]
    async fn an_answer_that_cannot_be_read_is_no_device_and_no_empty_list() {
        let upstream = Upstream::says(200, "{}").await;
        let client = client(&upstream.origin, Clock::system());
        let device = client.device(&key().node).await.expect_err("it has no id");
        assert_eq!(device.kind, FailureKind::BadAnswer);
        let devices = client.devices().await.expect_err("there is no list");
        assert_eq!(devices.class, FailureClass::Retryable { after: None });
        assert_eq!(devices.message, "the answer holds no device list");
    }

    #[tokio::test]
    async fn reads_a_list_that_comes_in_many_parts() {
        let upstream = Upstream::tells(|seen| async move {
            let parts = (0..500).map(|n| {
                let comma = if n == 0 { r#"{"devices":["# } else { "," };
                format!(r#"{comma}{{"nodeId":"n{n}","hostname":"host-{n}","tags":["tag:ci"]}}"#)
            });
            let parts: Vec<_> = parts
                .chain(["]}".to_owned()])
                .map(Ok::<_, String>)
                .collect();
            let body = axum::body::Body::from_stream(futures_util::stream::iter(parts));
            (!seen.asks_for_a_token()).then(|| body.into_response())
        })
        .await;
        let client = client(&upstream.origin, Clock::system());
        let devices = client.devices().await.expect("a list");
        assert_eq!(devices.len(), 500);
        assert_eq!(devices[499].name, "host-499");
        assert_eq!(upstream.call().path, "/api/v2/tailnet/-/devices");
    }

    #[tokio::test]
    async fn reads_groups_postures_and_scopes() {
        let policy = r#"{"groups":{"group:eng":["ada@example.com"]},
            "postures":{"posture:ssh":["custom:prodSsh == true"]}}"#;
        let upstream = Upstream::says(200, policy).await;
        let client = client(&upstream.origin, Clock::system());
        assert_eq!(client.groups().await.expect("groups")["eng"].len(), 1);
        let used = client.policy_postures().await.expect("postures");
        assert!(used.contains(&key().attribute));
        let scopes = client.granted_scopes().await.expect("a token");
        assert!(scopes.contains("devices:posture_attributes"));
        assert_eq!(upstream.tokens(), 1);
    }

    #[tokio::test]
    async fn many_stale_tokens_fetch_one_fresh_one() {
        let everybody = Arc::new(Barrier::new(32));
        let upstream = Upstream::tells(move |seen| {
            let everybody = Arc::clone(&everybody);
            async move {
                if seen.authorization == "Bearer token-1" {
                    everybody.wait().await;
                    return Some(answer(401, r#"{"message":"API token invalid"}"#));
                }
                None
            }
        })
        .await;
        let client = client(&upstream.origin, Clock::system());
        let writes = futures_util::future::join_all((0..32).map(|_| write(&client))).await;
        assert!(writes.iter().all(Result::is_ok), "{writes:?}");
        assert_eq!(upstream.tokens(), 2, "the first and one fresh one");
        assert_eq!(upstream.calls().len(), 64);
    }

    #[tokio::test]
    async fn a_fresh_token_that_is_refused_too_ends_it() {
        let upstream = Upstream::says(401, r#"{"message":"API token invalid"}"#).await;
        let client = client(&upstream.origin, Clock::system());
        let error = write(&client).await.expect_err("it was refused");
        assert_eq!(error.kind, FailureKind::Unauthorized);
        assert_eq!(error.class, FailureClass::Permanent);
        assert_eq!((upstream.tokens(), upstream.calls().len()), (2, 2));
    }

    #[tokio::test]
    async fn nothing_is_sent_while_tailscale_asks_to_be_left_alone() {
        let upstream = Upstream::tells(|seen| async move {
            let later = ([("retry-after", "30")], answer(429, "slow down"));
            (seen.method == "DELETE").then(|| later.into_response())
        })
        .await;
        let (clock, hand) = Clock::manual(noon());
        let client = client(&upstream.origin, clock);
        let error = client.delete(&key()).await.expect_err("too many calls");
        let after = |seconds| FailureClass::Retryable {
            after: Some(Duration::from_secs(seconds)),
        };
        assert_eq!(error.class, after(30));

        hand.advance(Duration::from_secs(20));
        let error = write(&client)
            .await
            .expect_err("the pause holds for all calls");
        assert_eq!(
            (error.kind, error.class),
            (FailureKind::RateLimited, after(10))
        );
        assert_eq!(upstream.calls().len(), 1);

        hand.advance(Duration::from_secs(10));
        assert_eq!(write(&client).await, Ok(()));
    }

    #[tokio::test]
    async fn a_port_that_is_closed_was_sent_nothing() {
        let upstream = Upstream::says(200, "{}").await;
        let client = client(&upstream.origin, Clock::system());
        write(&client).await.expect("it is written");
        upstream.stop().await;
        let error = write(&client).await.expect_err("nobody is there");
        assert_eq!(error.kind, FailureKind::Unreachable);
        assert_eq!(error.class, FailureClass::Retryable { after: None });
    }

    #[tokio::test]
    async fn a_connection_that_breaks_leaves_a_write_open_and_a_read_harmless() {
        let client = client(&hangs_up().await, Clock::system());
        let written = write(&client).await.expect_err("the answer is lost");
        assert_eq!(written.kind, FailureKind::Lost);
        assert_eq!(written.class, FailureClass::Ambiguous);
        let read = client.attributes(&key().node).await.expect_err("lost");
        assert_eq!(read.class, FailureClass::Retryable { after: None });
    }

    #[tokio::test]
    async fn an_answer_that_does_not_come_leaves_a_write_open() {
        let upstream = Upstream::tells(|seen| async move {
            if !seen.asks_for_a_token() {
                std::future::pending::<()>().await;
            }
            None
        })
        .await;
        let mut client = client(&upstream.origin, Clock::system());
        client.granted_scopes().await.expect("a token");
        client.wire.limit = Duration::from_millis(20);
        let written = write(&client).await.expect_err("no answer");
        assert_eq!(written.kind, FailureKind::TimedOut);
        assert_eq!(written.class, FailureClass::Ambiguous);
        let read = client.devices().await.expect_err("no answer");
        assert_eq!(read.kind, FailureKind::TimedOut);
        assert_eq!(read.class, FailureClass::Retryable { after: None });
    }

    #[tokio::test]
    async fn server_faults_and_redirects_leave_a_write_open() {
        for (status, kind) in [
            (503, FailureKind::ServerError),
            (302, FailureKind::BadAnswer),
        ] {
            let upstream = Upstream::says(status, "").await;
            let client = client(&upstream.origin, Clock::system());
            let error = write(&client).await.expect_err("it failed");
            assert_eq!((error.kind, error.class), (kind, FailureClass::Ambiguous));
            assert_eq!(upstream.calls().len(), 1);
        }
    }

    #[test]
    fn what_stands_in_an_id_stays_in_its_segment() {
        let origin = Url::parse("https://api.tailscale.com/").expect("a URL");
        let url = below(
            &origin,
            &["device", "n1/../x?y", "attributes", "custom:a:b"],
        );
        let text = "https://api.tailscale.com/device/n1%2F..%2Fx%3Fy/attributes/custom:a:b";
        assert_eq!(url.as_str(), text);
    }

    #[test]
    fn calls_are_counted_by_what_they_are_and_how_they_end() {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        metrics::with_local_recorder(&recorder, || {
            runtime.block_on(async {
                let upstream = Upstream::says(404, "").await;
                let client = client(&upstream.origin, Clock::system());
                client.device(&key().node).await.expect_err("it has gone");
            });
        });
        let page = recorder.handle().render();
        for line in [
            r#"lapse_remote_calls_total{platform="tailscale",method="token",outcome="ok"} 1"#,
            r#"lapse_remote_calls_total{platform="tailscale",method="device",outcome="not_found"} 1"#,
            r#"lapse_remote_call_seconds_count{platform="tailscale",method="device"} 1"#,
            "lapse_clock_skew_seconds",
        ] {
            assert!(page.contains(line), "{line} is missing in\n{page}");
        }
    }
}
