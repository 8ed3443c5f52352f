//! What people are told as news: a new message each, exactly once, and never before it is so.

mod busy;
mod buttons;
mod lost_answers;
mod news;
mod places;
mod truth;
