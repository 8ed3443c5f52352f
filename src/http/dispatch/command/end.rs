//! `/access done`, `cancel` and `revoke`: through the same decisions as the buttons.

use super::super::{Switchboard, click_of};
use super::look::Holders;
use super::{NotDone, ephemeral};
use crate::app::decide::Click;
use crate::app::gather::TO_LOOK;
use crate::app::lists::OpenNow;
use crate::app::patience::Patience;
use crate::app::{App, Failure};
use crate::domain::grant::Grant;
use crate::domain::ids::{PersonId, RequestId};
use crate::domain::number::RequestNumber;
use crate::domain::person::IdentityRefusal;
use crate::domain::refusal::Refusal;
use crate::domain::world::Unidentified;
use crate::http::reply::Reply;
use crate::slack::view::answer::{self, Kind};
use crate::slack::words::Target;
use crate::slack::words::pick::{Picked, pick};

/// As many as are offered to choose from.
const OFFERED: u32 = 15;
/// As much as the form for a note takes.
const LONGEST_NOTE: usize = 500;

impl Switchboard {
    pub(super) async fn done(
        &self,
        person: &PersonId,
        target: Option<Target>,
    ) -> Result<Reply, NotDone> {
        self.must_be_member(person).await?;
        let named = match target {
            Some(Target::Request(number)) => return self.release_number(person, number).await,
            Some(Target::Named(named)) => Some(named),
            None => None,
        };
        let mut open = self.app.open_of(person, OFFERED).await?;
        open.grants.retain(Grant::wants_open);
        if let Some(typed) = &named {
            let profiles: Vec<Open<'_>> = open
                .grants
                .iter()
                .map(|grant| Open::of(grant, &self.app))
                .collect();
            let wanted = match pick(typed, profiles.iter(), Open::names) {
                Picked::One(open) => vec![open.grant.request.clone()],
                Picked::Several(several) => several
                    .into_iter()
                    .map(|open| open.grant.request.clone())
                    .collect(),
                Picked::None { meant } => {
                    if let Ok(number) = typed.parse() {
                        return self.release_number(person, number).await;
                    }
                    let told = answer::unknown(Kind::OpenProfile, typed, meant);
                    return Ok(ephemeral(&told));
                }
            };
            open.grants.retain(|grant| wanted.contains(&grant.request));
        }
        self.release_only(person, &open).await
    }

    /// Refuses whoever is none. Who got a new address, so that their login is not certain, may
    /// still give back what they have.
    async fn must_be_member(&self, person: &PersonId) -> Result<(), Failure> {
        let patience = Patience::before_a_form();
        let refusal = match self.app.who_is(person, TO_LOOK, patience).await?.0 {
            Ok(_)
            | Err(Unidentified::Refused(IdentityRefusal::Disputed | IdentityRefusal::NoLogin)) => {
                return Ok(());
            }
            Err(Unidentified::Refused(why)) => Refusal::Identity(why),
            Err(Unidentified::Unread) => Refusal::CouldNotCheckYou,
        };
        let click = click_of(person);
        Err(self.app.refuse(&click, None, "release", refusal).await)
    }

    /// Gives back the one access that there is; several are offered.
    async fn release_only(&self, person: &PersonId, open: &OpenNow) -> Result<Reply, NotDone> {
        match open.grants.as_slice() {
            [] => Ok(ephemeral(&answer::nothing_open())),
            [only] => self.release(person, only.number, &only.request).await,
            _ => {
                let several = self.accesses(open, Holders::Unnamed);
                Ok(ephemeral(&answer::say_which(&several)))
            }
        }
    }

    async fn release_number(
        &self,
        person: &PersonId,
        number: RequestNumber,
    ) -> Result<Reply, NotDone> {
        let id = self.id_of(&click_of(person), number, "release").await?;
        self.release(person, number, &id).await
    }

    async fn release(
        &self,
        person: &PersonId,
        number: RequestNumber,
        id: &RequestId,
    ) -> Result<Reply, NotDone> {
        let released = self.app.release(&click_of(person), id).await;
        released.map_err(|failure| NotDone::with(number, failure))?;
        let known = self.app.know_stored(id).await?;
        let known = known.ok_or(Failure::Refused(Refusal::NoSuchRequest))?;
        let asked = known.asked();
        let story = known.story(&self.app, &asked);
        Ok(ephemeral(&answer::released(&story)))
    }

    pub(super) async fn cancel(
        &self,
        person: &PersonId,
        number: RequestNumber,
    ) -> Result<Reply, NotDone> {
        let click = click_of(person);
        let id = self.id_of(&click, number, "cancel").await?;
        let cancelled = self.app.cancel(&click, &id).await;
        cancelled.map_err(|failure| NotDone::with(number, failure))?;
        Ok(ephemeral(&answer::cancelled(number)))
    }

    pub(super) async fn revoke(
        &self,
        person: &PersonId,
        number: RequestNumber,
        note: String,
    ) -> Result<Reply, NotDone> {
        let click = click_of(person);
        if note.chars().count() > LONGEST_NOTE {
            let who = self.identify(person, "revoke").await?;
            let sentence = format!("At most {LONGEST_NOTE} characters, please. Nothing changed.");
            let refusal = Refusal::Unfit(sentence);
            return Err(self.refuse_word(&who, "revoke", refusal).await.into());
        }
        let id = self.id_of(&click, number, "revoke").await?;
        let revoked = self.app.revoke(&click, &id, note).await;
        revoked.map_err(|failure| NotDone::with(number, failure))?;
        let known = self.app.know_stored(&id).await?;
        let known = known.ok_or(Failure::Refused(Refusal::NoSuchRequest))?;
        let asked = known.asked();
        let story = known.story(&self.app, &asked);
        Ok(ephemeral(&answer::revoked(&story)))
    }

    /// The request with this number. Whether this person may know of it is judged with what
    /// they want of it.
    async fn id_of(
        &self,
        click: &Click,
        number: RequestNumber,
        attempt: &'static str,
    ) -> Result<RequestId, Failure> {
        match self.app.store.request_by_number(number).await? {
            Some(request) => Ok(request.id),
            None => Err(self.app.refuse_unknown(click, attempt).await),
        }
    }
}

/// An open access by the names of its profile. The profile may be gone from the configuration:
/// ending needs none.
struct Open<'a> {
    grant: &'a Grant,
    names: [&'a str; 2],
}

impl<'a> Open<'a> {
    fn of(grant: &'a Grant, app: &'a App) -> Self {
        let id = grant.profile.as_str();
        let names = [id, app.profile_name(&grant.profile)];
        Self { grant, names }
    }

    fn names(&'a self) -> Vec<&'a str> {
        self.names.to_vec()
    }
}
