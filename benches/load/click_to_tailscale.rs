//! From an Approve click to the moment at which Tailscale is called: one click at a time, with
//! stand-ins that answer at once.

use crate::client::{Line, signed};
use crate::measure::{Samples, millis, spread};
use crate::pending::Click;
use crate::report::Report;
use crate::signed_route::INTERACTIONS;
use crate::workplace::{Workplace, eventually};
use anyhow::{Context, ensure};
use lapse::sandbox::tailscale::Route;
use std::time::{Duration, Instant};

/// Enough for all effects of the click before.
const BETWEEN: Duration = Duration::from_millis(50);

/// Measures it.
pub async fn measure(
    place: &Workplace,
    clicks: Vec<Click>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut line = Line::open(place.address()?).await?;
    let mut sent = Vec::new();
    for click in clicks {
        let request = signed(INTERACTIONS, &click.body)?;
        let at = Instant::now();
        let answer = line.ask(&request).await?;
        ensure!(answer.status == 200, "answered {}", answer.status);
        sent.push((click.node, at));
        tokio::time::sleep(BETWEEN).await;
    }
    let tailnet = &place.outside.tailnet;
    eventually("every grant is written", || {
        tailnet.calls_of(Route::WriteAttribute).len() >= sent.len()
    })
    .await?;
    let called = |route: Route| -> anyhow::Result<Samples> {
        let calls = tailnet.calls_of(route);
        let mut samples = Samples::default();
        for (node, at) in &sent {
            let first = calls.iter().find(|call| call.path.contains(node.as_str()));
            samples.add(first.context("a device was never called")?.received - *at);
        }
        Ok(samples)
    };
    let (first, written) = (called(Route::Device)?, called(Route::WriteAttribute)?);
    let base = place.base;
    for (hundredth, bar) in [(50, 15.0), (99, 100.0)] {
        let took = millis(first.percentile(hundredth));
        report.at_most(
            format!("{base}: approve click → Tailscale called, p{hundredth}"),
            format!("{took:.2} ms"),
            took,
            (bar, "ms"),
        );
    }
    report.note(
        format!("{base}: approve click → attribute written"),
        spread(&written),
    );
    Ok(())
}
