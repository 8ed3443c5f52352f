//! From what would be posted to what was acknowledged.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{
    super::{
        SlackSandbox,
        deliveries::{Delivery, Reply, Undelivered},
        state::State,
    },
    envelope::Envelope,
};

/// An event is sent again at once, over another connection if there is one. Later tries are the
/// test's to make.
const TRIES: u8 = 2;

enum Answered {
    Acknowledged(Option<Value>),
    /// The connection ended first.
    Lost,
    NotInTime,
}

impl SlackSandbox {
    /// Sends it in an envelope. What is acknowledged reads like an HTTP 200, what is not like a
    /// 503: people see the same.
    pub(in super::super) async fn send_over_socket(
        &self,
        delivery: &Delivery,
        to: Option<&str>,
    ) -> Result<Reply, Undelivered> {
        let sent_at = Instant::now();
        let id = self.shared.change(|state| state.fresh_id("En"));
        let mut envelope = Envelope::of(id, delivery).ok_or(Undelivered::HttpOnly)?;
        let reply = |status, body| Reply {
            status,
            body,
            took: sent_at.elapsed(),
            delivery: delivery.clone(),
        };
        let mut last = None;
        for tried in 1..=TRIES {
            let (answered, connection) = self.ask(&envelope, to, last).await?;
            last = Some(connection);
            match answered {
                Answered::Acknowledged(payload) => {
                    let body = payload.map(|payload| payload.to_string().into_bytes());
                    return Ok(reply(200, body.unwrap_or_default()));
                }
                Answered::Lost | Answered::NotInTime if envelope.is_retried() && tried < TRIES => {
                    let id = self.shared.change(|state| state.fresh_id("En"));
                    envelope = envelope.again(id);
                }
                Answered::Lost => {
                    let says = "the connection ended before it was acknowledged".to_owned();
                    return Err(Undelivered::NoAnswer(says));
                }
                Answered::NotInTime => break,
            }
        }
        Ok(reply(503, Vec::new()))
    }

    async fn ask(
        &self,
        envelope: &Envelope,
        to: Option<&str>,
        not_over: Option<u64>,
    ) -> Result<(Answered, u64), Undelivered> {
        let (pending, patience) = self.shared.change(|state| {
            let pending = state.sockets.send(envelope, to, not_over);
            (pending, state.ack_patience)
        });
        let Some(pending) = pending else {
            let says = "the app has no Socket Mode connection".to_owned();
            return Err(Undelivered::NoAnswer(says));
        };
        let answered = match tokio::time::timeout(patience, pending.acknowledged).await {
            Ok(Ok(payload)) => Answered::Acknowledged(payload),
            Ok(Err(_)) => Answered::Lost,
            Err(_) => {
                let give_up = |state: &mut State| state.sockets.give_up(&envelope.id);
                self.shared.change(give_up);
                Answered::NotInTime
            }
        };
        Ok((answered, pending.connection))
    }

    /// Sends a delivery again over connections of this app-level token, whichever gets everything
    /// else.
    pub async fn replay_to(
        &self,
        app_token: &str,
        delivery: &Delivery,
    ) -> Result<Reply, Undelivered> {
        self.send_over_socket(delivery, Some(app_token)).await
    }

    /// How long an acknowledgement may take.
    pub fn set_ack_patience(&self, patience: Duration) {
        self.shared.change(|state| state.ack_patience = patience);
    }
}
