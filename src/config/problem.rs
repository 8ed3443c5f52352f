//! What is wrong with the configuration, where it stands, and what to do about it.

use super::leaked;
use super::tree::Node;
use std::fmt;

/// Whether the configuration can be used as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, and somebody should look at it.
    Warning,
}

/// Where a problem stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the configuration file; line and column count from one, columns in characters.
    File {
        /// The file as it was named on the command line.
        name: String,
        /// The line.
        line: usize,
        /// The character in that line.
        column: usize,
    },
    /// In a variable of the environment.
    Environment,
    /// In what Slack or Tailscale answered.
    Platform,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Whether it has to be mended first.
    pub severity: Severity,
    /// Where it stands.
    pub place: Place,
    /// The key (`profiles[1].durations[2]`) or the variable; empty when the text itself is broken.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub advice: String,
}

impl Problem {
    /// A problem with a variable of the environment.
    pub fn environment(
        variable: &str,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            place: Place::Environment,
            path: variable.to_owned(),
            message: message.into(),
            advice: advice.into(),
        }
    }
}

impl Problem {
    /// A problem that only Slack or Tailscale can tell.
    pub fn live(severity: Severity, path: &str, message: String, advice: &str) -> Self {
        let path = path.to_owned();
        Self {
            severity,
            place: Place::Platform,
            path,
            message,
            advice: advice.to_owned(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File { name, line, column } => write!(f, "{name}:{line}:{column}: ")?,
            Place::Environment => f.write_str("environment: ")?,
            Place::Platform => f.write_str("live: ")?,
        }
        if self.severity == Severity::Warning {
            f.write_str("warning: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        for line in self.advice.lines() {
            write!(f, "\n    {line}")?;
        }
        Ok(())
    }
}

/// Collects problems while the file is walked, and knows where in the text each one stands.
pub(super) struct Findings<'t> {
    file_name: &'t str,
    text: &'t str,
    broken_lines: Vec<usize>,
    found: Vec<(usize, Problem)>,
}

impl<'t> Findings<'t> {
    pub(super) fn new(file_name: &'t str, text: &'t str) -> Self {
        Self {
            file_name,
            text,
            broken_lines: Vec::new(),
            found: Vec::new(),
        }
    }

    /// The text is no TOML here. What else seems wrong in this line follows from that and is
    /// not told.
    pub(super) fn broken(&mut self, at: usize, message: &str, advice: &str) {
        self.broken_lines.push(self.position(at).0);
        self.push(Severity::Error, at, String::new(), message, advice);
    }

    /// Something that must not stand in this file, told whatever else is wrong there.
    pub(super) fn leaked(&mut self, at: usize, path: String, message: &str, advice: &str) {
        self.push(Severity::Error, at, path, message, advice);
    }

    pub(super) fn error(
        &mut self,
        node: &Node<'_>,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.error_at(node.at, node.path.clone(), &message.into(), &advice.into());
    }

    /// An error about something that is no value: a key, or one that is missing.
    pub(super) fn error_at(&mut self, at: usize, path: String, message: &str, advice: &str) {
        if !self.broken_lines.contains(&self.position(at).0) {
            self.push(Severity::Error, at, path, message, advice);
        }
    }

    pub(super) fn warning(
        &mut self,
        node: &Node<'_>,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let path = node.path.clone();
        self.push(
            Severity::Warning,
            node.at,
            path,
            &message.into(),
            &advice.into(),
        );
    }

    pub(super) fn environment(&mut self, problem: Problem) {
        self.found.push((usize::MAX, problem));
    }

    /// Whether the text is TOML at all; if not, a missing key may only be one that was not read.
    pub(super) fn is_readable(&self) -> bool {
        self.broken_lines.is_empty()
    }

    /// Line and column, from one, of a byte of the text.
    pub(super) fn position(&self, at: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(at)];
        let line = before.rsplit('\n').next().unwrap_or_default();
        let column = line.trim_start_matches('\u{feff}').chars().count() + 1;
        (before.matches('\n').count() + 1, column)
    }

    /// Everything found, in the order of the file; the environment comes last.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|(at, _)| *at);
        let mut problems: Vec<Problem> = self.found.into_iter().map(|(_, found)| found).collect();
        problems.dedup();
        problems
    }

    fn push(&mut self, severity: Severity, at: usize, path: String, message: &str, advice: &str) {
        let (line, column) = self.position(at);
        let place = Place::File {
            name: self.file_name.to_owned(),
            line,
            column,
        };
        let problem = Problem {
            severity,
            place,
            path,
            message: printable(message),
            advice: printable(advice),
        };
        self.found.push((at, problem));
    }
}

/// A value as a message may show it: short, on one line, and never a secret.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    if leaked::looks_secret(text) {
        return "(a secret, not shown)".to_owned();
    }
    let visible: String = text.chars().take(LONGEST).collect();
    let visible = printable(&visible).replace('\n', "\u{fffd}");
    let rest = if text.chars().nth(LONGEST).is_some() {
        "…"
    } else {
        ""
    };
    format!("`{visible}{rest}`")
}

/// A text that a terminal shows as it is; line breaks stay.
fn printable(text: &str) -> String {
    let seen = |c: char| {
        if is_invisible(c) && c != '\n' {
            '\u{fffd}'
        } else {
            c
        }
    };
    text.chars().map(seen).collect()
}

/// Control characters and those that turn the direction of the text around them.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
