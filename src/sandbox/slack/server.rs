//! The HTTP side: reads requests, draws their fate, and answers.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, Path, RawQuery, State as Extract},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
    routing::{any, get, post},
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    api::{self, Served},
    arguments::Arguments,
    faults::{Fate, Fault},
    line::Line,
    record::{Call, Outcome},
    refused::Refused,
    response_url, socket,
    state::{Shared, State},
};

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/api/{method}", any(web_api))
        .route("/response/{token}", post(respond))
        .route("/link/", get(socket::link))
        .with_state(shared)
}

/// A request that was read.
struct Asked {
    method: String,
    arguments: Result<Arguments, Refused>,
    /// The bearer token, or the last part of a `response_url`.
    key: Option<String>,
    at: DateTime<Utc>,
}

async fn web_api(
    Extract(shared): Extract<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    Path(method): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let bearer = text_of(&headers, header::AUTHORIZATION)
        .strip_prefix("Bearer ")
        .map(str::to_owned);
    let asked = Asked {
        method,
        arguments: Arguments::read(&query.unwrap_or_default(), content_type(&headers), &body),
        key: bearer,
        at: shared.read(State::now),
    };
    answer(shared, line, asked).await
}

async fn respond(
    Extract(shared): Extract<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = Asked {
        method: "response_url".to_owned(),
        arguments: Arguments::read("", content_type(&headers), &body),
        key: Some(token),
        at: shared.read(State::now),
    };
    answer(shared, line, asked).await
}

fn text_of(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn content_type(headers: &HeaderMap) -> &str {
    text_of(headers, header::CONTENT_TYPE)
}

/// Serves a request to its end, even when the caller has stopped waiting.
async fn answer(shared: Arc<Shared>, line: Line, asked: Asked) -> Response {
    let work = {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move { play(&shared, &line, asked).await })
    };
    let answered = work.await.unwrap_or_else(|_| plain(500));
    shared.read(|state| dress(state, answered))
}

async fn play(shared: &Shared, line: &Line, asked: Asked) -> Response {
    let fate = shared.change(|state| draw(state, &asked));
    if fate.delay > Duration::ZERO {
        tokio::time::sleep(fate.delay).await;
    }
    let lost = |truth: Outcome| Outcome::Lost(Box::new(truth));
    let (outcome, response, slow) = match fate.fault {
        None => {
            let served = shared.change(|state| serve(state, &asked));
            let response = told(&served);
            (served.outcome, response, None)
        }
        Some(Fault::AppliedThenSlow(delay)) => {
            let served = shared.change(|state| serve(state, &asked));
            let response = told(&served);
            (served.outcome, response, Some(delay))
        }
        Some(Fault::AppliedThenLost) => {
            let served = shared.change(|state| serve(state, &asked));
            line.cut();
            (lost(served.outcome), plain(500), None)
        }
        Some(Fault::AppliedThenStatus(status)) => {
            let served = shared.change(|state| serve(state, &asked));
            (lost(served.outcome), plain(status), None)
        }
        Some(Fault::Status(status)) => (Outcome::Status(status), plain(status), None),
        Some(Fault::Error(code)) => {
            let body = json!({ "ok": false, "error": code });
            (Outcome::Error(code), in_json(200, &body), None)
        }
        Some(Fault::RateLimited { retry_after }) => {
            let served = shared.change(|state| pause(state, &asked, fate.channel, retry_after));
            let response = told(&served);
            (served.outcome, response, None)
        }
        Some(Fault::Reset | Fault::Latency(_)) => {
            line.cut();
            (Outcome::Reset, plain(500), None)
        }
    };
    shared.change(|state| record(state, asked, outcome));
    if let Some(delay) = slow {
        tokio::time::sleep(delay).await;
    }
    response
}

fn draw(state: &mut State, asked: &Asked) -> Fate {
    let channel = match (asked.method.as_str(), &asked.arguments) {
        ("response_url", _) => {
            let url = asked
                .key
                .as_ref()
                .and_then(|key| state.response_urls.get(key));
            url.map(|url| url.channel.clone())
        }
        (_, Ok(arguments)) => {
            let named = ["channel", "users", "user_id", "user"];
            named
                .iter()
                .find_map(|name| arguments.text(name))
                .map(str::to_owned)
        }
        _ => None,
    };
    let names = channel.map(|channel| state.names_of(&channel));
    state.faults.draw(&asked.method, &names.unwrap_or_default())
}

fn serve(state: &mut State, asked: &Asked) -> Served {
    let arguments = asked.arguments.as_ref();
    if asked.method != "response_url" {
        return api::serve(state, &asked.method, arguments, asked.key.as_deref());
    }
    let key = asked.key.as_deref().unwrap_or_default();
    let done = arguments.map_err(Clone::clone).and_then(|arguments| {
        if !arguments.from_json {
            return Err(Refused::misuse("invalid_payload"));
        }
        response_url::answer(state, key, arguments)
    });
    match done {
        Ok(()) => Served {
            status: 200,
            body: json!({ "ok": true }),
            outcome: Outcome::Ok,
        },
        Err(refused) => {
            if refused.misuse {
                let messages = refused.messages.clone();
                state.record.refuse("response_url", &refused.code, messages);
            }
            Served {
                status: if gone(&refused) { 404 } else { 400 },
                body: refused.body(),
                outcome: Outcome::Error(refused.code),
            }
        }
    }
}

/// Whether a `response_url` has ended or never was.
fn gone(refused: &Refused) -> bool {
    refused.code.ends_with("_url")
}

/// A planned 429 opens a pause of its own.
fn pause(state: &mut State, asked: &Asked, channel: Option<String>, seconds: u64) -> Served {
    let now = state.now();
    let scope = channel.map(|channel| {
        let names = state.names_of(&channel);
        let conversation = names.iter().find(|name| !name.starts_with(['U', 'W']));
        conversation.cloned().unwrap_or(channel)
    });
    let again = state.rates.paused(&asked.method, scope.as_deref(), now);
    state
        .rates
        .pause(&asked.method, scope.as_deref(), seconds, now);
    Served {
        status: 429,
        body: json!({ "ok": false, "error": "ratelimited" }),
        outcome: Outcome::RateLimited {
            retry_after: seconds,
            inside_pause: again.is_some(),
        },
    }
}

fn record(state: &mut State, asked: Asked, outcome: Outcome) {
    let args = asked
        .arguments
        .map_or(Value::Null, |arguments| Value::Object(arguments.values));
    state.record.call(Call {
        // Given by the record.
        number: 0,
        at: asked.at,
        method: asked.method,
        args,
        outcome,
    });
}

fn told(served: &Served) -> Response {
    let mut response = in_json(served.status, &served.body);
    if let Outcome::RateLimited { retry_after, .. } = &served.outcome {
        let seconds = HeaderValue::from(*retry_after);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

fn in_json(status: u16, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status_of(status);
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn plain(status: u16) -> Response {
    let mut response = Response::new(Body::from("Server Error"));
    *response.status_mut() = status_of(status);
    response
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Adds the headers that every answer of Slack carries.
fn dress(state: &State, mut response: Response) -> Response {
    let scopes: Vec<&str> = state.scopes.iter().map(String::as_str).collect();
    let date = (state.now() + state.date_skew).format("%a, %d %b %Y %H:%M:%S GMT");
    let headers = response.headers_mut();
    if let Ok(scopes) = HeaderValue::from_str(&scopes.join(",")) {
        headers.insert("x-oauth-scopes", scopes);
    }
    if let Ok(date) = HeaderValue::from_str(&date.to_string()) {
        headers.insert(header::DATE, date);
    }
    response
}
