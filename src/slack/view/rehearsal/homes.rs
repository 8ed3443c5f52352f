//! Home tabs: one for each kind of reader, and one that is as full as it can be.

use super::super::home::{
    Ailment, Asking, Clock, Further, HomeModel, List, Waiting, dialog, home, refused,
};
use super::super::scene::{self, Cast, GRACE, Scene, after};
use super::super::{Story, Told, View};
use super::{read, view_json};
use crate::domain::grant::GrantState;
use crate::domain::ids::PersonId;
use crate::domain::number::RequestNumber;
use crate::domain::policy::Selector;
use std::fmt::Write;
use std::time::Duration;

/// All scenes, each about a request of its own.
fn scenes(cast: &Cast) -> Vec<Scene> {
    let mut scenes = scene::all(cast);
    for (scene, number) in scenes.iter_mut().zip(244_851..) {
        scene.request.number = RequestNumber(number);
        if let Some(grant) = &mut scene.grant {
            grant.number = RequestNumber(number);
        }
    }
    scenes
}

/// As a list tells of it: without the people who were asked.
fn story(scene: &Scene) -> Story<'_> {
    Story {
        request: &scene.request,
        grant: scene.grant.as_ref(),
        profile: scene.profile.as_ref(),
        device: scene.device.as_ref(),
        devices: &scene.devices,
        asked: &[],
        others_able: 0,
        asked_lately: scene.asked_lately,
        no_longer: &scene.no_longer,
        security_told: Told::NotYet,
        changed: scene
            .changed
            .as_ref()
            .map(|(at, changes)| (*at, changes.as_slice())),
        now: scene.now,
    }
}

fn is_open(scene: &Scene) -> bool {
    matches!(
        scene.grant.as_ref().map(|grant| &grant.state),
        Some(GrantState::Applying { .. } | GrantState::Active { .. } | GrantState::Ending { .. })
    )
}

fn waits(scene: &Scene) -> bool {
    scene.request.is_pending() && scene.profile.is_some() && scene.now < scene.request.answer_by
}

fn list<'a>(stories: &[Story<'a>], further: Further) -> List<'a> {
    List {
        stories: stories.to_vec(),
        further,
    }
}

fn ailments(cast: &Cast) -> Vec<Ailment> {
    vec![
        Ailment::TailscaleDown,
        Ailment::SocketDisconnected,
        Ailment::GroupsStale { since: None },
        Ailment::GroupsStale {
            since: Some(after(-3)),
        },
        Ailment::ScopesMissing {
            scopes: vec!["usergroups:read".to_owned(), cast.failure.clone()],
        },
        Ailment::ClockSkew {
            by: Duration::from_secs(95),
            direction: Clock::Ahead,
        },
        Ailment::ClockSkew {
            by: Duration::from_secs(31),
            direction: Clock::Behind,
        },
    ]
}

fn empty(reader: &PersonId) -> HomeModel<'_> {
    HomeModel {
        reader,
        asking: Asking::Possible,
        access: list(&[], Further::Nothing),
        waiting: None,
        asked: Vec::new(),
        open: None,
        health: None,
        as_of: after(5),
    }
}

/// The home tabs of all readers, with every scene on one of them.
pub fn homes(cast: &Cast) -> Vec<(&'static str, View)> {
    let (scenes, ailments) = (scenes(cast), ailments(cast));
    let (ada, grace) = (PersonId::new(scene::ADA), PersonId::new(GRACE));
    let because = Selector::UserGroup(cast.handle.clone());
    let open: Vec<Story<'_>> = scenes.iter().filter(|s| is_open(s)).map(story).collect();
    let over: Vec<Story<'_>> = scenes.iter().filter(|s| !is_open(s)).map(story).collect();
    let waiting: Vec<(Story<'_>, &Selector)> = scenes
        .iter()
        .filter(|scene| waits(scene))
        .map(|scene| (story(scene), &because))
        .collect();
    let mut models = vec![
        (
            "nothing to ask for",
            HomeModel {
                asking: Asking::NoProfile,
                ..empty(&ada)
            },
        ),
        ("nothing asked yet", empty(&ada)),
        (
            "an approver with nothing to do",
            HomeModel {
                waiting: Some(Waiting {
                    stories: Vec::new(),
                    further: Further::Nothing,
                }),
                open: Some(list(&[], Further::Nothing)),
                ..empty(&grace)
            },
        ),
        (
            "security, all is well",
            HomeModel {
                open: Some(list(&open[..1], Further::Nothing)),
                health: Some(&[]),
                ..empty(&grace)
            },
        ),
        (
            "security, nothing is well",
            HomeModel {
                health: Some(&ailments),
                ..empty(&grace)
            },
        ),
        (
            "as full as it gets",
            HomeModel {
                access: list(&open[open.len() - 8..], Further::Exactly(3)),
                waiting: Some(Waiting {
                    stories: waiting.iter().copied().cycle().take(8).collect(),
                    further: Further::MoreThan(992),
                }),
                asked: over.iter().rev().take(5).copied().collect(),
                open: Some(list(&open[..15.min(open.len())], Further::MoreThan(985))),
                health: Some(&ailments),
                ..empty(&grace)
            },
        ),
    ];
    for access in open.chunks(8) {
        let access = HomeModel {
            access: list(access, Further::Nothing),
            ..empty(&ada)
        };
        models.push(("somebody's access", access));
    }
    for asked in over.chunks(5) {
        let asked = HomeModel {
            asked: asked.to_vec(),
            ..empty(&ada)
        };
        models.push(("somebody's requests", asked));
    }
    for reader in [&grace, &ada] {
        let mine = Waiting {
            stories: waiting.clone(),
            further: Further::Exactly(1),
        };
        let reviewing = HomeModel {
            waiting: Some(mine),
            open: Some(list(&open, Further::Exactly(12))),
            ..empty(reader)
        };
        models.push(("an approver", reviewing));
    }
    let mut views: Vec<(&'static str, View)> = models
        .iter()
        .map(|(name, model)| (*name, home(model).view))
        .collect();
    views.push(("refused", refused(&cast.failure).view));
    views
}

#[test]
fn every_home_reads_well() {
    let mut shown = String::new();
    for (name, view) in homes(&Cast::default()) {
        if name != "as full as it gets" {
            let _ = writeln!(shown, "## {name}\n{}", read(&view_json(&view)));
        }
    }
    let said = dialog("REQ-7F3K: Grace already approved this. Nothing changed.".to_owned());
    let _ = writeln!(shown, "## a dialog\n{}", read(&view_json(&said)));
    insta::assert_snapshot!("homes", shown);
}

#[test]
fn a_home_that_says_the_same_later_is_the_same() {
    let ada = PersonId::new(scene::ADA);
    let drawn = |minute| {
        home(&HomeModel {
            as_of: after(minute),
            ..empty(&ada)
        })
    };
    assert_eq!(drawn(1).digest, drawn(2).digest);
    assert_ne!(view_json(&drawn(1).view), view_json(&drawn(2).view));
    assert_ne!(drawn(1).digest, refused("No.").digest);
}

#[test]
fn what_is_left_out_is_counted_as_far_as_anybody_counted() {
    assert_eq!(Further::of(15, 15, 1_000), Further::Nothing);
    assert_eq!(Further::of(3, 15, 1_000), Further::Nothing);
    assert_eq!(Further::of(16, 15, 1_000), Further::Exactly(1));
    assert_eq!(Further::of(1_000, 15, 1_000), Further::Exactly(985));
    assert_eq!(Further::of(1_001, 15, 1_000), Further::MoreThan(985));
}
