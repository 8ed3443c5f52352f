//! What people see: cards, one-line messages, forms and answers, as pure builders.
//!
//! Values in, Block Kit out, <https://docs.slack.dev/reference/block-kit>. Nothing here reads
//! a store, a clock or a network; what a view shows was decided before it is drawn. People's
//! own text stands in blocks as plain or rich text only.

pub mod answer;
mod approver;
mod buttons;
mod channel;
mod device_choice;
mod facts;
mod fingerprint;
pub mod form;
mod head;
pub mod home;
pub mod ids;
mod kit;
mod line;
pub mod message;
#[cfg(test)]
mod rehearsal;
mod reminder;
mod requester;
pub mod review_form;
#[cfg(test)]
mod scene;
pub mod sentence;
mod stage;
pub mod story;

pub use line::{line, line_now};
pub use message::Message;
pub use reminder::reminder;
pub use story::{Asked, Reached, Reader, Story, Told};

/// A modal, as `views.open` and `views.update` take it.
pub type View = slack_morphism::prelude::SlackView;

/// The card that shows a request to one reader.
pub fn card(story: &Story<'_>, reader: Reader<'_>) -> Message {
    match reader {
        Reader::Requester => requester::card(story),
        Reader::Approver {
            person,
            because,
            how,
        } => approver::card(story, person, because, how),
        Reader::Channel => channel::card(story),
    }
}
