//! Whom to ask: at most so many, the most likely to answer first.

use super::ids::PersonId;

/// One of the people who may approve a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub person: PersonId,
    /// How the configuration names them.
    pub named: Naming,
    /// Whether their account has ever been read.
    pub acquaintance: Acquaintance,
    /// When they last reviewed this profile, in milliseconds since 1970; `None` for never.
    pub reviewed_last: Option<i64>,
}

/// How the configuration names somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Naming {
    /// By their own address.
    Personally,
    /// As a member of a group.
    InGroup,
}

/// Whether somebody's account has ever been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Acquaintance {
    /// They are a full member.
    Member,
    /// Nobody knows; they may be a guest.
    Stranger,
}

/// Puts the one that the requester chose first, then those who are known to be full members,
/// then named people, then group members who reviewed this profile last, and keeps at most
/// `ask_at_most` of them.
pub fn choose(
    mut candidates: Vec<Candidate>,
    first: Option<&PersonId>,
    ask_at_most: u32,
) -> Vec<PersonId> {
    candidates.sort_by(|a, b| {
        let chosen = |candidate: &Candidate| first != Some(&candidate.person);
        chosen(a)
            .cmp(&chosen(b))
            .then(a.acquaintance.cmp(&b.acquaintance))
            .then(a.named.cmp(&b.named))
            .then(b.reviewed_last.cmp(&a.reviewed_last))
            .then(a.person.cmp(&b.person))
    });
    candidates.dedup_by(|a, b| a.person == b.person);
    let mut asked: Vec<PersonId> = Vec::new();
    for candidate in candidates {
        if asked.len() < ask_at_most as usize && !asked.contains(&candidate.person) {
            asked.push(candidate.person);
        }
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn candidate(person: &str, named: Naming, reviewed_last: Option<i64>) -> Candidate {
        Candidate {
            person: PersonId::new(person),
            named,
            acquaintance: Acquaintance::Member,
            reviewed_last,
        }
    }

    fn asked(candidates: &[Candidate], first: Option<&str>, at_most: u32) -> Vec<String> {
        let first = first.map(PersonId::new);
        choose(candidates.to_vec(), first.as_ref(), at_most)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn the_chosen_then_the_named_then_whoever_reviewed_last() {
        let candidates = [
            candidate("UA", Naming::InGroup, None),
            candidate("UB", Naming::InGroup, Some(10)),
            candidate("UC", Naming::InGroup, Some(20)),
            candidate("UD", Naming::Personally, None),
            candidate("UC", Naming::Personally, Some(20)),
        ];
        assert_eq!(asked(&candidates, None, 10), ["UC", "UD", "UB", "UA"]);
        assert_eq!(asked(&candidates, Some("UA"), 3), ["UA", "UC", "UD"]);
        assert_eq!(asked(&candidates, None, 0), Vec::<String>::new());
    }

    #[test]
    fn whoever_may_be_a_guest_is_asked_after_the_members() {
        let stranger = Candidate {
            acquaintance: Acquaintance::Stranger,
            ..candidate("UA", Naming::Personally, Some(30))
        };
        let member = candidate("UB", Naming::InGroup, None);
        let candidates = [stranger, member];
        assert_eq!(asked(&candidates, None, 10), ["UB", "UA"]);
        assert_eq!(asked(&candidates, None, 1), ["UB"]);
    }

    #[test]
    fn whoever_was_chosen_and_may_not_approve_is_not_asked() {
        let candidates = [candidate("UA", Naming::InGroup, None)];
        assert_eq!(asked(&candidates, Some("UEVE"), 10), ["UA"]);
    }

    proptest! {
        #[test]
        fn nobody_is_asked_twice_and_nobody_is_left_out_while_there_is_room(
            people in prop::collection::vec((0_u8..6, any::<bool>(), prop::option::of(0_i64..9)), 0..20),
            at_most in 0_u32..8,
        ) {
            let candidates: Vec<Candidate> = people
                .iter()
                .map(|(n, personally, last)| {
                    let named = if *personally { Naming::Personally } else { Naming::InGroup };
                    candidate(&format!("U{n}"), named, *last)
                })
                .collect();
            let different: std::collections::BTreeSet<_> = people.iter().map(|(n, ..)| n).collect();
            let asked = asked(&candidates, None, at_most);
            let once: std::collections::BTreeSet<_> = asked.iter().collect();
            prop_assert_eq!(once.len(), asked.len());
            prop_assert_eq!(asked.len(), different.len().min(at_most as usize));
        }
    }
}
