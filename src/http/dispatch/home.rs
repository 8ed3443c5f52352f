//! Buttons on the home tab: those of the cards, and the one that opens the form.
//!
//! Nothing there can be edited by an answer, and nothing ephemeral can be said: whoever may not
//! do something reads that in a dialog on top of the tab, or by direct message when there is none.

use super::form::Start;
use super::{Switchboard, in_message};
use crate::app::Failure;
use crate::domain::number::RequestNumber;
use crate::domain::refusal::Refusal;
use crate::http::reply::Reply;
use crate::slack::parse::{BlockActions, Surface, ViewKind};
use crate::slack::text::escape;
use crate::slack::view::home::dialog;
use crate::slack::view::ids::action;

impl Switchboard {
    pub(super) async fn home_button(&self, actions: BlockActions) -> Reply {
        let person = actions.caller.person.clone();
        let asks = actions
            .actions
            .first()
            .is_some_and(|used| used.action_id.as_str() == action::REQUEST_ACCESS);
        if asks {
            return self.open_from_home(&actions).await;
        }
        let reply = self.button(actions).await;
        let app = self.app.clone();
        // What was pressed may have been out of date: the tab is drawn anew in any case.
        self.afterwards.begin(async move {
            if let Err(error) = app.home_used(&person).await {
                tracing::warn!(%error, "a home tab could not be asked for anew");
            }
        });
        reply
    }

    async fn open_from_home(&self, actions: &BlockActions) -> Reply {
        if let Err(failure) = self.admit(&actions.caller, "command").await {
            self.tell_clicker(actions, None, &failure);
            return Reply::Empty;
        }
        let person = &actions.caller.person;
        let Some(trigger) = &actions.trigger else {
            return Reply::Empty;
        };
        if let Err(sentence) = self.open(person, trigger, Start::default()).await {
            tracing::info!("a form was not opened");
            self.say(None, person.clone(), escape(&sentence));
        }
        Reply::Empty
    }

    /// Tells a clicker why nothing changed: where they clicked, as far as that is possible.
    pub(super) fn tell_clicker(
        &self,
        actions: &BlockActions,
        of: Option<RequestNumber>,
        failure: &Failure,
    ) {
        let (url, person) = (actions.response_url.clone(), actions.caller.person.clone());
        let Some(trigger) = actions.trigger.clone().filter(|_| is_home(actions)) else {
            self.tell(url, person, of, failure);
            return;
        };
        if matches!(failure, Failure::Refused(Refusal::Repeated)) {
            return;
        }
        let words = in_message(of, failure);
        let dialog = dialog(words.clone());
        let this = self.clone();
        self.afterwards.begin(async move {
            if this.open_view(&trigger, &dialog).await.is_err() {
                this.say(None, person, words);
            }
        });
    }
}

fn is_home(actions: &BlockActions) -> bool {
    matches!(&actions.surface, Surface::View(view) if view.kind == ViewKind::Home)
}
