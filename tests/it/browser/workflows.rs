//! Workflow Builder, message shortcuts and the home tab, for an app that is not Lapse.

use super::story::visit;
use super::window::Window;
use crate::support::doors::{ADA, Doors, GRACE, LOBBY};
use lapse::sandbox::slack::Execution;
use serde_json::{Value, json};

const RUN: &str = "#pane-runs .run:first-of-type";

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text })
}

fn option(name: &str) -> Value {
    json!({ "text": plain(name), "value": name.to_lowercase() })
}

/// The run that began last.
async fn last_run(window: &Window, doors: &Doors, title: &str) -> Execution {
    let found = window.eventually("a step runs", async || {
        let mut all = doors.slack.executions();
        all.retain(|run| run.title == title && run.is_running());
        all.pop()
    });
    found.await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_is_filled_in_run_and_followed_to_its_end() {
    let doors = Doors::open().await;
    visit(&doors.url(), async |story| {
        let ada = story.window(ADA).await;
        ada.sees_in("#pane-runs", "No step has run yet").await;
        ada.choose("Step", "Open a door").await;
        ada.press("Run this step").await;
        let asked = "Please complete this field.";
        ada.sees_in("#workflow [data-step=open_door]", asked).await;

        ada.choose("Person", "Grace Hopper").await;
        ada.shows("Key", "Choose “Door” first").await;
        ada.choose("Door", "Front").await;
        ada.choose("Key", "Iron key of front").await;
        ada.fill("Times", "2").await;
        ada.press("Run this step").await;
        let run = last_run(&ada, &doors, "Open a door").await;
        let filled = json!({
            "person": GRACE, "door": "front", "key": "iron key of front", "times": 2,
        });
        assert_eq!(run.inputs, filled);
        ada.sees_in(RUN, "in progress").await;
        ada.sees_in(RUN, "Person: Grace Hopper").await;
        let text = ada.text_of("#workflow").await;
        assert!(!text.contains(asked), "{text}");

        let outputs = json!({
            "visit": "V-7", "opened": true, "by": ADA, "until": run.began_at.timestamp(),
        });
        doors.completes(&run.id, outputs).await;
        for shown in [
            "completed",
            "Visit V-7",
            "Opened yes",
            "Opened by Ada Lovelace",
        ] {
            ada.sees_in(RUN, shown).await;
        }

        // What one step gave is offered to the next.
        ada.choose("Step", "Close a door").await;
        let offered = "return document.querySelector('#earlier-visit option').value";
        assert_eq!(ada.run(offered, Vec::new()).await, "V-7");
        ada.fill("Visit", "V-7").await;
        ada.press("Run this step").await;
        let run = last_run(&ada, &doors, "Close a door").await;
        doors.fails(&run.id, "The door is stuck.").await;
        ada.sees_in(RUN, "failed").await;
        ada.sees_in(RUN, "The door is stuck.").await;
        assert_eq!(doors.slack.refusals(), []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_waits_for_an_app_that_is_away() {
    let doors = Doors::open().await;
    visit(&doors.url(), async |story| {
        let ada = story.window(ADA).await;
        doors.goes_away();
        ada.choose("Step", "Open a door").await;
        ada.sees_in("#alarm", "Porter does not answer, so this menu stays empty")
            .await;
        ada.choose("Step", "Close a door").await;
        ada.fill("Visit", "V-7").await;
        ada.press("Run this step").await;
        ada.sees_in("#alarm", "The workflow waits at this step")
            .await;
        ada.sees_in(RUN, "Porter did not answer").await;
        ada.press("Tell Porter again").await;
        ada.sees_in("#alarm", "The workflow still waits").await;
        ada.press("Remove the workflow").await;
        ada.sees_in(RUN, "the workflow was removed").await;
        ada.sees_no_button("Remove the workflow").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_offers_its_shortcuts_by_keyboard_too() {
    let doors = Doors::open().await;
    let message = doors.slack.say(LOBBY, GRACE, "The bell is broken.");
    visit(&doors.url(), async |story| {
        let ada = story.window(ADA).await;
        ada.go(ADA, LOBBY).await;
        ada.sees_no_button("⚡ Ring for this").await;
        ada.press("⋯").await;
        ada.press("⚡ Ring for this").await;
        let used = ada.eventually("the app hears of it", async || doors.got().pop());
        let used = used.await;
        assert_eq!(used["type"], "message_action");
        assert_eq!(used["callback_id"], "ring_for");
        assert_eq!(used["message_ts"], message.ts.as_str());
        assert_eq!(used["channel"]["id"], LOBBY);
        ada.sees_no_button("⚡ Ring for this").await;

        let focus = "document.querySelector('.post summary').focus()";
        ada.run(focus, Vec::new()).await;
        ada.press_key('\u{e007}').await;
        ada.sees_button("⚡ Ring for this").await;
        ada.press_tab().await;
        ada.press_key('\u{e007}').await;
        ada.eventually("the app hears of it again", async || {
            (doors.got().len() == 2).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shortcut_while_slack_is_down_says_why_nothing_opens() {
    let doors = Doors::open().await;
    visit(&doors.url(), async |story| {
        let ada = story.window(ADA).await;
        ada.press("Slack: down").await;
        ada.press("⚡ Ring the bell").await;
        let why = "Porter took it, but Slack answers none of its calls (“Slack: down”).";
        ada.sees_in("#alarm", why).await;
        ada.press("Clear all").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_home_tab_is_opened_and_used() {
    let doors = Doors::open().await;
    let confirm = json!({
        "title": plain("Lock it?"), "text": plain("Nobody gets in."),
        "confirm": plain("Lock"), "deny": plain("Leave it"),
    });
    let home = json!({ "type": "home", "blocks": [
        { "type": "section", "block_id": "door", "text": plain("The front door"),
          "accessory": { "type": "overflow", "action_id": "more", "confirm": confirm,
                         "options": [option("Lock"), option("Paint")] } },
        { "type": "actions", "block_id": "row", "elements": [
            { "type": "button", "action_id": "knock", "text": plain("Knock"), "value": "front" },
            { "type": "static_select", "action_id": "which", "placeholder": plain("Which door"),
              "options": [option("Front"), option("Back")] },
        ] },
    ] });
    let publish = json!({ "user_id": ADA, "view": home });
    doors.calls("views.publish", publish).await;
    visit(&doors.url(), async |story| {
        let ada = story.window(ADA).await;
        ada.go(ADA, "home").await;
        ada.sees("The front door").await;
        let heard = async |what: &str, number: usize| {
            ada.eventually(what, async || doors.got().get(number).cloned())
                .await
        };
        let opened = heard("the app hears that home was opened", 0).await;
        assert_eq!(opened["event"]["type"], "app_home_opened");
        assert_eq!(opened["event"]["user"], ADA);

        ada.press("Knock").await;
        let knocked = heard("the button was pressed", 1).await;
        assert_eq!(knocked["actions"][0]["value"], "front");
        assert_eq!(knocked["view"]["type"], "home");

        ada.press("⋯").await;
        ada.press("Lock").await;
        ada.sees_dialog("Lock it?").await;
        ada.press("Leave it").await;
        ada.sees_no_dialog().await;
        ada.press("⋯").await;
        ada.press("Lock").await;
        ada.sees_dialog("Lock it?").await;
        ada.press("Lock").await;
        let locked = heard("the choice was confirmed", 2).await;
        assert_eq!(locked["actions"][0]["selected_option"]["value"], "lock");
        assert_eq!(locked["actions"][0]["type"], "overflow");

        ada.choose("Which door", "Back").await;
        let chosen = heard("something was chosen", 3).await;
        assert_eq!(chosen["actions"][0]["selected_option"]["value"], "back");
        assert_eq!(doors.slack.refusals(), []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_menu_on_a_message_is_used() {
    let doors = Doors::open().await;
    let blocks = json!([{ "type": "section", "block_id": "b", "text": plain("Which door?"),
        "accessory": { "type": "static_select", "action_id": "which",
                       "placeholder": plain("Choose"), "options": [option("Front"), option("Back")] } }]);
    let card = json!({ "channel": ADA, "text": "Which door?", "blocks": blocks });
    doors.calls("chat.postMessage", card).await;
    visit(&doors.url(), async |story| {
        let ada = story.window(ADA).await;
        ada.choose("Which door?", "Back").await;
        let chosen = ada.eventually("the app hears of it", async || doors.got().pop());
        let chosen = chosen.await;
        assert_eq!(chosen["actions"][0]["selected_option"]["value"], "back");
        assert_eq!(chosen["container"]["type"], "message");
        // It still stands there once the messages were drawn anew.
        doors
            .slack
            .say(&doors.slack.person(ADA).direct_channel(), ADA, "Well?");
        ada.sees_in(Window::NEWEST, "Well?").await;
        ada.shows("Which door?", "Back").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_form_for_steps_fits_can_be_read_and_is_reached_by_keyboard() {
    let doors = Doors::open().await;
    doors.slack.say(LOBBY, GRACE, "The bell is broken.");
    visit(&doors.url(), async |story| {
        let ada = story.window(ADA).await;
        ada.go(ADA, LOBBY).await;
        ada.choose("Step", "Open a door").await;
        ada.choose("Person", "Ada Lovelace").await;
        ada.choose("Door", "Front").await;
        ada.choose("Key", "Brass key of front").await;
        ada.press("Run this step").await;
        let run = last_run(&ada, &doors, "Open a door").await;
        let until = run.began_at.timestamp() + 3600;
        let outputs = json!({ "visit": "V-7", "opened": false, "by": GRACE, "until": until });
        doors.completes(&run.id, outputs).await;
        ada.sees_in(RUN, "Opened no").await;
        ada.press("Run this step").await;
        ada.sees_button("Remove the workflow").await;
        super::layout::looks_well(&ada, "a step and its runs").await;
        ada.press("⋯").await;
        super::layout::looks_well(&ada, "the menu of a message").await;
        super::layout::tab_reaches_everything(&ada, "a step and its runs").await;
    })
    .await;
}
