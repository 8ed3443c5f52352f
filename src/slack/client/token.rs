//! Whether a token still works.
//!
//! A dead token must not cause a storm: once Slack has called it dead, one call a minute goes out
//! to see whether an operator has mended it, and all others are answered without Slack.

use crate::clock::Clock;
use chrono::{DateTime, Utc};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const PROBE_EVERY: Duration = Duration::from_mins(1);

/// Codes with which Slack calls the token dead.
/// <https://docs.slack.dev/reference/methods/auth.test#errors>
const DEATHS: [&str; 5] = [
    "token_revoked",
    "invalid_auth",
    "account_inactive",
    "not_authed",
    "token_expired",
];

/// Whose token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The bot's (`xoxb-…`), for everything that Lapse does in Slack.
    Bot,
    /// The app's (`xapp-…`), for Socket Mode.
    App,
}

impl Holder {
    fn name(self) -> &'static str {
        match self {
            Self::Bot => "bot token",
            Self::App => "app-level token",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Bot => "Install the app again and set SLACK_BOT_TOKEN",
            Self::App => {
                "Make a new app-level token with the scope connections:write and set \
                 SLACK_APP_TOKEN"
            }
        }
    }
}

/// What is known about a token, shared by all who use it.
pub struct TokenState {
    holder: Holder,
    clock: Clock,
    known: Mutex<Known>,
}

/// What its use has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// Nothing speaks against it.
    Alive,
    /// Slack refuses it.
    Dead {
        /// When that was first seen.
        since: DateTime<Utc>,
        /// Slack's code for it.
        why: String,
    },
}

struct Known {
    token: Token,
    probed: Duration,
}

impl TokenState {
    pub(super) fn new(holder: Holder, clock: Clock) -> Self {
        let known = Mutex::new(Known {
            token: Token::Alive,
            probed: Duration::ZERO,
        });
        Self {
            holder,
            clock,
            known,
        }
    }

    /// What is known now.
    pub fn token(&self) -> Token {
        self.known().token.clone()
    }

    /// Slack has said that the token is dead, in an answer or through `tokens_revoked` or
    /// `app_uninstalled`.
    pub fn died(&self, why: &str) {
        let now = self.clock.monotonic();
        let mut known = self.known();
        if known.token == Token::Alive {
            tracing::error!(
                why,
                "Slack no longer accepts the {}. Nobody can ask or review until it is replaced; \
                 access that is open still ends on time. {}",
                self.holder.name(),
                self.holder.advice()
            );
            known.token = Token::Dead {
                since: self.clock.now(),
                why: why.to_owned(),
            };
            known.probed = now;
        }
    }

    /// Whether a call may go out now; if not, why the token is dead.
    pub(super) fn admit(&self) -> Result<(), String> {
        let now = self.clock.monotonic();
        let mut known = self.known();
        let Token::Dead { why, .. } = &known.token else {
            return Ok(());
        };
        if now.saturating_sub(known.probed) < PROBE_EVERY {
            return Err(why.clone());
        }
        known.probed = now;
        Ok(())
    }

    /// Slack has accepted the token.
    pub(super) fn worked(&self) {
        let mut known = self.known();
        if known.token != Token::Alive {
            tracing::info!("Slack accepts the {} again", self.holder.name());
            known.token = Token::Alive;
        }
    }

    pub(super) fn is_death(code: &str) -> bool {
        DEATHS.contains(&code)
    }

    /// A panic elsewhere does not make what is known less true.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_token_is_tried_once_a_minute_until_it_works() {
        let (clock, hand) = Clock::manual(DateTime::UNIX_EPOCH);
        let state = TokenState::new(Holder::Bot, clock);
        assert_eq!(state.admit(), Ok(()));
        hand.advance(Duration::from_secs(5));
        state.died("token_revoked");
        state.died("invalid_auth");
        assert_eq!(
            state.token(),
            Token::Dead {
                since: DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(5),
                why: "token_revoked".to_owned()
            }
        );

        let mut went_out = 0;
        for _ in 0..300 {
            hand.advance(Duration::from_secs(1));
            went_out += u32::from(state.admit().is_ok());
        }
        assert_eq!(went_out, 5);

        state.worked();
        assert_eq!(state.token(), Token::Alive);
        assert_eq!(state.admit(), Ok(()));
    }
}
