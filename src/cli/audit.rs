//! `lapse audit`: the trail of one request, or of everything since a while ago. Read-only,
//! beside a running server.

mod tale;

use super::grants::printable;
use super::{Format, reading};
use crate::config::Environment;
use crate::domain::audit::{Actor, AuditEvent, EventKind, Subject};
use crate::domain::duration::parse_duration;
use crate::domain::number::RequestNumber;
use crate::store::{Store, StoredEvent};
use anyhow::{Context, bail};
use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use tale::{tale, who};

const PAGE: u32 = 500;

/// Which events.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// Those of one request and its grant.
    Request(RequestNumber),
    /// All that are younger than this.
    Since(TimeDelta),
}

impl Wanted {
    /// Reads the arguments; exactly one of them is given.
    pub fn parse(request: Option<&str>, since: Option<&str>) -> anyhow::Result<Self> {
        match (request, since) {
            (Some(text), _) => {
                let number = text.parse();
                let number =
                    number.with_context(|| format!("`{}` names no request", printable(text)))?;
                Ok(Self::Request(number))
            }
            (None, Some(since)) => {
                let since = parse_duration(since).with_context(|| {
                    format!(
                        "--since {} is no length of time, as 24h or 7d is",
                        printable(since)
                    )
                })?;
                // Whatever is longer than records can be old means all of them.
                Ok(Self::Since(
                    TimeDelta::from_std(since).unwrap_or(TimeDelta::MAX),
                ))
            }
            (None, None) => bail!("name a request, or --since a while ago"),
        }
    }
}

/// Prints the events, oldest first.
pub fn run(
    path: &Path,
    environment: &Environment<'_>,
    wanted: &Wanted,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<u8> {
    reading::with_store(path, environment, async |store| match wanted {
        Wanted::Request(number) => {
            let Some(request) = store.request_by_number(*number).await? else {
                bail!(
                    "There is no {number}. Nothing was changed; `lapse audit --since 7d` shows \
                     what there is."
                );
            };
            let events = store.events_of(&request.id).await?;
            print(store, &events, format, out).await?;
            Ok(0)
        }
        Wanted::Since(ago) => since(store, *ago, format, out).await,
    })
}

async fn since(
    store: &Store,
    ago: TimeDelta,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<u8> {
    let now = crate::clock::Clock::system().now();
    let from = now.checked_sub_signed(ago).unwrap_or(DateTime::UNIX_EPOCH);
    let mut after = None;
    loop {
        let events = store.events_since(from, after.as_ref(), PAGE).await?;
        let Some(last) = events.last() else {
            return Ok(0);
        };
        after = Some(last.cursor());
        print(store, &events, format, out).await?;
    }
}

async fn print(
    store: &Store,
    events: &[StoredEvent],
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    for stored in events {
        let times = refused_times(store, &stored.event).await?;
        match format {
            Format::Json => writeln!(out, "{}", object(stored, times)),
            Format::Text => writeln!(out, "{}", line(stored, times)),
        }
        .context("the answer could not be printed")?;
    }
    Ok(())
}

/// A refusal is recorded once a person, subject, reason and minute, and counted from then on.
async fn refused_times(store: &Store, event: &AuditEvent) -> anyhow::Result<Option<u32>> {
    let EventKind::Refused { reason, .. } = &event.kind else {
        return Ok(None);
    };
    let person = match &event.actor {
        Actor::Person(person) => &person.id,
        Actor::Account(id) => id,
        Actor::Workflow(_) | Actor::Lapse => return Ok(None),
    };
    let times = store.refusal_times(&event.subject, person, reason, event.at);
    Ok(times.await?)
}

fn object(stored: &StoredEvent, times: Option<u32>) -> Value {
    let event = &stored.event;
    let mut object = json!({
        "id": stored.id,
        "number": stored.number,
        "at": event.at,
        "subject": event.subject,
        "actor": event.actor,
        "event": event.kind,
    });
    if let Some(times) = times {
        object["times"] = times.into();
    }
    object
}

/// "  3  2027-01-15 08:00:00Z  Grace Hopper <grace@example.com>  approved …"
fn line(stored: &StoredEvent, times: Option<u32>) -> String {
    let event = &stored.event;
    let actor = match &event.actor {
        Actor::Person(person) => who(person),
        Actor::Account(id) => id.to_string(),
        Actor::Workflow(execution) => format!("workflow {execution}"),
        Actor::Lapse => "Lapse".to_owned(),
    };
    let about = match &event.subject {
        Subject::Request(_) => String::new(),
        Subject::Person(id) => format!(" (about {id})"),
    };
    let often = match times {
        Some(times @ 2..) => format!(", {times} times within that minute"),
        _ => String::new(),
    };
    format!(
        "{:>4}  {}  {}  {}{}{often}",
        stored.number,
        event.at.format("%Y-%m-%d %H:%M:%SZ"),
        actor,
        printable(&tale(&event.kind)),
        about
    )
}
