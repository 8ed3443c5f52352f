//! Judges Block Kit as Slack does: every published limit, and no unknown fields.
//!
//! Slack's own documentation is the source of the figures:
//! <https://docs.slack.dev/reference/block-kit>. Works on plain JSON; knows no models.
//! Block types that this stand-in cannot judge (`video`, `file`, `table`, …) are refused
//! rather than waved through.

mod elements;
mod inputs;
mod layout;
mod node;
mod normalise;
mod objects;
mod placed;
mod rich_text;
mod surface;
#[cfg(test)]
mod tests;
mod view;

pub(super) use elements::check_suggestions;
pub use node::Problem;
pub(super) use normalise::{normalise, normalise_blocks};
pub(super) use placed::{Placed, initial_state, placed};
pub use surface::{Surface, check_blocks};
pub use view::check_view;
