//! One file a command; the only place where everything is wired.

pub mod audit;
pub mod check;
#[cfg(feature = "demo")]
pub mod demo;
pub mod grants;
pub mod health;
pub mod live;
pub mod readiness;
pub mod reading;
pub mod schema;
pub mod serve;
pub mod wiring;

use crate::config;
use clap::{Parser, Subcommand};
use std::io::{self, Write};
#[cfg(feature = "demo")]
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Just-in-time access to a Tailscale network, asked for and approved in Slack.
#[derive(Debug, Parser)]
#[command(name = "lapse", version, about, propagate_version = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Apply migrations, then run the bot: HTTP edge, worker and sweeper in one process.
    Serve {
        #[command(flatten)]
        file: File,
    },
    /// Read and validate the configuration; print every problem with line, column and advice.
    Check {
        #[command(flatten)]
        file: File,
        /// Warnings count as problems.
        #[arg(long)]
        strict: bool,
        /// Also ask Slack and Tailscale: tokens, scopes, people behind selectors, postures.
        #[arg(long)]
        live: bool,
    },
    /// Show what is open now: person, device, profile, end, request.
    Grants {
        #[command(flatten)]
        file: File,
        /// One JSON document instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Show the audit trail of one request, or of everything since a while ago.
    Audit {
        /// A request's short id, such as REQ-7F3K.
        #[arg(required_unless_present = "since", conflicts_with = "since")]
        request: Option<String>,
        /// How far back, such as 24h.
        #[arg(long)]
        since: Option<String>,
        #[command(flatten)]
        file: File,
        /// One JSON document a line instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Try it all in a browser: the real bot against built-in stand-ins for Slack and Tailscale.
    #[cfg(feature = "demo")]
    Demo {
        /// Where the page listens; this machine only.
        #[arg(long, value_name = "ADDR", default_value_t = demo::ANYWHERE, value_parser = demo::listen_address)]
        listen: SocketAddr,
        /// Print the link and open no browser.
        #[arg(long)]
        no_open: bool,
    },
    /// Ask a running server whether it lives (container health check).
    Health {
        /// Where it listens; `/healthz` is added.
        #[arg(long, default_value = "http://127.0.0.1:8080")]
        url: String,
    },
    /// Print the JSON Schema of the configuration file.
    Schema,
}

/// Where the configuration is.
#[derive(Debug, clap::Args)]
pub struct File {
    /// The configuration file.
    #[arg(
        long = "config",
        env = "LAPSE_CONFIG",
        default_value = "lapse.toml",
        value_name = "FILE"
    )]
    path: PathBuf,
}

/// Runs one command; errors become one readable message.
pub fn run(arguments: Arguments) -> ExitCode {
    match perform(arguments.command) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            let _ = writeln!(io::stderr(), "lapse: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn perform(command: Command) -> anyhow::Result<u8> {
    let environment = &config::process_environment;
    match command {
        Command::Serve { file } => serve::run(&file.path, environment),
        Command::Check { file, strict, live } => {
            let warnings = if strict {
                check::Warnings::CountAsProblems
            } else {
                check::Warnings::Tolerated
            };
            let (mut out, mut errors) = (io::stdout(), io::stderr());
            let run = if live { live::run } else { check::run };
            let outcome = run(&file.path, warnings, environment, &mut out, &mut errors)?;
            Ok(outcome.exit_status())
        }
        Command::Grants { file, json } => {
            grants::run(&file.path, environment, Format::of(json), &mut io::stdout())
        }
        Command::Audit {
            request,
            since,
            file,
            json,
        } => {
            let wanted = audit::Wanted::parse(request.as_deref(), since.as_deref())?;
            audit::run(
                &file.path,
                environment,
                &wanted,
                Format::of(json),
                &mut io::stdout(),
            )
        }
        #[cfg(feature = "demo")]
        Command::Demo { listen, no_open } => {
            let opening = if no_open {
                demo::Opening::LinkOnly
            } else {
                demo::Opening::InBrowser
            };
            let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
            demo::run(listen, opening, names, &mut io::stdout())
        }
        Command::Health { url } => Ok(health::run(&url)),
        Command::Schema => {
            schema::run(&mut io::stdout())?;
            Ok(0)
        }
    }
}

/// How a command prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For scripts.
    Json,
}

impl Format {
    fn of(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }
}
