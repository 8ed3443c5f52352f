//! The part that thinks: who may ask, who may review, what a click does.
//!
//! Pure values and functions. No I/O, no clock, no randomness, no `async`: the time, the
//! people and the group memberships come in as arguments, a transition comes out.

pub mod asked;
pub mod attribute;
pub mod audit;
pub mod card;
pub mod comment;
pub mod device;
pub mod duration;
pub mod facts;
pub mod grant;
pub mod ids;
pub mod key;
pub mod number;
pub mod person;
pub mod policy;
pub mod refusal;
pub mod request;
pub mod rights;
pub mod roster;
pub mod seconds;
pub mod transition;
pub mod workflow;
pub mod world;
