//! `/access done`, `cancel` and `revoke`: what the buttons do, in words.

use super::{BOB, ada_has, told, with_a_phone, world};
use crate::on_both_databases;
use crate::scenarios::bad_input::refusals_of;
use crate::support::logs;
use crate::support::world::{ADA, ADAS_MAC, ADAS_PHONE, Base, GRACE, LINUS, PROD_SSH, SAM};
use lapse::domain::grant::{EndReason, GrantState};
use lapse::domain::request::RequestState;

on_both_databases!(
    done_gives_back_the_one_access_that_there_is,
    done_asks_which_when_there_are_several,
    cancel_withdraws_what_still_waits,
    revoke_takes_it_away_with_a_note,
);

const ASK: &str = "request prod-ssh for 1h on ada-mbp because INC-42";

async fn done_gives_back_the_one_access_that_there_is(base: Base) {
    let world = world(base).await;
    let none = told(&world, ADA, "done").await;
    assert!(
        none.contains("You have nothing open. Nothing changed."),
        "{none}"
    );
    let open = ada_has(&world, ASK).await;
    let other = told(&world, ADA, "done staging").await;
    assert!(
        other.contains("You have nothing open that is called staging"),
        "{other}"
    );
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    let given = told(&world, ADA, "done").await;
    let says = format!("Giving back Production SSH on ada-mbp ({})", open.number);
    assert!(given.contains(&says), "{given}");
    world.calm().await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert!(world.trail(&open).await.contains(&"ended"));
    let again = told(&world, ADA, &format!("done {}", open.number)).await;
    assert!(again.contains("recorded already"), "{again}");
    world.nothing_was_refused();
}

async fn done_asks_which_when_there_are_several(base: Base) {
    let world = with_a_phone(base).await;
    let mac = ada_has(&world, ASK).await;
    let phone = ada_has(
        &world,
        "request prod-ssh for 30m on ada-phone because INC-42",
    )
    .await;
    let db = ada_has(&world, "request prod-db for 30m on ada-mbp").await;
    let which = told(&world, ADA, "done").await;
    for number in [mac.number, phone.number, db.number] {
        assert!(which.contains(&format!("/access done {number}")), "{which}");
    }
    let which = told(&world, ADA, "done production ssh").await;
    assert!(
        which.contains("You have 2 open") && which.contains("ada-phone"),
        "{which}"
    );
    assert!(!which.contains("database"), "{which}");
    let short = phone.number.to_string().replace("REQ-", "").to_lowercase();
    let given = told(&world, ADA, &format!("done {short}")).await;
    assert!(
        given.contains("Giving back Production SSH on ada-phone"),
        "{given}"
    );
    world.calm().await;
    let given = told(&world, ADA, "done prod-db").await;
    assert!(given.contains("Giving back Production database"), "{given}");
    world.calm().await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH), "as it was");
    assert!(!world.tailnet.has_attribute(ADAS_PHONE, PROD_SSH));

    // Somebody else's is not hers to give back, and for a stranger there is none.
    let not_hers = told(&world, GRACE, &format!("done {}", mac.number)).await;
    assert!(
        not_hers.contains("Only the person who asked can do that"),
        "{not_hers}"
    );
    let real = told(&world, BOB, &format!("done {}", mac.number)).await;
    let made_up = told(&world, BOB, "done REQ-ZZZZ").await;
    assert_eq!(real, made_up);
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert!(
        refusals_of(&world, BOB)
            .await
            .contains(&"release: no_such_request".to_owned())
    );
    world.nothing_was_refused();
}

async fn cancel_withdraws_what_still_waits(base: Base) {
    let world = world(base).await;
    told(&world, ADA, ASK).await;
    let request = world.newest_request(ADA).await;
    let cancel = format!("cancel {}", request.number);
    let not_hers = told(&world, GRACE, &cancel).await;
    assert!(
        not_hers.contains("Only the person who asked can do that"),
        "{not_hers}"
    );
    let (real, made_up) = (
        told(&world, BOB, &cancel).await,
        told(&world, BOB, "cancel REQ-ZZZZ").await,
    );
    assert_eq!(real, made_up);
    assert!(real.contains("There is no such request"), "{real}");
    for (line, says) in [
        ("cancel", "Say which request: /access cancel REQ-7F3K"),
        ("cancel it", "it is no request"),
    ] {
        let told = told(&world, ADA, line).await;
        assert!(
            told.contains(says) && told.contains("Nothing changed"),
            "{told}"
        );
    }
    assert_eq!(world.request(&request).await.state, RequestState::Pending);
    let done = told(&world, ADA, &cancel.to_lowercase()).await;
    assert!(
        done.contains("is cancelled. Nothing was granted."),
        "{done}"
    );
    let stored = world.request(&request).await;
    assert!(
        matches!(stored.state, RequestState::Cancelled { .. }),
        "{stored:?}"
    );
    let again = told(&world, ADA, &cancel).await;
    assert!(again.contains("Ada Lovelace cancelled this at"), "{again}");
    world.calm().await;
    world.card(GRACE, "Cancelled by Ada Lovelace").await;
    world.nothing_was_refused();
}

async fn revoke_takes_it_away_with_a_note(base: Base) {
    let world = world(base).await;
    logs::never_log("during the freeze");
    let open = ada_has(&world, ASK).await;
    let revoke = format!("revoke {} not “during the freeze”, sorry", open.number);
    let hers = told(&world, ADA, &revoke).await;
    assert!(
        hers.contains("You are not one of the people who may review"),
        "{hers}"
    );
    let (real, made_up) = (
        told(&world, BOB, &revoke).await,
        told(&world, BOB, "revoke REQ-ZZZZ because").await,
    );
    assert_eq!(real, made_up);
    let bare = told(&world, GRACE, &format!("revoke {}", open.number)).await;
    assert!(bare.contains("Say in a few words why"), "{bare}");
    let long = format!("revoke {} {}", open.number, "x".repeat(501));
    let long = told(&world, GRACE, &long).await;
    assert!(long.contains("At most 500 characters"), "{long}");
    assert!(
        world.tailnet.has_attribute(ADAS_MAC, PROD_SSH),
        "nothing changed"
    );

    let done = told(&world, GRACE, &revoke).await;
    assert!(
        done.contains("Revoking the access of Ada Lovelace to Production SSH on ada-mbp"),
        "{done}"
    );
    world.calm().await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    let grant = world.grant_of(&open).await;
    let GrantState::Ended { ending, .. } = grant.state else {
        panic!("it has not ended: {grant:?}");
    };
    assert_eq!(ending.why, EndReason::Revoked);
    assert_eq!(
        ending.note.as_deref(),
        Some("not “during the freeze”, sorry")
    );
    let again = told(&world, LINUS, &revoke).await;
    assert!(
        again.contains("is not open any more: Grace Hopper revoked it"),
        "{again}"
    );
    let security = told(&world, SAM, &format!("status {}", open.number)).await;
    assert!(security.contains("I sent you the card"), "{security}");
    world.nothing_was_refused();
}
