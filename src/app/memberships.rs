//! Who is in which group, kept in memory and read again in the background; once more at a click
//! that finds it too old.
//!
//! Rates: `usergroups.list` allows 20 calls a minute (<https://docs.slack.dev/apis/web-api/rate-limits>);
//! one call reads all groups.

mod introductions;

use super::App;
use super::candidates::others::AbleApprovers;
use super::patience::Patience;
use crate::domain::ids::PersonId;
use crate::domain::person::{Email, Login};
use crate::domain::policy::{Policy, Selector};
use crate::domain::roster::{FRESH_FOR, Members, Roster};
use crate::domain::seconds;
use crate::slack::UserGroup;
use crate::slack::account::UserGroupState;
use crate::store::StoreError;
use chrono::{DateTime, Utc};
use introductions::Strangers;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

/// The roster of now.
#[derive(Debug, Default)]
pub struct Memberships {
    roster: RwLock<Arc<Roster>>,
    reading: Mutex<()>,
    strangers: Strangers,
    pub(super) able: AbleApprovers,
}

impl Memberships {
    /// What is known now, however old.
    pub fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.roster.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes what is known.
    pub fn change(&self, change: impl FnOnce(&mut Roster)) {
        let mut shared = self.roster.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut shared));
        drop(shared);
        self.able.forget();
    }
}

impl App {
    /// The roster for a decision: Slack's groups are read once more when they are too old.
    pub async fn roster_to_decide(&self, patience: Patience) -> Arc<Roster> {
        if uses_user_groups(&self.policy) && self.user_groups_are_old() {
            let read = patience.wait(async {
                let _one_at_a_time = self.memberships.reading.lock().await;
                if self.user_groups_are_old() {
                    self.read_user_groups().await;
                }
            });
            if read.await.is_err() {
                tracing::warn!(
                    "Slack took too long to say who is in which group; nobody approves through a group until it does"
                );
            }
        }
        self.memberships.roster()
    }

    fn user_groups_are_old(&self) -> bool {
        let now = self.clock.now();
        let roster = self.memberships.roster();
        user_group_names(&self.policy).iter().any(|name| {
            roster
                .user_groups
                .get(name)
                .is_none_or(|members| seconds::until(now, members.as_of) > FRESH_FOR)
        })
    }

    /// Reads all Slack user groups that the policy names.
    pub async fn read_user_groups(&self) {
        let names = user_group_names(&self.policy);
        if names.is_empty() {
            return;
        }
        let asked_at = self.clock.now();
        let team = self
            .installed
            .get()
            .filter(|i| i.is_org_wide())
            .map(|i| i.team.clone());
        match self.slack.usergroups(team.as_ref()).await {
            Ok(groups) => {
                let read = named_groups(&names, &groups);
                let before = self.memberships.roster();
                self.memberships
                    .change(|roster| roster.user_groups = dated(&read, asked_at));
                let moved = moved(&before.user_groups, &read);
                if let Err(error) = self.homes_follow_people(&moved).await {
                    tracing::warn!(%error, "home tabs could not follow a change of groups");
                }
                if let Err(error) = self.keep_user_groups(&read, asked_at).await {
                    tracing::warn!(%error, "the groups that Slack named could not be kept for a restart");
                }
            }
            Err(error) => {
                tracing::warn!(%error, "Slack did not say who is in which group; after a minute nobody can approve through a group");
            }
        }
    }

    /// Reads the groups of the tailnet policy file that the policy names.
    pub async fn read_tailnet_groups(&self) {
        let names = tailnet_group_names(&self.policy);
        if names.is_empty() {
            return;
        }
        let asked_at = self.clock.now();
        match self.tailscale.groups().await {
            Ok(mut groups) => {
                let read: BTreeMap<String, BTreeSet<Login>> = names
                    .into_iter()
                    .map(|name| {
                        let of = groups.remove(&name).unwrap_or_default();
                        (name, of)
                    })
                    .collect();
                let before = self.memberships.roster();
                self.memberships
                    .change(|roster| roster.tailnet_groups = dated(&read, asked_at));
                let moved = moved(&before.tailnet_groups, &read);
                if let Err(error) = self.homes_follow_logins(moved).await {
                    tracing::warn!(%error, "home tabs could not follow a change of groups");
                }
                if let Err(error) = self.keep_tailnet_groups(&read, asked_at).await {
                    tracing::warn!(%error, "the tailnet's groups could not be kept for a restart");
                }
            }
            Err(error) => {
                let (method, outcome) = (error.call.label(), error.kind.label());
                tracing::warn!(
                    method,
                    outcome,
                    status = error.status,
                    "Tailscale did not say who is in which group; after a minute nobody can approve through a group"
                );
            }
        }
    }

    /// Finds the account behind each address that the policy names, and pins it.
    pub async fn resolve_addresses(&self) -> Result<(), StoreError> {
        let mut known = self.store.address_pins().await?;
        for (id, login) in &self.policy.logins {
            known.insert(Email::new(login.as_str()), id.clone());
        }
        self.memberships
            .change(|roster| roster.addresses.clone_from(&known));
        let Some(installation) = self.installed.get() else {
            return Ok(());
        };
        for address in addresses(&self.policy) {
            if known.contains_key(&address) {
                continue;
            }
            let account = match self.slack.users_lookup_by_email(&address).await {
                Ok(Some(account)) => account,
                Ok(None) => {
                    tracing::warn!(
                        "an address in the configuration belongs to no account; `lapse check --live` names it"
                    );
                    continue;
                }
                Err(error) => {
                    tracing::warn!(%error, "Slack did not say whose an address in the configuration is; asking again");
                    continue;
                }
            };
            let now = self.clock.now();
            let person = account.person(&installation, now);
            if person.email.as_ref() != Some(&address) {
                continue;
            }
            let mut tx = self.store.begin().await?;
            tx.upsert_person(&person).await?;
            tx.pin_address(&address, &person.id).await?;
            tx.commit().await?;
            self.memberships.change(|roster| {
                roster.addresses.entry(address).or_insert(person.id);
            });
        }
        Ok(())
    }

    /// Loads what was known before the last stop: too old to open anything, good enough to deny.
    pub async fn remember_memberships(&self) -> Result<(), StoreError> {
        let remembered = self.store.roster().await?;
        self.memberships.change(|roster| *roster = remembered);
        Ok(())
    }
}

impl App {
    async fn homes_follow_logins(&self, moved: BTreeSet<Login>) -> Result<(), StoreError> {
        if moved.is_empty() {
            return Ok(());
        }
        let logins: Vec<Login> = moved.into_iter().collect();
        let owners = self.owners_of(&logins).await?;
        let people = owners.into_iter().map(|(_, person)| person).collect();
        self.homes_follow_people(&people).await
    }

    async fn keep_user_groups(
        &self,
        groups: &BTreeMap<String, BTreeSet<PersonId>>,
        as_of: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        tx.save_user_groups(groups, as_of).await?;
        tx.commit().await
    }

    async fn keep_tailnet_groups(
        &self,
        groups: &BTreeMap<String, BTreeSet<Login>>,
        as_of: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        tx.save_tailnet_groups(groups, as_of).await?;
        tx.commit().await
    }
}

/// The members of every group that the policy names; one that Slack does not know, or that was
/// disabled, has none.
fn named_groups(
    names: &BTreeSet<String>,
    groups: &[UserGroup],
) -> BTreeMap<String, BTreeSet<PersonId>> {
    let members = |name: &String| {
        groups
            .iter()
            .filter(|group| group.state == UserGroupState::Enabled)
            .filter(|group| group.handle == *name || group.id.as_str() == name)
            .flat_map(|group| group.users.iter().cloned())
            .collect()
    };
    names
        .iter()
        .map(|name| (name.clone(), members(name)))
        .collect()
}

/// Whoever came into one of these groups, or left one.
fn moved<T: Ord + Clone>(
    before: &BTreeMap<String, Members<T>>,
    now: &BTreeMap<String, BTreeSet<T>>,
) -> BTreeSet<T> {
    let nobody = BTreeSet::new();
    let moved = now.iter().flat_map(|(name, of)| {
        let then = before.get(name).map_or(&nobody, |members| &members.of);
        then.symmetric_difference(of)
    });
    moved.cloned().collect()
}

fn dated<T: Ord + Clone>(
    groups: &BTreeMap<String, BTreeSet<T>>,
    as_of: DateTime<Utc>,
) -> BTreeMap<String, Members<T>> {
    let dated = |of: &BTreeSet<T>| Members {
        of: of.clone(),
        as_of,
    };
    groups
        .iter()
        .map(|(name, of)| (name.clone(), dated(of)))
        .collect()
}

fn uses_user_groups(policy: &Policy) -> bool {
    policy
        .selectors()
        .iter()
        .any(|selector| matches!(selector, Selector::UserGroup(_)))
}

fn user_group_names(policy: &Policy) -> BTreeSet<String> {
    let names = policy
        .selectors()
        .into_iter()
        .filter_map(|selector| match selector {
            Selector::UserGroup(name) => Some(name.clone()),
            _ => None,
        });
    names.collect()
}

fn tailnet_group_names(policy: &Policy) -> BTreeSet<String> {
    let names = policy
        .selectors()
        .into_iter()
        .filter_map(|selector| match selector {
            Selector::TailnetGroup(name) => Some(name.clone()),
            _ => None,
        });
    names.collect()
}

fn addresses(policy: &Policy) -> BTreeSet<Email> {
    let addresses = policy
        .selectors()
        .into_iter()
        .filter_map(|selector| match selector {
            Selector::Address(address) => Some(address.clone()),
            _ => None,
        });
    addresses.collect()
}
