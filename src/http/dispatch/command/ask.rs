//! `/access request …`: asked at once when the line says all that it takes, else the form with
//! what was understood.

use super::super::form::{Start, WRITE_IT_LIKE};
use super::super::opening::NotOpened;
use super::super::{Switchboard, click_of};
use super::{NotDone, ephemeral};
use crate::app::Failure;
use crate::app::devices::Offer;
use crate::app::submit::{NotAsked, Wish};
use crate::domain::device::{Admission, Device};
use crate::domain::duration::written;
use crate::domain::ids::{NodeId, Origin};
use crate::domain::person::Identity;
use crate::domain::policy::{JustificationRule, Profile};
use crate::domain::refusal::Refusal;
use crate::http::reply::Reply;
use crate::slack::TriggerId;
use crate::slack::parse::Command;
use crate::slack::text::unmarked;
use crate::slack::view::answer::{self, Kind};
use crate::slack::view::form::{DurationWish, Typed};
use crate::slack::words::pick::{Picked, pick};
use crate::slack::words::{Ask, Length};
use std::time::Duration;
use tokio::time::Instant;

const ATTEMPT: &str = "request";
/// A trigger lives three seconds; so long after the command arrived none is used any more.
const TRIGGER_IS_GOOD_FOR: Duration = Duration::from_millis(1_800);

/// A name that was typed, looked up.
enum Found<T> {
    This(T),
    /// It was not named.
    Unsaid,
    /// Several things are called exactly so: no word tells them apart, the form does.
    Alike,
    /// It names nothing, or more than one thing.
    Unclear(Reply),
}

impl Switchboard {
    pub(super) async fn ask(&self, command: &Command, ask: Ask) -> Result<Reply, NotDone> {
        let arrived = Instant::now();
        let person = &command.caller.person;
        let who = self.identify(person, ATTEMPT).await?;
        let Some(trigger) = &command.trigger else {
            return Ok(Reply::ephemeral(&NotOpened::Refused.to_ask()));
        };
        let profile = match self.named_profile(&who, ask.profile.as_deref()).await? {
            Found::This(profile) => Some(profile),
            Found::Unsaid | Found::Alike => None,
            Found::Unclear(reply) => return Ok(reply),
        };
        let Some(profile) = profile else {
            return Ok(self
                .open_with(&who, trigger, started(None, None, &ask))
                .await);
        };
        let offers = self.app.offers(&who, profile);
        let device = match self
            .named_device(&who, &offers, ask.device.as_deref())
            .await?
        {
            Found::This(device) => Some(device),
            Found::Unsaid => only(&offers),
            Found::Alike => {
                let start = started(Some(profile), None, &ask);
                return Ok(self.open_with(&who, trigger, start).await);
            }
            Found::Unclear(reply) => return Ok(reply),
        };
        let start = started(Some(profile), device.as_ref(), &ask);
        let Some(duration) = complete(profile, &offers, &ask) else {
            return Ok(self.open_with(&who, trigger, start).await);
        };
        let Some(device) = device else {
            return Ok(self.open_with(&who, trigger, start).await);
        };
        let wish = Wish {
            person: person.clone(),
            profile: profile.id.clone(),
            device,
            duration,
            justification: ask.because,
            ask_first: None,
            origin: Origin::new(format!("trigger:{}", trigger.as_str())),
        };
        match self.app.submit(&wish).await {
            Ok(asked) => {
                let (names, unnamed) = self.names_of(&asked).await;
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let number = asked.request.number;
                Ok(ephemeral(&answer::asked(
                    number,
                    &names,
                    unnamed,
                    asked.others,
                )))
            }
            Err(NotAsked::Field { sentence, .. }) if arrived.elapsed() < TRIGGER_IS_GOOD_FOR => {
                let start = Start {
                    refusal: Some(sentence),
                    ..start
                };
                Ok(self.open_with(&who, trigger, start).await)
            }
            Err(NotAsked::Field { sentence, .. }) => {
                Ok(Reply::ephemeral(&not_asked(Some(&sentence), None)))
            }
            Err(NotAsked::Failure(failure)) => Err(failure.into()),
        }
    }

    /// Opens the form; where that fails, why it was not asked is told all the same.
    async fn open_with(&self, who: &Identity, trigger: &TriggerId, start: Start) -> Reply {
        let refusal = start.refusal.clone();
        match self.open_for(who, trigger, start).await {
            Ok(()) => Reply::Empty,
            Err(not_opened) => Reply::ephemeral(&not_asked(refusal.as_deref(), Some(&not_opened))),
        }
    }

    async fn named_profile<'a>(
        &'a self,
        who: &Identity,
        typed: Option<&str>,
    ) -> Result<Found<&'a Profile>, Failure> {
        let Some(typed) = typed else {
            return Ok(Found::Unsaid);
        };
        let requestable = self.app.requestable(who);
        let found = pick(typed, requestable.iter().copied(), super::look::names);
        self.picked(who, Kind::Profile, typed, found, |profile| {
            profile.id.as_str()
        })
        .await
    }

    async fn named_device(
        &self,
        who: &Identity,
        offers: &[Offer],
        typed: Option<&str>,
    ) -> Result<Found<NodeId>, Failure> {
        let Some(typed) = typed.filter(|_| !offers.is_empty()) else {
            return Ok(Found::Unsaid);
        };
        let find = |typed| {
            let devices = offers.iter().map(|offer| &*offer.device);
            pick(typed, devices, |device: &Device| vec![device.name.as_str()])
        };
        let mut found = find(typed);
        // The whole name of a machine, in the tailnet's domain, begins with its short one.
        if let (Picked::None { .. }, Some((short, _))) = (&found, typed.split_once('.')) {
            found = find(short);
        }
        let found = self.picked(who, Kind::Device, typed, found, |device| {
            device.name.as_str()
        });
        Ok(match found.await? {
            Found::This(device) => Found::This(device.node.clone()),
            Found::Unsaid => Found::Unsaid,
            Found::Alike => Found::Alike,
            Found::Unclear(reply) => Found::Unclear(reply),
        })
    }

    /// What a name that was looked up comes to. One that names nothing is a refusal: it may be
    /// something that this person may not know of.
    async fn picked<'a, T>(
        &self,
        who: &Identity,
        kind: Kind,
        typed: &str,
        found: Picked<'a, T>,
        name: impl Fn(&'a T) -> &'a str,
    ) -> Result<Found<&'a T>, Failure> {
        match found {
            Picked::One(found) => Ok(Found::This(found)),
            Picked::Several(several) => {
                let names: Vec<&str> = several.into_iter().map(name).collect();
                if names.windows(2).all(|pair| pair[0] == pair[1]) {
                    return Ok(Found::Alike);
                }
                Ok(Found::Unclear(ephemeral(&answer::could_be(
                    kind, typed, &names,
                ))))
            }
            Picked::None { meant } => {
                let refusal = match kind {
                    Kind::Device => Refusal::DeviceUnknown,
                    Kind::Profile | Kind::OpenProfile => Refusal::NoSuchProfile,
                };
                let click = click_of(who.id());
                match self.app.refuse(&click, Some(who), ATTEMPT, refusal).await {
                    Failure::Refused(_) => {
                        let told = answer::unknown(kind, typed, meant);
                        Ok(Found::Unclear(ephemeral(&told)))
                    }
                    not_stored => Err(not_stored),
                }
            }
        }
    }
}

/// For how long, if the line says all that it takes: the profile, a device where there are
/// several, and a reason where one is required. A line that names nothing but the profile is no
/// complete wish; else a length that was not said is the usual one.
fn complete(profile: &Profile, offers: &[Offer], ask: &Ask) -> Option<Duration> {
    let device = ask.device.is_some() || offers.len() == 1;
    let reason = ask.because.is_some() || profile.justification != JustificationRule::Required;
    let says_more = ask.device.is_some() || ask.because.is_some();
    match &ask.length {
        Some(Length::Known(length)) if device && reason => Some(*length),
        None if device && reason && says_more => Some(profile.default_duration),
        _ => None,
    }
}

/// The one device of their own, if they have one.
fn only(offers: &[Offer]) -> Option<NodeId> {
    let mut own = offers
        .iter()
        .filter(|offer| offer.admission == Admission::Own);
    match (own.next(), own.next()) {
        (Some(only), None) => Some(only.device.node.clone()),
        _ => None,
    }
}

/// The form with what was understood.
fn started(profile: Option<&Profile>, device: Option<&NodeId>, ask: &Ask) -> Start {
    let offered = |length: &Duration| profile.is_some_and(|p| p.durations.contains(length));
    let (duration, custom_duration) = match &ask.length {
        None => (None, None),
        Some(Length::Known(length)) if offered(length) => {
            (Some(DurationWish::Offered(*length)), None)
        }
        Some(Length::Known(length)) => (Some(DurationWish::Custom), Some(written(*length))),
        Some(Length::Unread(typed)) => (Some(DurationWish::Custom), Some(typed.clone())),
    };
    let refusal = match &ask.length {
        Some(Length::Unread(_)) => Some(WRITE_IT_LIKE.to_owned()),
        _ => None,
    };
    Start {
        profile: profile.map(|profile| profile.id.clone()),
        typed: Typed {
            duration,
            custom_duration,
            justification: ask.because.clone(),
            device: device.cloned(),
            approver: None,
        },
        refusal,
    }
}

/// Why nothing was asked, and why there is no form to mend it in.
fn not_asked(refusal: Option<&str>, not_opened: Option<&str>) -> String {
    let sentences: Vec<&str> = refusal.into_iter().chain(not_opened).collect();
    let mut words = sentences.join(" ");
    if !words.contains("Nothing") {
        words.push_str(" Nothing was asked.");
    }
    unmarked(&words)
}
