//! The emoji that may stand as `:name:`; the app writes most of its own as characters.

/// The few that apps of this kind use. Any other name stays as it was typed, as in Slack.
const KNOWN: &[(&str, &str)] = &[
    ("+1", "👍"),
    ("alarm_clock", "⏰"),
    ("arrow_right", "➡️"),
    ("bell", "🔔"),
    ("exclamation", "❗"),
    ("eyes", "👀"),
    ("hourglass", "⌛"),
    ("hourglass_flowing_sand", "⏳"),
    ("information_source", "ℹ️"),
    ("key", "🔑"),
    ("large_green_circle", "🟢"),
    ("large_yellow_circle", "🟡"),
    ("leftwards_arrow_with_hook", "↩"),
    ("lock", "🔒"),
    ("no_entry", "⛔"),
    ("red_circle", "🔴"),
    ("robot_face", "🤖"),
    ("rotating_light", "🚨"),
    ("stop_button", "⏹"),
    ("unlock", "🔓"),
    ("warning", "⚠️"),
    ("wave", "👋"),
    ("white_check_mark", "✅"),
    ("x", "❌"),
];

/// The character behind a name.
pub(super) fn drawn(name: &str) -> Option<&'static str> {
    let found = KNOWN.iter().find(|(known, _)| *known == name);
    found.map(|(_, drawn)| *drawn)
}

/// A plain text with the emoji that it names.
pub(super) fn replaced(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(':') {
        read.push_str(before);
        let named = after.split_once(':');
        if let Some((emoji, beyond)) = named.and_then(|(name, beyond)| Some((drawn(name)?, beyond)))
        {
            read.push_str(emoji);
            rest = beyond;
        } else {
            read.push(':');
            rest = after;
        }
    }
    read + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_become_characters_and_others_stay() {
        assert_eq!(
            replaced(":lock: at 10:30:00 :nope: :x:"),
            "🔒 at 10:30:00 :nope: ❌"
        );
        assert_eq!(replaced("no colons"), "no colons");
    }
}
