//! The other side of the wire: a strict Slack and a strict Tailscale as real HTTP servers, and
//! the page of the demo that shows them.
//!
//! Shares no code with the product that it judges.

pub mod clock;
pub mod page;
pub mod slack;
pub mod tailscale;

pub use clock::SandboxClock;
