//! `lapse check`: tells everything that is wrong with a configuration file. No network.

use crate::config::{self, Config, Environment, Place, Problem, Report, Severity, Unreadable};
use std::io::{self, Write};
use std::path::Path;

/// What `--strict` decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warnings {
    /// They are told, and the file is fine.
    Tolerated,
    /// They count as problems.
    CountAsProblems,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The configuration can be used.
    Fine,
    /// It has problems, all of them printed.
    Problems,
    /// The file could not be read.
    CannotRun,
}

impl Outcome {
    /// The exit status that people script against.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Problems => 1,
            Self::CannotRun => 2,
        }
    }
}

/// Reads the file and prints every problem and a closing line to `out`; what stops the check
/// itself goes to `errors`.
pub fn run(
    path: &Path,
    warnings: Warnings,
    environment: &Environment<'_>,
    out: &mut dyn Write,
    errors: &mut dyn Write,
) -> anyhow::Result<Outcome> {
    match config::load(path, environment) {
        Ok(report) => {
            print(&report, &path.display().to_string(), out)?;
            Ok(judge(&report, warnings))
        }
        Err(unreadable) => {
            cannot_run(&unreadable, errors)?;
            Ok(Outcome::CannotRun)
        }
    }
}

/// Prints every problem, then one line that sums up.
pub fn print(report: &Report, file: &str, out: &mut dyn Write) -> io::Result<()> {
    for problem in &report.problems {
        writeln!(out, "{problem}")?;
    }
    if !report.problems.is_empty() {
        writeln!(out)?;
    }
    writeln!(out, "{}", closing(report, file))
}

/// Whether the file may be used.
pub fn judge(report: &Report, warnings: Warnings) -> Outcome {
    let warned = report.count(Severity::Warning) > 0;
    match (&report.config, warnings) {
        (None, _) => Outcome::Problems,
        (Some(_), Warnings::CountAsProblems) if warned => Outcome::Problems,
        (Some(_), _) => Outcome::Fine,
    }
}

fn cannot_run(unreadable: &Unreadable, errors: &mut dyn Write) -> io::Result<()> {
    writeln!(errors, "{unreadable}")
}

fn closing(report: &Report, file: &str) -> String {
    // What the environment and the platforms lack does not stand in the file.
    let in_file = |problem: &Problem| matches!(problem.place, Place::File { .. });
    let file = if report.problems.iter().all(in_file) {
        file.to_owned()
    } else {
        format!("and around {file}")
    };
    let errors = counted(report.count(Severity::Error), "error");
    let warnings = counted(report.count(Severity::Warning), "warning");
    let summary = report.config.as_ref().map(summary);
    match (
        report.count(Severity::Error),
        report.count(Severity::Warning),
        summary,
    ) {
        (0, 0, Some(summary)) => format!("{file} is fine: {summary}"),
        (0, _, Some(summary)) => format!("{warnings} in {file}: {summary}"),
        (_, 0, _) => format!("{errors} in {file}"),
        _ => format!("{errors}, {warnings} in {file}"),
    }
}

fn summary(config: &Config) -> String {
    let profiles = counted(config.policy.profiles.len(), "profile");
    let selectors = counted(config.policy.selectors().len(), "selector");
    format!("{profiles}, {selectors}")
}

fn counted(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// Outcome, output and error output, the folder's name left out.
    fn check(text: &str, warnings: Warnings) -> (Outcome, String, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lapse.toml");
        std::fs::write(&path, text).expect("a file");
        check_path(&path, folder.path(), warnings)
    }

    fn check_path(path: &Path, folder: &Path, warnings: Warnings) -> (Outcome, String, String) {
        let (mut out, mut errors) = (Vec::new(), Vec::new());
        let outcome = run(path, warnings, &|_| None, &mut out, &mut errors).expect("output");
        let named = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).expect("text");
            text.replace(&format!("{}/", folder.display()), "")
        };
        (outcome, named(out), named(errors))
    }

    #[test]
    fn a_good_file_is_summed_up_in_one_line() {
        let (outcome, out, errors) = check(FINE, Warnings::CountAsProblems);
        assert_eq!(outcome.exit_status(), 0);
        assert_eq!(out, "lapse.toml is fine: 1 profile, 2 selectors\n");
        assert_eq!(errors, "");
    }

    #[test]
    fn problems_are_printed_and_counted() {
        let bad = FINE
            .replace("custom:prodSsh", "custom:prod-ssh")
            .replace("usergroup:prod-approvers", "*");
        let (outcome, out, _) = check(&bad, Warnings::Tolerated);
        assert_eq!(outcome.exit_status(), 1);
        assert_eq!(
            out,
            "lapse.toml:6:21: profiles[0].attribute: `-` is not allowed in an attribute: use \
             letters, digits, `_` and `:`\n    write custom:prodSsh\n\
             lapse.toml:9:22: warning: profiles[0].approvers[0]: every member of the workspace \
             may approve this\n    name a group, e.g. \"usergroup:prod-approvers\", unless you \
             mean it\n\n\
             1 error, 1 warning in lapse.toml\n"
        );
    }

    #[test]
    fn a_warning_alone_is_a_problem_only_when_strict() {
        let loose = FINE.replace("usergroup:prod-approvers", "*");
        let (outcome, out, _) = check(&loose, Warnings::Tolerated);
        assert_eq!(outcome, Outcome::Fine);
        assert!(
            out.ends_with("1 warning in lapse.toml: 1 profile, 1 selector\n"),
            "{out}"
        );
        let (outcome, ..) = check(&loose, Warnings::CountAsProblems);
        assert_eq!(outcome, Outcome::Problems);
    }

    #[test]
    fn a_missing_file_cannot_be_checked() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("none.toml");
        let (outcome, out, errors) = check_path(&path, folder.path(), Warnings::Tolerated);
        assert_eq!(outcome.exit_status(), 2);
        assert_eq!(out, "");
        assert!(
            errors.starts_with("The configuration file none.toml cannot be read: "),
            "{errors}"
        );
    }

    #[test]
    fn a_file_that_is_no_text_cannot_be_checked() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lapse.toml");
        std::fs::write(&path, [0xff, 0xfe, 0x00]).expect("a file");
        let (outcome, ..) = check_path(&path, folder.path(), Warnings::Tolerated);
        assert_eq!(outcome, Outcome::CannotRun);
    }
}
