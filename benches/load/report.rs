//! The table: what was measured, the figure, the bar, whether it was met.

use std::fmt;
use std::process::ExitCode;

/// Lines in the order in which they were measured.
#[derive(Default)]
pub struct Report {
    lines: Vec<Line>,
}

struct Line {
    what: String,
    figure: String,
    bar: String,
    verdict: Verdict,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Met,
    Missed,
    NoBar,
}

impl Report {
    /// A figure that explains others.
    pub fn note(&mut self, what: impl Into<String>, figure: impl Into<String>) {
        self.add(what.into(), figure.into(), String::new(), Verdict::NoBar);
    }

    /// A figure that may not be less than the bar.
    pub fn at_least(
        &mut self,
        what: impl Into<String>,
        figure: impl Into<String>,
        value: f64,
        bar: f64,
    ) {
        let verdict = if value >= bar {
            Verdict::Met
        } else {
            Verdict::Missed
        };
        self.add(what.into(), figure.into(), format!("≥ {bar}"), verdict);
    }

    /// A figure that may not be more than the bar, which is told in this unit.
    pub fn at_most(
        &mut self,
        what: impl Into<String>,
        figure: impl Into<String>,
        value: f64,
        (bar, unit): (f64, &str),
    ) {
        let verdict = if value <= bar {
            Verdict::Met
        } else {
            Verdict::Missed
        };
        self.add(
            what.into(),
            figure.into(),
            format!("≤ {bar} {unit}"),
            verdict,
        );
    }

    fn add(&mut self, what: String, figure: String, bar: String, verdict: Verdict) {
        eprintln!("{what}: {figure} {bar} {verdict}");
        self.lines.push(Line {
            what,
            figure,
            bar,
            verdict,
        });
    }

    /// Fails when a bar was missed.
    pub fn verdict(&self) -> ExitCode {
        let missed = self
            .lines
            .iter()
            .any(|line| line.verdict == Verdict::Missed);
        ExitCode::from(u8::from(missed))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Met => "met",
            Self::Missed => "MISSED",
            Self::NoBar => "",
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |of: fn(&Line) -> &str, title: &str| {
            let widths = self.lines.iter().map(|line| of(line).chars().count());
            widths.chain([title.chars().count()]).max().unwrap_or(0)
        };
        let what = width(|line| &line.what, "what");
        let figure = width(|line| &line.figure, "figure");
        let bar = width(|line| &line.bar, "bar");
        writeln!(f)?;
        writeln!(
            f,
            "| {:what$} | {:figure$} | {:bar$} | met?   |",
            "what", "figure", "bar"
        )?;
        writeln!(
            f,
            "|{}|{}|{}|--------|",
            "-".repeat(what + 2),
            "-".repeat(figure + 2),
            "-".repeat(bar + 2)
        )?;
        for line in &self.lines {
            writeln!(
                f,
                "| {:what$} | {:figure$} | {:bar$} | {:6} |",
                line.what, line.figure, line.bar, line.verdict
            )?;
        }
        Ok(())
    }
}
