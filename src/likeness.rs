//! "Did you mean …?": which of the known words somebody probably meant.

/// Similar enough to be a slip of the finger (Jaro–Winkler, 1 is the same word).
const SIMILAR: f64 = 0.85;
/// One slip makes a shorter word a different one.
const SHORTEST: usize = 3;
/// Nobody mistypes more than this.
const LONGEST: usize = 80;

/// The known word that is nearest to what was typed, case ignored, if it is near at all: one
/// slip of the finger away (a letter wrong, missing, too much, or two exchanged), or much alike.
pub fn nearest<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let typed = typed.to_lowercase();
    if typed.chars().count() > LONGEST {
        return None;
    }
    known
        .into_iter()
        .map(|word| (likeness(&typed, &word.to_lowercase()), word))
        .filter(|(likeness, _)| *likeness >= SIMILAR)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, word)| word)
}

/// Above 1 for one slip, else how much alike the letters are.
fn likeness(typed: &str, known: &str) -> f64 {
    let alike = strsim::jaro_winkler(typed, known);
    let slip = known.chars().count() >= SHORTEST && strsim::osa_distance(typed, known) <= 1;
    if slip { 1.0 + alike } else { alike }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WORDS: [&str; 5] = ["request", "status", "list", "who", "profiles"];

    #[test]
    fn a_slip_of_the_finger_is_seen_through() {
        for (typed, meant) in [
            ("reqest", "request"),
            ("STATSU", "status"),
            ("woh", "who"),
            ("ho", "who"),
            ("profile", "profiles"),
            ("lsit", "list"),
            ("requesting", "request"),
        ] {
            assert_eq!(nearest(typed, WORDS), Some(meant), "{typed}");
        }
    }

    #[test]
    fn another_word_is_another_word() {
        for typed in ["", "xylophone", "w", "db failover", "me"] {
            assert_eq!(nearest(typed, WORDS), None, "{typed}");
        }
        assert_eq!(nearest("ie", ["id"]), None, "half of a word is no slip");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(typed in any::<String>(), known in any::<String>()) {
            let _ = nearest(&typed, [known.as_str()]);
        }
    }
}
