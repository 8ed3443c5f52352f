//! Everybody who may not, at every entrance there is: each reads why, it is recorded, nothing
//! changes, and strangers cannot tell a request that exists from one that does not.

use super::{Untouched, refusals_of};
use crate::support::forge::{self, Fields, TEAM};
use crate::support::world::{ADA, ADAS_MAC, APPROVERS, Base, GIL, GRACE, LINUS, SAM, Setup, World};
use lapse::domain::request::Request;
use lapse::sandbox::slack::{Message, SlackSetup, User};
use serde_json::{Value, json};
use std::time::Duration;

const BOB: &str = "U0BOB";
const DOT: &str = "U0DOT";
const BEEP: &str = "U0BEEP";
const DEAD: &str = "U0DEAD";
const EXT: &str = "U0EXT";
const NEMO: &str = "U0NEMO";
const THEIR_TEAM: &str = "T0OTHER";

/// A guest, a guest of one channel, a bot, a deactivated account and somebody of another
/// workspace are all in the approvers' group, which must not help them.
fn crowd(mut setup: SlackSetup) -> SlackSetup {
    for group in &mut setup.usergroups {
        if group.id == APPROVERS {
            group
                .members
                .extend([GIL, DOT, BEEP, DEAD, EXT].map(str::to_owned));
        }
    }
    setup
        .user(User::member(BOB, "Bob Bystander", "bob@example.com"))
        .user(User::member(DOT, "Dot Guest", "dot@example.com").single_channel_guest())
        .user(User::member(BEEP, "Beep", "beep@example.com").bot())
        .user(User::member(DEAD, "Dead", "dead@example.com").deactivated())
        .user(User::member(EXT, "Ext Ernal", "ext@example.com").external(THEIR_TEAM))
}

fn team_of(who: &str) -> &'static str {
    if who == EXT { THEIR_TEAM } else { TEAM }
}

/// A way into a request, or into asking for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entrance {
    Button(&'static str),
    Form(&'static str),
    Status,
    RequestForm,
    BareStatus,
    Command,
    /// A line behind `/access`; `{}` is the request's number.
    Word(&'static str),
    Shortcut,
    MessageShortcut,
    Search,
}

/// Those that name a request.
const ABOUT_A_REQUEST: [Entrance; 16] = [
    Entrance::Button("approve"),
    Entrance::Button("approve_less"),
    Entrance::Button("deny"),
    Entrance::Button("revoke"),
    Entrance::Button("cancel"),
    Entrance::Button("release"),
    Entrance::Button("retry"),
    Entrance::Button("ask_again"),
    Entrance::Button("remind"),
    Entrance::Form("shorten_form"),
    Entrance::Form("deny_form"),
    Entrance::Form("revoke_form"),
    Entrance::Status,
    Entrance::Word("cancel {}"),
    Entrance::Word("done {}"),
    Entrance::Word("revoke {} too much"),
];

/// Those that only full members may use at all.
const FOR_MEMBERS: [Entrance; 13] = [
    Entrance::RequestForm,
    Entrance::BareStatus,
    Entrance::Command,
    Entrance::Word("request prod-ssh for 1h on ada-mbp because INC-42"),
    Entrance::Word("list"),
    Entrance::Word("list all"),
    Entrance::Word("list prod-ssh"),
    Entrance::Word("done"),
    Entrance::Word("who prod-ssh"),
    Entrance::Word("profiles"),
    Entrance::Shortcut,
    Entrance::MessageShortcut,
    Entrance::Search,
];

/// What a request is called: by its id, and by its number.
struct Called {
    id: String,
    number: String,
}

impl Called {
    fn truly(request: &Request) -> Self {
        Self {
            id: request.id.to_string(),
            number: request.number.to_string(),
        }
    }

    fn nothing() -> Self {
        Self {
            id: "0192a3b4-0000-7000-8000-00000000dead".to_owned(),
            number: "REQ-ZZZZ".to_owned(),
        }
    }
}

/// The answer that somebody gets, in whichever way it comes.
async fn answer(
    world: &World,
    who: &str,
    entrance: Entrance,
    card: &Message,
    to: &Called,
) -> String {
    let person = world.person(who);
    let team = team_of(who);
    let payload = match entrance {
        Entrance::Button(button) => {
            let told = person.ephemerals().len();
            let mut message = card.clone();
            message.blocks = vec![json!({ "type": "actions", "block_id": "b", "elements": [
                { "type": "button", "action_id": button, "value": "x",
                  "text": { "type": "plain_text", "text": "x" } },
            ]})];
            let reply = person
                .forge_click(&message, button, &format!("{}:1", to.id))
                .await;
            assert_eq!(
                reply.expect("it arrives").status,
                200,
                "{who} × {entrance:?}"
            );
            let watched = person.clone();
            world
                .eventually("they are told why", || watched.ephemerals().len() > told)
                .await;
            return person
                .latest_ephemeral()
                .map(|message| message.texts().join(" "))
                .unwrap_or_default();
        }
        Entrance::Form(callback) => {
            let note = json!({ "type": "plain_text_input", "value": "because" });
            let option = json!({ "text": { "type": "plain_text", "text": "x" }, "value": "1800" });
            let half = json!({ "type": "radio_buttons", "selected_option": option });
            let values =
                json!({ "note": { "note": note }, "duration:prod-ssh": { "duration": half } });
            forge::submission(
                who,
                team,
                forge::view(callback, &format!("{}:1", to.id), &values),
            )
        }
        Entrance::Status | Entrance::BareStatus | Entrance::Command | Entrance::Word(_) => {
            let text = match entrance {
                Entrance::Word(line) => line.replace("{}", &to.number),
                Entrance::Status => format!("status {}", to.number),
                Entrance::BareStatus => "status".to_owned(),
                _ => String::new(),
            };
            let reply = person.command("/access", &text).await.expect("answered");
            assert_eq!(reply.status, 200, "{who} × {entrance:?}");
            return reply.text();
        }
        Entrance::RequestForm => {
            let mut payload = Fields::right(ADAS_MAC).submitted_by(who);
            payload["user"]["team_id"] = json!(team);
            payload
        }
        Entrance::Shortcut => {
            let reply = person
                .global_shortcut("request_access")
                .await
                .expect("answered");
            return format!("{} {}", reply.status, reply.text());
        }
        Entrance::MessageShortcut => {
            let reply = person
                .message_shortcut("request_access_for", card)
                .await
                .expect("answered");
            return format!("{} {}", reply.status, reply.text());
        }
        Entrance::Search => forge::search(who, team, "device:prod-ssh", "device", "ada"),
    };
    let reply = forge::post(&world.slack, &payload).await;
    assert_eq!(reply.status, 200, "{who} × {entrance:?}");
    // The view is named after its form; the words are what counts.
    let blocks = &reply.json()["view"]["blocks"];
    if blocks.is_null() {
        reply.text()
    } else {
        blocks.to_string()
    }
}

/// Someone asked, Grace agreed, and it is open; something else is pending.
struct Stage {
    world: World,
    pending: Request,
    open: Request,
    card: Message,
}

async fn stage() -> Stage {
    let world = Setup::on(Base::Sqlite).slack(crowd).start().await;
    let hour = Duration::from_hours(1);
    let open = world.ada_asks(hour, "INC-42 db failover").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    world.card(ADA, "is open on").await;
    let pending = world.ada_asks(hour, "INC-43 another failover").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    Stage {
        world,
        pending,
        open,
        card,
    }
}

async fn refused_everywhere(who: &str, entrances: &[Entrance], says: &str) {
    let Stage {
        world,
        pending,
        open,
        card,
    } = stage().await;
    let (of_pending, of_open) = (
        Untouched::now(&world, &pending).await,
        Untouched::now(&world, &open).await,
    );
    for &entrance in entrances {
        let mut answers = Vec::new();
        for called in [
            Called::truly(&pending),
            Called::truly(&open),
            Called::nothing(),
        ] {
            answers.push(answer(&world, who, entrance, &card, &called).await);
        }
        let speaks = !matches!(
            entrance,
            Entrance::Search | Entrance::Shortcut | Entrance::MessageShortcut
        );
        assert!(
            !speaks || answers[0].contains(says),
            "{who} × {entrance:?}: {}",
            answers[0]
        );
        assert_eq!(
            answers[0], answers[2],
            "{who} × {entrance:?}: a pending one, and none"
        );
        assert_eq!(
            answers[1], answers[2],
            "{who} × {entrance:?}: an open one, and none"
        );
    }
    assert_eq!(Untouched::now(&world, &pending).await, of_pending, "{who}");
    assert_eq!(Untouched::now(&world, &open).await, of_open, "{who}");
    assert!(world.person(who).open_view().is_none(), "{who} has a form");
    assert!(
        !refusals_of(&world, who).await.is_empty(),
        "{who} is not recorded"
    );
}

fn every_entrance() -> Vec<Entrance> {
    ABOUT_A_REQUEST.into_iter().chain(FOR_MEMBERS).collect()
}

const NO_MEMBER: &str = "Access is for full members of this workspace";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guests_get_nowhere() {
    refused_everywhere(GIL, &every_entrance(), NO_MEMBER).await;
    refused_everywhere(DOT, &every_entrance(), NO_MEMBER).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bots_and_deactivated_accounts_get_nowhere() {
    refused_everywhere(BEEP, &every_entrance(), NO_MEMBER).await;
    refused_everywhere(DEAD, &every_entrance(), NO_MEMBER).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_of_another_workspace_get_nowhere() {
    refused_everywhere(EXT, &every_entrance(), NO_MEMBER).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_slack_does_not_know_gets_nowhere() {
    refused_everywhere(
        NEMO,
        &every_entrance(),
        "Slack did not say in time who you are",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_colleague_who_has_nothing_to_do_with_it_learns_nothing() {
    refused_everywhere(BOB, &ABOUT_A_REQUEST, "There is no such request").await;
}

/// The payload says another workspace, though `users.info` would call them a member.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payload_of_another_workspace_is_refused_whoever_it_names() {
    let Stage {
        world,
        pending,
        card,
        ..
    } = stage().await;
    let before = Untouched::now(&world, &pending).await;
    let value = format!("{}:1", pending.id);
    let at = (card.channel.as_str(), card.ts.as_str());
    let click = forge::click(GRACE, THEIR_TEAM, at, "approve", &value);
    let note = json!({ "note": { "note": { "type": "plain_text_input", "value": "no" } } });
    let deny = forge::submission(GRACE, THEIR_TEAM, forge::view("deny_form", &value, &note));
    let mut ask = Fields::right(ADAS_MAC).submitted_by(ADA);
    ask["user"]["team_id"] = json!(THEIR_TEAM);
    let search = forge::search(ADA, THEIR_TEAM, "device:prod-ssh", "device", "ada");
    for payload in [&click, &deny, &ask] {
        assert_eq!(forge::post(&world.slack, payload).await.status, 200);
    }
    let found = forge::post(&world.slack, &search).await.json();
    assert_eq!(found, json!({ "options": [] }));
    assert_eq!(Untouched::now(&world, &pending).await, before);
    assert_eq!(refusals_of(&world, GRACE).await, ["click: not_a_member"]);
    assert_eq!(refusals_of(&world, ADA).await, ["request: not_a_member"]);
}

/// Those who may see a request may still not do everything with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_see_it_may_not_do_everything() {
    let Stage {
        world,
        pending,
        open,
        card,
    } = stage().await;
    let (of_pending, of_open) = (
        Untouched::now(&world, &pending).await,
        Untouched::now(&world, &open).await,
    );
    let (pending, open) = (Called::truly(&pending), Called::truly(&open));
    let not_one = "You are not one of the people who may review";
    let not_yours = "Only the person who asked can do that";
    let no_form = "There is no such request";
    for (who, entrance, request, says) in [
        (ADA, Entrance::Button("approve"), &pending, not_one),
        (ADA, Entrance::Button("approve_less"), &pending, not_one),
        (ADA, Entrance::Button("deny"), &pending, not_one),
        (ADA, Entrance::Button("revoke"), &open, not_one),
        (ADA, Entrance::Form("shorten_form"), &pending, not_one),
        (ADA, Entrance::Form("deny_form"), &pending, not_one),
        (ADA, Entrance::Form("revoke_form"), &open, not_one),
        (ADA, Entrance::Button("retry"), &open, "Nothing changed"),
        (LINUS, Entrance::Button("cancel"), &pending, not_yours),
        (LINUS, Entrance::Button("release"), &open, not_yours),
        (LINUS, Entrance::Button("ask_again"), &open, no_form),
        (SAM, Entrance::Button("approve"), &pending, not_one),
        (SAM, Entrance::Form("deny_form"), &pending, not_one),
        (SAM, Entrance::Button("release"), &open, not_yours),
    ] {
        let said = answer(&world, who, entrance, &card, request).await;
        assert!(said.contains(says), "{who} × {entrance:?}: {said}");
    }
    // Whoever approves may not approve for themselves.
    let grace_asks = {
        let mut payload = Fields::right(ADAS_MAC).submitted_by(GRACE);
        payload["view"]["state"]["values"]["device"]["device"]["selected_option"]["value"] =
            json!("nGRACEmac11CNTRL");
        payload
    };
    world
        .tailnet
        .add_device(lapse::sandbox::tailscale::Device::new(
            "nGRACEmac11CNTRL",
            "grace-mac",
            "grace@example.com",
            "macOS",
        ));
    let asked = forge::post(&world.slack, &grace_asks).await;
    assert!(forge::read(&asked).0.is_empty(), "{}", asked.text());
    let own = world.newest_request(GRACE).await;
    let before = Untouched::now(&world, &own).await;
    for entrance in [
        Entrance::Button("approve"),
        Entrance::Form("shorten_form"),
        Entrance::Form("deny_form"),
    ] {
        let said = answer(&world, GRACE, entrance, &card, &Called::truly(&own)).await;
        assert!(
            said.contains("You asked for this yourself"),
            "{entrance:?}: {said}"
        );
    }
    assert_eq!(Untouched::now(&world, &own).await, before);
    assert_eq!(
        Untouched::now(&world, &world.newest_request(ADA).await).await,
        of_pending
    );
    let open = of_open.request.clone().expect("it is there");
    assert_eq!(Untouched::now(&world, &open).await, of_open);
    for who in [ADA, LINUS, SAM, GRACE] {
        assert!(
            !refusals_of(&world, who).await.is_empty(),
            "{who} is not recorded"
        );
    }
}

/// Rules that nobody wrote a screen for: what a search block names is looked up, never believed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_finds_only_what_its_person_may_ask_for() {
    let world = World::on(Base::Sqlite).await;
    let found = async |block: &str, typed: &str| -> Value {
        let search = forge::search(ADA, TEAM, block, "device", typed);
        forge::post(&world.slack, &search).await.json()
    };
    assert!(
        found("device:prod-ssh", "ada")
            .await
            .to_string()
            .contains(ADAS_MAC)
    );
    for typed in ["linus", "ci-runner", "n", "", "%", "*"] {
        let found = found("device:prod-ssh", typed).await.to_string();
        assert!(
            !found.contains("LINUS") && !found.contains("CIrunner"),
            "{typed}: {found}"
        );
    }
    for block in ["", "device", "device:", "device:nope", ":prod-ssh:x"] {
        assert_eq!(
            found(block, "ada").await,
            json!({ "options": [] }),
            "{block}"
        );
    }
}
