//! A start of the real program on a long history with effects that wait.

use crate::history::EFFECTS;
use crate::measure::{Samples, millis};
use crate::process::Process;
use crate::report::Report;
use crate::settings::Settings;
use crate::workplace::{Base, Home, Outside};

/// Starts, each after a kill.
const STARTS: usize = 5;

/// The bar in milliseconds.
fn bar(base: Base) -> f64 {
    match base {
        Base::Sqlite => 150.0,
        Base::Postgres => 300.0,
    }
}

/// Measures it.
pub async fn measure(
    base: Base,
    home: &Home,
    settings: &Settings,
    report: &mut Report,
) -> anyhow::Result<()> {
    let outside = Outside::start(0, 0).await?;
    let mut samples = Samples::default();
    for _ in 0..STARTS {
        crate::history::refill(home).await?;
        let process = Process::start(&outside, &home.url(), &home.file("")).await?;
        samples.add(process.ready_after);
        drop(process);
    }
    let took = millis(samples.percentile(50));
    report.at_most(
        format!(
            "{base}: cold start, {} requests of history, {EFFECTS} effects",
            settings.many_rows
        ),
        format!(
            "{took:.0} ms, at most {:.0} ms",
            millis(samples.percentile(100))
        ),
        took,
        (bar(base), "ms"),
    );
    Ok(())
}
