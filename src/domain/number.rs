//! The short id that people read aloud: `REQ-7F3K`, made from a sequence.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Crockford's alphabet: no I, L, O or U, so that nothing sounds or looks like something else.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SHORTEST: usize = 4;

/// The number of an access request, shown as `REQ-` and at least four Crockford digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestNumber(pub u32);

/// The text is no short id of an access request.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a request's id looks like REQ-7F3K")]
pub struct NotARequestNumber;

impl fmt::Display for RequestNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = Vec::with_capacity(SHORTEST);
        let mut rest = self.0;
        while rest > 0 || digits.len() < SHORTEST {
            digits.push(char::from(ALPHABET[(rest % 32) as usize]));
            rest /= 32;
        }
        write!(f, "REQ-{}", digits.iter().rev().collect::<String>())
    }
}

impl FromStr for RequestNumber {
    type Err = NotARequestNumber;

    /// Forgives what people do to ids: lower case, a missing `REQ-` or a missing dash, O for 0,
    /// I and L for 1.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim().to_ascii_uppercase();
        let digits = without_prefix(&text);
        if digits.len() < SHORTEST || digits.len() > 7 {
            return Err(NotARequestNumber);
        }
        digits
            .bytes()
            .map(|digit| match digit {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            })
            .try_fold(0_u32, |number, digit| {
                let value = ALPHABET.iter().position(|known| *known == digit)?;
                number
                    .checked_mul(32)?
                    .checked_add(u32::try_from(value).ok()?)
            })
            .map(Self)
            .ok_or(NotARequestNumber)
    }
}

/// R, E and Q are digits too, so without a dash they are a prefix only where enough digits
/// follow; a number as long as that does not begin with R.
fn without_prefix(text: &str) -> &str {
    if let Some(digits) = text.strip_prefix("REQ-") {
        return digits;
    }
    match text.strip_prefix("REQ") {
        Some(digits) if digits.len() >= SHORTEST => digits.trim_start_matches(['_', '#', ' ']),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn is_short_and_readable() {
        assert_eq!(RequestNumber(1).to_string(), "REQ-0001");
        assert_eq!(RequestNumber(32 * 32 * 32 * 32).to_string(), "REQ-10000");
        assert_eq!("req-oooi".parse(), Ok(RequestNumber(1)));
        assert_eq!("0001".parse(), Ok(RequestNumber(1)));
        assert_eq!("req7f3k".parse(), "REQ-7F3K".parse::<RequestNumber>());
        assert_eq!("req 7f3k".parse(), "REQ-7F3K".parse::<RequestNumber>());
        let all_digits = "REQ7".parse::<RequestNumber>().expect("four digits");
        assert_eq!(all_digits.to_string(), "REQ-REQ7");
        assert_eq!("REQ-U000".parse::<RequestNumber>(), Err(NotARequestNumber));
        assert_eq!("REQ-1".parse::<RequestNumber>(), Err(NotARequestNumber));
    }

    proptest! {
        #[test]
        fn every_number_reads_back(number in any::<u32>()) {
            let shown = RequestNumber(number).to_string();
            prop_assert_eq!(shown.parse::<RequestNumber>(), Ok(RequestNumber(number)));
            prop_assert_eq!(shown.to_lowercase().parse::<RequestNumber>(), Ok(RequestNumber(number)));
            prop_assert_eq!(shown.replace('-', "").parse::<RequestNumber>(), Ok(RequestNumber(number)));
            prop_assert_eq!(shown.replace("REQ-", "").parse::<RequestNumber>(), Ok(RequestNumber(number)));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,12}") {
            let _ = text.parse::<RequestNumber>();
        }
    }
}
