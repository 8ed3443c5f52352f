//! Who is behind something that arrived.

use super::Malformed;
use super::form::Form;
use super::lenient::{WithId, filled, id_of};
use crate::domain::ids::{PersonId, TeamId};
use crate::slack::account::Reach;
use crate::slack::ids::EnterpriseId;
use serde::Deserialize;

/// Who clicked, typed or submitted, as far as the payload says. It is authenticated by the
/// signature and by nothing else; whether this person may act is for `users.info` and the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The Slack user id.
    pub person: PersonId,
    /// The person's own workspace. For somebody from outside, in a shared channel, this is not
    /// the installed one; commands do not carry it.
    pub user_team: Option<TeamId>,
    /// The workspace in which it happened: the installed one also for people from outside.
    /// Absent in installations of a whole organisation.
    pub team: Option<TeamId>,
    /// The organisation, if the workspace belongs to one.
    pub enterprise: Option<EnterpriseId>,
    /// Whether the app is installed in one workspace or in a whole organisation.
    pub reach: Reach,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireUser {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    team_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireTeam {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    pub(super) domain: Option<String>,
    #[serde(default)]
    enterprise_id: Option<String>,
}

/// `is_enterprise_install` is a boolean in JSON and a word in forms, and in some JSON too.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Flag {
    Boolean(bool),
    Word(String),
}

impl Flag {
    pub(super) fn reach(flag: Option<&Self>) -> Reach {
        match flag {
            Some(Self::Boolean(true)) => Reach::Organisation,
            Some(Self::Word(word)) if word == "true" => Reach::Organisation,
            _ => Reach::Workspace,
        }
    }
}

impl Caller {
    pub(super) fn from_wire(
        user: Option<WireUser>,
        team: Option<WireTeam>,
        enterprise: Option<WithId>,
        installed: Option<&Flag>,
    ) -> Result<Self, Malformed> {
        let user = user.ok_or(Malformed)?;
        let person = filled(user.id).ok_or(Malformed)?;
        let (team, team_enterprise) =
            team.map_or((None, None), |team| (team.id, team.enterprise_id));
        Ok(Self {
            person: PersonId::new(person),
            user_team: filled(user.team_id).map(TeamId::new),
            team: filled(team).map(TeamId::new),
            enterprise: id_of(enterprise)
                .or_else(|| filled(team_enterprise))
                .map(EnterpriseId::new),
            reach: Flag::reach(installed),
        })
    }

    pub(super) fn from_form(form: &Form<'_>) -> Result<Self, Malformed> {
        let person = form.filled("user_id")?.ok_or(Malformed)?;
        let installed = form.once("is_enterprise_install")?;
        Ok(Self {
            person: PersonId::new(person),
            user_team: None,
            team: form.filled("team_id")?.map(TeamId::new),
            enterprise: form.filled("enterprise_id")?.map(EnterpriseId::new),
            reach: Flag::reach(installed.map(|word| Flag::Word(word.to_owned())).as_ref()),
        })
    }
}
