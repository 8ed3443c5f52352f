//! What people do on the page.
//!
//! Each is a small JSON body, so that no form of a foreign page can send it, and each is done
//! to its end even when the browser stops waiting, as a click that has left cannot be called
//! back. What comes of it is seen in the panes; the answer only says what a Slack client
//! would say in a toast.

mod slack;
mod stage;
mod workflow;

use std::{future::Future, sync::Arc};

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};

use super::{House, faults};
use crate::sandbox::slack::{PersonError, Reply};

pub(super) fn routes() -> Router<Arc<House>> {
    Router::new()
        .route("/do/click", post(slack::click))
        .route("/do/press", post(slack::press))
        .route("/do/choose", post(slack::choose))
        .route("/do/pick", post(slack::pick))
        .route("/do/type", post(slack::type_text))
        .route("/do/search", post(slack::search))
        .route("/do/submit", post(slack::submit))
        .route("/do/close", post(slack::close))
        .route("/do/write", post(slack::write))
        .route("/do/shortcut", post(slack::shortcut))
        .route("/do/message-shortcut", post(slack::message_shortcut))
        .route("/do/options", post(workflow::options))
        .route("/do/run", post(workflow::run))
        .route("/do/tell-again", post(workflow::tell_again))
        .route("/do/end-run", post(workflow::end))
        .route("/do/home", post(slack::home))
        .route("/do/dismiss", post(slack::dismiss))
        .route("/do/clock", post(stage::clock))
        .route("/do/next-end", post(stage::next_end))
        .route("/do/fault", post(stage::fault))
        .route("/do/clear", post(stage::clear))
        .route("/do/kill", post(stage::kill))
        .route("/do/restart", post(stage::restart))
}

/// Why nothing came of it, as the person reads it.
struct Declined(StatusCode, String);

impl Declined {
    /// It cannot be done as things stand.
    fn because(says: impl Into<String>) -> Self {
        Self(StatusCode::CONFLICT, says.into())
    }
}

impl From<PersonError> for Declined {
    fn from(error: PersonError) -> Self {
        Self::because(match error {
            PersonError::Undelivered(_) => {
                "Slack could not reach the bot: it does not answer. Nothing happened.".to_owned()
            }
            PersonError::NoView => "That dialog is closed already. Nothing happened.".to_owned(),
            PersonError::NoMessage | PersonError::NoElement(_) => {
                "That button is gone: the message has changed. Nothing happened.".to_owned()
            }
            other => format!("Slack does not do that: {other}. Nothing happened."),
        })
    }
}

impl IntoResponse for Declined {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "says": self.1 }))).into_response()
    }
}

/// What came of it.
type Done = Result<Json<Value>, Declined>;

/// Nothing to say: look at the panes.
fn silence() -> Json<Value> {
    Json(json!({}))
}

/// What a client shows when an app does not acknowledge, and what nobody would see otherwise:
/// that the app has it and cannot show what it does with it.
fn acknowledged(house: &House, reply: &Reply) -> Done {
    let app = &house.app;
    let outage = faults::outage(house);
    match (reply.acknowledged(), outage) {
        (true, None) => Ok(silence()),
        // It said something itself, and Slack has shown that.
        (true, Some(_)) if !reply.text().trim().is_empty() => Ok(silence()),
        (true, Some(why)) => Err(Declined::because(format!(
            "{app} took it, but {why}. A form that it would open does not come; whatever else it \
             did shows after “Clear all”."
        ))),
        (false, None) => Err(Declined::because(format!(
            "{app} answered {}, so Slack shows a warning beside it.",
            reply.status
        ))),
        (false, Some(why)) => Err(Declined::because(format!(
            "{app} answered {}, so Slack shows a warning beside it: {why}.",
            reply.status
        ))),
    }
}

/// Does it to the end, whether or not somebody waits.
async fn surely(act: impl Future<Output = Done> + Send + 'static) -> Done {
    let done = tokio::spawn(act).await;
    done.unwrap_or_else(|_| Err(Declined::because("It went wrong inside of the demo.")))
}
