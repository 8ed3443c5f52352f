//! The real binary, as people and scripts call it.

mod check;
mod live;
mod reading;
mod serving;

use crate::support::world::World;
use assert_cmd::Command;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// Nothing that a test calls may take longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A configuration without any fault.
const FINE: &str = r#"
[[profiles]]
id = "prod-ssh"
name = "Production SSH"
description = "tcp:22 on tag:prod"
attribute = "custom:prodSsh"
durations = ["1h"]
requesters = ["*"]
approvers = ["usergroup:prod-approvers"]
"#;

/// What a call printed, and how it ended.
#[derive(Debug)]
struct Outcome {
    status: i32,
    out: String,
    errors: String,
}

/// One call of the binary, with nothing in its environment but what it is given.
struct Call {
    command: Command,
}

impl Call {
    fn new(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lapse"));
        command.env_clear().args(arguments).timeout(PATIENCE);
        Self { command }
    }

    fn with(mut self, variable: &str, value: &str) -> Self {
        self.command.env(variable, value);
        self
    }

    fn inside(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// With the secrets and the database of a world.
    fn in_world(mut self, world: &World) -> Self {
        for variable in [
            "SLACK_BOT_TOKEN",
            "SLACK_SIGNING_SECRET",
            "SLACK_APP_TOKEN",
            "TAILSCALE_CLIENT_ID",
            "TAILSCALE_CLIENT_SECRET",
            "DATABASE_URL",
        ] {
            if let Some(value) = world.environment(variable) {
                self = self.with(variable, &value);
            }
        }
        self
    }

    fn run(mut self) -> Outcome {
        let output = self.command.output().expect("the binary starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        let outcome = Outcome {
            status: output.status.code().expect("it ended by itself"),
            out: text(output.stdout),
            errors: text(output.stderr),
        };
        for told in [&outcome.out, &outcome.errors] {
            for trace in ["panicked", "backtrace", "RUST_BACKTRACE", "Stack backtrace"] {
                assert!(!told.contains(trace), "people read sentences: {told}");
            }
        }
        outcome
    }

    /// The same, beside stand-ins that answer from this very runtime.
    async fn run_beside(self) -> Outcome {
        let running = tokio::task::spawn_blocking(move || self.run());
        running.await.expect("the call is made")
    }
}

/// A folder with a configuration file in it.
fn folder_with(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("lapse.toml");
    std::fs::write(&path, text).expect("a file");
    (folder, path)
}

/// The path as an argument.
fn name(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

#[test]
fn every_command_explains_itself() {
    let help = Call::new(&["--help"]).run();
    assert_eq!(help.status, 0);
    for command in ["serve", "check", "grants", "audit", "health", "schema"] {
        assert!(
            help.out.contains(command),
            "{command} is not in {}",
            help.out
        );
        let own = Call::new(&[command, "--help"]).run();
        assert_eq!(own.status, 0, "{command}: {}", own.errors);
        let version = Call::new(&[command, "--version"]).run();
        assert_eq!(version.status, 0, "{command}: {}", version.errors);
        assert!(
            version.out.contains(env!("CARGO_PKG_VERSION")),
            "{}",
            version.out
        );
    }
    let version = Call::new(&["--version"]).run();
    assert_eq!(
        version.out.trim(),
        concat!("lapse ", env!("CARGO_PKG_VERSION"))
    );
}

/// There is no side door: what opens and ends access is a person in Slack, or the clock.
#[test]
fn no_command_opens_or_ends_access() {
    let help = Call::new(&["--help"]).run().out;
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(
        commands,
        [
            "serve", "check", "grants", "audit", "demo", "health", "schema", "help"
        ]
    );
    for tempting in ["approve", "revoke", "grant", "open", "end", "request"] {
        let refused = Call::new(&[tempting, "REQ-0001"]).run();
        assert_eq!(refused.status, 2, "{tempting}");
        assert!(
            refused.errors.contains("unrecognized subcommand"),
            "{}",
            refused.errors
        );
    }
}
