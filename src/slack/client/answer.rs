//! Reading answers, leniently: after `"ok": true` the thing was done, so nothing but what Lapse
//! needs is looked at.

use crate::domain::ids::{PersonId, TeamId};
use crate::domain::person::Email;
use crate::slack::account::{Account, Installation, Nature, Reach, UserGroup, UserGroupState};
use crate::slack::error::{CallError, Class};
use crate::slack::ids::{EnterpriseId, UserGroupId, ViewId};
use crate::slack::socket_url::SocketUrl;
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::collections::BTreeSet;
use url::Url;

/// An answer of Slack's.
pub(super) struct Read {
    method: &'static str,
    json: Value,
    scopes: BTreeSet<String>,
}

impl Read {
    pub(super) fn new(method: &'static str, headers: &HeaderMap, body: &[u8]) -> Self {
        let scopes = headers.get("x-oauth-scopes").and_then(|v| v.to_str().ok());
        let scopes = scopes.unwrap_or_default().split(',').map(str::trim);
        Self {
            method,
            json: serde_json::from_slice(body).unwrap_or(Value::Null),
            scopes: scopes
                .filter(|s| !s.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }

    /// `ok`, if the answer is one of Slack's.
    pub(super) fn verdict(&self) -> Option<bool> {
        self.json.get("ok").and_then(Value::as_bool)
    }

    /// A text that is there and not empty.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        text(&self.json, pointer)
    }

    /// What `response_metadata` explains.
    pub(super) fn messages(&self) -> Vec<&str> {
        let messages = self.json.pointer("/response_metadata/messages");
        let messages = messages.and_then(Value::as_array).into_iter().flatten();
        messages.filter_map(Value::as_str).collect()
    }

    pub(super) fn installation(&self) -> Result<Installation, CallError> {
        let organisation = flag(&self.json, "/is_enterprise_install");
        Ok(Installation {
            team: TeamId::new(self.needed("/team_id")?),
            enterprise: self.text("/enterprise_id").map(EnterpriseId::new),
            reach: if organisation == Some(true) {
                Reach::Organisation
            } else {
                Reach::Workspace
            },
            bot_user: PersonId::new(self.needed("/user_id")?),
            bot_id: self.text("/bot_id").map(str::to_owned),
            scopes: self.scopes.clone(),
        })
    }

    pub(super) fn account(&self) -> Result<Account, CallError> {
        let user = self.json.get("user").unwrap_or(&Value::Null);
        account(user).ok_or_else(|| self.incomplete())
    }

    pub(super) fn user_groups(&self) -> Result<Vec<UserGroup>, CallError> {
        let groups = self.json.get("usergroups").and_then(Value::as_array);
        let groups = groups.ok_or_else(|| self.incomplete())?;
        Ok(groups.iter().filter_map(user_group).collect())
    }

    /// An open view without an id could never be updated, but it is open.
    pub(super) fn view_id(&self) -> Result<ViewId, CallError> {
        self.needed("/view/id").map(ViewId::new)
    }

    pub(super) fn permalink(&self) -> Result<String, CallError> {
        self.needed("/permalink").map(str::to_owned)
    }

    pub(super) fn socket_url(&self, api: &Url) -> Result<SocketUrl, CallError> {
        SocketUrl::new(self.needed("/url")?, api).ok_or_else(|| CallError {
            method: self.method,
            class: Class::Permanent,
            error: "unsafe_socket_url".to_owned(),
        })
    }

    fn needed(&self, pointer: &str) -> Result<&str, CallError> {
        self.text(pointer).ok_or_else(|| self.incomplete())
    }

    fn incomplete(&self) -> CallError {
        CallError {
            method: self.method,
            class: Class::Permanent,
            error: "incomplete_answer".to_owned(),
        }
    }
}

fn text<'a>(json: &'a Value, pointer: &str) -> Option<&'a str> {
    let text = json.pointer(pointer)?.as_str()?;
    (!text.is_empty()).then_some(text)
}

fn flag(json: &Value, pointer: &str) -> Option<bool> {
    json.pointer(pointer)?.as_bool()
}

/// <https://docs.slack.dev/reference/objects/user-object>
fn account(user: &Value) -> Option<Account> {
    let id = PersonId::new(text(user, "/id")?);
    let name = [
        "/real_name",
        "/profile/real_name",
        "/profile/display_name",
        "/name",
    ];
    let name = name.iter().find_map(|pointer| text(user, pointer));
    let confirmed = flag(user, "/is_email_confirmed") != Some(false);
    let organisation = text(user, "/enterprise_user/enterprise_id");
    Some(Account {
        name: name.unwrap_or("somebody").to_owned(),
        email: text(user, "/profile/email")
            .filter(|_| confirmed)
            .map(Email::new),
        time_zone: text(user, "/tz").and_then(|zone| zone.parse().ok()),
        team: text(user, "/team_id").map(TeamId::new),
        enterprise: organisation.map(EnterpriseId::new),
        nature: nature(user, &id, confirmed),
        id,
    })
}

fn nature(user: &Value, id: &PersonId, confirmed: bool) -> Nature {
    let is = |name: &str| flag(user, name) == Some(true);
    if is("/deleted") {
        Nature::Deactivated
    } else if is("/is_bot") || is("/is_workflow_bot") || id.as_str() == "USLACKBOT" {
        Nature::Bot
    } else if is("/is_restricted") || is("/is_ultra_restricted") {
        Nature::Guest
    } else if is("/is_stranger") {
        Nature::Stranger
    } else if confirmed {
        Nature::Full
    } else {
        Nature::Unconfirmed
    }
}

/// <https://docs.slack.dev/reference/objects/usergroup-object>
fn user_group(group: &Value) -> Option<UserGroup> {
    let users = group.get("users").and_then(Value::as_array);
    let users = users.into_iter().flatten().filter_map(Value::as_str);
    let disabled_at = group.get("date_delete").and_then(Value::as_i64);
    Some(UserGroup {
        id: UserGroupId::new(text(group, "/id")?),
        handle: text(group, "/handle").unwrap_or_default().to_owned(),
        users: users.map(PersonId::new).collect(),
        state: match disabled_at {
            None | Some(0) => UserGroupState::Enabled,
            Some(_) => UserGroupState::Disabled,
        },
    })
}
