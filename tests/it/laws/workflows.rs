//! What a workflow may do: ask, and nothing else until whoever it named confirms; and what its
//! step is answered, never too early and always in the end.

use super::cast::{CAST, id};
use super::scene::Scene;
use super::story::{Moment, Story, law};
use lapse::domain::audit::EventKind;
use lapse::domain::grant::{Grant, GrantState};
use lapse::domain::ids::ExecutionId;
use lapse::domain::request::{Confirmed, Request, RequestCommand, RequestState, Verdict};
use lapse::domain::workflow::{self, CONFIRM_WITHIN, Decision, DeviceChoice, StepAnswer, Workflow};
use proptest::prelude::*;
use std::time::Duration;

/// What a workflow asked in Ada's name, before she has confirmed it.
fn unconfirmed(scene: &Scene) -> Request {
    Request {
        state: RequestState::Unconfirmed,
        answer_by: scene.now + CONFIRM_WITHIN,
        workflow: Some(Workflow {
            execution: ExecutionId::new("Fx1"),
            name: None,
            device: DeviceChoice::Named,
            confirmed_at: None,
        }),
        ..scene.ask(1, Duration::from_hours(1))
    }
}

/// The same story, told of a request that a workflow asked and Ada confirmed.
fn confirmed(moment: &Moment) -> Request {
    let mut request = moment.request.clone();
    request.workflow = Some(Workflow {
        execution: ExecutionId::new("Fx1"),
        name: None,
        device: DeviceChoice::Named,
        confirmed_at: Some(request.asked_at),
    });
    request
}

fn answer_after(moment: &Moment) -> Option<StepAnswer> {
    let mut request = confirmed(moment);
    let mut grant = moment.grant.clone();
    if let Some(changed) = moment.changed_request() {
        request.state = changed.next.state.clone();
        grant = changed.opens.clone().or(grant);
    }
    if let Some((_, changed)) = moment.changed_grant() {
        grant = Some(changed.next.clone());
    }
    workflow::answer(&request, grant.as_ref())
}

fn grant_after(moment: &Moment) -> Option<Grant> {
    match moment.changed_grant() {
        Some((_, changed)) => Some(changed.next.clone()),
        None => moment.opened().cloned().or_else(|| moment.grant.clone()),
    }
}

proptest! {
    #[test]
    fn only_whom_it_names_confirms_and_only_in_time(
        who in prop::sample::select(CAST.to_vec()),
        minutes in 0_i64..40,
    ) {
        let mut scene = Scene::plain();
        let request = unconfirmed(&scene);
        scene.pass(minutes * 60);
        let anew = Confirmed {
            facts: request.facts.clone(),
            device_as_of: None,
            answer_by: scene.now + Duration::from_hours(1),
            asked: vec![id("grace")],
            because: None,
        };
        let confirm = |who: &str| RequestCommand::Confirm {
            by: id(who),
            confirmed: Box::new(anew.clone()),
        };
        let went_on = request.handle(&confirm(who), &scene.world());
        prop_assert_eq!(went_on.is_ok(), who == "ada" && minutes < 15);
        if let Ok(moved) = went_on {
            prop_assert_eq!(moved.events[0].kind.name(), "requested");
            let pending = moved.next;
            prop_assert_eq!(&pending.state, &RequestState::Pending);
            prop_assert_eq!(pending.version, request.version + 1);
            prop_assert_eq!(pending.answer_by, scene.now + Duration::from_hours(1));
            prop_assert!(pending.is_confirmed());
            let again = pending.handle(&confirm("ada"), &scene.world());
            prop_assert!(again.is_err(), "once");
        }
    }

    #[test]
    fn nobody_reviews_what_is_not_confirmed(
        who in prop::sample::select(CAST.to_vec()),
        verdict in prop::sample::select(vec![Verdict::Approve, Verdict::Deny]),
        minutes in 0_i64..40,
    ) {
        let mut scene = Scene::plain();
        let request = unconfirmed(&scene);
        scene.pass(minutes * 60);
        let review = RequestCommand::Review {
            by: id(who),
            verdict,
            note: None,
            facts_seen: 1,
        };
        prop_assert!(request.handle(&review, &scene.world()).is_err());
    }
}

#[test]
fn what_is_not_confirmed_in_time_closes_and_its_workflow_hears_so() {
    let mut scene = Scene::plain();
    let request = unconfirmed(&scene);
    let lapse = RequestCommand::Lapse;
    assert!(request.handle(&lapse, &scene.world()).is_err(), "too early");
    assert_eq!(workflow::answer(&request, None), None);
    scene.now = request.answer_by;
    let closed = request.handle(&lapse, &scene.world()).expect("it is time");
    assert_eq!(closed.events[0].kind, EventKind::NotConfirmed);
    let Some(StepAnswer::Requested(answer)) = workflow::answer(&closed.next, None) else {
        panic!("it is answered");
    };
    assert_eq!(answer.decision, Decision::NotConfirmed);
}

fn is_approved(answer: Option<&StepAnswer>) -> bool {
    matches!(answer, Some(StepAnswer::Requested(answer)) if answer.decision == Decision::Approved)
}

#[test]
fn approved_is_said_only_of_open_access() {
    law(|story: &Story| {
        for moment in &story.moments {
            let answer = answer_after(moment);
            let open = grant_after(moment)
                .is_some_and(|grant| matches!(grant.state, GrantState::Active { .. }));
            prop_assert_eq!(is_approved(answer.as_ref()), open);
        }
        Ok(())
    });
}

#[test]
fn whatever_is_over_is_answered() {
    law(|story: &Story| {
        for moment in &story.moments {
            let request = moment
                .changed_request()
                .map_or(&moment.request.state, |t| &t.next.state);
            let over = match (request, grant_after(moment).map(|grant| grant.state)) {
                (RequestState::Unconfirmed | RequestState::Pending, _) => false,
                (RequestState::Approved { .. }, Some(state)) => {
                    matches!(
                        state,
                        GrantState::Ended { .. }
                            | GrantState::Failed { .. }
                            | GrantState::Active { .. }
                    )
                }
                _ => true,
            };
            prop_assert_eq!(answer_after(moment).is_some(), over);
        }
        Ok(())
    });
}

#[test]
fn that_access_ended_is_said_only_when_tailscale_confirmed_it() {
    law(|story: &Story| {
        for moment in &story.moments {
            let grant = grant_after(moment);
            let live = grant.as_ref().is_some_and(Grant::is_live);
            prop_assert_eq!(workflow::ended(grant.as_ref()).is_some(), !live);
        }
        Ok(())
    });
}
