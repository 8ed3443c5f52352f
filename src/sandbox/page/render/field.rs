//! One control: where it stands, what was answered so far, and what is read about it.

use std::{collections::BTreeMap, fmt::Write};

use serde_json::Value;

use super::{
    html::{Html, Tag},
    span::Words,
    text,
};

/// What was answered so far in a view, and what is wrong with it.
#[derive(Clone, Copy)]
pub(super) struct Answers<'a> {
    /// Keeps the ids of these controls apart from all others of the page.
    prefix: &'a str,
    state: &'a Value,
    errors: &'a BTreeMap<String, String>,
    pub(super) words: Words<'a>,
}

impl<'a> Answers<'a> {
    pub(super) fn new(
        prefix: &'a str,
        state: &'a Value,
        errors: &'a BTreeMap<String, String>,
        words: Words<'a>,
    ) -> Self {
        Self {
            prefix,
            state,
            errors,
            words,
        }
    }

    /// An id that nothing else has, made of letters, digits, `_` and `-`, whatever the parts are.
    pub(super) fn id(&self, parts: &[&str]) -> String {
        let mut id = letters(self.prefix);
        for part in parts {
            id.push('-');
            id.push_str(&letters(part));
        }
        id
    }

    /// What is wrong with fields that are not among these blocks.
    pub(super) fn errors_beside(&self, blocks: &[Value]) -> Vec<&'a str> {
        let inputs: Vec<&str> = blocks
            .iter()
            .filter(|block| block["type"] == "input")
            .filter_map(|block| block["block_id"].as_str())
            .collect();
        self.errors
            .iter()
            .filter(|(block, _)| !inputs.contains(&block.as_str()))
            .map(|(_, sentence)| sentence.as_str())
            .collect()
    }
}

/// Spells everything but letters and digits, so that different texts stay different.
fn letters(text: &str) -> String {
    text.chars().fold(String::new(), |mut spelt, c| {
        if c.is_ascii_alphanumeric() {
            spelt.push(c);
        } else {
            // Writing into a string cannot fail.
            let _ = write!(spelt, "_{:x}_", u32::from(c));
        }
        spelt
    })
}

/// One control.
pub(super) struct Field<'a> {
    /// Its id in the page.
    pub(super) id: String,
    block: &'a str,
    action: &'a str,
    /// What was answered so far; `null` before anybody touched it.
    pub(super) answer: &'a Value,
    /// The input block around it.
    input: Option<&'a Value>,
    /// The id of the words that it stands beside.
    words_id: Option<String>,
    error: Option<&'a str>,
    pub(super) words: Words<'a>,
}

impl<'a> Field<'a> {
    /// The control of an input block.
    pub(super) fn asked(answers: Answers<'a>, block: &'a Value) -> Self {
        let mut field = Self::standing(answers, block, &block["element"]);
        field.input = Some(block);
        field.error = answers.errors.get(field.block).map(String::as_str);
        field
    }

    /// A control that stands beside the words of a section, which say what it is for.
    pub(super) fn beside(answers: Answers<'a>, block: &'a Value) -> Self {
        let mut field = Self::standing(answers, block, &block["accessory"]);
        field.words_id = Some(format!("{}-words", field.id));
        field
    }

    /// The id that those words have to have.
    pub(super) fn words_id(&self) -> Option<&str> {
        self.words_id.as_deref()
    }

    /// A control that stands in a row.
    pub(super) fn standing(answers: Answers<'a>, block: &'a Value, element: &'a Value) -> Self {
        let block = block["block_id"].as_str().unwrap_or_default();
        let action = element["action_id"].as_str().unwrap_or_default();
        Self {
            id: answers.id(&[block, action]),
            block,
            action,
            answer: &answers.state[block][action],
            input: None,
            words_id: None,
            error: None,
            words: answers.words,
        }
    }

    /// Says whose control this is and what using it does.
    pub(super) fn acts(&self, tag: Tag, act: &'static str) -> Tag {
        tag.attr("data-act", act)
            .attr("data-block", self.block)
            .attr("data-action", self.action)
    }

    /// Whether the app wants to hear of a change at once.
    pub(super) fn dispatches(&self) -> bool {
        self.input
            .is_none_or(|input| input["dispatch_action"] == true)
    }

    /// The label above it, if it has one.
    pub(super) fn label(&self) -> Option<String> {
        self.input.map(|input| {
            let label = text::plain(&input["label"], self.words);
            if input["optional"] == true {
                format!("{label} (optional)")
            } else {
                label
            }
        })
    }

    /// Draws the label above a single control.
    pub(super) fn draw_label(&self, html: &mut Html) {
        if let Some(label) = self.label() {
            let tag = Tag::new("label")
                .attr("class", "label")
                .attr("for", &self.id);
            html.element("label", tag, &label);
        }
    }

    /// What somebody reads who cannot see where the control stands.
    pub(super) fn named(&self, tag: Tag, own_name: &str) -> Tag {
        match (self.input, &self.words_id) {
            (Some(_), _) => tag,
            (None, Some(words)) => tag.attr("aria-labelledby", words),
            (None, None) => tag.attr("aria-label", own_name),
        }
    }

    /// Connects the control with its hint and with what is wrong.
    pub(super) fn described(&self, tag: Tag) -> Tag {
        let hint = self.hint().map(|_| self.hint_id());
        let error = self.error.map(|_| self.error_id());
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        let ids = Some(ids.join(" ")).filter(|ids| !ids.is_empty());
        let required = self.input.is_some_and(|input| input["optional"] != true);
        tag.maybe("aria-describedby", ids.as_deref())
            .maybe("aria-invalid", self.error.map(|_| "true"))
            .maybe("aria-required", required.then_some("true"))
    }

    /// Draws what stands below the control.
    pub(super) fn draw_notes(&self, html: &mut Html) {
        if let Some(hint) = self.hint() {
            let tag = Tag::new("p")
                .attr("class", "hint")
                .attr("id", &self.hint_id());
            html.element("p", tag, &hint);
        }
        if let Some(error) = self.error {
            let tag = Tag::new("p")
                .attr("class", "field-error")
                .attr("id", &self.error_id());
            html.element("p", tag, error);
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = self.input?.get("hint")?;
        (!hint.is_null()).then(|| text::plain(hint, self.words))
    }

    fn hint_id(&self) -> String {
        format!("{}-hint", self.id)
    }

    fn error_id(&self) -> String {
        format!("{}-error", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn ids_differ_where_names_differ() {
        assert_eq!(letters("device"), "device");
        let similar = ["a:b", "a-b", "a_b", "a b", "ab", "a_3a_b", "a\u{e9}b"];
        for (nth, one) in similar.iter().enumerate() {
            assert!(
                letters(one)
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '_')
            );
            for other in &similar[nth + 1..] {
                assert_ne!(letters(one), letters(other));
            }
        }
    }
}
