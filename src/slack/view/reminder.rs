//! The line that reminds an approver of a card that they have not answered.

use super::kit;
use super::message::Message;
use super::sentence::{Sentence, say};
use super::story::{Story, spoken};
use url::Url;

/// A new line, with a link to the card where there is one.
pub fn reminder(story: &Story<'_>, link: Option<&str>) -> Message {
    let request = story.request;
    let number = request.number;
    let waits = say("⏰ ")
        .name(&request.requester.name)
        .say(" still waits for your answer: ")
        .then(story.what())
        .say(format!(" for {}", spoken(request.facts.duration)))
        .say(" · closes ")
        .date(request.answer_by);
    let by_word = Sentence::default()
        .code(&format!("/access status {number}"))
        .say(" brings you the card");
    let text = waits.clone().say(" · ").then(by_word.clone());
    let block = match link.and_then(linked) {
        Some(link) => kit::section(format!(
            "{} · {link} · {}",
            waits.mrkdwn(),
            Sentence::default().code(&number.to_string()).mrkdwn()
        )),
        None => waits.say(" · ").then(by_word).block(),
    };
    Message {
        text: text.text(),
        blocks: vec![block],
    }
}

/// Slack's own address, as mrkdwn links it,
/// <https://docs.slack.dev/messaging/formatting-message-text#linking-urls>.
fn linked(address: &str) -> Option<String> {
    let address = Url::parse(address).ok()?;
    let is_web = ["http", "https"].contains(&address.scheme());
    let is_plain = !address.as_str().contains(['<', '>', '|']);
    (is_web && is_plain).then(|| format!("<{address}|Go to the card>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_becomes_a_link() {
        let link = "https://example.slack.com/archives/D1/p17";
        let linked_card = format!("<{link}|Go to the card>");
        assert_eq!(linked(link), Some(linked_card));
        for odd in ["", "javascript:alert(1)", "https://x/?a|b", "card"] {
            assert_eq!(linked(odd), None, "{odd}");
        }
    }
}
