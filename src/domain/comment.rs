//! The line that Tailscale's own audit log keeps: the only place there that names people.
//!
//! `REQ-7F3K ada@example.com ok:grace@example.com,linus@example.com | INC-42 db failover`,
//! at most 200 bytes of UTF-8 on one line, cut at the end of the justification, people never.

use super::audit::PersonRef;
use super::grant::{EndReason, Ending};
use super::number::RequestNumber;

/// Tailscale's limit is 200 characters; bytes are the safe reading.
const LONGEST: usize = 200;
/// More approvers than this are written as two and a number.
const NAMED: usize = 3;

/// The comment of the write that opens a grant.
pub fn of_grant(
    number: RequestNumber,
    requester: &PersonRef,
    approvers: &[PersonRef],
    justification: Option<&str>,
) -> String {
    let shown = if approvers.len() > NAMED {
        NAMED - 1
    } else {
        approvers.len()
    };
    let mut names: Vec<String> = approvers[..shown].iter().map(address).collect();
    let more = (approvers.len() > shown).then(|| format!("+{}", approvers.len() - shown));
    names.extend(more.clone());
    let people = format!("{number} {} ok:{}", address(requester), names.join(","));
    with_reason(people, justification, || {
        let mut ids: Vec<String> = approvers[..shown]
            .iter()
            .map(|approver| approver.id.to_string())
            .collect();
        ids.extend(more);
        format!("{number} {} ok:{}", requester.id, ids.join(","))
    })
}

/// The comment of the write that closes one.
pub fn of_removal(number: RequestNumber, holder: &PersonRef, ending: &Ending) -> String {
    let how = match (&ending.why, &ending.by) {
        (EndReason::Released, _) => "given back".to_owned(),
        (EndReason::Revoked, Some(by)) => format!("revoked:{}", address(by)),
        (EndReason::Revoked, None) => "revoked".to_owned(),
        (EndReason::Expired, _) => "time up".to_owned(),
        (EndReason::PersonLeft { .. }, _) => "account changed".to_owned(),
        (EndReason::NeverOpened { .. } | EndReason::Failed { .. }, _) => "not opened".to_owned(),
    };
    let people = format!("{number} {} {how}", address(holder));
    with_reason(people, ending.note.as_deref(), || {
        let by = ending.by.as_ref().filter(|by| by.id != holder.id);
        let by = by.map(|by| format!(":{}", by.id)).unwrap_or_default();
        format!("{number} {} {}{by}", holder.id, ending.why.name())
    })
}

/// People by their e-mail at that time, by their Slack id without one.
fn address(person: &PersonRef) -> String {
    let address = person
        .email
        .as_ref()
        .map_or(person.id.as_str(), |email| email.as_str());
    address
        .chars()
        .filter(|c| !is_unprintable(*c) && !c.is_whitespace())
        .collect()
}

fn with_reason(people: String, reason: Option<&str>, shorter: impl FnOnce() -> String) -> String {
    let mut line = if people.len() > LONGEST {
        shorter()
    } else {
        people
    };
    let reason = one_line(reason.unwrap_or_default());
    if !reason.is_empty() && line.len() + " | ".len() < LONGEST {
        line.push_str(" | ");
        line.push_str(&reason);
    }
    let end = (0..=LONGEST.min(line.len()))
        .rev()
        .find(|at| line.is_char_boundary(*at));
    line.truncate(end.unwrap_or_default());
    line.truncate(line.trim_end().len());
    line
}

fn one_line(text: &str) -> String {
    let cleaned: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !is_unprintable(*c))
        .collect();
    cleaned.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Control characters, and those that turn the direction of text or hide in it.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::grant::Opened;
    use crate::domain::ids::PersonId;
    use crate::domain::person::Email;
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    const NUMBER: RequestNumber = RequestNumber(7);

    fn person(name: &str) -> PersonRef {
        PersonRef {
            id: PersonId::new(format!("U0{}", name.to_uppercase())),
            name: name.to_owned(),
            email: Some(Email::new(&format!("{name}@example.com"))),
        }
    }

    /// Somebody whose address alone fills half of the comment.
    fn long(name: &str) -> PersonRef {
        let email = format!("{name}.{}@example.com", "x".repeat(90));
        PersonRef {
            email: Some(Email::new(&email)),
            ..person(name)
        }
    }

    fn revoked(by: PersonRef, note: &str) -> Ending {
        Ending {
            why: EndReason::Revoked,
            by: Some(by),
            note: Some(note.to_owned()),
            at: DateTime::<Utc>::UNIX_EPOCH,
            opened: Opened::At(DateTime::<Utc>::UNIX_EPOCH),
        }
    }

    #[test]
    fn says_who_asked_who_agreed_and_why() {
        let grace_and_linus = [person("grace"), person("linus")];
        assert_eq!(
            of_grant(
                NUMBER,
                &person("ada"),
                &grace_and_linus,
                Some("INC-42\ndb  failover")
            ),
            "REQ-0007 ada@example.com ok:grace@example.com,linus@example.com | INC-42 db failover"
        );
        assert_eq!(
            of_removal(NUMBER, &person("ada"), &revoked(person("sam"), "too much")),
            "REQ-0007 ada@example.com revoked:sam@example.com | too much"
        );
    }

    #[test]
    fn counts_the_approvers_that_it_does_not_name() {
        let five = ["a", "b", "c", "d", "e"].map(person);
        let line = of_grant(NUMBER, &person("ada"), &five, None);
        assert_eq!(
            line,
            "REQ-0007 ada@example.com ok:a@example.com,b@example.com,+3"
        );
    }

    #[test]
    fn falls_back_to_ids_rather_than_leave_somebody_out() {
        let five = ["a", "b", "c", "d", "e"].map(long);
        let line = of_grant(NUMBER, &long("ada"), &five, Some("why"));
        assert_eq!(line, "REQ-0007 U0ADA ok:U0A,U0B,+3 | why");
        let line = of_removal(NUMBER, &long("ada"), &revoked(long("sam"), "why"));
        assert_eq!(line, "REQ-0007 U0ADA revoked:U0SAM | why");
    }

    proptest! {
        #[test]
        fn is_one_printable_line_of_at_most_200_bytes_that_names_everybody(
            reason in ".{0,400}",
            note in "[\\PC\\n\\r\\u{202E}\\u{200B}]{0,300}",
            many in 1_usize..6,
        ) {
            let approvers = vec![long("grace"); many];
            let lines = [
                of_grant(NUMBER, &person("ada"), &[person("grace")], Some(&reason)),
                of_grant(NUMBER, &long("ada"), &approvers, Some(&reason)),
                of_removal(NUMBER, &person("ada"), &revoked(person("grace"), &note)),
                of_removal(NUMBER, &long("ada"), &revoked(long("grace"), &note)),
            ];
            for line in lines {
                prop_assert!(line.len() <= LONGEST, "{} bytes", line.len());
                prop_assert!(!line.chars().any(is_unprintable), "{line:?}");
                let folded = line.to_lowercase();
                prop_assert!(folded.contains("ada") && folded.contains("grace"), "{line}");
            }
        }

        #[test]
        fn a_reason_that_fits_is_kept_whole(reason in "[a-z]{1,80}") {
            let line = of_grant(NUMBER, &person("ada"), &[person("grace")], Some(&reason));
            let end = format!(" | {reason}");
            prop_assert!(line.ends_with(&end));
        }
    }
}
