//! What the stories are told with.

pub mod clocks;
#[cfg(feature = "demo")]
pub mod doors;
pub mod faults;
pub mod forge;
pub mod logs;
pub mod postgres;
pub mod program;
pub mod told;
pub mod wire;
pub mod world;
