//! `/access status`, `/access help` and words that do not exist.

use super::{HOUR, fetch_card, is_told, let_cards_follow};
use crate::support::world::{ADA, ADAS_MAC, Base, GIL, GRACE, LINUS, PROD_SSH, SAM, Setup, World};
use lapse::sandbox::slack::User;
use lapse::slack::words::TABLE;
use serde_json::Value;

const STRANGER: &str = "U0STRANGER";

async fn say(world: &World, who: &str, text: &str) -> String {
    let person = world.person(who);
    let before = person.ephemerals().len();
    let reply = person.command("/access", text).await.expect("answered");
    assert_eq!(reply.status, 200);
    let seen = person.clone();
    world
        .eventually("an answer", || seen.ephemerals().len() > before)
        .await;
    world.whisper(who).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_reads_what_became_of_ones_requests() {
    let world = World::on(Base::Sqlite).await;
    let told = say(&world, ADA, "status").await;
    assert!(told.contains("You have asked for nothing lately"), "{told}");
    let request = world.ada_asks(HOUR, "INC-42: db: failover").await;
    let number = request.number.to_string();
    let told = say(&world, ADA, "STATUS").await;
    assert!(
        told.contains(&number) && told.contains("Asked for Production SSH"),
        "{told}"
    );
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    let told = say(&world, ADA, "status").await;
    assert!(told.contains("Production SSH is open on"), "{told}");
    let one = say(&world, ADA, &format!("status {}", number.to_lowercase())).await;
    assert!(
        one.contains("is open on") && one.contains("INC-42: db: failover"),
        "{one}"
    );
    world.nothing_was_refused();
}

/// The answer is due within three seconds: only who asks is read from Slack, when that is old.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_asks_slack_for_nobody_else() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world.pass(HOUR).await;
    world.advance(25 * HOUR);
    let before = world.slack.calls_of("users.info").len();
    let one = format!("status {}", request.number);
    for words in ["status", &one] {
        let told = say(&world, ADA, words).await;
        assert!(told.contains("Nobody answered by"), "{told}");
    }
    let calls = world.slack.calls_of("users.info");
    let asked: Vec<_> = calls[before..]
        .iter()
        .map(|call| &call.args["user"])
        .collect();
    assert!(asked.iter().all(|user| *user == ADA), "{asked:?}");
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_does_not_exist_for_a_stranger() {
    let world = Setup::on(Base::Sqlite)
        .slack(|setup| setup.user(User::member(STRANGER, "Stranger", "stranger@example.com")))
        .start()
        .await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    let real = say(&world, STRANGER, &format!("status {}", request.number)).await;
    let made_up = say(&world, STRANGER, "status REQ-ZZZZ").await;
    assert_eq!(real, made_up, "the answer tells nothing");
    assert!(
        real.contains("There is no such request, or you may not see it"),
        "{real}"
    );
    let guest = say(&world, GIL, &format!("status {}", request.number)).await;
    assert!(!guest.contains("INC-42"), "{guest}");
    assert!(world.person(STRANGER).messages().is_empty());
    let odd = say(&world, ADA, "status nonsense").await;
    assert!(
        odd.contains("REQ-7F3K") && odd.contains("Nothing changed"),
        "{odd}"
    );
    world.nothing_was_refused();
}

/// Somebody who may see a request fetches its card; security sees it without a say in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_review_fetches_the_card() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world.settle().await;
    fetch_card(&world, GRACE, &request).await;
    assert_eq!(
        world.person(GRACE).messages().len(),
        2,
        "the newest is the one to use"
    );
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let_cards_follow(&world).await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    for card in world.person(GRACE).messages() {
        assert!(
            card.says("Approved by Grace Hopper"),
            "every copy follows: {card:#?}"
        );
    }
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn security_looks_at_a_waiting_request_without_a_say_in_it() {
    let world = World::on(Base::Sqlite).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    let card = world.card(GRACE, "asks for Production SSH").await;
    world.settle().await;
    let told = say(&world, SAM, &format!("status {}", request.number)).await;
    assert!(told.contains("Asked for Production SSH"), "{told}");
    let sam = world.person(SAM);
    world.settle().await;
    assert!(
        sam.messages().is_empty(),
        "no card with buttons that refuse"
    );
    for button in ["approve", "deny"] {
        sam.click_stale(&card, button).await.expect("it arrives");
        is_told(&world, SAM, "not one of the people who may review").await;
        assert!(sam.open_view().is_none(), "{button}");
    }
    assert!(world.tailnet.writes().is_empty());
    world.nothing_was_refused();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn help_names_every_word_and_a_typo_gets_a_guess() {
    let world = World::on(Base::Sqlite).await;
    let help = say(&world, ADA, "help").await;
    for form in TABLE.iter().flat_map(|word| word.forms) {
        let written = form.usage.replace('<', "&lt;").replace('>', "&gt;");
        let word = format!("/access {written}");
        assert!(help.contains(word.trim()), "{word} is not in {help}");
        assert!(help.contains(form.meaning), "{word} is not in {help}");
    }
    let typo = say(&world, ADA, "statsu").await;
    assert!(
        typo.contains("I don't know") && typo.contains("Did you mean"),
        "{typo}"
    );
    assert!(typo.contains("status"), "{typo}");
    let odd = say(&world, ADA, "xylophone <!channel>").await;
    assert!(
        odd.contains("/access help") && !odd.contains("Did you mean"),
        "{odd}"
    );
    world.nothing_was_refused();
}

/// Nothing offers what does not exist yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_message_or_form_offers_to_extend() {
    let world = World::on(Base::Sqlite).await;
    world.ada_asks(HOUR, "INC-42").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    let_cards_follow(&world).await;
    world.pass(HOUR).await;
    let_cards_follow(&world).await;
    say(&world, ADA, "help").await;
    say(&world, ADA, "status").await;
    let mut seen: Vec<Value> = Vec::new();
    for who in [ADA, GRACE, LINUS, SAM] {
        let person = world.person(who);
        for message in person.messages().into_iter().chain(person.ephemerals()) {
            seen.extend(
                message
                    .history
                    .iter()
                    .flat_map(|wording| wording.blocks.clone()),
            );
            seen.extend(message.blocks);
        }
        seen.extend(world.slack.views_of(who).into_iter().map(|view| view.given));
    }
    for call in ["views.open", "views.update"] {
        assert!(!seen.is_empty(), "{call}");
        seen.extend(
            world
                .slack
                .calls_of(call)
                .iter()
                .map(|call| serde_json::json!(format!("{call:?}"))),
        );
    }
    let everything = serde_json::to_string(&seen).expect("JSON").to_lowercase();
    assert!(everything.contains("i'm done"), "the story was long enough");
    assert!(!everything.contains("extend"), "something says extend");
    world.nothing_was_refused();
}
