//! Pieces of a line, wherever they came from: mrkdwn and rich text are both read into these.

use chrono::DateTime;
use url::Url;

use super::{
    Reader, emoji,
    html::{Html, Tag},
};

/// What words are drawn with.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) reader: &'a Reader<'a>,
}

/// One piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// As it stands.
    Text(String),
    /// The next line begins.
    Break,
    /// Something that looks different.
    Styled(Style, Vec<Span>),
    /// A person, channel or group by id, with what is read when the id is unknown.
    Mention(Mention),
    /// A link, with what is read instead of its address.
    Link { url: String, label: Option<String> },
    /// A moment in the reader's own zone.
    Moment(Moment),
    /// An emoji by name.
    Emoji(String),
    /// Something that nobody here knows.
    Unknown(String),
}

/// How something looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Bold,
    Italic,
    Strike,
    Underline,
    Code,
}

impl Style {
    fn element(self) -> &'static str {
        match self {
            Self::Bold => "strong",
            Self::Italic => "em",
            Self::Strike => "s",
            Self::Underline => "u",
            Self::Code => "code",
        }
    }
}

/// Who or what is named by an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// What stands before the name.
    pub(super) sign: &'static str,
    pub(super) id: String,
    pub(super) label: Option<String>,
}

/// A moment, as Slack's clients format it,
/// <https://docs.slack.dev/messaging/formatting-message-text#date-formatting>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) unix: i64,
    pub(super) format: String,
    pub(super) link: Option<String>,
    pub(super) fallback: String,
}

/// Draws pieces one after the other.
pub(super) fn draw(spans: &[Span], words: Words<'_>, html: &mut Html) {
    for span in spans {
        draw_one(span, words, html);
    }
}

fn draw_one(span: &Span, words: Words<'_>, html: &mut Html) {
    match span {
        Span::Text(text) => html.lines(text),
        Span::Break => html.open(Tag::new("br")),
        Span::Styled(style, inside) => {
            html.open(Tag::new(style.element()));
            draw(inside, words, html);
            html.close(style.element());
        }
        Span::Mention(mention) => {
            let tag = Tag::new("span").attr("class", "mention");
            html.element("span", tag, &mention.read(words));
        }
        Span::Link { url, label } => link(url, label.as_deref().unwrap_or(url), html),
        Span::Moment(moment) => draw_moment(moment, html),
        Span::Emoji(name) => match emoji::drawn(name) {
            Some(drawn) => html.text(drawn),
            None => html.text(&format!(":{name}:")),
        },
        Span::Unknown(what) => html.not_rendered_inline(what),
    }
}

impl Mention {
    fn read(&self, words: Words<'_>) -> String {
        let known = (words.reader.names)(&self.id);
        let name = known.or_else(|| self.label.clone());
        let name = name.as_deref().unwrap_or(&self.id);
        format!("{}{}", self.sign, name.trim_start_matches(self.sign))
    }
}

/// A link that leads to the web or to a mailbox; any other scheme could run something.
pub(super) fn link(url: &str, label: &str, html: &mut Html) {
    if !is_harmless(url) {
        html.not_rendered_inline(&format!("a link to {url}"));
        return;
    }
    let tag = Tag::new("a")
        .attr("href", url)
        .attr("target", "_blank")
        .attr("rel", "noopener noreferrer");
    html.element("a", tag, label);
}

/// Whether a link to this address can be offered.
pub(super) fn is_harmless(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| ["http", "https", "mailto"].contains(&url.scheme()))
}

fn draw_moment(moment: &Moment, html: &mut Html) {
    let link = moment.link.as_deref().filter(|link| is_harmless(link));
    if let Some(link) = link {
        html.open(
            Tag::new("a")
                .attr("href", link)
                .attr("rel", "noopener noreferrer"),
        );
    }
    match DateTime::from_timestamp(moment.unix, 0) {
        Some(at) => {
            let machine = at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
            let tag = Tag::new("time")
                .attr("datetime", &machine)
                .attr("data-unix", &moment.unix.to_string())
                .attr("data-format", &moment.format);
            html.element("time", tag, &moment.fallback);
        }
        // No clock shows that.
        None => html.text(&moment.fallback),
    }
    match (link, &moment.link) {
        (Some(_), _) => html.close("a"),
        (None, Some(other)) => html.not_rendered_inline(&format!("a link to {other}")),
        (None, None) => {}
    }
}

/// The same pieces where only plain text can stand, such as a dialog that asks twice.
pub(super) fn plain(spans: &[Span], words: Words<'_>) -> String {
    spans.iter().map(|span| plain_one(span, words)).collect()
}

fn plain_one(span: &Span, words: Words<'_>) -> String {
    match span {
        Span::Text(text) => text.clone(),
        Span::Break => "\n".to_owned(),
        Span::Styled(_, inside) => plain(inside, words),
        Span::Mention(mention) => mention.read(words),
        Span::Link { url, label } => label.as_ref().unwrap_or(url).clone(),
        Span::Moment(moment) => moment.fallback.clone(),
        Span::Emoji(name) => emoji::drawn(name).map_or_else(|| format!(":{name}:"), str::to_owned),
        Span::Unknown(what) => format!("(not rendered: {what})"),
    }
}
