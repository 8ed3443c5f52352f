//! Who is in which group, as of when. A decision carries the memberships that it used.

use super::ids::PersonId;
use super::person::{Email, Identity, Login};
use super::policy::Selector;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A membership older than this gives nobody the right to ask or approve.
pub const FRESH_FOR: Duration = Duration::from_mins(1);

/// The members of one group, when they were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members<T: Ord> {
    /// Everybody in it.
    pub of: BTreeSet<T>,
    /// When the platform said so.
    pub as_of: DateTime<Utc>,
}

/// All group memberships and address pins that are known at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// Slack user groups, by the handle or id that the configuration uses.
    pub user_groups: BTreeMap<String, Members<PersonId>>,
    /// Groups of the tailnet policy file, by name without `group:`.
    pub tailnet_groups: BTreeMap<String, Members<Login>>,
    /// The one account that an address of the configuration stands for: the one named in
    /// `[identity.logins]`, else the one it was first resolved to.
    pub addresses: BTreeMap<Email, PersonId>,
}

/// Whether a selector names somebody, and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// The selector does not name them.
    No,
    /// The group has never been read.
    Unknown,
    /// They were in it when it was last read, which is too long ago to open anything.
    Stale,
    /// They are in it.
    Yes,
}

impl Roster {
    /// Whether this selector names this person at this moment.
    pub fn membership(
        &self,
        selector: &Selector,
        who: &Identity,
        now: DateTime<Utc>,
    ) -> Membership {
        match selector {
            Selector::Everyone => Membership::Yes,
            Selector::Address(address) => self.address(address, who),
            Selector::UserGroup(name) => judge(self.user_groups.get(name), &who.person.id, now),
            Selector::TailnetGroup(name) => judge(self.tailnet_groups.get(name), &who.login, now),
        }
    }

    /// The strongest membership that any of the selectors gives, and the selector that gives it.
    pub fn strongest<'s>(
        &self,
        selectors: &'s [Selector],
        who: &Identity,
        now: DateTime<Utc>,
    ) -> (Membership, Option<&'s Selector>) {
        let mut best = (Membership::No, None);
        for selector in selectors {
            let membership = self.membership(selector, who, now);
            if membership > best.0 {
                best = (membership, Some(selector));
            }
        }
        best
    }

    fn address(&self, address: &Email, who: &Identity) -> Membership {
        let pinned_elsewhere = self
            .addresses
            .get(address)
            .is_some_and(|pinned| *pinned != who.person.id);
        if who.person.email.as_ref() == Some(address) && !pinned_elsewhere {
            Membership::Yes
        } else {
            Membership::No
        }
    }
}

fn judge<T: Ord>(members: Option<&Members<T>>, who: &T, now: DateTime<Utc>) -> Membership {
    match members {
        None => Membership::Unknown,
        Some(members) => {
            let age = now.signed_duration_since(members.as_of).abs();
            let fresh = age.to_std().is_ok_and(|age| age <= FRESH_FOR);
            match (members.of.contains(who), fresh) {
                (true, true) => Membership::Yes,
                (true, false) => Membership::Stale,
                (false, true) => Membership::No,
                (false, false) => Membership::Unknown,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::person::{Person, Standing};
    use chrono::TimeDelta;

    fn read_at() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
    }

    fn grace() -> Identity {
        Identity {
            person: Person {
                id: PersonId::new("UGRACE"),
                name: "Grace".into(),
                email: Some(Email::new("grace@example.com")),
                standing: Standing::Member,
                read_at: read_at(),
            },
            login: Login::new("grace@github"),
        }
    }

    fn group<T: Ord>(of: impl IntoIterator<Item = T>) -> Members<T> {
        Members {
            of: of.into_iter().collect(),
            as_of: read_at(),
        }
    }

    fn roster() -> Roster {
        let mut roster = Roster::default();
        let approvers = group([PersonId::new("UGRACE")]);
        roster.user_groups.insert("approvers".into(), approvers);
        roster.user_groups.insert("others".into(), group([]));
        let ops = group([Login::new("Grace@GitHub")]);
        roster.tailnet_groups.insert("ops".into(), ops);
        roster
    }

    fn after(seconds: i64, selector: &Selector) -> Membership {
        roster().membership(selector, &grace(), read_at() + TimeDelta::seconds(seconds))
    }

    #[test]
    fn a_group_is_believed_for_a_minute() {
        let approvers = Selector::UserGroup("approvers".into());
        let others = Selector::UserGroup("others".into());
        assert_eq!(after(60, &approvers), Membership::Yes);
        assert_eq!(after(61, &approvers), Membership::Stale);
        assert_eq!(after(60, &others), Membership::No);
        assert_eq!(after(61, &others), Membership::Unknown);
        assert_eq!(
            after(60, &Selector::TailnetGroup("ops".into())),
            Membership::Yes
        );
        assert_eq!(
            after(61, &Selector::TailnetGroup("ops".into())),
            Membership::Stale
        );
    }

    #[test]
    fn a_group_read_in_the_future_is_not_believed_for_longer() {
        let approvers = Selector::UserGroup("approvers".into());
        assert_eq!(after(-1, &approvers), Membership::Yes);
        assert_eq!(after(-61, &approvers), Membership::Stale);
    }

    #[test]
    fn a_group_that_was_never_read_says_nothing() {
        assert_eq!(
            after(0, &Selector::UserGroup("unread".into())),
            Membership::Unknown
        );
        assert_eq!(
            after(0, &Selector::TailnetGroup("unread".into())),
            Membership::Unknown
        );
    }

    #[test]
    fn an_address_stands_for_the_account_that_it_was_pinned_to() {
        let address = Selector::Address(Email::new("Grace@Example.com"));
        assert_eq!(after(9999, &address), Membership::Yes);
        let mut roster = roster();
        let pin = |id| (Email::new("grace@example.com"), PersonId::new(id));
        roster.addresses.extend([pin("UOTHER")]);
        assert_eq!(
            roster.membership(&address, &grace(), read_at()),
            Membership::No
        );
        roster.addresses.extend([pin("UGRACE")]);
        assert_eq!(
            roster.membership(&address, &grace(), read_at()),
            Membership::Yes
        );
    }

    #[test]
    fn the_strongest_selector_is_the_reason() {
        let selectors = [
            Selector::UserGroup("others".into()),
            Selector::UserGroup("approvers".into()),
            Selector::Everyone,
        ];
        let fresh = roster();
        let (membership, because) = fresh.strongest(&selectors, &grace(), read_at());
        assert_eq!(
            (membership, because),
            (Membership::Yes, Some(&selectors[1]))
        );
        let late = read_at() + TimeDelta::minutes(5);
        let (membership, because) = fresh.strongest(&selectors, &grace(), late);
        assert_eq!(
            (membership, because),
            (Membership::Yes, Some(&selectors[2]))
        );
        assert_eq!(fresh.strongest(&[], &grace(), late), (Membership::No, None));
    }
}
