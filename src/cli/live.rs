//! `lapse check --live`: what Slack and Tailscale say about the configuration.

mod people;

use super::check::{self, Outcome, Warnings};
use super::readiness::SCOPES;
use super::wiring::{app_client, slack_client, tailscale_client};
use crate::clock::Clock;
use crate::config::{self, Config, Entrance, Environment, Problem, Report, Secrets, Severity};
use crate::domain::policy::Selector;
use crate::slack::{Class, Connections, Installation, Slack};
use crate::tailscale::{FailureClass, FailureKind, Groups, Tailscale};
use people::{People, Size};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

const NEW_TOKEN: &str = "install the app again and use its new bot token";
const SLACK_AGAIN: &str = "see that this machine reaches [slack].api_url, then check again";
const TAILSCALE_AGAIN: &str = "see that this machine reaches [tailscale].api_url, then check again";

/// Checks the file as `check` does; if it is usable, asks both platforms.
pub fn run(
    path: &Path,
    warnings: Warnings,
    environment: &Environment<'_>,
    out: &mut dyn Write,
    errors: &mut dyn Write,
) -> anyhow::Result<Outcome> {
    let mut report = match config::load(path, environment) {
        Ok(report) => report,
        Err(unreadable) => {
            writeln!(errors, "lapse: {unreadable}")?;
            return Ok(Outcome::CannotRun);
        }
    };
    match config::secrets(report.slack_mode, environment) {
        Err(problems) => report.problems.extend(problems),
        Ok(secrets) => {
            if let Some(config) = report.config.take() {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                let found = runtime.block_on(ask(&config, &secrets, out))?;
                report.problems.extend(found);
                report.config = Some(config);
            }
        }
    }
    check::print(&report, &path.display().to_string(), out)?;
    Ok(judge(&report, warnings))
}

/// Errors that only the platforms can tell count like those of the file.
fn judge(report: &Report, warnings: Warnings) -> Outcome {
    match check::judge(report, warnings) {
        Outcome::Fine if report.count(Severity::Error) > 0 => Outcome::Problems,
        outcome => outcome,
    }
}

async fn ask(
    config: &Config,
    secrets: &Secrets,
    out: &mut dyn Write,
) -> anyhow::Result<Vec<Problem>> {
    let clock = Clock::system();
    let slack = slack_client(config, secrets, &clock)?;
    let tailscale = tailscale_client(config, secrets, &clock)?;
    let mut problems = Vec::new();
    let installation = ask_slack(&slack, out, &mut problems).await?;
    if let Entrance::Socket { app_token } = &secrets.slack_entrance {
        let app = app_client(&config.slack, app_token, &clock)?;
        ask_for_a_connection(&app, out, &mut problems).await?;
    }
    let groups = ask_tailscale(config, &tailscale, out, &mut problems).await?;
    if let Some(installation) = installation {
        ask_people(
            config,
            &slack,
            &installation,
            groups.as_ref(),
            out,
            &mut problems,
        )
        .await?;
    }
    Ok(problems)
}

async fn ask_slack(
    slack: &dyn Slack,
    out: &mut dyn Write,
    problems: &mut Vec<Problem>,
) -> anyhow::Result<Option<Installation>> {
    let installation = match slack.auth_test().await {
        Ok(installation) => installation,
        Err(error) => {
            let (message, advice) = match error.class {
                Class::Permanent | Class::TokenDead => (
                    format!("Slack refused the token: {}", error.error),
                    NEW_TOKEN,
                ),
                Class::Retryable { .. } | Class::Ambiguous => (
                    format!("Slack could not be asked: {}", error.error),
                    SLACK_AGAIN,
                ),
            };
            problems.push(problem(Severity::Error, "SLACK_BOT_TOKEN", message, advice));
            return Ok(None);
        }
    };
    writeln!(
        out,
        "Slack: installed in {}; scopes: {}",
        installation.team,
        joined(&installation.scopes)
    )?;
    for scope in SCOPES
        .iter()
        .filter(|scope| !installation.scopes.contains(**scope))
    {
        problems.push(problem(
            Severity::Error,
            "SLACK_BOT_TOKEN",
            format!("the scope {scope} is missing"),
            "add it to the app's manifest and install the app again",
        ));
    }
    Ok(Some(installation))
}

/// An address for a connection is asked for, and not used.
async fn ask_for_a_connection(
    app: &dyn Connections,
    out: &mut dyn Write,
    problems: &mut Vec<Problem>,
) -> anyhow::Result<()> {
    const TOKEN: &str = "use an app-level token (xapp-…) with the scope connections:write, from \
                         Basic Information on the Slack app's page";
    let Err(error) = app.connections_open().await else {
        writeln!(
            out,
            "Slack: the app-level token opens Socket Mode connections"
        )?;
        return Ok(());
    };
    let (message, advice) = match error.class {
        Class::Permanent | Class::TokenDead => ("Slack refused the app-level token", TOKEN),
        Class::Retryable { .. } | Class::Ambiguous => ("Slack could not be asked", SLACK_AGAIN),
    };
    let message = format!("{message}: {}", error.error);
    problems.push(problem(Severity::Error, "SLACK_APP_TOKEN", message, advice));
    Ok(())
}

async fn ask_tailscale(
    config: &Config,
    tailscale: &dyn Tailscale,
    out: &mut dyn Write,
    problems: &mut Vec<Problem>,
) -> anyhow::Result<Option<Groups>> {
    const WHERE: &str = "TAILSCALE_CLIENT_ID";
    match tailscale.granted_scopes().await {
        Ok(scopes) => {
            writeln!(out, "Tailscale: the client may {}", joined(&scopes))?;
            for scope in ["devices:core:read", "devices:posture_attributes"] {
                let covered = scopes.iter().any(|granted| covers(granted, scope));
                if !scopes.is_empty() && !covered {
                    problems.push(problem(
                        Severity::Error,
                        WHERE,
                        format!("the OAuth client lacks {scope}"),
                        "give the OAuth client that scope in Tailscale's admin console",
                    ));
                }
            }
        }
        Err(error) => {
            let refused = error.kind == FailureKind::TokenRefused;
            let (message, advice) = if refused {
                (
                    "Tailscale gave no token",
                    "check the OAuth client and its secret",
                )
            } else {
                ("Tailscale could not be asked", TAILSCALE_AGAIN)
            };
            let message = format!("{message}: {}", error.sentence());
            problems.push(problem(Severity::Error, WHERE, message, advice));
            return Ok(None);
        }
    }
    match tailscale.policy_postures().await {
        Ok(used) => {
            for (nth, profile) in config.policy.profiles.iter().enumerate() {
                if !used.contains(&profile.attribute) {
                    let path = format!("profiles[{nth}].attribute");
                    problems.push(problem(Severity::Warning, &path, format!("no posture of the tailnet policy looks at {}", profile.attribute), "add a posture with it and a rule that needs the posture; without them approving opens nothing"));
                }
            }
        }
        Err(error) => writeln!(
            out,
            "Tailscale: postures were not checked: {}",
            error.sentence()
        )?,
    }
    let wants_groups = config
        .policy
        .selectors()
        .iter()
        .any(|s| matches!(s, Selector::TailnetGroup(_)));
    if !wants_groups {
        return Ok(None);
    }
    match tailscale.groups().await {
        Ok(groups) => Ok(Some(groups)),
        Err(error) => {
            let advice = match error.class {
                FailureClass::Permanent => "a `group:` selector needs the scope policy_file:read",
                FailureClass::Retryable { .. } | FailureClass::Ambiguous => TAILSCALE_AGAIN,
            };
            let message = format!(
                "the policy file's groups cannot be read: {}",
                error.sentence()
            );
            problems.push(problem(Severity::Error, WHERE, message, advice));
            Ok(None)
        }
    }
}

async fn ask_people(
    config: &Config,
    slack: &dyn Slack,
    installation: &Installation,
    groups: Option<&Groups>,
    out: &mut dyn Write,
    problems: &mut Vec<Problem>,
) -> anyhow::Result<()> {
    let team = installation.is_org_wide().then_some(&installation.team);
    let user_groups = match slack.usergroups(team).await {
        Ok(groups) => Some(groups),
        Err(error) => {
            let advice = match error.class {
                Class::Permanent => "the scope usergroups:read is needed",
                Class::TokenDead => NEW_TOKEN,
                Class::Retryable { .. } | Class::Ambiguous => SLACK_AGAIN,
            };
            let message = format!("the user groups cannot be read: {}", error.error);
            problems.push(problem(Severity::Error, "SLACK_BOT_TOKEN", message, advice));
            None
        }
    };
    let mut people = People::new(slack, installation, user_groups, groups);
    for selector in config.policy.selectors() {
        let size = people.count(selector).await;
        match size {
            Size::Everyone => writeln!(out, "{selector}: every full member")?,
            Size::Unchecked => writeln!(out, "{selector}: not checked")?,
            Size::Of(1) => writeln!(out, "{selector}: 1 person")?,
            Size::Of(size) => writeln!(out, "{selector}: {size} people")?,
        }
        if size == Size::Of(0) {
            problems.push(problem(
                Severity::Warning,
                &selector.to_string(),
                "matches nobody".to_owned(),
                "check the spelling, or whether the group has members",
            ));
        }
    }
    for (nth, profile) in config.policy.profiles.iter().enumerate() {
        let needed = profile.approvals as usize;
        let reach = people.reach(&profile.approvers, needed).await;
        if reach == Size::Unchecked {
            problems.push(problem(
                Severity::Warning,
                &format!("profiles[{nth}].approvers"),
                format!(
                    "not everybody who may approve {} could be looked up",
                    profile.id
                ),
                "mend what else stands here, then check again",
            ));
        }
        if let Size::Of(reachable) = reach
            && reachable < needed
        {
            let people = if needed == 1 { "person" } else { "people" };
            let able = match reachable {
                0 => "nobody can".to_owned(),
                n => format!("only {n} can"),
            };
            problems.push(problem(
                Severity::Error,
                &format!("profiles[{nth}].approvers"),
                format!(
                    "{} needs {needed} {people} to approve and {able}",
                    profile.id
                ),
                "name more people, or a group with full members of the workspace",
            ));
        }
    }
    Ok(())
}

/// `devices:core` covers `devices:core:read`, and `all` everything.
fn covers(granted: &str, wanted: &str) -> bool {
    granted == "all"
        || granted == wanted
        || wanted
            .strip_prefix(granted)
            .is_some_and(|rest| rest.starts_with(':'))
}

fn joined(words: &BTreeSet<String>) -> String {
    words
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

fn problem(severity: Severity, path: &str, message: String, advice: &str) -> Problem {
    Problem::live(severity, path, message, advice)
}
