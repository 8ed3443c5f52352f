//! Text that must not reach a log.

use std::fmt;

/// What a person typed, or what opens a door to them. `Debug` shows only how long it is, so that
/// a value printed whole, at whatever level, gives nothing away.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Unlogged(String);

impl Unlogged {
    /// Takes the text as it was given.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text itself, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl From<String> for Unlogged {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Unlogged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_tells_the_length_and_nothing_else() {
        let typed = Unlogged::new("restoring the ledger");
        assert_eq!(format!("{typed:?}"), "[20 bytes]");
        assert_eq!(typed.as_str(), "restoring the ledger");
    }
}
