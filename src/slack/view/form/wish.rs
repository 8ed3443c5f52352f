//! What a form sent back, as a wish. Nothing in it is believed.

use super::super::ids::{CUSTOM, action};
use crate::domain::ids::{NodeId, PersonId, ProfileId};
use std::time::Duration;

/// What somebody wishes for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The profile.
    pub profile: Option<ProfileId>,
    /// The device.
    pub device: Option<NodeId>,
    /// The chosen duration.
    pub duration: Option<DurationWish>,
    /// The typed duration, as it was typed; it counts only with [`DurationWish::Custom`].
    pub custom_duration: Option<String>,
    /// Why, as it was typed.
    pub justification: Option<String>,
    /// Whom to ask first.
    pub approver: Option<PersonId>,
}

/// Which of the radio buttons was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DurationWish {
    /// One that was offered.
    Offered(Duration),
    /// The one that is typed.
    Custom,
}

/// Reads what a form sent. `value` gives an element's value by its `action_id`, in whichever
/// block it stands: the text of an input, the value of a chosen option.
pub fn read_form(value: impl Fn(&str) -> Option<String>) -> Wish {
    let filled = |action: &str| value(action).filter(|text| !text.trim().is_empty());
    Wish {
        profile: filled(action::PROFILE).map(ProfileId::new),
        device: filled(action::DEVICE).map(NodeId::new),
        duration: filled(action::DURATION).and_then(|chosen| duration(&chosen)),
        custom_duration: filled(action::CUSTOM_DURATION),
        justification: filled(action::JUSTIFICATION),
        approver: filled(action::APPROVER).map(PersonId::new),
    }
}

/// Reads the note of a denial or a revocation.
pub fn read_note(value: impl Fn(&str) -> Option<String>) -> Option<String> {
    value(action::NOTE)
        .map(|note| note.trim().to_owned())
        .filter(|note| !note.is_empty())
}

fn duration(chosen: &str) -> Option<DurationWish> {
    if chosen == CUSTOM {
        return Some(DurationWish::Custom);
    }
    let seconds = chosen.parse().ok()?;
    Some(DurationWish::Offered(Duration::from_secs(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn read(sent: &[(&str, &str)]) -> Wish {
        let sent: BTreeMap<&str, &str> = sent.iter().copied().collect();
        read_form(|action| sent.get(action).map(|value| (*value).to_owned()))
    }

    #[test]
    fn a_full_form_is_read() {
        let wish = read(&[
            ("profile", "prod-ssh"),
            ("device", "nADA"),
            ("duration", "7200"),
            ("justification", " db failover\n"),
            ("approver", "UGRACE"),
        ]);
        assert_eq!(wish.profile, Some(ProfileId::new("prod-ssh")));
        assert_eq!(wish.device, Some(NodeId::new("nADA")));
        assert_eq!(
            wish.duration,
            Some(DurationWish::Offered(Duration::from_hours(2)))
        );
        assert_eq!(wish.justification.as_deref(), Some(" db failover\n"));
        assert_eq!(wish.approver, Some(PersonId::new("UGRACE")));
    }

    #[test]
    fn a_typed_duration_stays_as_typed() {
        let wish = read(&[("duration", "custom"), ("custom_duration", "2h30m")]);
        assert_eq!(wish.duration, Some(DurationWish::Custom));
        assert_eq!(wish.custom_duration.as_deref(), Some("2h30m"));
    }

    #[test]
    fn nonsense_is_no_wish() {
        for forged in ["-1", "1.5", "99999999999999999999", "Custom", "２"] {
            assert_eq!(read(&[("duration", forged)]).duration, None, "{forged}");
        }
        assert_eq!(read(&[("justification", " \n ")]), Wish::default());
        assert_eq!(read(&[]), Wish::default());
    }

    #[test]
    fn a_blank_note_is_none() {
        assert_eq!(read_note(|_| Some(" \n".to_owned())), None);
        assert_eq!(
            read_note(|_| Some(" no ".to_owned())),
            Some("no".to_owned())
        );
    }
}
