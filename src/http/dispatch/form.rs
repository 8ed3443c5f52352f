//! The request form: opened, drawn again when the profile changes, submitted.

mod reading;

pub(super) use reading::{chosen_duration, shown_block, value};

use self::reading::{is_outdated, set_aside};
use super::opening::NotOpened;
use super::{Switchboard, as_json, click_of, errors, sentence, update};
use crate::app::Failure;
use crate::app::decide::Click;
use crate::app::devices::Offer;
use crate::app::gather::TO_LOOK;
use crate::app::patience::Patience;
use crate::app::submit::{Asked, Field as AppField, NotAsked, Wish};
use crate::domain::ids::{Origin, PersonId, ProfileId, RequestId};
use crate::domain::person::Identity;
use crate::domain::policy::ApproverChoice;
use crate::domain::refusal::Refusal;
use crate::domain::world::Unidentified;
use crate::http::reply::Reply;
use crate::slack::parse::{
    BlockActions, Caller, Command, MessageShortcut, Shortcut, Surface, ViewSubmission,
};
use crate::slack::text::escape;
use crate::slack::view::form::{self, Devices, DurationWish, FormModel, MOST_OPTIONS, Typed};
use crate::slack::view::ids::callback::SHORTEN_FORM;
use crate::slack::view::ids::{Field, action};
use crate::slack::{ResponseUrl, TriggerId};

/// What is said of a typed duration that is none.
pub(super) const WRITE_IT_LIKE: &str = "Write it like 45m, 2h30m or 1d.";

/// What the form shows when it opens.
#[derive(Clone, Debug, Default)]
pub(super) struct Start {
    pub(super) profile: Option<ProfileId>,
    pub(super) typed: Typed,
    /// Why it was not asked as it stands.
    pub(super) refusal: Option<String>,
}

impl Switchboard {
    pub(super) async fn open_by_command(&self, command: &Command) -> Reply {
        let Some(trigger) = &command.trigger else {
            return Reply::ephemeral(&NotOpened::Refused.to_ask());
        };
        match self
            .open(&command.caller.person, trigger, Start::default())
            .await
        {
            Ok(()) => Reply::Empty,
            Err(sentence) => Reply::ephemeral(&sentence),
        }
    }

    pub(super) async fn open_by_shortcut(&self, shortcut: Shortcut) -> Reply {
        let trigger = shortcut.trigger.as_ref();
        self.open_from(&shortcut.caller, trigger, None, Start::default())
            .await
    }

    /// The form, with a link to the message as the beginning of the justification.
    pub(super) async fn open_for_message(&self, shortcut: MessageShortcut) -> Reply {
        let start = Start {
            profile: None,
            typed: Typed {
                justification: Some(shortcut.message.words()),
                ..Typed::default()
            },
            refusal: None,
        };
        let trigger = shortcut.trigger.as_ref();
        self.open_from(&shortcut.caller, trigger, shortcut.response_url, start)
            .await
    }

    async fn open_from(
        &self,
        caller: &Caller,
        trigger: Option<&TriggerId>,
        url: Option<ResponseUrl>,
        start: Start,
    ) -> Reply {
        let person = caller.person.clone();
        if let Err(failure) = self.admit(caller, "command").await {
            self.tell(url, person, None, &failure);
            return Reply::Empty;
        }
        let Some(trigger) = trigger else {
            return Reply::Empty;
        };
        if let Err(sentence) = self.open(&person, trigger, start).await {
            tracing::info!("a form was not opened");
            self.say(url, person, escape(&sentence));
        }
        Reply::Empty
    }

    /// "Ask again": the form with the old request's profile, device and reason.
    pub(super) async fn open_again(
        &self,
        actions: &BlockActions,
        click: &Click,
        id: &RequestId,
    ) -> Result<(), Failure> {
        let request = self.app.store.request(id).await?;
        let Some(request) = request.filter(|request| request.requester.id == click.by) else {
            return Err(self.app.refuse_unknown(click, "ask_again").await);
        };
        let typed = Typed {
            device: Some(request.facts.device.node.clone()),
            justification: request.justification.clone(),
            ..Typed::default()
        };
        let start = Start {
            profile: Some(request.facts.profile.clone()),
            typed,
            refusal: None,
        };
        let Some(trigger) = &actions.trigger else {
            return Ok(());
        };
        if let Err(sentence) = self.open(&click.by, trigger, start).await {
            self.say(
                actions.response_url.clone(),
                click.by.clone(),
                escape(&sentence),
            );
        }
        Ok(())
    }

    /// Opens the form, or says why not.
    pub(super) async fn open(
        &self,
        person: &PersonId,
        trigger: &TriggerId,
        start: Start,
    ) -> Result<(), String> {
        let who = self
            .identify(person, "open_form")
            .await
            .map_err(|failure| sentence(&failure))?;
        self.open_for(&who, trigger, start).await
    }

    /// The same for somebody who was identified a moment ago.
    pub(super) async fn open_for(
        &self,
        who: &Identity,
        trigger: &TriggerId,
        start: Start,
    ) -> Result<(), String> {
        let view = self
            .draw(who, &start)
            .await
            .map_err(|failure| sentence(&failure))?;
        self.open_view(trigger, &view)
            .await
            .map_err(NotOpened::to_ask)
    }

    /// Who somebody is; whoever may not act at all is refused, for what they tried.
    pub(super) async fn identify(
        &self,
        person: &PersonId,
        attempt: &'static str,
    ) -> Result<Identity, Failure> {
        let (who, gathered) = self
            .app
            .who_is(person, TO_LOOK, Patience::before_a_form())
            .await?;
        let app = self.app.clone();
        // Kept for the next time; the form does not wait for it.
        self.afterwards.begin(async move {
            if let Err(error) = gathered.save_alone(&app.store, app.clock.now()).await {
                tracing::warn!(%error, "what Slack said about somebody could not be kept");
            }
        });
        let refusal = match who {
            Ok(who) => return Ok(who),
            Err(Unidentified::Refused(why)) => Refusal::Identity(why),
            Err(Unidentified::Unread) => Refusal::CouldNotCheckYou,
        };
        Err(self
            .app
            .refuse(&click_of(person), None, attempt, refusal)
            .await)
    }

    async fn draw(
        &self,
        who: &Identity,
        start: &Start,
    ) -> Result<crate::slack::view::View, Failure> {
        let profiles = self.app.requestable(who);
        let wanted = start.profile.as_ref();
        let chosen = profiles
            .iter()
            .copied()
            .find(|profile| Some(&profile.id) == wanted)
            .or_else(|| {
                (profiles.len() == 1)
                    .then(|| profiles.first().copied())
                    .flatten()
            });
        let offers = chosen
            .map(|profile| self.app.offers(who, profile))
            .unwrap_or_default();
        let approvers = match chosen {
            Some(profile) if profile.approver_choice == ApproverChoice::Requester => {
                self.app.read_approvers(who, profile).await?;
                self.app.named_approvers(who, profile).await?
            }
            _ => Vec::new(),
        };
        let model = FormModel {
            profiles,
            chosen,
            devices: devices(&offers, &start.typed),
            approvers,
            typed: start.typed.clone(),
            devices_as_of: self.app.devices_as_of(),
            refusal: start.refusal.clone(),
        };
        Ok(form::request_form(&model))
    }

    /// The profile or the duration changed in an open form: it is drawn again, after the
    /// acknowledgement.
    pub(super) fn view_changed(&self, actions: BlockActions) -> Reply {
        let Surface::View(view) = actions.surface else {
            return Reply::Empty;
        };
        let person = actions.caller.person;
        let used = |name: &str| {
            actions
                .actions
                .iter()
                .any(|used| used.action_id.as_str() == name)
        };
        let outdated = used(action::DURATION) && is_outdated(&view.values);
        if !outdated && !used(action::PROFILE) {
            return Reply::Empty;
        }
        let this = self.clone();
        self.afterwards.begin(async move {
            if let Err(failure) = this.redraw(&person, *view).await {
                tracing::warn!(error = %sentence(&failure), "an open form could not be drawn again");
            }
        });
        Reply::Empty
    }

    async fn redraw(
        &self,
        person: &PersonId,
        view: crate::slack::parse::View,
    ) -> Result<(), Failure> {
        let callback = view.callback_id.as_ref().map_or("", |id| id.as_str());
        let drawn = if callback == SHORTEN_FORM {
            self.shorten_again(person, &view).await?
        } else {
            let who = self.identify(person, "open_form").await?;
            let wish = form::read_form(|action| value(&view.values, action));
            let typed = Typed {
                duration: wish.duration,
                custom_duration: wish.custom_duration,
                justification: wish.justification.or_else(|| set_aside(&view)),
                device: wish.device,
                approver: wish.approver,
            };
            let start = Start {
                profile: wish.profile,
                typed,
                refusal: None,
            };
            Some(self.draw(&who, &start).await?)
        };
        let Some(drawn) = drawn else { return Ok(()) };
        let sent = self
            .app
            .slack
            .views_update(&view.id, view.hash.as_ref(), &as_json(&drawn))
            .await;
        if let Err(error) = sent {
            tracing::info!(%error, "a form changed again before it was drawn again");
        }
        Ok(())
    }

    pub(super) async fn submit_request(&self, submission: ViewSubmission) -> Reply {
        if let Err(failure) = self.admit(&submission.caller, "request").await {
            return update(&form::refused_view(&sentence(&failure)));
        }
        let values = &submission.view.values;
        let typed = form::read_form(|action| value(values, action));
        let under = |field: Field, sentence: String| {
            // Every form that can be submitted has a profile and a device; another field may
            // not be drawn yet.
            let block = shown_block(values, field).unwrap_or_else(|| match field {
                Field::Device => field.block(typed.profile.as_ref()),
                _ => Field::Profile.block(None),
            });
            errors(&form::error(block, &sentence))
        };
        let click = click_of(&submission.caller.person);
        let unfit = async |field, sentence: String| {
            let refusal = Refusal::Unfit(sentence.clone());
            self.app.refuse(&click, None, "request", refusal).await;
            under(field, sentence)
        };
        let duration = match chosen_duration(&typed) {
            Ok(duration) => duration,
            Err((field, sentence)) => return unfit(field, sentence).await,
        };
        let (Some(profile_id), Some(device)) = (typed.profile.clone(), typed.device.clone()) else {
            let field = if typed.profile.is_none() {
                Field::Profile
            } else {
                Field::Device
            };
            return unfit(field, "Choose one of these.".to_owned()).await;
        };
        let wish = Wish {
            person: submission.caller.person.clone(),
            profile: profile_id,
            device,
            duration,
            justification: typed.justification.clone(),
            ask_first: typed.approver.clone(),
            origin: Origin::new(format!("view:{}", submission.view.id)),
        };
        match self.app.submit(&wish).await {
            Ok(asked) => self.asked(asked).await,
            Err(NotAsked::Field { field, sentence }) => under(form_field(field, &typed), sentence),
            Err(NotAsked::Failure(failure)) => update(&form::refused_view(&sentence(&failure))),
        }
    }

    async fn asked(&self, asked: Asked) -> Reply {
        let (names, unnamed) = self.names_of(&asked).await;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        update(&form::asked_view(
            asked.request.number,
            &names,
            unnamed,
            asked.others,
        ))
    }

    /// What those who were asked are called, and how many of them have no name yet.
    pub(super) async fn names_of(&self, asked: &Asked) -> (Vec<String>, usize) {
        let ids: Vec<PersonId> = asked.asked.clone();
        // The request is stored; without their names the people are counted.
        if let Err(error) = self.app.meet(&ids).await {
            tracing::warn!(%error, "the names of those who were asked could not be read");
        }
        let known = match self.app.store.people(&ids).await {
            Ok(known) => known,
            Err(error) => {
                tracing::warn!(%error, "the names of those who were asked could not be read");
                Vec::new()
            }
        };
        let mut names: Vec<String> = known.into_iter().map(|person| person.name).collect();
        names.sort_unstable();
        let unnamed = ids.len().saturating_sub(names.len());
        (names, unnamed)
    }
}

fn form_field(field: AppField, typed: &form::Wish) -> Field {
    match field {
        AppField::Profile => Field::Profile,
        AppField::Device => Field::Device,
        AppField::Duration if typed.duration == Some(DurationWish::Custom) => Field::CustomDuration,
        AppField::Duration => Field::Duration,
        AppField::Justification => Field::Justification,
        AppField::Approver => Field::Approver,
    }
}

fn devices<'a>(offers: &'a [Offer], typed: &Typed) -> Devices<'a> {
    if offers.is_empty() {
        Devices::None
    } else if offers.len() > MOST_OPTIONS {
        let wanted = |offer: &&Offer| Some(&offer.device.node) == typed.device.as_ref();
        Devices::Search {
            initial: offers.iter().find(wanted).map(|offer| &*offer.device),
        }
    } else {
        Devices::List(offers.iter().map(|offer| &*offer.device).collect())
    }
}
