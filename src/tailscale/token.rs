//! The OAuth client's token: fetched once, shared, renewed a minute early.
//!
//! <https://tailscale.com/kb/1215/oauth-clients>

use super::error::{Call, CallError, FailureClass, FailureKind};
use super::wire::{Wire, json};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::Mutex;

/// How long before its end a token is renewed.
const EARLY: Duration = Duration::from_mins(1);
/// How often an OAuth client that was refused is tried again.
const PROBE_EVERY: Duration = Duration::from_mins(1);
/// How long other failures are remembered, so that calls which waited for the same token fail
/// together and not one time-out after the other.
const TROUBLE_LASTS: Duration = Duration::from_secs(1);
const LONGEST_ANSWER: usize = 64 * 1024;

/// The OAuth client that Lapse is.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// `TAILSCALE_CLIENT_ID`
    pub client_id: String,
    /// `TAILSCALE_CLIENT_SECRET`
    pub client_secret: SecretString,
}

/// A token that worked when it was handed out. The number tells it from later ones.
#[derive(Clone, Debug)]
pub(super) struct Token {
    secret: SecretString,
    number: u64,
}

impl Token {
    /// For the `Authorization` header only.
    pub(super) fn expose(&self) -> &str {
        self.secret.expose_secret()
    }
}

/// Holds the one token. Its lock is held while a token is fetched, so that callers who need
/// one wait for the same answer.
pub(super) struct TokenCache {
    credentials: Credentials,
    url: Url,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    setback: Option<Setback>,
    fetched: u64,
}

/// Times are the clock's monotonic ones: a corrected wall clock ages no token.
struct Held {
    token: Token,
    scopes: BTreeSet<String>,
    renew_at: Duration,
    ends_at: Duration,
}

/// The last fetch failed; it is not repeated before `until`.
struct Setback {
    error: CallError,
    until: Duration,
}

#[derive(Deserialize)]
struct Minted {
    #[serde(deserialize_with = "secret")]
    access_token: SecretString,
    #[serde(default = "an_hour")]
    expires_in: u64,
    #[serde(default)]
    scope: String,
}

fn secret<'de, D: Deserializer<'de>>(text: D) -> Result<SecretString, D::Error> {
    String::deserialize(text).map(SecretString::from)
}

fn an_hour() -> u64 {
    3600
}

impl TokenCache {
    pub(super) fn new(credentials: Credentials, url: Url) -> Self {
        Self {
            credentials,
            url,
            state: Mutex::default(),
        }
    }

    /// The token to use now.
    pub(super) async fn current(&self, wire: &Wire) -> Result<Token, CallError> {
        let mut state = self.state.lock().await;
        self.usable(&mut state, wire).await
    }

    /// A token other than the one that was answered with 401. Of many callers who hold the
    /// same stale one, the first fetches and the others are given what it got.
    pub(super) async fn renewed(&self, refused: &Token, wire: &Wire) -> Result<Token, CallError> {
        let mut state = self.state.lock().await;
        state
            .held
            .take_if(|held| held.token.number == refused.number);
        self.usable(&mut state, wire).await
    }

    /// What the current token may do.
    pub(super) async fn scopes(&self, wire: &Wire) -> Result<BTreeSet<String>, CallError> {
        let mut state = self.state.lock().await;
        self.usable(&mut state, wire).await?;
        let held = state.held.as_ref();
        Ok(held.map(|held| held.scopes.clone()).unwrap_or_default())
    }

    async fn usable(&self, state: &mut State, wire: &Wire) -> Result<Token, CallError> {
        let now = wire.clock.monotonic();
        if let Some(held) = state.held.as_ref().filter(|held| now < held.renew_at) {
            return Ok(held.token.clone());
        }
        let error = match state.setback.as_ref().filter(|setback| now < setback.until) {
            Some(setback) => remembered(setback, now),
            None => match self.fetch(wire).await {
                Ok(minted) => return Ok(state.keep(minted, wire.clock.monotonic())),
                Err(error) => state.fail(error, wire.clock.monotonic()),
            },
        };
        // One that is due for renewal still works until its end.
        let now = wire.clock.monotonic();
        let held = state.held.as_ref().filter(|held| now < held.ends_at);
        held.map(|held| held.token.clone()).ok_or(error)
    }

    async fn fetch(&self, wire: &Wire) -> Result<Minted, CallError> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.credentials.client_id.as_str()),
            (
                "client_secret",
                self.credentials.client_secret.expose_secret(),
            ),
        ];
        let request = wire
            .http
            .post(self.url.clone())
            .timeout(wire.limit)
            .form(&form);
        wire.exchange(Call::Token, request, |response| {
            json(Call::Token, response, LONGEST_ANSWER)
        })
        .await
    }
}

impl State {
    fn keep(&mut self, minted: Minted, now: Duration) -> Token {
        self.fetched += 1;
        self.setback = None;
        let life = Duration::from_secs(minted.expires_in);
        let token = Token {
            secret: minted.access_token,
            number: self.fetched,
        };
        self.held = Some(Held {
            token: token.clone(),
            scopes: minted.scope.split_whitespace().map(str::to_owned).collect(),
            renew_at: now.saturating_add(life.saturating_sub(EARLY).max(life / 2)),
            ends_at: now.saturating_add(life),
        });
        token
    }

    fn fail(&mut self, error: CallError, now: Duration) -> CallError {
        let asked = match error.class {
            FailureClass::Retryable { after } => after,
            FailureClass::Permanent | FailureClass::Ambiguous => None,
        };
        let pause = match error.kind {
            FailureKind::TokenRefused => PROBE_EVERY,
            _ => TROUBLE_LASTS,
        };
        let setback = Setback {
            error,
            until: now.saturating_add(asked.unwrap_or_default().max(pause)),
        };
        let error = remembered(&setback, now);
        self.setback = Some(setback);
        error
    }
}

/// The failure as it is told to somebody who asks now.
fn remembered(setback: &Setback, now: Duration) -> CallError {
    let mut error = setback.error.clone();
    let left = setback.until.saturating_sub(now);
    error.class = FailureClass::Retryable { after: Some(left) };
    error
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Upstream, answer, credentials, http, noon};
    use super::*;
    use crate::clock::{Clock, ClockHand};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU16, Ordering};

    struct Story {
        upstream: Upstream,
        /// What a request for a token is answered with.
        status: Arc<AtomicU16>,
        cache: TokenCache,
        wire: Wire,
        hand: ClockHand,
    }

    impl Story {
        async fn begin() -> Self {
            let status = Arc::new(AtomicU16::new(200));
            let told = Arc::clone(&status);
            let upstream = Upstream::tells(move |_| {
                let status = told.load(Ordering::SeqCst);
                async move { (status != 200).then(|| answer(status, r#"{"message":"no"}"#)) }
            })
            .await;
            let url = upstream.origin.join("/api/v2/oauth/token").expect("a URL");
            let (clock, hand) = Clock::manual(noon());
            Self {
                cache: TokenCache::new(credentials(), url),
                wire: Wire::new(http(), clock),
                upstream,
                status,
                hand,
            }
        }

        async fn token(&self) -> Result<String, CallError> {
            let token = self.cache.current(&self.wire).await?;
            Ok(token.expose().to_owned())
        }

        fn answers(&self, status: u16) {
            self.status.store(status, Ordering::SeqCst);
        }

        fn after(&self, seconds: u64) {
            self.hand.advance(Duration::from_secs(seconds));
        }
    }

    #[tokio::test]
    async fn one_token_serves_everybody_until_a_minute_before_its_end() {
        let story = Story::begin().await;
        let first = futures_util::future::join_all((0..32).map(|_| story.token())).await;
        assert!(first.iter().all(|token| token.as_deref() == Ok("token-1")));
        story.after(3539);
        assert_eq!(story.token().await.as_deref(), Ok("token-1"));
        story.after(1);
        assert_eq!(story.token().await.as_deref(), Ok("token-2"));
        assert_eq!(story.upstream.tokens(), 2);
    }

    #[tokio::test]
    async fn a_wall_clock_that_jumps_keeps_the_token() {
        let story = Story::begin().await;
        assert_eq!(story.token().await.as_deref(), Ok("token-1"));
        story.hand.jump_back(Duration::from_hours(5));
        assert_eq!(story.token().await.as_deref(), Ok("token-1"));
    }

    #[tokio::test]
    async fn a_refused_client_is_tried_once_a_minute() {
        let story = Story::begin().await;
        story.answers(401);
        let refused = story.token().await.expect_err("it is refused");
        assert_eq!(refused.kind, FailureKind::TokenRefused);
        let after = |seconds| FailureClass::Retryable {
            after: Some(Duration::from_secs(seconds)),
        };
        assert_eq!(refused.class, after(60));
        story.after(59);
        let remembered = story.token().await.expect_err("it is remembered");
        assert_eq!(remembered.class, after(1));
        assert_eq!(remembered.message, "no");
        assert_eq!(story.upstream.tokens(), 1);

        story.answers(200);
        story.after(1);
        assert_eq!(story.token().await.as_deref(), Ok("token-2"));
    }

    #[tokio::test]
    async fn a_renewal_that_fails_early_keeps_the_token_to_its_end() {
        let story = Story::begin().await;
        assert_eq!(story.token().await.as_deref(), Ok("token-1"));
        story.answers(403);
        story.after(3545);
        assert_eq!(story.token().await.as_deref(), Ok("token-1"));
        assert_eq!(story.token().await.as_deref(), Ok("token-1"));
        assert_eq!(story.upstream.tokens(), 2, "one probe, remembered");
        story.after(55);
        let error = story.token().await.expect_err("the token has ended");
        assert_eq!(error.status, Some(403));
    }

    #[tokio::test]
    async fn callers_who_waited_for_the_same_token_fail_together() {
        let story = Story::begin().await;
        story.answers(500);
        let failed = futures_util::future::join_all((0..32).map(|_| story.token())).await;
        assert!(failed.iter().all(Result::is_err));
        assert_eq!(story.upstream.tokens(), 1);
    }

    #[tokio::test]
    async fn only_the_token_that_was_refused_is_renewed() {
        let story = Story::begin().await;
        let stale = story.cache.current(&story.wire).await.expect("a token");
        let fresh = story
            .cache
            .renewed(&stale, &story.wire)
            .await
            .expect("one more");
        assert_eq!(fresh.expose(), "token-2");
        let again = story
            .cache
            .renewed(&stale, &story.wire)
            .await
            .expect("the same");
        assert_eq!(again.expose(), "token-2");
        assert_eq!(story.upstream.tokens(), 2);
    }

    #[tokio::test]
    async fn asks_by_form_and_shows_the_secret_to_nobody_else() {
        let sent = Arc::new(std::sync::Mutex::new(String::new()));
        let kept = Arc::clone(&sent);
        let upstream = Upstream::tells(move |seen| {
            *kept.lock().expect("not poisoned") = seen.body;
            async { None }
        })
        .await;
        let cache = TokenCache::new(
            credentials(),
            upstream.origin.join("/api/v2/oauth/token").expect("a URL"),
        );
        let wire = Wire::new(http(), Clock::system());
        let token = cache.current(&wire).await.expect("a token");
        let form =
            "grant_type=client_credentials&client_id=kClient&client_secret=tskey-client-secret";
        assert_eq!(*sent.lock().expect("not poisoned"), form);
        assert!(!format!("{:?} {token:?}", credentials()).contains("tskey"));
        assert!(!format!("{token:?}").contains("token-1"));
    }
}
