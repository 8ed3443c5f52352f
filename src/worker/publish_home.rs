//! Brings one person's home tab into agreement with what is stored. Whoever has just opened it
//! gets it in any case; a change that shows nothing new is not published.

use super::sync_card::TOKEN_PROBE;
use super::{Held, Outcome, Worker};
use crate::app::decide::Click;
use crate::domain::ids::PersonId;
use crate::domain::refusal::Refusal;
use crate::domain::world::Unidentified;
use crate::slack::view::home::{self, Drawn};
use crate::slack::{CallError, Class};
use crate::store::outbox::Lane;
use crate::store::{Home, StoreError};
use std::collections::BTreeSet;

impl Worker {
    pub(super) async fn publish_home(
        &self,
        held: &Held,
        person: &PersonId,
    ) -> Result<Outcome, StoreError> {
        let lane = held.row.lane.clone();
        if let Err(wait) = self.admit(held, &lane).await? {
            return Ok(Outcome::Paused { lane, after: wait });
        }
        let Some(home) = self.app.store.home(person).await? else {
            self.pace.give_back(&lane);
            return Ok(Outcome::Done);
        };
        let Some(drawn) = self.draw_home(&home).await? else {
            self.pace.give_back(&lane);
            return Ok(held.again(None, "reader_unread"));
        };
        if home.shown.as_ref() == Some(&drawn.digest) {
            self.pace.give_back(&lane);
            return Ok(Outcome::Done);
        }
        if !self.may_send(held) {
            self.pace.give_back(&lane);
            return Ok(Outcome::Fenced);
        }
        let view = serde_json::to_value(&drawn.view).unwrap_or_default();
        match self.app.slack.views_publish(person, &view).await {
            Ok(()) => {
                self.app.store.home_shown(&home, &drawn.digest).await?;
                Ok(Outcome::Done)
            }
            Err(error) => self.not_published(held, person, &error).await,
        }
    }

    /// What the person sees; nothing while it is not known who they are.
    async fn draw_home(&self, home: &Home) -> Result<Option<Drawn>, StoreError> {
        let person = &home.person;
        let reader = match self.app.home_reader(person).await? {
            Ok(reader) => reader,
            Err(Unidentified::Unread) => return Ok(None),
            Err(Unidentified::Refused(why)) => {
                let refusal = Refusal::Identity(why);
                let sentence = refusal.to_string();
                if home.shown.is_none() {
                    let click = Click {
                        by: person.clone(),
                        at: None,
                        reply: None,
                    };
                    self.app.refuse(&click, None, "open_home", refusal).await;
                }
                self.app.store.home_watches(home, &BTreeSet::new()).await?;
                return Ok(Some(home::refused(&sentence)));
            }
        };
        // Before anything is read: whatever changes from now on has this home published again.
        self.app.store.home_watches(home, &reader.watches()).await?;
        let overview = self.app.overview(&reader).await?;
        let ailments = (self.health)();
        Ok(Some(home::home(&overview.model(&self.app, &ailments))))
    }

    async fn not_published(
        &self,
        held: &Held,
        person: &PersonId,
        error: &CallError,
    ) -> Result<Outcome, StoreError> {
        let class = error.class.label();
        match error.class {
            Class::Retryable { after: Some(after) } => Ok(Outcome::Paused {
                lane: Lane::publish(),
                after,
            }),
            Class::TokenDead => Ok(Outcome::Paused {
                lane: Lane::slack(),
                after: TOKEN_PROBE,
            }),
            Class::Retryable { after: None } | Class::Ambiguous
                if !self.has_tried_long_enough(held) =>
            {
                tracing::warn!(%person, error = %error.error, class, "Slack did not take a home tab; trying again");
                Ok(held.again(None, class))
            }
            // They left, the tab is switched off, or Slack wants no such view: it is published
            // again when they open it.
            Class::Permanent | Class::Retryable { .. } | Class::Ambiguous => {
                tracing::warn!(%person, error = %error.error, class, "Slack does not take a home tab; it is left as it is until it is opened again");
                self.app.store.forget_home(person).await?;
                Ok(Outcome::Done)
            }
        }
    }
}
