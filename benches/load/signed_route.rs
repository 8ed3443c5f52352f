//! A signed call that is acknowledged without the store: a click on a link.

use crate::bare::Bare;
use crate::client::{get, signed};
use crate::measure::{Amount, flat_out, median};
use crate::pending::Click;
use crate::report::Report;
use crate::settings::Settings;
use crate::workplace::Workplace;
use anyhow::Context;
use bytes::Bytes;

/// Slack's route for clicks.
pub const INTERACTIONS: &str = "/slack/interactions";

/// The bar, as a share of the bare route.
const BAR: f64 = 0.7;

/// A click on the same card, on the button that only follows a link.
pub fn link_click(click: &Click) -> anyhow::Result<Bytes> {
    let body = std::str::from_utf8(&click.body)?;
    let (approve, link) = (
        "%22action_id%22%3A%22approve%22",
        "%22action_id%22%3A%22open_device%22",
    );
    signed(INTERACTIONS, body.replace(approve, link).as_bytes())
}

/// Measures it beside the bare route, in turns.
pub async fn measure(
    place: &Workplace,
    clicks: &[Click],
    settings: &Settings,
    report: &mut Report,
) -> anyhow::Result<()> {
    let floor = Bare::start().await?;
    let request = link_click(clicks.first().context("no click was prepared")?)?;
    let (mut limits, mut rates, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..settings.rounds {
        let again = || Amount::For(request.clone(), settings.round);
        let limit = flat_out(floor.address, again()).await?;
        let rate = flat_out(place.address()?, again()).await?;
        limits.push(limit);
        rates.push(rate);
        ratios.push(rate / limit);
    }
    let base = place.base;
    report.note(
        format!(
            "{base}: the limit, a bare axum route, {} bytes",
            request.len()
        ),
        format!("{:.0} a second", median(limits)),
    );
    let ratio = median(ratios);
    report.at_least(
        format!("{base}: signed route without store"),
        format!("{ratio:.2} of the limit ({:.0} a second)", median(rates)),
        ratio,
        BAR,
    );
    // The connection of a later part finds a server that is awake.
    crate::client::Line::open(place.address()?)
        .await?
        .ask(&get("/healthz"))
        .await?;
    Ok(())
}
