//! Names that only Slack gives: opaque, one type a kind.

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
    /// An Enterprise organisation (`E…`).
    EnterpriseId
}
id! {
    /// A message's time stamp: its name within its channel.
    MessageTs
}
id! {
    /// Opens one view, once, within three seconds of the click it came with.
    TriggerId
}
id! {
    /// An open view (`V…`).
    ViewId
}
id! {
    /// The state of a view; an update that names an older one is refused.
    ViewHash
}
id! {
    /// A user group (`S…`).
    UserGroupId
}
id! {
    /// One delivery of the Events API (`Ev…`); a repeated delivery carries the same one.
    DeliveryId
}
id! {
    /// An element that was used or filled in; Lapse chose the name.
    ActionId
}
id! {
    /// The block that holds the element; Lapse chose the name.
    BlockId
}
id! {
    /// Which of Lapse's views or shortcuts this is; Lapse chose the name.
    CallbackId
}
