//! The sections that say how Lapse is reached and whom it reaches.

use super::address::{self, Path};
use super::problem::{Findings, Place, Problem, Severity, shown};
use super::tree::Node;
use super::{Database, Environment, Server, Slack, SlackMode, Tailscale, database, secret};
use secrecy::{ExposeSecret, SecretString};
use std::net::{Ipv4Addr, SocketAddr};
use url::Url;

const DEFAULT_PORT: u16 = 8080;
const DEFAULT_DATABASE: &str = "sqlite://lapse.db";
const SLACK_API: &str = "https://slack.com/api";
/// One carries everything while the other is replaced.
const DEFAULT_CONNECTIONS: usize = 2;
const TAILSCALE_API: &str = "https://api.tailscale.com";
const DEFAULT_CALLS: u32 = 10;

pub(super) fn server(file: &Node<'_>, findings: &mut Findings<'_>) -> Server {
    let mut listen = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT));
    let node = file.key("server").and_then(|server| server.key("listen"));
    if let Some((node, text)) = node.and_then(|node| Some((node.clone(), node.text()?))) {
        match text.parse() {
            Ok(address) => listen = address,
            Err(_) => findings.error(
                &node,
                format!("{} is no IP address with a port", shown(text)),
                "write \"127.0.0.1:8080\", or \"0.0.0.0:8080\" for all interfaces",
            ),
        }
    }
    Server { listen }
}

/// The URL of the environment wins; the one of the file is judged all the same.
pub(super) fn database(
    file: &Node<'_>,
    environment: &Environment<'_>,
    findings: &mut Findings<'_>,
) -> Database {
    let mut url = SecretString::from(DEFAULT_DATABASE);
    let node = file.key("database").and_then(|section| section.key("url"));
    if let Some((node, text)) = node.and_then(|node| Some((node.clone(), node.text()?))) {
        if database::carries_password(text) {
            let message = "a database password does not belong in this file";
            findings.error(&node, message, "put it into DATABASE_URL, and change it");
        } else if let Err(objection) = database::judge(text) {
            findings.error(&node, objection.message, objection.advice);
        }
        url = SecretString::from(text);
    }
    match secret::lookup("DATABASE_URL", environment) {
        Ok(None) => {}
        Ok(Some(winner)) => {
            if let Err(objection) = database::judge(winner.expose_secret()) {
                findings.environment(Problem {
                    severity: Severity::Error,
                    place: Place::Environment,
                    path: "DATABASE_URL".to_owned(),
                    message: objection.message,
                    advice: objection.advice.to_owned(),
                });
            }
            url = winner;
        }
        Err(problem) => findings.environment(problem),
    }
    Database { url }
}

/// What the file says of the mode; a word that is none is told of by its shape.
pub(super) fn slack_mode(file: &Node<'_>) -> SlackMode {
    let section = file.key("slack");
    let key = |name| section.as_ref().and_then(|section| section.key(name));
    match key("mode") {
        Some(mode) if mode.text() == Some("socket") => SlackMode::Socket {
            connections: key("connections")
                .and_then(|node| usize::try_from(node.whole()?).ok())
                .unwrap_or(DEFAULT_CONNECTIONS),
        },
        _ => SlackMode::Http,
    }
}

/// `None` when the address cannot be used.
pub(super) fn slack(
    file: &Node<'_>,
    mode: SlackMode,
    findings: &mut Findings<'_>,
) -> Option<Slack> {
    let section = file.key("slack");
    let key = |name| section.as_ref().and_then(|section| section.key(name));
    if let (SlackMode::Http, Some(connections)) = (mode, key("connections")) {
        findings.warning(
            &connections,
            "only Socket Mode opens connections to Slack",
            "remove it, or set mode = \"socket\"",
        );
    }
    let api_url = match key("api_url") {
        Some(node) => address::read(&node, Path::Allowed, SLACK_API, findings)?,
        None => Url::parse(SLACK_API).ok()?,
    };
    Some(Slack { mode, api_url })
}

/// `None` when the address cannot be used.
pub(super) fn tailscale(file: &Node<'_>, findings: &mut Findings<'_>) -> Option<Tailscale> {
    let section = file.key("tailscale");
    let key = |name| section.as_ref().and_then(|section| section.key(name));
    let tailnet = match key("tailnet") {
        Some(node) => tailnet(&node, findings)?,
        None => "-".to_owned(),
    };
    let calls_per_second = key("calls_per_second")
        .and_then(|node| u32::try_from(node.whole()?).ok())
        .unwrap_or(DEFAULT_CALLS);
    let api_url = match key("api_url") {
        Some(node) => address::read(&node, Path::OriginOnly, TAILSCALE_API, findings)?,
        None => Url::parse(TAILSCALE_API).ok()?,
    };
    Some(Tailscale {
        tailnet,
        api_url,
        calls_per_second,
    })
}

/// The name becomes part of a path, so nothing that a path could mistake is let through.
fn tailnet(node: &Node<'_>, findings: &mut Findings<'_>) -> Option<String> {
    let name = node.text()?;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if name == "-" || (begins_well && name.chars().all(legal)) {
        return Some(name.to_owned());
    }
    if !name.trim().is_empty() {
        findings.error(
            node,
            format!("{} is no tailnet", shown(name)),
            "write \"-\" for the one that the OAuth client belongs to, or its name as the \
             admin console shows it, e.g. \"example.com\"",
        );
    }
    None
}
