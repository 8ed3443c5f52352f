//! Finds out which Slack accounts are behind the logins of approver groups, so that somebody
//! who has never used Lapse can be asked. Whether they may decide is still judged at the click.
//!
//! Rates: `users.lookupByEmail` allows 50 calls a minute
//! (<https://docs.slack.dev/apis/web-api/rate-limits>). A round asks for a few logins and comes
//! every 25 seconds; whoever was found is stored and never asked for here again.

use crate::app::App;
use crate::domain::ids::PersonId;
use crate::domain::person::{Email, Login, Standing};
use crate::domain::policy::Selector;
use crate::store::StoreError;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Calls a round.
const AT_ONCE: usize = 15;
/// A round must not keep the groups from being read again within their minute.
const PATIENCE: Duration = Duration::from_secs(10);
/// A login that Slack knows nobody behind is asked for again after this.
const FORGET_AFTER: TimeDelta = TimeDelta::hours(1);

/// Logins that no account was found for, and when.
#[derive(Debug, Default)]
pub(super) struct Strangers(Mutex<BTreeMap<Login, DateTime<Utc>>>);

impl Strangers {
    fn note(&self, login: Login, now: DateTime<Utc>) {
        let mut strangers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        strangers.insert(login, now);
    }

    /// The logins that are worth asking for, the first few of them.
    fn worth_asking(&self, unknown: BTreeSet<Login>, now: DateTime<Utc>) -> Vec<Login> {
        let mut strangers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        strangers.retain(|login, asked_at| {
            unknown.contains(login) && (now - *asked_at).abs() < FORGET_AFTER
        });
        let unknown = unknown.into_iter();
        unknown
            .filter(|login| !strangers.contains_key(login))
            .take(AT_ONCE)
            .collect()
    }
}

impl App {
    /// Who these logins belong to: the pairs of `[identity.logins]` win over what is stored, as
    /// they do when somebody acts.
    pub(in crate::app) async fn owners_of(
        &self,
        logins: &[Login],
    ) -> Result<Vec<(Login, PersonId)>, StoreError> {
        let explicit = &self.policy.logins;
        let named: BTreeSet<&Login> = explicit.values().collect();
        let mut owners: Vec<(Login, PersonId)> = explicit
            .iter()
            .filter(|(_, login)| logins.contains(login))
            .map(|(person, login)| (login.clone(), person.clone()))
            .collect();
        let stored = self.store.people_with_logins(logins).await?;
        owners.extend(
            stored
                .into_iter()
                .filter(|(login, person)| !named.contains(login) && !explicit.contains_key(person)),
        );
        Ok(owners)
    }

    /// Looks up some of the approvers that no account is known for yet.
    pub async fn meet_approvers(&self) {
        match self.clock.timeout(PATIENCE, self.meet_some()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "who is behind the logins of approver groups could not be stored; trying again");
            }
            Err(_) => {
                tracing::warn!(
                    "Slack took too long to say who is behind the logins of approver groups; asking again"
                );
            }
        }
    }

    async fn meet_some(&self) -> Result<(), StoreError> {
        let Some(installation) = self.installed.get() else {
            return Ok(());
        };
        let unknown = self.unknown_approvers().await?;
        let now = self.clock.now();
        let strangers = &self.memberships.strangers;
        for login in strangers.worth_asking(unknown, now) {
            let address = Email::new(login.as_str());
            let found = match self.slack.users_lookup_by_email(&address).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::warn!(%error, "Slack did not say who is behind a login of an approver group; asking again");
                    if error.retry_after().is_none() {
                        strangers.note(login, now);
                    }
                    return Ok(());
                }
            };
            let person = found
                .map(|account| account.person(&installation, now))
                .filter(|person| person.standing == Standing::Member)
                .filter(|person| person.email.as_ref() == Some(&address));
            let Some(person) = person else {
                strangers.note(login, now);
                continue;
            };
            let mut tx = self.store.begin().await?;
            tx.upsert_person(&person).await?;
            tx.commit().await?;
            self.memberships.able.forget();
        }
        Ok(())
    }

    /// Logins of approver groups that could be somebody's address and belong to nobody known.
    async fn unknown_approvers(&self) -> Result<BTreeSet<Login>, StoreError> {
        let roster = self.memberships.roster();
        let approvers = self.policy.profiles.iter().flat_map(|p| &p.approvers);
        let groups: BTreeSet<&String> = approvers
            .filter_map(|selector| match selector {
                Selector::TailnetGroup(name) => Some(name),
                _ => None,
            })
            .collect();
        let members = groups
            .into_iter()
            .filter_map(|name| roster.tailnet_groups.get(name));
        let mut logins: BTreeSet<Login> = members
            .flat_map(|group| group.of.iter())
            .filter(|login| is_address(login))
            .cloned()
            .collect();
        let asked: Vec<Login> = logins.iter().cloned().collect();
        for (login, _) in self.owners_of(&asked).await? {
            logins.remove(&login);
        }
        Ok(logins)
    }
}

/// `amelie@example.com`, but not `amelie@github`.
fn is_address(login: &Login) -> bool {
    login
        .as_str()
        .split_once('@')
        .is_some_and(|(local, host)| !local.is_empty() && host.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn logins(names: &[&str]) -> BTreeSet<Login> {
        names.iter().map(|name| Login::new(name)).collect()
    }

    #[test]
    fn somebody_whom_slack_does_not_know_is_asked_for_again_after_an_hour() {
        let strangers = Strangers::default();
        let both = || logins(&["ada@example.com", "grace@example.com"]);
        strangers.note(Login::new("ada@example.com"), at(0));
        let asked = |minutes| strangers.worth_asking(both(), at(minutes));
        assert_eq!(asked(59), [Login::new("grace@example.com")]);
        assert_eq!(asked(60).len(), 2);
    }

    #[test]
    fn somebody_who_left_and_came_back_is_asked_for_at_once() {
        let strangers = Strangers::default();
        strangers.note(Login::new("ada@example.com"), at(0));
        assert!(strangers.worth_asking(BTreeSet::new(), at(1)).is_empty());
        let back = logins(&["ada@example.com"]);
        assert_eq!(strangers.worth_asking(back, at(2)).len(), 1);
    }

    #[test]
    fn a_round_stays_below_the_limit_of_the_method() {
        let many = (0..100).map(|n| Login::new(&format!("p{n}@example.com")));
        let round = Strangers::default().worth_asking(many.collect(), at(0));
        assert_eq!(round.len(), AT_ONCE);
    }

    #[test]
    fn only_an_address_can_be_looked_up() {
        for (login, looks_like_one) in [
            ("amelie@example.com", true),
            ("amelie@github", false),
            ("@example.com", false),
            ("amelie", false),
        ] {
            assert_eq!(is_address(&Login::new(login)), looks_like_one, "{login}");
        }
    }
}
