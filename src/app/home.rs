//! What somebody's home tab tells, read together; and whose has to be published again.
//!
//! Only homes that were opened lately are kept up to date. Whoever opens theirs gets it as it is
//! at that moment, so that nothing depends on what is published in between.

use super::App;
use super::gather::TO_LOOK;
use super::patience::Patience;
use super::query::Known;
use crate::domain::grant::Grant;
use crate::domain::ids::{GrantId, PersonId, ProfileId, RequestId};
use crate::domain::person::Identity;
use crate::domain::policy::{Selector, SelfApproval};
use crate::domain::request::Request;
use crate::domain::rights::{self, ReviewRight};
use crate::domain::world::Unidentified;
use crate::slack::view::home::{Ailment, Asking, Further, HomeModel, List, Waiting};
use crate::store::outbox::{Job, Lane, Priority};
use crate::store::{OpenGrants, OthersGrants, OwnRequests, Reviewable, StoreError, Tx, Watch};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// The most that is shown of each; together they stay below Slack's hundred blocks.
const ACCESS: u32 = 8;
const WAITING: u32 = 8;
const ASKED: usize = 5;
const OPEN: u32 = 15;
/// Nobody is told how many more there are beyond that.
const COUNTED: u32 = 1_000;
/// One's own grants are counted no further than this.
const OWN_COUNTED: u32 = 100;
/// Requests among which one's newest closed ones are looked for.
const LOOKED_THROUGH: u32 = 20;
/// Changes in a row are told together.
const TOGETHER: TimeDelta = TimeDelta::seconds(2);
/// So many homes follow a change, of reviewers and of security each; whoever has not looked at
/// theirs for longer than all of these gets it when they open it.
const FOLLOWING: u32 = 40;

/// Somebody who looks at their home, with what they may see there.
#[derive(Clone, Debug)]
pub struct HomeReader {
    who: Identity,
    reviews: BTreeMap<ProfileId, (Selector, OwnRequests)>,
    scope: Scope,
}

/// Whose open grants somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// Those of the profiles that they review.
    Reviewed,
    /// Everybody's, and how Lapse does.
    Security,
}

/// Everything that a home tells.
#[derive(Clone, Debug)]
pub struct Overview {
    reader: PersonId,
    asking: Asking,
    access: Listed,
    waiting: Option<(Vec<(Known, Selector)>, Further)>,
    asked: Vec<Known>,
    open: Option<Listed>,
    scope: Scope,
    as_of: DateTime<Utc>,
}

#[derive(Clone, Debug)]
struct Listed {
    shown: Vec<Known>,
    further: Further,
}

impl HomeReader {
    /// What their home shows of others.
    pub fn watches(&self) -> BTreeSet<Watch> {
        match self.scope {
            Scope::Security => BTreeSet::from([Watch::Everything]),
            Scope::Reviewed => self.reviews.keys().cloned().map(Watch::Profile).collect(),
        }
    }
}

impl Overview {
    /// As a view takes it.
    pub fn model<'a>(&'a self, app: &'a App, ailments: &'a [Ailment]) -> HomeModel<'a> {
        let list = |listed: &'a Listed| List {
            stories: listed
                .shown
                .iter()
                .map(|known| known.story(app, &[]))
                .collect(),
            further: listed.further,
        };
        HomeModel {
            reader: &self.reader,
            asking: self.asking,
            access: list(&self.access),
            waiting: self.waiting.as_ref().map(|(waiting, further)| Waiting {
                stories: waiting
                    .iter()
                    .map(|(known, because)| (known.story(app, &[]), because))
                    .collect(),
                further: *further,
            }),
            asked: self
                .asked
                .iter()
                .map(|known| known.story(app, &[]))
                .collect(),
            open: self.open.as_ref().map(list),
            health: (self.scope == Scope::Security).then_some(ailments),
            as_of: self.as_of,
        }
    }
}

impl App {
    /// Somebody opens their home: it is published at once, whatever it showed before.
    pub async fn home_opened(&self, person: &PersonId) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        tx.home_opened(person, self.clock.now()).await?;
        self.publish_at_once(tx, person).await
    }

    /// Somebody pressed something on their home, which may show what is no longer true.
    pub async fn home_used(&self, person: &PersonId) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        tx.home_used(person, self.clock.now()).await?;
        self.publish_at_once(tx, person).await
    }

    async fn publish_at_once(&self, mut tx: Tx, person: &PersonId) -> Result<(), StoreError> {
        let job = Job::PublishHome(person.clone());
        let now = self.clock.now();
        tx.enqueue(&job, now, &Lane::opened_homes(), Priority::ClickersCard);
        tx.commit().await?;
        self.work.ring();
        Ok(())
    }

    /// Has the homes published that show this request: those of the requester, of the people who
    /// may review it, and of security, as far as they have opened theirs.
    pub(super) async fn homes_follow(
        &self,
        tx: &mut Tx,
        request: &Request,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (person, profile) = (&request.requester.id, &request.facts.profile);
        for person in tx.homes_concerned(person, profile, FOLLOWING).await? {
            let job = Job::PublishHome(person);
            let at = now + TOGETHER;
            tx.enqueue(&job, at, &Lane::changed_homes(), Priority::Home);
        }
        Ok(())
    }

    /// Has somebody's home published because something about themselves changed, if they have
    /// opened it.
    pub(super) async fn home_follows(
        &self,
        tx: &mut Tx,
        person: &PersonId,
    ) -> Result<(), StoreError> {
        if tx.home(person).await?.is_some() {
            let job = Job::PublishHome(person.clone());
            let at = self.clock.now() + TOGETHER;
            tx.enqueue(&job, at, &Lane::changed_homes(), Priority::Home);
        }
        Ok(())
    }

    /// The same for everybody who came into a group or left one.
    pub(super) async fn homes_follow_people(
        &self,
        moved: &BTreeSet<PersonId>,
    ) -> Result<(), StoreError> {
        let mut looking = Vec::new();
        for person in moved {
            if self.store.home(person).await?.is_some() {
                looking.push(person);
            }
        }
        if looking.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        for person in looking {
            self.home_follows(&mut tx, person).await?;
        }
        tx.commit().await?;
        self.work.ring();
        Ok(())
    }

    /// Finds out what somebody may see on their home.
    pub async fn home_reader(
        &self,
        person: &PersonId,
    ) -> Result<Result<HomeReader, Unidentified>, StoreError> {
        let patience = Patience::for_a_decision();
        let (who, gathered) = self.who_is(person, TO_LOOK, patience).await?;
        if let Err(error) = gathered.save_alone(&self.store, self.clock.now()).await {
            tracing::warn!(%error, "what Slack said about somebody could not be kept");
        }
        let who = match who {
            Ok(who) => who,
            Err(unidentified) => return Ok(Err(unidentified)),
        };
        let (roster, now) = (self.memberships.roster(), self.clock.now());
        let mut reviews = BTreeMap::new();
        for profile in &self.policy.profiles {
            let (ReviewRight::Full(because) | ReviewRight::DenyOnly(because)) =
                rights::may_review(profile, &roster, &who, now)
            else {
                continue;
            };
            let own = match profile.self_approval {
                SelfApproval::Allowed => OwnRequests::Included,
                SelfApproval::Never => OwnRequests::LeftOut,
            };
            reviews.insert(profile.id.clone(), (because, own));
        }
        let scope = if rights::is_security(&self.policy, &roster, &who, now) {
            Scope::Security
        } else {
            Scope::Reviewed
        };
        Ok(Ok(HomeReader {
            who,
            reviews,
            scope,
        }))
    }

    /// Reads everything that a home tells. Every list and every count is bounded.
    pub async fn overview(&self, reader: &HomeReader) -> Result<Overview, StoreError> {
        let as_of = self.clock.now();
        let person = reader.who.id();
        let own = OpenGrants::HeldBy(person.clone());
        let own = self.store.open_grants(&own, None, OWN_COUNTED + 1).await?;
        let held: BTreeSet<RequestId> = own.iter().map(|grant| grant.request.clone()).collect();
        let access = Listed {
            further: Further::of(own.len(), ACCESS as usize, OWN_COUNTED),
            shown: self.glances(own.into_iter().take(ACCESS as usize)).await?,
        };
        Ok(Overview {
            reader: person.clone(),
            asking: if self.requestable(&reader.who).is_empty() {
                Asking::NoProfile
            } else {
                Asking::Possible
            },
            access,
            waiting: self.waiting_for(reader, as_of).await?,
            asked: self.asked_by(person, &held).await?,
            open: self.open_to(reader).await?,
            scope: reader.scope,
            as_of,
        })
    }

    async fn waiting_for(
        &self,
        reader: &HomeReader,
        now: DateTime<Utc>,
    ) -> Result<Option<(Vec<(Known, Selector)>, Further)>, StoreError> {
        if reader.reviews.is_empty() {
            return Ok(None);
        }
        let person = reader.who.id();
        let profiles: Vec<Reviewable> = reader
            .reviews
            .iter()
            .map(|(profile, (_, own))| Reviewable {
                profile: profile.clone(),
                own: *own,
            })
            .collect();
        let store = &self.store;
        let mut requests = store
            .waiting_for(person, &profiles, now, WAITING + 1)
            .await?;
        let mut further = Further::Nothing;
        if requests.len() > WAITING as usize {
            let counted = store
                .count_waiting_for(person, &profiles, now, COUNTED + 1)
                .await?;
            further = Further::of(counted as usize, WAITING as usize, COUNTED);
            requests.truncate(WAITING as usize);
        }
        let mut waiting = Vec::new();
        for request in requests {
            if let Some((because, _)) = reader.reviews.get(&request.facts.profile) {
                waiting.push((self.glance(request, None).await?, because.clone()));
            }
        }
        Ok(Some((waiting, further)))
    }

    /// The newest requests that are not open now.
    async fn asked_by(
        &self,
        person: &PersonId,
        held: &BTreeSet<RequestId>,
    ) -> Result<Vec<Known>, StoreError> {
        let newest = self.store.requests_of(person, LOOKED_THROUGH).await?;
        let mut asked = Vec::new();
        for request in newest {
            if asked.len() == ASKED {
                break;
            }
            if !held.contains(&request.id) {
                let grant = self.store.grant(&GrantId::of(&request.id)).await?;
                asked.push(self.glance(request, grant).await?);
            }
        }
        Ok(asked)
    }

    async fn open_to(&self, reader: &HomeReader) -> Result<Option<Listed>, StoreError> {
        let place = match reader.scope {
            Scope::Security => OthersGrants::Everywhere,
            Scope::Reviewed if reader.reviews.is_empty() => return Ok(None),
            Scope::Reviewed => OthersGrants::In(reader.reviews.keys().cloned().collect()),
        };
        let (store, person) = (&self.store, reader.who.id());
        let grants = store
            .open_grants_of_others(person, &place, OPEN + 1)
            .await?;
        let mut further = Further::Nothing;
        if grants.len() > OPEN as usize {
            let counted = store
                .count_open_of_others(person, &place, COUNTED + 1)
                .await?;
            further = Further::of(counted as usize, OPEN as usize, COUNTED);
        }
        let shown = self.glances(grants.into_iter().take(OPEN as usize)).await?;
        Ok(Some(Listed { shown, further }))
    }

    /// Grants with their requests, in their order.
    async fn glances(&self, grants: impl Iterator<Item = Grant>) -> Result<Vec<Known>, StoreError> {
        let grants: Vec<Grant> = grants.collect();
        let ids: Vec<RequestId> = grants.iter().map(|grant| grant.request.clone()).collect();
        let requests = self.store.requests_with_ids(&ids).await?;
        let mut requests: BTreeMap<RequestId, Request> = requests
            .into_iter()
            .map(|request| (request.id.clone(), request))
            .collect();
        let mut known = Vec::new();
        for grant in grants {
            if let Some(request) = requests.remove(&grant.request) {
                known.push(self.glance(request, Some(grant)).await?);
            }
        }
        Ok(known)
    }
}
