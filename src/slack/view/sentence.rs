//! A sentence out of parts that know where they come from.
//!
//! Each part is cleaned and escaped as its kind needs, once for `text`, once for the block.
//! A sentence that carries people's own words becomes rich text, never mrkdwn.

use super::kit;
use crate::slack::text;
use chrono::{DateTime, Utc};
use jiff::Timestamp;
use slack_morphism::prelude::{
    SlackBlock, SlackChannelId, SlackDateTime, SlackRichTextBlock, SlackRichTextChannel,
    SlackRichTextDate, SlackRichTextInlineElement, SlackRichTextSection, SlackRichTextStyle,
    SlackRichTextText,
};

/// The longest quotation inside a sentence; the block below shows more.
const LONGEST_QUOTE: usize = 300;
/// The longest sentence of a platform that is repeated.
const LONGEST_REPORT: usize = 300;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Our own words.
    Ours(String),
    /// What a person, a profile or a group is called.
    Name(String),
    /// What a device is called, or something that is typed as it stands.
    Code(String),
    /// A moment.
    Date(DateTime<Utc>),
    /// A sentence of a platform.
    Report(String),
    /// People's own words.
    Theirs(String),
    /// A channel, by its id.
    Channel(String),
}

/// A sentence under construction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    parts: Vec<(Part, bool)>,
    strong: bool,
}

/// Begins a sentence with our own words.
pub fn say(words: impl Into<String>) -> Sentence {
    Sentence::default().say(words)
}

impl Sentence {
    fn with(mut self, part: Part) -> Self {
        self.parts.push((part, self.strong));
        self
    }

    /// Our own words.
    #[must_use]
    pub fn say(self, words: impl Into<String>) -> Self {
        let words = words.into();
        if words.is_empty() {
            return self;
        }
        self.with(Part::Ours(words))
    }

    /// What a person, a profile or a group is called.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        self.with(Part::Name(name.to_owned()))
    }

    /// Several names, "Grace, Linus and Margaret".
    #[must_use]
    pub fn names<T: AsRef<str>>(self, names: &[T], word: &str) -> Self {
        let placeholders: Vec<String> = (0..names.len())
            .map(|at| format!("\u{0}{at}\u{0}"))
            .collect();
        let mut sentence = self;
        for (at, piece) in text::join(&placeholders, word).split('\u{0}').enumerate() {
            sentence = match piece.parse::<usize>().ok().and_then(|n| names.get(n)) {
                Some(name) if at % 2 == 1 => sentence.name(name.as_ref()),
                _ => sentence.say(piece),
            };
        }
        sentence
    }

    /// What a device is called, or something that is typed as it stands.
    #[must_use]
    pub fn code(self, name: &str) -> Self {
        self.with(Part::Code(name.to_owned()))
    }

    /// A moment, in the reader's zone.
    #[must_use]
    pub fn date(self, at: DateTime<Utc>) -> Self {
        self.with(Part::Date(at))
    }

    /// What a platform said.
    #[must_use]
    pub fn report(self, sentence: &str) -> Self {
        self.with(Part::Report(sentence.to_owned()))
    }

    /// People's own words, between quotation marks.
    #[must_use]
    pub fn quote(self, words: &str) -> Self {
        self.say("“").with(Part::Theirs(words.to_owned())).say("”")
    }

    /// A channel, shown by its name.
    #[must_use]
    pub fn channel(self, id: &str) -> Self {
        self.with(Part::Channel(id.to_owned()))
    }

    /// What follows is bold in blocks.
    #[must_use]
    pub fn strong(mut self) -> Self {
        self.strong = true;
        self
    }

    /// What follows is ordinary again.
    #[must_use]
    pub fn ordinary(mut self) -> Self {
        self.strong = false;
        self
    }

    /// One sentence after another.
    #[must_use]
    pub fn then(mut self, other: Self) -> Self {
        self.parts.extend(other.parts);
        self
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether people's own words are in it.
    pub fn has_theirs(&self) -> bool {
        self.parts
            .iter()
            .any(|(part, _)| matches!(part, Part::Theirs(_)))
    }

    /// For a message's `text`: everything escaped, nothing formatted but times, and no marks
    /// that a notification would show as they are.
    pub fn text(&self) -> String {
        self.parts
            .iter()
            .map(|(part, _)| match part {
                Part::Ours(words) => text::unmarked(words),
                Part::Name(name) | Part::Code(name) => text::name_in_mrkdwn(name).replace('*', ""),
                Part::Date(at) => text::date(*at),
                Part::Report(report) => text::unmarked(&report_of(report)),
                Part::Theirs(words) => text::unmarked(&text::one_line(words, LONGEST_QUOTE)),
                Part::Channel(id) => channel_link(id),
            })
            .collect()
    }

    /// For places where Slack formats nothing at all.
    pub fn plain(&self) -> String {
        self.parts
            .iter()
            .map(|(part, _)| match part {
                Part::Ours(words) => words.clone(),
                Part::Name(name) => text::name(name),
                Part::Code(name) => text::code(name),
                Part::Date(at) => text::utc(*at),
                Part::Report(report) => report_of(report),
                Part::Theirs(words) => text::one_line(words, LONGEST_QUOTE),
                Part::Channel(id) => text::name(id),
            })
            .collect()
    }

    /// For mrkdwn. People's own words do not belong here; they come out cleaned, escaped and
    /// without formatting characters all the same.
    pub fn mrkdwn(&self) -> String {
        let mut out = String::new();
        let mut bold = false;
        for (part, strong) in &self.parts {
            if *strong != bold {
                out.push('*');
                bold = *strong;
            }
            out.push_str(&match part {
                Part::Ours(words) => text::escape(words),
                Part::Name(name) => text::name_in_mrkdwn(name),
                Part::Code(name) => text::code_in_mrkdwn(name),
                Part::Date(at) => text::date(*at),
                Part::Report(report) => text::escape(&report_of(report)),
                Part::Theirs(words) => text::name_in_mrkdwn(&text::one_line(words, LONGEST_QUOTE)),
                Part::Channel(id) => channel_link(id),
            });
        }
        if bold {
            out.push('*');
        }
        out
    }

    /// As a block: rich text where people's own words are in it, else a section.
    pub fn block(&self) -> SlackBlock {
        if self.has_theirs() {
            self.rich_block()
        } else {
            kit::section(self.mrkdwn())
        }
    }

    /// As a block of rich text in any case.
    pub fn rich_block(&self) -> SlackBlock {
        let section = SlackRichTextSection::new(self.rich());
        SlackRichTextBlock::new(vec![section.into()]).into()
    }

    fn rich(&self) -> Vec<SlackRichTextInlineElement> {
        self.parts
            .iter()
            .map(|(part, strong)| match part {
                Part::Ours(words) => run(words.clone(), *strong, false),
                Part::Name(name) => run(text::name(name), *strong, false),
                Part::Code(name) => run(text::code(name), *strong, true),
                Part::Report(report) => run(report_of(report), *strong, false),
                Part::Theirs(words) => run(text::one_line(words, LONGEST_QUOTE), *strong, false),
                Part::Date(at) => date(*at),
                Part::Channel(id) => {
                    SlackRichTextChannel::new(SlackChannelId(text::name(id))).into()
                }
            })
            .collect()
    }
}

fn report_of(sentence: &str) -> String {
    let line = text::one_line(sentence, LONGEST_REPORT);
    line.trim_end_matches('.').to_owned()
}

fn channel_link(id: &str) -> String {
    let id: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("<#{id}>")
}

fn run(words: String, bold: bool, code: bool) -> SlackRichTextInlineElement {
    let words = if words.is_empty() {
        // Slack refuses an empty run.
        "…".to_owned()
    } else {
        words
    };
    let run = SlackRichTextText::new(words);
    let style = SlackRichTextStyle {
        bold: bold.then_some(true),
        code: code.then_some(true),
        ..SlackRichTextStyle::new()
    };
    if bold || code {
        run.with_style(style).into()
    } else {
        run.into()
    }
}

fn date(at: DateTime<Utc>) -> SlackRichTextInlineElement {
    let moment = Timestamp::from_second(at.timestamp()).unwrap_or(Timestamp::UNIX_EPOCH);
    SlackRichTextDate::new(SlackDateTime(moment), text::DATE_FORMAT.to_owned())
        .with_fallback(text::utc(at))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_sentence_for_each_place() {
        let sentence = say("Denied by ")
            .name("*Grace*")
            .say(": ")
            .quote("<!channel> *no*");
        assert_eq!(sentence.text(), "Denied by Grace: “&lt;!channel&gt; no”");
        assert_eq!(sentence.plain(), "Denied by *Grace*: “<!channel> *no*”");
        let json = serde_json::to_value(sentence.block()).expect("json");
        assert_eq!(json["type"], "rich_text");
        assert_eq!(
            json["elements"][0]["elements"][4]["text"],
            "<!channel> *no*"
        );
    }

    #[test]
    fn bold_wraps_what_it_should() {
        let sentence = Sentence::default()
            .strong()
            .name("Ada")
            .say(" asks")
            .ordinary()
            .say(" on ")
            .code("ada-mbp");
        assert_eq!(sentence.mrkdwn(), "*Ada asks* on `ada-mbp`");
        assert_eq!(sentence.text(), "Ada asks on ada-mbp");
    }

    #[test]
    fn lists_names_without_mixing_them_up() {
        let names = ["Grace", "1", "<Linus>"];
        assert_eq!(
            Sentence::default().names(&names, "or").text(),
            "Grace, 1 or &lt;Linus&gt;"
        );
    }
}
