//! Laws about reminders: by whom, when, how often, and who is left alone.

use super::cast::id;
use super::reviews::click;
use super::scene::Scene;
use super::story::{Attempt, happens, law};
use lapse::domain::audit::EventKind;
use lapse::domain::ids::PersonId;
use lapse::domain::refusal::Refusal;
use lapse::domain::request::{Request, RequestCommand, Verdict};
use lapse::domain::transition::{Audience, Effect, Transition};
use proptest::prelude::*;
use std::time::Duration;

fn remind(
    scene: &Scene,
    request: &Request,
    asked: &[&str],
) -> Result<Transition<Request>, Refusal> {
    let command = RequestCommand::Remind {
        by: id("ada"),
        asked: asked.iter().map(|name| id(name)).collect(),
    };
    request.handle(&command, &scene.world())
}

fn reminded(transition: &Transition<Request>) -> Vec<PersonId> {
    match &transition.events[..] {
        [only] => match &only.kind {
            EventKind::Reminded { people, .. } => people.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_but_the_reminder_changes() {
    law(|story| {
        for moment in &story.moments {
            let is_reminder = matches!(
                moment.attempt,
                Attempt::Request(RequestCommand::Remind { .. })
            );
            let Some(transition) = moment.changed_request().filter(|_| is_reminder) else {
                continue;
            };
            let before = Request {
                version: moment.request.version + 1,
                reminded: transition.next.reminded,
                ..moment.request.clone()
            };
            prop_assert_eq!(&transition.next, &before);
            prop_assert!(transition.opens.is_none());
            prop_assert_eq!(
                &transition.effects,
                &[Effect::RefreshCards(Audience::Involved)]
            );
        }
        Ok(())
    });
    happens("somebody is reminded", |moment| {
        matches!(
            moment.attempt,
            Attempt::Request(RequestCommand::Remind { .. })
        ) && moment.changed_request().is_some()
    });
}

#[test]
fn the_first_comes_after_five_minutes_the_next_after_fifteen_and_three_are_enough() {
    let mut scene = Scene::plain();
    let mut request = scene.ask(1, Duration::from_hours(1));
    let mut waits = [299, 1, 30, 869, 1, 899, 1].into_iter();
    let mut step = |scene: &mut Scene, request: &Request| {
        scene.pass(waits.next().expect("a wait"));
        remind(scene, request, &["grace", "linus"])
    };
    let too_soon = |outcome| matches!(outcome, Err(Refusal::TooSoonToRemind { .. }));
    assert!(too_soon(step(&mut scene, &request)));
    for nth in 1..=3 {
        request = step(&mut scene, &request).expect("it is time").next;
        let times = request.reminded.map(|reminded| reminded.times);
        assert_eq!(times, Some(nth));
        if nth == 1 {
            let again = step(&mut scene, &request);
            assert_eq!(again, Err(Refusal::Repeated), "the same click twice");
        }
        if nth < 3 {
            assert!(too_soon(step(&mut scene, &request)), "after the {nth}th");
        }
    }
    scene.pass(900);
    let number = request.number;
    assert_eq!(
        remind(&scene, &request, &["grace"]),
        Err(Refusal::RemindedEnough { number })
    );
}

#[test]
fn who_has_answered_is_left_alone() {
    let mut scene = Scene::plain();
    scene.with_profile(|profile| profile.approvals = 3);
    let asked = scene.ask(1, Duration::from_hours(1));
    let yes = click(&scene, &asked, "grace", Verdict::Approve).expect("she may");
    scene.pass(301);
    let everybody = ["ada", "grace", "linus", "margaret"];
    let told = remind(&scene, &yes.next, &everybody).expect("it is time");
    assert_eq!(reminded(&told), ["linus", "margaret"].map(id));
    let number = asked.number;
    assert_eq!(
        remind(&scene, &yes.next, &["ada", "grace"]),
        Err(Refusal::NobodyToRemind { number })
    );
}

#[test]
fn there_is_no_next_time_after_it_closes() {
    let mut scene = Scene::plain();
    let mut request = scene.ask(1, Duration::from_hours(1));
    scene.pass(301);
    request.answer_by = scene.now + Duration::from_mins(10);
    let request = remind(&scene, &request, &["grace"])
        .expect("it is time")
        .next;
    assert_eq!(request.next_reminder(), None);
    scene.pass(120);
    let number = request.number;
    assert_eq!(
        remind(&scene, &request, &["grace"]),
        Err(Refusal::RemindedEnough { number })
    );
}
