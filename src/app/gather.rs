//! Reads the people that a decision concerns, from the store and, where that is too old, from
//! Slack: side by side, one second each.

use super::App;
use super::patience::Patience;
use crate::domain::audit::{Actor, AuditEvent, EventKind, Subject};
use crate::domain::ids::PersonId;
use crate::domain::person::{Identity, Login, Person, Pins, claimed_login, identify};
use crate::domain::world::{People, Unidentified};
use crate::store::{Store, StoreError, Tx};
use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Old enough for opening a form.
pub const TO_LOOK: Duration = Duration::from_hours(24);
/// Old enough for asking and deciding.
pub const TO_DECIDE: Duration = Duration::from_mins(10);

/// People as known at one moment, with what is still to be stored about them.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Who they are.
    pub people: People,
    read_now: Vec<Person>,
    new_pins: Vec<(PersonId, Login)>,
}

impl App {
    /// Finds out who these people are; nobody's row may be older than `at_most`.
    pub async fn gather(
        &self,
        ids: &BTreeSet<PersonId>,
        at_most: Duration,
        patience: Patience,
    ) -> Result<Gathered, StoreError> {
        let now = self.clock.now();
        let wanted: Vec<PersonId> = ids.iter().cloned().collect();
        let mut known: BTreeMap<PersonId, Person> = BTreeMap::new();
        for person in self.store.people(&wanted).await? {
            if age(&person, now) <= at_most {
                known.insert(person.id.clone(), person);
            }
        }
        let unknown = wanted.iter().filter(|id| !known.contains_key(*id));
        let read_now: Vec<Person> = join_all(unknown.map(|id| self.ask_slack(id, patience)))
            .await
            .into_iter()
            .flatten()
            .collect();
        known.extend(
            read_now
                .iter()
                .map(|person| (person.id.clone(), person.clone())),
        );

        let mut gathered = Gathered {
            read_now,
            ..Gathered::default()
        };
        let pins = self.pins_of(known.values()).await?;
        for id in wanted {
            let who = match known.get(&id) {
                None => Err(Unidentified::Unread),
                Some(person) => {
                    let pins = pins.get(&id).cloned().unwrap_or_default();
                    self.identify(person, &pins, &mut gathered.new_pins)
                }
            };
            gathered.people.insert(id, who);
        }
        Ok(gathered)
    }

    /// Finds out who one person is.
    pub async fn who_is(
        &self,
        id: &PersonId,
        at_most: Duration,
        patience: Patience,
    ) -> Result<(Result<Identity, Unidentified>, Gathered), StoreError> {
        let gathered = self
            .gather(&BTreeSet::from([id.clone()]), at_most, patience)
            .await?;
        let who = gathered
            .people
            .get(id)
            .cloned()
            .unwrap_or(Err(Unidentified::Unread));
        Ok((who, gathered))
    }

    async fn ask_slack(&self, id: &PersonId, patience: Patience) -> Option<Person> {
        let installation = self.installed.get()?;
        match patience.wait(self.slack.users_info(id)).await {
            Ok(Ok(account)) => Some(account.person(&installation, self.clock.now())),
            Ok(Err(error)) => {
                tracing::warn!(person = %id, %error, "Slack did not say who somebody is");
                None
            }
            Err(_) => {
                tracing::warn!(person = %id, "Slack took too long to say who somebody is");
                None
            }
        }
    }

    /// What is stored about these people's logins.
    async fn pins_of(
        &self,
        people: impl Iterator<Item = &Person>,
    ) -> Result<BTreeMap<PersonId, Pins>, StoreError> {
        let explicit = &self.policy.logins;
        let claims: Vec<(PersonId, Login)> = people
            .filter_map(|person| Some((person.id.clone(), claimed_login(person, explicit)?)))
            .collect();
        let pins = self.store.pins(&claims).await?;
        Ok(claims.into_iter().map(|(id, _)| id).zip(pins).collect())
    }

    fn identify(
        &self,
        person: &Person,
        pins: &Pins,
        new_pins: &mut Vec<(PersonId, Login)>,
    ) -> Result<Identity, Unidentified> {
        let identity =
            identify(person, &self.policy.logins, pins).map_err(Unidentified::Refused)?;
        if pins.login_of_id.is_none() && pins.id_of_login.is_none() {
            new_pins.push((person.id.clone(), identity.login.clone()));
        }
        Ok(identity)
    }
}

impl Gathered {
    /// Whether all of these people were looked for.
    pub fn covers(&self, ids: &BTreeSet<PersonId>) -> bool {
        ids.iter().all(|id| self.people.contains_key(id))
    }

    /// Whether there is nothing to store about them.
    pub fn holds_nothing_new(&self) -> bool {
        self.read_now.is_empty() && self.new_pins.is_empty()
    }

    /// Stores what was learnt, in the transaction of the decision that needed it.
    pub async fn save(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<(), StoreError> {
        for person in &self.read_now {
            tx.upsert_person(person).await?;
        }
        for (id, login) in &self.new_pins {
            if !tx.pin(id, login).await? {
                let stored = tx.pins(&[(id.clone(), login.clone())]).await?;
                if stored
                    .iter()
                    .any(|pins| pins.login_of_id.as_ref() == Some(login))
                {
                    continue;
                }
                return Err(StoreError::Conflict);
            }
            tx.record(&AuditEvent {
                subject: Subject::Person(id.clone()),
                actor: Actor::Lapse,
                at: now,
                kind: EventKind::IdentityPinned {
                    login: login.clone(),
                },
            })
            .await?;
        }
        Ok(())
    }

    /// What the accounts that were read just now are called.
    pub fn names(&self) -> BTreeMap<PersonId, String> {
        self.read_now
            .iter()
            .map(|person| (person.id.clone(), person.name.clone()))
            .collect()
    }

    /// Stores what was learnt when no decision followed.
    pub async fn save_alone(&self, store: &Store, now: DateTime<Utc>) -> Result<(), StoreError> {
        if self.holds_nothing_new() {
            return Ok(());
        }
        let mut tx = store.begin().await?;
        self.save(&mut tx, now).await?;
        tx.commit().await
    }
}

fn age(person: &Person, now: DateTime<Utc>) -> Duration {
    now.signed_duration_since(person.read_at)
        .to_std()
        .unwrap_or_default()
}
