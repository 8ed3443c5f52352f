//! `/access list`, `who` and `profiles`: what is open and what exists, to those who may know.

use super::{BOB, ada_has, told, world};
use crate::on_both_databases;
use crate::scenarios::bad_input::refusals_of;
use crate::support::world::{ADA, Base, GIL, GRACE, LINUS, SAM};
use lapse::domain::ids::{GrantId, NodeId, Origin, RequestId};
use lapse::domain::number::RequestNumber;

on_both_databases!(
    one_lists_what_one_has_and_waits_for,
    approvers_and_security_list_what_they_may_review,
    who_tells_approvers_who_has_it_and_others_who_approves,
    profiles_are_those_that_one_may_ask_for,
);

async fn one_lists_what_one_has_and_waits_for(base: Base) {
    let world = world(base).await;
    let none = told(&world, ADA, "list").await;
    assert!(none.contains("You have nothing open"), "{none}");
    let open = ada_has(&world, "request prod-ssh for 1h because INC-42 failover").await;
    told(&world, ADA, "request prod-db for 30m on ada-mbp").await;
    let waiting = world.newest_request(ADA).await;
    let list = told(&world, ADA, "List mine").await;
    for says in [
        format!("{} · Production SSH on ada-mbp, open until", open.number),
        format!(
            "{} · Production database on ada-mbp (30 min), waits until",
            waiting.number
        ),
    ] {
        assert!(list.contains(&says), "{says}: {list}");
    }
    assert!(!list.contains("Ada Lovelace"), "all of it is hers: {list}");
    let others = told(&world, GRACE, "list").await;
    assert!(others.contains("You have nothing open"), "{others}");
    world.nothing_was_refused();
}

async fn approvers_and_security_list_what_they_may_review(base: Base) {
    let world = world(base).await;
    ada_has(&world, "request prod-ssh for 1h because INC-42 failover").await;
    ada_has(&world, "request prod-db for 30m on ada-mbp").await;
    let (ssh, db) = (
        "Ada Lovelace: Production SSH",
        "Ada Lovelace: Production database",
    );
    // Linus alone approves the database.
    for (who, line, sees, sees_not) in [
        (LINUS, "list all", vec![ssh, db], vec![]),
        (SAM, "list all", vec![ssh, db], vec![]),
        (GRACE, "list all", vec![ssh], vec![db]),
        (LINUS, "list prod-db", vec![db], vec![ssh]),
        (GRACE, "list Production SSH", vec![ssh], vec![db]),
        (
            SAM,
            "list wiki",
            vec!["Nothing is open in The wiki"],
            vec![],
        ),
    ] {
        let list = told(&world, who, line).await;
        for says in sees {
            assert!(list.contains(says), "{who} {line}: {list}");
        }
        for says in sees_not {
            assert!(!list.contains(says), "{who} {line}: {list}");
        }
        assert!(!list.contains("failover"), "no reasons: {list}");
    }
    // Grace may ask for the database and not review it; Ada and Bob review nothing.
    for (who, line, says, reason) in [
        (
            GRACE,
            "list prod-db",
            "only for the people who may review",
            "only_for_reviewers",
        ),
        (
            ADA,
            "list prod-ssh",
            "only for the people who may review",
            "only_for_reviewers",
        ),
        (
            BOB,
            "list all",
            "no profile that you may review",
            "reviews_nothing",
        ),
    ] {
        let refused = told(&world, who, line).await;
        assert!(refused.contains(says), "{who} {line}: {refused}");
        assert!(!refused.contains("Ada Lovelace"), "{refused}");
        let recorded = refusals_of(&world, who).await;
        assert!(
            recorded.contains(&format!("list: {reason}")),
            "{recorded:?}"
        );
    }
    unknown_is_unknown(&world, "list").await;
    world.nothing_was_refused();
}

/// A profile that Bob may neither ask for nor review, and one that nobody has.
async fn unknown_is_unknown(world: &crate::support::world::World, word: &str) {
    let real = told(world, BOB, &format!("{word} wiki")).await;
    let made_up = told(world, BOB, &format!("{word} xyzw")).await;
    assert_eq!(real.replace("wiki", "xyzw"), made_up);
    assert!(real.contains("I don't know the profile wiki"), "{real}");
    let recorded = refusals_of(world, BOB).await;
    assert!(
        recorded.contains(&format!("{word}: no_such_profile")),
        "{recorded:?}"
    );
}

/// A list is bounded, and says how much more there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_list_says_how_many_more_there_are() {
    let world = world(Base::Sqlite).await;
    let line = "request prod-ssh for 1h because INC-42 failover";
    let request = ada_has(&world, line).await;
    let (request, grant) = (
        world.request(&request).await,
        world.grant_of(&request).await,
    );
    let mut tx = world.app().store.begin().await.expect("begin");
    for nth in 1..=16_u32 {
        let mut another = request.clone();
        another.id = RequestId::new(format!("copy-{nth:02}"));
        another.number = RequestNumber(1_000 + nth);
        another.origin = Origin::new(format!("copy:{nth}"));
        another.reviews.clear();
        tx.insert_request(&another).await.expect("stored");
        let mut open = grant.clone();
        open.id = GrantId::of(&another.id);
        open.request = another.id;
        open.number = another.number;
        open.key.node = NodeId::new(format!("nCopy{nth}CNTRL"));
        tx.insert_grant(&open).await.expect("stored");
    }
    tx.commit().await.expect("commit");
    for (who, line) in [
        (LINUS, "list all"),
        (SAM, "list prod-ssh"),
        (GRACE, "who prod-ssh"),
        (ADA, "list"),
    ] {
        let list = told(&world, who, line).await;
        assert!(list.contains("and 2 more"), "{who} {line}: {list}");
    }
}

async fn who_tells_approvers_who_has_it_and_others_who_approves(base: Base) {
    let world = world(base).await;
    let none = told(&world, GRACE, "who prod-ssh").await;
    assert!(none.contains("Nobody has it open now"), "{none}");
    let open = ada_has(&world, "request prod-ssh for 1h because INC-42 failover").await;
    for who in [GRACE, LINUS, SAM] {
        let told = told(&world, who, "who has prod-ssh").await;
        assert!(
            told.contains("Approvers of Production SSH (prod-ssh): @prod-approvers"),
            "{told}"
        );
        let line = format!("{} · Ada Lovelace: Production SSH on ada-mbp", open.number);
        assert!(told.contains(&line), "{who}: {told}");
    }
    for who in [ADA, BOB] {
        let told = told(&world, who, "WHO Production SSH").await;
        assert!(
            told.contains("for you: Grace Hopper or Linus Torvalds"),
            "{told}"
        );
        assert!(
            !told.contains("ada-mbp") && !told.contains("has it"),
            "{told}"
        );
    }
    unknown_is_unknown(&world, "who").await;
    let which = told(&world, ADA, "who").await;
    assert!(which.contains("Say which profile"), "{which}");
    world.nothing_was_refused();
}

async fn profiles_are_those_that_one_may_ask_for(base: Base) {
    let world = world(base).await;
    let adas = told(&world, ADA, "profiles").await;
    for says in [
        "prod-ssh · Production SSH · tcp:22 on tag:prod · 30 min, 1 h or 2 h, at most 8 h · approved by @prod-approvers",
        "prod-db · Production database",
        "approved by linus@example.com",
        "staging · Staging, all ports",
        "/access request prod-ssh for 1h because",
    ] {
        assert!(adas.contains(says), "{says}: {adas}");
    }
    assert!(!adas.contains("wiki"), "{adas}");
    let graces = told(&world, GRACE, "profiles").await;
    assert!(graces.contains("wiki · The wiki"), "{graces}");
    let gils = told(&world, GIL, "profiles").await;
    assert!(gils.contains("full members of this workspace"), "{gils}");
    assert!(!gils.contains("prod-ssh"), "{gils}");
    let near = told(&world, ADA, "profile").await;
    assert!(
        near.contains("I don't know profile. Did you mean profiles?"),
        "{near}"
    );
    world.nothing_was_refused();
}
