//! Names of things, one type a kind, so that a person's id never lands where a node's belongs.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the id as it was given; ids are opaque.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The id as text, for storing and sending.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// A person: a Slack user id (`U…` or `W…`, opaque).
    PersonId
}
id! {
    /// A Slack workspace (`T…`).
    TeamId
}
id! {
    /// A Slack channel or direct message (`C…`, `D…`).
    ChannelId
}
id! {
    /// The stable key of a profile in the configuration file.
    ProfileId
}
id! {
    /// A device of the tailnet: Tailscale's `nodeId`, case-sensitive.
    NodeId
}
id! {
    /// The opaque id of an access request (a UUID); people read [`super::number::RequestNumber`].
    RequestId
}
id! {
    /// The grant that an access request opened.
    GrantId
}
id! {
    /// One event of the audit trail.
    EventId
}
id! {
    /// One message that shows a request to one person or channel.
    CardId
}
id! {
    /// What one request came from (`view:V…`, `trigger:…`); unique, so that a delivery
    /// that arrives twice asks once.
    Origin
}
id! {
    /// One run of a step of a workflow: Slack's `function_execution_id` (`Fx…`).
    ExecutionId
}
id! {
    /// Fingerprint of the configuration that was in force, stored with each decision.
    PolicyHash
}

impl Origin {
    /// The origin of what a step of a workflow asked: a step asks once.
    pub fn of_step(execution: &ExecutionId) -> Self {
        Self(format!("step:{execution}"))
    }
}

impl GrantId {
    /// The id of the grant that this request opens: a request opens at most one.
    pub fn of(request: &RequestId) -> Self {
        Self(request.0.clone())
    }

    /// The request that opened it.
    pub fn request(&self) -> RequestId {
        RequestId(self.0.clone())
    }
}
