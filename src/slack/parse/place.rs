//! Where a message stands that somebody points at.

use crate::domain::ids::ChannelId;
use crate::slack::MessageTs;

/// A DNS label is not longer.
const LONGEST_DOMAIN: usize = 63;

/// A message of somebody else's, and what people call the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePlace {
    /// The part before `.slack.com`; absent in installations of a whole organisation.
    pub domain: Option<String>,
    /// The channel or direct message.
    pub channel: ChannelId,
    /// Its name as Slack tells it, without `#`.
    pub channel_name: Option<String>,
    /// The message in it.
    pub ts: MessageTs,
    /// The message whose thread it is in.
    pub thread: Option<MessageTs>,
}

impl MessagePlace {
    /// Words for the justification of a request that was asked for this message: its permalink,
    /// or, where none can be made, a description of the place.
    pub fn words(&self) -> String {
        self.permalink().unwrap_or_else(|| self.description())
    }

    /// The [permalink](https://docs.slack.dev/reference/methods/chat.getPermalink), composed
    /// without asking: Slack wants a form within three seconds. Every part is one that Slack
    /// could have given, so that whatever a payload says it leads to Slack and nowhere else.
    fn permalink(&self) -> Option<String> {
        let domain = self.domain.as_deref().filter(|name| is_domain(name))?;
        let channel = Some(self.channel.as_str()).filter(|id| is_id(id))?;
        let link = format!(
            "https://{domain}.slack.com/archives/{channel}/p{}",
            digits(&self.ts)?
        );
        // The first message of a thread names itself as its thread.
        let thread = self.thread.as_ref().filter(|thread| **thread != self.ts);
        match thread {
            None => Some(link),
            Some(thread) => {
                digits(thread)?;
                Some(format!("{link}?thread_ts={thread}&cid={channel}"))
            }
        }
    }

    /// Slack calls conversations without a name after their kind, and those of several people
    /// after the people, who are nobody's business here.
    fn description(&self) -> String {
        match self.channel_name.as_deref() {
            Some("directmessage") => "a direct message".to_owned(),
            Some("privategroup") => "a message in a private channel".to_owned(),
            Some(name) if !name.is_empty() && !name.starts_with("mpdm-") => {
                format!("a message in #{name}")
            }
            _ => "a message in Slack".to_owned(),
        }
    }
}

fn is_domain(name: &str) -> bool {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=LONGEST_DOMAIN).contains(&name.len())
        && name.chars().all(known)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

fn is_id(id: &str) -> bool {
    let known = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    (1..=20).contains(&id.len()) && id.chars().all(known)
}

/// `1793620700.000300` as it stands in a link.
fn digits(ts: &MessageTs) -> Option<String> {
    let (seconds, rest) = ts.as_str().split_once('.')?;
    let all_digits =
        |part: &str| (1..=20).contains(&part.len()) && part.chars().all(|c| c.is_ascii_digit());
    (all_digits(seconds) && all_digits(rest)).then(|| format!("{seconds}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(domain: Option<&str>) -> MessagePlace {
        MessagePlace {
            domain: domain.map(str::to_owned),
            channel: ChannelId::new("C0DECK"),
            channel_name: Some("deck".to_owned()),
            ts: MessageTs::new("1793620700.000300"),
            thread: None,
        }
    }

    #[test]
    fn a_message_is_named_by_its_permalink() {
        let mut place = place(Some("harbour-7"));
        let plain = "https://harbour-7.slack.com/archives/C0DECK/p1793620700000300";
        assert_eq!(place.words(), plain);
        place.thread = Some(place.ts.clone());
        assert_eq!(place.words(), plain, "the first of its thread");
        place.thread = Some(MessageTs::new("1793620000.000100"));
        let reply = format!("{plain}?thread_ts=1793620000.000100&cid=C0DECK");
        assert_eq!(place.words(), reply);
    }

    #[test]
    fn no_payload_makes_a_link_that_leads_elsewhere() {
        for domain in [
            "",
            "evil.example/",
            "evil.example#",
            "user@evil",
            "Harbour",
            "har bour",
            "-harbour",
            "harbour-",
            "harb\u{f6}ur",
            "h\n",
            &"h".repeat(64),
        ] {
            let words = place(Some(domain)).words();
            assert_eq!(words, "a message in #deck", "{domain:?}");
        }
        for (channel, ts, thread) in [
            ("../x", "1.2", None),
            ("C0?x=", "1.2", None),
            ("", "1.2", None),
            ("C0DECK", "1", None),
            ("C0DECK", "1.", None),
            ("C0DECK", "1.2/../..", None),
            ("C0DECK", "1.2", Some("1.1&redir=x")),
        ] {
            let hostile = MessagePlace {
                channel: ChannelId::new(channel),
                ts: MessageTs::new(ts),
                thread: thread.map(MessageTs::new),
                ..place(Some("harbour"))
            };
            assert_eq!(hostile.words(), "a message in #deck", "{channel} {ts}");
        }
    }

    #[test]
    fn without_a_domain_the_place_is_described() {
        for (name, expected) in [
            (Some("deck"), "a message in #deck"),
            (Some("directmessage"), "a direct message"),
            (Some("privategroup"), "a message in a private channel"),
            (Some("mpdm-ada--grace-1"), "a message in Slack"),
            (Some(""), "a message in Slack"),
            (None, "a message in Slack"),
        ] {
            let place = MessagePlace {
                channel_name: name.map(str::to_owned),
                ..place(None)
            };
            assert_eq!(place.words(), expected);
        }
    }
}
