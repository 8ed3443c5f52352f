//! Reads and validates the configuration file into a [`Policy`] and the addresses around it.
//!
//! [`read`] walks the whole file and tells **every** problem at once, each with line, column,
//! key path and what to do. It opens no connection. The steps, in order:
//!
//! | step | what it does |
//! |---|---|
//! | `tree` | the parsed file, each value with its path and place |
//! | `leaked` | secrets that must not stand in a file |
//! | `shape` | unknown and missing keys, kinds and sizes, as `keys` describes them |
//! | `connections`, `policy`, `profile` | what the values mean, and whether they agree |
//!
//! Secrets come from the environment only: [`secrets`]. The JSON Schema of the file is printed
//! from the same description of keys that the reader checks against: [`schema`].

mod address;
mod connections;
mod database;
mod keys;
mod leaked;
mod people;
mod policy;
mod problem;
mod profile;
pub mod schema;
mod secret;
mod shape;
mod times;
mod tree;

#[cfg(test)]
mod tests;

pub use problem::{Place, Problem, Severity};
pub use secret::{Entrance, Secrets, secrets};

use crate::domain::ids::PolicyHash;
use crate::domain::policy::Policy;
use problem::Findings;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::path::Path;
use toml::de::{DeTable, DeValue};
use tree::Node;
use url::Url;

/// The value of a variable, if it is set. In the program that is [`process_environment`].
pub type Environment<'e> = dyn Fn(&str) -> Option<String> + 'e;

/// Everything that the configuration says.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where Lapse listens.
    pub server: Server,
    /// Where the records live.
    pub database: Database,
    /// How Slack is reached.
    pub slack: Slack,
    /// How Tailscale is reached.
    pub tailscale: Tailscale,
    /// What can be asked for, by whom, and who agrees.
    pub policy: Policy,
}

/// Where Lapse listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Address and port of the HTTP server.
    pub listen: SocketAddr,
}

/// Where the records live.
#[derive(Clone, Debug)]
pub struct Database {
    /// A `sqlite:`, `postgres:` or `postgresql:` URL; it may hold a password.
    pub url: SecretString,
}

/// How Slack is reached, and how it reaches Lapse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slack {
    /// How what people do arrives.
    pub mode: SlackMode,
    /// Address of the Web API, `https://slack.com/api` outside tests.
    pub api_url: Url,
}

/// How what people do in Slack arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SlackMode {
    /// Slack posts it to Lapse.
    #[default]
    Http,
    /// Lapse connects to Slack, which needs no address of its own.
    Socket {
        /// How many connections are kept up.
        connections: usize,
    },
}

/// How Tailscale is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tailscale {
    /// `-` is the tailnet of the OAuth client. Safe to put into a path.
    pub tailnet: String,
    /// Origin of the API; the path is always `/`.
    pub api_url: Url,
    /// The most calls a second that all replicas together make, at least one.
    pub calls_per_second: u32,
}

/// What came of reading the file.
#[derive(Debug)]
pub struct Report {
    /// There is one exactly when no problem is an error.
    pub config: Option<Config>,
    /// What the file says of Slack's mode, also when something else in it is wrong: it decides
    /// which secrets are needed.
    pub slack_mode: SlackMode,
    /// Errors and warnings in the order of the file; those of the environment come last.
    pub problems: Vec<Problem>,
}

impl Report {
    /// How many problems have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        let of_it = self.problems.iter().filter(|p| p.severity == severity);
        of_it.count()
    }
}

/// Reads a configuration file that has been loaded.
///
/// `file_name` appears in messages only. Of the environment only `DATABASE_URL` (or
/// `DATABASE_URL_FILE`) is asked for. [`Policy::hash`] is the SHA-256 of the file's bytes, in
/// hexadecimal: any change of the file, a comment included, is another policy.
pub fn read(text: &str, file_name: &str, environment: &Environment<'_>) -> Report {
    let mut findings = Findings::new(file_name, text);
    let (table, broken) = DeTable::parse_recoverable(text);
    for error in broken {
        let at = error.span().map_or(0, |span| span.start);
        let advice = "mend the TOML here: text stands in quotes, lists in brackets, and a key \
                      once in its table; see https://toml.io";
        let message = format!("not TOML: {}", error.message());
        findings.broken(at, &message, advice);
    }
    let value = DeValue::Table(table.into_inner());
    let file = Node::root(&value);
    leaked::check(&file, text, &mut findings);
    shape::check(&file, &keys::FILE, &mut findings);
    let hash = PolicyHash::new(fingerprint(text));
    let server = connections::server(&file, &mut findings);
    let database = connections::database(&file, environment, &mut findings);
    let slack_mode = connections::slack_mode(&file);
    let slack = connections::slack(&file, slack_mode, &mut findings);
    let tailscale = connections::tailscale(&file, &mut findings);
    let policy = policy::read(&file, hash, &mut findings);
    let problems = findings.into_problems();
    let is_usable = problems.iter().all(|p| p.severity == Severity::Warning);
    let config = || {
        Some(Config {
            server,
            database,
            slack: slack?,
            tailscale: tailscale?,
            policy: policy?,
        })
    };
    Report {
        config: if is_usable { config() } else { None },
        slack_mode,
        problems,
    }
}

/// The file is not there, may not be read, or is not text.
#[derive(Debug, thiserror::Error)]
#[error(
    "The configuration file {file} cannot be read: {cause}. Name another one with --config or \
     LAPSE_CONFIG."
)]
pub struct Unreadable {
    file: String,
    cause: std::io::Error,
}

/// Loads a configuration file and reads it.
pub fn load(path: &Path, environment: &Environment<'_>) -> Result<Report, Unreadable> {
    let file = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(read(&text, &file, environment)),
        Err(cause) => Err(Unreadable { file, cause }),
    }
}

/// The environment of this process. A value that is no text reads with replacement characters,
/// which no secret matches.
pub fn process_environment(variable: &str) -> Option<String> {
    std::env::var_os(variable).map(|value| value.to_string_lossy().into_owned())
}

fn fingerprint(text: &str) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    Sha256::digest(text.as_bytes())
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)])
        .collect()
}
