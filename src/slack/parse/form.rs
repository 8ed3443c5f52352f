//! `application/x-www-form-urlencoded`, with a bound on the number of pairs.

use super::Malformed;
use std::borrow::Cow;

/// Slack sends about twenty; more than this is not Slack.
const MOST_PAIRS: usize = 200;

/// The pairs of a form, in the order in which they came.
pub(super) struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Form<'a> {
    pub(super) fn read(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut pairs = form_urlencoded::parse(body);
        let read: Vec<_> = pairs.by_ref().take(MOST_PAIRS).collect();
        match pairs.next() {
            None => Ok(Self(read)),
            Some(_) => Err(Malformed),
        }
    }

    /// The field's value, if it is there. A field that is there twice is refused: two readers
    /// could believe different ones.
    pub(super) fn once(&self, name: &str) -> Result<Option<&str>, Malformed> {
        let mut values = self.0.iter().filter(|(key, _)| key == name);
        let first = values.next();
        match values.next() {
            None => Ok(first.map(|(_, value)| value.as_ref())),
            Some(_) => Err(Malformed),
        }
    }

    /// Like [`Self::once`]; an empty value counts as absent.
    pub(super) fn filled(&self, name: &str) -> Result<Option<&str>, Malformed> {
        Ok(self.once(name)?.filter(|value| !value.is_empty()))
    }
}
