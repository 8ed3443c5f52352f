//! Everybody who could approve a request, as far as it is known without asking anyone.

pub(super) mod others;

use super::App;
use super::gather::TO_LOOK;
use super::patience::Patience;
use crate::domain::asked::{self, Acquaintance, Candidate, Naming};
use crate::domain::ids::PersonId;
use crate::domain::person::{Identity, Person, Standing};
use crate::domain::policy::{Profile, Selector, SelfApproval};
use crate::domain::roster::Roster;
use crate::store::StoreError;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::timeout;

/// How long a form waits for the names of people.
const PATIENCE: Duration = Duration::from_millis(700);
/// As many accounts are read at once; Slack answers about a hundred a minute.
const MOST_MET: usize = 20;

/// Everybody who may approve, each with the selector that names them.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    /// Who, and because of which selector: a named person before a group.
    pub by_person: BTreeMap<PersonId, (Candidate, Selector)>,
    /// Whether everybody in the workspace may.
    pub everyone: bool,
    /// A group that names approvers and has never been read.
    pub unread: Option<String>,
}

impl Candidates {
    /// Who of them gets a card.
    pub(in crate::app) fn to_ask(
        &self,
        first: Option<&PersonId>,
        profile: &Profile,
    ) -> Vec<PersonId> {
        let pool = self.by_person.values();
        let pool = pool.map(|(candidate, _)| candidate.clone()).collect();
        asked::choose(pool, first, profile.ask_at_most)
    }
}

impl App {
    /// Finds the people who may approve this profile for this requester.
    pub async fn candidates(
        &self,
        profile: &Profile,
        roster: &Roster,
        requester: &Identity,
    ) -> Result<Candidates, StoreError> {
        let (mut found, known) = self.able(profile, roster).await?;
        if profile.self_approval == SelfApproval::Never {
            let email = requester.person.email.as_ref();
            found.by_person.retain(|id, _| {
                let theirs = known.get(id).and_then(|person| person.email.as_ref());
                id != requester.id() && (theirs.is_none() || theirs != email)
            });
        }
        Ok(found)
    }

    /// Everybody who may approve this profile for somebody, with what is stored about them.
    /// Accounts that are known not to be full members are left out.
    async fn able(
        &self,
        profile: &Profile,
        roster: &Roster,
    ) -> Result<(Candidates, BTreeMap<PersonId, Person>), StoreError> {
        let reviewed = self.store.last_reviews(&profile.id).await?;
        let mut found = Candidates::default();
        for selector in &profile.approvers {
            let (people, named): (Vec<PersonId>, Naming) = match selector {
                Selector::Everyone => {
                    found.everyone = true;
                    (reviewed.keys().cloned().collect(), Naming::InGroup)
                }
                Selector::Address(address) => (
                    roster.addresses.get(address).cloned().into_iter().collect(),
                    Naming::Personally,
                ),
                Selector::UserGroup(name) => {
                    let members = roster.user_groups.get(name);
                    if members.is_none() {
                        found.unread.get_or_insert_with(|| format!("@{name}"));
                    }
                    (
                        members
                            .map(|m| m.of.iter().cloned().collect())
                            .unwrap_or_default(),
                        Naming::InGroup,
                    )
                }
                Selector::TailnetGroup(name) => {
                    let members = roster.tailnet_groups.get(name);
                    if members.is_none() {
                        found.unread.get_or_insert_with(|| format!("group:{name}"));
                    }
                    let logins = members.map(|m| m.of.iter().cloned().collect());
                    let logins: Vec<_> = logins.unwrap_or_default();
                    let owners = self.owners_of(&logins).await?;
                    (
                        owners.into_iter().map(|(_, person)| person).collect(),
                        Naming::InGroup,
                    )
                }
            };
            for person in people {
                let candidate = Candidate {
                    person: person.clone(),
                    named,
                    acquaintance: Acquaintance::Member,
                    reviewed_last: reviewed.get(&person).copied(),
                };
                let by_name = named == Naming::Personally;
                if by_name || !found.by_person.contains_key(&person) {
                    let because = (candidate, selector.clone());
                    found.by_person.insert(person, because);
                }
            }
        }
        let ids: Vec<PersonId> = found.by_person.keys().cloned().collect();
        let known: BTreeMap<PersonId, Person> = self
            .store
            .people(&ids)
            .await?
            .into_iter()
            .map(|person| (person.id.clone(), person))
            .collect();
        found.by_person.retain(|id, (candidate, _)| {
            if let Some(person) = known.get(id) {
                return person.standing == Standing::Member;
            }
            candidate.acquaintance = Acquaintance::Stranger;
            true
        });
        Ok((found, known))
    }

    /// Whether somebody is known not to be a full member.
    pub async fn is_outsider(&self, person: &PersonId) -> Result<bool, StoreError> {
        let known = self.store.people(std::slice::from_ref(person)).await?;
        Ok(known.iter().any(|who| who.standing != Standing::Member))
    }

    /// Reads who may approve this profile, so that their names are known when one is chosen, and
    /// that whoever is no full member is left out.
    pub async fn read_approvers(
        &self,
        who: &Identity,
        profile: &Profile,
    ) -> Result<(), StoreError> {
        let roster = self.memberships.roster();
        let able = self.candidates(profile, &roster, who).await?.by_person;
        self.meet(&able.into_keys().collect::<Vec<_>>()).await
    }

    /// The people who may approve this profile and whose names are known, for choosing one of
    /// them.
    pub async fn named_approvers(
        &self,
        who: &Identity,
        profile: &Profile,
    ) -> Result<Vec<(PersonId, String)>, StoreError> {
        let roster = self.memberships.roster();
        let able = self.candidates(profile, &roster, who).await?.by_person;
        let ids: Vec<PersonId> = able.into_keys().collect();
        let known = self.store.people(&ids).await?.into_iter();
        let mut named: Vec<(PersonId, String)> =
            known.map(|person| (person.id, person.name)).collect();
        named.sort_by_key(|(_, name)| name.to_lowercase());
        Ok(named)
    }

    /// Reads who these people are, as far as nobody has ever asked, but only a few of them and
    /// only for a moment: a form is waiting. What comes later is there the next time.
    pub async fn meet(&self, ids: &[PersonId]) -> Result<(), StoreError> {
        let met = self.store.people(ids).await?;
        let strangers = ids
            .iter()
            .filter(|id| met.iter().all(|person| person.id != **id));
        let strangers: BTreeSet<PersonId> = strangers.take(MOST_MET).cloned().collect();
        if strangers.is_empty() {
            return Ok(());
        }
        let app = self.clone();
        let reading = tokio::spawn(async move {
            let gathered = app
                .gather(&strangers, TO_LOOK, Patience::before_a_form())
                .await?;
            gathered.save_alone(&app.store, app.clock.now()).await
        });
        match timeout(PATIENCE, reading).await {
            Ok(Ok(read)) => read,
            Ok(Err(_)) | Err(_) => Ok(()),
        }
    }
}
