//! The only place where ids are made.

use crate::domain::ids::RequestId;
use uuid::Uuid;

/// A new opaque request id; later ones sort after earlier ones.
#[expect(
    clippy::disallowed_methods,
    reason = "ids are made here and nowhere else"
)]
pub fn request_id() -> RequestId {
    RequestId::new(Uuid::now_v7().to_string())
}

/// A name for this process among the replicas that share a database.
#[expect(
    clippy::disallowed_methods,
    reason = "ids are made here and nowhere else"
)]
pub fn owner() -> String {
    Uuid::now_v7().to_string()
}
