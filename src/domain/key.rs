//! What one key should look like. Tailscale is brought into agreement per key, not per grant.

use super::attribute::AttributeValue;
use super::grant::{Grant, GrantState, WriteMark};
use super::ids::GrantId;
use chrono::{DateTime, Utc};

/// What Tailscale should show for a key, given all grants on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// The attribute as this grant has it: the one with the latest end, the older one on a tie.
    Open(&'a Grant),
    /// No attribute, because of this ending grant.
    Absent(&'a Grant),
    /// Nothing is live; there is nothing to do.
    Nothing,
}

/// Decides what a key should look like. `clashing` grants must have been failed before.
pub fn wanted(grants: &[Grant], now: DateTime<Utc>) -> Wanted<'_> {
    let open = grants
        .iter()
        .filter(|grant| grant.wants_open() && grant.ends_at > now)
        .max_by(|a, b| {
            let by_end = a.ends_at.cmp(&b.ends_at);
            by_end
                .then(b.approved_at.cmp(&a.approved_at))
                .then(b.number.cmp(&a.number))
        });
    if let Some(grant) = open {
        return Wanted::Open(grant);
    }
    let ending = grants
        .iter()
        .filter(|grant| matches!(grant.state, GrantState::Ending { .. }))
        .max_by_key(|grant| (grant.ends_at, grant.number));
    ending.map_or(Wanted::Nothing, Wanted::Absent)
}

/// The applying grants whose value differs from what another live grant on the key holds.
/// The grant whose value may have been written keeps the key, else the older one.
pub fn clashing(grants: &[Grant]) -> Vec<GrantId> {
    let live = |grant: &&Grant| grant.is_live();
    let mut holders: Vec<&Grant> = grants.iter().filter(live).collect();
    holders.sort_by_key(|grant| {
        let applying = grant.is_applying();
        (
            applying,
            applying && grant.write == WriteMark::Untouched,
            grant.approved_at,
            grant.number,
        )
    });
    let Some(value) = holders.first().map(|grant| &grant.value) else {
        return Vec::new();
    };
    holders
        .iter()
        .filter(|grant| grant.is_applying() && grant.value != *value)
        .map(|grant| grant.id.clone())
        .collect()
}

/// Whether what Tailscale shows is what is wanted; ends are compared in whole seconds, because
/// documents differ in the fraction and the zone that are printed.
pub fn agrees(grant: &Grant, value: &AttributeValue, expiry: Option<DateTime<Utc>>) -> bool {
    grant.value == *value
        && expiry.is_some_and(|expiry| expiry.timestamp() == grant.ends_at.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::attribute::{Attribute, Key};
    use crate::domain::audit::PersonRef;
    use crate::domain::grant::{EndReason, Ending, Opened};
    use crate::domain::ids::{NodeId, PersonId, ProfileId, RequestId};
    use crate::domain::number::RequestNumber;
    use chrono::TimeDelta;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn grant(number: u32, ends: i64, state: GrantState) -> Grant {
        let request = RequestId::new(format!("r{number}"));
        Grant {
            id: GrantId::of(&request),
            request,
            number: RequestNumber(number),
            version: 1,
            holder: PersonRef {
                id: PersonId::new("UADA"),
                name: "Ada".into(),
                email: None,
            },
            profile: ProfileId::new("prod"),
            key: Key {
                node: NodeId::new("n1"),
                attribute: Attribute::parse("custom:prod").expect("legal"),
            },
            value: AttributeValue::Bool(true),
            comment: String::new(),
            approved_at: at(i64::from(number)),
            ends_at: at(ends),
            approvers: Vec::new(),
            write: WriteMark::Untouched,
            warned_at: None,
            late_since: None,
            held_by: None,
            state,
        }
    }

    fn active() -> GrantState {
        GrantState::Active { since: at(0) }
    }

    fn ending() -> GrantState {
        GrantState::Ending {
            ending: Ending {
                why: EndReason::Released,
                by: None,
                note: None,
                at: at(0),
                opened: Opened::At(at(0)),
            },
        }
    }

    fn shown(grants: &[Grant], now: i64) -> (&'static str, u32) {
        match wanted(grants, at(now)) {
            Wanted::Open(grant) => ("open", grant.number.0),
            Wanted::Absent(grant) => ("absent", grant.number.0),
            Wanted::Nothing => ("nothing", 0),
        }
    }

    #[test]
    fn the_latest_end_that_is_still_to_come_holds_the_key() {
        let grants = [
            grant(1, 100, active()),
            grant(2, 200, GrantState::Applying { since: at(0) }),
            grant(3, 200, active()),
            grant(4, 900, ending()),
        ];
        assert_eq!(shown(&grants, 50), ("open", 2));
        assert_eq!(shown(&grants[..1], 99), ("open", 1));
        assert_eq!(shown(&grants[..1], 100), ("nothing", 0));
        assert_eq!(shown(&grants, 200), ("absent", 4));
        assert_eq!(shown(&[], 0), ("nothing", 0));
    }

    #[test]
    fn ends_are_compared_in_whole_seconds_and_an_end_is_needed() {
        let grant = grant(1, 100, active());
        let same = AttributeValue::Bool(true);
        assert!(agrees(
            &grant,
            &same,
            Some(at(100) + TimeDelta::milliseconds(400))
        ));
        assert!(!agrees(&grant, &same, Some(at(101))));
        assert!(!agrees(&grant, &same, None));
        assert!(!agrees(&grant, &AttributeValue::Bool(false), Some(at(100))));
    }

    #[test]
    fn another_value_waits_until_the_first_is_gone_even_while_it_ends() {
        let mut other = grant(1, 100, GrantState::Applying { since: at(0) });
        other.value = AttributeValue::Integer(2);
        let clash = vec![other.id.clone()];
        for holder in [active(), ending()] {
            assert_eq!(clashing(&[other.clone(), grant(2, 50, holder)]), clash);
        }
        assert_eq!(clashing(&[other.clone()]), Vec::new());
        let over = GrantState::Ended {
            ending: Ending {
                why: EndReason::Released,
                by: None,
                note: None,
                at: at(0),
                opened: Opened::At(at(0)),
            },
            at: at(0),
        };
        assert_eq!(clashing(&[other, grant(2, 50, over)]), Vec::new());
    }
}
