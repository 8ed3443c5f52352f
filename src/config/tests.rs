//! What the reader says about a file. Each test takes a good file, breaks one thing, and reads
//! the whole message.

mod agreement;
mod connections;
mod environment;
mod examples;
mod leaks;
mod policy;
mod profile;
mod shape;

use super::{Config, Report, Severity, read};

/// A file with one profile and nothing wrong, every line at the margin.
const GOOD: &str = r#"[server]
listen = "127.0.0.1:8080"

[[profiles]]
id = "prod-ssh"
name = "Production SSH"
description = "tcp:22 on tag:prod"
attribute = "custom:prodSsh"
durations = ["30m", "1h"]
requesters = ["*"]
approvers = ["usergroup:prod-approvers"]
"#;

/// A second profile that agrees with the first; its first line is line 12.
const SECOND: &str = r#"[[profiles]]
id = "prod-db"
name = "Production database"
description = "tcp:5432 on tag:prod-db"
attribute = "custom:prodDb"
durations = ["15m"]
requesters = ["*"]
approvers = ["usergroup:prod-approvers"]
"#;

fn report(text: &str) -> Report {
    read(text, "lapse.toml", &|_| None)
}

/// Every problem as a person reads it.
fn told(text: &str) -> Vec<String> {
    let report = report(text);
    let errors = report.count(Severity::Error);
    assert_eq!(
        report.config.is_some(),
        errors == 0,
        "there is a configuration exactly when nothing is an error"
    );
    report.problems.iter().map(ToString::to_string).collect()
}

/// The one problem of a file.
fn only(text: &str) -> String {
    let mut told = told(text);
    assert_eq!(told.len(), 1, "one problem in\n{text}\n{}", told.join("\n"));
    told.remove(0)
}

/// The good file with more keys in its profile; the first of them is in line 12.
fn with(lines: &str) -> String {
    format!("{GOOD}{lines}\n")
}

/// The good file with one part replaced.
fn but(old: &str, new: &str) -> String {
    assert!(GOOD.contains(old), "{old}");
    GOOD.replace(old, new)
}

fn config(text: &str) -> Config {
    let report = report(text);
    let told: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    report
        .config
        .unwrap_or_else(|| panic!("{}", told.join("\n")))
}
