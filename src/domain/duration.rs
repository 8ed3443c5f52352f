//! Lengths of time as people write and read them: `1h30m` in the configuration and the form,
//! "1 h 30 min" in messages. Whole seconds only; nothing here knows a clock.

use std::time::Duration;

/// The units, longest first: letter, the word people read, seconds.
const UNITS: [(char, &str, u64); 4] = [
    ('d', "d", 86_400),
    ('h', "h", 3_600),
    ('m', "min", 60),
    ('s', "s", 1),
];

/// Why a text is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Nothing was written.
    #[error("a duration is written like `30m`, and here is nothing")]
    Empty,
    /// A unit without a number before it, as in `h`.
    #[error("`{0}` needs a number before it")]
    NoNumber(char),
    /// A number without a unit after it, as in `1h30`.
    #[error("a number needs a unit after it: `d`, `h`, `m` or `s`")]
    NoUnit,
    /// Something that is neither a digit nor a unit.
    #[error("`{0}` has no place in a duration: use whole numbers with `d`, `h`, `m` and `s`")]
    Character(char),
    /// A unit twice, or a longer one after a shorter one.
    #[error("the units of a duration come once each, the longest first")]
    Order,
    /// It lasts no time at all.
    #[error("a duration is longer than nothing")]
    Zero,
    /// More seconds than can be counted.
    #[error("the number is too large")]
    TooLarge,
}

/// Reads `10s`, `30m`, `1h30m`, `2d`: units in falling order, each once, no spaces.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let mut total: u64 = 0;
    let mut number: Option<u64> = None;
    let mut units = UNITS.iter();
    if text.is_empty() {
        return Err(DurationError::Empty);
    }
    for character in text.chars() {
        if let Some(digit) = character.to_digit(10) {
            let grown = number
                .unwrap_or(0)
                .checked_mul(10)
                .and_then(|n| n.checked_add(u64::from(digit)));
            number = Some(grown.ok_or(DurationError::TooLarge)?);
            continue;
        }
        if !UNITS.iter().any(|(letter, ..)| *letter == character) {
            return Err(DurationError::Character(character));
        }
        let amount = number.take().ok_or(DurationError::NoNumber(character))?;
        let (.., seconds) = units
            .find(|(letter, ..)| *letter == character)
            .ok_or(DurationError::Order)?;
        total = amount
            .checked_mul(*seconds)
            .and_then(|part| total.checked_add(part))
            .ok_or(DurationError::TooLarge)?;
    }
    match (number, total) {
        (Some(_), _) => Err(DurationError::NoUnit),
        (None, 0) => Err(DurationError::Zero),
        (None, seconds) => Ok(Duration::from_secs(seconds)),
    }
}

/// As people read it: `2 h`, `30 min`, `1 h 30 min`, `2 d`, `45 s`. Parts of a second are left out.
pub fn spoken(duration: Duration) -> String {
    let parts: Vec<String> = split(duration)
        .map(|(amount, _, word)| format!("{amount} {word}"))
        .collect();
    if parts.is_empty() {
        "0 s".to_owned()
    } else {
        parts.join(" ")
    }
}

/// As people write it: `1h30m`. [`parse_duration`] reads it back.
pub fn written(duration: Duration) -> String {
    let parts: Vec<String> = split(duration)
        .map(|(amount, letter, _)| format!("{amount}{letter}"))
        .collect();
    if parts.is_empty() {
        "0s".to_owned()
    } else {
        parts.concat()
    }
}

fn split(duration: Duration) -> impl Iterator<Item = (u64, char, &'static str)> {
    let mut left = duration.as_secs();
    UNITS.iter().filter_map(move |(letter, word, seconds)| {
        let amount = left / seconds;
        left %= seconds;
        (amount > 0).then_some((amount, *letter, *word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_write() {
        for (text, seconds) in [
            ("10s", 10),
            ("30m", 1_800),
            ("1h30m", 5_400),
            ("2d", 172_800),
            ("1d2h3m4s", 93_784),
            ("90m", 5_400),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_secs(seconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn says_what_is_wrong_with_everything_else() {
        for (text, error) in [
            ("", DurationError::Empty),
            ("h", DurationError::NoNumber('h')),
            ("90", DurationError::NoUnit),
            ("1h30", DurationError::NoUnit),
            ("1.5h", DurationError::Character('.')),
            ("1h 30m", DurationError::Character(' ')),
            ("-1h", DurationError::Character('-')),
            ("+1h", DurationError::Character('+')),
            ("2w", DurationError::Character('w')),
            ("2H", DurationError::Character('H')),
            ("٣h", DurationError::Character('٣')),
            ("30m1h", DurationError::Order),
            ("1h1h", DurationError::Order),
            ("0m", DurationError::Zero),
            ("99999999999999999999s", DurationError::TooLarge),
            ("999999999999999999d", DurationError::TooLarge),
        ] {
            assert_eq!(parse_duration(text), Err(error), "{text}");
        }
    }

    #[test]
    fn speaks_in_short_words() {
        for (seconds, words) in [
            (0, "0 s"),
            (45, "45 s"),
            (1_800, "30 min"),
            (5_400, "1 h 30 min"),
            (7_200, "2 h"),
            (172_800, "2 d"),
            (90_061, "1 d 1 h 1 min 1 s"),
        ] {
            assert_eq!(spoken(Duration::from_secs(seconds)), words);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(seconds in 1_u64..) {
            let duration = Duration::from_secs(seconds);
            prop_assert_eq!(parse_duration(&written(duration)), Ok(duration));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in any::<String>()) {
            if let Ok(duration) = parse_duration(&text) {
                prop_assert!(duration >= Duration::from_secs(1));
            }
        }

        #[test]
        fn digits_and_units_never_make_it_panic(text in "[0-9dhms]{0,30}") {
            if let Ok(duration) = parse_duration(&text) {
                prop_assert!(!spoken(duration).is_empty());
                prop_assert_eq!(parse_duration(&written(duration)), Ok(duration));
            }
        }
    }
}
