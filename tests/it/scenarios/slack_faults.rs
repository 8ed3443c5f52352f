//! Slack refuses, is slow, loses answers, takes the token back, or is not there at all.

mod cheap_edits;
mod forms_and_people;
mod limits;
mod lost_answers;
mod outage;
mod token;
mod uneditable;
mod unreachable;
