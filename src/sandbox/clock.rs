//! The clock that a stand-in lives by: every window and expiry on that side of the wire.
//!
//! Not the product's clock: a test that moves both says so twice, and one that moves only
//! one of them has a clock skew to look at.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};

/// Says what time it is on the other side of the wire.
pub type SandboxClock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The machine's own time.
#[expect(
    clippy::disallowed_methods,
    reason = "the stand-ins may not use the product's clock, so this is their only source of real time"
)]
pub fn system() -> SandboxClock {
    Arc::new(Utc::now)
}

/// A clock that stands still until somebody moves it.
#[derive(Clone, Debug)]
pub struct HandClock(Arc<Mutex<DateTime<Utc>>>);

impl HandClock {
    /// A clock that shows `start`.
    pub fn showing(start: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(start)))
    }

    /// The time it shows.
    pub fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    /// Sets it, forward or back.
    pub fn set(&self, to: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }

    /// What a stand-in takes; it keeps following this clock.
    pub fn clock(&self) -> SandboxClock {
        let hands = self.clone();
        Arc::new(move || hands.now())
    }
}
