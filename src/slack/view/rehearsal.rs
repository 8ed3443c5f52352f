//! All views in all scenes: how they read, whether they keep Slack's limits, and what hostile
//! text does to them.

#[cfg(feature = "demo")]
mod drawn;
mod homes;
mod hostile;
mod limits;
mod reading;
mod words;

use super::form::{self, Devices, DurationWish, FormModel, Typed, request_form};
use super::ids::Field;
use super::scene::{self, Cast, GRACE, LINUS, Scene, after};
use super::{Message, Reader, View, answer, card, line, line_now, review_form};
use crate::domain::audit::{Actor, AuditEvent, EventKind, Hearer, Subject};
use crate::domain::card::HowAsked;
use crate::domain::device::{Device, Presence};
use crate::domain::grant::{EndReason, FailureCause, GrantState, HeldBy, Opened};
use crate::domain::ids::{NodeId, PersonId, PolicyHash, ProfileId};
use crate::domain::policy::Selector;
use crate::domain::policy::{ApproverChoice, DeviceRule, JustificationRule, Profile};
use crate::domain::request::RequestState;
use reading::read;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

/// Every reader's card of a scene.
fn cards(scene: &Scene) -> Vec<(&'static str, Message)> {
    let people = [GRACE, LINUS, scene::ADA, scene::SAM].map(PersonId::new);
    let [grace, linus, ada, sam] = &people;
    let because = Selector::UserGroup(scene.cast.handle.clone());
    let approver = |person, how| Reader::Approver {
        person,
        because: &because,
        how,
    };
    let readers = [
        ("requester", Reader::Requester),
        ("Grace, an approver", approver(grace, HowAsked::Asked)),
        ("Linus, an approver", approver(linus, HowAsked::Asked)),
        ("Ada as an approver", approver(ada, HowAsked::Asked)),
        ("Sam, who fetched it", approver(sam, HowAsked::Fetched)),
        ("channel", Reader::Channel),
    ];
    scene.tell(|story| {
        readers
            .into_iter()
            .map(|(who, reader)| (who, card(story, reader)))
            .collect()
    })
}

fn message_json(message: &Message) -> Value {
    serde_json::to_value(message).expect("a message is JSON")
}

fn view_json(view: &View) -> Value {
    serde_json::to_value(view).expect("a view is JSON")
}

#[test]
fn every_card_reads_well() {
    for scene in scene::all(&Cast::default()) {
        let mut shown = String::new();
        for (who, message) in cards(&scene) {
            let _ = writeln!(shown, "## {who}\n{}", read(&message_json(&message)));
        }
        let name = scene.name.replace(", ", "_").replace(' ', "_");
        insta::assert_snapshot!(format!("card_{name}"), shown);
    }
}

#[test]
fn the_new_request_as_slack_gets_it() {
    let scene = Scene::pending(&Cast::default());
    let (_, message) = cards(&scene).swap_remove(1);
    insta::assert_json_snapshot!("approver_json", message_json(&message));
}

// ---- lines ---------------------------------------------------------------------------------

fn event(scene: &Scene, kind: EventKind) -> AuditEvent {
    let actor = match &kind {
        EventKind::Denied { .. } => scene.request.reviews[0].by.clone(),
        _ => scene.request.requester.clone(),
    };
    let actor = match &kind {
        EventKind::Denied { .. } | EventKind::Retried { .. } => Actor::Person(actor),
        _ => Actor::Lapse,
    };
    AuditEvent {
        subject: Subject::Request(scene.request.id.clone()),
        actor,
        at: scene.now,
        kind,
    }
}

fn evidence(scene: &Scene) -> crate::domain::audit::Evidence {
    crate::domain::audit::Evidence {
        facts: scene.request.facts.clone(),
        facts_number: scene.request.facts_number,
        memberships: Vec::new(),
        policy: PolicyHash::new("hash"),
    }
}

fn is_stuck(scene: &Scene) -> bool {
    let held_by = scene
        .grant
        .as_ref()
        .and_then(|grant| grant.held_by.as_ref());
    matches!(held_by, Some(HeldBy::ClientRefused { .. }))
}

/// The events that somebody hears of, in the scenes that they lead to.
fn news(cast: &Cast) -> Vec<(Scene, AuditEvent)> {
    let mut news = Vec::new();
    for scene in scene::all(cast) {
        let kind = match (&scene.request.state, scene.grant.as_ref().map(|g| &g.state)) {
            (RequestState::Denied { note, .. }, _) => EventKind::Denied {
                note: note.clone(),
                evidence: evidence(&scene),
            },
            (RequestState::Lapsed { .. }, _) => EventKind::Lapsed,
            (RequestState::Cancelled { why, .. }, _) => EventKind::Cancelled { why: *why },
            (_, Some(GrantState::Active { .. })) => {
                let ends_at = after(125);
                let soon = EventKind::EndingSoon {
                    ends_at,
                    left: Duration::from_mins(10),
                };
                news.push((scene.clone().named("ends soon"), event(&scene, soon)));
                EventKind::Activated { ends_at }
            }
            (
                _,
                Some(GrantState::Failed {
                    cause,
                    opened: Opened::Perhaps,
                    ..
                }),
            ) => EventKind::EndingBegan {
                why: EndReason::Failed {
                    cause: cause.clone(),
                },
                note: None,
            },
            (_, Some(GrantState::Failed { cause, .. })) => EventKind::Failed {
                cause: cause.clone(),
            },
            (_, Some(GrantState::Ended { ending, .. })) => EventKind::Ended {
                why: ending.why.clone(),
            },
            (_, Some(GrantState::Ending { ending })) if is_stuck(&scene) => {
                EventKind::RemovalDelayed {
                    since: ending.at,
                    held_by: scene.grant.as_ref().and_then(|g| g.held_by.clone()),
                }
            }
            (_, Some(GrantState::Ending { ending })) => EventKind::EndingBegan {
                why: ending.why.clone(),
                note: ending.note.clone(),
            },
            (_, Some(GrantState::Applying { since })) if is_stuck(&scene) => EventKind::Delayed {
                since: *since,
                held_by: scene.grant.as_ref().and_then(|g| g.held_by.clone()),
            },
            (_, Some(GrantState::Applying { .. })) => EventKind::Retried {
                evidence: evidence(&scene),
            },
            _ => continue,
        };
        let event = event(&scene, kind);
        news.push((scene, event));
    }
    news
}

/// The same events read again when everything is over.
fn old_news(cast: &Cast) -> Vec<Message> {
    let over = scene::all(cast)
        .into_iter()
        .find(|scene| scene.name == "released")
        .expect("the scene");
    let events = news(cast);
    over.tell(|story| {
        events
            .iter()
            .map(|(_, event)| line_now(story, event))
            .collect()
    })
}

#[test]
fn every_line_reads_well() {
    let mut shown = String::new();
    for (scene, event) in news(&Cast::default()) {
        for hearer in [Hearer::Requester, Hearer::Security, Hearer::Channel] {
            if event.kind.heard_by().contains(&hearer) {
                let message = scene.tell(|story| line(story, &event, hearer));
                let _ = writeln!(
                    shown,
                    "## {}, {hearer:?}\n{}",
                    scene.name,
                    read(&message_json(&message))
                );
            }
        }
    }
    insta::assert_snapshot!("lines", shown);
}

#[test]
fn a_failure_that_was_tried_again_points_to_the_newer_line() {
    let cast = Cast::default();
    let failed = |minute| {
        let state = GrantState::Failed {
            cause: scene::refused(&cast),
            at: after(minute),
            opened: Opened::Never,
        };
        Scene::granted(&cast, "failed", state)
    };
    let first = event(
        &failed(6),
        EventKind::Failed {
            cause: FailureCause::DeviceGone,
        },
    );
    let said = |scene: &Scene| scene.tell(|story| line_now(story, &first).text);
    assert!(said(&failed(6)).contains("Nothing was granted"));
    let active = Scene::granted(&cast, "active", GrantState::Active { since: after(9) });
    for later in [Scene::approved(&cast), failed(9), active] {
        assert!(
            said(&later).starts_with("❗ At first the device is not in the tailnet any more; tried again since, see the newer message"),
            "{}",
            said(&later)
        );
    }
}

#[test]
fn a_line_loses_its_buttons_when_they_stop_working() {
    let cast = Cast::default();
    let active = scene::all(&cast)
        .into_iter()
        .find(|scene| scene.name == "active")
        .expect("the scene");
    let event = event(
        &active,
        EventKind::Activated {
            ends_at: after(125),
        },
    );
    let open = active.tell(|story| line_now(story, &event));
    assert_eq!(open.blocks.len(), 2);
    assert!(open.text.contains("is open on"));
    let over = active.at(126).tell(|story| line_now(story, &event));
    assert_eq!(over.blocks.len(), 1);
    assert!(over.text.contains("was opened on"), "{}", over.text);
}

// ---- forms ---------------------------------------------------------------------------------

fn model<'a>(profiles: &'a [Profile], devices: Devices<'a>) -> FormModel<'a> {
    FormModel {
        profiles: profiles.iter().collect(),
        chosen: profiles.first(),
        devices,
        approvers: Vec::new(),
        typed: Typed::default(),
        devices_as_of: None,
        refusal: None,
    }
}

fn devices(cast: &Cast, count: usize) -> Vec<Device> {
    (0..count)
        .map(|at| Device {
            node: NodeId::new(format!("n{at}")),
            presence: match at % 3 {
                0 => Presence::NeverSeen,
                1 => Presence::LastSeen(after(-60)),
                _ => Presence::Online,
            },
            ..scene::device(cast)
        })
        .collect()
}

fn typed(cast: &Cast) -> Typed {
    Typed {
        duration: Some(DurationWish::Custom),
        custom_duration: Some("2h30m".to_owned()),
        justification: Some(cast.reason.clone()),
        device: Some(NodeId::new("n1")),
        approver: Some(PersonId::new(LINUS)),
    }
}

/// The forms in all their shapes.
fn forms(cast: &Cast) -> Vec<(&'static str, View)> {
    let mut profiles = vec![scene::profile(cast), scene::profile(cast)];
    profiles[1].id = ProfileId::new("grafana");
    profiles[1].name = format!("{} 2", cast.profile);
    profiles[1].environment = None;
    let mut choosy = profiles.clone();
    choosy[0].approver_choice = ApproverChoice::Requester;
    choosy[0].justification = JustificationRule::Optional;
    choosy[0].justification_hint = Some(cast.reason.clone());
    choosy[0].approvals = 2;
    choosy[0].devices = DeviceRule::OwnAndTagged(vec!["tag:ci".to_owned()]);
    let (one, three, many) = (devices(cast, 1), devices(cast, 3), devices(cast, 101));
    let typed = typed(cast);
    let people = vec![
        (PersonId::new(GRACE), cast.grace.clone()),
        (PersonId::new(LINUS), cast.linus.clone()),
    ];
    let crowd: Vec<_> = (0..101)
        .map(|at| (PersonId::new(format!("U{at}")), cast.sam.clone()))
        .collect();
    let mut shapes = vec![
        (
            "one device",
            request_form(&model(&profiles, Devices::List(one.iter().collect()))),
        ),
        (
            "no device",
            request_form(&FormModel {
                devices_as_of: Some(after(-20)),
                ..model(&choosy, Devices::None)
            }),
        ),
        ("no profile", request_form(&model(&[], Devices::None))),
        (
            "many devices",
            request_form(&model(&profiles, Devices::List(many.iter().collect()))),
        ),
        (
            "searched devices",
            request_form(&FormModel {
                ..model(
                    &profiles,
                    Devices::Search {
                        initial: one.first(),
                    },
                )
            }),
        ),
        (
            "nothing chosen",
            request_form(&FormModel {
                chosen: None,
                ..model(&profiles, Devices::None)
            }),
        ),
        (
            "filled in",
            request_form(&FormModel {
                typed: typed.clone(),
                approvers: people,
                devices_as_of: Some(after(-20)),
                refusal: Some(cast.failure.clone()),
                ..model(&choosy, Devices::List(three.iter().collect()))
            }),
        ),
        (
            "many approvers",
            request_form(&FormModel {
                typed: typed.clone(),
                approvers: crowd,
                ..model(&choosy, Devices::List(three.iter().collect()))
            }),
        ),
    ];
    shapes.extend(notices(cast));
    shapes.extend(review_forms(cast, &profiles[0], &typed));
    shapes
}

/// The views that only tell.
fn notices(cast: &Cast) -> Vec<(&'static str, View)> {
    vec![
        ("loading", form::loading()),
        (
            "asked",
            form::asked_view(
                Scene::pending(cast).request.number,
                &[&cast.grace, &cast.linus],
                0,
                30,
            ),
        ),
        (
            "asked, some unnamed",
            form::asked_view(Scene::pending(cast).request.number, &[&cast.grace], 2, 0),
        ),
        (
            "asked, all unnamed",
            form::asked_view(Scene::pending(cast).request.number, &[], 3, 0),
        ),
        (
            "asked nobody",
            form::asked_view(Scene::pending(cast).request.number, &[], 0, 0),
        ),
        ("refused", form::refused_view(&cast.failure)),
    ]
}

fn review_forms(cast: &Cast, profile: &Profile, typed: &Typed) -> Vec<(&'static str, View)> {
    let scene = Scene::pending(cast);
    let active = Scene::granted(cast, "active", GrantState::Active { since: after(5) });
    let request = &scene.request;
    vec![
        (
            "shorten",
            review_form::shorten_form(request, profile, &Typed::default()),
        ),
        (
            "shorten, custom",
            review_form::shorten_form(request, profile, typed),
        ),
        ("deny", review_form::deny_form(request)),
        ("revoke", active.tell(review_form::revoke_form)),
        (
            "settled",
            review_form::settled_view("Deny this request", &cast.failure),
        ),
    ]
}

#[test]
fn every_form_reads_well() {
    let mut shown = String::new();
    for (name, view) in forms(&Cast::default()) {
        let json = view_json(&view);
        let shape = if name == "many approvers" || name == "many devices" {
            read(&json).chars().take(1200).collect()
        } else {
            read(&json)
        };
        let _ = writeln!(shown, "## {name}\n{shape}");
    }
    insta::assert_snapshot!("forms", shown);
}

#[test]
fn the_form_as_slack_gets_it() {
    let (_, view) = forms(&Cast::default()).swap_remove(0);
    insta::assert_json_snapshot!("request_form_json", view_json(&view));
}

#[test]
fn errors_stand_under_the_fields_that_are_drawn() {
    let json = view_json(&forms(&Cast::default())[6].1);
    let drawn: BTreeSet<&str> = json["blocks"]
        .as_array()
        .expect("blocks")
        .iter()
        .filter_map(|block| block["block_id"].as_str())
        .collect();
    let fields = [
        Field::Profile,
        Field::Device,
        Field::Duration,
        Field::CustomDuration,
        Field::Justification,
        Field::Approver,
    ];
    for field in fields {
        let block = field.block(Some(&ProfileId::new("prod-ssh")));
        assert!(drawn.contains(block.as_str()), "{block} is not drawn");
        assert_eq!(form::error(block.clone(), "No.")[&block], "No.");
    }
}

// ---- answers -------------------------------------------------------------------------------

fn answers(cast: &Cast) -> Vec<(&'static str, Message)> {
    let scenes = scene::all(cast);
    let mut told = vec![
        ("help", answer::help()),
        ("nothing asked", answer::status_list(&[])),
        ("a sentence", answer::ephemeral(&cast.failure)),
    ];
    for scene in &scenes {
        told.push((
            scene.name,
            scene.tell(|story| answer::status_list(&[*story])),
        ));
        told.push((scene.name, scene.tell(answer::status_one)));
        told.push((scene.name, scene.tell(answer::card_sent)));
    }
    let many = scenes[0].tell(|story| answer::status_list(&[*story; 40]));
    told.push(("many", many));
    told
}

#[test]
fn every_answer_reads_well() {
    let mut shown = String::new();
    for (name, message) in answers(&Cast::default()).into_iter().take(7) {
        let _ = writeln!(shown, "## {name}\n{}", read(&message_json(&message)));
    }
    insta::assert_snapshot!("answers", shown);
}

// ---- everything at once -----------------------------------------------------------------

fn everything(cast: &Cast) -> Vec<Value> {
    let mut messages = Vec::new();
    for scene in scene::all(cast) {
        messages.extend(cards(&scene).into_iter().map(|(_, message)| message));
    }
    for (scene, event) in news(cast) {
        for hearer in [Hearer::Requester, Hearer::Security, Hearer::Channel] {
            messages.push(scene.tell(|story| line(story, &event, hearer)));
        }
    }
    messages.extend(old_news(cast));
    messages.extend(answers(cast).into_iter().map(|(_, message)| message));
    messages.extend(words::words(cast).into_iter().map(|(_, message)| message));
    let mut all: Vec<Value> = messages.iter().map(message_json).collect();
    all.extend(forms(cast).iter().map(|(_, view)| view_json(view)));
    all.extend(homes::homes(cast).iter().map(|(_, view)| view_json(view)));
    all
}

/// Visits every value inside.
fn walk<'a>(json: &'a Value, visit: &mut impl FnMut(&'a Value)) {
    visit(json);
    match json {
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        Value::Object(members) => members.values().for_each(|member| walk(member, visit)),
        _ => {}
    }
}

#[test]
fn one_primary_button_a_set() {
    for json in everything(&Cast::default()) {
        walk(&json, &mut |part| {
            let elements = part["elements"].as_array().into_iter().flatten();
            let primary = elements.filter(|e| e["style"] == "primary").count();
            assert!(primary <= 1, "{part}");
        });
    }
}

#[test]
fn an_update_never_takes_rich_text_away() {
    for scene in scene::all(&Cast::default()) {
        for (who, message) in cards(&scene) {
            let json = message_json(&message);
            let blocks = json["blocks"].as_array().expect("blocks");
            let rich = blocks.iter().any(|block| block["type"] == "rich_text");
            assert!(rich, "{who} in {}", scene.name);
        }
    }
}

#[test]
fn equal_scenes_have_equal_digests() {
    let digests = || -> Vec<String> {
        cards(&Scene::pending(&Cast::default()))
            .iter()
            .map(|(_, message)| message.digest())
            .collect()
    };
    assert_eq!(digests(), digests());
    let later = cards(&Scene::approved(&Cast::default()));
    assert_ne!(digests()[0], later[0].1.digest());
}

#[test]
fn nothing_in_the_request_form_could_be_trusted() {
    for (name, view) in forms(&Cast::default()).into_iter().take(11) {
        assert_eq!(view_json(&view).get("private_metadata"), None, "{name}");
    }
}

#[test]
fn what_a_search_found_is_offered_as_far_as_slack_takes_it() {
    let cast = Cast::default();
    let many = devices(&cast, 120);
    let refs: Vec<&Device> = many.iter().collect();
    let all = form::found_devices(&refs);
    assert_eq!(all.options.len(), form::MOST_OPTIONS);
    assert_eq!(form::found_devices(&[]).options.len(), 0);
    let people = [(PersonId::new(GRACE), cast.grace.clone())];
    let json = serde_json::to_value(form::found_approvers(&people, "gra")).expect("json");
    assert_eq!(json["options"][0]["value"], GRACE);
    assert_eq!(json["options"][0]["text"]["text"], "Grace");
}
