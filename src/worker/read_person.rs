//! Reads an account that Slack said has changed, and has the application draw the consequences.

use super::{Held, Outcome, Worker};
use crate::domain::ids::PersonId;
use crate::slack::Class;
use crate::store::StoreError;
use crate::store::outbox::Lane;

/// Slack's words for an account that this installation does not see any more,
/// <https://docs.slack.dev/reference/methods/users.info#errors>.
const NOT_SEEN: [&str; 3] = [
    "user_not_found",
    "user_not_visible",
    "team_access_not_granted",
];

impl Worker {
    pub(super) async fn read_person(
        &self,
        held: &Held,
        person: &PersonId,
    ) -> Result<Outcome, StoreError> {
        let lane = Lane::users_info();
        let Some(installation) = self.app.installed.get() else {
            return Ok(held.again(None, "starting"));
        };
        if let Err(after) = self.admit(held, &lane).await? {
            return Ok(Outcome::Paused { lane, after });
        }
        if !self.may_send(held) {
            return Ok(Outcome::Fenced);
        }
        match self.app.slack.users_info(person).await {
            Ok(account) => {
                let read = account.person(&installation, self.app.clock.now());
                self.app.account_read(&read).await?;
                Ok(Outcome::Done)
            }
            Err(error) if NOT_SEEN.iter().any(|word| error.is(word)) => {
                self.app.account_vanished(person).await?;
                Ok(Outcome::Done)
            }
            Err(error) => {
                tracing::warn!(%person, error = %error.error, class = error.class.label(), "Slack did not say what became of an account; asking again");
                Ok(match error.class {
                    Class::Retryable { after: Some(after) } => Outcome::Paused { lane, after },
                    Class::TokenDead => Outcome::Paused {
                        lane: Lane::slack(),
                        after: super::sync_card::TOKEN_PROBE,
                    },
                    // Whoever left must not keep what they have because Slack has a bad day.
                    class => held.again(None, class.label()),
                })
            }
        }
    }
}
