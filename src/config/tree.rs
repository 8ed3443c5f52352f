//! The parsed file: values that know their path and where they stand. No rules here.

use super::problem::shown;
use toml::de::DeValue;

/// One value of the file.
#[derive(Clone)]
pub(super) struct Node<'t> {
    /// `profiles[1].durations[2]`; empty for the file itself.
    pub(super) path: String,
    /// The byte of the text at which it begins.
    pub(super) at: usize,
    /// What the parser made of it.
    pub(super) value: &'t DeValue<'t>,
}

/// A key of a table with its value.
pub(super) struct Entry<'t> {
    /// The key as it was written.
    pub(super) key: &'t str,
    /// The byte of the text at which the key begins.
    pub(super) key_at: usize,
    /// What is behind the equals sign.
    pub(super) node: Node<'t>,
}

impl<'t> Node<'t> {
    /// The file itself.
    pub(super) fn root(value: &'t DeValue<'t>) -> Self {
        Self {
            path: String::new(),
            at: 0,
            value,
        }
    }

    /// The value of a key, when this is a table that has it.
    pub(super) fn key(&self, key: &str) -> Option<Self> {
        let value = self.value.as_table()?.get(key)?;
        Some(Self {
            path: self.path_of(key),
            at: value.span().start,
            value: value.get_ref(),
        })
    }

    /// The text of a key that holds text.
    pub(super) fn text_of(&self, key: &str) -> Option<&'t str> {
        self.key(key)?.text()
    }

    /// The path of a key of this table, whether or not it is there.
    pub(super) fn path_of(&self, key: &str) -> String {
        let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let name = if key.len() <= 60 && !key.is_empty() && key.chars().all(bare) {
            match shown(key) {
                hidden if hidden.starts_with('(') => hidden,
                _ => key.to_owned(),
            }
        } else {
            shown(key)
        };
        if self.path.is_empty() {
            name
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// The keys of this table, none when it is none.
    pub(super) fn entries(&self) -> Vec<Entry<'t>> {
        let Some(table) = self.value.as_table() else {
            return Vec::new();
        };
        let entry = |(key, value): (&'t toml::Spanned<_>, &'t toml::Spanned<DeValue<'t>>)| {
            let name: &'t std::borrow::Cow<'t, str> = key.get_ref();
            Entry {
                key: name,
                key_at: key.span().start,
                node: Self {
                    path: self.path_of(name),
                    at: value.span().start,
                    value: value.get_ref(),
                },
            }
        };
        table.iter().map(entry).collect()
    }

    /// The values of this list, none when it is none.
    pub(super) fn items(&self) -> Vec<Self> {
        let Some(list) = self.value.as_array() else {
            return Vec::new();
        };
        let item = |(index, value): (usize, &'t toml::Spanned<DeValue<'t>>)| Self {
            path: format!("{}[{index}]", self.path),
            at: value.span().start,
            value: value.get_ref(),
        };
        list.iter().enumerate().map(item).collect()
    }

    /// The text, when it is one.
    pub(super) fn text(&self) -> Option<&'t str> {
        self.value.as_str()
    }

    /// The whole number, when it is one that 64 bits hold.
    pub(super) fn whole(&self) -> Option<i64> {
        let number = self.value.as_integer()?;
        i64::from_str_radix(number.as_str(), number.radix()).ok()
    }

    /// What kind of value stands here, in words.
    pub(super) fn noun(&self) -> &'static str {
        match self.value {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a decimal point",
            DeValue::Boolean(true) => "`true`",
            DeValue::Boolean(false) => "`false`",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        }
    }
}
