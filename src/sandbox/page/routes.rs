//! The addresses of the page.

use std::{net::SocketAddr, sync::Arc};

use askama::Template;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::StatusCode,
    middleware,
    response::{Html, IntoResponse, Response},
    routing::get,
};

use super::{
    House, act, assets,
    guard::{Doors, guard},
    live,
    panes::Pane,
    window::{Asked, Place, Window},
    wire, workflow,
};

/// What people type is short.
const LARGEST_BODY: usize = 64 << 10;

type Theirs = State<Arc<House>>;

pub(super) fn router(house: Arc<House>, address: SocketAddr) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/events", get(events))
        .route("/wire/sent/{number}", get(sent))
        .route("/wire/call/{number}", get(call))
        .route("/assets/page.css", get(assets::style))
        .route("/assets/page.js", get(assets::script))
        .route("/assets/icon.svg", get(assets::icon))
        .merge(act::routes())
        .with_state(house)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn_with_state(Doors::at(address), guard))
}

#[derive(Template)]
#[template(path = "page.html")]
struct WholePage<'a> {
    window: &'a Window,
    title: String,
    app: &'a str,
    command: &'a str,
    shortcuts: &'a [super::Shortcut],
    /// The form that runs steps of workflows, empty when the app has none.
    steps: String,
    now: i64,
    house: &'a House,
}

impl WholePage<'_> {
    fn pane(&self, pane: Pane) -> String {
        pane.draw(self.house, self.window)
    }

    fn has_steps(&self) -> bool {
        !self.steps.is_empty()
    }

    fn at(&self) -> &str {
        self.window.place.word()
    }
}

async fn page(State(house): Theirs, Query(asked): Query<Asked>) -> Response {
    let Some(window) = Window::open(&house, &asked) else {
        return (StatusCode::NOT_FOUND, "Nobody is in this workspace.").into_response();
    };
    let title = match &window.place {
        Place::Direct => format!("{} · direct messages", house.app),
        Place::Home => format!("{} · Home", house.app),
        Place::Channel { name, .. } => format!("#{name}"),
    };
    let page = WholePage {
        window: &window,
        title,
        app: &house.app,
        command: house.commands.first().map_or("", String::as_str),
        shortcuts: &house.shortcuts,
        steps: workflow::form(&house).unwrap_or_default(),
        now: house.backstage.now().timestamp_millis(),
        house: &house,
    };
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "the page could not be drawn");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn events(State(house): Theirs, Query(asked): Query<Asked>) -> Response {
    live::live(house, asked).into_response()
}

async fn sent(State(house): Theirs, Path(number): Path<u64>) -> Response {
    in_full(wire::sent_in_full(&house, number))
}

async fn call(State(house): Theirs, Path(number): Path<u64>) -> Response {
    in_full(wire::call_in_full(&house, number))
}

fn in_full(text: Option<String>) -> Response {
    match text {
        Some(text) => text.into_response(),
        None => (StatusCode::NOT_FOUND, "It is not kept any more.").into_response(),
    }
}
