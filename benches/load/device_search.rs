//! Somebody types into the device menu of the form: one call a keystroke, answered from memory.

use crate::client::{Line, signed};
use crate::measure::{Samples, millis, spread};
use crate::report::Report;
use crate::settings::Settings;
use crate::signed_route::INTERACTIONS;
use crate::workplace::{PATIENCE, Workplace, requester};
use anyhow::{Context, ensure};
use bytes::Bytes;
use std::time::Instant;

/// What people type; those of the stand-in's devices that may be asked for are called
/// `person20-mbp-40`, `person5-surface-10` and so on.
const TYPED: [&str; 7] = [
    "p",
    "per",
    "person1",
    "mbp",
    "mbp-4",
    "surface",
    "surface-99",
];

/// The bar in milliseconds.
const BAR: f64 = 20.0;

/// A typed text that stands for another one.
const PLACEHOLDER: &str = "zzplaceholderzz";

/// A search as Slack sends it from the open form of a requester.
pub async fn search_of(place: &Workplace, nth: usize, typed: &str) -> anyhow::Result<Bytes> {
    let slack = &place.outside.slack;
    let person = slack.person(&requester(nth));
    let reply = person.command("/access", "").await?;
    // The only profile is chosen already.
    person
        .await_view("Request access", PATIENCE)
        .await
        .with_context(|| format!("no form: {} {}", reply.status, reply.text()))?;
    person.search("device", PLACEHOLDER).await?;
    let last = slack.deliveries().pop().context("nothing was searched")?;
    let body = String::from_utf8(last.body)?;
    ensure!(body.contains(PLACEHOLDER), "the last delivery is no search");
    let typed: String = form_urlencoded::byte_serialize(typed.as_bytes()).collect();
    signed(INTERACTIONS, body.replace(PLACEHOLDER, &typed).as_bytes())
}

/// Measures it.
pub async fn measure(
    place: &Workplace,
    settings: &Settings,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut searches = Vec::new();
    for typed in TYPED {
        searches.push(search_of(place, 0, typed).await?);
    }
    let before = place.outside.tailnet.calls().len();
    let mut line = Line::open(place.address()?).await?;
    let mut samples = Samples::default();
    for nth in 0..settings.searches {
        let began = Instant::now();
        let answer = line.ask(&searches[nth % searches.len()]).await?;
        samples.add(began.elapsed());
        ensure!(answer.status == 200, "answered {}", answer.status);
        let typed = TYPED[nth % TYPED.len()];
        let has_found = answer.body.windows(7).any(|window| window == b"\"value\"");
        ensure!(has_found, "nothing is found for {typed}");
    }
    let calls = place.outside.tailnet.calls().len() - before;
    let (base, devices) = (place.base, place.app()?.devices.len());
    report.at_most(
        format!(
            "{base}: device search over {devices} devices, p99 of {}",
            samples.len()
        ),
        spread(&samples),
        millis(samples.percentile(99)),
        (BAR, "ms"),
    );
    report.note(
        format!("{base}: Tailscale calls during these searches"),
        calls.to_string(),
    );
    Ok(())
}
