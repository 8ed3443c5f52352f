//! Logs and metrics: where they go. What is logged and counted is decided where it happens.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Bounds in seconds: acknowledgements take milliseconds and have three seconds, remote calls ten.
const SECONDS: [f64; 14] = [
    0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 3.0, 5.0, 10.0,
];

/// The exporter collects samples until somebody reads or tidies them.
const TIDY_EVERY: Duration = Duration::from_secs(5);

/// Sends logs to stderr, filtered by `RUST_LOG` (default `info`): as text for people, or one
/// JSON object a line with `LAPSE_LOG=json`. The first call wins; later ones change nothing.
pub fn log() {
    log_from("info");
}

/// The same with another default.
pub fn log_from(default: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        // Complaining about a log that cannot be written would panic where it cannot be either.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    let json = std::env::var_os("LAPSE_LOG").is_some_and(|form| form == "json");
    let outcome = if json {
        builder.json().try_init()
    } else {
        builder.try_init()
    };
    if outcome.is_err() {
        tracing::debug!("logs were set up before; that set-up stays");
    }
}

/// Everything that has been counted in this process.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Starts counting. Later calls give the same counts.
    pub fn install() -> Self {
        static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();
        Self(INSTALLED.get_or_init(start).clone())
    }

    /// The counts as [Prometheus text](https://prometheus.io/docs/instrumenting/exposition_formats/).
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Keeps the memory that samples take small, also when nobody reads them; ends when dropped.
    pub async fn keep_tidy(self) {
        let mut ticks = tokio::time::interval(TIDY_EVERY);
        loop {
            ticks.tick().await;
            self.0.run_upkeep();
        }
    }
}

fn start() -> PrometheusHandle {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(seconds, &SECONDS)
        .unwrap_or_else(|_| PrometheusBuilder::new());
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::warn!("something else in this process counts already: /metrics stays empty");
    }
    handle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_up_twice_gives_the_same_counts() {
        let first = Metrics::install();
        metrics::counter!("lapse_telemetry_test_total").increment(2);
        metrics::histogram!("lapse_telemetry_test_seconds").record(0.004);
        for text in [first.render(), Metrics::install().render()] {
            assert!(text.contains("lapse_telemetry_test_total 2"), "{text}");
            let bucket = r#"lapse_telemetry_test_seconds_bucket{le="0.005"} 1"#;
            assert!(text.contains(bucket), "{text}");
        }
    }
}
