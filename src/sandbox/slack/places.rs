//! Channels and user groups.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// What kind of conversation it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelKind {
    /// Everybody may see it.
    Public,
    /// Only members know that it exists.
    Private,
    /// The direct messages between the app and this person.
    Direct(String),
}

/// A conversation.
#[derive(Clone, Debug)]
pub struct Channel {
    /// `C…`, or `D…` for direct messages.
    pub id: String,
    /// The name, without `#`.
    pub name: String,
    /// Who can see it.
    pub kind: ChannelKind,
    /// Whether it was archived.
    pub archived: bool,
    /// Whether another workspace shares it.
    pub shared: bool,
    /// Whether the app was invited.
    pub app_is_member: bool,
    /// The people in it.
    pub members: BTreeSet<String>,
}

impl Channel {
    /// A public channel that the app was invited to.
    pub fn public(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            kind: ChannelKind::Public,
            archived: false,
            shared: false,
            app_is_member: true,
            members: BTreeSet::new(),
        }
    }

    /// A private channel that the app was invited to.
    pub fn private(id: &str, name: &str) -> Self {
        Self {
            kind: ChannelKind::Private,
            ..Self::public(id, name)
        }
    }

    pub(super) fn direct(user: &str) -> Self {
        Self {
            kind: ChannelKind::Direct(user.to_owned()),
            members: BTreeSet::from([user.to_owned()]),
            ..Self::public(&direct_id(user), "directmessage")
        }
    }

    /// The same, without the app.
    #[must_use]
    pub fn without_app(mut self) -> Self {
        self.app_is_member = false;
        self
    }

    /// The same, shared with another workspace.
    #[must_use]
    pub fn shared(mut self) -> Self {
        self.shared = true;
        self
    }

    /// The same, with these people in it.
    #[must_use]
    pub fn with(mut self, members: &[&str]) -> Self {
        self.members
            .extend(members.iter().map(|id| (*id).to_owned()));
        self
    }

    pub(super) fn person(&self) -> Option<&str> {
        match &self.kind {
            ChannelKind::Direct(user) => Some(user),
            ChannelKind::Public | ChannelKind::Private => None,
        }
    }

    /// The object of `conversations.info`.
    pub(super) fn describe(&self) -> Value {
        match &self.kind {
            ChannelKind::Direct(user) => json!({
                "id": self.id,
                "is_im": true,
                "is_org_shared": false,
                "is_archived": self.archived,
                "user": user,
                "is_open": true,
                "priority": 0,
            }),
            kind => json!({
                "id": self.id,
                "name": self.name,
                "name_normalized": self.name,
                "is_channel": *kind == ChannelKind::Public,
                "is_group": *kind == ChannelKind::Private,
                "is_private": *kind == ChannelKind::Private,
                "is_im": false,
                "is_mpim": false,
                "is_archived": self.archived,
                "is_general": false,
                "is_member": self.app_is_member,
                "is_shared": self.shared,
                "is_ext_shared": self.shared,
                "is_org_shared": false,
                "num_members": self.members.len(),
            }),
        }
    }
}

/// The direct messages with a person have an id that can be guessed from theirs, which
/// makes a failing test readable.
pub(super) fn direct_id(user: &str) -> String {
    format!("D{}", user.get(1..).unwrap_or_default())
}

/// A user group, such as `@prod-approvers`.
#[derive(Clone, Debug)]
pub struct Usergroup {
    /// `S…`.
    pub id: String,
    /// The handle, without `@`.
    pub handle: String,
    /// The name.
    pub name: String,
    /// Who is in it.
    pub members: Vec<String>,
    /// Whether it was switched off.
    pub disabled: bool,
}

impl Usergroup {
    /// A group with members.
    pub fn new(id: &str, handle: &str, members: &[&str]) -> Self {
        Self {
            id: id.to_owned(),
            handle: handle.to_owned(),
            name: handle.to_owned(),
            members: members.iter().map(|id| (*id).to_owned()).collect(),
            disabled: false,
        }
    }

    /// The same, switched off.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }

    /// The object of `usergroups.list`.
    pub(super) fn describe(&self, team_id: &str, include_users: bool) -> Value {
        let mut group = json!({
            "id": self.id,
            "team_id": team_id,
            "is_usergroup": true,
            "is_subteam": true,
            "is_external": false,
            "name": self.name,
            "handle": self.handle,
            "description": "",
            "date_create": 1_600_000_000,
            "date_update": 1_600_000_000,
            "date_delete": if self.disabled { 1_700_000_000 } else { 0 },
            "auto_type": null,
            "created_by": "USLACKBOT",
            "updated_by": "USLACKBOT",
            "deleted_by": null,
            "prefs": { "channels": [], "groups": [] },
            "user_count": self.members.len().to_string(),
        });
        if include_users {
            group["users"] = json!(self.members);
        }
        group
    }
}
