//! Tailscale refuses, breaks, loses answers, is away; devices change; several grants share a
//! key; access ends. What people are told follows what Tailscale has answered.

mod clocks;
mod endings;
mod fleet;
mod gate;
mod keys;
mod log;
mod lost;
mod outage;
mod promises;
mod refused;
mod told_to_wait;

use crate::support::world::{ADA, GRACE, PATIENCE, World};
use lapse::domain::request::Request;
use lapse::sandbox::slack::Message;
use lapse::sandbox::tailscale::Route;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const HALF_AN_HOUR: Duration = Duration::from_mins(30);
/// Longer than the longest wait between two tries, its jitter included.
const NEXT_TRY: Duration = Duration::from_secs(73);

impl World {
    /// Ada asks for production SSH on her Mac and Grace approves; what follows is not awaited.
    async fn ada_asks_and_grace_approves(&self, duration: Duration) -> Request {
        let request = self.ada_asks(duration, "INC-42 db failover").await;
        self.press(GRACE, &request, "approve").await;
        request
    }

    /// The newest message of a person that carries this button for this request.
    fn message_with(&self, who: &str, request: &Request, button: &str) -> Option<Message> {
        let value = format!("{}:{}", request.id, request.facts_number);
        let messages = self.person(who).messages();
        let carries = |message: &Message| message.value_of(button) == Some(value.as_str());
        messages.into_iter().rev().find(carries)
    }

    /// Somebody presses a button that belongs to this request, wherever it stands.
    async fn press(&self, who: &str, request: &Request, button: &str) {
        self.eventually(&format!("{who} has a button {button}"), || {
            self.message_with(who, request, button).is_some()
        })
        .await;
        let message = self.message_with(who, request, button).expect("seen above");
        let reply = self.person(who).click(&message, button).await;
        let reply = reply.expect("the click arrives");
        assert_eq!(reply.status, 200, "{}", reply.text());
    }

    /// Somebody revokes this request's access from a message that offers it, with a note.
    async fn revoke(&self, who: &str, request: &Request, note: &str) {
        self.eventually(&format!("{who} can revoke"), || {
            self.message_with(who, request, "revoke").is_some()
        })
        .await;
        let message = self
            .message_with(who, request, "revoke")
            .expect("seen above");
        let person = self.person(who);
        let reply = person.click_confirmed(&message, "revoke").await;
        assert_eq!(reply.expect("the click arrives").status, 200);
        person
            .await_view("Revoke this access", PATIENCE)
            .await
            .expect("a form asks why");
        person
            .type_text("note", note)
            .await
            .expect("a note can be typed");
        let submitted = person.submit().await.expect("the form is submitted");
        assert_eq!(submitted.reply.status, 200, "{}", submitted.reply.text());
    }

    /// How often Tailscale was called like this so far.
    fn calls(&self, route: Route) -> usize {
        self.tailnet.calls_of(route).len()
    }

    /// Ada's messages, newest wording, as one text.
    fn ada_reads(&self) -> String {
        let messages = self.person(ADA).messages();
        let texts = messages.iter().map(|message| message.texts().join(" | "));
        texts.collect::<Vec<_>>().join("\n")
    }

    /// The state of the request's grant, as the stable word.
    async fn state_of(&self, request: &Request) -> &'static str {
        self.grant_of(request).await.state.name()
    }

    /// Lets this much time pass in small steps, so that timers fire about when they should.
    async fn pass_slowly(&self, by: Duration, step: Duration) {
        let mut left = by;
        while !left.is_zero() {
            let next = step.min(left);
            self.advance(next);
            self.settle().await;
            left -= next;
        }
    }
}
