//! What people type, and what people and devices are called, arrives nowhere as markup.

use crate::support::world::{
    ADA, ADAS_MAC, Base, GRACE, LINUS, PROD_CHANNEL, SAM, SECURITY_CHANNEL, Setup, World,
};
use lapse::domain::comment::is_unprintable;
use lapse::sandbox::slack::{Message, User};
use lapse::sandbox::tailscale::Device;
use serde_json::Value;
use std::process::Command;
use std::time::Duration;

const HOSTILE: &str = "<!channel> <https://evil.example|fine> <@U0GRACE> `tick` *star* _under_ & \u{202e}egnarts\u{202c} \u{7}\u{1b}[31mred\u{200b} @here https://evil.example ```fence```\n> quote\n\u{2066}end";

/// Mentions and links: nowhere that Slack formats. `<!date^` is ours.
const MENTIONS: [&str; 5] = ["<!channel", "<!here", "<https", "<http", "<@U0GRACE"];
/// Bold and code: not in blocks. In the notification they stand as they were typed.
const MARKS: [&str; 4] = ["`tick`", "*star*", "_under_", "```"];

async fn world() -> World {
    Setup::on(Base::Sqlite)
        .slack(|mut setup| {
            for user in &mut setup.users {
                user.real_name = format!("{} {HOSTILE}", user.real_name);
            }
            setup
        })
        .tailnet(|tailnet| {
            let name = format!("mac{HOSTILE}");
            tailnet.with_device(Device::new(
                ADAS_MAC,
                &name,
                "ada@example.com",
                "mac<!here>OS",
            ))
        })
        .start()
        .await
}

/// Every wording that ever stood anywhere, with its text and blocks.
fn wordings(world: &World) -> Vec<Value> {
    let mut places: Vec<String> = [ADA, GRACE, LINUS, SAM]
        .map(|who| world.person(who).direct_channel())
        .to_vec();
    places.extend([PROD_CHANNEL, SECURITY_CHANNEL].map(str::to_owned));
    let messages: Vec<Message> = places
        .iter()
        .flat_map(|place| world.slack.everything_in(place))
        .collect();
    let all = messages.iter().flat_map(|message| {
        let earlier = message
            .history
            .iter()
            .map(|old| (old.text.clone(), old.blocks.clone()));
        earlier.chain([(message.text.clone(), message.blocks.clone())])
    });
    all.map(
        |(text, blocks)| serde_json::json!({ "type": "notification", "text": text, "blocks": blocks }),
    )
    .collect()
}

/// Looks at every string, and at those that Slack would format.
fn look(value: &Value, wrong: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let text = fields.get("text").and_then(Value::as_str);
            let kind = value["type"].as_str();
            let forbidden = match kind {
                Some("mrkdwn") => [MENTIONS.as_slice(), &MARKS].concat(),
                Some("notification") => MENTIONS.to_vec(),
                _ => Vec::new(),
            };
            let text = text.unwrap_or_default();
            let markup = forbidden.iter().find(|markup| text.contains(**markup));
            wrong.extend(markup.map(|markup| format!("{markup} in {text:?}")));
            fields.values().for_each(|field| look(field, wrong));
        }
        Value::Array(items) => items.iter().for_each(|item| look(item, wrong)),
        Value::String(text) => {
            let control = text.chars().find(|c| *c != '\n' && is_unprintable(*c));
            wrong.extend(control.map(|c| format!("{c:?} in {text:?}")));
        }
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_text_reaches_nobody_as_markup() {
    let world = world().await;
    let half = Duration::from_mins(30);
    let denied = world.ada_asks(half, HOSTILE).await;
    world.click(GRACE, "asks for Production SSH", "deny").await;
    let grace = world.person(GRACE);
    grace.type_text("note", HOSTILE).await.expect("a note");
    grace.submit().await.expect("it is sent");
    world.calm().await;
    world.card(ADA, "denied").await;

    let revoked = world.ada_asks(half, HOSTILE).await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.calm().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, "custom:prodSsh"));
    let card = world.card(GRACE, "Approved by").await;
    grace
        .click_confirmed(&card, "revoke")
        .await
        .expect("it arrives");
    grace.type_text("note", HOSTILE).await.expect("a note");
    grace.submit().await.expect("it is sent");
    world.calm().await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, "custom:prodSsh"));
    let status = format!("status {}", revoked.number);
    for (who, text) in [
        (ADA, status.as_str()),
        (ADA, "status"),
        (LINUS, &status),
        (ADA, HOSTILE),
    ] {
        let answer = world
            .person(who)
            .command("/access", text)
            .await
            .expect("answered");
        assert_eq!(answer.status, 200);
    }
    world.calm().await;

    let mut wrong = Vec::new();
    let wordings = wordings(&world);
    assert!(wordings.len() > 10, "there is something to look at");
    for wording in &wordings {
        look(wording, &mut wrong);
    }
    for call in world.slack.calls() {
        look(&call.args, &mut wrong);
        if call.method == "chat.postMessage" {
            let parse = (&call.args["parse"], &call.args["link_names"]);
            assert_eq!(parse, (&"none".into(), &false.into()), "{:?}", call.args);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let theirs = wordings
        .iter()
        .any(|wording| wording.to_string().contains("<!channel> <https"));
    assert!(theirs, "people read what was typed, as plain text");

    let comments: Vec<String> = world
        .tailnet
        .writes()
        .into_iter()
        .filter_map(|write| write.comment)
        .collect();
    assert_eq!(comments.len(), 2, "one opens, one closes: {comments:?}");
    for comment in &comments {
        assert!(!comment.chars().any(is_unprintable), "{comment:?}");
    }
    for request in [&denied, &revoked] {
        let printed = audit(&world, &request.number.to_string());
        let obeyed = printed.chars().find(|c| *c != '\n' && is_unprintable(*c));
        assert_eq!(obeyed, None, "{printed:?}");
        assert!(
            printed.contains("<!channel>"),
            "the words themselves are kept: {printed}"
        );
    }
    world.nothing_was_refused();
}

/// What `lapse audit` prints in a terminal.
fn audit(world: &World, number: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("lapse.toml");
    std::fs::write(&config, world.config_text()).expect("it can be written");
    let output = Command::new(env!("CARGO_BIN_EXE_lapse"))
        .args(["audit", number, "--config"])
        .arg(&config)
        .env("DATABASE_URL", world.database_url())
        .output()
        .expect("it runs");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    String::from_utf8(output.stdout).expect("text")
}

/// The names in a form are options of its menus, where a client formats nothing; yet nothing in
/// them turns the direction of what stands beside them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_shows_hostile_names_as_plain_text() {
    let world = world().await;
    world
        .slack
        .set_user(User::member("U0NEW", HOSTILE, "new@example.com"));
    let view = world.open_form(ADA).await;
    let mut wrong = Vec::new();
    look(&view.given, &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
    world.nothing_was_refused();
}
