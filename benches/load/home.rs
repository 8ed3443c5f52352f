//! Somebody opens their home tab among thousands of requests and grants: what Lapse does itself
//! until there is a view to publish. The homes of everybody who may see everything are the
//! dearest, so those are measured.

use crate::history::{GRANT, REQUEST, run, series};
use crate::measure::{Samples, millis, spread};
use crate::pending;
use crate::report::Report;
use crate::settings::Settings;
use crate::workplace::{Workplace, approver};
use anyhow::{Context, ensure};
use chrono::TimeDelta;
use lapse::app::App;
use lapse::domain::audit::PersonRef;
use lapse::domain::grant::{Grant, GrantState};
use lapse::domain::ids::{PersonId, RequestId};
use lapse::domain::request::RequestState;
use lapse::slack::view::home;
use std::time::{Duration, Instant};

/// Requests that wait, and grants that are open.
const EACH: u64 = 5_000;
/// The bar in milliseconds.
const BAR: f64 = 50.0;

/// Measures it.
pub async fn measure(
    place: &Workplace,
    settings: &Settings,
    report: &mut Report,
) -> anyhow::Result<()> {
    // Two real requests, of which all others are copies: one that waits, one that is open.
    pending::prepare(place, 2).await?;
    let app = place.app()?.clone();
    place.on_bot(move || open(app)).await??;
    run(&place.home.url(), &copies(settings.few_rows)).await?;

    let (mut samples, mut blocks) = (Samples::default(), 0);
    for nth in 0..settings.homes {
        let app = place.app()?.clone();
        let reader = PersonId::new(approver(nth));
        let (took, drawn) = place.on_bot(move || draw(app, reader)).await??;
        // The first tenth only warms the caches.
        if nth >= settings.homes / 10 {
            samples.add(took);
        }
        blocks = drawn;
    }
    ensure!((50..=100).contains(&blocks), "{blocks} blocks");
    report.at_most(
        format!(
            "{}: home tab among {EACH} waiting and {EACH} open, p99 of {}",
            place.base,
            samples.len()
        ),
        spread(&samples),
        millis(samples.percentile(99)),
        (BAR, "ms"),
    );
    Ok(())
}

async fn draw(app: App, reader: PersonId) -> anyhow::Result<(Duration, usize)> {
    let began = Instant::now();
    let reader = app
        .home_reader(&reader)
        .await?
        .map_err(|why| anyhow::anyhow!("an approver is not known: {why:?}"))?;
    let overview = app.overview(&reader).await?;
    let drawn = home::home(&overview.model(&app, &[]));
    let view = serde_json::to_value(&drawn.view)?;
    let took = began.elapsed();
    let blocks = view["blocks"].as_array().map_or(0, Vec::len);
    Ok((took, blocks))
}

/// The second request is approved, and open.
async fn open(app: App) -> anyhow::Result<()> {
    let (now, id) = (app.clock.now(), RequestId::new("bench-00000001"));
    let mut request = app
        .store
        .request(&id)
        .await?
        .context("there is no request")?;
    let giver = PersonRef {
        id: PersonId::new(approver(1)),
        name: "Approver 1".to_owned(),
        email: None,
    };
    request.version += 1;
    request.state = RequestState::Approved {
        by: vec![giver.clone()],
        at: now,
    };
    let mut grant = Grant::open(&request, &[giver], now + TimeDelta::hours(8), now);
    grant.state = GrantState::Active { since: now };
    let mut tx = app.store.begin().await?;
    tx.update_request(&request).await?;
    tx.insert_grant(&grant).await?;
    tx.commit().await?;
    Ok(())
}

/// Many more of both, and a history of requests that are over.
fn copies(history: u64) -> Vec<String> {
    let request = |prefix: &str, of: &str, first: u64, count: u64, state: &str| {
        format!(
            "INSERT INTO requests ({REQUEST}) {} SELECT '{prefix}' || CAST(n AS TEXT), \
             {first} + n, t.version, '{prefix}:' || CAST(n AS TEXT), \
             'U0ASKER' || CAST(n % 100 AS TEXT), t.requester_as, t.login, t.profile, \
             'n{prefix}' || CAST(n AS TEXT), t.facts, t.facts_number, t.approvals_from, \
             t.wished_seconds, t.justification, t.ask_first, t.device_as_of, t.reminders, t.asked_at + n, \
             t.answer_by, {state} FROM s, requests AS t WHERE t.id = '{of}'",
            series(count)
        )
    };
    let (waits, open) = ("bench-00000000", "bench-00000001");
    let same = "t.state, t.state_detail";
    let over = "'lapsed', '{\"lapsed\":{\"at\":\"2026-09-21T00:00:00Z\"}}'";
    vec![
        request("w", waits, 100_000, EACH, same),
        request("o", open, 200_000, EACH, same),
        request("h", waits, 1_000_000, history, over),
        format!(
            "INSERT INTO grants ({GRANT}) {} SELECT 'o' || CAST(n AS TEXT), \
             'o' || CAST(n AS TEXT), 200000 + n, t.version, \
             'U0ASKER' || CAST(n % 100 AS TEXT), t.holder_as, t.profile, \
             'no' || CAST(n AS TEXT), t.attribute, t.value, t.comment, t.approved_at, \
             t.ends_at + n, t.approvers, t.write_mark, t.warned_at, t.late_since, t.due_at, \
             t.state, t.state_detail FROM s, grants AS t WHERE t.id = '{open}'",
            series(EACH)
        ),
    ]
}
