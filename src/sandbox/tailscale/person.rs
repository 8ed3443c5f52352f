//! The people of the tailnet, as `GET /tailnet/-/users` lists them.

use serde_json::{Value, json};

/// What the API says about a person's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonStatus {
    /// Used lately.
    Active,
    /// Not used for a while.
    Idle,
    /// Shut out by an administrator.
    Suspended,
    /// Waits for an administrator.
    NeedsApproval,
    /// More people than the plan pays for.
    OverBillingLimit,
}

impl PersonStatus {
    fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Idle => "idle",
            Self::Suspended => "suspended",
            Self::NeedsApproval => "needs-approval",
            Self::OverBillingLimit => "over-billing-limit",
        }
    }
}

/// Somebody with a login in the tailnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// What `device.user` holds as well; need not be an e-mail address.
    pub login: String,
    /// The name that people read.
    pub display_name: String,
    /// `member`, `admin`, `owner`, `it-admin`, `network-admin`, `billing-admin`, `auditor`.
    pub role: String,
    /// The state of the account.
    pub status: PersonStatus,
}

impl Person {
    /// An active member.
    pub fn new(login: &str, display_name: &str) -> Self {
        Self {
            login: login.to_owned(),
            display_name: display_name.to_owned(),
            role: "member".to_owned(),
            status: PersonStatus::Active,
        }
    }

    /// With another state of the account.
    #[must_use]
    pub fn with_status(mut self, status: PersonStatus) -> Self {
        self.status = status;
        self
    }

    /// With another role.
    #[must_use]
    pub fn with_role(mut self, role: &str) -> Self {
        role.clone_into(&mut self.role);
        self
    }

    pub(super) fn to_json(&self, devices: usize, connected: bool) -> Value {
        json!({
            "id": format!("u-{}", self.login),
            "displayName": self.display_name,
            "loginName": self.login,
            "profilePicUrl": "",
            "tailnetId": "59954",
            "created": "2024-04-30T16:00:00Z",
            "type": "member",
            "role": self.role,
            "status": self.status.word(),
            "deviceCount": devices,
            "lastSeen": "2026-01-01T00:00:00Z",
            "currentlyConnected": connected,
        })
    }
}
