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

/// Slack's accounts and groups, each read once.
pub(super) struct People<'a> {
    slack: &'a dyn Slack,
    installation: &'a Installation,
    user_groups: Vec<UserGroup>,
    tailnet_groups: Option<&'a Groups>,
    is_member: BTreeMap<PersonId, bool>,
    by_address: BTreeMap<Email, Option<PersonId>>,
}

impl<'a> People<'a> {
    /// Nobody has been asked about yet.
    pub(super) fn new(
        slack: &'a dyn Slack,
        installation: &'a Installation,
        user_groups: Vec<UserGroup>,
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
            Selector::Address(address) => {
                Size::Of(usize::from(self.holder(address).await.is_some()))
            }
            Selector::UserGroup(name) => Size::Of(self.user_group(name).len()),
            Selector::TailnetGroup(name) => match self.tailnet_groups {
                None => Size::Unchecked,
                Some(groups) => Size::Of(groups.get(name).map_or(0, BTreeSet::len)),
            },
        }
    }

    /// How many different full members these selectors name together, counted no further than
    /// needed: each has to be asked for.
    pub(super) async fn reach(&mut self, selectors: &[Selector], needed: usize) -> Size {
        let mut found: BTreeSet<PersonId> = BTreeSet::new();
        for selector in selectors {
            let candidates = match selector {
                Selector::Everyone => return Size::Everyone,
                Selector::Address(address) => self.holder(address).await.into_iter().collect(),
                Selector::UserGroup(name) => self.user_group(name),
                Selector::TailnetGroup(name) => {
                    let Some(groups) = self.tailnet_groups else {
                        return Size::Unchecked;
                    };
                    let logins = groups.get(name).into_iter().flatten();
                    let addresses: Vec<Email> = logins.map(|l| Email::new(l.as_str())).collect();
                    let mut holders = BTreeSet::new();
                    for address in addresses {
                        if found.len() + holders.len() >= needed {
                            break;
                        }
                        holders.extend(self.holder(&address).await);
                    }
                    holders
                }
            };
            for person in candidates {
                if found.len() >= needed {
                    return Size::Of(found.len());
                }
                if self.is_member(&person).await {
                    found.insert(person);
                }
            }
        }
        Size::Of(found.len())
    }

    /// The full member whose address it is.
    async fn holder(&mut self, address: &Email) -> Option<PersonId> {
        if let Some(known) = self.by_address.get(address) {
            return known.clone();
        }
        let account = self.slack.users_lookup_by_email(address).await;
        let holder = account.ok().flatten().and_then(|account| {
            let (id, is_member) = self.read(&account);
            self.is_member.insert(id.clone(), is_member);
            is_member.then_some(id)
        });
        self.by_address.insert(address.clone(), holder.clone());
        holder
    }

    async fn is_member(&mut self, person: &PersonId) -> bool {
        if let Some(known) = self.is_member.get(person) {
            return *known;
        }
        let account = self.slack.users_info(person).await;
        let is_member = account.is_ok_and(|account| self.read(&account).1);
        self.is_member.insert(person.clone(), is_member);
        is_member
    }

    fn read(&self, account: &Account) -> (PersonId, bool) {
        let person = account.person(self.installation, Clock::system().now());
        (person.id, person.standing == Standing::Member)
    }

    fn user_group(&self, name: &str) -> BTreeSet<PersonId> {
        let groups = self.user_groups.iter();
        groups
            .filter(|group| group.state == UserGroupState::Enabled)
            .filter(|group| group.handle == name || group.id.as_str() == name)
            .flat_map(|group| group.users.iter().cloned())
            .collect()
    }
}
