//! The integration suite: one binary, one module a story.
#![expect(
    clippy::expect_used,
    reason = "a test stops where something is not as it should be"
)]

#[cfg(feature = "demo")]
mod browser;
mod documents;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod layers;
mod manifest;
mod migrations;
mod scenarios;
mod schemas;
mod statements;
mod store;
mod support;
