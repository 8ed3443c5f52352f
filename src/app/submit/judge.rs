//! Whether anything speaks against a wish. What the form sends is looked up and judged again.

use super::{Field, LONGEST_JUSTIFICATION, Wish};
use crate::app::App;
use crate::app::candidates::Candidates;
use crate::app::devices::INDEX_GOOD_FOR;
use crate::app::patience::Patience;
use crate::domain::comment::is_unprintable;
use crate::domain::device::Device;
use crate::domain::facts::{DeviceFacts, Facts};
use crate::domain::ids::NodeId;
use crate::domain::person::Identity;
use crate::domain::policy::{ApproverChoice, JustificationRule, Profile};
use crate::domain::refusal::Refusal;
use crate::domain::request::SHORTEST;
use crate::domain::rights;
use crate::domain::roster::{Membership, Roster};
use crate::store::StoreError;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// A refused field. The refusal stands under it, and in the audit trail.
pub(super) struct Wrong {
    pub(super) field: Field,
    pub(super) refusal: Refusal,
}

impl Wrong {
    fn by_rule(field: Field, refusal: Refusal) -> Self {
        Self { field, refusal }
    }
}

/// A wish that nothing speaks against.
pub(super) struct Judged<'a> {
    pub(super) profile: &'a Profile,
    pub(super) facts: Facts,
    pub(super) justification: Option<String>,
    pub(super) device_as_of: Option<DateTime<Utc>>,
    pub(super) candidates: Candidates,
}

impl App {
    /// Everything that can speak against a wish, in the order of the form.
    pub(super) async fn judge(
        &self,
        wish: &Wish,
        who: &Identity,
        roster: &Roster,
        patience: Patience,
    ) -> Result<Result<Judged<'_>, Wrong>, StoreError> {
        let now = self.clock.now();
        let unknown = || Wrong::by_rule(Field::Profile, Refusal::NoSuchProfile);
        let Some(profile) = self.policy.profile(&wish.profile) else {
            return Ok(Err(unknown()));
        };
        match rights::may_request(profile, roster, who, now) {
            Membership::Yes => {}
            Membership::No => return Ok(Err(unknown())),
            Membership::Stale | Membership::Unknown => {
                return Ok(Err(Wrong::by_rule(
                    Field::Profile,
                    Refusal::AskersGroupTooOld,
                )));
            }
        }
        let duration = match judge_duration(wish.duration, profile) {
            Ok(duration) => duration,
            Err(refusal) => return Ok(Err(Wrong::by_rule(Field::Duration, refusal))),
        };
        let justification = match judge_justification(wish.justification.as_deref(), profile) {
            Ok(justification) => justification,
            Err(sentence) => {
                return Ok(Err(Wrong::by_rule(
                    Field::Justification,
                    Refusal::Unfit(sentence),
                )));
            }
        };
        let (device, device_as_of) = match self.read_device(&wish.device, patience).await {
            Ok(device) => device,
            Err(refusal) => return Ok(Err(Wrong::by_rule(Field::Device, refusal))),
        };
        if let Err(why) = device.admit(&profile.devices, &who.login, now) {
            return Ok(Err(Wrong::by_rule(
                Field::Device,
                Refusal::DeviceNotAllowed(why),
            )));
        }
        let facts = Facts::new(
            who.id().clone(),
            profile,
            DeviceFacts::from(&device),
            duration,
        );
        if let Some(other) = self
            .store
            .grants_on(&facts.key())
            .await?
            .into_iter()
            .find(|grant| grant.is_live() && grant.value != facts.value)
        {
            let attribute = facts.attribute.to_string();
            let refusal = Refusal::ValueClash {
                attribute,
                until: other.ends_at,
            };
            return Ok(Err(Wrong::by_rule(Field::Device, refusal)));
        }
        let candidates = self.candidates(profile, roster, who).await?;
        if let Some(first) = &wish.ask_first
            && (profile.approver_choice == ApproverChoice::Lapse
                || !candidates.by_person.contains_key(first))
        {
            return Ok(Err(Wrong::by_rule(
                Field::Approver,
                Refusal::ApproverNotAllowed(first.clone()),
            )));
        }
        if !candidates.everyone && candidates.by_person.len() < profile.approvals as usize {
            if let Some(group) = candidates.unread {
                let refusal = Refusal::ApproversUnread { group };
                return Ok(Err(Wrong::by_rule(Field::Profile, refusal)));
            }
            let why = nobody_left(candidates.by_person.len(), profile.approvals);
            return Ok(Err(Wrong::by_rule(
                Field::Profile,
                Refusal::NobodyCanApprove { why },
            )));
        }
        Ok(Ok(Judged {
            profile,
            facts,
            justification,
            device_as_of,
            candidates,
        }))
    }

    /// The device as Tailscale has it now; the index decides when it cannot be asked.
    async fn read_device(
        &self,
        node: &NodeId,
        patience: Patience,
    ) -> Result<(Device, Option<DateTime<Utc>>), Refusal> {
        match patience.wait(self.tailscale.device(node)).await {
            Ok(Ok(device)) => Ok((device, None)),
            Ok(Err(error)) if error.is_gone() => Err(Refusal::DeviceUnknown),
            Ok(Err(_)) | Err(_) => {
                let (Some(device), Some(age)) =
                    (self.devices.get(node), self.devices.age(self.clock.now()))
                else {
                    return Err(Refusal::DeviceUnread);
                };
                if age > INDEX_GOOD_FOR {
                    return Err(Refusal::DeviceUnread);
                }
                let as_of = self.clock.now() - age;
                Ok((Device::clone(&device), Some(as_of)))
            }
        }
    }
}

pub(in crate::app) fn judge_duration(
    wished: Duration,
    profile: &Profile,
) -> Result<Duration, Refusal> {
    if wished < SHORTEST {
        Err(Refusal::TooShort { floor: SHORTEST })
    } else if wished > profile.max_duration {
        Err(Refusal::AsksTooLong {
            cap: profile.max_duration,
        })
    } else {
        Ok(wished)
    }
}

pub(in crate::app) fn judge_justification(
    given: Option<&str>,
    profile: &Profile,
) -> Result<Option<String>, String> {
    let is_blank = |c: char| c.is_whitespace() || is_unprintable(c);
    let given = given
        .map(str::trim)
        .filter(|text| !text.chars().all(is_blank));
    if profile.justification == JustificationRule::None {
        return Ok(None);
    }
    let Some(text) = given else {
        return match profile.justification {
            JustificationRule::Required => Err("Say in a few words why you need it.".to_owned()),
            JustificationRule::Optional | JustificationRule::None => Ok(None),
        };
    };
    if text.chars().count() > LONGEST_JUSTIFICATION {
        return Err(format!(
            "At most {LONGEST_JUSTIFICATION} characters, please."
        ));
    }
    match &profile.justification_pattern {
        Some(pattern) if !pattern.matches(text) => Err(profile
            .justification_hint
            .clone()
            .unwrap_or_else(|| format!("This has to match {}.", pattern.source()))),
        _ => Ok(Some(text.to_owned())),
    }
}

fn nobody_left(able: usize, needed: u32) -> String {
    match able {
        0 => "no approver is left besides you".to_owned(),
        n => format!("{needed} people must agree and only {n} may"),
    }
}
