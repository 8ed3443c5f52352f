//! Reading fields that may be missing, `null` or empty.

use serde::{Deserialize, Deserializer};

/// `null` counts as absent, so that the default stands for both.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// An empty text counts as absent, as in `"external_id": ""`.
pub(super) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// The `id` of an object of which nothing else matters.
#[derive(Debug, Default, Deserialize)]
pub(super) struct WithId {
    #[serde(default)]
    pub(super) id: Option<String>,
}

/// A conversation: its `id`, and the `name` that people know it by.
#[derive(Debug, Default, Deserialize)]
pub(super) struct WireChannel {
    #[serde(default)]
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) name: Option<String>,
}

/// The id inside, if both the object and its id are there.
pub(super) fn id_of(object: Option<WithId>) -> Option<String> {
    filled(object.and_then(|object| object.id))
}
