//! Asked, approved, open, over: the main path by clicking.

use super::pictures::Picture;
use super::story::{ADA, AN_HOUR, GRACE, ask, fill_in, sees_request, tell};
use super::window::Window;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_is_asked_for_approved_open_and_over() {
    tell(async |story| {
        let ada = story.window(ADA).await;
        ada.sees_access("ada-mbp", "prod-web", "no access").await;
        fill_in(&ada, &AN_HOUR).await;
        ada.photo(Picture::RequestForm).await;
        ada.press("Ask for access").await;
        ada.sees_dialog("Request access").await;
        ada.sees("Asked Grace Hopper and Linus Torvalds").await;
        ada.press("Close").await;
        ada.sees_no_dialog().await;
        ada.sees_in(Window::NEWEST, "Asked for Production SSH on ada-mbp (1 h)")
            .await;
        ada.sees_button("Cancel").await;
        ada.sees_access("ada-mbp", "prod-web", "no access").await;

        let grace = story.window(GRACE).await;
        sees_request(&grace).await;
        grace
            .sees_in(Window::NEWEST, "INC-42 database failover")
            .await;
        grace
            .sees_in(
                Window::NEWEST,
                "You can approve because you are in @prod-approvers",
            )
            .await;
        grace.photo(Picture::ApprovalCard).await;
        grace.press("Approve").await;
        grace.sees_in(Window::NEWEST, "active until").await;
        grace.sees_no_button("Approve").await;
        grace.sees_button("Revoke…").await;
        grace.photo(Picture::ActiveCard).await;

        ada.sees("Production SSH is open on ada-mbp until").await;
        ada.sees_access("ada-mbp", "prod-web", "reachable until")
            .await;
        ada.sees_access("linus-box", "prod-web", "no access").await;
        ada.photo(Picture::Reachable).await;

        ada.press("Jump to the next end").await;
        ada.sees_in(Window::NEWEST, "Production SSH ended").await;
        ada.sees_button("Ask again").await;
        ada.sees_no_button("I'm done").await;
        ada.sees_access("ada-mbp", "prod-web", "no access").await;
        grace.sees_in(Window::NEWEST, "after its 1 h").await;
        grace.sees_no_button("Revoke…").await;
        grace.photo(Picture::Ended).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_is_asked_for_from_the_menu_of_a_message() {
    tell(async |story| {
        let ada = story.window(ADA).await;
        ada.go(ADA, "C0PROD").await;
        ada.sees("Checkout is slow for a few customers").await;
        ada.press("⋯").await;
        ada.press("⚡ Request access for this").await;
        ada.sees_dialog("Request access").await;
        ada.choose("What do you need?", AN_HOUR.profile).await;
        ada.sees("Sets custom:prodSsh for at most 8 h").await;
        ada.choose("On which device?", "ada-mbp").await;
        let link = "https://example.slack.com/archives/C0PROD/p";
        ada.eventually("the reason begins with a link", async || {
            let why = "return [...document.querySelectorAll('textarea')].at(-1)?.value";
            let why = ada.run(why, Vec::new()).await;
            why.as_str()?.starts_with(link).then_some(())
        })
        .await;
        ada.photo(Picture::ForAMessage).await;
        ada.press("Ask for access").await;
        ada.sees("You'll hear by DM").await;
        let grace = story.window(GRACE).await;
        sees_request(&grace).await;
        grace.sees_in(Window::NEWEST, link).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_is_given_back_by_a_click() {
    tell(async |story| {
        let ada = story.window(ADA).await;
        ask(&ada, &AN_HOUR).await;
        let grace = story.window(GRACE).await;
        sees_request(&grace).await;
        grace.press("Approve").await;
        ada.sees_access("ada-mbp", "prod-web", "reachable until")
            .await;
        ada.press("I'm done").await;
        ada.sees_access("ada-mbp", "prod-web", "no access").await;
        grace
            .sees_in(Window::NEWEST, "Given back by Ada Lovelace")
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_said_beside_the_form() {
    tell(async |story| {
        let ada = story.window(ADA).await;
        fill_in(&ada, &AN_HOUR).await;
        ada.fill("Why?", "").await;
        ada.press("Ask for access").await;
        ada.sees_in("dialog[open] .field-error", "Please complete this field.")
            .await;
        ada.fill("Why?", AN_HOUR.why).await;
        ada.tick("Custom…").await;
        ada.fill("How long exactly?", "9 days").await;
        ada.holds("Why?", AN_HOUR.why).await;
        ada.press("Ask for access").await;
        ada.sees_in("dialog[open] .field-error", "Write it like 45m")
            .await;
        ada.fill("How long exactly?", "45m").await;
        ada.holds("Why?", AN_HOUR.why).await;
        ada.press("Ask for access").await;
        ada.sees("You'll hear by DM").await;
        ada.press("Close").await;
        ada.sees_in(
            Window::NEWEST,
            "Asked for Production SSH on ada-mbp (45 min)",
        )
        .await;
    })
    .await;
}
