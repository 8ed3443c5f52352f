//! Looking at one request, and fetching its card to act on it.

use super::decide::{Click, may_see};
use super::gather::TO_DECIDE;
use super::patience::Patience;
use super::persist::enqueue_card;
use super::query::Known;
use super::{App, Failure};
use crate::domain::card::{Card, Face, HowAsked};
use crate::domain::ids::{GrantId, RequestId};
use crate::domain::number::RequestNumber;
use crate::domain::person::{Identity, IdentityRefusal};
use crate::domain::policy::Selector;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::rights::{self, ReviewRight};
use crate::domain::world::{People, Unidentified, World};
use std::collections::BTreeSet;

/// How somebody sees a request that they asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// They may review it: its card comes by direct message.
    CardSent,
    /// They may look at it.
    Here,
}

impl App {
    /// Shows a request to whoever may see it, and sends its card to whoever may review it.
    pub async fn status_of(
        &self,
        click: &Click,
        number: RequestNumber,
    ) -> Result<(Known, Seen), Failure> {
        let Some(request) = self.store.request_by_number(number).await? else {
            return Err(self.refuse_unknown(click, "status").await);
        };
        let (who, right) = self.right_to_look(click, &request, "status").await?;
        // A card is for who may press something on it; whoever else may see it reads it here.
        let seen = match right {
            Some(because) if who.id() != &request.requester.id => {
                self.send_card(&request, &who, because).await?;
                Seen::CardSent
            }
            _ => Seen::Here,
        };
        let known = self
            .know(&request.id)
            .await?
            .ok_or(Failure::Refused(Refusal::NoSuchRequest))?;
        Ok((known, seen))
    }

    /// The request behind a button that opens a form, for somebody who may review or revoke it.
    /// What the form then does is judged anew.
    pub async fn request_to_review(
        &self,
        click: &Click,
        id: &RequestId,
    ) -> Result<Request, Failure> {
        let Some(request) = self.store.request(id).await? else {
            return Err(self.refuse_unknown(click, "open_form").await);
        };
        let (who, right) = self.right_to_look(click, &request, "open_form").await?;
        if right.is_none() {
            return Err(self
                .refuse(click, Some(&who), "open_form", Refusal::NotAnApprover)
                .await);
        }
        Ok(request)
    }

    /// Who asks, and the selector that lets them review or revoke, if one does.
    async fn right_to_look(
        &self,
        click: &Click,
        request: &Request,
        attempt: &'static str,
    ) -> Result<(Identity, Option<Selector>), Failure> {
        let ids = BTreeSet::from([click.by.clone(), request.requester.id.clone()]);
        let patience = Patience::before_a_form();
        let gathered = self.gather(&ids, TO_DECIDE, patience).await?;
        let roster = self.roster_to_decide(patience).await;
        let people: &People = &gathered.people;
        let now = self.clock.now();
        let world = World {
            policy: &self.policy,
            roster: &roster,
            people,
            device: None,
            now,
        };
        let who = match world.actor(&click.by) {
            Ok(who) => who.clone(),
            Err(refusal) => return Err(self.refuse(click, None, attempt, refusal).await),
        };
        let grant = self.store.grant(&GrantId::of(&request.id)).await?;
        let recorded = grant
            .as_ref()
            .filter(|grant| grant.may_revoke(&who, &world));
        if recorded.is_none() && !may_see(request, &who, &world) {
            return Err(self
                .refuse(click, Some(&who), attempt, Refusal::NoSuchRequest)
                .await);
        }
        let by_profile = world.profile(&request.facts.profile).and_then(|profile| {
            match rights::may_review(profile, &roster, &who, now) {
                ReviewRight::Full(selector) | ReviewRight::DenyOnly(selector) => Some(selector),
                ReviewRight::None => None,
            }
        });
        // Whoever may take the access away gets its card too: security, and where the profile is
        // gone, the people who approved it.
        let by_grant = || {
            recorded?;
            let own = request
                .reviews
                .iter()
                .rev()
                .find(|review| review.by.id == *who.id());
            let security = roster
                .strongest(&self.policy.security.selectors, &who, now)
                .1;
            own.map(|review| review.because.clone())
                .or_else(|| security.cloned())
        };
        let right = by_profile.or_else(by_grant);
        Ok((who, right))
    }

    /// Posts the card anew, so that it is the newest message in the direct message.
    async fn send_card(
        &self,
        request: &Request,
        who: &Identity,
        because: Selector,
    ) -> Result<(), Failure> {
        let now = self.clock.now();
        let face = Face::Approver {
            person: who.id().clone(),
            because,
            how: HowAsked::Fetched,
        };
        let mut tx = self.store.begin().await?;
        let card = Card::fetched(request.id.clone(), face, now);
        tx.insert_card(&card).await?;
        enqueue_card(&mut tx, &card, now);
        tx.commit().await?;
        self.work.ring();
        Ok(())
    }

    /// Refuses somebody of another workspace.
    pub async fn refuse_foreigner(&self, click: &Click, attempt: &'static str) -> Failure {
        self.refuse(
            click,
            None,
            attempt,
            Refusal::Identity(IdentityRefusal::NotAMember),
        )
        .await
    }

    /// Refuses something that names nothing of ours. Who may not act at all reads that, as they
    /// would about a request that exists, so that the answer does not tell which do.
    pub async fn refuse_unknown(&self, click: &Click, attempt: &'static str) -> Failure {
        let (who, refusal) = match self
            .who_is(&click.by, TO_DECIDE, Patience::before_a_form())
            .await
        {
            Ok((Ok(who), _)) => (Some(who), Refusal::NoSuchRequest),
            Ok((Err(Unidentified::Refused(why)), _)) => (None, Refusal::Identity(why)),
            Ok((Err(Unidentified::Unread), _)) => (None, Refusal::CouldNotCheckYou),
            Err(error) => return Failure::Store(error),
        };
        self.refuse(click, who.as_ref(), attempt, refusal).await
    }
}
