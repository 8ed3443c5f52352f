//! What the real program occupies: idle, with a large tailnet, under load.

use crate::device_search;
use crate::measure::on_schedule;
use crate::open_loop::{failures, plan};
use crate::pending::Click;
use crate::process::{Memory, Process};
use crate::report::Report;
use crate::settings::{DECISIONS_A_SECOND, Settings};
use crate::workplace::{Home, Outside, Workplace, eventually};
use lapse::sandbox::tailscale::Route;
use std::time::Duration;

/// How long the load lasts.
const SECONDS: usize = 10;
/// Long enough for what a start begins.
const REST: Duration = Duration::from_secs(3);

/// Approve clicks under load.
pub fn decisions(settings: &Settings) -> usize {
    SECONDS.min(settings.open_loop_decisions() / DECISIONS_A_SECOND) * DECISIONS_A_SECOND
}

/// Measures it. The bot of the workplace makes way for the program itself, on the same database.
pub async fn measure(
    place: &mut Workplace,
    clicks: &[Click],
    settings: &Settings,
    report: &mut Report,
) -> anyhow::Result<()> {
    let base = place.base;
    let (outside, home) = (Outside::start(0, 0).await?, Home::create(base).await?);
    let idle = Process::start(&outside, &home.url(), &home.file("")).await?;
    tokio::time::sleep(REST).await;
    judge(
        report,
        format!("{base}: memory, idle"),
        idle.memory()?,
        24.0,
    );
    drop(idle);

    // Without a database of its own the program reads every device anew, as on its first day.
    let first = Home::create(base).await?;
    let large = Process::start(&place.outside, &first.url(), &first.file("")).await?;
    lists_were_read(place, 2).await?;
    tokio::time::sleep(REST).await;
    let what = format!("{base}: memory with {} devices", settings.devices);
    judge(report, what, large.memory()?, 128.0);
    drop(large);

    let search = device_search::search_of(place, 0, "person1").await?;
    place.stop_bot().await?;
    let loaded = Process::start(&place.outside, &place.home.url(), &place.home.file("")).await?;
    lists_were_read(place, 3).await?;
    let arrived = on_schedule(loaded.address, plan(clicks, &search)?).await?;
    if let Some(failures) = failures(&arrived) {
        report.note(
            format!("{base}: calls that failed under this load"),
            failures,
        );
    }
    let what = format!("{base}: memory under load, {} devices", settings.devices);
    judge(report, what, loaded.memory()?, 160.0);
    Ok(())
}

async fn lists_were_read(place: &Workplace, times: usize) -> anyhow::Result<()> {
    let tailnet = &place.outside.tailnet;
    eventually("the device list is read", || {
        let lists = tailnet.calls_of(Route::Devices);
        lists.iter().filter(|call| call.status == Some(200)).count() >= times
    })
    .await
}

/// The peak counts: a limit on memory kills at the peak.
fn judge(report: &mut Report, what: String, memory: Memory, bar: f64) {
    let figure = format!("{:.1} MiB, at most {:.1} MiB", memory.resident, memory.peak);
    report.at_most(what, figure, memory.peak, (bar, "MiB"));
}
