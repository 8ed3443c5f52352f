//! The few Block Kit pieces that the views are made of, with Slack's limits kept,
//! <https://docs.slack.dev/reference/block-kit/blocks>.

use crate::slack::text;
use slack_morphism::prelude::{
    SlackBlock, SlackBlockButtonElement, SlackBlockId, SlackBlockMarkDownText, SlackBlockPlainText,
    SlackBlockPlainTextOnly, SlackBlockText, SlackCallbackId, SlackContextBlock,
    SlackContextBlockElement, SlackDividerBlock, SlackHeaderBlock, SlackInputBlock,
    SlackInputBlockElement, SlackModalView, SlackRichTextBlock, SlackRichTextQuote,
    SlackRichTextSection, SlackRichTextStyle, SlackRichTextText, SlackSectionBlock, SlackView,
};

/// The most that is shown of a justification or a note.
const LONGEST_QUOTATION: usize = 2000;
/// Slack's limit for the title of a view, and for its buttons.
const LONGEST_TITLE: usize = 24;
/// Slack's limit for labels and hints.
const LONGEST_LABEL: usize = 2000;
/// Slack's limit for a heading.
const LONGEST_HEADER: usize = 150;
/// Slack's limit for a section.
const LONGEST_SECTION: usize = 3000;

/// Plain text of at most so many characters. Colons stay colons: nobody types an emoji into
/// a place where ours carry meaning.
pub fn plain(words: &str, at_most: usize) -> SlackBlockPlainTextOnly {
    unformatted(words, at_most).into()
}

/// Slack refuses a text without a character.
fn unformatted(words: &str, at_most: usize) -> SlackBlockPlainText {
    let mut words = text::plain(words, at_most);
    if words.is_empty() {
        words.push('…');
    }
    SlackBlockPlainText::new(words).with_emoji(false)
}

/// mrkdwn as it stands: Slack looks for no links or names of its own in it.
fn mrkdwn(words: String) -> SlackBlockMarkDownText {
    SlackBlockMarkDownText::new(words).with_verbatim(true)
}

/// A section of mrkdwn.
pub fn section(words: String) -> SlackBlock {
    SlackSectionBlock::new()
        .with_text(SlackBlockText::MarkDown(mrkdwn(words)))
        .into()
}

/// A section that formats nothing.
pub fn plain_section(words: &str) -> SlackBlock {
    SlackSectionBlock::new()
        .with_text(SlackBlockText::Plain(unformatted(words, LONGEST_SECTION)))
        .into()
}

/// Facts side by side, one column on a phone.
pub fn fields(facts: Vec<String>) -> SlackBlock {
    let fields = facts
        .into_iter()
        .map(|fact| SlackBlockText::MarkDown(mrkdwn(fact)))
        .collect();
    SlackSectionBlock::new().with_fields(fields).into()
}

/// The same below a title.
pub fn titled_fields(title: String, facts: Vec<String>) -> SlackBlock {
    let fields = facts
        .into_iter()
        .map(|fact| SlackBlockText::MarkDown(mrkdwn(fact)))
        .collect();
    SlackSectionBlock::new()
        .with_text(SlackBlockText::MarkDown(mrkdwn(title)))
        .with_fields(fields)
        .into()
}

/// A section of mrkdwn with one button beside it.
pub fn section_with(words: String, button: SlackBlockButtonElement) -> SlackSectionBlock {
    SlackSectionBlock::new()
        .with_text(SlackBlockText::MarkDown(mrkdwn(words)))
        .with_accessory(button.into())
}

/// A heading in a long view.
pub fn header(words: &str) -> SlackBlock {
    SlackHeaderBlock::new(plain(words, LONGEST_HEADER)).into()
}

/// A line across.
pub fn divider() -> SlackBlock {
    SlackDividerBlock::new().into()
}

/// Small print.
pub fn context(words: String) -> SlackBlock {
    let element = SlackContextBlockElement::MarkDown(mrkdwn(words));
    SlackContextBlock::new(vec![element]).into()
}

/// People's own words, quoted. Without any it says so, so that every state of a card holds
/// rich text: Slack refuses an update that would take it away (`block_mismatch`).
pub fn quotation(words: Option<&str>) -> SlackBlock {
    let words = text::plain(words.unwrap_or_default(), LONGEST_QUOTATION);
    let element = if words.is_empty() {
        let style = SlackRichTextStyle::new().with_italic(true);
        let none = SlackRichTextText::new("No reason given.".to_owned()).with_style(style);
        SlackRichTextSection::new(vec![none.into()]).into()
    } else {
        SlackRichTextQuote::new(vec![SlackRichTextText::new(words).into()]).into()
    };
    SlackRichTextBlock::new(vec![element]).into()
}

/// What an input block needs beside its element.
pub struct Input<'a> {
    /// The block's id.
    pub block: String,
    /// The label above it.
    pub label: &'a str,
    /// The small print below it.
    pub hint: Option<&'a str>,
    /// Whether it may stay empty.
    pub presence: Presence,
    /// Whether a choice is told at once.
    pub dispatch: Dispatch,
}

/// Whether a field may stay empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The form does not submit without it.
    Required,
    /// It may stay empty.
    Optional,
}

/// When Lapse hears of what was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dispatch {
    /// With the whole form.
    OnSubmit,
    /// At once, so that the form can follow.
    AtOnce,
}

/// An input of a form.
pub fn input(input: Input<'_>, element: impl Into<SlackInputBlockElement>) -> SlackBlock {
    let mut block = SlackInputBlock::new(plain(input.label, LONGEST_LABEL), element.into())
        .with_block_id(SlackBlockId(input.block));
    if let Some(hint) = input.hint.filter(|hint| !hint.trim().is_empty()) {
        block = block.with_hint(plain(hint, LONGEST_LABEL));
    }
    if input.presence == Presence::Optional {
        block = block.with_optional(true);
    }
    if input.dispatch == Dispatch::AtOnce {
        block = block.with_dispatch_action(true);
    }
    block.into()
}

/// A modal. Without `submit` it only tells.
pub fn modal(title: &str, submit: Option<(&str, &str)>, blocks: Vec<SlackBlock>) -> SlackModalView {
    let close = if submit.is_some() { "Cancel" } else { "Close" };
    let view = SlackModalView::new(plain(title, LONGEST_TITLE), blocks)
        .with_close(plain(close, LONGEST_TITLE));
    match submit {
        Some((label, callback)) => view
            .with_submit(plain(label, LONGEST_TITLE))
            .with_callback_id(SlackCallbackId(callback.to_owned())),
        None => view,
    }
}

/// A modal that only tells one thing.
pub fn notice(title: &str, sentences: &[super::sentence::Sentence]) -> SlackView {
    let blocks = sentences
        .iter()
        .map(super::sentence::Sentence::block)
        .collect();
    SlackView::Modal(modal(title, None, blocks))
}
