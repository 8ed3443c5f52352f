//! From an envelope to its acknowledgement.

use super::Parts;
use super::envelope::{Envelope, Kind};
use crate::dispatch::{self, Reply};
use crate::slack::parse::Malformed;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::UnboundedSender;
use tracing::Instrument;

/// How it ended, in metrics.
#[derive(Clone, Copy)]
enum Outcome {
    Acknowledged,
    /// Left to Slack to deliver again, or to show as failed.
    Unavailable,
    Malformed,
    /// The connection ended before the acknowledgement could be sent.
    Lost,
    Failed,
}

impl Outcome {
    fn label(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Unavailable => "unavailable",
            Self::Malformed => "malformed",
            Self::Lost => "lost",
            Self::Failed => "failed",
        }
    }
}

/// Handles one envelope in its place, and hands the acknowledgement to its connection, if there
/// is to be one. What is not acknowledged is what HTTP mode answers with anything but 200: Slack
/// delivers such an event again, and shows such an interaction as failed.
pub(super) async fn handle(
    parts: Arc<Parts>,
    envelope: Envelope,
    acknowledgements: UnboundedSender<String>,
    place: OwnedSemaphorePermit,
) {
    let number = parts.numbers.fetch_add(1, Ordering::Relaxed);
    let kind = envelope.kind.label();
    let span = tracing::info_span!("envelope", number, kind);
    let started = Instant::now();
    let handled = AssertUnwindSafe(answer(&parts, &envelope)).catch_unwind();
    let outcome = match handled.instrument(span).await {
        Ok(Ok(acknowledgement)) => match acknowledgements.send(acknowledgement) {
            Ok(()) => Outcome::Acknowledged,
            Err(_) => Outcome::Lost,
        },
        Ok(Err(outcome)) => outcome,
        Err(_) => {
            tracing::error!(
                "an envelope was dropped, because its handling panicked; nothing was acknowledged"
            );
            Outcome::Failed
        }
    };
    drop(place);
    metrics::counter!("lapse_envelopes_total", "kind" => kind, "outcome" => outcome.label())
        .increment(1);
    metrics::histogram!("lapse_ack_seconds", "route" => kind)
        .record(started.elapsed().as_secs_f64());
}

/// The acknowledgement, or why there is none.
async fn answer(parts: &Parts, envelope: &Envelope) -> Result<String, Outcome> {
    let reply = match (envelope.open(), &envelope.kind) {
        (Ok(Some(inbound)), _) => parts.intake.take(inbound).await,
        (Ok(None), Kind::Unknown(kind)) => dispatch::ignored("envelope", kind),
        (Ok(None), _) => Reply::Empty,
        (Err(Malformed), _) => {
            tracing::warn!("an envelope could not be read; nothing was done with it");
            return Err(Outcome::Malformed);
        }
    };
    match reply {
        Reply::Empty | Reply::Challenge(_) => Ok(envelope.acknowledge(None)),
        Reply::Json(answer) => Ok(envelope.acknowledge(Some(&answer))),
        Reply::Unavailable => Err(Outcome::Unavailable),
    }
}
