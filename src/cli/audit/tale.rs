//! An event of the audit trail in words.

use super::super::grants::printable;
use crate::domain::audit::{EventKind, PersonRef};
use crate::domain::duration::spoken;
use crate::domain::grant::HeldBy;
use crate::domain::ids::PersonId;
use crate::domain::request::CancelReason;

/// A person as they were called then.
pub(super) fn who(person: &PersonRef) -> String {
    match &person.email {
        Some(email) => printable(&format!("{} <{email}>", person.name)),
        None => printable(&format!("{} <{}>", person.name, person.id)),
    }
}

/// What happened, in words.
pub(super) fn tale(kind: &EventKind) -> String {
    of_request(kind)
        .or_else(|| of_grant(kind))
        .unwrap_or_else(|| of_house(kind))
}

fn of_request(kind: &EventKind) -> Option<String> {
    Some(match kind {
        EventKind::AskedByWorkflow {
            evidence,
            justification,
            workflow,
            confirm_by,
        } => format!(
            "asked in the name of {} for {} on {} for {}, to be confirmed until {}{}{}",
            evidence.facts.requester,
            evidence.facts.profile_name,
            evidence.facts.device.name,
            spoken(evidence.facts.duration),
            confirm_by.format("%Y-%m-%d %H:%M:%SZ"),
            quoted(justification.as_ref()),
            workflow
                .as_ref()
                .map(|name| format!(", its author calls it “{name}”"))
                .unwrap_or_default()
        ),
        EventKind::NotConfirmed => "closed it: it was not confirmed in time".to_owned(),
        EventKind::WorkflowNotTold { error } => {
            format!("could not tell the workflow what became of it ({error}); nothing else changed")
        }
        EventKind::Requested {
            evidence,
            justification,
            answer_by,
            asked,
        } => format!(
            "asked for {} on {} ({}) for {}, to be answered by {}; {} people are to get a card{}",
            evidence.facts.profile_name,
            evidence.facts.device.name,
            evidence.facts.device.node,
            spoken(evidence.facts.duration),
            answer_by.format("%Y-%m-%d %H:%M:%SZ"),
            asked.len(),
            quoted(justification.as_ref())
        ),
        EventKind::FactsChanged {
            changes,
            facts_number,
            ..
        } => {
            let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
            format!(
                "noticed that {} changed; approvals were set aside (facts {facts_number})",
                changes.join(" and ")
            )
        }
        EventKind::Reviewed {
            verdict,
            counted,
            evidence,
        } => {
            format!(
                "said {verdict}; {counted} of {} approvals count",
                evidence.facts.approvals
            )
        }
        EventKind::Approved {
            verdict,
            approvers,
            ends_at,
            ..
        } => {
            let names: Vec<String> = approvers.iter().map(who).collect();
            format!(
                "said {verdict}; approved by {} until {}",
                names.join(", "),
                ends_at.format("%Y-%m-%d %H:%M:%SZ")
            )
        }
        EventKind::Denied { note, .. } => format!("denied it{}", quoted(note.as_ref())),
        EventKind::Cancelled { why } => match why {
            CancelReason::Requester => "cancelled it".to_owned(),
            CancelReason::ProfileGone => {
                "closed it: the profile is gone or may no longer be asked for".to_owned()
            }
            CancelReason::PersonLeft { standing } => {
                format!("closed it: the requester{}", standing.departure())
            }
        },
        EventKind::Reminded { people, times } => {
            let people: Vec<&str> = people.iter().map(PersonId::as_str).collect();
            format!("had {} reminded (time {times})", people.join(", "))
        }
        EventKind::Lapsed => "closed it: nobody decided in time".to_owned(),
        _ => return None,
    })
}

fn of_grant(kind: &EventKind) -> Option<String> {
    Some(match kind {
        EventKind::Activated { ends_at } => {
            format!(
                "read back from Tailscale that it is open until {}",
                ends_at.format("%Y-%m-%d %H:%M:%SZ")
            )
        }
        EventKind::Delayed { since, held_by } => {
            format!(
                "noted that Tailscale has not confirmed it since {}{}; the cards say so",
                since.format("%H:%M:%SZ"),
                kept(held_by.as_ref())
            )
        }
        EventKind::EndingSoon { left, .. } => {
            format!("told the holder that it ends in {}", spoken(*left))
        }
        EventKind::Failed { cause } => format!("could not open it: {cause}"),
        EventKind::EndingBegan { why, note } => {
            format!("began to end it ({}){}", why.name(), quoted(note.as_ref()))
        }
        EventKind::RemovalDelayed { since, held_by } => {
            format!(
                "noted that Tailscale has not confirmed the removal since {}{}; the cards say so",
                since.format("%H:%M:%SZ"),
                kept(held_by.as_ref())
            )
        }
        EventKind::Ended { why } => format!("confirmed that it has ended ({})", why.name()),
        EventKind::Retried { .. } => "had it tried again".to_owned(),
        _ => return None,
    })
}

/// What kept it, in brackets.
fn kept(by: Option<&HeldBy>) -> String {
    match by {
        None => String::new(),
        Some(HeldBy::Silence) => " (no answer)".to_owned(),
        Some(HeldBy::ToldToWait { until }) => {
            format!(" (asked to wait until {})", until.format("%H:%M:%SZ"))
        }
        Some(HeldBy::ClientRefused { status }) => {
            format!(" (it refuses the OAuth client: {status})")
        }
        Some(HeldBy::NotShown) => " (taken, but not shown)".to_owned(),
    }
}

fn of_house(kind: &EventKind) -> String {
    match kind {
        EventKind::Refused { reason, attempt } => format!("was refused: {attempt} ({reason})"),
        EventKind::IdentityPinned { login } => format!("pinned this account to the login {login}"),
        EventKind::SecurityTold { channel } => format!("told the security channel {channel}"),
        EventKind::ChannelUnreachable { channel, error } => {
            format!("could not post to {channel} ({error})")
        }
        EventKind::CardUndeliverable { person, error } => {
            format!("could not send {person} a message ({error})")
        }
        other => other.name().to_owned(),
    }
}

fn quoted(text: Option<&String>) -> String {
    text.map(|text| format!(": “{text}”")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reminder_names_who_was_reminded() {
        let people = ["U0GRACE", "U0LINUS"].map(PersonId::new).into();
        let reminded = EventKind::Reminded { people, times: 2 };
        assert_eq!(tale(&reminded), "had U0GRACE, U0LINUS reminded (time 2)");
    }
}
