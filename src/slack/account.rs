//! What Slack knows about accounts, groups and the installation itself.

use super::ids::{EnterpriseId, UserGroupId};
use super::parse::Caller;
use crate::domain::ids::{PersonId, TeamId};
use crate::domain::person::{Email, Person, Standing};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// Whether the app is installed in one workspace or in a whole organisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// One workspace.
    #[default]
    Workspace,
    /// Every workspace of an Enterprise organisation.
    Organisation,
}

/// Where the token is installed and what it may do, as `auth.test` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The workspace; for an organisation, what `auth.test` gives in its place.
    pub team: TeamId,
    /// The organisation, if the workspace belongs to one.
    pub enterprise: Option<EnterpriseId>,
    /// One workspace or the organisation.
    pub reach: Reach,
    /// The bot's own account.
    pub bot_user: PersonId,
    /// The bot behind that account.
    pub bot_id: Option<String>,
    /// The scopes that were granted; empty when Slack did not say.
    pub scopes: BTreeSet<String>,
}

impl Installation {
    /// Whether it covers a whole organisation.
    pub fn is_org_wide(&self) -> bool {
        self.reach == Reach::Organisation
    }

    /// Whether a call comes from this workspace's people, as far as the call itself says. The
    /// click of somebody external carries our workspace in `team.id` and theirs in
    /// `user.team_id`, so only the latter counts; for an organisation `users.info` decides.
    pub fn admits(&self, caller: &Caller) -> bool {
        self.is_org_wide()
            || caller
                .user_team
                .as_ref()
                .is_none_or(|team| *team == self.team)
    }
}

/// A Slack user group and who is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserGroup {
    /// The opaque id.
    pub id: UserGroupId,
    /// The name behind the `@`.
    pub handle: String,
    /// Who is in it.
    pub users: BTreeSet<PersonId>,
    /// Whether it still stands.
    pub state: UserGroupState,
}

/// Whether a user group still stands. One that was disabled names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserGroupState {
    /// In use.
    Enabled,
    /// Disabled at some time; Slack keeps it and its members.
    Disabled,
}

/// One account as `users.info` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The Slack user id.
    pub id: PersonId,
    /// The name that people read; not escaped.
    pub name: String,
    /// The address, once it is confirmed. Slack does not always say whether it is; only a
    /// clear "no" counts as one.
    pub email: Option<Email>,
    /// The person's time zone, if Slack shows one that we know.
    pub time_zone: Option<Tz>,
    /// The workspace it belongs to.
    pub team: Option<TeamId>,
    /// The organisation it belongs to.
    pub enterprise: Option<EnterpriseId>,
    /// What Slack says the account is, wherever it belongs.
    pub nature: Nature,
}

/// What Slack says an account is, wherever it belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// A person with a full account.
    Full,
    /// A person with a full account whose address was never confirmed.
    Unconfirmed,
    /// Single- or multi-channel guest.
    Guest,
    /// Somebody of another organisation, seen through a shared channel.
    Stranger,
    /// A bot user, a workflow, or Slack itself.
    Bot,
    /// Switched off.
    Deactivated,
}

impl Account {
    /// Judges the account by where Lapse is installed. Whatever is unclear counts as what gives
    /// less: an account without a workspace is somebody else's.
    pub fn person(&self, installed: &Installation, now: DateTime<Utc>) -> Person {
        let standing = self.standing(installed);
        let foreign = standing == Standing::External;
        Person {
            id: self.id.clone(),
            name: self.name.clone(),
            // Another workspace can put any address on its accounts.
            email: self.email.clone().filter(|_| !foreign),
            standing,
            read_at: now,
        }
    }

    fn standing(&self, installed: &Installation) -> Standing {
        match self.nature {
            Nature::Deactivated => Standing::Deactivated,
            Nature::Bot => Standing::Bot,
            Nature::Guest => Standing::Guest,
            Nature::Stranger => Standing::External,
            Nature::Full | Nature::Unconfirmed if !self.belongs_to(installed) => Standing::External,
            Nature::Unconfirmed => Standing::Unconfirmed,
            Nature::Full => Standing::Member,
        }
    }

    fn belongs_to(&self, installed: &Installation) -> bool {
        let same_team = self.team.as_ref() == Some(&installed.team);
        let same_organisation = installed.reach == Reach::Organisation
            && self.enterprise.is_some()
            && self.enterprise == installed.enterprise;
        same_team || same_organisation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(reach: Reach) -> Installation {
        Installation {
            team: TeamId::new("T0HARBOUR"),
            enterprise: Some(EnterpriseId::new("E0FLEET")),
            reach,
            bot_user: PersonId::new("U0LAPSE"),
            bot_id: None,
            scopes: BTreeSet::new(),
        }
    }

    fn account(nature: Nature, team: Option<&str>, enterprise: Option<&str>) -> Account {
        Account {
            id: PersonId::new("U0AMELIE"),
            name: "Amelie".to_owned(),
            email: Some(Email::new("amelie@example.com")),
            time_zone: None,
            team: team.map(TeamId::new),
            enterprise: enterprise.map(EnterpriseId::new),
            nature,
        }
    }

    fn judged(account: &Account, reach: Reach) -> Person {
        account.person(&installed(reach), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn only_a_full_account_of_the_installed_workspace_is_a_member() {
        for (nature, expected) in [
            (Nature::Full, Standing::Member),
            (Nature::Unconfirmed, Standing::Unconfirmed),
            (Nature::Guest, Standing::Guest),
            (Nature::Stranger, Standing::External),
            (Nature::Bot, Standing::Bot),
            (Nature::Deactivated, Standing::Deactivated),
        ] {
            let at_home = account(nature, Some("T0HARBOUR"), None);
            assert_eq!(judged(&at_home, Reach::Workspace).standing, expected);
        }
    }

    #[test]
    fn accounts_of_other_workspaces_are_external_and_keep_no_address() {
        for nature in [Nature::Full, Nature::Unconfirmed] {
            for team in [Some("T0RIVAL"), None] {
                let person = judged(&account(nature, team, None), Reach::Workspace);
                assert_eq!(person.standing, Standing::External);
                assert_eq!(person.email, None);
            }
        }
    }

    #[test]
    fn the_organisation_counts_only_where_the_whole_of_it_is_installed() {
        let colleague = account(Nature::Full, Some("T0ISLAND"), Some("E0FLEET"));
        assert_eq!(
            judged(&colleague, Reach::Organisation).standing,
            Standing::Member
        );
        assert_eq!(
            judged(&colleague, Reach::Workspace).standing,
            Standing::External
        );
        let rival = account(Nature::Full, Some("T0RIVAL"), Some("E0RIVAL"));
        assert_eq!(
            judged(&rival, Reach::Organisation).standing,
            Standing::External
        );
    }

    #[test]
    fn two_unknown_organisations_are_not_the_same_one() {
        let mut nowhere = installed(Reach::Organisation);
        nowhere.enterprise = None;
        let account = account(Nature::Full, Some("T0RIVAL"), None);
        let person = account.person(&nowhere, DateTime::UNIX_EPOCH);
        assert_eq!(person.standing, Standing::External);
    }
}
