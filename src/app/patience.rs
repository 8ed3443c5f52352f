//! How long an acknowledgement may wait for others: a second for each question, and so much for
//! all of them together. Slack gives three seconds in all,
//! <https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response>.

use std::time::Duration;
use tokio::time::{Instant, error::Elapsed, timeout};

/// What one question may take.
const EACH: Duration = Duration::from_secs(1);
/// What all questions of a decision may take together.
const ALL: Duration = Duration::from_secs(2);

/// Runs out in real time: other machines take as long as they take, whatever a test's clock says.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    until: Instant,
}

impl Patience {
    /// For everything that a decision asks.
    pub fn for_a_decision() -> Self {
        Self {
            until: Instant::now() + ALL,
        }
    }

    /// For what is asked before a form is opened, which takes its own second.
    pub fn before_a_form() -> Self {
        Self {
            until: Instant::now() + EACH,
        }
    }

    /// Waits for one answer.
    pub async fn wait<F: Future>(&self, question: F) -> Result<F::Output, Elapsed> {
        let left = self.until.saturating_duration_since(Instant::now());
        timeout(left.min(EACH), question).await
    }
}
