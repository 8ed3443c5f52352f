//! The people of the workspace, of every kind that Slack knows.

use std::str::FromStr;

use chrono::{DateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

/// How much of the workspace somebody may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A full member.
    Member,
    /// A guest of several channels (`is_restricted`).
    Guest,
    /// A guest of one channel (`is_restricted` and `is_ultra_restricted`).
    SingleChannelGuest,
    /// Not a person.
    Bot,
}

/// Somebody with an account, here or in a workspace that shares a channel with this one.
#[derive(Clone, Debug)]
pub struct User {
    /// `U…` or `W…`.
    pub id: String,
    /// The handle, without `@`.
    pub handle: String,
    /// The full name.
    pub real_name: String,
    /// The address in the profile; an app's user has none.
    pub email: Option<String>,
    /// Whether Slack has seen the address answer; `None` leaves the field out.
    pub email_confirmed: Option<bool>,
    /// What kind of account it is.
    pub standing: Standing,
    /// Whether the account was deactivated.
    pub deleted: bool,
    /// The workspace the account belongs to, when it is not this one.
    pub foreign_team: Option<String>,
    /// The organisation the account belongs to, when it is not this one's.
    pub foreign_enterprise: Option<String>,
    /// An IANA zone name.
    pub tz: String,
}

impl User {
    /// A full member with a confirmed address.
    pub fn member(id: &str, real_name: &str, email: &str) -> Self {
        let handle = email.split('@').next().unwrap_or(real_name);
        Self {
            id: id.to_owned(),
            handle: handle.to_lowercase(),
            real_name: real_name.to_owned(),
            email: Some(email.to_owned()),
            email_confirmed: Some(true),
            standing: Standing::Member,
            deleted: false,
            foreign_team: None,
            foreign_enterprise: None,
            tz: "Europe/Berlin".to_owned(),
        }
    }

    /// The same, as a guest of several channels.
    #[must_use]
    pub fn guest(mut self) -> Self {
        self.standing = Standing::Guest;
        self
    }

    /// The same, as a guest of one channel.
    #[must_use]
    pub fn single_channel_guest(mut self) -> Self {
        self.standing = Standing::SingleChannelGuest;
        self
    }

    /// The same, as a bot: bots have no address.
    #[must_use]
    pub fn bot(mut self) -> Self {
        self.standing = Standing::Bot;
        self.email = None;
        self.email_confirmed = None;
        self
    }

    /// The same, deactivated.
    #[must_use]
    pub fn deactivated(mut self) -> Self {
        self.deleted = true;
        self
    }

    /// The same, of another workspace.
    #[must_use]
    pub fn external(mut self, team: &str) -> Self {
        self.foreign_team = Some(team.to_owned());
        self
    }

    /// The same, of another organisation.
    #[must_use]
    pub fn of_enterprise(mut self, enterprise: &str) -> Self {
        self.foreign_enterprise = Some(enterprise.to_owned());
        self
    }

    /// The same, with an address that nobody has confirmed.
    #[must_use]
    pub fn email_unconfirmed(mut self) -> Self {
        self.email_confirmed = Some(false);
        self
    }

    /// The same, with another address.
    #[must_use]
    pub fn with_email(mut self, email: &str) -> Self {
        self.email = Some(email.to_owned());
        self
    }

    /// The same, in another time zone.
    #[must_use]
    pub fn in_zone(mut self, tz: &str) -> Self {
        tz.clone_into(&mut self.tz);
        self
    }

    /// The workspace the account belongs to, `home` unless it is foreign.
    pub(super) fn team<'a>(&'a self, home: &'a str) -> &'a str {
        self.foreign_team.as_deref().unwrap_or(home)
    }

    /// The object of `users.info`.
    pub(super) fn describe(&self, home: Home<'_>, with_email: bool) -> Value {
        let team = self.team(home.team_id);
        let mut profile = json!({
            "real_name": self.real_name,
            "real_name_normalized": self.real_name,
            "display_name": self.handle,
            "display_name_normalized": self.handle,
            "status_text": "",
            "status_emoji": "",
            "avatar_hash": "g0",
            "team": team,
        });
        if let (true, Some(email)) = (with_email, &self.email) {
            profile["email"] = json!(email);
        }
        let guest = matches!(
            self.standing,
            Standing::Guest | Standing::SingleChannelGuest
        );
        let mut user = json!({
            "id": self.id,
            "team_id": team,
            "name": self.handle,
            "deleted": self.deleted,
            "profile": profile,
            "is_bot": self.standing == Standing::Bot,
            "is_app_user": false,
            "updated": home.now.timestamp(),
        });
        if !self.deleted {
            let facts = json!({
                "real_name": self.real_name,
                "color": "9f69e7",
                "tz": self.tz,
                "tz_label": self.tz,
                "tz_offset": self.offset(home.now),
                "is_admin": false,
                "is_owner": false,
                "is_primary_owner": false,
                "is_restricted": guest,
                "is_ultra_restricted": self.standing == Standing::SingleChannelGuest,
                "who_can_share_contact_card": "EVERYONE",
            });
            merge(&mut user, facts);
        }
        if let Some(confirmed) = self.email_confirmed {
            user["is_email_confirmed"] = json!(confirmed);
        }
        let enterprise = self
            .foreign_enterprise
            .as_deref()
            .or(match self.foreign_team {
                Some(_) => None,
                None => home.enterprise_id,
            });
        if let Some(enterprise) = enterprise {
            user["enterprise_user"] = json!({
                "id": self.id,
                "enterprise_id": enterprise,
                "enterprise_name": "Example Organisation",
                "is_admin": false,
                "is_owner": false,
                "teams": [team],
            });
        }
        if self.foreign_team.is_some() {
            user["is_stranger"] = json!(false);
        }
        user
    }

    fn offset(&self, now: DateTime<Utc>) -> i32 {
        Tz::from_str(&self.tz).map_or(0, |zone| {
            let local = zone.offset_from_utc_datetime(&now.naive_utc());
            local.fix().local_minus_utc()
        })
    }
}

/// Whose workspace a description is written for.
#[derive(Clone, Copy)]
pub(super) struct Home<'a> {
    pub(super) team_id: &'a str,
    pub(super) enterprise_id: Option<&'a str>,
    pub(super) now: DateTime<Utc>,
}

fn merge(into: &mut Value, more: Value) {
    if let (Some(into), Value::Object(more)) = (into.as_object_mut(), more) {
        into.extend(more);
    }
}
