//! The page of the demo.

pub mod render;
