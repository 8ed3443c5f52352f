//! Opening a view, and what is said when Slack does not.

use super::{Switchboard, as_json};
use crate::slack::{Class, TriggerId};
use std::time::Duration;

/// `views.open` has this long; the trigger lives three seconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why a form is not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotOpened {
    /// Slack lets only so many forms open at once.
    Busy,
    /// Slack did not open it.
    Refused,
    /// Slack's answer did not come in time.
    Unanswered,
}

impl NotOpened {
    /// For somebody who wants to ask.
    pub(super) fn to_ask(self) -> String {
        match self {
            Self::Busy => {
                "Slack lets only so many forms open at once. Nothing was asked; try again in a minute."
            }
            Self::Refused => "Slack did not open the form. Nothing was asked; try again.",
            Self::Unanswered => {
                "Slack did not say whether the form opened. Nothing was asked; if you see none, try again."
            }
        }
        .to_owned()
    }

    /// For somebody who pressed a button on a card.
    pub(super) fn to_press_again(self) -> String {
        match self {
            Self::Busy => {
                "Slack lets only so many forms open at once. Nothing changed; press the button again in a minute."
            }
            Self::Refused => "The form did not open. Nothing changed; press the button again.",
            Self::Unanswered => {
                "Slack did not say whether the form opened. Nothing changed; if you see none, press the button again."
            }
        }
        .to_owned()
    }
}

impl Switchboard {
    /// `views.open`; above its limit nothing can be queued, because triggers die in three
    /// seconds, so the person is told.
    pub(super) async fn open_view(
        &self,
        trigger: &TriggerId,
        view: &impl serde::Serialize,
    ) -> Result<(), NotOpened> {
        match self
            .app
            .clock
            .timeout(PATIENCE, self.app.slack.views_open(trigger, &as_json(view)))
            .await
        {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.error == "ratelimited" => {
                metrics::counter!("lapse_forms_not_opened_total").increment(1);
                Err(NotOpened::Busy)
            }
            Ok(Err(error)) if error.class == Class::Ambiguous => Err(NotOpened::Unanswered),
            Ok(Err(error)) => {
                tracing::warn!(%error, "Slack did not open a form");
                Err(NotOpened::Refused)
            }
            Err(_) => Err(NotOpened::Unanswered),
        }
    }
}
