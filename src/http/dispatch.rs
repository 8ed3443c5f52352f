//! Takes parsed calls to the part that decides, and words the answer.
//!
//! Nothing is judged here but whether the caller belongs to this workspace at all. What a form
//! or button carries is a wish; `app` looks everything up again.

mod afterwards;
mod button;
mod command;
mod event;
mod form;
mod home;
mod opening;
mod review_form;
mod status;
mod step;
mod suggestion;

use self::afterwards::Afterwards;
use super::reply::{Acknowledged, Dispatch, Reply};
use crate::app::decide::Click;
use crate::app::{App, Failure};
use crate::domain::ids::PersonId;
use crate::domain::number::RequestNumber;
use crate::domain::refusal::Refusal;
use crate::lifecycle::Shutdown;
use crate::slack::parse::{
    BlockActions, Caller, Command, EventEnvelope, Interaction, Surface, ViewKind, ViewSubmission,
};
use crate::slack::text;
use crate::slack::view::ids::callback;
use crate::slack::{Message, Response, ResponseUrl};
use serde_json::{Value, json};

/// The callback id of the global shortcut, as the manifest has it.
pub const REQUEST_SHORTCUT: &str = "request_access";
/// The callback id of the shortcut in a message's menu, as the manifest has it.
pub const MESSAGE_SHORTCUT: &str = "request_access_for";
/// Refusals are shorter; names in them may not be.
const LONGEST_ANSWER: usize = 900;

/// Knows which part answers which call.
#[derive(Clone)]
pub struct Switchboard {
    app: App,
    afterwards: Afterwards,
}

impl Switchboard {
    /// A switchboard in front of the part that decides.
    pub fn new(app: App) -> Self {
        Self {
            app,
            afterwards: Afterwards::default(),
        }
    }

    /// Waits until everything that was begun after an acknowledgement is done, as long as the
    /// stop allows.
    pub async fn finished(&self, shutdown: &Shutdown) {
        self.afterwards.done(shutdown).await;
    }

    async fn take_interaction(&self, interaction: Interaction) -> Reply {
        match interaction {
            Interaction::BlockActions(actions) => self.block_actions(actions).await,
            Interaction::BlockSuggestion(suggestion) => self.suggest(suggestion).await,
            Interaction::ViewSubmission(submission) => self.view_submission(submission).await,
            Interaction::Shortcut(shortcut)
                if shortcut.callback_id.as_str() == REQUEST_SHORTCUT =>
            {
                self.open_by_shortcut(shortcut).await
            }
            Interaction::MessageShortcut(shortcut)
                if shortcut.callback_id.as_str() == MESSAGE_SHORTCUT =>
            {
                self.open_for_message(shortcut).await
            }
            Interaction::Shortcut(_)
            | Interaction::MessageShortcut(_)
            | Interaction::ViewClosed(_)
            | Interaction::Unknown { .. } => {
                tracing::info!("ignored an interaction that this version has no use for");
                Reply::Empty
            }
        }
    }

    async fn block_actions(&self, actions: BlockActions) -> Reply {
        match &actions.surface {
            Surface::View(view) if view.kind == ViewKind::Home => self.home_button(actions).await,
            Surface::View(_) => self.view_changed(actions),
            Surface::Message { .. } | Surface::Elsewhere => self.button(actions).await,
        }
    }

    async fn view_submission(&self, submission: ViewSubmission) -> Reply {
        let callback = submission
            .view
            .callback_id
            .as_ref()
            .map_or("", |id| id.as_str())
            .to_owned();
        match callback.as_str() {
            callback::REQUEST_FORM => self.submit_request(submission).await,
            callback::SHORTEN_FORM => self.submit_shorten(submission).await,
            callback::DENY_FORM => self.submit_denial(submission).await,
            callback::REVOKE_FORM => self.submit_revocation(submission).await,
            _ => {
                tracing::info!("ignored a form that this version does not know");
                Reply::Empty
            }
        }
    }

    /// Whether a caller belongs to the workspace that Lapse is installed in. The account itself
    /// is judged where the decision is made; this catches the people of other workspaces whose
    /// clicks carry ours in `team.id`.
    async fn admit(&self, caller: &Caller, attempt: &'static str) -> Result<(), Failure> {
        let Some(installation) = self.app.installed.get() else {
            return Ok(());
        };
        if installation.admits(caller) {
            return Ok(());
        }
        let click = click_of(&caller.person);
        Err(self.app.refuse_foreigner(&click, attempt).await)
    }

    /// Tells a clicker why nothing changed, where only they see it, after the acknowledgement.
    fn tell(
        &self,
        url: Option<ResponseUrl>,
        person: PersonId,
        of: Option<RequestNumber>,
        failure: &Failure,
    ) {
        if matches!(failure, Failure::Refused(Refusal::Repeated)) {
            return;
        }
        self.say(url, person, in_message(of, failure));
    }

    /// Says something, in mrkdwn, where only this person sees it; by direct message where what
    /// they used has no answer.
    fn say(&self, url: Option<ResponseUrl>, person: PersonId, words: String) {
        let app = self.app.clone();
        let message = Message::line(words);
        self.afterwards.begin(async move {
            let told = if let Some(url) = url {
                app.slack.respond(&url, &Response::Ephemeral(message)).await
            } else {
                let to = crate::slack::Destination::Person(person);
                app.slack.post(&to, &message).await.map(|_| ())
            };
            if let Err(error) = told {
                tracing::warn!(%error, "somebody could not be told why nothing changed");
            }
        });
    }
}

impl Dispatch for Switchboard {
    fn command(&self, command: Command) -> Acknowledged<'_> {
        Box::pin(self.take_command(command))
    }

    fn interaction(&self, interaction: Interaction) -> Acknowledged<'_> {
        Box::pin(self.take_interaction(interaction))
    }

    fn event(&self, event: EventEnvelope) -> Acknowledged<'_> {
        Box::pin(self.take_event(event))
    }
}

/// What a person reads when nothing changed.
fn sentence(failure: &Failure) -> String {
    match failure {
        Failure::Refused(_) | Failure::Contended => failure.to_string(),
        Failure::Store(error) => {
            tracing::error!(%error, "a call could not be stored, and was answered so");
            failure.to_string()
        }
    }
}

/// The same for a message, in mrkdwn: with the request's short id, once, and times in the
/// reader's own zone.
fn in_message(of: Option<RequestNumber>, failure: &Failure) -> String {
    let plain = sentence(failure);
    let mut words = text::unmarked(&text::one_line(&plain, LONGEST_ANSWER));
    if let Failure::Refused(refusal) = failure
        && let Some(at) = refusal.moment()
    {
        let in_utc = at.format("%H:%M UTC").to_string();
        if let Some(found) = words.rfind(&in_utc) {
            words.replace_range(found..found + in_utc.len(), &text::time(at));
        }
    }
    match of.map(|number| number.to_string()) {
        Some(number) if !plain.contains(&number) => format!("{number}: {words}"),
        _ => words,
    }
}

/// A click that is no click on a message.
fn click_of(person: &PersonId) -> Click {
    Click::by(person.clone())
}

/// `response_action: update`.
fn update(view: &impl serde::Serialize) -> Reply {
    Reply::Json(json!({ "response_action": "update", "view": as_json(view) }))
}

/// `response_action: errors`.
fn errors(errors: &std::collections::BTreeMap<String, String>) -> Reply {
    Reply::Json(json!({ "response_action": "errors", "errors": errors }))
}

fn as_json(view: &impl serde::Serialize) -> Value {
    serde_json::to_value(view).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;

    #[test]
    fn a_refused_click_names_its_request_once_and_the_time_in_the_readers_zone() {
        let number = RequestNumber(244_851);
        let at = chrono::DateTime::from_timestamp(1_800_000_000, 0).expect("a moment");
        let said = |refusal| in_message(Some(number), &Failure::Refused(refusal));
        assert!(said(Refusal::NotAnApprover).starts_with("REQ-7F3K: You are not"));
        let how = "Grace <b> already approved this".to_owned();
        assert_eq!(
            said(Refusal::Settled { number, how, at }),
            "REQ-7F3K: Grace &lt;b&gt; already approved this at <!date^1800000000^{time}|08:00 UTC>. Nothing changed."
        );
        assert!(!Refusal::NoSuchRequest.may_name_its_request());
    }

    #[test]
    fn a_name_in_a_sentence_cannot_turn_it_round() {
        let number = RequestNumber(244_851);
        let at = chrono::DateTime::from_timestamp(1_800_000_000, 0).expect("a moment");
        let how = Some(("Sam\u{202e}\u{200b}\n*Eve* revoked it".to_owned(), at));
        let refusal = Refusal::NotOpen { number, how };
        let said = in_message(Some(number), &Failure::Refused(refusal));
        assert!(said.contains("Sam Eve revoked it at <!date^"), "{said}");
    }

    #[test]
    fn a_lost_answer_of_the_database_is_not_called_nothing() {
        let said = |error| sentence(&Failure::Store(error));
        assert!(said(StoreError::Busy).contains("Nothing changed; try again"));
        let lost = said(StoreError::Unavailable("gone".to_owned()));
        assert!(lost.contains("may or may not have been stored"), "{lost}");
        assert!(!lost.contains("Nothing changed"), "{lost}");
        for lasting in [StoreError::Full, StoreError::ReadOnly] {
            assert!(said(lasting).ends_with("tell whoever runs Lapse."));
        }
    }
}
