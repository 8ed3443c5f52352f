//! A line that is read token by token. What is not read yet can be taken as it stands.

use super::Misread;
use crate::domain::comment::is_unprintable;
use crate::domain::number::RequestNumber;

/// What people, phones and word processors put around a name.
const QUOTES: [char; 9] = ['"', '`', '“', '”', '„', '‟', '«', '»', '＂'];
/// What ends a word and is no part of it.
const PUNCTUATION: [char; 6] = [',', ';', ':', '!', '?', '.'];

/// The rest of a line.
#[derive(Clone, Debug)]
pub(super) struct Line<'t> {
    rest: &'t str,
}

/// One word, or what stands between two quotation marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    /// As it stands.
    pub(super) text: &'t str,
    /// Whether it stood between quotation marks: then it is a name and nothing else.
    pub(super) quoted: bool,
}

impl Token<'_> {
    /// As a word is compared: lower case, without what does not print or only ends it.
    pub(super) fn word(&self) -> String {
        bare(self.text).to_lowercase()
    }

    /// As a name is kept: without what does not print or only ends it.
    pub(super) fn name(&self) -> String {
        if self.quoted {
            printable(self.text).trim().to_owned()
        } else {
            bare(self.text)
        }
    }
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| !is_unprintable(*c)).collect()
}

fn bare(text: &str) -> String {
    // What phones make of two hyphens, or of one that must not break.
    let text = printable(text).replace(['‐', '‑', '–', '—'], "-");
    text.trim_end_matches(PUNCTUATION).to_owned()
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || is_unprintable(c)
}

impl<'t> Line<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { rest: text }
    }

    /// The next token that has anything in it.
    pub(super) fn next(&mut self) -> Option<Token<'t>> {
        loop {
            let rest = self.rest.trim_start_matches(is_gap);
            let first = rest.chars().next()?;
            let token = if QUOTES.contains(&first) {
                let inside = &rest[first.len_utf8()..];
                let Some((text, rest)) = inside.split_once(QUOTES) else {
                    // A lonely quotation mark says nothing.
                    self.rest = inside;
                    continue;
                };
                self.rest = rest;
                Token { text, quoted: true }
            } else {
                let end = rest.find(|c: char| c.is_whitespace() || QUOTES.contains(&c));
                let (text, rest) = rest.split_at(end.unwrap_or(rest.len()));
                self.rest = rest;
                Token {
                    text,
                    quoted: false,
                }
            };
            if !token.name().is_empty() {
                return Some(token);
            }
        }
    }

    /// The next token that is none of these words.
    pub(super) fn next_but(&mut self, fillers: &[&str]) -> Option<Token<'t>> {
        loop {
            let token = self.next()?;
            if token.quoted || !fillers.contains(&token.word().as_str()) {
                return Some(token);
            }
        }
    }

    /// Everything that is left, as it stands; `None` when that is nothing.
    pub(super) fn rest(&mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.rest).trim();
        let says_something = !rest.chars().all(is_gap);
        says_something.then(|| rest.to_owned())
    }

    /// Everything that is left, as one name.
    pub(super) fn name(&mut self) -> Option<String> {
        let mut names = Vec::new();
        while let Some(token) = self.next() {
            names.push(token.name());
        }
        (!names.is_empty()).then(|| names.join(" "))
    }

    /// The id of a request, with or without `REQ-`.
    pub(super) fn number(&mut self, word: &'static str) -> Result<RequestNumber, Misread> {
        let first = self.next_but(&["of", "request", "my", "the"]);
        let first = first.ok_or(Misread::NumberMissing { word })?;
        let mut typed = first.name();
        if first.word() == "req" || first.word() == "req-" {
            let second = self.next().ok_or(Misread::NumberMissing { word })?;
            typed = format!("REQ-{}", second.name());
        }
        let number = typed.trim_start_matches('#').parse();
        number.map_err(|_| Misread::NotANumber { word, typed })
    }

    /// Whether nothing is left to read.
    pub(super) fn is_at_end(&self) -> bool {
        self.clone().next().is_none()
    }
}
