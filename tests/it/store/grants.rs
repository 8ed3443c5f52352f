//! Grants: by key, by holder, by profile, and when the clock has to look at them.

use super::harness::{Db, on_both};
use super::samples::{grant, in_state, later, noon, request, stored};
use lapse::domain::grant::{
    EndReason, Ending, FailureCause, Grant, GrantState, HeldBy, Opened, WriteMark,
};
use lapse::domain::ids::{PersonId, ProfileId};
use lapse::store::{Due, GrantCursor, Inserted, OpenGrants, Store, StoreError};

on_both!(
    every_state_comes_back,
    an_old_version_changes_nothing,
    a_request_opens_one_grant,
    a_key_shows_who_has_a_claim_on_it,
    open_grants_come_in_pages_without_a_gap,
    the_clock_finds_what_is_due,
);

fn ending(why: EndReason) -> Ending {
    Ending {
        why,
        by: None,
        note: Some("over".to_owned()),
        at: later(5),
        opened: Opened::Perhaps,
    }
}

async fn opened(store: &Store, number: u32, who: &str, profile: &str) -> Grant {
    let request = stored(store, number, who, profile).await;
    let grant = grant(&request);
    let mut tx = store.begin().await.expect("begin");
    tx.insert_grant(&grant).await.expect("insert");
    tx.commit().await.expect("commit");
    grant
}

async fn update(store: &Store, grant: &Grant) {
    let mut tx = store.begin().await.expect("begin");
    tx.update_grant(grant).await.expect("update");
    tx.commit().await.expect("commit");
}

async fn every_state_comes_back(db: Db) {
    let mut grant = opened(&db.store, 1, "U1", "prod").await;
    assert_eq!(
        db.store.grant(&grant.id).await.expect("read"),
        Some(grant.clone())
    );
    let cause = FailureCause::Refused {
        status: 403,
        sentence: "no".to_owned(),
    };
    let never = EndReason::NeverOpened {
        cause: Some(cause.clone()),
    };
    let states = [
        GrantState::Active { since: later(1) },
        GrantState::Ending {
            ending: ending(EndReason::Failed {
                cause: cause.clone(),
            }),
        },
        GrantState::Failed {
            cause,
            at: later(6),
            opened: Opened::Never,
        },
        GrantState::Ended {
            ending: ending(never),
            at: later(7),
        },
    ];
    for state in states {
        grant = in_state(&grant, state);
        grant.write = WriteMark::Sent;
        grant.warned_at = Some(later(2));
        grant.late_since = Some(later(3));
        grant.held_by = Some(HeldBy::ToldToWait { until: later(4) });
        update(&db.store, &grant).await;
        assert_eq!(
            db.store.grant(&grant.id).await.expect("read"),
            Some(grant.clone())
        );
    }
}

async fn an_old_version_changes_nothing(db: Db) {
    let first = opened(&db.store, 1, "U1", "prod").await;
    let active = in_state(&first, GrantState::Active { since: later(1) });
    update(&db.store, &active).await;
    let late = in_state(
        &first,
        GrantState::Failed {
            cause: FailureCause::DeviceGone,
            at: later(2),
            opened: Opened::Never,
        },
    );
    let mut tx = db.store.begin().await.expect("begin");
    let outcome = tx.update_grant(&late).await;
    assert!(matches!(outcome, Err(StoreError::Conflict)));
    drop(tx);
    assert_eq!(db.store.grant(&first.id).await.expect("read"), Some(active));
}

async fn a_request_opens_one_grant(db: Db) {
    let grant = opened(&db.store, 1, "U1", "prod").await;
    let mut tx = db.store.begin().await.expect("begin");
    let second = tx.insert_grant(&grant).await;
    assert!(matches!(second, Err(StoreError::Conflict)));
}

async fn a_key_shows_who_has_a_claim_on_it(db: Db) {
    let mut tx = db.store.begin().await.expect("begin");
    let mut grants = Vec::new();
    for number in 1..=4 {
        // One device, several profiles that write the same attribute.
        let request = request(number, "U1", &format!("profile-{number}"));
        let inserted = tx.insert_request(&request).await.expect("insert");
        assert_eq!(inserted, Inserted::Stored);
        grants.push(grant(&request));
        tx.insert_grant(&grants[grants.len() - 1])
            .await
            .expect("insert");
    }
    grants[1] = in_state(&grants[1], GrantState::Active { since: later(1) });
    let over = ending(EndReason::Released);
    grants[2] = in_state(
        &grants[2],
        GrantState::Ending {
            ending: over.clone(),
        },
    );
    let at = later(9);
    grants[3] = in_state(&grants[3], GrantState::Ended { ending: over, at });
    for grant in &grants[1..] {
        tx.update_grant(grant).await.expect("update");
    }
    let claims = tx.grants_on(&grants[0].key).await.expect("read");
    assert_eq!(claims, grants[..3]);
    tx.commit().await.expect("commit");

    let mut elsewhere = grants[0].key.clone();
    elsewhere.node = lapse::domain::ids::NodeId::new("nOther");
    assert_eq!(db.store.grants_on(&elsewhere).await.expect("read"), []);
}

async fn open_grants_come_in_pages_without_a_gap(db: Db) {
    let mut all = Vec::new();
    for number in 1..=7 {
        let who = if number % 2 == 0 { "U2" } else { "U1" };
        let profile = format!("profile-{number}");
        let mut grant = opened(&db.store, number, who, &profile).await;
        if number == 7 {
            let (ending, at) = (ending(EndReason::Expired), later(1));
            grant = in_state(&grant, GrantState::Ended { ending, at });
            update(&db.store, &grant).await;
        } else {
            all.push(grant);
        }
    }
    let mut seen: Vec<Grant> = Vec::new();
    loop {
        let cursor = seen.last().map(GrantCursor::from);
        let page = db
            .store
            .open_grants(&OpenGrants::All, cursor.as_ref(), 4)
            .await;
        let page = page.expect("a page");
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen, all);

    let of_two = OpenGrants::HeldBy(PersonId::new("U2"));
    let held = db.store.open_grants(&of_two, None, 10).await.expect("read");
    assert_eq!(held, [all[1].clone(), all[3].clone(), all[5].clone()]);

    let profiles = ["profile-5", "profile-3", "profile-7"].map(ProfileId::new);
    let within = OpenGrants::In(profiles.to_vec());
    let first = db.store.open_grants(&within, None, 1).await.expect("read");
    assert_eq!(first, [all[2].clone()]);
    let cursor = GrantCursor::from(&first[0]);
    let rest = db.store.open_grants(&within, Some(&cursor), 10).await;
    assert_eq!(rest.expect("read"), [all[4].clone()]);

    let twice = OpenGrants::In([profiles.clone(), profiles].concat());
    let nobodys = OpenGrants::HeldBy(PersonId::new("U3"));
    for (whose, count) in [
        (OpenGrants::All, 6),
        (of_two, 3),
        (nobodys, 0),
        (within, 2),
        (twice, 2),
    ] {
        let counted = db.store.count_open(&whose).await.expect("read");
        assert_eq!(counted, count, "{whose:?}");
    }
}

async fn the_clock_finds_what_is_due(db: Db) {
    assert_eq!(db.store.next_due().await.expect("read"), None);
    let request = stored(&db.store, 1, "U1", "prod").await;
    assert_eq!(
        db.store.next_due().await.expect("read"),
        Some(request.answer_by)
    );
    let grant = opened(&db.store, 2, "U2", "prod").await;
    assert_eq!(db.store.next_due().await.expect("read"), grant.due_at());
    assert_eq!(db.store.due(noon(), 10).await.expect("read"), []);

    let active = in_state(&grant, GrantState::Active { since: later(1) });
    update(&db.store, &active).await;
    assert_eq!(
        db.store.next_due().await.expect("read"),
        Some(active.warns_at())
    );
    let due = db.store.due(active.warns_at(), 10).await.expect("read");
    assert_eq!(due, [Due::Clock(grant.id.clone())]);

    let due = db.store.due(later(10_000), 10).await.expect("read");
    let second = lapse::domain::ids::RequestId::new("r000002");
    let expected = [
        Due::Clock(grant.id.clone()),
        Due::Lapse(request.id.clone()),
        Due::Lapse(second),
    ];
    assert_eq!(due, expected);
    let due = db.store.due(later(10_000), 1).await.expect("read");
    assert_eq!(due, expected[..1]);
}
