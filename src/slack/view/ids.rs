//! Names that travel to Slack and come back: actions, callbacks, blocks, and a button's value.
//!
//! None of them is believed when it comes back: they say what was wished, and everything is
//! looked up and judged again.

use crate::domain::ids::{ProfileId, RequestId};
use std::fmt;
use std::str::FromStr;

/// Buttons and the inputs of the forms, by `action_id`.
pub mod action {
    /// Approve as it is.
    pub const APPROVE: &str = "approve";
    /// Open the form for a shorter approval.
    pub const APPROVE_LESS: &str = "approve_less";
    /// Open the form for a denial.
    pub const DENY: &str = "deny";
    /// Open the form for a revocation.
    pub const REVOKE: &str = "revoke";
    /// Confirm what a workflow asked.
    pub const CONFIRM: &str = "confirm";
    /// Decline what a workflow asked.
    pub const DECLINE: &str = "decline";
    /// Withdraw a pending request.
    pub const CANCEL: &str = "cancel";
    /// Remind those who were asked and have not answered.
    pub const REMIND: &str = "remind";
    /// Give access back.
    pub const RELEASE: &str = "release";
    /// Try a failed grant again.
    pub const RETRY: &str = "retry";
    /// Open the request form, filled in like an earlier request.
    pub const ASK_AGAIN: &str = "ask_again";
    /// Open the request form from the home tab.
    pub const REQUEST_ACCESS: &str = "request_access";
    /// A link to Tailscale's console; nothing is to be done about its click.
    pub const OPEN_DEVICE: &str = "open_device";
    /// The profile of the request form.
    pub const PROFILE: &str = "profile";
    /// The device of the request form.
    pub const DEVICE: &str = "device";
    /// The offered durations of a form.
    pub const DURATION: &str = "duration";
    /// The typed duration of a form.
    pub const CUSTOM_DURATION: &str = "custom_duration";
    /// The justification of the request form.
    pub const JUSTIFICATION: &str = "justification";
    /// The approver to ask first.
    pub const APPROVER: &str = "approver";
    /// The note of a denial or a revocation.
    pub const NOTE: &str = "note";
}

/// Forms, by `callback_id`.
pub mod callback {
    /// Asking for access.
    pub const REQUEST_FORM: &str = "request_form";
    /// Approving for less.
    pub const SHORTEN_FORM: &str = "shorten_form";
    /// Denying.
    pub const DENY_FORM: &str = "deny_form";
    /// Revoking.
    pub const REVOKE_FORM: &str = "revoke_form";
}

/// The option under which a duration of one's own is typed.
pub const CUSTOM: &str = "custom";

/// A field of a form, which an error can stand under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// What is asked for.
    Profile,
    /// On which device.
    Device,
    /// One of the offered durations.
    Duration,
    /// A typed duration.
    CustomDuration,
    /// Why.
    Justification,
    /// Whom to ask first.
    Approver,
    /// The note of a denial or a revocation.
    Note,
}

impl Field {
    /// The block that the field stands in. Slack forgets what was typed when a block's id
    /// changes: fields whose choices depend on the profile carry its id, so that a stale choice
    /// vanishes; what was typed by hand stays.
    pub fn block(self, profile: Option<&ProfileId>) -> String {
        let name = self.action();
        match (self, profile) {
            (Self::Device | Self::Duration | Self::Approver, Some(profile)) => {
                super::super::text::shorten(&format!("{name}:{profile}"), 255)
            }
            _ => name.to_owned(),
        }
    }

    /// The `action_id` of its element.
    pub fn action(self) -> &'static str {
        match self {
            Self::Profile => action::PROFILE,
            Self::Device => action::DEVICE,
            Self::Duration => action::DURATION,
            Self::CustomDuration => action::CUSTOM_DURATION,
            Self::Justification => action::JUSTIFICATION,
            Self::Approver => action::APPROVER,
            Self::Note => action::NOTE,
        }
    }
}

/// What a button carries: which request it was drawn for, and the facts that it showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ButtonValue {
    /// The request's opaque id.
    pub request: RequestId,
    /// The number of the facts that stood beside the button.
    pub facts_number: u32,
}

/// The text is no value of a button of ours.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a button's value is a request's id, a colon and a number")]
pub struct NotAButtonValue;

impl fmt::Display for ButtonValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.request, self.facts_number)
    }
}

impl FromStr for ButtonValue {
    type Err = NotAButtonValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (request, number) = text.rsplit_once(':').ok_or(NotAButtonValue)?;
        if request.is_empty() || !number.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(NotAButtonValue);
        }
        Ok(Self {
            request: RequestId::new(request),
            facts_number: number.parse().map_err(|_| NotAButtonValue)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_button_comes_back_as_it_went() {
        let value = ButtonValue {
            request: RequestId::new("0192-ab"),
            facts_number: 3,
        };
        assert_eq!(value.to_string(), "0192-ab:3");
        assert_eq!("0192-ab:3".parse(), Ok(value));
    }

    #[test]
    fn a_forged_button_is_refused() {
        for text in [
            "",
            ":",
            "a",
            "a:",
            ":1",
            "a:-1",
            "a:+1",
            "a:4294967296",
            "a:1 ",
        ] {
            assert_eq!(text.parse::<ButtonValue>(), Err(NotAButtonValue), "{text}");
        }
    }

    #[test]
    fn what_was_typed_by_hand_keeps_its_block() {
        let (one, other) = (ProfileId::new("a"), ProfileId::new("b"));
        for kept in [Field::Profile, Field::CustomDuration, Field::Justification] {
            assert_eq!(kept.block(Some(&one)), kept.block(Some(&other)));
        }
        for reset in [Field::Device, Field::Duration, Field::Approver] {
            assert_ne!(reset.block(Some(&one)), reset.block(Some(&other)));
        }
    }

    proptest! {
        #[test]
        fn no_value_panics(text in "\\PC{0,40}") {
            let _ = text.parse::<ButtonValue>();
        }
    }
}
