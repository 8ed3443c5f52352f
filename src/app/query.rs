//! Everything that a message about a request tells, read together.

use super::App;
use super::gather::TO_LOOK;
use super::patience::Patience;
use crate::domain::audit::EventKind;
use crate::domain::card::{Card, Delivery, Face, HowAsked};
use crate::domain::device::Device;
use crate::domain::facts::FactChange;
use crate::domain::grant::Grant;
use crate::domain::ids::{ChannelId, GrantId, PersonId, RequestId};
use crate::domain::person::Identity;
use crate::domain::policy::{Profile, Selector};
use crate::domain::request::Request;
use crate::domain::roster::Membership;
use crate::domain::world::Unidentified;
use crate::store::StoreError;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// "Asked lately" looks back this far.
const LATELY: TimeDelta = TimeDelta::days(30);

/// What is known about a request, for showing it.
#[derive(Clone, Debug)]
pub struct Known {
    /// The request.
    pub request: Request,
    /// Its grant, once it is approved.
    pub grant: Option<Grant>,
    /// The device as the index has it.
    pub device: Option<Arc<Device>>,
    /// Whose cards were sent when it was asked.
    pub asked: Vec<AskedPerson>,
    /// How many more may answer.
    pub others_able: u32,
    /// How often this person asked for this profile lately, this time not counted.
    pub asked_lately: u32,
    /// Who may not review it any more, because they left the group or their account changed: of
    /// those whose approval is stored, and who reads the card.
    pub no_longer: Vec<PersonId>,
    /// The security channel, if it was told of a failure.
    pub security_told: Option<ChannelId>,
    /// When its facts changed last while it was pending, and which.
    pub changed: Option<(DateTime<Utc>, Vec<FactChange>)>,
    /// The devices that the requester chooses from while a workflow's request waits for them.
    pub devices: Vec<Arc<Device>>,
}

/// Somebody whose card was sent when the request was made.
#[derive(Clone, Debug)]
pub struct AskedPerson {
    /// Who.
    pub person: PersonId,
    /// What they are called, if that is known.
    pub name: Option<String>,
    /// Why they are asked.
    pub because: Selector,
    /// Where their card is.
    pub delivery: Delivery,
}

/// Where the names of people who were asked come from.
#[derive(Clone, Copy)]
enum Names {
    /// The store, and Slack where that is too old.
    OfSlack,
    /// The store, however old.
    Stored,
}

impl App {
    /// Reads what is known about a request; people whose name is not known are asked for.
    pub async fn know(&self, id: &RequestId) -> Result<Option<Known>, StoreError> {
        self.know_by(id, Names::OfSlack).await
    }

    /// Reads what is known about a request without asking Slack for anything, for answering
    /// within Slack's patience.
    pub async fn know_stored(&self, id: &RequestId) -> Result<Option<Known>, StoreError> {
        self.know_by(id, Names::Stored).await
    }

    /// The same for drawing a card: also whether its reader may still review the request.
    pub async fn know_for(&self, card: &Card) -> Result<Option<Known>, StoreError> {
        let Some(mut known) = self.know(&card.request).await? else {
            return Ok(None);
        };
        if let Face::Approver { person, .. } = &card.face {
            let reader = BTreeSet::from([person.clone()]);
            let gone = self
                .no_longer_entitled(&known.request, &reader, Names::OfSlack)
                .await?;
            known.no_longer.extend(gone);
        }
        Ok(Some(known))
    }

    async fn know_by(&self, id: &RequestId, names: Names) -> Result<Option<Known>, StoreError> {
        let Some(request) = self.store.request(id).await? else {
            return Ok(None);
        };
        let grant = self.store.grant(&GrantId::of(id)).await?;
        let cards = self.store.cards_of(id).await?;
        let asked = self
            .asked_people(&cards, &request.requester.id, names)
            .await?;
        let since = request.asked_at - LATELY;
        let person = &request.requester.id;
        let counted = self
            .store
            .asked_lately(person, &request.facts.profile, since)
            .await?;
        let security_told = self.security_told(id, grant.as_ref()).await?;
        let changed = self.changed(&request).await?;
        let ids = asked.iter().map(|asked| &asked.person).collect();
        let others_able = self.others_able(&request, &ids).await?;
        let givers = givers(&request);
        let no_longer = self.no_longer_entitled(&request, &givers, names).await?;
        let device = self.devices.get(&request.facts.device.node);
        let devices = self.devices_to_choose(&request);
        Ok(Some(Known {
            request,
            grant,
            device,
            asked,
            others_able,
            asked_lately: counted.saturating_sub(1),
            no_longer,
            security_told,
            changed,
            devices,
        }))
    }

    /// What is told of a request in a list: of its cards nothing is read, and Slack is not asked.
    pub(super) async fn glance(
        &self,
        request: Request,
        grant: Option<Grant>,
    ) -> Result<Known, StoreError> {
        let (mut no_longer, mut asked_lately) = (Vec::new(), 0);
        if request.is_pending() {
            let givers = givers(&request);
            if !givers.is_empty() {
                no_longer = self
                    .no_longer_entitled(&request, &givers, Names::Stored)
                    .await?;
            }
            let (person, profile) = (&request.requester.id, &request.facts.profile);
            let since = request.asked_at - LATELY;
            let counted = self.store.asked_lately(person, profile, since).await?;
            asked_lately = counted.saturating_sub(1);
        }
        let changed = self.changed(&request).await?;
        let device = self.devices.get(&request.facts.device.node);
        let devices = self.devices_to_choose(&request);
        Ok(Known {
            request,
            grant,
            device,
            devices,
            asked: Vec::new(),
            others_able: 0,
            asked_lately,
            no_longer,
            security_told: None,
            changed,
        })
    }

    /// The profiles that this person may see in the form, in the order of the configuration.
    pub fn requestable(&self, who: &Identity) -> Vec<&Profile> {
        let (roster, now) = (self.memberships.roster(), self.clock.now());
        let may = |profile: &&Profile| {
            crate::domain::rights::may_request(profile, &roster, who, now)
                >= crate::domain::roster::Membership::Stale
        };
        self.policy.profiles.iter().filter(may).collect()
    }

    /// What people are called, by id; whoever is not known is asked for.
    pub async fn names(
        &self,
        ids: &BTreeSet<PersonId>,
    ) -> Result<BTreeMap<PersonId, String>, StoreError> {
        let gathered = self
            .gather(ids, TO_LOOK, Patience::for_a_decision())
            .await?;
        if let Err(error) = gathered.save_alone(&self.store, self.clock.now()).await {
            tracing::warn!(%error, "what Slack said about people could not be kept");
        }
        let mut names = self.stored_names(ids).await?;
        names.extend(gathered.names());
        Ok(names)
    }

    async fn stored_names(
        &self,
        ids: &BTreeSet<PersonId>,
    ) -> Result<BTreeMap<PersonId, String>, StoreError> {
        let wanted: Vec<PersonId> = ids.iter().cloned().collect();
        let people = self.store.people(&wanted).await?;
        Ok(people.into_iter().map(|p| (p.id, p.name)).collect())
    }

    async fn asked_people(
        &self,
        cards: &[Card],
        requester: &PersonId,
        names: Names,
    ) -> Result<Vec<AskedPerson>, StoreError> {
        let asked: Vec<(&PersonId, &Selector, &Delivery)> = cards
            .iter()
            .filter_map(|card| match &card.face {
                Face::Approver {
                    person,
                    because,
                    how: HowAsked::Asked,
                } => Some((person, because, &card.delivery)),
                _ => None,
            })
            .collect();
        let mut ids: BTreeSet<PersonId> = asked.iter().map(|(id, ..)| (*id).clone()).collect();
        ids.insert(requester.clone());
        let names = match names {
            Names::OfSlack => self.names(&ids).await?,
            Names::Stored => self.stored_names(&ids).await?,
        };
        let mut people: BTreeMap<PersonId, AskedPerson> = BTreeMap::new();
        for (person, because, delivery) in asked {
            people.entry(person.clone()).or_insert_with(|| AskedPerson {
                person: person.clone(),
                name: names.get(person).cloned(),
                because: because.clone(),
                delivery: delivery.clone(),
            });
        }
        Ok(people.into_values().collect())
    }

    /// Of those who were asked for a request, who may not review it any more, as far as that is
    /// stored.
    pub(super) async fn asked_in_vain(
        &self,
        request: &Request,
    ) -> Result<Vec<PersonId>, StoreError> {
        let cards = self.store.cards_of(&request.id).await?;
        let asked = cards
            .iter()
            .filter_map(Card::asked)
            .cloned()
            .collect::<BTreeSet<_>>();
        self.no_longer_entitled(request, &asked, Names::Stored)
            .await
    }

    /// Whoever cannot be read just now is not said to be gone: the decision itself asks again.
    async fn no_longer_entitled(
        &self,
        request: &Request,
        ids: &BTreeSet<PersonId>,
        names: Names,
    ) -> Result<Vec<PersonId>, StoreError> {
        let profile = self.policy.profile(&request.facts.profile);
        let Some(profile) = profile.filter(|_| request.is_pending()) else {
            return Ok(Vec::new());
        };
        let at_most = match names {
            Names::OfSlack => TO_LOOK,
            // They were stored with their review.
            Names::Stored => Duration::MAX,
        };
        let people = self
            .gather(ids, at_most, Patience::for_a_decision())
            .await?
            .people;
        let (roster, now) = (self.memberships.roster(), self.clock.now());
        let gone = people.into_iter().filter(|(_, who)| match who {
            Ok(who) => roster.strongest(&profile.approvers, who, now).0 == Membership::No,
            Err(Unidentified::Refused(_)) => true,
            Err(Unidentified::Unread) => false,
        });
        Ok(gone.map(|(id, _)| id).collect())
    }

    async fn security_told(
        &self,
        id: &RequestId,
        grant: Option<&Grant>,
    ) -> Result<Option<ChannelId>, StoreError> {
        if grant.is_none() {
            return Ok(None);
        }
        let told = self.store.security_told(id).await?;
        Ok(told.and_then(|stored| match stored.event.kind {
            EventKind::SecurityTold { channel } => Some(channel),
            _ => None,
        }))
    }

    /// What changed last while the request was pending.
    async fn changed(
        &self,
        request: &Request,
    ) -> Result<Option<(DateTime<Utc>, Vec<FactChange>)>, StoreError> {
        if !request.is_pending() || request.facts_number == 1 {
            return Ok(None);
        }
        let events = self.store.events_of(&request.id).await?;
        Ok(events
            .into_iter()
            .rev()
            .find_map(|stored| match stored.event.kind {
                EventKind::FactsChanged { changes, .. } => Some((stored.event.at, changes)),
                _ => None,
            }))
    }
}

/// Whose stored approval may count.
fn givers(request: &Request) -> BTreeSet<PersonId> {
    let standing = request.reviews.iter().filter(|r| request.stands(r));
    standing.map(|review| review.by.id.clone()).collect()
}
