//! What goes wrong on purpose, one click each, so that one can see that the bot tells the truth.

use std::time::Duration;

use serde::Deserialize;

use super::House;
use crate::sandbox::{slack, tailscale};
use tailscale::Route;

/// For how long a caller is asked to wait.
const RETRY_AFTER: u64 = 15;
/// Longer than any client waits for an answer.
const TOO_SLOW: Duration = Duration::from_secs(30);

/// What can be made to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Fault {
    /// Tailscale refuses every write.
    TailscaleForbids,
    /// Tailscale asks everybody to wait.
    TailscaleLimits,
    /// Tailscale breaks.
    TailscaleBreaks,
    /// Tailscale carries out the next write, and its answer comes too late.
    TailscaleLosesAnswer,
    /// Slack asks everybody to wait.
    SlackLimits,
    /// Slack does not answer.
    SlackDown,
    /// Slack delivers the next click twice.
    SlackDoubles,
}

impl Fault {
    /// All of them, in the order in which they are shown.
    pub(super) const ALL: [Self; 7] = [
        Self::TailscaleForbids,
        Self::TailscaleLimits,
        Self::TailscaleBreaks,
        Self::TailscaleLosesAnswer,
        Self::SlackLimits,
        Self::SlackDown,
        Self::SlackDoubles,
    ];

    /// How the browser names it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::TailscaleForbids => "tailscale-forbids",
            Self::TailscaleLimits => "tailscale-limits",
            Self::TailscaleBreaks => "tailscale-breaks",
            Self::TailscaleLosesAnswer => "tailscale-loses-answer",
            Self::SlackLimits => "slack-limits",
            Self::SlackDown => "slack-down",
            Self::SlackDoubles => "slack-doubles",
        }
    }

    /// What people read.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::TailscaleForbids => "Tailscale: 403 on writes",
            Self::TailscaleLimits => "Tailscale: 429",
            Self::TailscaleBreaks => "Tailscale: 500",
            Self::TailscaleLosesAnswer => "Tailscale: next write applied, then time-out",
            Self::SlackLimits => "Slack: 429",
            Self::SlackDown => "Slack: down",
            Self::SlackDoubles => "Deliver the next interaction twice",
        }
    }
}

/// The standing faults that were chosen, at most one a platform.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    tailscale: Option<Fault>,
    slack: Option<Fault>,
}

/// Makes it go wrong from now on.
pub(super) fn plan(house: &House, fault: Fault) {
    let (slack, tailnet) = (&house.slack, &house.tailnet);
    let mut chosen = house.chosen();
    match fault {
        Fault::TailscaleForbids
        | Fault::TailscaleLimits
        | Fault::TailscaleBreaks
        | Fault::TailscaleLosesAnswer => {
            tailnet.clear_faults();
            chosen.tailscale = Some(fault);
        }
        Fault::SlackLimits | Fault::SlackDown => {
            let doubling = slack.delivers_next_twice();
            slack.clear_faults();
            if doubling {
                slack.deliver_next_twice();
            }
            chosen.slack = Some(fault);
        }
        Fault::SlackDoubles => {}
    }
    let always = usize::MAX;
    let writes = [
        Route::WriteAttribute,
        Route::RemoveAttribute,
        Route::PatchAttributes,
    ];
    match fault {
        Fault::TailscaleForbids => {
            for route in writes {
                tailnet.fault(route, tailscale::Fault::Status(403), always);
            }
        }
        Fault::TailscaleLimits => {
            let limited = tailscale::Fault::StatusWithRetryAfter(429, RETRY_AFTER);
            tailnet.fault(Route::Any, limited, always);
        }
        Fault::TailscaleBreaks => {
            tailnet.fault(Route::Any, tailscale::Fault::Status(500), always);
        }
        Fault::TailscaleLosesAnswer => {
            let late = tailscale::Fault::AppliedThenSlow(TOO_SLOW);
            tailnet.fault(Route::WriteAttribute, late, 1);
        }
        Fault::SlackLimits => {
            let retry_after = RETRY_AFTER;
            let limited = slack::Fault::RateLimited { retry_after };
            slack.fail("*", limited, slack::Times::Always);
        }
        Fault::SlackDown => slack.down(),
        Fault::SlackDoubles => slack.deliver_next_twice(),
    }
}

/// Nothing goes wrong any more.
pub(super) fn clear(house: &House) {
    house.slack.clear_faults();
    house.slack.up();
    house.tailnet.clear_faults();
    house.tailnet.up();
    *house.chosen() = Chosen::default();
}

/// Why the app cannot show anything at this moment.
pub(super) fn outage(house: &House) -> Option<&'static str> {
    match house.chosen().slack? {
        Fault::SlackDown => Some("Slack answers none of its calls (“Slack: down”)"),
        Fault::SlackLimits => Some("Slack answers each of its calls with 429 (“Slack: 429”)"),
        _ => None,
    }
}

/// Whether it goes wrong at this moment.
pub(super) fn is_on(house: &House, fault: Fault) -> bool {
    if fault == Fault::SlackDoubles {
        return house.slack.delivers_next_twice();
    }
    let chosen = house.chosen();
    let of_tailscale = chosen.tailscale == Some(fault) && house.tailnet.goes_wrong();
    of_tailscale || chosen.slack == Some(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_read_by_the_word_that_the_page_sends() {
        for fault in Fault::ALL {
            let sent = serde_json::json!(fault.word());
            let read: Fault = serde_json::from_value(sent).expect("a fault");
            assert_eq!(read, fault);
        }
    }
}
