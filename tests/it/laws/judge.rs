//! The model: what should come of a review, said again in the plainest words, from the design
//! and not from the core. It shares only the values that describe the world.

use super::cast::human;
use super::scene::Scene;
use super::script::scripts;
use super::story::{Attempt, Moment, Outcome, ReviewOf, config};
use lapse::domain::ids::PersonId;
use lapse::domain::person::Identity;
use lapse::domain::policy::{Profile, Selector, SelfApproval};
use lapse::domain::request::{Request, RequestState, Verdict};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a group that was read may open anything.
const MINUTE: i64 = 60_000;

/// What should come of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing changes.
    Refused,
    /// The request can no longer be asked for.
    Cancelled,
    /// Somebody said no.
    Denied,
    /// The card is drawn anew; nobody's approval stands any more.
    Renewed,
    /// One more approval, not yet enough.
    Counted,
    /// Enough.
    Approved,
}

/// How a person stands to a list of selectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// As far as anybody knows, not at all.
    No,
    /// The group is too old to say no.
    Perhaps,
    /// The last time anybody looked.
    Lately,
    /// Within the minute.
    Now,
}

/// The account, if Slack has just said that it may act.
pub fn known<'a>(scene: &'a Scene, who: &PersonId) -> Option<&'a Identity> {
    scene.people.get(who)?.as_ref().ok()
}

/// How the selectors name somebody.
pub fn named(scene: &Scene, selectors: &[Selector], who: &Identity) -> Named {
    let judged = |inside: bool, read: chrono::DateTime<chrono::Utc>| {
        let age = (scene.now - read).num_milliseconds();
        match (inside, age <= MINUTE) {
            (true, true) => Named::Now,
            (true, false) => Named::Lately,
            (false, true) => Named::No,
            (false, false) => Named::Perhaps,
        }
    };
    let one = |selector: &Selector| match selector {
        Selector::Everyone => Named::Now,
        Selector::Address(address) if who.person.email.as_ref() == Some(address) => Named::Now,
        Selector::Address(_) => Named::No,
        Selector::UserGroup(name) => {
            let group = &scene.roster.user_groups[name];
            judged(group.of.contains(&who.person.id), group.as_of)
        }
        Selector::TailnetGroup(name) => {
            let group = &scene.roster.tailnet_groups[name];
            judged(group.of.contains(&who.login), group.as_of)
        }
    };
    selectors.iter().map(one).max().unwrap_or(Named::No)
}

/// Whether somebody may approve at this moment, under this account.
pub fn may_approve(scene: &Scene, profile: &Profile, who: &PersonId) -> bool {
    known(scene, who).is_some_and(|identity| {
        named(scene, &profile.approvers, identity) == Named::Now
            && (profile.self_approval == SelfApproval::Allowed || !is_ada(identity))
    })
}

/// Whether somebody may say no at this moment.
pub fn may_deny(scene: &Scene, profile: &Profile, who: &PersonId) -> bool {
    known(scene, who).is_some_and(|identity| {
        named(scene, &profile.approvers, identity) >= Named::Lately && !is_ada(identity)
    })
}

/// Ada asks in every story, and has two accounts.
pub fn is_ada(identity: &Identity) -> bool {
    human(&identity.person.id) == "UADA"
}

/// Whether Ada may still ask: yes, no, or nobody knows.
pub fn may_ask(scene: &Scene, profile: &Profile, request: &Request) -> Option<Named> {
    let ada = known(scene, &request.requester.id)?;
    (ada.login == request.login).then(|| named(scene, &profile.requesters, ada))
}

/// The approvals that stand: given since a fact other than the duration changed.
pub fn standing(request: &Request) -> Vec<&PersonId> {
    request
        .reviews
        .iter()
        .filter(|review| review.verdict != Verdict::Deny)
        .filter(|review| review.facts_number >= request.approvals_from)
        .map(|review| &review.by.id)
        .collect()
}

/// How many different human beings approve, of those who may at this moment.
pub fn agreeing(scene: &Scene, profile: &Profile, request: &Request) -> BTreeSet<String> {
    standing(request)
        .into_iter()
        .filter(|who| may_approve(scene, profile, who))
        .map(human)
        .collect()
}

/// Whether what the card shows is what profile and device say now, the duration aside.
pub fn facts_hold(scene: &Scene, profile: &Profile, request: &Request) -> bool {
    let facts = &request.facts;
    let device = scene.device.as_ref().is_none_or(|device| {
        let shown = &facts.device;
        (
            &device.node,
            &device.name,
            &device.owner,
            &device.os,
            &device.tags,
        ) == (
            &shown.node,
            &shown.name,
            &shown.owner,
            &shown.os,
            &shown.tags,
        )
    });
    device
        && facts.profile_name == profile.name
        && facts.description == profile.description
        && facts.attribute == profile.attribute
        && facts.value == profile.value
        && facts.approvals == profile.approvals
}

/// Whether the device still is one that Ada may ask for.
pub fn device_is_hers(scene: &Scene, request: &Request) -> bool {
    scene
        .device
        .as_ref()
        .is_none_or(|device| device.owner == request.login)
}

/// What should come of this review.
pub fn expected(moment: &Moment, review: &ReviewOf<'_>) -> Expected {
    let (scene, request) = (&moment.scene, &moment.request);
    let Some(identity) = known(scene, review.by) else {
        return Expected::Refused;
    };
    if !moment.waits() {
        return Expected::Refused;
    }
    let Some(profile) = scene.profile() else {
        return Expected::Cancelled;
    };
    let right = named(scene, &profile.approvers, identity);
    if review.verdict == Verdict::Deny {
        return if may_deny(scene, profile, review.by) {
            Expected::Denied
        } else {
            Expected::Refused
        };
    }
    if right != Named::Now || !may_approve(scene, profile, review.by) {
        return Expected::Refused;
    }
    if says_it_again(request, review) {
        let suffices = agreeing(scene, profile, request).len() >= profile.approvals as usize;
        if !suffices || review.seen != request.facts_number || review.verdict != Verdict::Approve {
            return Expected::Refused;
        }
    }
    match may_ask(scene, profile, request) {
        Some(Named::Now) => {}
        Some(Named::No) => return Expected::Cancelled,
        _ => return Expected::Refused,
    }
    if !device_is_hers(scene, request) {
        return Expected::Refused;
    }
    if !facts_hold(scene, profile, request) {
        return Expected::Renewed;
    }
    if review.seen != request.facts_number {
        return Expected::Refused;
    }
    let mut agree = agreeing(scene, profile, request);
    let has_approved = standing(request).iter().any(|who| {
        **who == *review.by || (known(scene, who).is_some() && human(who) == human(review.by))
    });
    if has_approved {
        let suffices = agree.len() >= profile.approvals as usize;
        return if suffices && review.verdict == Verdict::Approve && within_cap(request, profile) {
            Expected::Approved
        } else {
            Expected::Refused
        };
    }
    if let Verdict::Shorten(to) = review.verdict {
        if to < Duration::from_secs(10) || to >= request.facts.duration || to > profile.max_duration
        {
            return Expected::Refused;
        }
    } else if !within_cap(request, profile) {
        return Expected::Refused;
    }
    agree.insert(human(review.by));
    if agree.len() >= profile.approvals as usize {
        Expected::Approved
    } else {
        Expected::Counted
    }
}

/// Whether exactly this was said before and still stands: the stored result is the answer.
fn says_it_again(request: &Request, review: &ReviewOf<'_>) -> bool {
    request.reviews.iter().any(|said| {
        said.by.id == *review.by
            && said.verdict == review.verdict
            && said.facts_number == review.seen
            && said.facts_number >= request.approvals_from
    })
}

fn within_cap(request: &Request, profile: &Profile) -> bool {
    request.facts.duration <= profile.max_duration
}

fn came_of(moment: &Moment) -> Expected {
    let Outcome::Request(Ok(transition)) = &moment.outcome else {
        return Expected::Refused;
    };
    match &transition.next.state {
        RequestState::Approved { .. } => Expected::Approved,
        RequestState::Denied { .. } => Expected::Denied,
        RequestState::Cancelled { .. } | RequestState::Lapsed { .. } => Expected::Cancelled,
        RequestState::Pending if moment.stored_review().is_some() => Expected::Counted,
        RequestState::Pending | RequestState::Unconfirmed => Expected::Renewed,
    }
}

#[test]
fn every_review_ends_as_the_model_says() {
    let mut runner = TestRunner::new(config(384));
    let checked = runner.run(&scripts(), |script| {
        for moment in &script.play().moments {
            if let Some(review) = moment.review() {
                prop_assert_eq!(
                    came_of(moment),
                    expected(moment, &review),
                    "{:?} by {} gave {:?}",
                    review.verdict,
                    review.by,
                    moment.outcome
                );
            }
        }
        Ok(())
    });
    if let Err(broken) = checked {
        panic!("{broken}");
    }
}

#[test]
fn every_other_command_on_a_request_ends_as_the_model_says() {
    use lapse::domain::request::RequestCommand::{
        Cancel, Confirm, Lapse, PersonLeft, Remind, Review, Withdraw,
    };
    super::story::law(|story| {
        for moment in &story.moments {
            let Attempt::Request(command) = &moment.attempt else {
                continue;
            };
            let over = moment.scene.now >= moment.request.answer_by;
            let pending = moment.request.state == RequestState::Pending;
            let changes = match command {
                Review { .. } => continue,
                Remind { by, asked } => {
                    let request = &moment.request;
                    let is_time = request
                        .next_reminder()
                        .is_some_and(|at| moment.scene.now >= at);
                    let is_hers = *by == request.requester.id;
                    let waits = asked.iter().any(|person| request.waits_for(person));
                    pending && !over && is_hers && is_time && waits
                }
                Cancel { by } => pending && !over && *by == moment.request.requester.id,
                Lapse => pending && over,
                Confirm { .. } => false,
                PersonLeft { .. } => pending && !over,
                Withdraw => pending && !over && moment.scene.profile().is_none(),
            };
            prop_assert_eq!(moment.changed_request().is_some(), changes, "{:?}", command);
        }
        Ok(())
    });
}
