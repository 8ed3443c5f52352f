//! Denied with a note, and approved for less.

use super::pictures::Picture;
use super::story::{ADA, AN_HOUR, GRACE, LINUS, ask, sees_request, tell};
use super::window::Window;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denial_carries_its_note() {
    tell(async |story| {
        let ada = story.window(ADA).await;
        ask(&ada, &AN_HOUR).await;
        let grace = story.window(GRACE).await;
        sees_request(&grace).await;
        grace.press("Deny…").await;
        grace.sees_dialog("Deny this request").await;
        grace.fill("Why?", "Not during the freeze.").await;
        grace.press("Deny").await;
        grace.sees_no_dialog().await;
        grace.sees_in(Window::NEWEST, "Denied by").await;
        grace
            .sees_in(Window::NEWEST, "Not during the freeze.")
            .await;
        for gone in ["Approve", "Approve for less…", "Deny…"] {
            grace.sees_no_button(gone).await;
        }
        ada.sees("Denied by Grace Hopper").await;
        ada.sees_in(Window::NEWEST, "was denied by Grace Hopper")
            .await;
        ada.sees_in(Window::NEWEST, "Not during the freeze.").await;
        ada.sees_access("ada-mbp", "prod-web", "no access").await;
        grace.photo(Picture::Denied).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_for_less_is_shorter() {
    tell(async |story| {
        let ada = story.window(ADA).await;
        ask(&ada, &AN_HOUR).await;
        let linus = story.window(LINUS).await;
        sees_request(&linus).await;
        linus.press("Approve for less…").await;
        linus.sees_dialog("Approve for less").await;
        linus.tick("30 min").await;
        linus.photo(Picture::ApproveForLess).await;
        linus.press("Approve").await;
        linus.sees_no_dialog().await;
        linus.sees_in(Window::NEWEST, "active until").await;
        linus.sees_in(Window::NEWEST, "30 min").await;
        ada.sees("Production SSH is open on ada-mbp until").await;
        ada.sees_access("ada-mbp", "prod-web", "reachable until")
            .await;
        // Not an hour: half an hour later it is over.
        ada.press("Jump to the next end").await;
        ada.sees_access("ada-mbp", "prod-web", "no access").await;
        linus.sees_in(Window::NEWEST, "after its 30 min").await;
    })
    .await;
}
