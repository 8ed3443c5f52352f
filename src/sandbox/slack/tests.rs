//! The stand-in judged by what Slack's documentation promises.

mod api;
mod faults;
mod people;
mod sockets;
mod steps;
mod world;
