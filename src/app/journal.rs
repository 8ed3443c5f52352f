//! What happened, for the log: one line an event, once it is stored. Ids only; who said what is
//! in the audit trail.

use super::decide::Case;
use crate::domain::audit::EventKind;
use crate::domain::grant::FailureCause;

/// Writes what has just been stored about a request into the log.
pub(super) fn write(case: &Case) {
    let request = &case.request;
    for kind in &case.news {
        let (number, event) = (request.number, kind.name());
        let (id, person, node) = (
            &request.id,
            &request.requester.id,
            &request.facts.device.node,
        );
        match kind {
            EventKind::Failed { cause } => {
                let status = match cause {
                    FailureCause::Refused { status, .. } => Some(*status),
                    _ => None,
                };
                tracing::warn!(request = %number, %id, %person, %node, event, status, "{number} could not be opened");
            }
            EventKind::Delayed { .. } | EventKind::RemovalDelayed { .. } => {
                tracing::warn!(request = %number, %id, %person, %node, event, "{number} waits for Tailscale");
            }
            _ => {
                tracing::info!(request = %number, %id, %person, %node, event, "{number} moved on");
            }
        }
    }
}
