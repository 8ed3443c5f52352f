//! Laws about reviews: who counts, what they agree to, and when it is too late.

use super::cast::{human, id};
use super::judge::{Named, agreeing, is_ada, known, may_approve, may_deny, named};
use super::scene::Scene;
use super::story::{Attempt, Moment, happens, law};
use chrono::{TimeDelta, Timelike};
use lapse::domain::grant::GrantState;
use lapse::domain::ids::GrantId;
use lapse::domain::policy::SelfApproval;
use lapse::domain::request::{Request, RequestCommand, RequestState, Verdict};
use lapse::domain::transition::Transition;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::time::Duration;

fn approves(moment: &Moment) -> bool {
    moment
        .changed_request()
        .is_some_and(|t| matches!(t.next.state, RequestState::Approved { .. }))
}

fn denies(moment: &Moment) -> bool {
    moment
        .changed_request()
        .is_some_and(|t| matches!(t.next.state, RequestState::Denied { .. }))
}

/// Somebody clicks on the card as it is now.
pub fn click(
    scene: &Scene,
    request: &Request,
    who: &str,
    verdict: Verdict,
) -> Result<Transition<Request>, lapse::domain::refusal::Refusal> {
    let command = RequestCommand::Review {
        by: id(who),
        verdict,
        note: None,
        facts_seen: request.facts_number,
    };
    request.handle(&command, &scene.world())
}

#[test]
fn only_what_waits_is_judged() {
    law(|story| {
        for moment in &story.moments {
            if moment.changed_request().is_some() {
                prop_assert_eq!(&moment.request.state, &RequestState::Pending);
            }
        }
        Ok(())
    });
}

#[test]
fn what_waits_can_be_approved_denied_shortened_cancelled_and_can_lapse() {
    happens("approved", approves);
    happens("denied", denies);
    happens("shortened", |m| {
        m.changed_request()
            .is_some_and(|t| t.next.facts.duration < m.request.facts.duration)
    });
    happens("cancelled by Ada", |m| {
        matches!(m.attempt, Attempt::Request(RequestCommand::Cancel { .. }))
            && m.changed_request().is_some()
    });
    happens("lapsed", |m| {
        m.changed_request()
            .is_some_and(|t| matches!(t.next.state, RequestState::Lapsed { .. }))
    });
    happens("approved by three", |m| {
        m.opened().is_some_and(|grant| grant.approvers.len() == 3)
    });
}

#[test]
fn a_request_opens_at_most_one_grant() {
    law(|story| {
        let opened: Vec<_> = story.moments.iter().filter_map(Moment::opened).collect();
        prop_assert!(opened.len() <= 1);
        Ok(())
    });
}

#[test]
fn an_approved_request_has_exactly_one_grant_and_it_is_applying() {
    law(|story| {
        for moment in &story.moments {
            prop_assert_eq!(moment.opened().is_some(), approves(moment));
            if let Some(grant) = moment.opened() {
                prop_assert!(grant.is_applying());
                prop_assert_eq!(&grant.id, &GrantId::of(&moment.request.id));
                prop_assert_eq!(&grant.key, &moment.request.facts.key());
                prop_assert_eq!(&grant.value, &moment.request.facts.value);
                prop_assert_eq!(&grant.holder, &moment.request.requester);
            }
        }
        Ok(())
    });
}

#[test]
fn a_quorum_is_different_people_who_may_approve_now() {
    law(|story| {
        for moment in &story.moments {
            let (Some(grant), Some(profile)) = (moment.opened(), moment.scene.profile()) else {
                continue;
            };
            let humans: BTreeSet<String> = grant.approvers.iter().map(|p| human(&p.id)).collect();
            prop_assert_eq!(humans.len(), grant.approvers.len(), "the same person twice");
            prop_assert!(humans.len() >= profile.approvals as usize, "too few");
            for approver in &grant.approvers {
                prop_assert!(
                    may_approve(&moment.scene, profile, &approver.id),
                    "{:?}",
                    approver
                );
                let said_so = story.moments.iter().any(|earlier| {
                    earlier.stored_review().is_some_and(|review| {
                        *review.by == approver.id && review.verdict != Verdict::Deny
                    })
                });
                prop_assert!(said_so, "{:?} never approved", approver);
            }
        }
        Ok(())
    });
}

#[test]
fn enough_different_people_approve_at_once() {
    law(|story| {
        for moment in &story.moments {
            let (Some(stored), Some(profile)) = (moment.stored_review(), moment.scene.profile())
            else {
                continue;
            };
            let Some(transition) = moment.changed_request() else {
                continue;
            };
            let agree = agreeing(&moment.scene, profile, &transition.next).len();
            let enough = stored.verdict != Verdict::Deny && agree >= profile.approvals as usize;
            prop_assert_eq!(approves(moment), enough, "{} agree", agree);
        }
        Ok(())
    });
}

#[test]
fn the_requesters_own_review_counts_only_where_the_profile_says_so() {
    law(|story| {
        for moment in &story.moments {
            let (Some(grant), Some(profile)) = (moment.opened(), moment.scene.profile()) else {
                continue;
            };
            let own = grant.approvers.iter().any(|p| human(&p.id) == "UADA");
            prop_assert!(!own || profile.self_approval == SelfApproval::Allowed);
        }
        Ok(())
    });
    happens("Ada's own review counts", |m| {
        m.opened()
            .is_some_and(|g| g.approvers.iter().any(|p| p.id == id("ada")))
    });
}

#[test]
fn anybody_entitled_ends_it_with_a_no() {
    law(|story| {
        for moment in &story.moments {
            let Some(review) = moment.review().filter(|r| r.verdict == Verdict::Deny) else {
                continue;
            };
            let Some(profile) = moment.scene.profile() else {
                continue;
            };
            let entitled = moment.waits() && may_deny(&moment.scene, profile, review.by);
            prop_assert_eq!(denies(moment), entitled);
        }
        Ok(())
    });
    happens("somebody who approved denies", |m| {
        denies(m)
            && m.review()
                .is_some_and(|r| m.request.reviews.iter().any(|said| said.by.id == *r.by))
    });
}

#[test]
fn nobody_grants_more_than_they_saw() {
    law(|story| {
        for moment in &story.moments {
            let Some(grant) = moment.opened() else {
                continue;
            };
            let length = grant.ends_at - grant.approved_at;
            for approver in &grant.approvers {
                let agreed = story.moments.iter().rev().find_map(|earlier| {
                    let review = earlier.stored_review()?;
                    (*review.by == approver.id).then_some(match review.verdict {
                        Verdict::Shorten(to) => to,
                        _ => earlier.request.facts.duration,
                    })
                });
                let agreed = agreed.unwrap_or_default();
                prop_assert!(length.to_std().is_ok_and(|length| length <= agreed));
            }
        }
        Ok(())
    });
    happens("a shorter time than an earlier approver saw", |m| {
        m.opened().is_some_and(|g| g.approvers.len() > 1)
            && m.review().is_some_and(|r| r.verdict != Verdict::Approve)
    });
}

#[test]
fn access_is_as_long_as_agreed_counted_from_the_approval_within_the_cap() {
    law(|story| {
        for moment in &story.moments {
            let (Some(grant), Some(profile)) = (moment.opened(), moment.scene.profile()) else {
                continue;
            };
            let agreed = match moment.review().map(|review| review.verdict) {
                Some(Verdict::Shorten(to)) => to,
                _ => moment.request.facts.duration,
            };
            let end = moment.scene.now + agreed;
            prop_assert!(agreed <= profile.max_duration, "above the cap of now");
            prop_assert_eq!(grant.approved_at, moment.scene.now);
            prop_assert!(grant.ends_at <= end && grant.ends_at > end - TimeDelta::seconds(1));
            prop_assert_eq!(grant.ends_at.nanosecond(), 0, "not a whole second");
        }
        Ok(())
    });
}

#[test]
fn nothing_but_lapsing_happens_once_the_time_is_up() {
    law(|story| {
        for moment in &story.moments {
            let over = moment.scene.now >= moment.request.answer_by;
            let lapse = matches!(moment.attempt, Attempt::Request(RequestCommand::Lapse));
            if moment.changed_request().is_some() {
                prop_assert_eq!(over, lapse);
            }
        }
        Ok(())
    });
}

#[test]
fn the_last_moment_still_counts_and_the_next_does_not() {
    let mut scene = Scene::plain();
    let request = scene.ask(1, Duration::from_hours(1));
    scene.now = request.answer_by - TimeDelta::milliseconds(1);
    scene.refresh_groups();
    assert!(click(&scene, &request, "grace", Verdict::Approve).is_ok());
    scene.now = request.answer_by;
    let late = click(&scene, &request, "grace", Verdict::Approve).map_err(|r| r.reason());
    assert_eq!(late.expect_err("it has lapsed"), "lapsed");
    assert!(
        request
            .handle(&RequestCommand::Lapse, &scene.world())
            .is_ok()
    );
}

#[test]
fn what_has_ended_stays_as_it_is() {
    law(|story| {
        for moment in &story.moments {
            if moment.request.state != RequestState::Pending {
                prop_assert!(moment.changed_request().is_none());
            }
            if let Some((before, _)) = moment.changed_grant() {
                let ended = matches!(before.state, GrantState::Ended { .. });
                prop_assert!(!ended, "{:?} changed an ended grant", moment.attempt);
            }
        }
        Ok(())
    });
    happens("somebody comes too late", |m| {
        m.review().is_some() && m.request.state != RequestState::Pending
    });
}

#[test]
fn an_old_group_never_approves() {
    law(|story| {
        for moment in &story.moments {
            let (Some(review), Some(profile)) = (moment.stored_review(), moment.scene.profile())
            else {
                continue;
            };
            let Some(who) = known(&moment.scene, review.by) else {
                return Err(TestCaseError::fail("an unread account reviewed"));
            };
            let right = named(&moment.scene, &profile.approvers, who);
            let wanted = if review.verdict == Verdict::Deny {
                Named::Lately
            } else {
                Named::Now
            };
            prop_assert!(
                right >= wanted,
                "{:?} by {} who is {:?}",
                review.verdict,
                review.by,
                right
            );
        }
        Ok(())
    });
}

#[test]
fn an_old_group_still_denies() {
    happens("a deny by a last known member", |m| {
        denies(m)
            && m.scene.profile().is_some_and(|profile| {
                m.review()
                    .and_then(|review| known(&m.scene, review.by))
                    .is_some_and(|who| {
                        named(&m.scene, &profile.approvers, who) == Named::Lately && !is_ada(who)
                    })
            })
    });
}
