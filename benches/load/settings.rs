//! What is measured and how long, from the environment.

use crate::workplace::Base;
use anyhow::{Context, bail};
use std::time::Duration;

/// One part of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    SignedRoute,
    ApproveClicks,
    ClickToTailscale,
    OpenLoop,
    DeviceSearch,
    Home,
    Memory,
    Queries,
    ColdStart,
    Demo,
}

const PARTS: [(&str, Part); 10] = [
    ("signed-route", Part::SignedRoute),
    ("approve-clicks", Part::ApproveClicks),
    ("click-to-tailscale", Part::ClickToTailscale),
    ("open-loop", Part::OpenLoop),
    ("device-search", Part::DeviceSearch),
    ("home", Part::Home),
    ("memory", Part::Memory),
    ("queries", Part::Queries),
    ("cold-start", Part::ColdStart),
    ("demo", Part::Demo),
];

/// How much is measured.
pub struct Settings {
    /// On which databases.
    pub bases: Vec<Base>,
    parts: Vec<Part>,
    /// How long one round of a closed loop against the bare route takes.
    pub round: Duration,
    /// Rounds, each with a bare one beside it.
    pub rounds: usize,
    /// Approve clicks a round.
    pub clicks_a_round: usize,
    /// Approve clicks one after the other.
    pub single_clicks: usize,
    /// How long the open loop runs.
    pub open_loop: Duration,
    /// Devices of the large tailnet.
    pub devices: usize,
    /// Slash commands on the demo's page.
    pub page_clicks: usize,
    /// Searches for a device.
    pub searches: usize,
    /// Home tabs that are drawn.
    pub homes: usize,
    /// Requests of history, few and many.
    pub few_rows: u64,
    /// The larger history.
    pub many_rows: u64,
    /// How often each query is asked.
    pub asked: usize,
}

/// Decisions a second in the open loop.
pub const DECISIONS_A_SECOND: usize = 100;

impl Settings {
    /// Reads the environment; `docs/benchmarks.md` lists the variables.
    pub fn read() -> anyhow::Result<Self> {
        let is_quick = std::env::var_os("LAPSE_BENCH_QUICK").is_some();
        let sized = |full: usize, quick: usize| if is_quick { quick } else { full };
        Ok(Self {
            bases: bases()?,
            parts: parts()?,
            round: Duration::from_millis(if is_quick { 300 } else { 2_000 }),
            rounds: sized(5, 2),
            clicks_a_round: sized(1_000, 60),
            single_clicks: sized(300, 20),
            open_loop: Duration::from_secs(number("LAPSE_BENCH_SECONDS", sized(60, 2) as u64)?),
            devices: sized(50_000, 2_000),
            page_clicks: sized(200, 10),
            searches: sized(3_000, 60),
            homes: sized(300, 20),
            few_rows: sized(50_000, 1_000) as u64,
            many_rows: number("LAPSE_BENCH_ROWS", sized(1_000_000, 4_000) as u64)?,
            asked: sized(2_000, 100),
        })
    }

    /// Whether this part is measured.
    pub fn wants(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }

    /// Whether one of these parts is measured.
    pub fn wants_any(&self, parts: &[Part]) -> bool {
        parts.iter().any(|part| self.wants(*part))
    }

    /// Approve clicks that the open loop sends.
    pub fn open_loop_decisions(&self) -> usize {
        usize::try_from(self.open_loop.as_secs()).unwrap_or(60) * DECISIONS_A_SECOND
    }
}

fn bases() -> anyhow::Result<Vec<Base>> {
    list("LAPSE_BENCH_BASES", "sqlite,postgres", |name| match name {
        "sqlite" => Some(Base::Sqlite),
        "postgres" => Some(Base::Postgres),
        _ => None,
    })
}

fn parts() -> anyhow::Result<Vec<Part>> {
    let all = PARTS.map(|(name, _)| name).join(",");
    list("LAPSE_BENCH_PARTS", &all, |name| {
        let known = PARTS.iter().find(|(known, _)| *known == name);
        known.map(|(_, part)| *part)
    })
}

fn list<T>(
    variable: &str,
    default: &str,
    read: impl Fn(&str) -> Option<T>,
) -> anyhow::Result<Vec<T>> {
    let text = std::env::var(variable).unwrap_or_else(|_| default.to_owned());
    let mut values = Vec::new();
    for name in text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        match read(name) {
            Some(value) => values.push(value),
            None => bail!("{variable}: {name:?} is not one of {default}. Nothing was measured."),
        }
    }
    Ok(values)
}

fn number(variable: &str, default: u64) -> anyhow::Result<u64> {
    match std::env::var(variable) {
        Ok(text) => text
            .replace('_', "")
            .parse()
            .with_context(|| format!("{variable} is not a whole number. Nothing was measured.")),
        Err(_) => Ok(default),
    }
}
