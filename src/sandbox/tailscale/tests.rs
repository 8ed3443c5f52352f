//! The stand-in judged over real HTTP.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::*;
use crate::sandbox::clock::SandboxClock;

const ADA: &str = "nADAmbp11CNTRL";
const BOB: &str = "nBOBtp221CNTRL";
const CI: &str = "nCIrunner1CNTRL";

/// A tailnet with a clock that stands still until it is moved.
struct Bench {
    tailscale: TailscaleSandbox,
    http: reqwest::Client,
    time: Arc<Mutex<DateTime<Utc>>>,
}

impl Bench {
    async fn new() -> Self {
        Self::with(|setup| setup).await
    }

    async fn with(extend: impl FnOnce(TailnetSetup) -> TailnetSetup) -> Self {
        let time = Arc::new(Mutex::new("2026-03-02T10:00:00Z".parse().unwrap()));
        let shown = Arc::clone(&time);
        let clock: SandboxClock = Arc::new(move || *shown.lock().unwrap());
        let setup = TailnetSetup::new()
            .with_clock(clock)
            .with_device(Device::new(ADA, "ada-mbp", "ada@example.com", "macOS"))
            .with_device(Device::new(BOB, "bob-tp", "bob@example.com", "linux"))
            .with_device(Device::new(CI, "ci-1", "ada@example.com", "linux").tagged(["tag:ci"]))
            .with_policy(policy());
        // Fails when another test was first, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            tailscale: TailscaleSandbox::start(extend(setup)).await.unwrap(),
            http: reqwest::Client::builder().build().unwrap(),
            time,
        }
    }

    fn now(&self) -> DateTime<Utc> {
        *self.time.lock().unwrap()
    }

    fn pass(&self, seconds: i64) {
        *self.time.lock().unwrap() += TimeDelta::seconds(seconds);
    }

    fn in_seconds(&self, seconds: i64) -> String {
        (self.now() + TimeDelta::seconds(seconds)).to_rfc3339()
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v2{path}", self.tailscale.api_url())
    }

    async fn ask_for_token(&self, secret: &str, scope: &str) -> (StatusCode, Value) {
        let id = self.tailscale.client_id();
        let form = [
            ("client_id", id.as_str()),
            ("client_secret", secret),
            ("scope", scope),
        ];
        let request = self.http.post(self.url("/oauth/token")).form(&form);
        read(request.send().await.unwrap()).await
    }

    async fn token(&self) -> String {
        let (status, body) = self
            .ask_for_token(&self.tailscale.client_secret(), "")
            .await;
        assert_eq!(status, 200, "{body}");
        body["access_token"].as_str().unwrap().to_owned()
    }

    fn request(&self, token: &str, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, self.url(path));
        request
            .bearer_auth(token)
            .header("Accept", "application/json")
    }

    async fn get(&self, token: &str, path: &str) -> (StatusCode, Value) {
        read(self.request(token, Method::GET, path).send().await.unwrap()).await
    }

    async fn send(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> (StatusCode, Value) {
        read(
            self.request(token, method, path)
                .json(body)
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    async fn write(&self, token: &str, node: &str, key: &str, body: &Value) -> (StatusCode, Value) {
        let path = format!("/device/{node}/attributes/{key}");
        self.send(token, Method::POST, &path, body).await
    }
}

async fn read(response: reqwest::Response) -> (StatusCode, Value) {
    let status = response.status();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (status, body)
}

fn policy() -> Value {
    json!({
        "groups": { "group:eng": ["ada@example.com", "bob@example.com"] },
        "postures": {
            "posture:prodSsh": ["custom:prodSsh == true", "node:os IN ['macos', 'linux']"],
            "posture:breakGlass": ["custom:breakGlass >= 3"],
        },
        "grants": [
            { "src": ["group:eng"], "dst": ["tag:prod"], "ip": ["tcp:22", "8000-8080"],
              "srcPosture": ["posture:prodSsh", "posture:breakGlass"] },
            { "src": ["tag:ci"], "dst": ["tag:registry"], "ip": ["tcp:443", "udp:53"] },
        ],
        "acls": [
            { "action": "accept", "src": ["autogroup:member"], "dst": ["tag:wiki:80,443"] },
        ],
    })
}

#[tokio::test]
async fn a_token_lives_for_an_hour_and_never_shows_in_the_record() {
    let bench = Bench::new().await;
    let secret = bench.tailscale.client_secret();
    let (status, body) = bench.ask_for_token(&secret, "devices:core:read").await;
    assert_eq!(status, 200);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 3600);
    assert_eq!(body["scope"], "devices:core:read");

    let token = bench.token().await;
    bench.pass(3599);
    assert_eq!(bench.get(&token, "/tailnet/-/users").await.0, 200);
    bench.pass(1);
    let (status, body) = bench.get(&token, "/tailnet/-/users").await;
    assert_eq!(
        (status.as_u16(), &body),
        (401, &json!({ "message": "API token invalid" }))
    );

    let record = format!("{:?}", bench.tailscale.calls());
    assert!(record.contains("client_secret=…"));
    assert!(!record.contains(&secret));
    assert!(!record.contains(&token));
}

#[tokio::test]
async fn tokens_are_refused_to_the_wrong_secret_scope_and_encoding() {
    let bench = Bench::new().await;
    let secret = bench.tailscale.client_secret();
    assert_eq!(bench.ask_for_token("wrong", "").await.0, 401);
    let (status, body) = bench.ask_for_token(&secret, "dns:read users:read").await;
    assert_eq!(status, 403);
    assert_eq!(body["message"], "OAuth client cannot grant scopes dns:read");

    let as_json = json!({ "client_id": bench.tailscale.client_id(), "client_secret": secret });
    let request = bench.http.post(bench.url("/oauth/token")).json(&as_json);
    assert_eq!(request.send().await.unwrap().status(), 400);
    assert_eq!(bench.tailscale.violations().len(), 1, "only the JSON one");
    assert!(!format!("{:?}", bench.tailscale.calls()).contains(&secret));
}

#[tokio::test]
async fn scopes_open_their_own_calls_only() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    bench
        .tailscale
        .set_scopes(["devices:core:read", "devices:posture_attributes:read"]);
    assert_eq!(bench.get(&token, "/tailnet/-/devices").await.0, 200);
    assert_eq!(
        bench
            .get(&token, &format!("/device/{ADA}/attributes"))
            .await
            .0,
        200
    );
    let (status, body) = bench
        .write(&token, ADA, "custom:a", &json!({ "value": true }))
        .await;
    assert_eq!(status, 403);
    assert!(body["message"].as_str().unwrap().contains("permissions"));
    assert_eq!(bench.get(&token, "/tailnet/-/acl").await.0, 403);
    bench.tailscale.forget_tokens();
    assert_eq!(bench.get(&token, "/tailnet/-/devices").await.0, 401);
    assert_eq!(
        bench
            .http
            .get(bench.url("/tailnet/-/devices"))
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
    assert!(bench.tailscale.violations().is_empty());
}

#[tokio::test]
async fn devices_come_with_the_real_ones_traps() {
    let gone = "2026-01-05T08:00:00Z".parse().unwrap();
    let bench = Bench::with(|setup| {
        setup
            .with_device(
                Device::new("nOLD111111CNTRL", "old", "ada@example.com", "linux").offline(gone),
            )
            .with_device(
                Device::new("nSHARED111CNTRL", "shared", "eve@other.example", "linux").external(),
            )
    })
    .await;
    let token = bench.token().await;
    let (_, body) = bench.get(&token, "/tailnet/example.com/devices").await;
    let device = |node: &str| {
        let devices = body["devices"].as_array().unwrap();
        devices
            .iter()
            .find(|d| d["nodeId"] == node)
            .unwrap()
            .clone()
    };
    assert_eq!(body["devices"].as_array().unwrap().len(), 5);
    assert_eq!(device(ADA)["name"], "ada-mbp.tail4f2a.ts.net");
    assert_eq!(device(ADA).get("lastSeen"), None);
    assert_eq!(device(ADA).get("tags"), None);
    assert_eq!(
        device("nOLD111111CNTRL")["lastSeen"],
        "2026-01-05T08:00:00Z"
    );
    assert_eq!(device("nOLD111111CNTRL")["connectedToControl"], false);
    assert_eq!(device(CI)["tags"], json!(["tag:ci"]));
    assert_eq!(device(CI)["expires"], "0001-01-01T00:00:00Z");
    assert_eq!(device("nSHARED111CNTRL")["created"], "");
    assert_eq!(device("nSHARED111CNTRL")["clientVersion"], "");

    let (status, alone) = bench.get(&token, &format!("/device/{ADA}")).await;
    assert_eq!((status.as_u16(), &alone), (200, &device(ADA)));
    let legacy = alone["id"].as_str().unwrap();
    assert_eq!(
        bench.get(&token, &format!("/device/{legacy}")).await.1,
        alone
    );
    let (status, body) = bench
        .get(&token, &format!("/device/{}", ADA.to_lowercase()))
        .await;
    assert_eq!(status, 404);
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .contains("no manageable device")
    );
    assert_eq!(
        bench.get(&token, "/tailnet/other.example/devices").await.0,
        404
    );
}

#[tokio::test]
async fn fifty_thousand_devices_are_listed_whole() {
    let bench = Bench::with(|setup| setup.with_generated_devices(50_000)).await;
    let token = bench.token().await;
    let response = bench
        .request(&token, Method::GET, "/tailnet/-/devices")
        .send()
        .await
        .unwrap();
    let body = response.bytes().await.unwrap();
    assert_eq!(occurrences(&body, "\"nodeId\""), 50_003);
    let average = body.len() / 50_003;
    assert!((1000..1400).contains(&average), "{average} bytes a device");
}

fn occurrences(bytes: &[u8], word: &str) -> usize {
    std::str::from_utf8(bytes).unwrap().matches(word).count()
}

#[tokio::test]
async fn an_attribute_is_there_until_its_expiry_and_not_after() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let body = json!({ "value": true, "expiry": bench.in_seconds(60), "comment": "REQ-7F3K" });
    let (status, answer) = bench.write(&token, ADA, "custom:prodSsh", &body).await;
    assert_eq!((status.as_u16(), answer), (200, json!({})));

    let (_, read) = bench
        .get(&token, &format!("/device/{ADA}/attributes"))
        .await;
    assert_eq!(read["attributes"]["custom:prodSsh"], true);
    assert_eq!(read["attributes"]["node:os"], "macos");
    assert_eq!(
        read["expiries"],
        json!({ "custom:prodSsh": "2026-03-02T10:01:00.000Z" })
    );
    bench.tailscale.print_expiries_as(ExpiryStyle::ShiftedZone);
    let (_, read) = bench
        .get(&token, &format!("/device/{ADA}/attributes"))
        .await;
    assert_eq!(
        read["expiries"]["custom:prodSsh"],
        "2026-03-02T12:01:00.000000000+02:00"
    );

    bench.pass(59);
    assert!(bench.tailscale.has_attribute(ADA, "custom:prodSsh"));
    bench.pass(1);
    assert!(!bench.tailscale.has_attribute(ADA, "custom:prodSsh"));
    let (_, read) = bench
        .get(&token, &format!("/device/{ADA}/attributes"))
        .await;
    assert_eq!(read["attributes"].get("custom:prodSsh"), None);
    assert_eq!(read.get("expiries"), None);
}

#[tokio::test]
async fn what_breaks_a_rule_of_the_api_is_a_400_and_changes_nothing() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let fine = json!({ "value": true });
    let long = format!("custom:{}", "a".repeat(44));
    for key in [
        "prodSsh",
        "custom:",
        "custom:prod-ssh",
        "custom:prod.ssh",
        "custom%3Aa",
        "node:os",
        &long,
    ] {
        assert_eq!(bench.write(&token, ADA, key, &fine).await.0, 400, "{key}");
    }
    let too_long = "a".repeat(51);
    for value in [
        json!(1.5),
        json!(null),
        json!([]),
        json!(""),
        json!("a b"),
        json!(too_long),
        json!(1_u64 << 53),
    ] {
        let status = bench
            .write(&token, ADA, "custom:a", &json!({ "value": value }))
            .await
            .0;
        assert_eq!(status, 400, "{value}");
    }
    let bodies = [
        json!({}),
        json!({ "value": true, "expiry": "tomorrow" }),
        json!({ "value": true, "expiry": bench.in_seconds(0) }),
        json!({ "value": true, "comment": "x".repeat(201) }),
        json!({ "value": true, "expires": bench.in_seconds(60) }),
    ];
    for body in &bodies {
        assert_eq!(
            bench.write(&token, ADA, "custom:a", body).await.0,
            400,
            "{body}"
        );
    }
    let request = bench.request(
        &token,
        Method::POST,
        &format!("/device/{ADA}/attributes/custom:a"),
    );
    assert_eq!(
        request
            .body(fine.to_string())
            .send()
            .await
            .unwrap()
            .status(),
        400,
        "no content type"
    );
    assert!(bench.tailscale.writes().is_empty());
    assert_eq!(bench.tailscale.violations().len(), 7 + 7 + bodies.len() + 1);
}

#[tokio::test]
async fn the_first_write_of_a_key_fixes_its_spelling_and_type_everywhere() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let comment = "x".repeat(200);
    let first = json!({ "value": (1_u64 << 53) - 1, "comment": comment });
    assert_eq!(
        bench.write(&token, ADA, "custom:level", &first).await.0,
        200
    );
    assert_eq!(
        bench
            .write(&token, BOB, "custom:Level", &json!({ "value": 1 }))
            .await
            .0,
        400
    );
    let (status, body) = bench
        .write(&token, BOB, "custom:level", &json!({ "value": "1" }))
        .await;
    assert_eq!(status, 400);
    assert_eq!(
        body["message"],
        "attribute custom:level holds a number in this tailnet, got a string"
    );
    assert_eq!(
        bench.tailscale.refusals().last().unwrap().kind,
        RefusalKind::TypeClash
    );
    assert_eq!(
        bench
            .write(&token, BOB, "custom:level", &json!({ "value": -1 }))
            .await
            .0,
        200
    );
    let level = bench.tailscale.attribute(BOB, "custom:level").unwrap();
    assert_eq!(
        (level.value, level.expiry),
        (AttributeValue::Number(-1), None)
    );
}

#[tokio::test]
async fn a_removal_is_empty_and_a_second_one_is_a_404() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    bench
        .write(&token, ADA, "custom:a", &json!({ "value": true }))
        .await;
    let path = format!("/device/{ADA}/attributes/custom:a");
    let remove = || bench.request(&token, Method::DELETE, &path).send();
    let removed = remove().await.unwrap();
    assert_eq!(removed.status(), 200);
    assert_eq!(removed.bytes().await.unwrap().len(), 0);
    assert!(!bench.tailscale.has_attribute(ADA, "custom:a"));
    assert_eq!(remove().await.unwrap().status(), 404);
    assert_eq!(
        bench
            .write(&token, "nNOBODY", "custom:a", &json!({ "value": true }))
            .await
            .0,
        404
    );
    assert!(bench.tailscale.violations().is_empty());
}

#[tokio::test]
async fn a_patch_changes_all_or_nothing() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    bench
        .write(&token, ADA, "custom:old", &json!({ "value": true }))
        .await;
    let path = "/tailnet/-/device-attributes";
    let changes_on = |other: &str| {
        json!({
            "nodes": {
                ADA: {
                    "custom:new": { "value": "on", "expiry": bench.in_seconds(60) },
                    "custom:old": null,
                    "custom:never": null,
                },
                other: { "custom:new": { "value": "off" } },
            },
            "comment": "released by ada@example.com",
        })
    };
    let (status, _) = bench
        .send(&token, Method::PATCH, path, &changes_on("nNOBODY"))
        .await;
    assert_eq!(status, 404);
    assert!(bench.tailscale.has_attribute(ADA, "custom:old"));
    assert!(!bench.tailscale.has_attribute(ADA, "custom:new"));

    let (status, _) = bench
        .send(&token, Method::PATCH, path, &changes_on(BOB))
        .await;
    assert_eq!(status, 200);
    assert!(!bench.tailscale.has_attribute(ADA, "custom:old"));
    let new = bench.tailscale.attribute(ADA, "custom:new").unwrap();
    assert_eq!(new.expiry, Some(bench.now() + TimeDelta::seconds(60)));
    assert_eq!(new.comment.as_deref(), Some("released by ada@example.com"));
    assert_eq!(
        bench.tailscale.writes().len(),
        4,
        "removing what is not there is no change"
    );

    for bad in [
        json!({ "nodes": {} }),
        json!({ "nodes": { ADA: { "custom:new": true } } }),
    ] {
        assert_eq!(bench.send(&token, Method::PATCH, path, &bad).await.0, 400);
    }
}

#[tokio::test]
async fn the_audit_log_names_the_client_and_keeps_the_comment() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let body = json!({ "value": true, "expiry": bench.in_seconds(60), "comment": "REQ-7F3K ada" });
    bench.write(&token, ADA, "custom:prodSsh", &body).await;
    bench.pass(10);
    bench
        .tailscale
        .remove_attribute(ADA, "custom:prodSsh")
        .unwrap();
    let log = "/tailnet/-/logging/configuration";
    let range = format!("{log}?start=2026-03-02T10:00:00Z&end=2026-03-02T10:00:11Z");
    let (_, body) = bench.get(&token, &range).await;
    let logs = body["logs"].as_array().unwrap();
    assert_eq!(logs.len(), 2);
    assert_eq!(logs[0]["action"], "CREATE");
    assert_eq!(logs[0]["actor"]["id"], bench.tailscale.client_id());
    assert_eq!(logs[0]["actionDetails"], "REQ-7F3K ada");
    assert_eq!(logs[0]["target"]["id"], ADA);
    assert_eq!(logs[0]["target"]["property"], "ATTRIBUTES");
    assert_eq!(logs[1]["action"], "DELETE");
    assert_eq!(logs[1]["old"]["custom:prodSsh"]["value"], true);
    assert_eq!(logs[1]["actor"]["loginName"], "admin@example.com");

    bench
        .tailscale
        .show_log_entries_after(Duration::from_secs(5));
    assert_eq!(
        bench.get(&token, &range).await.1["logs"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(bench.get(&token, log).await.0, 400);
}

#[tokio::test]
async fn people_are_listed_with_their_state() {
    let bench = Bench::with(|setup| {
        setup.with_person(
            Person::new("amelie@github", "Amelie").with_status(PersonStatus::Suspended),
        )
    })
    .await;
    let token = bench.token().await;
    let (_, body) = bench.get(&token, "/tailnet/-/users").await;
    let users = body["users"].as_array().unwrap();
    assert_eq!(users.len(), 3);
    let ada = users
        .iter()
        .find(|u| u["loginName"] == "ada@example.com")
        .unwrap();
    assert_eq!(
        (&ada["deviceCount"], &ada["currentlyConnected"]),
        (&json!(1), &json!(true))
    );
    let amelie = users
        .iter()
        .find(|u| u["loginName"] == "amelie@github")
        .unwrap();
    assert_eq!(
        (&amelie["status"], &amelie["deviceCount"]),
        (&json!("suspended"), &json!(0))
    );
}

#[tokio::test]
async fn the_policy_is_read_as_json_or_as_text_and_can_be_tested() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    assert_eq!(bench.get(&token, "/tailnet/-/acl").await.1, policy());
    let plain = bench
        .http
        .get(bench.url("/tailnet/-/acl"))
        .bearer_auth(&token);
    assert!(
        plain
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
            .starts_with("//")
    );

    let validate = "/tailnet/-/acl/validate";
    let good = json!([
        { "src": "ada@example.com", "srcPostureAttrs": { "custom:prodSsh": true, "node:os": "linux" },
          "accept": ["tag:prod:22", "tag:prod:8080"], "deny": ["tag:prod:23"] },
        { "src": "ada@example.com", "deny": ["tag:prod:22"], "accept": ["tag:wiki:443"] },
        { "src": "ada@example.com", "srcPostureAttrs": { "custom:prodSsh": false, "node:os": "linux" },
          "deny": ["tag:prod:22"] },
        { "src": "group:eng", "srcPostureAttrs": { "custom:breakGlass": 3 }, "accept": ["tag:prod:22"] },
        { "src": "eve@example.com", "srcPostureAttrs": { "custom:breakGlass": 3 }, "deny": ["tag:prod:22"] },
        { "src": "tag:ci", "accept": ["tag:registry:443"], "deny": ["tag:registry:53"] },
    ]);
    assert_eq!(
        bench.send(&token, Method::POST, validate, &good).await,
        (StatusCode::OK, json!({}))
    );

    let wrong = json!([{ "src": "ada@example.com", "accept": ["tag:prod:22"] }]);
    let (status, body) = bench.send(&token, Method::POST, validate, &wrong).await;
    assert_eq!(status, 200);
    assert_eq!(body["message"], "test(s) failed");
    assert_eq!(body["data"][0]["user"], "ada@example.com");
    assert_eq!(
        body["data"][0]["errors"][0],
        "address \"tag:prod:22\": want: Accept, got: Drop"
    );
    assert_eq!(
        bench
            .send(&token, Method::POST, validate, &policy())
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn reach_follows_the_attribute_and_says_until_when() {
    let bench = Bench::new().await;
    let closed = Reachability::No {
        would_open: vec![
            "posture:prodSsh".to_owned(),
            "posture:breakGlass".to_owned(),
        ],
    };
    assert_eq!(bench.tailscale.can_reach(ADA, "tag:prod:22"), closed);
    let end = bench.now() + TimeDelta::seconds(60);
    bench
        .tailscale
        .put_attribute(ADA, "custom:prodSsh", true, Some(end))
        .unwrap();
    let open = Reachability::Yes {
        until: Some(end),
        by: Some("posture:prodSsh".to_owned()),
    };
    assert_eq!(bench.tailscale.can_reach(ADA, "tag:prod:22"), open);
    assert_eq!(
        bench.tailscale.can_reach(BOB, "tag:prod:22"),
        closed,
        "another device stays closed"
    );
    bench
        .tailscale
        .put_attribute(ADA, "custom:breakGlass", 4, None)
        .unwrap();
    assert!(matches!(
        bench.tailscale.can_reach(ADA, "tag:prod:22"),
        Reachability::Yes { until: None, .. }
    ));
    bench
        .tailscale
        .remove_attribute(ADA, "custom:breakGlass")
        .unwrap();
    bench.pass(60);
    assert_eq!(bench.tailscale.can_reach(ADA, "tag:prod:22"), closed);
    assert!(matches!(
        bench.tailscale.can_reach(ADA, "tag:wiki:443"),
        Reachability::Yes {
            until: None,
            by: None
        }
    ));
    bench.tailscale.deauthorize(ADA).unwrap();
    assert_eq!(
        bench.tailscale.can_reach(ADA, "tag:wiki:443"),
        Reachability::No { would_open: vec![] }
    );
}

#[tokio::test]
async fn a_rule_without_a_posture_makes_the_gate_pointless() {
    let bench = Bench::new().await;
    let mut broad = policy();
    let rule = json!({ "src": ["*"], "dst": ["*"], "ip": ["*"] });
    broad["grants"].as_array_mut().unwrap().push(rule);
    bench.tailscale.set_policy(broad).unwrap();
    assert_eq!(
        bench.tailscale.can_reach(BOB, "tag:prod:22"),
        Reachability::Yes {
            until: None,
            by: None
        }
    );
    let undefined = json!({ "grants": [{ "src": ["*"], "dst": ["*"], "ip": ["*"], "srcPosture": ["posture:x"] }] });
    assert!(bench.tailscale.set_policy(undefined).is_err());
}

#[tokio::test]
async fn faults_come_in_order_and_only_as_often_as_planned() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let path = format!("/device/{ADA}/attributes");
    bench
        .tailscale
        .fault(Route::ReadAttributes, Fault::Status(503), 1);
    bench.tailscale.fault(Route::Any, Fault::NotJson(502), 1);
    bench
        .tailscale
        .fault(Route::ReadAttributes, Fault::AnswerNull, 1);
    bench
        .tailscale
        .fault(Route::ReadAttributes, Fault::AnswerEmptyObject, 1);
    assert_eq!(bench.get(&token, &path).await.0, 503);
    let (status, body) = bench.get(&token, &path).await;
    assert_eq!(status, 502);
    assert!(body.as_str().unwrap().starts_with("<html>"));
    assert_eq!(
        bench.get(&token, &path).await,
        (StatusCode::OK, Value::Null)
    );
    assert_eq!(bench.get(&token, &path).await, (StatusCode::OK, json!({})));
    assert!(bench.get(&token, &path).await.1["attributes"].is_object());
    assert!(
        bench.tailscale.refusals().is_empty(),
        "faults are not refusals"
    );
}

#[tokio::test]
async fn an_answer_can_be_lost_after_the_write_was_applied() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let path = format!("/device/{ADA}/attributes/custom:a");
    let body = json!({ "value": true });
    let write = || {
        bench
            .request(&token, Method::POST, &path)
            .json(&body)
            .send()
    };

    bench
        .tailscale
        .fault(Route::WriteAttribute, Fault::Reset, 1);
    assert!(write().await.is_err());
    assert!(!bench.tailscale.has_attribute(ADA, "custom:a"));

    bench
        .tailscale
        .fault(Route::WriteAttribute, Fault::AppliedThenLost, 1);
    assert!(write().await.is_err());
    assert!(bench.tailscale.has_attribute(ADA, "custom:a"));
    assert_eq!(bench.tailscale.calls().last().unwrap().status, None);

    bench
        .tailscale
        .fault(Route::WriteAttribute, Fault::AppliedThenStatus(500), 1);
    assert_eq!(write().await.unwrap().status(), 500);
    assert_eq!(bench.tailscale.writes().len(), 2);

    let slow = Fault::AppliedThenSlow(Duration::from_hours(1));
    bench.tailscale.fault(Route::WriteAttribute, slow, 1);
    let applied = bench
        .tailscale
        .until(|tailscale| tailscale.writes().len() == 3);
    tokio::select! {
        () = applied => {}
        _ = write() => panic!("the answer must not come within the hour"),
    }
}

#[tokio::test]
async fn nobody_answers_while_tailscale_is_down() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    bench.tailscale.down();
    assert!(
        bench
            .request(&token, Method::GET, "/tailnet/-/users")
            .send()
            .await
            .is_err()
    );
    bench.tailscale.up();
    assert_eq!(bench.get(&token, "/tailnet/-/users").await.0, 200);
}

#[tokio::test]
async fn too_many_calls_are_asked_to_come_back_later() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let limit = RateLimit {
        calls: 2,
        per: Duration::from_hours(1),
        retry_after: Some(30),
    };
    bench.tailscale.limit_rate(Some(limit));
    let path = "/tailnet/-/users";
    assert_eq!(bench.get(&token, path).await.0, 200);
    assert_eq!(bench.get(&token, path).await.0, 200);
    let refused = bench
        .request(&token, Method::GET, path)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "30");
    assert_eq!(refused.headers()["date"], "Mon, 02 Mar 2026 10:00:00 GMT");

    bench.tailscale.limit_rate(None);
    bench.pass(29);
    bench.get(&token, path).await;
    bench.pass(1);
    bench.get(&token, path).await;
    assert_eq!(bench.tailscale.calls_while_asked_to_wait().len(), 1);
    assert_eq!(
        bench
            .tailscale
            .max_calls_per_window(Duration::from_hours(1)),
        6
    );
    assert_eq!(bench.tailscale.calls_of(Route::Users).len(), 5);
}

#[tokio::test]
async fn the_console_changes_what_the_api_shows() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let shown = async || bench.get(&token, &format!("/device/{ADA}")).await.1;
    bench.get(&token, "/tailnet/-/devices").await;
    bench.tailscale.set_owner(ADA, "bob@example.com").unwrap();
    bench.tailscale.set_tags(ADA, &["tag:kiosk"]).unwrap();
    bench.tailscale.rename_device(ADA, "Kiosk").unwrap();
    bench.tailscale.set_seen(ADA, Seen::Never).unwrap();
    let device = shown().await;
    assert_eq!(device["user"], "bob@example.com");
    assert_eq!(device["tags"], json!(["tag:kiosk"]));
    assert_eq!(device["name"], "kiosk.tail4f2a.ts.net");
    assert_eq!(device["connectedToControl"], false);
    let (_, list) = bench.get(&token, "/tailnet/-/devices").await;
    assert!(
        list["devices"].as_array().unwrap().contains(&device),
        "no stale list"
    );
    bench.tailscale.remove_device(ADA).unwrap();
    assert_eq!(bench.get(&token, &format!("/device/{ADA}")).await.0, 404);
    let missing = bench.tailscale.authorize(ADA).unwrap_err();
    assert_eq!(
        missing.to_string(),
        format!("the tailnet has no device {ADA}")
    );
}

#[tokio::test]
async fn what_the_api_does_not_have_is_a_violation() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    assert_eq!(bench.get(&token, "/tailnet/-/keys").await.0, 404);
    assert_eq!(
        bench
            .send(&token, Method::PUT, "/tailnet/-/acl", &json!({}))
            .await
            .0,
        404
    );
    assert_eq!(bench.tailscale.violations().len(), 2);
}
