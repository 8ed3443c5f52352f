//! The methods of the Web API: which there are, what each needs, and the way in.

mod chat;
mod conversations;
mod functions;
mod people;
mod views;

pub(super) use views::{answer_push, answer_update};

use serde_json::{Value, json};

use super::{
    arguments::Arguments, functions::TokenState, rates::Wait, record::Outcome, refused::Refused,
    socket, state::State,
};

type Run = fn(&mut State, &Arguments) -> Result<Value, Refused>;

struct Method {
    name: &'static str,
    scope: Option<&'static str>,
    /// Read methods take their arguments from the query or a form, never from JSON.
    reads: bool,
    run: Run,
}

const fn reads(name: &'static str, scope: Option<&'static str>, run: Run) -> Method {
    Method {
        name,
        scope,
        reads: true,
        run,
    }
}

const fn writes(name: &'static str, scope: Option<&'static str>, run: Run) -> Method {
    Method {
        name,
        scope,
        reads: false,
        run,
    }
}

/// The one method that takes an app-level token, and no other.
const OPEN_SOCKET: &str = "apps.connections.open";

static METHODS: &[Method] = &[
    writes("auth.test", None, people::auth_test),
    reads("users.info", Some("users:read"), people::info),
    reads(
        "users.lookupByEmail",
        Some("users:read.email"),
        people::lookup_by_email,
    ),
    reads(
        "usergroups.list",
        Some("usergroups:read"),
        people::usergroups,
    ),
    reads(
        "usergroups.users.list",
        Some("usergroups:read"),
        people::usergroup_members,
    ),
    writes("conversations.open", Some("im:write"), conversations::open),
    reads("conversations.info", None, conversations::info),
    writes("chat.postMessage", Some("chat:write"), chat::post),
    writes("chat.update", Some("chat:write"), chat::update),
    writes(
        "chat.postEphemeral",
        Some("chat:write"),
        chat::post_ephemeral,
    ),
    reads("chat.getPermalink", None, chat::permalink),
    writes("views.open", None, views::open),
    writes("views.push", None, views::push),
    writes("views.update", None, views::update),
    writes("views.publish", None, views::publish),
    writes(
        "functions.completeSuccess",
        None,
        functions::complete_success,
    ),
    writes("functions.completeError", None, functions::complete_error),
];

/// What a call is answered with, faults aside.
pub(super) struct Served {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) outcome: Outcome,
}

/// Serves one call.
pub(super) fn serve(
    state: &mut State,
    name: &str,
    arguments: Result<&Arguments, &Refused>,
    bearer: Option<&str>,
) -> Served {
    let channel = arguments
        .ok()
        .and_then(|arguments| arguments.text("channel"))
        .map(|channel| resolved(state, channel));
    let now = state.now();
    if let Some(wait) = state.rates.paused(name, channel.as_deref(), now) {
        return limited(wait);
    }
    match admit_and_run(state, name, arguments, bearer, channel.as_deref()) {
        Ok(Ok(mut body)) => {
            body["ok"] = json!(true);
            Served {
                status: 200,
                body,
                outcome: Outcome::Ok,
            }
        }
        Ok(Err(refused)) => {
            if refused.misuse {
                state
                    .record
                    .refuse(name, &refused.code, refused.messages.clone());
            }
            Served {
                status: 200,
                body: refused.body(),
                outcome: Outcome::Error(refused.code),
            }
        }
        Err(wait) => limited(wait),
    }
}

fn admit_and_run(
    state: &mut State,
    name: &str,
    arguments: Result<&Arguments, &Refused>,
    bearer: Option<&str>,
    channel: Option<&str>,
) -> Result<Result<Value, Refused>, Wait> {
    if name == OPEN_SOCKET {
        let admitted = socket::admit(state, bearer, arguments);
        let now = state.now();
        return match admitted {
            Ok(token) => state
                .rates
                .admit(name, None, now)
                .map(|()| Ok(socket::open(state, &token))),
            Err(refused) => Ok(Err(refused)),
        };
    }
    let checked = checks(state, name, arguments, bearer);
    let (method, arguments) = match checked {
        Ok(checked) => checked,
        Err(refused) => return Ok(Err(refused)),
    };
    let now = state.now();
    state.rates.admit(name, channel, now)?;
    if method.reads && arguments.from_json {
        if !arguments.values.is_empty() {
            let says = "this method takes a form or a query; its JSON body was ignored";
            state
                .record
                .refuse(name, "json_body_ignored", vec![says.to_owned()]);
        }
        return Ok((method.run)(state, &Arguments::default()));
    }
    Ok((method.run)(state, arguments))
}

fn checks<'a>(
    state: &State,
    name: &str,
    arguments: Result<&'a Arguments, &Refused>,
    bearer: Option<&str>,
) -> Result<(&'static Method, &'a Arguments), Refused> {
    let method = METHODS
        .iter()
        .find(|method| method.name == name)
        .ok_or_else(|| Refused::misuse("unknown_method"))?;
    let arguments = arguments.map_err(Clone::clone)?;
    let token = bearer
        .or(arguments.token.as_deref())
        .ok_or_else(|| Refused::misuse("not_authed"))?;
    if state.sockets.tokens.contains_key(token) {
        return Err(Refused::misuse("not_allowed_token_type"));
    }
    if token != state.token {
        by_execution_token(state, method, arguments, token)?;
    } else if state.token_revoked {
        return Err(Refused::because("token_revoked"));
    }
    if let Some(scope) = method.scope {
        need(state, scope)?;
    }
    Ok((method, arguments))
}

/// The token that comes with an execution completes that execution, and does nothing else
/// here.
fn by_execution_token(
    state: &State,
    method: &Method,
    arguments: &Arguments,
    token: &str,
) -> Result<(), Refused> {
    let wanted = arguments.text("function_execution_id");
    let judged = state.executions.judge_token(token, wanted, state.now());
    match judged.filter(|_| method.name.starts_with("functions.")) {
        None => Err(Refused::misuse("invalid_auth")),
        Some(TokenState::Works) => Ok(()),
        Some(TokenState::Expired) => Err(Refused::because("token_expired")),
        Some(TokenState::OfAnother) => Err(Refused::misuse("access_denied")),
    }
}

fn need(state: &State, scope: &str) -> Result<(), Refused> {
    if state.scopes.contains(scope) {
        return Ok(());
    }
    let provided: Vec<&str> = state.scopes.iter().map(String::as_str).collect();
    Err(Refused::scope(scope, &provided.join(",")))
}

fn resolved(state: &State, channel: &str) -> String {
    let names = state.names_of(channel);
    let conversation = names.iter().find(|name| !name.starts_with(['U', 'W']));
    conversation.map_or(channel, String::as_str).to_owned()
}

fn limited(wait: Wait) -> Served {
    Served {
        status: 429,
        body: json!({ "ok": false, "error": "ratelimited" }),
        outcome: Outcome::RateLimited {
            retry_after: wait.seconds,
            inside_pause: wait.again,
        },
    }
}
