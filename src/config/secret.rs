//! The secrets, from the environment or from files that the environment names; never from the
//! configuration file. The only place of the configuration that reads such files.

use super::problem::Problem;
use super::{Environment, SlackMode};
use secrecy::{ExposeSecret, SecretString};
use std::fs;

/// What lets Lapse speak to both platforms.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// `SLACK_BOT_TOKEN`.
    pub slack_bot_token: SecretString,
    /// What proves that something came from Slack.
    pub slack_entrance: Entrance,
    /// `TAILSCALE_CLIENT_ID` of the OAuth client.
    pub tailscale_client_id: SecretString,
    /// `TAILSCALE_CLIENT_SECRET` of the OAuth client.
    pub tailscale_client_secret: SecretString,
}

/// What proves that something came from Slack: one secret for each mode.
#[derive(Clone, Debug)]
pub enum Entrance {
    /// HTTP: `SLACK_SIGNING_SECRET` checks what is posted.
    Http {
        /// The app's signing secret.
        signing_secret: SecretString,
    },
    /// Socket Mode: `SLACK_APP_TOKEN` opens the connection that everything comes over.
    Socket {
        /// An app-level token with the scope `connections:write`.
        app_token: SecretString,
    },
}

/// How Slack's tokens begin, <https://docs.slack.dev/authentication/tokens>.
const TOKENS: [&str; 3] = ["xoxb-", "xapp-", "xoxp-"];

/// The beginning of a value that belongs into another variable.
fn mistaken(variable: &str, value: &SecretString) -> Option<&'static str> {
    let own = match variable {
        "SLACK_BOT_TOKEN" => "xoxb-",
        "SLACK_APP_TOKEN" => "xapp-",
        _ => "",
    };
    TOKENS
        .into_iter()
        .filter(|prefix| *prefix != own)
        .find(|prefix| value.expose_secret().starts_with(prefix))
}

/// Reads all secrets; every one that is missing or unusable is told at once. The one that this
/// mode does not need may be missing, but not unusable.
pub fn secrets(mode: SlackMode, environment: &Environment<'_>) -> Result<Secrets, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut needed = |variable: &str, origin: &str| {
        let found = lookup(variable, environment).and_then(|value| {
            value.ok_or_else(|| {
                let advice = format!("set it, or {variable}_FILE, to {origin}");
                Problem::environment(variable, "it is not set", advice)
            })
        });
        let found = found.and_then(|value| match mistaken(variable, &value) {
            None => Ok(value),
            Some(prefix) => {
                let message = format!("it begins with {prefix}, and so is another kind of secret");
                let advice = format!("set it, or {variable}_FILE, to {origin}");
                Err(Problem::environment(variable, message, advice))
            }
        });
        found.map_err(|problem| problems.push(problem)).ok()
    };
    let slack_bot_token = needed(
        "SLACK_BOT_TOKEN",
        "the Bot User OAuth Token (OAuth & Permissions on the Slack app's page)",
    );
    let slack_entrance = match mode {
        SlackMode::Http => needed(
            "SLACK_SIGNING_SECRET",
            "the Signing Secret (Basic Information on the Slack app's page)",
        )
        .map(|signing_secret| Entrance::Http { signing_secret }),
        SlackMode::Socket { .. } => needed(
            "SLACK_APP_TOKEN",
            "an App-Level Token with the scope connections:write (Basic Information on the Slack \
             app's page)",
        )
        .map(|app_token| Entrance::Socket { app_token }),
    };
    let tailscale_client_id = needed(
        "TAILSCALE_CLIENT_ID",
        "the id of an OAuth client (Settings in the Tailscale admin console)",
    );
    let tailscale_client_secret = needed(
        "TAILSCALE_CLIENT_SECRET",
        "the secret of that OAuth client, shown once when it is made",
    );
    let not_needed = match mode {
        SlackMode::Http => "SLACK_APP_TOKEN",
        SlackMode::Socket { .. } => "SLACK_SIGNING_SECRET",
    };
    problems.extend(lookup(not_needed, environment).err());
    let is_usable = problems.is_empty();
    let all = || {
        Some(Secrets {
            slack_bot_token: slack_bot_token?,
            slack_entrance: slack_entrance?,
            tailscale_client_id: tailscale_client_id?,
            tailscale_client_secret: tailscale_client_secret?,
        })
    };
    all().filter(|_| is_usable).ok_or(problems)
}

/// One secret: the variable itself, or the file that `<variable>_FILE` names.
pub(super) fn lookup(
    variable: &str,
    environment: &Environment<'_>,
) -> Result<Option<SecretString>, Problem> {
    let file_variable = format!("{variable}_FILE");
    let (name, value) = match (environment(variable), environment(&file_variable)) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(Problem::environment(
                variable,
                format!("both {variable} and {file_variable} are set"),
                "unset one of them",
            ));
        }
        (Some(value), None) => (variable, value),
        (None, Some(path)) => (file_variable.as_str(), content(&file_variable, &path)?),
    };
    if value.trim().is_empty() {
        let advice = format!("give it a value, or unset {name}");
        return Err(Problem::environment(name, "the value is empty", advice));
    }
    if value.chars().any(char::is_control) {
        return Err(Problem::environment(
            name,
            "the value contains a line break or another invisible character",
            "write the value alone, on one line",
        ));
    }
    Ok(Some(SecretString::from(value)))
}

fn content(variable: &str, path: &str) -> Result<String, Problem> {
    let text = fs::read_to_string(path).map_err(|error| {
        let message = format!("the file that it names cannot be read: {error}");
        let advice = "name a file that exists and that Lapse may read";
        Problem::environment(variable, message, advice)
    })?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}
