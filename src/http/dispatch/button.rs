//! Buttons on cards.

use super::Switchboard;
use crate::app::Failure;
use crate::app::decide::Click;
use crate::domain::card::{Place, ReplyUrl};
use crate::domain::ids::{NodeId, RequestId};
use crate::domain::number::RequestNumber;
use crate::domain::refusal::Refusal;
use crate::domain::request::Verdict;
use crate::http::reply::Reply;
use crate::slack::ids::ActionId;
use crate::slack::parse::{BlockActions, Lifetime, Surface};
use crate::slack::view::ids::{ButtonValue, action};
use chrono::TimeDelta;

/// A `response_url` works five times in thirty minutes,
/// <https://docs.slack.dev/interactivity/handling-user-interaction#message_responses>; one use
/// is kept for telling the clicker something.
const USES: u8 = 4;
const WORKS_FOR: TimeDelta = TimeDelta::minutes(29);

/// The device that was chosen in the menu beside the button, if there is one.
fn chosen_device(actions: &BlockActions) -> Option<NodeId> {
    let (_, value) = actions.values.of_action(&ActionId::new(action::DEVICE))?;
    value.selected().map(NodeId::new)
}

impl Switchboard {
    pub(super) async fn button(&self, actions: BlockActions) -> Reply {
        let Some(used) = actions.actions.first() else {
            return Reply::Empty;
        };
        let name = used.action_id.as_str().to_owned();
        // A link, and a menu that is read with the button beside it.
        if name == action::OPEN_DEVICE || name == action::DEVICE {
            return Reply::Empty;
        }
        let value = used
            .value
            .text()
            .or(used.value.selected())
            .unwrap_or_default();
        let value: Option<ButtonValue> = value.parse().ok();
        let aim = value.as_ref().map(|value| value.request.clone());
        let click = self.click(&actions);
        let done = match self.admit(&actions.caller, "click").await {
            Err(failure) => Err(failure),
            Ok(()) => match value {
                Some(value) => self.press(&name, &actions, &click, &value).await,
                None => Err(self.app.refuse_unknown(&click, "click").await),
            },
        };
        match done {
            Ok(()) => Reply::Empty,
            Err(Failure::Refused(refusal)) => {
                let of = match aim {
                    Some(id) if refusal.may_name_its_request() => self.number_of(&id).await,
                    _ => None,
                };
                let failure = Failure::Refused(refusal);
                self.tell_clicker(&actions, of, &failure);
                Reply::Empty
            }
            // Nothing was stored: Slack shows that the click did not arrive.
            Err(failure) => {
                self.tell_clicker(&actions, None, &failure);
                Reply::Unavailable
            }
        }
    }

    async fn press(
        &self,
        name: &str,
        actions: &BlockActions,
        click: &Click,
        value: &ButtonValue,
    ) -> Result<(), Failure> {
        let id: &RequestId = &value.request;
        match name {
            action::APPROVE => self
                .app
                .review(click, id, Verdict::Approve, None, value.facts_number)
                .await
                .map(|_| ()),
            action::CONFIRM => self.app.confirm(click, id, chosen_device(actions)).await,
            action::CANCEL | action::DECLINE => self.app.cancel(click, id).await.map(|_| ()),
            action::REMIND => self.app.remind(click, id).await.map(|_| ()),
            action::RELEASE => self.app.release(click, id).await.map(|_| ()),
            action::RETRY => self.app.retry(click, id).await.map(|_| ()),
            action::APPROVE_LESS => self.open_shorten(actions, click, id).await,
            action::DENY => self.open_denial(actions, click, id).await,
            action::REVOKE => self.open_revocation(actions, click, id).await,
            action::ASK_AGAIN => self.open_again(actions, click, id).await,
            _ => Err(Failure::Refused(Refusal::NoSuchRequest)),
        }
    }

    /// The short id of a request that somebody may know of; told without it when it cannot be read.
    async fn number_of(&self, id: &RequestId) -> Option<RequestNumber> {
        let request = self.app.store.request(id).await.ok().flatten();
        request.map(|request| request.number)
    }

    fn click(&self, actions: &BlockActions) -> Click {
        let at = match &actions.surface {
            Surface::Message {
                channel,
                ts,
                lifetime: Lifetime::Kept,
            } => Some(Place {
                channel: channel.clone(),
                ts: ts.to_string(),
            }),
            _ => None,
        };
        let reply = actions
            .response_url
            .as_ref()
            .filter(|_| at.is_some())
            .map(|url| ReplyUrl {
                url: url.as_str().to_owned(),
                uses_left: USES,
                until: self.app.clock.now() + WORKS_FOR,
            });
        Click {
            by: actions.caller.person.clone(),
            at,
            reply,
        }
    }
}
