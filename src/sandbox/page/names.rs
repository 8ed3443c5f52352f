//! What people read instead of ids.

use chrono::{DateTime, Utc};

use super::House;

impl House {
    /// The name behind an id of Slack: a person, a channel, a user group, or the app itself.
    pub(super) fn name(&self, id: &str) -> Option<String> {
        self.slack.name_of(id)
    }
}

/// What stands in a `<time>` until the browser has put it into the reader's zone.
pub(super) fn utc(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// The letters in the circle beside a message.
pub(super) fn initials(name: &str) -> String {
    let mut words = name
        .split_whitespace()
        .filter_map(|word| word.chars().next());
    let first = words.next();
    first.into_iter().chain(words.next_back()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_have_initials() {
        assert_eq!(initials("Ada Lovelace"), "AL");
        assert_eq!(initials("Ada King of Lovelace"), "AL");
        assert_eq!(initials("Lapse"), "L");
        assert_eq!(initials(""), "");
    }
}
