//! How many connections are up, for readiness and metrics.

use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is known of the connections, shared by all who keep them and all who look.
#[derive(Clone)]
pub struct Presence(Arc<Mutex<Standing>>);

/// How it stands at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many connections there should be.
    pub wanted: usize,
    /// How many there are. While one is replaced there are more than wanted.
    pub open: usize,
    /// What has happened so far.
    pub past: Past,
}

/// What has happened so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// Slack has not said hello yet.
    NeverConnected,
    /// Slack has said hello, on this or an earlier connection.
    Connected,
    /// Slack has said that Socket Mode is switched off for the app, and no hello since.
    SwitchedOff,
}

/// While this lives, a connection is up.
pub(super) struct Up(Presence);

impl Presence {
    pub(super) fn new(wanted: usize) -> Self {
        let standing = Standing {
            wanted,
            open: 0,
            past: Past::NeverConnected,
        };
        Self(Arc::new(Mutex::new(standing)))
    }

    /// How it stands now.
    pub fn standing(&self) -> Standing {
        *self.known()
    }

    /// Slack has said hello.
    pub(super) fn up(&self) -> Up {
        self.change(|standing| {
            standing.open += 1;
            standing.past = Past::Connected;
        });
        Up(self.clone())
    }

    /// Slack has said that the app uses Socket Mode no longer.
    pub(super) fn switched_off(&self) {
        self.change(|standing| standing.past = Past::SwitchedOff);
    }

    fn change(&self, how: impl FnOnce(&mut Standing)) {
        let mut standing = self.known();
        how(&mut standing);
        let open = u32::try_from(standing.open).unwrap_or(u32::MAX);
        metrics::gauge!("lapse_socket_connections").set(open);
    }

    /// A panic elsewhere does not make the count less true.
    fn known(&self) -> MutexGuard<'_, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        self.0.change(|standing| standing.open -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_counted_while_they_last() {
        let presence = Presence::new(2);
        assert_eq!(presence.standing().past, Past::NeverConnected);
        let (first, second) = (presence.up(), presence.up());
        assert_eq!(presence.standing().open, 2);
        drop(first);
        presence.switched_off();
        drop(second);
        let standing = presence.standing();
        assert_eq!((standing.open, standing.past), (0, Past::SwitchedOff));
        let _again = presence.up();
        assert_eq!(presence.standing().past, Past::Connected);
    }
}
