//! Looking at the connections, and making them go wrong.

use super::{
    super::{SlackSandbox, state::State},
    Order, SCOPE,
    connection::disconnect,
};

/// A connection that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSocket {
    /// Counts the connections, from 1.
    pub number: u64,
    /// The app-level token that it was opened with.
    pub token: String,
    /// Whether its end was announced.
    pub is_leaving: bool,
}

/// An envelope that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentEnvelope {
    /// Its id.
    pub id: String,
    /// `slash_commands`, `interactive` or `events_api`.
    pub kind: &'static str,
    /// The connection that it went over.
    pub connection: u64,
    /// Whether it was acknowledged, in time or late.
    pub is_acknowledged: bool,
}

impl SlackSandbox {
    /// Whether the app uses Socket Mode.
    pub fn uses_sockets(&self) -> bool {
        self.shared.read(|state| state.sockets.is_on)
    }

    /// The connections that are open now, oldest first.
    pub fn sockets(&self) -> Vec<OpenSocket> {
        self.shared.read(|state| {
            let open = state.sockets.open.iter();
            open.map(|(number, open)| OpenSocket {
                number: *number,
                token: open.token.clone(),
                is_leaving: open.is_leaving,
            })
            .collect()
        })
    }

    /// How many connections were ever opened.
    pub fn sockets_so_far(&self) -> u64 {
        self.shared.read(|state| state.sockets.opened_so_far)
    }

    /// Every envelope that was sent, oldest first.
    pub fn envelopes(&self) -> Vec<SentEnvelope> {
        self.shared.read(|state| state.sockets.sent.clone())
    }

    /// Everything goes over connections of this app-level token from now on, as if the others
    /// had none. For several bots of one app.
    pub fn connect_app_token(&self, token: &str) {
        let token = Some(token.to_owned());
        self.shared.change(|state| state.sockets.preferred = token);
    }

    /// One more app-level token.
    pub fn add_app_token(&self, token: &str) {
        self.shared.change(|state| {
            let scopes = [SCOPE.to_owned()].into();
            state.sockets.tokens.insert(token.to_owned(), scopes);
        });
    }

    /// Takes a token's only scope away.
    pub fn unscope_app_token(&self, token: &str) {
        self.shared.change(|state| {
            if let Some(scopes) = state.sockets.tokens.get_mut(token) {
                scopes.clear();
            }
        });
    }

    /// From now on nothing is opened with this token; what is open stays.
    pub fn revoke_app_token(&self, token: &str) {
        self.shared
            .change(|state| state.sockets.tokens.remove(token));
    }

    /// Drops a connection without a word.
    pub fn cut_socket(&self, number: u64) {
        self.order(number, Order::Cut);
    }

    /// Closes a connection politely.
    pub fn close_socket(&self, number: u64) {
        self.order(number, Order::Close);
    }

    /// Leaves a connection open, and neither reads nor answers.
    pub fn silence_socket(&self, number: u64) {
        self.order(number, Order::FallSilent);
    }

    /// Announces the end of a connection: `warning`, `refresh_requested`, or whatever Slack may
    /// say. It stays open until it is closed.
    pub fn announce_disconnect(&self, number: u64, reason: &str) {
        self.shared.change(|state| announce(state, number, reason));
    }

    /// Sends something over a connection that no Slack would send.
    pub fn send_over(&self, number: u64, text: &str) {
        self.order(number, Order::Send(text.to_owned()));
    }

    /// New connections are turned away from now on, though addresses are still given.
    pub fn refuse_sockets(&self) {
        self.shared.change(|state| state.sockets.refuses = true);
    }

    /// New connections are accepted again.
    pub fn accept_sockets(&self) {
        self.shared.change(|state| state.sockets.refuses = false);
    }

    /// Switches Socket Mode off in the app's settings: every connection is told and closed.
    pub fn switch_socket_mode_off(&self) {
        self.shared.change(|state| {
            state.sockets.is_on = false;
            let open: Vec<u64> = state.sockets.open.keys().copied().collect();
            for number in open {
                announce(state, number, "link_disabled");
                send(state, number, Order::Close);
            }
        });
    }

    /// Switches it on again.
    pub fn switch_socket_mode_on(&self) {
        self.shared.change(|state| state.sockets.is_on = true);
    }

    fn order(&self, number: u64, order: Order) {
        self.shared.change(|state| send(state, number, order));
    }
}

fn announce(state: &mut State, number: u64, reason: &str) {
    if let Some(open) = state.sockets.open.get_mut(&number) {
        open.is_leaving = true;
    }
    send(state, number, Order::Send(disconnect(reason)));
}

fn send(state: &mut State, number: u64, order: Order) {
    if let Some(open) = state.sockets.open.get(&number) {
        // One that has just ended hears nothing, which is as well.
        let _ = open.orders.send(order);
    }
}
