//! What a home shows, and how it follows what happens.

use super::{HOUR, dialog, has_block, home, let_homes_follow, open_home, press, until_home_says};
use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, LINUS, PROD_SSH, SAM, World};

on_both_databases!(
    the_homes_of_everybody_concerned_follow_a_request_to_its_end,
    who_may_see_what_is_open,
);

async fn the_homes_of_everybody_concerned_follow_a_request_to_its_end(base: Base) {
    let world = World::on(base).await;
    for who in [ADA, GRACE] {
        let view = open_home(&world, who).await;
        assert!(view.says("Nothing is open for you."), "{view:#?}");
        assert!(view.says("Request access"), "{view:#?}");
        assert_eq!(view.says("Nobody waits for you."), who == GRACE);
    }

    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let_homes_follow(&world).await;
    let waiting = home(&world, GRACE);
    for words in [
        "Ada Lovelace asks for Production SSH",
        "tcp:22 on tag:prod",
        "INC-42 db failover",
        "You can approve because you are in @prod-approvers",
    ] {
        assert!(waiting.says(words), "{words}: {waiting:#?}");
    }
    assert!(waiting.says(&request.number.to_string()));
    assert!(home(&world, ADA).says("Asked for Production SSH"));
    assert!(world.person(LINUS).home().is_none(), "he has never looked");

    press(&world, GRACE, "waiting", &request, "approve").await;
    until_home_says(&world, GRACE, "Nobody waits for you.").await;
    let_homes_follow(&world).await;
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert!(home(&world, ADA).says("Production SSH is open on"));
    assert!(home(&world, GRACE).says("Ada Lovelace has Production SSH"));
    assert_eq!(
        world.trail(&request).await,
        ["requested", "approved", "activated"]
    );

    press(&world, ADA, "access", &request, "release").await;
    let_homes_follow(&world).await;
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    let over = home(&world, ADA);
    assert!(over.says("Given back by Ada Lovelace"), "{over:#?}");
    assert!(over.says("Ask again"), "{over:#?}");
    assert!(!has_block(&over, &format!("access:{}", request.number)));
    assert!(home(&world, GRACE).says("Nothing is open for others."));
    world.nothing_was_refused();
}

async fn who_may_see_what_is_open(base: Base) {
    let world = World::on(base).await;
    let request = world.ada_asks(HOUR, "INC-42").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    let (of_linus, of_sam, of_ada) = (
        open_home(&world, LINUS).await,
        open_home(&world, SAM).await,
        open_home(&world, ADA).await,
    );
    let revoke = format!("open:{}", request.number);
    assert!(has_block(&of_linus, &revoke), "{of_linus:#?}");
    assert!(has_block(&of_sam, &revoke), "{of_sam:#?}");
    assert!(of_sam.says("Lapse is well"), "{of_sam:#?}");
    assert!(!of_sam.says("Waiting for you"), "Sam reviews nothing");
    for hidden in ["Lapse is well", "Open now", "Waiting for you"] {
        assert!(!of_ada.says(hidden), "{hidden}: {of_ada:#?}");
    }
    assert!(!of_linus.says("Lapse is well"), "{of_linus:#?}");
    for absent in ["Extend", "ockdown", "reak"] {
        for view in [&of_linus, &of_sam, &of_ada] {
            assert!(!view.says(absent), "{absent}: {view:#?}");
        }
    }
    world.nothing_was_refused();
}

/// Security reads on their own home what `/readyz` tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn security_reads_what_ails_lapse() {
    let world = World::on(Base::Sqlite).await;
    let well = open_home(&world, SAM).await;
    assert!(well.says("Lapse is well"), "{well:#?}");
    world.slack.set_date_skew(-95);
    world.app().read_user_groups().await;
    world.slack.set_scopes(&["chat:write", "commands"]);
    let installation = world.app().slack.auth_test().await.expect("it answers");
    world.app().installed.set(installation);
    let ill = open_home(&world, SAM).await;
    for words in [
        "Slack did not grant every scope",
        "usergroups:read",
        "The clock of this machine is",
    ] {
        assert!(ill.says(words), "{words}: {ill:#?}");
    }
    assert!(!ill.says("Lapse is well"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_form_opens_from_the_home() {
    let world = World::on(Base::Sqlite).await;
    open_home(&world, ADA).await;
    let ada = world.person(ADA);
    ada.press_home("request_access").await.expect("it arrives");
    let form = dialog(&world, ADA, "Request access").await;
    assert!(form.says("Production SSH"), "{form:#?}");
    world.nothing_was_refused();
}
