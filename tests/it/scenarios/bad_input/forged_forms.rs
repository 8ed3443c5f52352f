//! The request form with values that it never offered, and small forms aimed elsewhere.

use super::{Untouched, refusals_of};
use crate::on_both_databases;
use crate::support::clocks::start_of_story;
use crate::support::forge::{self, Fields, TEAM};
use crate::support::world::{
    ADA, ADAS_MAC, Base, CI_RUNNER, GRACE, LINUS, LINUS_BOX, PROFILES, Setup, World,
};
use lapse::sandbox::tailscale::Device;
use serde_json::json;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const SHARED: &str = "nSHAREDin1CNTRL";
const WAITING: &str = "nWAITING11CNTRL";
const EXPIRED: &str = "nEXPIRED11CNTRL";

/// One that only Grace may ask for, one where the requester may choose whom to ask, one whose
/// reason has to look like something.
const MORE_PROFILES: &str = r#"
[[profiles]]
id = "vault"
name = "Vault"
description = "what nobody else knows of"
attribute = "custom:vault"
durations = ["30m", "1h"]
default_duration = "1h"
max_duration = "2h"
request_ttl = "1h"
justification = "optional"
requesters = ["grace@example.com"]
approvers = ["usergroup:prod-approvers"]

[[profiles]]
id = "chosen"
name = "Chosen"
description = "the requester chooses whom to ask"
attribute = "custom:chosen"
durations = ["30m", "1h"]
default_duration = "1h"
max_duration = "2h"
request_ttl = "1h"
justification = "required"
justification_pattern = "^(INC|OPS)-[0-9]+"
justification_hint = "Begin with the incident, e.g. INC-42"
requesters = ["*"]
approvers = ["usergroup:prod-approvers"]
choose_approver = true
"#;

async fn world(base: Base) -> World {
    Setup::on(base)
        .profiles(&format!("{PROFILES}{MORE_PROFILES}"))
        .tailnet(|tailnet| {
            let adas = |node: &str, name: &str| Device::new(node, name, "ada@example.com", "linux");
            tailnet
                .with_device(adas(SHARED, "shared").external())
                .with_device(adas(WAITING, "waiting").unauthorized())
                .with_device(adas(EXPIRED, "expired").key_expired(start_of_story()))
        })
        .start()
        .await
}

/// What is sent, the field that the sentence stands under, some of its words, and the word
/// that the audit trail keeps.
struct Forgery {
    what: &'static str,
    fields: Fields,
    under: &'static str,
    says: &'static str,
    recorded: &'static str,
}

fn forgery(
    what: &'static str,
    fields: Fields,
    under: &'static str,
    says: &'static str,
    recorded: &'static str,
) -> Forgery {
    Forgery {
        what,
        fields,
        under,
        says,
        recorded,
    }
}

fn devices() -> Vec<Forgery> {
    let lower: &'static str = "nadambp11cntrl";
    let device = |what, node: &str, says, recorded| {
        forgery(what, Fields::right(node), "device", says, recorded)
    };
    let absent = "not in the tailnet";
    vec![
        device(
            "somebody else's",
            LINUS_BOX,
            "not yours",
            "device_not_allowed",
        ),
        device("in other letters", lower, absent, "device_unknown"),
        device(
            "a tagged machine",
            CI_RUNNER,
            "not yours",
            "device_not_allowed",
        ),
        device("shared in", SHARED, "another tailnet", "device_not_allowed"),
        device("not let in", WAITING, "authorize", "device_not_allowed"),
        device("key expired", EXPIRED, "expired", "device_not_allowed"),
        device("a way up", "../tailnet/-/devices", absent, "device_unknown"),
        device(
            "a way down",
            "nADAmbp11CNTRL/attributes",
            absent,
            "device_unknown",
        ),
        device(
            "a query",
            "nLINUSbox1CNTRL?fields=all",
            absent,
            "device_unknown",
        ),
        device("dots", "..", "Nothing was asked", "device_un"),
        forgery(
            "none",
            Fields::right(ADAS_MAC).chosen("device", ""),
            "device",
            "Choose one",
            "field_unfit",
        ),
    ]
}

fn durations() -> Vec<Forgery> {
    let right = || Fields::right(ADAS_MAC);
    let offered = |what, seconds, says, recorded| {
        let fields = right().chosen("duration", seconds);
        forgery(what, fields, "duration", says, recorded)
    };
    let typed = |what, text, says, recorded| {
        let fields = right()
            .chosen("duration", "custom")
            .typed("custom_duration", text);
        forgery(what, fields, "custom_duration", says, recorded)
    };
    let (how_long, write_it) = ("Choose how long", "Write it like");
    vec![
        offered("above the cap", "28801", "At most 8 h", "over_cap"),
        offered("nothing", "0", "At least 10 s", "too_short"),
        offered("a second", "1", "At least 10 s", "too_short"),
        offered(
            "the most",
            "18446744073709551615",
            "At most 8 h",
            "over_cap",
        ),
        offered("beyond", "18446744073709551616", how_long, "field_unfit"),
        offered("less than nothing", "-3600", how_long, "field_unfit"),
        offered("a word", "for ever", how_long, "field_unfit"),
        offered("a fraction", "1e9", how_long, "field_unfit"),
        typed("typed above the cap", "9h", "At most 8 h", "over_cap"),
        typed("typed nothing", "0m", write_it, "field_unfit"),
        typed("typed backwards", "-5m", write_it, "field_unfit"),
        typed("typed hugely", "999999999999999d", write_it, "field_unfit"),
        typed("typed for centuries", "200000d", "At most 8 h", "over_cap"),
        typed("typed in other digits", "٣h", write_it, "field_unfit"),
    ]
}

fn others() -> Vec<Forgery> {
    let right = || Fields::right(ADAS_MAC);
    let chosen = || right().chosen("profile", "chosen");
    let secret = "There is no such profile, or you may not ask for it";
    let too_long: String = "x".repeat(501);
    vec![
        forgery(
            "an unknown profile",
            right().chosen("profile", "nope"),
            "profile",
            secret,
            "no_such_profile",
        ),
        forgery(
            "a profile for others",
            right().chosen("profile", "vault"),
            "profile",
            secret,
            "no_such_profile",
        ),
        forgery(
            "no profile",
            right().without("profile"),
            "profile",
            "Choose one",
            "field_unfit",
        ),
        forgery(
            "no reason",
            right().typed("justification", " "),
            "justification",
            "why you need it",
            "field_unfit",
        ),
        forgery(
            "a blank reason",
            right().typed("justification", " \n\u{200b} "),
            "justification",
            "why you need it",
            "field_unfit",
        ),
        forgery(
            "a long reason",
            right().typed("justification", &too_long),
            "justification",
            "At most 500",
            "field_unfit",
        ),
        forgery(
            "another pattern",
            chosen().typed("justification", "please, because INC-42"),
            "justification",
            "Begin with the incident",
            "field_unfit",
        ),
        forgery(
            "an approver where none is chosen",
            right().chosen("approver", GRACE),
            "approver",
            "may not approve",
            "approver_not_allowed",
        ),
        forgery(
            "an approver who is none",
            chosen().chosen("approver", "U0SAM"),
            "approver",
            "may not approve",
            "approver_not_allowed",
        ),
        forgery(
            "oneself as approver",
            chosen().chosen("approver", ADA),
            "approver",
            "may not approve",
            "approver_not_allowed",
        ),
    ]
}

on_both_databases!(a_forged_form_asks_for_nothing);

async fn a_forged_form_asks_for_nothing(base: Base) {
    let world = world(base).await;
    let forgeries = devices().into_iter().chain(durations()).chain(others());
    for forged in forgeries {
        let payload = forged.fields.submitted_by(ADA);
        let reply = forge::post(&world.slack, &payload).await;
        let (blocks, said) = forge::read(&reply);
        let what = forged.what;
        assert_eq!(reply.status, 200, "{what}");
        let block = blocks.first().map_or("", String::as_str);
        let field = block.split(':').next();
        assert_eq!(field, Some(forged.under), "{what}: {said}");
        assert!(said.contains(forged.says), "{what}: {said}");
        let refused = refusals_of(&world, ADA).await;
        let recorded = refused.iter().any(|word| {
            let reason = word.strip_prefix("request: ").unwrap_or_default();
            reason.starts_with(forged.recorded)
        });
        assert!(recorded, "{what} is not recorded: {refused:?}");
    }
    let store = &world.app().store;
    let ada = lapse::domain::ids::PersonId::new(ADA);
    assert_eq!(store.requests_of(&ada, 10).await.expect("readable"), []);
    assert!(
        world.person(GRACE).messages().is_empty(),
        "nobody was asked"
    );
    assert!(world.tailnet.writes().is_empty());

    let right = Fields::right(ADAS_MAC).submitted_by(ADA);
    let reply = forge::post(&world.slack, &right).await;
    assert!(forge::read(&reply).0.is_empty(), "what is right is asked");
    world.card(GRACE, "asks for Production SSH").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_profile_and_one_for_others_are_the_same_to_a_stranger() {
    let world = world(Base::Sqlite).await;
    let mut answers = Vec::new();
    for profile in ["nope", "vault"] {
        let fields = Fields::right(ADAS_MAC).chosen("profile", profile);
        let reply = forge::post(&world.slack, &fields.submitted_by(ADA)).await;
        answers.push((reply.status, reply.body));
        let search = forge::search(ADA, TEAM, &format!("device:{profile}"), "device", "ada");
        answers.push((200, forge::post(&world.slack, &search).await.body));
    }
    assert_eq!(answers[0], answers[2], "the form");
    assert_eq!(answers[1], answers[3], "the search");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_somebody_sent_answers_nobody_else() {
    let world = World::on(Base::Sqlite).await;
    let mut payload = Fields::right(ADAS_MAC).submitted_by(ADA);
    let first = forge::post(&world.slack, &payload).await;
    let number = world.newest_request(ADA).await.number.to_string();
    assert!(forge::read(&first).1.contains(&number));
    payload["user"]["id"] = json!(LINUS);
    let second = forge::post(&world.slack, &payload).await;
    assert!(!second.text().contains(&number), "{}", second.text());
    assert!(second.text().contains("Nothing changed"));
}

on_both_databases!(an_altered_aim_of_a_small_form_hits_nothing);

async fn an_altered_aim_of_a_small_form_hits_nothing(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let before = Untouched::now(&world, &request).await;
    let note = json!({ "note": { "note": { "type": "plain_text_input", "value": "no" } } });
    let half = json!({ "duration:prod-ssh": { "duration": {
        "type": "radio_buttons",
        "selected_option": { "text": { "type": "plain_text", "text": "x" }, "value": "1800" },
    } } });
    let id = request.id.to_string();
    let huge = "x".repeat(3000);
    let aims = [
        "",
        ":",
        "garbage",
        "{}",
        "null",
        ":1",
        "nowhere:1",
        &huge,
        "0192-ab:99999999999",
        "*:1",
        "%:1",
    ];
    for aim in aims {
        for (callback, values) in [
            ("deny_form", &note),
            ("shorten_form", &half),
            ("revoke_form", &note),
        ] {
            let view = forge::view(callback, aim, values);
            let reply = forge::post(&world.slack, &forge::submission(GRACE, TEAM, view)).await;
            assert_eq!(reply.status, 200, "{callback} at {aim}");
            assert!(
                forge::read(&reply).1.contains("no such request"),
                "{callback} at {aim}: {}",
                reply.text()
            );
        }
    }
    // The right aim with facts of another time: a shorter approval is refused, too.
    for number in ["0", "2", "4294967295"] {
        let view = forge::view("shorten_form", &format!("{id}:{number}"), &half);
        let reply = forge::post(&world.slack, &forge::submission(GRACE, TEAM, view)).await;
        assert!(
            forge::read(&reply).1.contains("Nothing was approved"),
            "{}",
            reply.text()
        );
    }
    assert_eq!(Untouched::now(&world, &request).await, before);
    let refused = refusals_of(&world, GRACE).await;
    for word in ["review: no_such_request", "approve_for_less: facts_moved"] {
        assert!(refused.iter().any(|one| one == word), "{word}: {refused:?}");
    }
    // What is no duration at all stands under the field, and in the trail.
    let mut garbage = half.clone();
    garbage["duration:prod-ssh"]["duration"]["selected_option"]["value"] = json!("soon");
    let view = forge::view("shorten_form", &format!("{id}:1"), &garbage);
    let reply = forge::post(&world.slack, &forge::submission(GRACE, TEAM, view)).await;
    assert_eq!(forge::read(&reply).0, ["duration:prod-ssh"]);
    let refused = refusals_of(&world, GRACE).await;
    let word = "approve_for_less: field_unfit";
    assert!(refused.iter().any(|one| one == word), "{refused:?}");
    // What is lengthened, or hardly shortened, stands under the field.
    for (seconds, says) in [
        ("3600", "less than 1 h"),
        ("86400", "less than 1 h"),
        ("5", "At least"),
    ] {
        let mut values = half.clone();
        values["duration:prod-ssh"]["duration"]["selected_option"]["value"] = json!(seconds);
        let view = forge::view("shorten_form", &format!("{id}:1"), &values);
        let reply = forge::post(&world.slack, &forge::submission(GRACE, TEAM, view)).await;
        let (blocks, said) = forge::read(&reply);
        assert_eq!(blocks, ["duration:prod-ssh"], "{said}");
        assert!(said.contains(says), "{seconds}: {said}");
    }
    assert_eq!(Untouched::now(&world, &request).await, before);
    world.nothing_was_refused();
}
