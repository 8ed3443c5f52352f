//! The HTTP side: takes a call down, lets faults have their way, carries it out, answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::connection::Line;
use super::fault::Fault;
use super::record::{Admission, Call, Record};
use super::refusal::{Answer, Refused};
use super::route::{Route, Target};
use super::tailnet::Tailnet;
use crate::sandbox::clock::SandboxClock;

const LARGEST_BODY: usize = 4 << 20;

/// What the server and the test's handle share.
pub(super) struct Shared {
    pub clock: SandboxClock,
    pub changed: watch::Sender<()>,
    tailnet: Mutex<Tailnet>,
    record: Mutex<Record>,
}

impl Shared {
    pub fn new(clock: SandboxClock, tailnet: Tailnet, keeps: usize) -> Self {
        Self {
            clock,
            changed: watch::Sender::new(()),
            tailnet: Mutex::new(tailnet),
            record: Mutex::new(Record::keeping(keeps)),
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    pub fn tailnet(&self) -> MutexGuard<'_, Tailnet> {
        self.tailnet.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries a call out by the book, and writes down if it was refused.
    fn carry_out(&self, number: usize, parts: &Parts, body: &Bytes) -> Answer {
        let now = self.now();
        let outcome = perform(&mut self.tailnet(), parts, body, now);
        outcome.unwrap_or_else(|refused| {
            self.record().refused(number, &refused);
            refused.answer()
        })
    }
}

/// Every request ends up here.
pub(super) async fn answer(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return cut(&line);
    };
    let (number, admission) = {
        let call = describe(&parts, &body, shared.now());
        shared.record().admit(call)
    };
    let answer = match admission {
        Admission::Down => None,
        Admission::TooMany(limit) => Some(Answer {
            retry_after: limit.retry_after,
            ..Answer::text("text/plain", "Too Many Requests\n".to_owned())
                .with_status(StatusCode::TOO_MANY_REQUESTS)
        }),
        Admission::Pass(None) => Some(shared.carry_out(number, &parts, &body)),
        Admission::Pass(Some(fault)) => {
            suffer(fault, || shared.carry_out(number, &parts, &body)).await
        }
    };
    let response = match &answer {
        Some(answer) => {
            let now = shared.now();
            let wait_until = answer
                .retry_after
                .and_then(|seconds| chrono::Duration::try_seconds(i64::try_from(seconds).ok()?))
                .map(|wait| now + wait);
            shared
                .record()
                .answered(number, answer.status.as_u16(), wait_until);
            render(answer.clone(), now)
        }
        None => cut(&line),
    };
    shared.changed.send_replace(());
    response
}

/// Lets a fault have its way with a call; `None` means that the answer is lost.
async fn suffer(fault: Fault, carry_out: impl Fn() -> Answer) -> Option<Answer> {
    let failure = |status: u16| {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let message = status.canonical_reason().unwrap_or("error").to_lowercase();
        Answer::json(&json!({ "message": message })).with_status(status)
    };
    Some(match fault {
        Fault::Status(status) => failure(status),
        Fault::StatusWithRetryAfter(status, seconds) => Answer {
            retry_after: Some(seconds),
            ..failure(status)
        },
        Fault::NotJson(status) => Answer {
            status: failure(status).status,
            ..Answer::text("text/html", "<html><h1>Bad gateway</h1></html>".to_owned())
        },
        Fault::Latency(wait) => {
            tokio::time::sleep(wait).await;
            carry_out()
        }
        Fault::Reset => return None,
        Fault::AppliedThenLost => {
            carry_out();
            return None;
        }
        Fault::AppliedThenSlow(wait) => {
            let answer = carry_out();
            tokio::time::sleep(wait).await;
            answer
        }
        Fault::AppliedThenStatus(status) => {
            carry_out();
            failure(status)
        }
        Fault::AnswerNull => replace_success(carry_out(), &Value::Null),
        Fault::AnswerEmptyObject => replace_success(carry_out(), &json!({})),
    })
}

fn replace_success(answer: Answer, body: &Value) -> Answer {
    if answer.status.is_success() {
        Answer::json(body)
    } else {
        answer
    }
}

fn perform(
    tailnet: &mut Tailnet,
    parts: &Parts,
    body: &Bytes,
    now: DateTime<Utc>,
) -> Result<Answer, Refused> {
    let headers = &parts.headers;
    let target = Target::parse(&parts.method, parts.uri.path());
    if target.route == Route::Token {
        return tailnet.mint_token(headers, body, now);
    }
    let actor = tailnet.authenticate(headers, target.route.scope(), now)?;
    if target
        .tailnet
        .is_some_and(|name| name != "-" && name != tailnet.name)
    {
        return Err(Refused::missing("tailnet not found"));
    }
    let (device, key) = (target.device, target.key);
    match target.route {
        Route::Devices => Ok(tailnet.list_devices()),
        Route::Device => Ok(Answer::json(&tailnet.device(device)?.as_seen_by_the_api())),
        Route::ReadAttributes => tailnet.read_attributes(device, now),
        Route::WriteAttribute => {
            tailnet.write_attribute((device, key), (headers, body), &actor, now)
        }
        Route::RemoveAttribute => tailnet.remove_attribute((device, key), body, &actor, now),
        Route::PatchAttributes => tailnet.patch_attributes(headers, body, &actor, now),
        Route::Users => Ok(tailnet.list_people()),
        Route::Acl => Ok(tailnet.read_policy(headers)),
        Route::ValidateAcl => tailnet.validate_policy(headers, body),
        Route::AuditLog => tailnet.read_log(parts.uri.query().unwrap_or_default(), now),
        Route::Token | Route::Unknown | Route::Any => Err(Refused::no_such_route()),
    }
}

fn describe(parts: &Parts, body: &Bytes, at: DateTime<Utc>) -> Call {
    let route = Target::parse(&parts.method, parts.uri.path()).route;
    Call {
        at,
        received: Instant::now(),
        route,
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        body: if route == Route::Token {
            without_secrets(body)
        } else {
            String::from_utf8_lossy(body).into_owned()
        },
        status: None,
        while_asked_to_wait: false,
    }
}

/// Keeps the names of all form fields, and the values of those that are no secrets.
fn without_secrets(body: &[u8]) -> String {
    let fields = form_urlencoded::parse(body).map(|(name, value)| match &*name {
        "client_id" | "grant_type" | "scope" => format!("{name}={value}"),
        "client_secret" => "client_secret=…".to_owned(),
        _ => "…".to_owned(),
    });
    fields.collect::<Vec<_>>().join("&")
}

fn render(answer: Answer, now: DateTime<Utc>) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    if let Some(content_type) = answer.content_type {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if let Some(seconds) = answer.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    let date = now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        headers.insert(header::DATE, date);
    }
    response
}

fn cut(line: &Line) -> Response {
    line.cut();
    Response::new(Body::empty())
}
