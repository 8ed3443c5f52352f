//! `/access status`: one's own requests, or one request.

use super::command::ephemeral;
use super::{Switchboard, click_of, sentence};
use crate::app::Failure;
use crate::app::query::Known;
use crate::app::status::Seen;
use crate::domain::number::RequestNumber;
use crate::http::reply::Reply;
use crate::slack::parse::Command;
use crate::slack::view::answer;

/// How many of one's own requests are listed.
const LISTED: u32 = 6;

impl Switchboard {
    pub(super) async fn status(&self, command: &Command, number: Option<RequestNumber>) -> Reply {
        let answered = match number {
            None => self.my_requests(command).await,
            Some(number) => self.one_request(command, number).await,
        };
        answered.unwrap_or_else(|failure| Reply::ephemeral(&sentence(&failure)))
    }

    async fn my_requests(&self, command: &Command) -> Result<Reply, Failure> {
        self.identify(&command.caller.person, "status").await?;
        let mine = self
            .app
            .store
            .requests_of(&command.caller.person, LISTED)
            .await?;
        let mut known: Vec<Known> = Vec::new();
        for request in mine {
            known.extend(self.app.know_stored(&request.id).await?);
        }
        let asked: Vec<_> = known.iter().map(Known::asked).collect();
        let stories: Vec<_> = known
            .iter()
            .zip(&asked)
            .map(|(known, asked)| known.story(&self.app, asked))
            .collect();
        Ok(ephemeral(&answer::status_list(&stories)))
    }

    async fn one_request(
        &self,
        command: &Command,
        number: RequestNumber,
    ) -> Result<Reply, Failure> {
        let click = click_of(&command.caller.person);
        let (known, seen) = self.app.status_of(&click, number).await?;
        let asked = known.asked();
        let story = known.story(&self.app, &asked);
        Ok(ephemeral(&match seen {
            Seen::CardSent => answer::card_sent(&story),
            Seen::Here => answer::status_one(&story),
        }))
    }
}
