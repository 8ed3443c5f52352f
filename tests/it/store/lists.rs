//! Lists for people and small things that are kept: devices, deliveries, replicas.

use super::harness::{Db, on_both};
use super::samples::{later, noon, request, review, reviewed, stored};
use lapse::domain::device::{Authorization, Device, DeviceOrigin, Presence};
use lapse::domain::ids::{NodeId, PersonId, ProfileId};
use lapse::domain::person::Login;
use lapse::domain::request::{Reminded, RequestState, Verdict};

on_both!(
    a_persons_requests_come_newest_first,
    what_waits_comes_oldest_first,
    what_a_person_waits_for_comes_by_its_end,
    reviewers_are_remembered_by_profile,
    the_device_index_is_replaced,
    a_delivery_is_new_once,
    replicas_that_were_seen_lately_count,
    a_healthy_database_answers,
);

async fn a_persons_requests_come_newest_first(db: Db) {
    for number in 1..=5 {
        stored(&db.store, number, "U1", &format!("profile-{number}")).await;
    }
    stored(&db.store, 6, "U2", "prod").await;
    let mut third = request(3, "U1", "profile-3");
    third = reviewed(&third, review("U8", Verdict::Approve, 1));
    third = reviewed(&third, review("U9", Verdict::Approve, 1));
    let mut tx = db.store.begin().await.expect("begin");
    tx.update_request(&third)
        .await
        .expect_err("it skipped a version");
    drop(tx);
    third.version = 2;
    let mut tx = db.store.begin().await.expect("begin");
    tx.update_request(&third)
        .await
        .expect("two reviews at once");
    tx.commit().await.expect("commit");

    let ada = PersonId::new("U1");
    let requests = db.store.requests_of(&ada, 3).await.expect("read");
    let numbers: Vec<u32> = requests.iter().map(|request| request.number.0).collect();
    assert_eq!(numbers, [5, 4, 3]);
    assert_eq!(requests[2], third);
    let profile = ProfileId::new("profile-3");
    for (since, times) in [(noon(), 1), (later(4), 0)] {
        let asked = db.store.asked_lately(&ada, &profile, since).await;
        assert_eq!(asked.expect("read"), times);
    }
}

async fn what_waits_comes_oldest_first(db: Db) {
    for (number, profile) in [(1, "a"), (2, "b"), (3, "c"), (4, "a")] {
        stored(&db.store, number, &format!("U{number}"), profile).await;
    }
    let mut answered = stored(&db.store, 5, "U5", "a").await;
    answered.version += 1;
    answered.state = RequestState::Lapsed { at: later(9) };
    let mut tx = db.store.begin().await.expect("begin");
    tx.update_request(&answered).await.expect("it lapses");
    tx.commit().await.expect("commit");
    let profiles = ["b", "a", "a"].map(ProfileId::new);
    for (limit, expected) in [(10, vec![1, 2, 4]), (2, vec![1, 2])] {
        let pending = db.store.pending_for_profiles(&profiles, limit).await;
        let numbers: Vec<u32> = pending.expect("read").iter().map(|r| r.number.0).collect();
        assert_eq!(numbers, expected);
    }
}

async fn what_a_person_waits_for_comes_by_its_end(db: Db) {
    for (number, who) in [(3, "U1"), (1, "U1"), (2, "U2"), (4, "U1")] {
        stored(&db.store, number, who, &format!("profile-{number}")).await;
    }
    let mut reminded = stored(&db.store, 5, "U1", "profile-5").await;
    reminded.version += 1;
    reminded.reminded = Some(Reminded {
        times: 2,
        at: later(7),
    });
    let mut over = stored(&db.store, 6, "U1", "profile-6").await;
    over.version += 1;
    over.state = RequestState::Lapsed { at: later(9) };
    let mut tx = db.store.begin().await.expect("begin");
    tx.update_request(&reminded).await.expect("it is reminded");
    tx.update_request(&over).await.expect("it lapses");
    tx.commit().await.expect("commit");
    let ada = PersonId::new("U1");
    for (limit, expected) in [(10, vec![1, 3, 4, 5]), (2, vec![1, 3])] {
        let pending = db.store.waiting_of(&ada, limit).await.expect("read");
        let numbers: Vec<u32> = pending.iter().map(|r| r.number.0).collect();
        assert_eq!(numbers, expected);
    }
    let stored = db.store.request(&reminded.id).await.expect("read");
    assert_eq!(stored, Some(reminded));
}

async fn reviewers_are_remembered_by_profile(db: Db) {
    let mut request = stored(&db.store, 1, "U1", "prod").await;
    let mut tx = db.store.begin().await.expect("begin");
    for (by, at) in [("U8", 100), ("U9", 200)] {
        let mut review = review(by, Verdict::Approve, 1);
        review.at = later(at);
        request = reviewed(&request, review);
        tx.update_request(&request).await.expect("a review");
    }
    tx.commit().await.expect("commit");
    let mut second = stored(&db.store, 2, "U2", "prod").await;
    let mut earlier = review("U9", Verdict::Deny, 1);
    earlier.at = later(50);
    second = reviewed(&second, earlier);
    let mut tx = db.store.begin().await.expect("begin");
    tx.update_request(&second).await.expect("a review");
    tx.commit().await.expect("commit");
    let last = db
        .store
        .last_reviews(&ProfileId::new("prod"))
        .await
        .expect("read");
    assert_eq!(last[&PersonId::new("U8")], later(100).timestamp_millis());
    assert_eq!(last[&PersonId::new("U9")], later(200).timestamp_millis());
    assert_eq!(last.len(), 2);
    let other = db.store.last_reviews(&ProfileId::new("staging")).await;
    assert!(other.expect("read").is_empty());
}

fn device(n: usize) -> Device {
    Device {
        node: NodeId::new(format!("n{n:05}CNTRL")),
        name: format!("laptop-{n}"),
        owner: Login::new("ada@example.com"),
        os: "macOS".to_owned(),
        client_version: "1.90.1".to_owned(),
        tags: Vec::new(),
        presence: Presence::LastSeen(noon()),
        authorization: Authorization::Authorized,
        origin: DeviceOrigin::Tailnet,
        key_expires: None,
    }
}

async fn the_device_index_is_replaced(db: Db) {
    let (none, as_of) = db.store.devices().await.expect("read");
    assert_eq!((none.len(), as_of), (0, None));
    // More than one page and more than one batch.
    let mut devices: Vec<Device> = (0..2_300).map(device).collect();
    db.store
        .save_devices(&devices, noon())
        .await
        .expect("saved");
    assert_eq!(
        db.store.devices().await.expect("read"),
        (devices.clone(), Some(noon()))
    );

    devices.remove(7);
    devices[20].presence = Presence::Online;
    db.store
        .save_devices(&devices, later(300))
        .await
        .expect("saved");
    assert_eq!(
        db.store.devices().await.expect("read"),
        (devices, Some(later(300)))
    );
}

async fn a_delivery_is_new_once(db: Db) {
    assert!(db.store.first_delivery("Ev1", noon()).await.expect("asked"));
    assert!(
        !db.store
            .first_delivery("Ev1", later(1))
            .await
            .expect("asked")
    );
    assert!(
        db.store
            .first_delivery("Ev2", later(9))
            .await
            .expect("asked")
    );
    assert_eq!(
        db.store
            .forget_deliveries(later(5))
            .await
            .expect("forgotten"),
        1
    );
    assert!(
        !db.store
            .first_delivery("Ev2", later(10))
            .await
            .expect("asked")
    );

    let mut tx = db.store.begin().await.expect("begin");
    assert!(tx.first_delivery("Ev3", later(10)).await.expect("asked"));
    drop(tx);
    assert!(
        db.store
            .first_delivery("Ev3", later(10))
            .await
            .expect("asked")
    );
}

async fn replicas_that_were_seen_lately_count(db: Db) {
    for (owner, at) in [("a", 0), ("b", 20), ("c", 40), ("a", 50)] {
        db.store.heartbeat(owner, later(at)).await.expect("beat");
    }
    assert_eq!(db.store.replicas(later(25)).await.expect("read"), 2);
    assert_eq!(db.store.replicas(later(0)).await.expect("read"), 3);
    db.store.heartbeat("a", later(100_000)).await.expect("beat");
    assert_eq!(db.store.replicas(later(0)).await.expect("read"), 1);
}

async fn a_healthy_database_answers(db: Db) {
    db.store.ping().await.expect("it answers");
    assert_eq!(db.store.schema_version().await.expect("read"), 1);
}
