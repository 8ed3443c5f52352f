//! What the words of `/access` are answered with, and the line that reminds.

use super::super::answer::{self, Kind, OpenAccess, Openness, Waiting, WaitsFor};
use super::super::reminder;
use super::{Cast, GrantState, Message, RequestState, Scene, after, message_json, read, scene};
use crate::domain::number::RequestNumber;
use crate::domain::policy::JustificationRule;
use crate::slack::words;
use std::fmt::Write;
use std::time::Duration;

const SEVEN: RequestNumber = RequestNumber(244_851);

fn misread(line: &str) -> Message {
    let misread = words::read(line).expect_err("it is not understood");
    answer::misread(&misread)
}

/// Every answer.
pub fn words(cast: &Cast) -> Vec<(&'static str, Message)> {
    let mut told = vec![
        ("nearly a word", misread("statsu")),
        ("no word", misread("xylophone")),
        ("something left over", misread("request a for 1h becuase b")),
        ("left over, no guess", misread("request a for 1h tomorrow")),
        ("the same twice", misread("request a for 1h for 2h")),
        ("no number", misread("cancel")),
        ("not a number", misread("revoke it")),
        ("which profile", misread("who")),
    ];
    told.extend(names(cast));
    told.extend(lists(cast));
    told.extend(ends(cast));
    told
}

fn names(cast: &Cast) -> Vec<(&'static str, Message)> {
    let (profile, device) = (cast.profile.as_str(), cast.device.as_str());
    let many: Vec<&str> = vec![profile; 9];
    vec![
        (
            "nearly a profile",
            answer::unknown(Kind::Profile, &cast.handle, Some(profile)),
        ),
        ("no profile", answer::unknown(Kind::Profile, profile, None)),
        (
            "nearly a device",
            answer::unknown(Kind::Device, &cast.os, Some(device)),
        ),
        ("no device", answer::unknown(Kind::Device, device, None)),
        (
            "nothing open so",
            answer::unknown(Kind::OpenProfile, profile, None),
        ),
        (
            "two devices",
            answer::could_be(Kind::Device, &cast.os, &[device, device]),
        ),
        (
            "many profiles",
            answer::could_be(Kind::Profile, &cast.handle, &many),
        ),
    ]
}

fn lists(cast: &Cast) -> Vec<(&'static str, Message)> {
    let access = |holder: Option<&'static str>, openness| OpenAccess {
        number: SEVEN,
        holder: holder.map(|_| cast.ada.as_str()),
        profile: &cast.profile,
        device: &cast.device,
        openness,
        until: after(120),
    };
    let stages = [Openness::Opening, Openness::Open, Openness::Closing];
    let mine = stages.map(|openness| access(None, openness));
    let everybodys = stages.map(|openness| access(Some("Ada"), openness));
    let waiting = Waiting {
        number: SEVEN,
        profile: &cast.profile,
        device: &cast.device,
        duration: Duration::from_hours(2),
        answer_by: after(60),
        whom: WaitsFor::Approvers,
    };
    let to_confirm = Waiting {
        whom: WaitsFor::Oneself,
        ..waiting
    };
    let profile = scene::profile(cast);
    let mut other = profile.clone();
    other.justification = JustificationRule::None;
    other.description = String::new();
    other.approvals = 2;
    let profiles = vec![&profile; 50];
    let people = [cast.grace.as_str(), cast.linus.as_str()];
    let named = Some(cast.profile.as_str());
    vec![
        ("mine", answer::mine(&mine, 0, &[waiting, to_confirm])),
        ("nothing of mine", answer::mine(&[], 0, &[])),
        ("everybody's", answer::open_now(None, &everybodys, 12)),
        ("a profile's", answer::open_now(named, &everybodys[..1], 0)),
        ("nobody's", answer::open_now(None, &[], 0)),
        ("nobody's in it", answer::open_now(named, &[], 0)),
        ("which of them", answer::say_which(&mine)),
        ("profiles", answer::profiles(&[&profile, &other])),
        ("nothing to ask for", answer::profiles(&[])),
        ("too many profiles", answer::profiles(&profiles)),
        ("who", answer::who(&profile, &people, None)),
        (
            "who, to approvers",
            answer::who(&other, &[], Some((&everybodys, 3))),
        ),
        ("who, nobody", answer::who(&profile, &[], Some((&[], 0)))),
    ]
}

fn ends(cast: &Cast) -> Vec<(&'static str, Message)> {
    let pending = Scene::pending(cast);
    let active = Scene::granted(cast, "active", GrantState::Active { since: after(5) });
    assert_eq!(pending.request.state, RequestState::Pending);
    let people = [cast.grace.as_str(), cast.linus.as_str()];
    let link = Some("https://example.slack.com/archives/D1/p17");
    let mut told = vec![
        ("asked", answer::asked(SEVEN, &people, 0, 30)),
        ("cancelled", answer::cancelled(SEVEN)),
        ("released", active.tell(answer::released)),
        ("revoked", active.tell(answer::revoked)),
        ("nothing open", answer::nothing_open()),
        ("a reminder", pending.tell(|story| reminder(story, None))),
    ];
    // The one link of ours; hostile names are looked for without it.
    if cast.ada == Cast::default().ada {
        told.push((
            "a reminder with a link",
            pending.tell(|story| reminder(story, link)),
        ));
    }
    told
}

#[test]
fn every_answer_to_a_word_reads_well() {
    let mut shown = String::new();
    for (name, message) in words(&Cast::default()) {
        let read: String = read(&message_json(&message)).chars().take(1500).collect();
        let _ = writeln!(shown, "## {name}\n{read}");
    }
    insta::assert_snapshot!("words", shown);
}
