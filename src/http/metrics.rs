//! `/metrics`.

use crate::telemetry::Metrics;
use axum::Router;
use axum::http::header;
use axum::routing::get;

/// `GET /metrics`: the counts as Prometheus text.
pub fn route(counts: Metrics) -> Router {
    let page = move || {
        let counts = counts.clone();
        async move {
            let kind = [(
                header::CONTENT_TYPE,
                "text/plain; version=0.0.4; charset=utf-8",
            )];
            (kind, counts.render())
        }
    };
    Router::new().route("/metrics", get(page))
}
