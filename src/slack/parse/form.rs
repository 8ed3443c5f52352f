//! `application/x-www-form-urlencoded`, with a bound on the number of pairs; and the same pairs
//! as a JSON object, which is how Socket Mode sends them.

use super::Malformed;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;

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

    /// The fields of a JSON object. What is `null` is absent; what is neither text nor a flag is
    /// not looked at.
    pub(super) fn read_json(body: &[u8]) -> Result<Form<'static>, Malformed> {
        let Fields(pairs) = serde_json::from_slice(body)?;
        if pairs.len() > MOST_PAIRS {
            return Err(Malformed);
        }
        let owned = |(name, value): (String, String)| (Cow::Owned(name), Cow::Owned(value));
        Ok(Form(pairs.into_iter().map(owned).collect()))
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

/// The fields of an object in their order, doubled ones too.
struct Fields(Vec<(String, String)>);

#[derive(Deserialize)]
#[serde(untagged)]
enum FieldValue {
    Text(String),
    Flag(bool),
    Other(IgnoredAny),
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some((name, value)) = map.next_entry()? {
                    match value {
                        FieldValue::Text(text) => fields.push((name, text)),
                        FieldValue::Flag(flag) => fields.push((name, flag.to_string())),
                        FieldValue::Other(_) => {}
                    }
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}
