//! Finds what somebody typed among the things that exist for them.

use crate::likeness::nearest;

/// What people say before the name of a profile.
const BEFORE_A_NAME: [&str; 9] = ["access", "to", "for", "the", "a", "me", "my", "has", "on"];

/// What a typed name stands for.
#[derive(Debug, PartialEq, Eq)]
pub enum Picked<'a, T> {
    /// This.
    One(&'a T),
    /// Any of these.
    Several(Vec<&'a T>),
    /// Nothing.
    None {
        /// The name that was probably meant.
        meant: Option<&'a str>,
    },
}

/// Finds a thing by any of its names, the more important name first: the whole name, case and
/// punctuation ignored, or the beginning of only one thing's name. Words that people say before
/// a name count only where nothing is called so.
pub fn pick<'a, T>(
    typed: &str,
    among: impl Iterator<Item = &'a T> + Clone,
    names: impl Fn(&'a T) -> Vec<&'a str>,
) -> Picked<'a, T> {
    let words = folded(typed);
    let mut spoken = words.as_str();
    loop {
        let found = called(spoken, among.clone(), &names);
        match found.as_slice() {
            [only] => return Picked::One(only),
            [] => {}
            _ => return Picked::Several(found),
        }
        match spoken.split_once(' ') {
            Some((filler, rest)) if BEFORE_A_NAME.contains(&filler) => spoken = rest,
            _ => break,
        }
    }
    let known: Vec<&str> = among.flat_map(names).collect();
    let folded: Vec<String> = known.iter().map(|name| folded(name)).collect();
    let meant = nearest(spoken, folded.iter().map(String::as_str));
    let place = meant.and_then(|meant| folded.iter().position(|name| name == meant));
    Picked::None {
        meant: place.and_then(|place| known.get(place).copied()),
    }
}

/// Those that are called so; else those whose name begins so.
fn called<'a, T>(
    typed: &str,
    among: impl Iterator<Item = &'a T> + Clone,
    names: &impl Fn(&'a T) -> Vec<&'a str>,
) -> Vec<&'a T> {
    if typed.is_empty() {
        return Vec::new();
    }
    let most = among.clone().map(|thing| names(thing).len()).max();
    for nth in 0..most.unwrap_or_default() {
        let is_called = |thing: &&'a T| {
            let name = names(thing).get(nth).copied();
            name.is_some_and(|name| folded(name) == typed)
        };
        let found: Vec<&T> = among.clone().filter(is_called).collect();
        if !found.is_empty() {
            return found;
        }
    }
    let begins = |thing: &&'a T| {
        names(thing)
            .into_iter()
            .any(|name| folded(name).starts_with(typed))
    };
    among.filter(begins).collect()
}

/// Lower case, and one space for everything that is neither letter nor digit.
fn folded(name: &str) -> String {
    let spaced: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Thing = (&'static str, &'static str);

    const PROFILES: [Thing; 5] = [
        ("prod-ssh", "Production SSH"),
        ("prod-db", "Production database"),
        ("staging", "Staging, all ports"),
        ("wiki", "The wiki"),
        ("access-logs", "Access to logs"),
    ];

    fn found(typed: &str) -> Picked<'static, Thing> {
        pick(typed, PROFILES.iter(), |(id, name)| vec![id, name])
    }

    #[test]
    fn a_profile_is_found_however_it_is_called() {
        for (typed, nth) in [
            ("prod-ssh", 0),
            ("PROD SSH", 0),
            ("Production SSH", 0),
            ("production s", 0),
            ("access to prod-ssh", 0),
            ("staging all ports", 2),
            ("stag", 2),
            ("the wiki", 3),
            ("my wiki", 3),
            ("access to logs", 4),
            ("access logs", 4),
        ] {
            assert_eq!(found(typed), Picked::One(&PROFILES[nth]), "{typed}");
        }
    }

    #[test]
    fn what_could_be_two_is_not_guessed() {
        let two = Picked::Several(vec![&PROFILES[0], &PROFILES[1]]);
        assert_eq!(found("prod"), two);
        assert_eq!(found("Production"), two);
    }

    #[test]
    fn what_is_none_gets_a_guess_only_when_it_is_near() {
        let near = |meant| Picked::None { meant };
        assert_eq!(found("prod-shh"), near(Some("prod-ssh")));
        assert_eq!(found("access to prod-shh"), near(Some("prod-ssh")));
        assert_eq!(found("xylophone"), near(None));
        assert_eq!(found("  , "), near(None));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(typed in any::<String>()) {
            let _ = found(&typed);
        }
    }
}
