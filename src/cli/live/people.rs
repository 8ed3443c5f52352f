//! Who stands behind the selectors, as Slack and the tailnet policy say just now.

use crate::clock::Clock;
use crate::domain::ids::PersonId;
use crate::domain::person::{Email, Standing};
use crate::domain::policy::Selector;
use crate::slack::account::{Account, UserGroupState};
use crate::slack::{Installation, Slack, UserGroup};
use crate::tailscale::Groups;
use std::collections::{BTreeMap, BTreeSet};

/// How many people selectors name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// Everybody in the workspace.
    Everyone,
    /// The platform that knows could not be asked.
    Unchecked,
    /// So many.
    Of(usize),
}

/// The platform that knows could not be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unread;

/// Slack's accounts and groups, each read once.
pub(super) struct People<'a> {
    slack: &'a dyn Slack,
    installation: &'a Installation,
    user_groups: Option<Vec<UserGroup>>,
    tailnet_groups: Option<&'a Groups>,
    is_member: BTreeMap<PersonId, bool>,
    by_address: BTreeMap<Email, Option<PersonId>>,
}

impl<'a> People<'a> {
    /// Nobody has been asked about yet.
    pub(super) fn new(
        slack: &'a dyn Slack,
        installation: &'a Installation,
        user_groups: Option<Vec<UserGroup>>,
        tailnet_groups: Option<&'a Groups>,
    ) -> Self {
        Self {
            slack,
            installation,
            user_groups,
            tailnet_groups,
            is_member: BTreeMap::new(),
            by_address: BTreeMap::new(),
        }
    }

    /// How many people a selector names; members of a group are counted and not looked at.
    pub(super) async fn count(&mut self, selector: &Selector) -> Size {
        match selector {
            Selector::Everyone => Size::Everyone,
            Selector::Address(address) => match self.holder(address).await {
                Ok(holder) => Size::Of(usize::from(holder.is_some())),
                Err(Unread) => Size::Unchecked,
            },
            Selector::UserGroup(name) => self
                .user_group(name)
                .map_or(Size::Unchecked, |group| Size::Of(group.len())),
            Selector::TailnetGroup(name) => match self.tailnet_groups {
                None => Size::Unchecked,
                Some(groups) => Size::Of(groups.get(name).map_or(0, BTreeSet::len)),
            },
        }
    }

    /// How many different full members these selectors name together, counted no further than
    /// needed: each has to be asked for.
    pub(super) async fn reach(&mut self, selectors: &[Selector], needed: usize) -> Size {
        self.reached(selectors, needed)
            .await
            .unwrap_or(Size::Unchecked)
    }

    async fn reached(&mut self, selectors: &[Selector], needed: usize) -> Result<Size, Unread> {
        let mut found: BTreeSet<PersonId> = BTreeSet::new();
        for selector in selectors {
            let candidates = match selector {
                Selector::Everyone => return Ok(Size::Everyone),
                Selector::Address(address) => self.holder(address).await?.into_iter().collect(),
                Selector::UserGroup(name) => self.user_group(name)?,
                Selector::TailnetGroup(name) => {
                    let Some(groups) = self.tailnet_groups else {
                        return Err(Unread);
                    };
                    let logins = groups.get(name).into_iter().flatten();
                    let addresses: Vec<Email> = logins.map(|l| Email::new(l.as_str())).collect();
                    let mut holders = BTreeSet::new();
                    for address in addresses {
                        if found.len() + holders.len() >= needed {
                            break;
                        }
                        holders.extend(self.holder(&address).await?);
                    }
                    holders
                }
            };
            for person in candidates {
                if found.len() >= needed {
                    return Ok(Size::Of(found.len()));
                }
                if self.is_member(&person).await? {
                    found.insert(person);
                }
            }
        }
        Ok(Size::Of(found.len()))
    }

    /// The full member whose address it is.
    async fn holder(&mut self, address: &Email) -> Result<Option<PersonId>, Unread> {
        if let Some(known) = self.by_address.get(address) {
            return Ok(known.clone());
        }
        let account = self.slack.users_lookup_by_email(address).await;
        let account = account.map_err(|_| Unread)?;
        let holder = account.and_then(|account| {
            let (id, is_member) = self.read(&account);
            self.is_member.insert(id.clone(), is_member);
            is_member.then_some(id)
        });
        self.by_address.insert(address.clone(), holder.clone());
        Ok(holder)
    }

    async fn is_member(&mut self, person: &PersonId) -> Result<bool, Unread> {
        if let Some(known) = self.is_member.get(person) {
            return Ok(*known);
        }
        let is_member = match self.slack.users_info(person).await {
            Ok(account) => self.read(&account).1,
            Err(error) if error.is("user_not_found") => false,
            Err(_) => return Err(Unread),
        };
        self.is_member.insert(person.clone(), is_member);
        Ok(is_member)
    }

    fn read(&self, account: &Account) -> (PersonId, bool) {
        let person = account.person(self.installation, Clock::system().now());
        (person.id, person.standing == Standing::Member)
    }

    fn user_group(&self, name: &str) -> Result<BTreeSet<PersonId>, Unread> {
        let groups = self.user_groups.as_ref().ok_or(Unread)?.iter();
        Ok(groups
            .filter(|group| group.state == UserGroupState::Enabled)
            .filter(|group| group.handle == name || group.id.as_str() == name)
            .flat_map(|group| group.users.iter().cloned())
            .collect())
    }
}
