//! One connection, from its ticket to its end.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{
        Query, State as Extract,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;
use tokio::sync::mpsc;

use super::{
    super::state::{Shared, State},
    MOST, Order,
};

/// Why a connection is not wanted, in Slack's words.
enum Entry {
    Welcome { hello: String, connection: u64 },
    TurnedAway(&'static str),
}

/// `GET /link/?ticket=…`: the address that `apps.connections.open` gives.
pub(in super::super) async fn link(
    Extract(shared): Extract<Arc<Shared>>,
    Query(query): Query<BTreeMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let ticket = query.get("ticket").cloned().unwrap_or_default();
    let token = shared.change(|state| {
        if state.sockets.refuses {
            return Err(StatusCode::SERVICE_UNAVAILABLE);
        }
        state.sockets.redeem(&ticket).ok_or_else(|| {
            let says = vec!["the ticket was used before, or never given".to_owned()];
            state.record.refuse("socket_mode", "invalid_ticket", says);
            StatusCode::NOT_FOUND
        })
    });
    match token {
        Ok(token) => upgrade.on_upgrade(move |socket| serve(shared, token, socket)),
        Err(status) => status.into_response(),
    }
}

async fn serve(shared: Arc<Shared>, token: String, mut socket: WebSocket) {
    let (orders, mut inbox) = mpsc::unbounded_channel();
    let entry = shared.change(|state| enter(state, token, orders));
    let (hello, connection) = match entry {
        Entry::Welcome { hello, connection } => (hello, connection),
        Entry::TurnedAway(reason) => {
            // It ends either way.
            let _ = socket.send(Message::text(disconnect(reason))).await;
            let _ = socket.send(Message::Close(None)).await;
            return;
        }
    };
    if socket.send(Message::text(hello)).await.is_ok() {
        let stopped = shared.stop.clone();
        tokio::select! {
            () = converse(&shared, connection, &mut socket, &mut inbox) => {}
            () = stopped.cancelled() => {}
        }
    }
    shared.change(|state| state.sockets.remove(connection));
}

fn enter(state: &mut State, token: String, orders: mpsc::UnboundedSender<Order>) -> Entry {
    if !state.sockets.is_on {
        return Entry::TurnedAway("link_disabled");
    }
    if state.sockets.open.len() >= MOST {
        return Entry::TurnedAway("too_many_websockets");
    }
    let connection = state.sockets.add(token, orders);
    let hello = json!({
        "type": "hello",
        "num_connections": state.sockets.open.len(),
        "connection_info": { "app_id": state.app.app_id },
        "debug_info": {
            "host": "applink-sandbox",
            "build_number": 1,
            "approximate_connection_time": 18_060,
        },
    });
    Entry::Welcome {
        hello: hello.to_string(),
        connection,
    }
}

/// The message that announces an end.
pub(super) fn disconnect(reason: &str) -> String {
    let debug = json!({ "host": "applink-sandbox" });
    json!({ "type": "disconnect", "reason": reason, "debug_info": debug }).to_string()
}

async fn converse(
    shared: &Shared,
    connection: u64,
    socket: &mut WebSocket,
    inbox: &mut mpsc::UnboundedReceiver<Order>,
) {
    loop {
        tokio::select! {
            order = inbox.recv() => match order {
                Some(Order::Send(text)) => {
                    if socket.send(Message::text(text)).await.is_err() {
                        return;
                    }
                }
                Some(Order::Close) => {
                    // Closing is all that is left to do.
                    let _ = socket.send(Message::Close(None)).await;
                    return;
                }
                Some(Order::FallSilent) => while !matches!(inbox.recv().await, Some(Order::Cut)) {},
                Some(Order::Cut) | None => return,
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => shared.change(|state| {
                    state.sockets.take(connection, text.as_str(), &mut state.record);
                }),
                Some(Ok(Message::Binary(_))) => shared.change(|state| {
                    let says = vec!["a binary message".to_owned()];
                    state.record.refuse("socket_mode", "invalid_json", says);
                }),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
        }
    }
}
