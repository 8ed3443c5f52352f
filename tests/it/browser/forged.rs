//! A click whose value was altered in the browser.

use super::story::{ADA, AN_HOUR, GRACE, ask, sees_request, tell};
use super::window::Window;
use serde_json::json;

/// Alters what the buttons with this name carry.
async fn alter(window: &Window, name: &str, value: &str) {
    let script = "const named = (button) => button.innerText === arguments[0];
        for (const button of [...document.querySelectorAll('[data-act=click]')].filter(named))
            button.dataset.value = arguments[1];";
    window.run(script, vec![json!(name), json!(value)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_click_changes_nothing_and_says_so() {
    tell(async |story| {
        let ada = story.window(ADA).await;
        ask(&ada, &AN_HOUR).await;
        let grace = story.window(GRACE).await;
        sees_request(&grace).await;
        let forgeries = [
            "0192aaaa-0000-7000-8000-000000000001:1",
            "../../etc/passwd",
            "<script>document.title='x'</script>",
        ];
        for (nth, forged) in forgeries.into_iter().enumerate() {
            alter(&grace, "Approve", forged).await;
            grace.press("Approve").await;
            grace
                .eventually("the forgery is refused", async || {
                    let said = grace.text_of("#pane-messages").await;
                    (said.matches("Only visible to you").count() > nth).then_some(())
                })
                .await;
            grace.sees_in(Window::NEWEST, "Nothing").await;
            grace.sees_button("Approve").await;
        }
        ada.sees_access("ada-mbp", "prod-web", "no access").await;
        ada.sees_button("Cancel").await;
        // The card itself still works.
        grace.go(GRACE, "dm").await;
        grace.press("Approve").await;
        ada.sees_access("ada-mbp", "prod-web", "reachable until")
            .await;
    })
    .await;
}
