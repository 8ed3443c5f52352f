//! `/access list`, `who` and `profiles`: what is open and what exists, to those who may know.

use super::super::{Switchboard, click_of};
use super::{NotDone, ephemeral};
use crate::app::Failure;
use crate::app::lists::OpenNow;
use crate::domain::grant::{Grant, GrantState};
use crate::domain::ids::PersonId;
use crate::domain::person::Identity;
use crate::domain::policy::Profile;
use crate::domain::refusal::Refusal;
use crate::domain::request::RequestState;
use crate::http::reply::Reply;
use crate::slack::view::answer::{self, Kind, OpenAccess, Openness, Waiting, WaitsFor};
use crate::slack::words::Which;
use crate::slack::words::pick::{Picked, pick};

/// As much as one answer lists.
const LISTED: u32 = 15;

/// Whether a list says who has what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holders {
    /// It does.
    Named,
    /// It is all one's own.
    Unnamed,
}

impl Switchboard {
    pub(super) async fn list(&self, person: &PersonId, which: Which) -> Result<Reply, NotDone> {
        let who = self.identify(person, "list").await?;
        match which {
            Which::Mine => self.mine(&who).await,
            Which::All => self.everything(&who).await,
            Which::Profile(typed) => self.in_profile(&who, &typed).await,
        }
    }

    async fn mine(&self, who: &Identity) -> Result<Reply, NotDone> {
        let open = self.app.open_of(who.id(), LISTED).await?;
        let waiting = self.app.store.waiting_of(who.id(), LISTED).await?;
        let waiting: Vec<Waiting<'_>> = waiting
            .iter()
            .map(|request| Waiting {
                number: request.number,
                profile: &request.facts.profile_name,
                device: &request.facts.device.name,
                duration: request.facts.duration,
                answer_by: request.answer_by,
                whom: match request.state {
                    RequestState::Unconfirmed => WaitsFor::Oneself,
                    _ => WaitsFor::Approvers,
                },
            })
            .collect();
        let mine = self.accesses(&open, Holders::Unnamed);
        Ok(ephemeral(&answer::mine(&mine, open.more, &waiting)))
    }

    async fn everything(&self, who: &Identity) -> Result<Reply, NotDone> {
        let sight = self.app.sight(who);
        if sight.is_empty() {
            return Err(self
                .refuse_word(who, "list", Refusal::ReviewsNothing)
                .await
                .into());
        }
        let open = self.app.open_in_sight(&sight, LISTED).await?;
        let holders = self.accesses(&open, Holders::Named);
        Ok(ephemeral(&answer::open_now(None, &holders, open.more)))
    }

    async fn in_profile(&self, who: &Identity, typed: &str) -> Result<Reply, NotDone> {
        let profile = match self.seen_profile(who, "list", typed).await? {
            Ok(profile) => profile,
            Err(reply) => return Ok(reply),
        };
        if !self.app.sight(who).covers(&profile.id) {
            return Err(self
                .refuse_word(who, "list", Refusal::OnlyForReviewers)
                .await
                .into());
        }
        let open = self.app.open_in(&profile.id, LISTED).await?;
        let holders = self.accesses(&open, Holders::Named);
        let name = Some(profile.name.as_str());
        Ok(ephemeral(&answer::open_now(name, &holders, open.more)))
    }

    pub(super) async fn who(&self, person: &PersonId, typed: &str) -> Result<Reply, NotDone> {
        let who = self.identify(person, "who").await?;
        let profile = match self.seen_profile(&who, "who", typed).await? {
            Ok(profile) => profile,
            Err(reply) => return Ok(reply),
        };
        self.app.read_approvers(&who, profile).await?;
        let named = self.app.named_approvers(&who, profile).await?;
        let named: Vec<&str> = named.iter().map(|(_, name)| name.as_str()).collect();
        let open = if self.app.sight(&who).covers(&profile.id) {
            Some(self.app.open_in(&profile.id, LISTED).await?)
        } else {
            None
        };
        let holders = open
            .as_ref()
            .map(|open| (self.accesses(open, Holders::Named), open.more));
        let has_it = holders
            .as_ref()
            .map(|(open, more)| (open.as_slice(), *more));
        Ok(ephemeral(&answer::who(profile, &named, has_it)))
    }

    pub(super) async fn profiles(&self, person: &PersonId) -> Result<Reply, NotDone> {
        let who = self.identify(person, "profiles").await?;
        Ok(ephemeral(&answer::profiles(&self.app.requestable(&who))))
    }

    /// A profile that exists for this person, or what they read instead: the same for one that
    /// does not exist for them as for one that nobody has.
    async fn seen_profile(
        &self,
        who: &Identity,
        attempt: &'static str,
        typed: &str,
    ) -> Result<Result<&Profile, Reply>, Failure> {
        let seen = self.app.seen_profiles(who);
        Ok(Err(match pick(typed, seen.into_iter(), names) {
            Picked::One(profile) => return Ok(Ok(profile)),
            Picked::Several(several) => {
                let ids: Vec<&str> = several.iter().map(|profile| profile.id.as_str()).collect();
                ephemeral(&answer::could_be(Kind::Profile, typed, &ids))
            }
            Picked::None { meant } => {
                match self.refuse_word(who, attempt, Refusal::NoSuchProfile).await {
                    Failure::Refused(_) => ephemeral(&answer::unknown(Kind::Profile, typed, meant)),
                    not_stored => return Err(not_stored),
                }
            }
        }))
    }

    pub(super) async fn refuse_word(
        &self,
        who: &Identity,
        attempt: &'static str,
        refusal: Refusal,
    ) -> Failure {
        let click = click_of(who.id());
        self.app.refuse(&click, Some(who), attempt, refusal).await
    }

    /// What is open, as answers list it.
    pub(super) fn accesses<'a>(
        &'a self,
        open: &'a OpenNow,
        holders: Holders,
    ) -> Vec<OpenAccess<'a>> {
        let now = self.app.clock.now();
        let access = |grant: &'a Grant| OpenAccess {
            number: grant.number,
            holder: (holders == Holders::Named).then_some(grant.holder.name.as_str()),
            profile: self.app.profile_name(&grant.profile),
            device: open
                .devices
                .get(&grant.request)
                .map_or(grant.key.node.as_str(), String::as_str),
            openness: match &grant.state {
                GrantState::Applying { .. } => Openness::Opening,
                GrantState::Active { .. } if grant.ends_at > now => Openness::Open,
                _ => Openness::Closing,
            },
            until: grant.ends_at,
        };
        open.grants.iter().map(access).collect()
    }
}

/// What a profile is called: what records call it before what people read.
pub(super) fn names(profile: &Profile) -> Vec<&str> {
    vec![profile.id.as_str(), profile.name.as_str()]
}
