//! Lapse: just-in-time access to a Tailscale network, asked for and approved in Slack.
//!
//! Facts come in as values, a pure function answers with a transition, one transaction
//! stores it together with its audit events and outbox rows, and a worker brings Slack
//! and Tailscale into agreement with what is stored. Nothing else writes.
//!
//! | module | what it does |
//! |---|---|
//! | [`domain`] | thinks: requests, grants, policy; pure values and functions |
//! | [`config`] | reads and validates the configuration file into a policy |
//! | [`app`] | load, handle, store: submit, review, end, settle, sweep, query |
//! | [`store`] | SQLite and PostgreSQL behind one set of statements |
//! | [`worker`] | claims outbox rows and performs them |
//! | [`slack`], [`tailscale`] | the two platforms: clients, parsing, views |
//! | [`http`], [`socket`] | authenticate, parse, acknowledge: by HTTP, or over Socket Mode |
//! | [`dispatch`] | what both hand parsed values to |
//! | [`cli`] | one file a command; the only place where everything is wired |
//! | [`sandbox`] | the other side of the wire: a strict Slack and a strict Tailscale |
//! | `likeness` | "did you mean …?" for configuration and words |
//! | [`clock`], [`lifecycle`], [`telemetry`] | time, stopping, logs and metrics |

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod dispatch;
pub mod domain;
pub mod http;
pub mod lifecycle;
mod likeness;
#[cfg(feature = "demo")]
pub mod sandbox;
pub mod slack;
pub mod socket;
pub mod store;
pub mod tailscale;
pub mod telemetry;
pub mod worker;
