//! Laws about what an approver saw: facts that change, approvals that are set aside, and
//! people who are no longer who they were.

use super::cast::id;
use super::judge::facts_hold;
use super::reviews::click;
use super::scene::Scene;
use super::story::{Outcome, law};
use lapse::domain::attribute::{Attribute, AttributeValue};
use lapse::domain::audit::EventKind;
use lapse::domain::facts::Facts;
use lapse::domain::person::IdentityRefusal;
use lapse::domain::policy::{Profile, SelfApproval};
use lapse::domain::request::{Request, RequestCommand, RequestState, Verdict};
use lapse::domain::transition::Transition;
use lapse::domain::world::Unidentified;
use proptest::prelude::*;
use std::time::Duration;

/// Two must agree, and Grace has.
fn half_approved() -> (Scene, Request) {
    let mut scene = Scene::plain();
    scene.with_profile(|profile| profile.approvals = 2);
    let request = scene.ask(1, Duration::from_hours(1));
    let next = done(click(&scene, &request, "grace", Verdict::Approve));
    assert_eq!(next.state, RequestState::Pending);
    (scene, next)
}

fn done(outcome: Result<Transition<Request>, lapse::domain::refusal::Refusal>) -> Request {
    outcome.expect("it is allowed").next
}

fn approved(request: &Request) -> bool {
    matches!(request.state, RequestState::Approved { .. })
}

/// These facts, had the others' duration been theirs: a shorter one sets nobody aside.
fn with_duration_of(facts: &Facts, other: &Facts) -> Facts {
    Facts {
        duration: other.duration,
        ..facts.clone()
    }
}

#[test]
fn approved_facts_are_those_of_now_and_those_that_every_approver_saw() {
    law(|story| {
        for moment in &story.moments {
            let (Some(grant), Some(profile)) = (moment.opened(), moment.scene.profile()) else {
                continue;
            };
            for approver in &grant.approvers {
                let reviews = story.moments.iter().rev();
                let seen = reviews
                    .filter(|m| m.stored_review().is_some_and(|r| *r.by == approver.id))
                    .map(|m| with_duration_of(&m.request.facts, &moment.request.facts))
                    .next();
                prop_assert_eq!(seen.as_ref(), Some(&moment.request.facts), "{:?}", approver);
            }
            prop_assert!(facts_hold(&moment.scene, profile, &moment.request));
            let seen = moment.review().map(|review| review.seen);
            prop_assert_eq!(seen, Some(moment.request.facts_number));
        }
        Ok(())
    });
}

#[test]
fn the_number_goes_up_when_a_fact_changes_and_only_then() {
    law(|story| {
        for moment in &story.moments {
            let Some(transition) = moment.changed_request() else {
                continue;
            };
            let (before, next) = (&moment.request, &transition.next);
            let changed = u32::from(before.facts != next.facts);
            prop_assert_eq!(next.facts_number, before.facts_number + changed);
            prop_assert!(
                next.facts.duration <= before.facts.duration,
                "nobody lengthens"
            );
            prop_assert!(next.approvals_from >= before.approvals_from);
        }
        Ok(())
    });
}

#[test]
fn any_change_of_a_fact_sets_approvals_aside_and_all_may_approve_again() {
    type Change = fn(&mut Scene);
    let changes: [(&str, Change); 8] = [
        ("name", |s| s.with_profile(|p| p.name = "Other".into())),
        ("description", |s| {
            s.with_profile(|p| p.description = "tcp:443".into());
        }),
        ("value", |s| {
            s.with_profile(|p| p.value = AttributeValue::Integer(2));
        }),
        ("attribute", |s| {
            s.with_profile(|p| p.attribute = Attribute::parse("custom:other").expect("legal"));
        }),
        ("approvals", |s| s.with_profile(|p| p.approvals = 3)),
        ("device name", |s| {
            s.device.as_mut().expect("known").name = "other".into();
        }),
        ("system", |s| {
            s.device.as_mut().expect("known").os = "linux".into();
        }),
        ("tags", |s| {
            let tagged = lapse::domain::policy::DeviceRule::OwnAndTagged(vec!["tag:ci".into()]);
            s.with_profile(|p| p.devices = tagged);
            s.device.as_mut().expect("known").tags = vec!["tag:ci".into()];
        }),
    ];
    for (what, change) in changes {
        let (mut scene, request) = half_approved();
        change(&mut scene);
        let renewed = click(&scene, &request, "linus", Verdict::Approve).expect(what);
        assert!(
            matches!(renewed.events[0].kind, EventKind::FactsChanged { .. }),
            "{what}"
        );
        let again = done(click(&scene, &renewed.next, "linus", Verdict::Approve));
        assert!(!approved(&again), "{what}: Grace's approval still counts");
        let mut request = done(click(&scene, &again, "grace", Verdict::Approve));
        if what == "approvals" {
            request = done(click(&scene, &request, "margaret", Verdict::Approve));
        }
        assert!(approved(&request), "{what}: nobody may approve again");
    }
}

#[test]
fn a_shorter_duration_sets_nobody_aside() {
    let (scene, request) = half_approved();
    let shorter = Verdict::Shorten(Duration::from_mins(5));
    let transition = click(&scene, &request, "linus", shorter).expect("he may");
    let grant = transition.opens.expect("two agree");
    assert_eq!(grant.approvers.len(), 2);
    assert!(grant.ends_at <= scene.now + Duration::from_mins(5));
}

#[test]
fn a_card_that_is_behind_approves_nothing() {
    let (mut scene, request) = half_approved();
    scene.with_profile(|profile| profile.approvals = 3);
    let renewed = done(click(&scene, &request, "linus", Verdict::Approve));
    let behind = RequestCommand::Review {
        by: id("linus"),
        verdict: Verdict::Approve,
        note: None,
        facts_seen: request.facts_number,
    };
    let refused = renewed.handle(&behind, &scene.world());
    assert_eq!(
        refused.map_err(|r| r.reason()).expect_err("it is behind"),
        "facts_moved"
    );
    assert!(click(&scene, &renewed, "linus", Verdict::Approve).is_ok());
}

#[test]
fn an_approval_whose_giver_is_gone_does_not_count() {
    type Leaving = fn(&mut Scene);
    let ways: [(&str, Leaving); 5] = [
        ("left the group", |s| {
            s.user_group("approvers", &["linus", "margaret"]);
        }),
        ("deactivated", |s| {
            let gone = Unidentified::Refused(IdentityRefusal::NotAMember);
            s.people.insert(id("grace"), Err(gone));
        }),
        ("disputed", |s| {
            let gone = Unidentified::Refused(IdentityRefusal::Disputed);
            s.people.insert(id("grace"), Err(gone));
        }),
        ("unread", |s| {
            s.people.insert(id("grace"), Err(Unidentified::Unread));
        }),
        ("never looked at", |s| {
            s.people.remove(&id("grace"));
        }),
    ];
    for (what, leave) in ways {
        let (mut scene, request) = half_approved();
        let here = scene.clone();
        leave(&mut scene);
        let one = done(click(&scene, &request, "linus", Verdict::Approve));
        assert!(!approved(&one), "{what}: counted all the same");
        let three = done(click(&scene, &one, "margaret", Verdict::Approve));
        assert!(approved(&three), "{what}: two others do not suffice");
        let back = click(&here, &one, "linus", Verdict::Approve).expect(what);
        assert!(
            approved(&back.next),
            "{what}: both agree, and nothing can open it"
        );
        assert_eq!(
            back.next.reviews, one.reviews,
            "{what}: nobody reviews twice"
        );
    }
}

#[test]
fn a_second_account_is_not_a_second_person() {
    let (mut scene, request) = half_approved();
    scene.user_group("approvers", &["grace", "grace2", "ada2", "linus"]);
    let reason = |who| {
        click(&scene, &request, who, Verdict::Approve)
            .map_err(|refusal| refusal.reason())
            .expect_err("they may not")
    };
    assert_eq!(reason("grace2"), "already_approved");
    assert_eq!(reason("ada2"), "own_request");
    assert!(approved(&done(click(
        &scene,
        &request,
        "linus",
        Verdict::Approve
    ))));
}

#[test]
fn two_accounts_of_one_person_never_suffice() {
    let (mut scene, request) = half_approved();
    scene.user_group("approvers", &["grace", "grace2", "linus"]);
    let grace = scene.people.insert(id("grace"), Err(Unidentified::Unread));
    let both = done(click(&scene, &request, "grace2", Verdict::Approve));
    assert!(
        !approved(&both),
        "Grace could not be read, so only one counts"
    );
    scene.people.extend(grace.map(|known| (id("grace"), known)));
    for who in ["grace", "grace2"] {
        let again = click(&scene, &both, who, Verdict::Approve);
        assert!(again.is_err(), "{who} is one person with two accounts");
    }
    let transition = click(&scene, &both, "linus", Verdict::Approve).expect("he may");
    assert_eq!(
        transition.opens.expect("two people agree").approvers.len(),
        2
    );
}

#[test]
fn the_requesters_own_approval_stops_counting_when_the_profile_says_so() {
    let (mut scene, _) = half_approved();
    scene.user_group("approvers", &["ada", "grace", "linus"]);
    let rule = |rule| move |profile: &mut Profile| profile.self_approval = rule;
    scene.with_profile(rule(SelfApproval::Allowed));
    let asked = scene.ask(2, Duration::from_hours(1));
    let hers = done(click(&scene, &asked, "ada", Verdict::Approve));
    scene.with_profile(rule(SelfApproval::Never));
    let one = done(click(&scene, &hers, "grace", Verdict::Approve));
    assert!(!approved(&one), "her own approval still counts");
    let two = done(click(&scene, &one, "linus", Verdict::Approve));
    assert!(approved(&two));
}

#[test]
fn a_device_that_changed_hands_is_not_approved() {
    let (mut scene, request) = half_approved();
    let device = scene.device.as_mut().expect("known");
    device.owner = lapse::domain::person::Login::new("bob@example.com");
    let refused = click(&scene, &request, "linus", Verdict::Approve);
    assert_eq!(
        refused.map_err(|r| r.reason()).expect_err("it is Bob's"),
        "device_refused"
    );
    assert!(click(&scene, &request, "linus", Verdict::Deny).is_ok());
}

#[test]
fn the_same_click_on_the_same_facts_gives_the_same_answer_and_changes_nothing_here() {
    law(|story| {
        for moment in &story.moments {
            let (request, grant) = (moment.request.clone(), moment.grant.clone());
            prop_assert_eq!(&moment.again(), &moment.outcome);
            prop_assert_eq!(&moment.request, &request);
            prop_assert_eq!(&moment.grant, &grant);
        }
        Ok(())
    });
}

#[test]
fn every_change_is_one_version_and_is_recorded() {
    law(|story| {
        for moment in &story.moments {
            let (versions, events) = match (&moment.outcome, &moment.grant) {
                (Outcome::Request(Ok(t)), _) => {
                    ((moment.request.version, t.next.version), &t.events)
                }
                (Outcome::Grant(Ok(t)), Some(before)) => {
                    ((before.version, t.next.version), &t.events)
                }
                _ => continue,
            };
            prop_assert_eq!(versions.1, versions.0 + 1);
            let silent = super::grants::is_mark(&moment.attempt);
            prop_assert_eq!(events.len(), usize::from(!silent), "{:?}", moment.attempt);
            for event in events {
                prop_assert_eq!(event.at, moment.scene.now);
            }
        }
        Ok(())
    });
}
