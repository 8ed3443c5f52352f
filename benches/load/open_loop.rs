//! A burst as it comes: so many calls a second, whether or not the ones before are answered.
//!
//! Slack's published limits apply, as they would: the cards' backlog grows beside the clicks.

use crate::client::signed;
use crate::device_search;
use crate::measure::{Arrived, Planned, Samples, millis, on_schedule, spread};
use crate::pending::Click;
use crate::report::Report;
use crate::settings::{DECISIONS_A_SECOND, Settings};
use crate::signed_route::{INTERACTIONS, link_click};
use crate::workplace::{Base, Workplace};
use anyhow::Context;
use bytes::Bytes;
use lapse::sandbox::slack::RateLimits;
use std::collections::BTreeMap;
use std::time::Duration;

/// Calls of a kind that are sent for each decision.
const SEARCHES: usize = 2;

/// So that there is something to search among.
pub const FURTHER_DEVICES: usize = 2_000;

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An Approve click.
    Decision,
    /// A search for a device, or a click on a link.
    Other,
}

/// The bar for the 99th percentile in milliseconds.
fn bar(base: Base) -> f64 {
    match base {
        Base::Sqlite => 10.0,
        Base::Postgres => 25.0,
    }
}

/// A hundred decisions and three hundred other calls a second, evenly spread.
pub fn plan(clicks: &[Click], search: &Bytes) -> anyhow::Result<Vec<Planned<Kind>>> {
    let link = link_click(clicks.first().context("no click was prepared")?)?;
    let step = Duration::from_secs(1) / u32::try_from(DECISIONS_A_SECOND * (SEARCHES + 2))?;
    let mut plan = Vec::new();
    for click in clicks {
        let decision = (Kind::Decision, signed(INTERACTIONS, &click.body)?);
        let searches = std::iter::repeat_n((Kind::Other, search.clone()), SEARCHES);
        let four = [decision]
            .into_iter()
            .chain(searches)
            .chain([(Kind::Other, link.clone())]);
        for (kind, request) in four {
            plan.push(Planned {
                at: step * u32::try_from(plan.len())?,
                kind,
                request,
            });
        }
    }
    Ok(plan)
}

/// How long those of one kind took.
fn of_kind(arrived: &[Arrived<Kind>], kind: Kind) -> Samples {
    let mut samples = Samples::default();
    for arrived in arrived.iter().filter(|arrived| arrived.kind == kind) {
        samples.add(arrived.took);
    }
    samples
}

fn is_failure(arrived: &Arrived<Kind>) -> bool {
    !arrived
        .answer
        .as_ref()
        .is_ok_and(|answer| answer.status == 200)
}

/// How those that came to nothing ended, if there are any.
pub fn failures(arrived: &[Arrived<Kind>]) -> Option<String> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for arrived in arrived.iter().filter(|arrived| is_failure(arrived)) {
        let how = match &arrived.answer {
            Ok(answer) => format!("{:?} answered {}", arrived.kind, answer.status),
            Err(error) => format!("{:?}: {error:#}", arrived.kind),
        };
        *counts.entry(how).or_default() += 1;
    }
    let told: Vec<String> = counts
        .iter()
        .map(|(how, times)| format!("{times} × {how}"))
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// Measures it.
pub async fn measure(
    place: &Workplace,
    clicks: &[Click],
    settings: &Settings,
    report: &mut Report,
) -> anyhow::Result<()> {
    let search = device_search::search_of(place, 0, "person1").await?;
    let plan = plan(clicks, &search)?;
    place.outside.slack.set_rate_limits(RateLimits::published());
    let arrived = on_schedule(place.address()?, plan).await;
    place.outside.slack.set_rate_limits(RateLimits::none());
    let arrived = arrived?;
    let (base, seconds) = (place.base, settings.open_loop.as_secs());
    for kind in [Kind::Decision, Kind::Other] {
        let samples = of_kind(&arrived, kind);
        let (what, a_second) = match kind {
            Kind::Decision => ("decisions", DECISIONS_A_SECOND),
            Kind::Other => ("other calls", DECISIONS_A_SECOND * (SEARCHES + 1)),
        };
        report.at_most(
            format!("{base}: open loop, {a_second} {what} a second, {seconds} s, p99"),
            spread(&samples),
            millis(samples.percentile(99)),
            (bar(base), "ms"),
        );
    }
    let errors = arrived.iter().filter(|arrived| is_failure(arrived)).count();
    let told = failures(&arrived).map_or_else(String::new, |told| format!(": {told}"));
    report.at_most(
        format!("{base}: open loop, errors"),
        format!("{errors} of {}{told}", arrived.len()),
        f64::from(u32::try_from(errors)?),
        (0.0, "errors"),
    );
    let app = place.app()?.clone();
    let waiting = place
        .on_bot(move || async move { app.store.outbox_depth().await })
        .await??;
    let waiting: Vec<String> = waiting
        .iter()
        .map(|depth| format!("{} {}", depth.count, depth.kind))
        .collect();
    report.note(
        format!("{base}: open loop, effects left behind Slack's limits"),
        waiting.join(", "),
    );
    Ok(())
}
