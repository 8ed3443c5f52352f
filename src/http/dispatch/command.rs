//! `/access` and its words.

mod ask;
mod end;
mod look;

use super::{Switchboard, as_json, in_message};
use crate::app::Failure;
use crate::domain::number::RequestNumber;
use crate::http::reply::Reply;
use crate::slack::parse::Command;
use crate::slack::view::{Message, answer};
use crate::slack::words::{self, Words};

impl Switchboard {
    pub(super) async fn take_command(&self, command: Command) -> Reply {
        if let Err(failure) = self.admit(&command.caller, "command").await {
            return Reply::ephemeral(&super::sentence(&failure));
        }
        let words = match words::read(command.text.as_str()) {
            Ok(words) => words,
            Err(misread) => return ephemeral(&answer::misread(&misread)),
        };
        let person = &command.caller.person;
        let answered = match words {
            Words::Form => return self.open_by_command(&command).await,
            Words::Help => return ephemeral(&answer::help()),
            Words::Status(number) => return self.status(&command, number).await,
            Words::Request(ask) => self.ask(&command, ask).await,
            Words::List(which) => self.list(person, which).await,
            Words::Who(profile) => self.who(person, &profile).await,
            Words::Profiles => self.profiles(person).await,
            Words::Done(target) => self.done(person, target).await,
            Words::Cancel(number) => self.cancel(person, number).await,
            Words::Revoke { number, note } => self.revoke(person, number, note).await,
        };
        answered.unwrap_or_else(|not_done| not_done.reply())
    }
}

/// Why a word came to nothing.
struct NotDone {
    failure: Failure,
    of: Option<RequestNumber>,
}

impl NotDone {
    /// About a request that was named.
    fn with(number: RequestNumber, failure: Failure) -> Self {
        let of = match &failure {
            Failure::Refused(refusal) if refusal.may_name_its_request() => Some(number),
            _ => None,
        };
        Self { failure, of }
    }

    fn reply(&self) -> Reply {
        Reply::ephemeral(&in_message(self.of, &self.failure))
    }
}

impl<F: Into<Failure>> From<F> for NotDone {
    fn from(failure: F) -> Self {
        Self {
            failure: failure.into(),
            of: None,
        }
    }
}

/// A message that only the caller sees, in the HTTP response itself.
pub(super) fn ephemeral(message: &Message) -> Reply {
    let mut body = as_json(message);
    body["response_type"] = "ephemeral".into();
    Reply::Json(body)
}
