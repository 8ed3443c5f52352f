//! Laws about several grants on one key, at every interleaving of people, clock, worker and
//! Tailscale's failures: it is never closed while one is active, nor open when none is.

use super::cast::id;
use super::story::config;
use super::toy::{Answer, Toy};
use chrono::TimeDelta;
use lapse::domain::attribute::AttributeValue;
use lapse::domain::grant::{EndReason, FailureCause, Grant, GrantCommand, GrantState};
use lapse::domain::key::{Wanted, agrees, clashing, wanted};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// One thing that happens in the toy world.
#[derive(Clone, Debug)]
enum Move {
    Open(u64, i64),
    Release(usize),
    Revoke(usize),
    Retry(usize),
    Pass(i64),
    Near(usize, i64),
    Sweep,
    Crash,
    Work(Answer),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let answers = select(vec![
        Answer::Ok,
        Answer::Ok,
        Answer::Ok,
        Answer::Ok,
        Answer::Ok,
        Answer::LostDone,
        Answer::LostUndone,
        Answer::Later,
        Answer::Never,
    ]);
    let value = prop_oneof![6 => Just(1_i64), 1 => Just(2)];
    let one = prop_oneof![
        3 => (10_u64..90, value).prop_map(|(seconds, value)| Move::Open(seconds, value)),
        2 => (0_usize..4).prop_map(Move::Release),
        1 => (0_usize..4).prop_map(Move::Revoke),
        1 => (0_usize..4).prop_map(Move::Retry),
        2 => (1_i64..25).prop_map(Move::Pass),
        1 => (0_usize..4, select(vec![-5001_i64, -4999, -1, 0])).prop_map(|(which, by)| Move::Near(which, by)),
        1 => Just(Move::Sweep),
        1 => Just(Move::Crash),
        18 => answers.prop_map(Move::Work),
    ];
    prop::collection::vec(one, 1..70)
}

impl Move {
    fn make(&self, toy: &mut Toy) {
        match self {
            Self::Open(seconds, value) if toy.grants.len() < 3 => toy.open(*seconds, *value),
            Self::Open(..) => {}
            Self::Release(which) => {
                toy.person(*which, &GrantCommand::Release { by: id("ada") });
            }
            Self::Revoke(which) => {
                let note = "too much".to_owned();
                toy.person(
                    *which,
                    &GrantCommand::Revoke {
                        by: id("sam"),
                        note,
                    },
                );
            }
            Self::Retry(which) => toy.retry(*which),
            Self::Pass(seconds) => toy.scene.pass(*seconds),
            Self::Near(which, by) => {
                if let Some(grant) = toy.grants.get(*which) {
                    let then = grant.ends_at + TimeDelta::milliseconds(*by);
                    toy.scene.now = toy.scene.now.max(then);
                }
            }
            Self::Sweep => toy.sweep(),
            Self::Crash => toy.crash(),
            Self::Work(answer) => toy.work(*answer),
        }
    }
}

fn active(toy: &Toy) -> impl Iterator<Item = &Grant> {
    let now = toy.scene.now;
    toy.grants.iter().filter(move |grant| {
        matches!(grant.state, GrantState::Active { .. }) && grant.ends_at > now
    })
}

fn never_closed_under_an_active_grant(toy: &Toy) -> Result<(), TestCaseError> {
    for grant in active(toy) {
        let Some((value, end)) = toy.shown() else {
            return Err(TestCaseError::fail(format!(
                "{} is active and closed",
                grant.number
            )));
        };
        prop_assert_eq!(value, &grant.value, "{} holds another value", grant.number);
        prop_assert!(
            *end >= grant.ends_at,
            "{} is active and ends early",
            grant.number
        );
    }
    Ok(())
}

fn never_open_without_a_grant(toy: &Toy) -> Result<(), TestCaseError> {
    if let Some((value, end)) = toy.shown() {
        let held = toy
            .grants
            .iter()
            .any(|grant| grant.is_live() && grant.value == *value && grant.ends_at >= *end);
        prop_assert!(held, "open until {} and no grant holds it", end);
    }
    Ok(())
}

fn is_over(grant: &Grant) -> bool {
    matches!(
        grant.state,
        GrantState::Ended { .. } | GrantState::Failed { .. }
    )
}

fn play(check: impl Fn(&[Move], Toy) -> Result<(), TestCaseError>) {
    let mut runner = TestRunner::new(config(192));
    let outcome = runner.run(&moves(), |moves| check(&moves, Toy::new()));
    if let Err(broken) = outcome {
        panic!("{broken}");
    }
}

#[test]
fn at_no_moment_is_the_key_closed_under_an_active_grant_or_open_without_one() {
    play(|moves, mut toy| {
        for step in moves {
            step.make(&mut toy);
            never_closed_under_an_active_grant(&toy)?;
            never_open_without_a_grant(&toy)?;
        }
        Ok(())
    });
}

#[test]
fn without_further_trouble_everything_settles_and_the_key_is_open_exactly_for_the_active() {
    play(|moves, mut toy| {
        for step in moves {
            step.make(&mut toy);
        }
        toy.crash();
        toy.finish();
        toy.scene.pass(6);
        toy.finish();
        for grant in &toy.grants {
            let settled = is_over(grant) || matches!(grant.state, GrantState::Active { .. });
            prop_assert!(settled, "{} is {:?}", grant.number, grant.state);
        }
        let latest = active(&toy).map(|grant| grant.ends_at).max();
        prop_assert_eq!(toy.shown().map(|(_, end)| *end), latest);
        Ok(())
    });
}

#[test]
fn what_had_time_to_open_opens() {
    play(|moves, mut toy| {
        for step in moves {
            step.make(&mut toy);
        }
        toy.crash();
        let now = toy.scene.now;
        let waiting: Vec<_> = toy
            .grants
            .iter()
            .filter(|g| g.is_applying())
            .filter(|g| (g.ends_at - now).num_seconds() > 5)
            .map(|g| g.id.clone())
            .collect();
        toy.finish();
        for grant in toy.grants.iter().filter(|g| waiting.contains(&g.id)) {
            let clash = matches!(
                &grant.state,
                GrantState::Failed {
                    cause: FailureCause::ValueClash,
                    ..
                }
            );
            let open = matches!(grant.state, GrantState::Active { .. });
            prop_assert!(open || clash, "{} is {:?}", grant.number, grant.state);
        }
        Ok(())
    });
}

#[test]
fn in_the_end_everything_is_over_and_closed() {
    play(|moves, mut toy| {
        for step in moves {
            step.make(&mut toy);
        }
        toy.scene.pass(1000);
        toy.finish();
        toy.finish();
        prop_assert!(toy.grants.iter().all(is_over), "{:?}", toy.grants);
        prop_assert!(toy.shown().is_none());
        Ok(())
    });
}

#[test]
fn the_key_is_held_for_the_latest_end_and_for_the_older_of_two_equal_ends() {
    let mut toy = Toy::new();
    toy.open(60, 1);
    toy.open(90, 1);
    toy.open(90, 1);
    let grants = toy.grants.clone();
    assert!(matches!(wanted(&grants, toy.scene.now), Wanted::Open(grant) if grant.number.0 == 2));
    toy.finish();
    assert_eq!(active(&toy).count(), 3);
    toy.person(1, &GrantCommand::Release { by: id("ada") });
    toy.person(2, &GrantCommand::Release { by: id("ada") });
    toy.finish();
    assert_eq!(active(&toy).count(), 1);
    assert_eq!(toy.shown().map(|(_, end)| *end), Some(grants[0].ends_at));
}

#[test]
fn the_second_value_on_a_key_fails_and_the_first_stays() {
    let mut toy = Toy::new();
    toy.open(60, 1);
    toy.open(90, 2);
    assert_eq!(clashing(&toy.grants), vec![toy.grants[1].id.clone()]);
    toy.finish();
    assert!(matches!(toy.grants[0].state, GrantState::Active { .. }));
    assert!(matches!(toy.grants[1].state, GrantState::Failed { .. }));
}

#[test]
fn another_value_with_the_same_end_is_not_taken_for_this_grants() {
    let mut toy = Toy::new();
    toy.open(60, 1);
    let grant = toy.grants[0].clone();
    assert!(agrees(&grant, &grant.value, Some(grant.ends_at)));
    let other = AttributeValue::Integer(2);
    assert!(!agrees(&grant, &other, Some(grant.ends_at)));
    assert!(!agrees(&grant, &grant.value, None));
}

#[test]
fn a_value_that_may_be_written_keeps_the_key_against_an_older_one_that_comes_late() {
    let mut toy = Toy::new();
    toy.open(60, 1);
    toy.open(90, 2);
    toy.person(1, &GrantCommand::MarkSent);
    toy.finish();
    let fate: Vec<_> = toy.grants.iter().map(|grant| grant.state.name()).collect();
    assert_eq!(fate, ["failed", "active"], "both cannot open, one must");
}

#[test]
fn the_toy_world_sees_every_way_to_end() {
    let mut runner = TestRunner::deterministic();
    let strategy = moves();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..400 {
        let moves = strategy
            .new_tree(&mut runner)
            .expect("never rejected")
            .current();
        let mut toy = Toy::new();
        for step in &moves {
            step.make(&mut toy);
            for grant in &toy.grants {
                match &grant.state {
                    GrantState::Ended { ending, .. } => seen.insert(ending.why.name()),
                    GrantState::Ending { ending }
                        if matches!(ending.why, EndReason::Failed { .. }) =>
                    {
                        seen.insert("removed after a lost write")
                    }
                    other => seen.insert(other.name()),
                };
            }
        }
    }
    for wanted in [
        "active",
        "expired",
        "failed",
        "never_opened",
        "released",
        "removed after a lost write",
        "revoked",
    ] {
        assert!(
            seen.contains(wanted),
            "{wanted} is in none of the stories: {seen:?}"
        );
    }
}
