//! `lapse serve`: the bot.

use super::wiring::{Bot, Ended};
use crate::clock::Clock;
use crate::config::{self, Config, Environment, Secrets, Severity};
use crate::lifecycle::Shutdown;
use crate::telemetry;
use anyhow::Context;
use std::io::Write;
use std::path::Path;

/// Runs until asked to stop. A configuration error never starts the server.
pub fn run(path: &Path, environment: &Environment<'_>) -> anyhow::Result<u8> {
    let Some((config, secrets)) = read(path, environment)? else {
        return Ok(1);
    };
    telemetry::log();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime could not be started")?;
    runtime.block_on(async {
        let shutdown = Shutdown::on_signals().context("signals cannot be listened for")?;
        let bot = Bot::start(config, &secrets, Clock::system(), shutdown).await?;
        Ok(match bot.stopped().await {
            Ended::AsAsked => 0,
            Ended::ByItself => 1,
        })
    })
}

/// The configuration and the secrets, or every problem of both on stderr.
fn read(path: &Path, environment: &Environment<'_>) -> anyhow::Result<Option<(Config, Secrets)>> {
    let report = config::load(path, environment)?;
    let secrets = config::secrets(report.slack_mode, environment);
    let mut errors = std::io::stderr();
    for problem in &report.problems {
        writeln!(errors, "{problem}").ok();
    }
    for problem in secrets.as_ref().err().into_iter().flatten() {
        writeln!(errors, "{problem}").ok();
    }
    match (report.config, secrets) {
        (Some(config), Ok(secrets)) => Ok(Some((config, secrets))),
        (config, secrets) => {
            let in_file = report
                .problems
                .iter()
                .filter(|p| p.severity == Severity::Error)
                .count();
            let in_environment = secrets.err().map_or(0, |problems| problems.len());
            let found = if config.is_some() {
                in_environment
            } else {
                in_file + in_environment
            };
            let noun = if found == 1 { "problem" } else { "problems" };
            writeln!(
                errors,
                "lapse: not started: {found} {noun} in the configuration"
            )
            .ok();
            Ok(None)
        }
    }
}
