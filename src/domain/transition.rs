//! What a command does: the next state, and everything that is stored with it.

use super::attribute::Key;
use super::audit::AuditEvent;
use super::grant::Grant;

/// The answer of a handler. One transaction stores all of it, or nothing.
#[must_use = "a transition that is not stored did not happen"]
#[derive(Clone, Debug, PartialEq)]
pub struct Transition<T> {
    /// The aggregate as it is from now on, its version one higher.
    pub next: T,
    /// The grant that it opens, if any.
    pub opens: Option<Grant>,
    /// What the audit trail says about it.
    pub events: Vec<AuditEvent>,
    /// What has to be brought into agreement afterwards.
    pub effects: Vec<Effect>,
}

impl<T> Transition<T> {
    /// A transition with nothing but the next state.
    pub fn to(next: T) -> Self {
        Self {
            next,
            opens: None,
            events: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// Adds what the audit trail says.
    pub fn recording(mut self, event: AuditEvent) -> Self {
        self.events.push(event);
        self
    }

    /// Adds what has to be brought into agreement.
    pub fn causing(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }
}

/// A subject to bring into agreement with what is stored. The worker does it after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The posture attribute of this key.
    SyncKey(Key),
    /// The cards that show this request.
    RefreshCards(Audience),
    /// The line in the profile's channel: posted if it is not there yet.
    ShowInChannel,
}

/// Whose cards follow a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Every card of the request.
    Everyone,
    /// The requester's, those of the people who acted, and the channel line.
    Involved,
}
