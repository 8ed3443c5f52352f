//! Two approvers press at the same moment.

use super::story::{ADA, AN_HOUR, GRACE, LINUS, Story, ask, sees_request, tell};
use super::window::Window;
use serde_json::json;

/// Opens a second person's window from the first one's, so that one script reaches both.
async fn open_beside(window: &Window, other: &str) {
    let script = "window.beside = window.open('/?as=' + arguments[0] + '&at=dm')";
    window.run(script, vec![json!(other)]).await;
    let ready = "return [...window.beside.document.querySelectorAll('[data-act=click]')]
        .some((button) => button.innerText === 'Approve')";
    window
        .eventually("the other window shows the card too", async || {
            (window.run(ready, Vec::new()).await == true).then_some(())
        })
        .await;
}

/// Presses a button in both windows within one turn of the browser's event loop.
async fn press_in_both(window: &Window, here: &str, there: &str) {
    let script = "const press = (page, name) =>
            [...page.querySelectorAll('[data-act=click]')].findLast((button) => button.innerText === name).click();
        press(document, arguments[0]);
        press(window.beside.document, arguments[1]);";
    window.run(script, vec![json!(here), json!(there)]).await;
}

async fn text_beside(window: &Window) -> String {
    let script = "return window.beside.document.body.innerText";
    let text = window.run(script, Vec::new()).await;
    text.as_str().unwrap_or_default().to_owned()
}

async fn asked(story: &Story) -> (Window, Window) {
    let ada = story.window(ADA).await;
    ask(&ada, &AN_HOUR).await;
    let grace = story.window(GRACE).await;
    sees_request(&grace).await;
    open_beside(&grace, LINUS).await;
    (ada, grace)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_approvals_at_once_open_one_access() {
    tell(async |story| {
        let (ada, grace) = asked(story).await;
        press_in_both(&grace, "Approve", "Approve").await;
        // One was first; the other reads who it was, and that nothing changed.
        grace
            .eventually("exactly one of them was too late", async || {
                let both = [grace.text_of("body").await, text_beside(&grace).await];
                let late = |text: &String| text.contains("already approved this");
                (both.iter().filter(|text| late(text)).count() == 1).then_some(())
            })
            .await;
        grace.sees_no_button("Approve").await;
        ada.sees_access("ada-mbp", "prod-web", "reachable until")
            .await;
        // The card and one new line; a second access would bring a line of its own.
        let lines = async || {
            let said = ada.text_of("#pane-messages").await;
            said.matches("is open on ada-mbp").count()
        };
        ada.eventually("Ada reads it in a new line", async || {
            (lines().await >= 2).then_some(())
        })
        .await;
        assert_eq!(lines().await, 2);
        let asked = ada.text_of(".calls").await;
        let writes = asked.matches("POST /device/").count();
        assert_eq!(writes, 1, "{asked}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cards_of_both_tell_the_same_end() {
    tell(async |story| {
        let (ada, grace) = asked(story).await;
        press_in_both(&grace, "Approve", "Approve").await;
        ada.sees_access("ada-mbp", "prod-web", "reachable until")
            .await;
        ada.press("Jump to the next end").await;
        ada.sees_access("ada-mbp", "prod-web", "no access").await;
        grace
            .eventually("nobody can press anything any more", async || {
                let here = grace.text_of("#pane-messages").await;
                let there = text_beside(&grace).await;
                let over = |text: &str| !text.contains("Revoke…") && !text.contains("Deny…");
                (over(&here) && over(&there)).then_some(())
            })
            .await;
    })
    .await;
}
