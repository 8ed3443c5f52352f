//! Home tabs: whose is kept up to date, and what is on theirs.

use super::harness::{Db, on_both};
use super::samples::{later, noon, person, request, review, reviewed, stored};
use lapse::domain::grant::{Grant, GrantState};
use lapse::domain::ids::{PersonId, ProfileId};
use lapse::domain::request::{Request, RequestState, Verdict};
use lapse::store::{Home, OthersGrants, OwnRequests, Reviewable, Watch};
use std::collections::BTreeSet;

on_both!(
    a_home_remembers_what_it_shows_until_it_is_opened,
    a_change_concerns_the_requester_and_who_watches,
    the_most_lately_opened_come_first,
    a_forgotten_home_is_concerned_by_nothing,
    what_waits_for_somebody_is_listed_and_counted,
    what_is_open_for_others_is_listed_and_counted,
    requests_come_by_their_ids,
);

fn id(person: &str) -> PersonId {
    PersonId::new(person)
}

fn people(ids: &[&str]) -> BTreeSet<PersonId> {
    ids.iter().map(|who| id(who)).collect()
}

async fn opened(db: &Db, who: &str, at: i64, watches: &[Watch]) -> Home {
    db.store
        .home_opened(&id(who), later(at))
        .await
        .expect("opened");
    let home = db.store.home(&id(who)).await.expect("read").expect("there");
    let watches = watches.iter().cloned().collect();
    db.store.home_watches(&home, &watches).await.expect("kept");
    home
}

fn watch(profile: &str) -> Watch {
    Watch::Profile(ProfileId::new(profile))
}

async fn concerned(db: &Db, requester: &str, profile: &str, limit: u32) -> BTreeSet<PersonId> {
    let (who, profile) = (id(requester), ProfileId::new(profile));
    let concerned = db.store.homes_concerned(&who, &profile, limit).await;
    concerned.expect("read")
}

async fn a_home_remembers_what_it_shows_until_it_is_opened(db: Db) {
    let ada = id("U1");
    assert_eq!(db.store.home(&ada).await.expect("read"), None);
    let home = opened(&db, "U1", 0, &[]).await;
    assert_eq!((home.opened_at, home.shown.as_ref()), (noon(), None));
    db.store.home_shown(&home, "one").await.expect("kept");
    let shown = db.store.home(&ada).await.expect("read").expect("there");
    assert_eq!(shown.shown.as_deref(), Some("one"));

    db.store.home_used(&ada, later(5)).await.expect("used");
    let used = db.store.home(&ada).await.expect("read").expect("there");
    assert_eq!(used.shown.as_deref(), Some("one"), "it still shows that");
    db.store.home_opened(&ada, later(9)).await.expect("opened");
    // A publish that began before comes late.
    db.store.home_shown(&used, "two").await.expect("kept");
    let anew = db.store.home(&ada).await.expect("read").expect("there");
    assert_eq!((anew.opened_at, anew.shown), (later(9), None));
}

async fn a_change_concerns_the_requester_and_who_watches(db: Db) {
    opened(&db, "U1", 0, &[]).await;
    opened(&db, "U2", 0, &[watch("a"), watch("b")]).await;
    opened(&db, "U3", 0, &[Watch::Everything]).await;
    assert_eq!(
        concerned(&db, "U1", "a", 9).await,
        people(&["U1", "U2", "U3"])
    );
    assert_eq!(concerned(&db, "U9", "c", 9).await, people(&["U3"]));
    assert_eq!(concerned(&db, "U2", "b", 9).await, people(&["U2", "U3"]));
    opened(&db, "U2", 1, &[watch("b")]).await;
    assert_eq!(concerned(&db, "U9", "a", 9).await, people(&["U3"]));
    assert_eq!(concerned(&db, "U9", "b", 9).await, people(&["U2", "U3"]));
}

async fn the_most_lately_opened_come_first(db: Db) {
    for (nth, who) in ["U1", "U2", "U3", "U4"].into_iter().enumerate() {
        let watched = [watch("a")];
        opened(&db, who, i64::try_from(nth).expect("few"), &watched).await;
    }
    assert_eq!(concerned(&db, "U9", "a", 2).await, people(&["U3", "U4"]));
    opened(&db, "U1", 60, &[watch("a")]).await;
    assert_eq!(concerned(&db, "U9", "a", 2).await, people(&["U1", "U4"]));
}

async fn a_forgotten_home_is_concerned_by_nothing(db: Db) {
    opened(&db, "U1", 0, &[watch("a")]).await;
    opened(&db, "U2", 60, &[watch("a")]).await;
    opened(&db, "U3", 60, &[watch("a")]).await;
    assert_eq!(db.store.forget_homes(later(30)).await.expect("done"), 1);
    db.store.forget_home(&id("U3")).await.expect("done");
    assert_eq!(concerned(&db, "U1", "a", 9).await, people(&["U2"]));
    assert_eq!(db.store.home(&id("U3")).await.expect("read"), None);
}

async fn change(db: &Db, request: &Request) {
    let mut tx = db.store.begin().await.expect("begin");
    tx.update_request(request).await.expect("it is the next");
    tx.commit().await.expect("commit");
}

async fn what_waits_for_somebody_is_listed_and_counted(db: Db) {
    // Mine is 2; 3 has my approval; 4 had it before the facts changed; 5 is over; 6 is elsewhere.
    let mut requests = Vec::new();
    for (number, who, profile) in [
        (1, "U1", "a"),
        (2, "U9", "a"),
        (3, "U3", "b"),
        (4, "U4", "a"),
        (5, "U5", "a"),
        (6, "U6", "c"),
    ] {
        requests.push(stored(&db.store, number, who, profile).await);
    }
    change(
        &db,
        &reviewed(&requests[2], review("U9", Verdict::Approve, 1)),
    )
    .await;
    let approved = reviewed(&requests[3], review("U9", Verdict::Approve, 1));
    change(&db, &approved).await;
    let mut moved = approved.clone();
    (moved.version, moved.facts_number, moved.approvals_from) = (approved.version + 1, 2, 2);
    change(&db, &moved).await;
    let mut denied = requests[4].clone();
    denied.version += 1;
    denied.state = RequestState::Lapsed { at: later(5) };
    change(&db, &denied).await;

    let grace = id("U9");
    for (own, expected) in [
        (OwnRequests::LeftOut, vec![1, 4]),
        (OwnRequests::Included, vec![1, 2, 4]),
    ] {
        let profiles = ["b", "a"].map(|profile| Reviewable {
            profile: ProfileId::new(profile),
            own,
        });
        let now = later(10);
        let waiting = db.store.waiting_for(&grace, &profiles, now, 9).await;
        let numbers: Vec<u32> = waiting.expect("read").iter().map(|r| r.number.0).collect();
        assert_eq!(numbers, expected);
        let few = db.store.waiting_for(&grace, &profiles, now, 1).await;
        assert_eq!(few.expect("read").len(), 1);
        for (limit, counted) in [(9, expected.len()), (1, 1), (2, 2)] {
            let count = db
                .store
                .count_waiting_for(&grace, &profiles, now, limit)
                .await;
            assert_eq!(count.expect("read") as usize, counted, "up to {limit}");
        }
        // Number 1 has until an hour after it was asked.
        let late = db
            .store
            .waiting_for(&grace, &profiles, later(3_601), 9)
            .await;
        assert!(late.expect("read").iter().all(|r| r.number.0 > 1));
    }
}

async fn what_is_open_for_others_is_listed_and_counted(db: Db) {
    let mut tx = db.store.begin().await.expect("begin");
    for (number, who, profile) in [
        (1, "U1", "a"),
        (2, "U2", "b"),
        (3, "U3", "a"),
        (4, "U4", "c"),
    ] {
        let request = request(number, who, profile);
        tx.insert_request(&request).await.expect("insert");
        let grant = Grant::open(&request, &[person("U9")], later(i64::from(number)), noon());
        tx.insert_grant(&grant).await.expect("insert");
        if number == 3 {
            let mut failed = grant.clone();
            failed.version += 1;
            failed.state = GrantState::Active { since: later(1) };
            tx.update_grant(&failed).await.expect("update");
        }
    }
    tx.commit().await.expect("commit");
    let everywhere = OthersGrants::Everywhere;
    let some = OthersGrants::In(["a", "b"].map(ProfileId::new).into());
    for (who, place, expected) in [
        ("U9", &everywhere, vec![1, 2, 3, 4]),
        ("U1", &everywhere, vec![2, 3, 4]),
        ("U9", &some, vec![1, 2, 3]),
        ("U3", &some, vec![1, 2]),
    ] {
        let grants = db.store.open_grants_of_others(&id(who), place, 9).await;
        let numbers: Vec<u32> = grants.expect("read").iter().map(|g| g.number.0).collect();
        assert_eq!(numbers, expected);
        let first = db.store.open_grants_of_others(&id(who), place, 1).await;
        assert_eq!(first.expect("read")[0].number.0, expected[0]);
        for (limit, counted) in [(9, expected.len()), (1, 1)] {
            let count = db.store.count_open_of_others(&id(who), place, limit).await;
            assert_eq!(count.expect("read") as usize, counted);
        }
    }
}

async fn requests_come_by_their_ids(db: Db) {
    let mut ids = Vec::new();
    for number in 1..=11 {
        let request = stored(&db.store, number, &format!("U{number}"), "a").await;
        if number == 2 {
            change(&db, &reviewed(&request, review("U9", Verdict::Approve, 1))).await;
        }
        ids.push(request.id);
    }
    ids.push(lapse::domain::ids::RequestId::new("nothing"));
    let found = db.store.requests_with_ids(&ids).await.expect("read");
    assert_eq!(found.len(), 11);
    assert_eq!(found[1].reviews.len(), 1);
    let none = db.store.requests_with_ids(&[]).await.expect("read");
    assert!(none.is_empty());
}
