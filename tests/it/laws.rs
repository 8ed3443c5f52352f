//! The laws of the core, each a property over random stories, each safety law beside a test
//! which says that something does happen.
//!
//! A story is a policy, some people, and a row of commands and changes of the world. A small
//! model that shares no code with the core says what should have come of each command.

mod cast;
mod entrances;
mod facts;
mod grants;
mod judge;
mod key;
mod reminders;
mod reviews;
mod scene;
mod script;
mod story;
mod toy;
mod workflows;
