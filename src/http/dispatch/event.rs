//! What happens in the workspace.

use super::Switchboard;
use crate::app::Failure;
use crate::http::reply::Reply;
use crate::slack::ids::DeliveryId;
use crate::slack::parse::{Event, EventEnvelope};

impl Switchboard {
    pub(super) async fn take_event(&self, envelope: EventEnvelope) -> Reply {
        match self.act_on(&envelope).await {
            Ok(()) => Reply::Empty,
            Err(error) => {
                tracing::error!(%error, "an event could not be stored; Slack delivers it again");
                Reply::Unavailable
            }
        }
    }

    /// A `user_change` that comes again is skipped; the rest may happen twice without harm.
    async fn act_on(&self, envelope: &EventEnvelope) -> Result<(), Failure> {
        match &envelope.event {
            Event::UserChange { person } => {
                let delivery = envelope.delivery.as_ref().map(DeliveryId::as_str);
                Ok(self.app.account_changed(person, delivery).await?)
            }
            Event::TokensRevoked { bots, .. } => {
                let ours = self.app.installed.get().map(|i| i.bot_user.clone());
                if ours.is_none_or(|ours| bots.contains(&ours)) {
                    self.app.slack.token_died("tokens_revoked");
                    tracing::error!(
                        "Slack revoked the bot token; access still ends, and nothing can be asked until there is a new one"
                    );
                }
                Ok(())
            }
            Event::AppUninstalled => {
                self.app.slack.token_died("app_uninstalled");
                tracing::error!(
                    "the app was uninstalled from Slack; access still ends, and nothing can be asked until it is installed again"
                );
                Ok(())
            }
            Event::UserGroupsChanged => {
                let app = self.app.clone();
                self.afterwards
                    .begin(async move { app.read_user_groups().await });
                Ok(())
            }
            Event::AppHomeOpened { person } => {
                self.app.home_opened(person).await?;
                Ok(())
            }
            Event::StepRuns {
                callback_id,
                execution,
                inputs,
            } => self.take_step(callback_id, execution, inputs).await,
            Event::WorkspacesChanged => {
                tracing::info!(
                    "the app was let into a workspace of the organisation, or out of one; everybody concerned is read again"
                );
                Ok(self.app.workspaces_changed().await?)
            }
            Event::Ignored { .. } => {
                tracing::info!("ignored an event that this version has no use for");
                Ok(())
            }
        }
    }
}
