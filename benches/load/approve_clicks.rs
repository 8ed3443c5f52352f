//! Approve clicks as fast as they go, each on another request.
//!
//! Twice: with the effects held back, which is what a click costs before it is acknowledged,
//! and with the effects beside it, stand-ins included, on the same two cores.

use crate::bare::Bare;
use crate::client::signed;
use crate::measure::{Amount, CONNECTIONS, flat_out, median};
use crate::pending::Click;
use crate::report::Report;
use crate::settings::Settings;
use crate::signed_route::INTERACTIONS;
use crate::workplace::{Base, Workplace};
use bytes::Bytes;
use futures_util::future::try_join_all;
use lapse::app::App;
use lapse::store::Lane;
use std::time::Instant;

/// The bar, as a share of the bare route.
fn bar(base: Base) -> f64 {
    match base {
        Base::Sqlite => 0.04,
        Base::Postgres => 0.05,
    }
}

/// Measures it.
pub async fn measure(
    place: &Workplace,
    clicks: Vec<Click>,
    settings: &Settings,
    report: &mut Report,
) -> anyhow::Result<()> {
    let base = place.base;
    let floor = Bare::start().await?;
    let mut clicks = clicks.into_iter();

    pause(place).await?;
    let (mut inserts, mut alone, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..settings.rounds {
        let app = place.app()?.clone();
        let count = settings.clicks_a_round;
        inserts.push(
            place
                .on_bot(move || bare_inserts(app, round, count))
                .await??,
        );
        let (rate, ratio) = one_round(place, &floor, &mut clicks, settings).await?;
        alone.push(rate);
        ratios.push(ratio);
    }
    report.note(
        format!("{base}: one insert and commit through sqlx::Any, {CONNECTIONS} at once"),
        format!("{:.0} a second", median(inserts)),
    );
    let ratio = median(ratios);
    report.at_least(
        format!("{base}: deciding transaction of an Approve click, over HTTP"),
        format!("{ratio:.3} of the limit ({:.0} a second)", median(alone)),
        ratio,
        bar(base),
    );

    resume(place).await?;
    let (mut beside, mut ratios) = (Vec::new(), Vec::new());
    for _ in 0..settings.rounds {
        let (rate, ratio) = one_round(place, &floor, &mut clicks, settings).await?;
        beside.push(rate);
        ratios.push(ratio);
    }
    report.note(
        format!("{base}: the same with the effects of all of them beside it"),
        format!(
            "{:.3} of the limit ({:.0} a second)",
            median(ratios),
            median(beside)
        ),
    );
    Ok(())
}

async fn one_round(
    place: &Workplace,
    floor: &Bare,
    clicks: &mut impl Iterator<Item = Click>,
    settings: &Settings,
) -> anyhow::Result<(f64, f64)> {
    let requests: Vec<Bytes> = clicks
        .take(settings.clicks_a_round)
        .map(|click| signed(INTERACTIONS, &click.body))
        .collect::<anyhow::Result<_>>()?;
    let Some(first) = requests.first().cloned() else {
        anyhow::bail!("no click was prepared");
    };
    let limit = flat_out(floor.address, Amount::For(first, settings.round)).await?;
    let rate = flat_out(place.address()?, Amount::Each(requests)).await?;
    Ok((rate, rate / limit))
}

/// The least that a durable change costs: a transaction with one small insert.
async fn bare_inserts(app: App, round: usize, count: usize) -> anyhow::Result<f64> {
    let began = Instant::now();
    let writers = (0..CONNECTIONS).map(async |writer| {
        for nth in 0..count / CONNECTIONS {
            let id = format!("bench:{round}:{writer}:{nth}");
            app.store.first_delivery(&id, app.clock.now()).await?;
        }
        anyhow::Ok(())
    });
    try_join_all(writers).await?;
    let written = (count / CONNECTIONS) * CONNECTIONS;
    Ok(f64::from(u32::try_from(written)?) / began.elapsed().as_secs_f64())
}

/// Both platforms asked for silence: decisions are stored, effects wait.
async fn pause(place: &Workplace) -> anyhow::Result<()> {
    let app = place.app()?.clone();
    place
        .on_bot(move || async move {
            let until = app.clock.now() + chrono::TimeDelta::hours(1);
            app.store.pause(&Lane::slack(), until).await?;
            app.store.pause(&Lane::tailscale(), until).await
        })
        .await??;
    Ok(())
}

/// A pause only ever gets longer, so the bot that goes on takes over an emptied table.
async fn resume(place: &Workplace) -> anyhow::Result<()> {
    crate::history::run(&place.home.url(), &["DELETE FROM pauses"]).await
}
