//! Everything that any crate logs during the suite, at every level, read line by line for what
//! must never be there.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Tokens and secrets of the stand-ins, e-mail addresses, `response_url`s.
const NEVER: [&str; 11] = [
    "xoxb-",
    "xapp-",
    "ticket=",
    "sandbox-signing-secret",
    "not-a-secret-only-the-stand-in-knows-it",
    "tskey-",
    "Bearer ",
    "legacy-verification-token",
    "@example.com",
    "/response/R",
    "v0=",
];
/// Shorter words would be found by chance.
const WORTH_LOOKING: usize = 8;

static THEIR_WORDS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
static LEAKS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn lock<T>(shared: &'static Mutex<T>) -> MutexGuard<'static, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads everything that is logged from now on. `RUST_LOG` shows it on stderr as well.
pub fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let watched = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(Watcher)
            .with_filter(LevelFilter::TRACE);
        let shown = std::env::var_os("RUST_LOG").map(|_| {
            tracing_subscriber::fmt::layer()
                .with_writer(io::stderr)
                .with_filter(EnvFilter::from_default_env())
        });
        tracing_subscriber::registry()
            .with(watched)
            .with(shown)
            .try_init()
            .expect("nobody else reads the logs");
    });
}

/// Notes words of people that must reach no log.
pub fn never_log(words: &str) {
    if words.len() >= WORTH_LOOKING {
        lock(&THEIR_WORDS).insert(words.to_owned());
    }
}

/// Fails if anything was logged, by any story so far, that must not be.
pub fn nothing_leaked() {
    let leaks = lock(&LEAKS);
    assert!(leaks.is_empty(), "these lines were logged: {leaks:#?}");
}

/// What must never be in a log and stands in this line.
pub fn leak_in(line: &str) -> Option<String> {
    let known = NEVER.iter().find(|secret| line.contains(**secret));
    known.map(|secret| (*secret).to_owned()).or_else(|| {
        let words = lock(&THEIR_WORDS);
        words.iter().find(|words| line.contains(*words)).cloned()
    })
}

/// Takes one event at a time.
struct Watcher;

impl Write for Watcher {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        if leak_in(&text).is_some() {
            lock(&LEAKS).push(text.into_owned());
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Watcher {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

#[test]
fn what_other_crates_log_is_read_as_well() {
    watch();
    never_log("why-the-lighthouse-is-dark");
    assert!(leak_in("a line with ada@example.com in it").is_some());
    assert!(leak_in("asked: why-the-lighthouse-is-dark").is_some());
    assert!(leak_in("Lapse is serving").is_none());
    assert!(
        tracing::enabled!(target: "hyper", tracing::Level::TRACE),
        "other crates are read at trace level"
    );
}
