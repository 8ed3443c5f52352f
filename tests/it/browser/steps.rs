//! A workflow asks in Ada's name, goes on when access is open, looks at it, and ends it.

use super::pictures::Picture;
use super::story::{ADA, GRACE, sees_request, tell};
use super::window::Window;

const RUN: &str = "#pane-runs .run:first-of-type";

/// A workflow comes to the step that asks; the person it names is Ada.
async fn a_workflow_asks(window: &Window) {
    window.choose("Step", "Request Tailscale access").await;
    window.choose("Person", "Ada Lovelace").await;
    window.shows("Duration", "Choose “Profile” first").await;
    window.choose("Profile", "Production SSH").await;
    window.choose("Duration", "1 h").await;
    window
        .fill("Justification", "INC-42 database failover")
        .await;
    window.fill("Workflow name", "Deploy helper").await;
    window.press("Run this step").await;
    window.sees_in(RUN, "in progress").await;
}

/// What a builder would pick among the outputs of earlier steps.
async fn offered(window: &Window, output: &str) -> String {
    let script = "return document.querySelector(`#earlier-${arguments[0]} option`)?.value";
    let offered = window.eventually("an earlier step gave it", async || {
        let value = window.run(script, vec![serde_json::json!(output)]).await;
        value.as_str().map(str::to_owned)
    });
    offered.await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workflow_asks_goes_on_and_ends_access() {
    tell(async |story| {
        let ada = story.window(ADA).await;
        a_workflow_asks(&ada).await;
        ada.sees_in(Window::NEWEST, "A workflow asks in your name")
            .await;
        ada.sees_in(Window::NEWEST, "Deploy helper").await;
        let grace = story.window(GRACE).await;
        grace.sees("No messages from Lapse yet").await;

        ada.choose("On which device?", "ada-phone").await;
        ada.choose("On which device?", "ada-mbp").await;
        ada.photo(Picture::ToConfirm).await;
        ada.press("Confirm").await;
        ada.sees("Asked for Production SSH on ada-mbp (1 h)").await;
        sees_request(&grace).await;
        grace.sees_in(Window::NEWEST, "Deploy helper").await;
        ada.sees_in(RUN, "in progress").await;
        grace.press("Approve").await;

        ada.sees_access("ada-mbp", "prod-web", "reachable until")
            .await;
        for shown in [
            "completed",
            "Approved yes",
            "Decided by Grace Hopper",
            "Device ada-mbp",
        ] {
            ada.sees_in(RUN, shown).await;
        }
        ada.photo(Picture::Step).await;

        ada.choose("Step", "Check Tailscale access").await;
        ada.choose("Person", "Ada Lovelace").await;
        ada.choose("Profile", "Production SSH").await;
        ada.press("Run this step").await;
        ada.sees_in(RUN, "Active yes").await;

        ada.choose("Step", "End Tailscale access").await;
        let request = offered(&ada, "request_id").await;
        ada.fill("Request id", &request).await;
        ada.press("Run this step").await;
        ada.sees_access("ada-mbp", "prod-web", "no access").await;
        ada.sees_in(RUN, "Ended yes").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_wants_asks_nobody() {
    tell(async |story| {
        let ada = story.window(ADA).await;
        a_workflow_asks(&ada).await;
        ada.sees_in(Window::NEWEST, "A workflow asks in your name")
            .await;
        ada.press("I don't want this").await;
        ada.sees_in(RUN, "Approved no").await;
        let grace = story.window(GRACE).await;
        grace.sees("No messages from Lapse yet").await;
    })
    .await;
}
