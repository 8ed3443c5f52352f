//! The home tab in a window: reviewed, open and given back without a card.

use super::pictures::Picture;
use super::story::{ADA, AN_HOUR, GRACE, ask, tell};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_is_approved_and_given_back_on_home_tabs() {
    tell(async |story| {
        let (ada, grace) = (story.window(ADA).await, story.window(GRACE).await);
        grace.go(GRACE, "home").await;
        grace.sees_in(".home", "Nobody waits for you.").await;
        ask(&ada, &AN_HOUR).await;
        grace
            .sees_in(".home", "Ada Lovelace asks for Production SSH on ada-mbp")
            .await;
        grace.sees_in(".home", "INC-42 database failover").await;
        grace.press("Approve").await;
        grace.sees_in(".home", "Nobody waits for you.").await;
        grace
            .sees_in(".home", "Ada Lovelace has Production SSH on ada-mbp")
            .await;
        grace.sees_button("Revoke…").await;

        ada.go(ADA, "home").await;
        ada.sees_in(".home", "Production SSH is open on ada-mbp")
            .await;
        ada.sees_access("ada-mbp", "prod-web", "reachable until")
            .await;
        ada.photo(Picture::Home).await;
        ada.press("I'm done").await;
        ada.sees_in(".home", "Given back by Ada Lovelace").await;
        ada.sees_access("ada-mbp", "prod-web", "no access").await;
        ada.press("Request access").await;
        ada.sees_dialog("Request access").await;
    })
    .await;
}
