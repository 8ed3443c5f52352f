//! The one method that takes the app-level token.

use super::call::Call;
use super::token::{Holder, TokenState};
use super::{Client, Token};
use crate::clock::Clock;
use crate::slack::{Answer, Connections};
use secrecy::SecretString;
use std::sync::Arc;
use url::Url;

/// Talks to Slack with one app-level token (`xapp-…`), which opens Socket Mode connections and
/// does nothing else.
pub struct AppClient(Client);

impl AppClient {
    /// Takes a client that follows no redirects, so that the token stays with `api`.
    pub fn new(http: reqwest::Client, api: Url, secret: SecretString, clock: Clock) -> Self {
        let token = Arc::new(TokenState::new(Holder::App, clock.clone()));
        Self(Client {
            token,
            ..Client::new(http, api, secret, clock)
        })
    }

    /// Whether the token works, as far as its use has shown.
    pub fn token(&self) -> Token {
        self.0.token.token()
    }
}

impl Connections for AppClient {
    fn connections_open(&self) -> Answer<'_, crate::slack::SocketUrl> {
        Box::pin(async move {
            // The token belongs into the header; as a parameter this method refuses it.
            let read = self
                .0
                .call(Call::form("apps.connections.open", &[]))
                .await?;
            read.socket_url(&self.0.api)
        })
    }
}
