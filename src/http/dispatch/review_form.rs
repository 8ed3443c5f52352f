//! The small forms behind "Approve for less…", "Deny…" and "Revoke…".

use super::form::{chosen_duration, shown_block, value};
use super::opening::NotOpened;
use super::{Switchboard, click_of, errors, sentence, update};
use crate::app::Failure;
use crate::app::decide::Click;
use crate::domain::ids::{PersonId, RequestId};
use crate::domain::refusal::Refusal;
use crate::domain::request::Verdict;
use crate::http::reply::Reply;
use crate::slack::parse::{BlockActions, View, ViewSubmission};
use crate::slack::view::form::{self, Typed};
use crate::slack::view::ids::{ButtonValue, Field};
use crate::slack::view::review_form;
use serde::Serialize;

const LESS: &str = "Approve for less";
const DENY: &str = "Deny this request";
const REVOKE: &str = "Revoke this access";

impl Switchboard {
    pub(super) async fn open_shorten(
        &self,
        actions: &BlockActions,
        click: &Click,
        id: &RequestId,
    ) -> Result<(), Failure> {
        let request = self.app.request_to_review(click, id).await?;
        let Some(profile) = self.app.policy.profile(&request.facts.profile) else {
            return Err(Failure::Refused(Refusal::NoSuchProfile));
        };
        self.show(
            actions,
            &review_form::shorten_form(&request, profile, &Typed::default()),
        )
        .await
    }

    pub(super) async fn open_denial(
        &self,
        actions: &BlockActions,
        click: &Click,
        id: &RequestId,
    ) -> Result<(), Failure> {
        let request = self.app.request_to_review(click, id).await?;
        self.show(actions, &review_form::deny_form(&request)).await
    }

    pub(super) async fn open_revocation(
        &self,
        actions: &BlockActions,
        click: &Click,
        id: &RequestId,
    ) -> Result<(), Failure> {
        self.app.request_to_review(click, id).await?;
        let Some(known) = self.app.know_stored(id).await? else {
            return Err(Failure::Refused(Refusal::NoSuchRequest));
        };
        let asked = known.asked();
        let story = known.story(&self.app, &asked);
        self.show(actions, &review_form::revoke_form(&story)).await
    }

    async fn show(&self, actions: &BlockActions, view: &impl Serialize) -> Result<(), Failure> {
        let opened = match &actions.trigger {
            Some(trigger) => self.open_view(trigger, view).await,
            None => Err(NotOpened::Refused),
        };
        if let Err(why) = opened {
            let person = actions.caller.person.clone();
            let words = crate::slack::text::escape(&why.to_press_again());
            self.say(actions.response_url.clone(), person, words);
        }
        Ok(())
    }

    /// The form with "Custom…" chosen or left again, for whoever may have it opened.
    pub(super) async fn shorten_again(
        &self,
        person: &PersonId,
        view: &View,
    ) -> Result<Option<crate::slack::view::View>, Failure> {
        let Ok(aim) = view.private_metadata.as_str().parse::<ButtonValue>() else {
            return Ok(None);
        };
        let click = click_of(person);
        let request = self.app.request_to_review(&click, &aim.request).await?;
        let Some(profile) = self.app.policy.profile(&request.facts.profile) else {
            return Ok(None);
        };
        let wish = form::read_form(|action| value(&view.values, action));
        let typed = Typed {
            duration: wish.duration,
            custom_duration: wish.custom_duration,
            ..Typed::default()
        };
        Ok(Some(review_form::shorten_form(&request, profile, &typed)))
    }

    pub(super) async fn submit_shorten(&self, submission: ViewSubmission) -> Reply {
        let wish = form::read_form(|action| value(&submission.view.values, action));
        let under = |field: Field, sentence: String| {
            let block =
                shown_block(&submission.view.values, field).unwrap_or_else(|| field.block(None));
            errors(&form::error(block, &sentence))
        };
        let duration = match chosen_duration(&wish) {
            Ok(duration) => duration,
            Err((field, sentence)) => {
                if let Err(failure) = self.aimed_at(&submission, "approve_for_less").await {
                    return closing(LESS, Err(failure));
                }
                let click = click_of(&submission.caller.person);
                let refusal = Refusal::Unfit(sentence.clone());
                self.app
                    .refuse(&click, None, "approve_for_less", refusal)
                    .await;
                return under(field, sentence);
            }
        };
        let done = self
            .review(&submission, Verdict::Shorten(duration), None)
            .await;
        match done {
            Err(Failure::Refused(
                refusal @ (Refusal::NotShorter { .. }
                | Refusal::TooShort { .. }
                | Refusal::OverCap { .. }),
            )) => {
                let custom = wish.duration == Some(form::DurationWish::Custom);
                let field = if custom {
                    Field::CustomDuration
                } else {
                    Field::Duration
                };
                under(field, refusal.to_string())
            }
            done => closing(LESS, done),
        }
    }

    pub(super) async fn submit_denial(&self, submission: ViewSubmission) -> Reply {
        let note = form::read_note(|action| value(&submission.view.values, action));
        closing(DENY, self.review(&submission, Verdict::Deny, note).await)
    }

    pub(super) async fn submit_revocation(&self, submission: ViewSubmission) -> Reply {
        let note = form::read_note(|action| value(&submission.view.values, action));
        let done = match self.aimed_at(&submission, "revoke").await {
            Err(failure) => Err(failure),
            Ok(aim) => {
                let click = click_of(&submission.caller.person);
                self.app
                    .revoke(&click, &aim.request, note.unwrap_or_default())
                    .await
                    .map(|_| ())
            }
        };
        match done {
            Err(Failure::Refused(Refusal::NoteMissing)) => {
                let block = Field::Note.block(None);
                errors(&std::iter::once((block, Refusal::NoteMissing.to_string())).collect())
            }
            done => closing(REVOKE, done),
        }
    }

    async fn review(
        &self,
        submission: &ViewSubmission,
        verdict: Verdict,
        note: Option<String>,
    ) -> Result<(), Failure> {
        let aim = self.aimed_at(submission, "review").await?;
        let click = click_of(&submission.caller.person);
        self.app
            .review(&click, &aim.request, verdict, note, aim.facts_number)
            .await
            .map(|_| ())
    }

    /// The request that the form was opened for. It is believed as little as a button.
    async fn aimed_at(
        &self,
        submission: &ViewSubmission,
        attempt: &'static str,
    ) -> Result<ButtonValue, Failure> {
        self.admit(&submission.caller, attempt).await?;
        if let Ok(aim) = submission.view.private_metadata.as_str().parse() {
            return Ok(aim);
        }
        let click = click_of(&submission.caller.person);
        Err(self.app.refuse_unknown(&click, attempt).await)
    }
}

/// Closes the form, or says in its place why nothing changed.
fn closing(title: &str, done: Result<(), Failure>) -> Reply {
    match done {
        Ok(()) | Err(Failure::Refused(Refusal::Repeated)) => Reply::Empty,
        Err(failure) => update(&review_form::settled_view(title, &sentence(&failure))),
    }
}
