//! Load: what Lapse carries, as ratios to what the machine carries.
//!
//! `./scripts/bench.sh` runs it with a PostgreSQL of its own. It prints one table: what was
//! measured, the figure, the bar, and whether it was met. `docs/benchmarks.md` says how each
//! figure comes about.

#[path = "load/approve_clicks.rs"]
mod approve_clicks;
#[path = "load/bare.rs"]
mod bare;
#[path = "load/click_to_tailscale.rs"]
mod click_to_tailscale;
#[path = "load/client.rs"]
mod client;
#[path = "load/cold_start.rs"]
mod cold_start;
#[path = "load/demo.rs"]
mod demo;
#[path = "load/device_search.rs"]
mod device_search;
#[path = "load/history.rs"]
mod history;
#[path = "load/home.rs"]
mod home;
#[path = "load/measure.rs"]
mod measure;
#[path = "load/memory.rs"]
mod memory;
#[path = "load/open_loop.rs"]
mod open_loop;
#[path = "load/pending.rs"]
mod pending;
#[path = "../tests/it/support/postgres.rs"]
#[expect(
    clippy::expect_used,
    reason = "shared with the tests, where a missing server is a failure"
)]
mod postgres;
#[path = "load/process.rs"]
mod process;
#[path = "load/queries.rs"]
mod queries;
#[path = "load/report.rs"]
mod report;
#[path = "load/settings.rs"]
mod settings;
#[path = "load/signed_route.rs"]
mod signed_route;
#[path = "load/workplace.rs"]
mod workplace;

use anyhow::ensure;
use report::Report;
use settings::{Part, Settings};
use std::process::ExitCode;
use workplace::{Base, Workplace};

fn main() -> anyhow::Result<ExitCode> {
    let settings = Settings::read()?;
    ensure!(
        !settings.bases.contains(&Base::Postgres)
            || std::env::var_os("LAPSE_TEST_POSTGRES_URL").is_some(),
        "LAPSE_TEST_POSTGRES_URL is not set: it names a PostgreSQL server on which databases may \
         be created (postgres://user@host:port/postgres). Run ./scripts/bench.sh, which starts \
         one, or leave PostgreSQL out with LAPSE_BENCH_BASES=sqlite. Nothing was measured."
    );
    // The client has this thread; the bot and the stand-ins have their own.
    let client = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut report = Report::default();
    client.block_on(measure_all(&settings, &mut report))?;
    println!("{report}");
    Ok(report.verdict())
}

async fn measure_all(settings: &Settings, report: &mut Report) -> anyhow::Result<()> {
    for &base in &settings.bases {
        let parts = [
            Part::SignedRoute,
            Part::ClickToTailscale,
            Part::ApproveClicks,
        ];
        if settings.wants_any(&parts) {
            let needed = pending::needed(settings);
            let place = Workplace::open(base, needed, 0).await?;
            let mut clicks = pending::prepare(&place, needed).await?;
            if settings.wants(Part::SignedRoute) {
                signed_route::measure(&place, &clicks, settings, report).await?;
            }
            let single = clicks.split_off(needed - settings.single_clicks);
            if settings.wants(Part::ClickToTailscale) {
                click_to_tailscale::measure(&place, single, report).await?;
            }
            if settings.wants(Part::ApproveClicks) {
                approve_clicks::measure(&place, clicks, settings, report).await?;
            }
            place.close().await;
        }
        if settings.wants(Part::OpenLoop) {
            let needed = settings.open_loop_decisions();
            let place = Workplace::open(base, needed, open_loop::FURTHER_DEVICES).await?;
            let clicks = pending::prepare(&place, needed).await?;
            open_loop::measure(&place, &clicks, settings, report).await?;
            place.close().await;
        }
        if settings.wants_any(&[Part::DeviceSearch, Part::Memory]) {
            let decisions = memory::decisions(settings);
            let mut place = Workplace::open(base, decisions, settings.devices).await?;
            if settings.wants(Part::DeviceSearch) {
                device_search::measure(&place, settings, report).await?;
            }
            if settings.wants(Part::Memory) {
                let clicks = pending::prepare(&place, decisions).await?;
                memory::measure(&mut place, &clicks, settings, report).await?;
            }
            place.close().await;
        }
        if settings.wants(Part::Home) {
            let place = Workplace::open(base, 2, 0).await?;
            home::measure(&place, settings, report).await?;
            place.close().await;
        }
        if settings.wants_any(&[Part::Queries, Part::ColdStart]) {
            let large = queries::measure(base, settings, report).await?;
            if settings.wants(Part::ColdStart) {
                cold_start::measure(base, &large, settings, report).await?;
            }
        }
    }
    if settings.wants(Part::Demo) {
        demo::measure(settings, report).await?;
    }
    Ok(())
}
