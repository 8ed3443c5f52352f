//! Laws about one grant: its end never moves, it is removed before it is called ended, and
//! trying again is judged like a click.

use super::cast::id;
use super::judge::{Named, agreeing, device_is_hers, facts_hold, known, may_ask, named};
use super::reviews::click;
use super::scene::Scene;
use super::story::{Attempt, Moment, happens, law};
use chrono::TimeDelta;
use lapse::domain::grant::{EndReason, FailureCause, Grant, GrantCommand, GrantState, WriteMark};
use lapse::domain::policy::Selector;
use lapse::domain::request::Verdict;
use lapse::domain::transition::Effect;
use proptest::prelude::*;
use std::time::Duration;

/// Whether this only notes that a write is sent, or was not: nobody reads about it.
pub fn is_mark(attempt: &Attempt) -> bool {
    matches!(
        attempt,
        Attempt::Grant(GrantCommand::MarkSent | GrantCommand::MarkUntouched)
    )
}

fn enters(moment: &Moment, state: fn(&GrantState) -> bool) -> Option<(&Grant, &Grant)> {
    let (before, transition) = moment.changed_grant()?;
    (state(&transition.next.state) && !state(&before.state)).then_some((before, &transition.next))
}

fn is_applying(state: &GrantState) -> bool {
    matches!(state, GrantState::Applying { .. })
}

fn is_active(state: &GrantState) -> bool {
    matches!(state, GrantState::Active { .. })
}

fn is_ending(state: &GrantState) -> bool {
    matches!(state, GrantState::Ending { .. })
}

fn is_over(state: &GrantState) -> bool {
    matches!(state, GrantState::Ended { .. } | GrantState::Failed { .. })
}

#[test]
fn what_was_granted_never_moves() {
    law(|story| {
        for moment in &story.moments {
            if let Some((before, transition)) = moment.changed_grant() {
                let fixed = |grant: &Grant| {
                    let times = (grant.approved_at, grant.ends_at);
                    let words = (grant.comment.clone(), grant.approvers.clone());
                    (
                        times,
                        words,
                        grant.key.clone(),
                        grant.value.clone(),
                        grant.holder.clone(),
                    )
                };
                prop_assert_eq!(fixed(before), fixed(&transition.next));
            }
        }
        Ok(())
    });
}

#[test]
fn whatever_begins_to_end_asks_for_its_removal() {
    law(|story| {
        for moment in &story.moments {
            let Some((before, _)) = enters(moment, is_ending) else {
                continue;
            };
            let asked = moment.changed_grant().is_some_and(|(_, transition)| {
                transition
                    .effects
                    .contains(&Effect::SyncKey(before.key.clone()))
            });
            prop_assert!(asked, "{:?}", moment.attempt);
        }
        Ok(())
    });
    for why in [
        EndReason::Expired,
        EndReason::Released,
        EndReason::Revoked,
        EndReason::NeverOpened { cause: None },
    ] {
        happens(why.name(), |moment| {
            enters(moment, is_ending).is_some_and(|(_, next)| {
                matches!(&next.state, GrantState::Ending { ending } if ending.why == why)
            })
        });
    }
}

#[test]
fn applying_asks_for_the_write() {
    law(|story| {
        for moment in &story.moments {
            let opened = moment.opened().map(|grant| &grant.key);
            let retried = enters(moment, is_applying).map(|(_, next)| &next.key);
            let Some(key) = opened.or(retried) else {
                continue;
            };
            let wanted = Effect::SyncKey(key.clone());
            let asked = moment
                .changed_request()
                .is_some_and(|t| t.effects.contains(&wanted))
                || moment
                    .changed_grant()
                    .is_some_and(|(_, t)| t.effects.contains(&wanted));
            prop_assert!(asked);
        }
        Ok(())
    });
}

#[test]
fn over_means_removed_or_never_sent() {
    law(|story| {
        for moment in &story.moments {
            let Some((before, _)) = enters(moment, is_over) else {
                continue;
            };
            let confirmed = matches!(moment.attempt, Attempt::Grant(GrantCommand::ConfirmRemoval))
                && is_ending(&before.state);
            let never_sent = is_applying(&before.state) && before.write == WriteMark::Untouched;
            let failed = matches!(before.state, GrantState::Failed { .. });
            prop_assert!(confirmed || never_sent || failed, "from {:?}", before.state);
        }
        Ok(())
    });
    happens(
        "a failed grant whose write was lost is removed first",
        |m| {
            enters(m, |state| matches!(state, GrantState::Failed { .. }))
                .is_some_and(|(before, _)| is_ending(&before.state))
        },
    );
    happens("a grant that nothing was sent for fails at once", |m| {
        enters(m, |state| matches!(state, GrantState::Failed { .. }))
            .is_some_and(|(before, _)| is_applying(&before.state))
    });
}

#[test]
fn active_means_read_back_while_applying() {
    law(|story| {
        for moment in &story.moments {
            if let Some((before, _)) = enters(moment, is_active) {
                prop_assert!(is_applying(&before.state));
                prop_assert!(matches!(
                    moment.attempt,
                    Attempt::Grant(GrantCommand::Confirm)
                ));
            }
        }
        Ok(())
    });
    happens("active", |m| enters(m, is_active).is_some());
}

#[test]
fn time_ends_what_is_active_at_its_end_and_not_before() {
    law(|story| {
        for moment in &story.moments {
            let (Some(before), Attempt::Grant(GrantCommand::TimeUp)) =
                (&moment.grant, &moment.attempt)
            else {
                continue;
            };
            let left = (before.ends_at - moment.scene.now).num_milliseconds();
            let due = match before.state {
                GrantState::Active { .. } | GrantState::Failed { .. } => left <= 0,
                GrantState::Applying { .. } => left < 5000,
                GrantState::Ending { .. } | GrantState::Ended { .. } => false,
            };
            prop_assert_eq!(moment.changed_grant().is_some(), due, "{} ms left", left);
        }
        Ok(())
    });
}

#[test]
fn a_write_that_may_have_arrived_is_removed_and_one_that_was_never_sent_is_not() {
    let mut scene = Scene::plain();
    let request = scene.ask(1, Duration::from_hours(1));
    let opened = click(&scene, &request, "grace", Verdict::Approve).expect("she may");
    let untouched = opened.opens.expect("one suffices");
    let marked = untouched.advance(&GrantCommand::MarkSent, scene.now);
    let sent = marked.expect("it is applying").next;
    scene.now = untouched.ends_at - TimeDelta::seconds(4);
    for command in [
        GrantCommand::TimeUp,
        GrantCommand::Fail(FailureCause::DeviceGone),
    ] {
        let ends = |grant: &Grant| {
            grant
                .advance(&command, scene.now)
                .expect("it may")
                .next
                .state
        };
        assert!(is_over(&ends(&untouched)), "{command:?}");
        assert!(is_ending(&ends(&sent)), "{command:?}");
    }
}

#[test]
fn the_clock_ends_to_the_millisecond_and_a_removed_failure_starts_afresh() {
    let mut scene = Scene::plain();
    let request = scene.ask(1, Duration::from_hours(1));
    let opened = click(&scene, &request, "grace", Verdict::Approve).expect("she may");
    let applying = opened.opens.expect("one suffices");
    let step = |grant: &Grant, command: GrantCommand, scene: &Scene| {
        grant.advance(&command, scene.now).map(|t| t.next)
    };
    let sent = step(&applying, GrantCommand::MarkSent, &scene).expect("it applies");
    let active = step(&sent, GrantCommand::Confirm, &scene).expect("it was sent");
    let lost = GrantCommand::Fail(FailureCause::DeviceGone);
    let ending = step(&sent, lost, &scene).expect("it applies");
    let failed = step(&ending, GrantCommand::ConfirmRemoval, &scene).expect("it is ending");
    assert_eq!(failed.state.name(), "failed");
    assert_eq!(failed.write, WriteMark::Untouched);
    let again = failed.retry(&id("ada"), &opened.next, &scene.world());
    assert_eq!(again.expect("she may").next.write, WriteMark::Untouched);
    scene.now = active.ends_at - TimeDelta::milliseconds(1);
    assert!(step(&active, GrantCommand::TimeUp, &scene).is_none());
    assert!(step(&failed, GrantCommand::TimeUp, &scene).is_none());
    scene.now = active.ends_at;
    assert!(step(&active, GrantCommand::TimeUp, &scene).is_some_and(|g| is_ending(&g.state)));
    assert!(step(&failed, GrantCommand::TimeUp, &scene).is_some_and(|g| is_over(&g.state)));
}

#[test]
fn the_holder_is_warned_once_and_before_the_end() {
    law(|story| {
        let mut warned = 0;
        for moment in &story.moments {
            if let Some((before, transition)) = moment.changed_grant()
                && transition.next.warned_at != before.warned_at
            {
                warned += 1;
                prop_assert!(is_active(&before.state));
                prop_assert!(moment.scene.now < before.ends_at, "there is nothing left");
            }
        }
        prop_assert!(warned <= 1);
        Ok(())
    });
    happens("a warning", |m| {
        m.changed_grant()
            .is_some_and(|(_, t)| t.next.warned_at == Some(m.scene.now))
    });
}

#[test]
fn only_the_holder_gives_back() {
    law(|story| {
        for moment in &story.moments {
            let (Some(before), Attempt::Grant(GrantCommand::Release { by })) =
                (&moment.grant, &moment.attempt)
            else {
                continue;
            };
            let open = is_applying(&before.state) || is_active(&before.state);
            let may = *by == before.holder.id && open;
            prop_assert_eq!(moment.changed_grant().is_some(), may);
        }
        Ok(())
    });
}

/// Whether somebody may take this grant away: last known members may, security may, and those
/// who approved it once the profile is gone.
fn may_revoke(moment: &Moment, grant: &Grant, by: &lapse::domain::ids::PersonId) -> bool {
    let scene = &moment.scene;
    let Some(who) = known(scene, by) else {
        return false;
    };
    let security = [Selector::UserGroup("security".into())];
    let reviewer = match scene.profile() {
        Some(profile) => named(scene, &profile.approvers, who) >= Named::Lately,
        None => grant.approvers.iter().any(|approver| approver.id == *by),
    };
    reviewer || named(scene, &security, who) >= Named::Lately
}

#[test]
fn whoever_may_review_takes_away_with_a_note() {
    law(|story| {
        for moment in &story.moments {
            let (Some(before), Attempt::Grant(GrantCommand::Revoke { by, note })) =
                (&moment.grant, &moment.attempt)
            else {
                continue;
            };
            let open = is_applying(&before.state) || is_active(&before.state);
            let may = open && !note.trim().is_empty() && may_revoke(moment, before, by);
            prop_assert_eq!(moment.changed_grant().is_some(), may);
        }
        Ok(())
    });
    let revoked = |m: &Moment| enters(m, is_ending).is_some();
    happens("an old group still revokes", |m| {
        let Attempt::Grant(GrantCommand::Revoke { by, .. }) = &m.attempt else {
            return false;
        };
        let lately = m
            .scene
            .profile()
            .zip(known(&m.scene, by))
            .is_some_and(|(profile, who)| {
                named(&m.scene, &profile.approvers, who) == Named::Lately
            });
        revoked(m) && lately && *by != id("sam")
    });
    happens("security revokes", |m| {
        revoked(m)
            && matches!(&m.attempt, Attempt::Grant(GrantCommand::Revoke { by, .. }) if *by == id("sam"))
    });
}

#[test]
fn what_somebody_holds_ends_when_they_leave() {
    law(|story| {
        for moment in &story.moments {
            let (Some(before), Attempt::Grant(GrantCommand::PersonLeft { .. })) =
                (&moment.grant, &moment.attempt)
            else {
                continue;
            };
            let open = is_applying(&before.state) || is_active(&before.state);
            let ended = enters(moment, is_ending).is_some();
            prop_assert_eq!(ended, open);
            prop_assert_eq!(moment.changed_grant().is_some(), open);
        }
        Ok(())
    });
    happens("somebody leaves while access is open", |m| {
        matches!(m.attempt, Attempt::Grant(GrantCommand::PersonLeft { .. }))
            && enters(m, is_ending).is_some()
    });
}

/// What *Try again* needs, said again.
fn may_retry(moment: &Moment, grant: &Grant, by: &lapse::domain::ids::PersonId) -> bool {
    let (scene, request) = (&moment.scene, &moment.request);
    let (Some(who), Some(profile)) = (known(scene, by), scene.profile()) else {
        return false;
    };
    let presses = *by == grant.holder.id || named(scene, &profile.approvers, who) == Named::Now;
    let worth = (grant.ends_at - scene.now).num_milliseconds() >= 5000;
    presses
        && matches!(grant.state, GrantState::Failed { .. })
        && worth
        && may_ask(scene, profile, request) == Some(Named::Now)
        && facts_hold(scene, profile, request)
        && device_is_hers(scene, request)
        && request.facts.duration <= profile.max_duration
        && agreeing(scene, profile, request).len() >= profile.approvals as usize
}

#[test]
fn trying_again_is_judged_like_a_click() {
    law(|story| {
        for moment in &story.moments {
            let (Some(before), Attempt::Retry(by)) = (&moment.grant, &moment.attempt) else {
                continue;
            };
            let may = may_retry(moment, before, by);
            prop_assert_eq!(
                moment.changed_grant().is_some(),
                may,
                "{:?}",
                moment.outcome
            );
        }
        Ok(())
    });
    happens("Ada tries again", |m| {
        enters(m, is_applying).is_some()
            && matches!(&m.attempt, Attempt::Retry(by) if *by == id("ada"))
    });
    happens("an approver tries again", |m| {
        enters(m, is_applying).is_some()
            && matches!(&m.attempt, Attempt::Retry(by) if *by != id("ada"))
    });
    happens("the approvals no longer suffice", |m| {
        matches!(
            &m.outcome,
            super::story::Outcome::Grant(Err(lapse::domain::refusal::Refusal::QuorumLost { .. }))
        )
    });
}

#[test]
fn what_applies_again_is_untouched() {
    law(|story| {
        for moment in &story.moments {
            if let Some((_, next)) = enters(moment, is_applying) {
                prop_assert_eq!(next.write, WriteMark::Untouched);
            }
        }
        Ok(())
    });
}
