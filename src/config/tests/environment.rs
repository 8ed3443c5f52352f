//! What comes from the environment: the database's URL and the secrets.

use super::GOOD;
use crate::config::{Entrance, SlackMode, read, secrets};
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::path::PathBuf;

const ALL: [(&str, &str); 4] = [
    ("SLACK_BOT_TOKEN", "bot"),
    ("SLACK_SIGNING_SECRET", "signing"),
    ("TAILSCALE_CLIENT_ID", "id"),
    ("TAILSCALE_CLIENT_SECRET", "client"),
];

const SOCKET: SlackMode = SlackMode::Socket { connections: 2 };

/// An environment with these variables and no others.
struct Variables(BTreeMap<String, String>);

impl Variables {
    fn of(pairs: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self(pairs.iter().map(owned).collect())
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    fn unset(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    fn problems_of_secrets(&self) -> Vec<String> {
        self.problems_of_secrets_in(SlackMode::Http)
    }

    fn problems_of_secrets_in(&self, mode: SlackMode) -> Vec<String> {
        let found = secrets(mode, &|name| self.0.get(name).cloned());
        let problems = found.err().unwrap_or_default();
        problems.iter().map(ToString::to_string).collect()
    }
}

fn file(content: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secret");
    std::fs::write(&path, content).expect("a file");
    (folder, path)
}

#[test]
fn the_database_of_the_environment_wins() {
    let text = format!("[database]\nurl = \"sqlite://file.db\"\n{GOOD}");
    let winner = "postgres://lapse:hunter2@db/lapse";
    let report = read(&text, "lapse.toml", &|name| {
        (name == "DATABASE_URL").then(|| winner.to_owned())
    });
    let config = report.config.expect("a configuration");
    assert_eq!(config.database.url.expose_secret(), winner);
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn the_database_of_the_environment_is_judged_too() {
    for (value, message) in [
        (
            "sqlite://a.db?mode=ro",
            "environment: DATABASE_URL: this database would be read-only\n    nothing could be \
             granted: remove it, or write mode=rwc",
        ),
        (
            "",
            "environment: DATABASE_URL: the value is empty\n    give it a value, or unset \
             DATABASE_URL",
        ),
    ] {
        let report = read(GOOD, "lapse.toml", &|name| {
            (name == "DATABASE_URL").then(|| value.to_owned())
        });
        assert!(report.config.is_none());
        assert_eq!(report.problems.len(), 1);
        assert_eq!(report.problems[0].to_string(), message);
    }
}

#[test]
fn secrets_come_from_the_environment() {
    let all = Variables::of(&ALL);
    let found = secrets(SlackMode::Http, &|name| all.0.get(name).cloned()).expect("all secrets");
    assert_eq!(found.slack_bot_token.expose_secret(), "bot");
    let Entrance::Http { signing_secret } = &found.slack_entrance else {
        panic!("{found:?} is for Socket Mode");
    };
    assert_eq!(signing_secret.expose_secret(), "signing");
    assert_eq!(found.tailscale_client_id.expose_secret(), "id");
    assert_eq!(found.tailscale_client_secret.expose_secret(), "client");
    assert!(!format!("{found:?}").contains("signing\""));
}

#[test]
fn a_secret_may_come_from_a_file() {
    for content in ["from a file\n", "from a file\r\n", "from a file"] {
        let (_folder, path) = file(content);
        let variables = Variables::of(&ALL)
            .unset("SLACK_BOT_TOKEN")
            .set("SLACK_BOT_TOKEN_FILE", &path.to_string_lossy())
            .set("SLACK_APP_TOKEN", "app");
        let found = secrets(SOCKET, &|name| variables.0.get(name).cloned()).expect("all secrets");
        assert_eq!(found.slack_bot_token.expose_secret(), "from a file");
        let Entrance::Socket { app_token } = &found.slack_entrance else {
            panic!("{found:?} is for HTTP");
        };
        assert_eq!(app_token.expose_secret(), "app");
    }
}

#[test]
fn a_token_of_another_kind_is_noticed_and_not_repeated() {
    let wrong = Variables::of(&ALL)
        .set("SLACK_BOT_TOKEN", "xapp-1-A0")
        .set("SLACK_SIGNING_SECRET", "xoxb-1-2");
    let told = wrong.problems_of_secrets();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("SLACK_BOT_TOKEN: it begins with xapp-, and so is another kind"));
    assert!(told[1].contains("SLACK_SIGNING_SECRET: it begins with xoxb-"));
    assert!(told.iter().all(|told| !told.contains("1-")), "{told:?}");
    let right = Variables::of(&ALL).set("SLACK_BOT_TOKEN", "xoxb-1-2");
    assert!(right.problems_of_secrets().is_empty());
}

#[test]
fn every_missing_secret_is_told_at_once() {
    assert_eq!(
        Variables::of(&[]).problems_of_secrets(),
        [
            "environment: SLACK_BOT_TOKEN: it is not set\n    set it, or SLACK_BOT_TOKEN_FILE, to \
             the Bot User OAuth Token (OAuth & Permissions on the Slack app's page)",
            "environment: SLACK_SIGNING_SECRET: it is not set\n    set it, or \
             SLACK_SIGNING_SECRET_FILE, to the Signing Secret (Basic Information on the Slack \
             app's page)",
            "environment: TAILSCALE_CLIENT_ID: it is not set\n    set it, or \
             TAILSCALE_CLIENT_ID_FILE, to the id of an OAuth client (Settings in the Tailscale \
             admin console)",
            "environment: TAILSCALE_CLIENT_SECRET: it is not set\n    set it, or \
             TAILSCALE_CLIENT_SECRET_FILE, to the secret of that OAuth client, shown once when it \
             is made",
        ]
    );
}

#[test]
fn a_secret_has_one_source_and_a_value() {
    let (_folder, empty) = file("\n");
    let empty = empty.to_string_lossy().into_owned();
    let both = Variables::of(&ALL).set("SLACK_BOT_TOKEN_FILE", "/nowhere");
    assert_eq!(
        both.problems_of_secrets(),
        [
            "environment: SLACK_BOT_TOKEN: both SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_FILE are \
          set\n    unset one of them"
        ]
    );
    let blank = Variables::of(&ALL).set("SLACK_SIGNING_SECRET", " ");
    assert_eq!(
        blank.problems_of_secrets(),
        [
            "environment: SLACK_SIGNING_SECRET: the value is empty\n    give it a value, or unset \
          SLACK_SIGNING_SECRET"
        ]
    );
    let empty_file = Variables::of(&ALL).set("SLACK_APP_TOKEN_FILE", &empty);
    assert_eq!(
        empty_file.problems_of_secrets(),
        [
            "environment: SLACK_APP_TOKEN_FILE: the value is empty\n    give it a value, or unset \
          SLACK_APP_TOKEN_FILE"
        ]
    );
    let unreadable = Variables::of(&ALL)
        .unset("TAILSCALE_CLIENT_ID")
        .set("TAILSCALE_CLIENT_ID_FILE", "/nowhere/id");
    let told = unreadable.problems_of_secrets();
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with(
            "environment: TAILSCALE_CLIENT_ID_FILE: the file that it names cannot be read: "
        ),
        "{told:?}"
    );
    let broken = Variables::of(&ALL).set("SLACK_BOT_TOKEN", "bot\nX-Header: yes");
    assert_eq!(
        broken.problems_of_secrets(),
        [
            "environment: SLACK_BOT_TOKEN: the value contains a line break or another invisible \
          character\n    write the value alone, on one line"
        ]
    );
}

#[test]
fn socket_mode_needs_an_app_level_token_and_no_signing_secret() {
    let without = Variables::of(&ALL).unset("SLACK_SIGNING_SECRET");
    assert_eq!(
        without.problems_of_secrets_in(SOCKET),
        [
            "environment: SLACK_APP_TOKEN: it is not set\n    set it, or SLACK_APP_TOKEN_FILE, to \
             an App-Level Token with the scope connections:write (Basic Information on the Slack \
             app's page)"
        ]
    );
    let with = without.set("SLACK_APP_TOKEN", "app");
    assert_eq!(with.problems_of_secrets_in(SOCKET), [""; 0]);
    assert_eq!(
        with.problems_of_secrets().len(),
        1,
        "HTTP mode needs the other"
    );

    for (name, mode) in [
        ("SLACK_APP_TOKEN", SlackMode::Http),
        ("SLACK_APP_TOKEN", SOCKET),
        ("SLACK_SIGNING_SECRET", SlackMode::Http),
        ("SLACK_SIGNING_SECRET", SOCKET),
    ] {
        let blank = Variables::of(&ALL)
            .set("SLACK_APP_TOKEN", "app")
            .set(name, " ");
        assert_eq!(
            blank.problems_of_secrets_in(mode),
            [format!(
                "environment: {name}: the value is empty\n    give it a value, or unset {name}"
            )],
            "in {mode:?}"
        );
    }
}
