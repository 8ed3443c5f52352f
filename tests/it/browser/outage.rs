//! Tailscale is down when somebody approves, and comes back.

use super::story::{ADA, AN_HOUR, GRACE, ask, sees_request, tell};
use super::window::Window;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_called_open_while_tailscale_is_down() {
    tell(async |story| {
        let ada = story.window(ADA).await;
        ask(&ada, &AN_HOUR).await;
        let grace = story.window(GRACE).await;
        sees_request(&grace).await;
        grace.press("Tailscale: 500").await;
        grace.press("Approve").await;
        grace.sees_no_button("Approve").await;
        grace.press("+1 min").await;
        grace.sees_in(Window::NEWEST, "not open yet").await;
        ada.sees_access("ada-mbp", "prod-web", "no access").await;
        let said = ada.text_of("#pane-messages").await;
        assert!(!said.contains("is open on"), "{said}");

        grace.press("Clear all").await;
        grace.press("+5 min").await;
        grace.sees_in(Window::NEWEST, "active until").await;
        ada.sees("Production SSH is open on ada-mbp until").await;
        ada.sees_access("ada-mbp", "prod-web", "reachable until")
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_bot_finishes_what_it_began() {
    tell(async |story| {
        let ada = story.window(ADA).await;
        ask(&ada, &AN_HOUR).await;
        ada.press("Kill Lapse").await;
        ada.sees("Lapse is not running").await;
        let grace = story.window(GRACE).await;
        sees_request(&grace).await;
        grace.press("Approve").await;
        grace.sees_in("#alarm", "does not answer").await;
        grace.sees_button("Approve").await;
        grace.press("Start again").await;
        grace.sees("Lapse is running").await;
        grace.press("Approve").await;
        grace.sees_in(Window::NEWEST, "active until").await;
        ada.sees_access("ada-mbp", "prod-web", "reachable until")
            .await;
    })
    .await;
}
