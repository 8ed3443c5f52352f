//! Release, revoke, try again: what people do with a grant.

use super::decide::{Case, Click, Moves};
use super::{App, Failure};
use crate::domain::grant::GrantCommand;
use crate::domain::ids::RequestId;
use crate::domain::refusal::Refusal;

impl App {
    /// The holder gives the access back.
    pub async fn release(&self, click: &Click, id: &RequestId) -> Result<Case, Failure> {
        let command = GrantCommand::Release {
            by: click.by.clone(),
        };
        self.on_grant(click, id, "release", &command).await
    }

    /// Somebody takes the access away.
    pub async fn revoke(
        &self,
        click: &Click,
        id: &RequestId,
        note: String,
    ) -> Result<Case, Failure> {
        let command = GrantCommand::Revoke {
            by: click.by.clone(),
            note,
        };
        self.on_grant(click, id, "revoke", &command).await
    }

    /// Somebody has a failed grant tried again.
    pub async fn retry(&self, click: &Click, id: &RequestId) -> Result<Case, Failure> {
        self.decide(click, id, "retry", |case, world| {
            let number = case.request.number;
            let grant = case.grant.as_ref().ok_or(Refusal::NotFailed { number })?;
            let transition = grant.retry(&click.by, &case.request, world)?;
            Ok(Moves::Grant(Box::new(transition)))
        })
        .await
    }

    async fn on_grant(
        &self,
        click: &Click,
        id: &RequestId,
        attempt: &'static str,
        command: &GrantCommand,
    ) -> Result<Case, Failure> {
        self.decide(click, id, attempt, |case, world| {
            let number = case.request.number;
            let grant = case
                .grant
                .as_ref()
                .ok_or(Refusal::NotOpen { number, how: None })?;
            let transition = grant.handle(command, world)?;
            Ok(Moves::Grant(Box::new(transition)))
        })
        .await
    }
}
