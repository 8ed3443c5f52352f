//! People, pins and groups.

use super::harness::{Db, on_both};
use super::samples::{later, noon};
use lapse::domain::ids::PersonId;
use lapse::domain::person::{Email, Login, Person, Pins, Standing};
use std::collections::{BTreeMap, BTreeSet};

on_both!(
    people_are_kept_as_last_read,
    an_older_reading_never_replaces_a_newer_one,
    a_login_belongs_to_whoever_used_it_first,
    a_login_that_nobody_used_belongs_to_the_member_with_that_address,
    an_address_stands_for_one_account,
    groups_are_replaced_and_never_by_older_ones,
);

fn person(id: &str, standing: Standing) -> Person {
    Person {
        id: PersonId::new(id),
        name: "Ada <b>".to_owned(),
        email: (standing == Standing::Member).then(|| Email::new("ada@example.com")),
        standing,
        read_at: noon(),
    }
}

/// Somebody is read for a decision; meanwhile they leave, and are read again.
async fn an_older_reading_never_replaces_a_newer_one(db: Db) {
    let member = person("U1", Standing::Member);
    let gone = Person {
        read_at: later(1),
        ..person("U1", Standing::Deactivated)
    };
    let mut tx = db.store.begin().await.expect("begin");
    assert!(!tx.forget_person_freshness(&member.id).await.expect("read"));
    tx.upsert_person(&gone).await.expect("stored");
    tx.upsert_person(&member).await.expect("stored");
    tx.commit().await.expect("commit");
    assert_eq!(db.store.person(&member.id).await.expect("read"), Some(gone));
    let mut tx = db.store.begin().await.expect("begin");
    assert!(tx.forget_person_freshness(&member.id).await.expect("known"));
}

async fn people_are_kept_as_last_read(db: Db) {
    let standings = [
        Standing::Member,
        Standing::Guest,
        Standing::Bot,
        Standing::Deactivated,
        Standing::External,
        Standing::Unconfirmed,
    ];
    let mut people = Vec::new();
    let mut tx = db.store.begin().await.expect("begin");
    for n in 0..20_usize {
        let person = person(&format!("U{n:02}"), standings[n % standings.len()]);
        tx.upsert_person(&person).await.expect("stored");
        people.push(person);
    }
    "Grace".clone_into(&mut people[3].name);
    tx.upsert_person(&people[3]).await.expect("stored");
    tx.forget_person_freshness(&people[4].id)
        .await
        .expect("forgotten");
    people[4].read_at = chrono::DateTime::UNIX_EPOCH;
    tx.commit().await.expect("commit");

    assert_eq!(
        db.store.person(&people[4].id).await.expect("read"),
        Some(people[4].clone())
    );
    let mut ids: Vec<PersonId> = people.iter().map(|person| person.id.clone()).collect();
    ids.push(PersonId::new("nobody"));
    assert_eq!(db.store.people(&ids).await.expect("read"), people);
    assert_eq!(db.store.people(&[]).await.expect("read"), []);
}

async fn a_login_belongs_to_whoever_used_it_first(db: Db) {
    let (ada, grace) = (PersonId::new("U1"), PersonId::new("U2"));
    let (login, other) = (
        Login::new("ada@example.com"),
        Login::new("grace@example.com"),
    );
    let mut tx = db.store.begin().await.expect("begin");
    assert!(tx.pin(&ada, &login).await.expect("pinned"));
    assert!(!tx.pin(&ada, &login).await.expect("the same again"));
    assert!(!tx.pin(&grace, &login).await.expect("somebody else's"));
    assert!(!tx.pin(&ada, &other).await.expect("a second login"));
    assert!(tx.pin(&grace, &other).await.expect("pinned"));
    tx.commit().await.expect("commit");
    let mixed = db
        .store
        .pins(&[(ada, other.clone()), (grace.clone(), other.clone())])
        .await
        .expect("read");
    let adas = Pins {
        login_of_id: Some(login),
        id_of_login: Some(grace.clone()),
    };
    let graces = Pins {
        login_of_id: Some(other.clone()),
        id_of_login: Some(grace),
    };
    assert_eq!(mixed, [adas, graces]);
}

async fn a_login_that_nobody_used_belongs_to_the_member_with_that_address(db: Db) {
    let login = |n: usize| Login::new(&format!("p{n:02}@example.com"));
    let id = |n: usize| PersonId::new(format!("U{n:02}"));
    let mut tx = db.store.begin().await.expect("begin");
    for n in 0..20 {
        let mut person = person(&format!("U{n:02}"), Standing::Member);
        person.email = Some(Email::new(login(n).as_str()));
        if n == 3 {
            person.standing = Standing::Guest;
        }
        tx.upsert_person(&person).await.expect("stored");
    }
    // Known to use another login; and somebody else's login since before.
    let elsewhere = Login::new("p04@github");
    assert!(tx.pin(&id(4), &elsewhere).await.expect("pinned"));
    assert!(
        tx.pin(&PersonId::new("UOLD"), &login(5))
            .await
            .expect("pinned")
    );
    assert!(tx.pin(&id(6), &login(6)).await.expect("pinned"));
    tx.commit().await.expect("commit");

    let mut asked: Vec<Login> = (0..20).map(login).collect();
    asked.extend([elsewhere.clone(), Login::new("nobody@example.com")]);
    let mut found = db.store.people_with_logins(&asked).await.expect("read");
    found.sort();
    let mut expected: Vec<(Login, PersonId)> = (0..20)
        .filter(|n| !(3..=5).contains(n))
        .map(|n| (login(n), id(n)))
        .collect();
    expected.extend([(elsewhere, id(4)), (login(5), PersonId::new("UOLD"))]);
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(db.store.people_with_logins(&[]).await.expect("read"), []);
}

async fn an_address_stands_for_one_account(db: Db) {
    let address = Email::new("Ada@Example.com");
    let mut tx = db.store.begin().await.expect("begin");
    assert!(
        tx.pin_address(&address, &PersonId::new("U1"))
            .await
            .expect("pinned")
    );
    assert!(
        !tx.pin_address(&address, &PersonId::new("U2"))
            .await
            .expect("taken")
    );
    tx.commit().await.expect("commit");
    let pins = BTreeMap::from([(address, PersonId::new("U1"))]);
    assert_eq!(db.store.address_pins().await.expect("read"), pins);
    assert_eq!(db.store.roster().await.expect("read").addresses, pins);
}

async fn groups_are_replaced_and_never_by_older_ones(db: Db) {
    let members = |ids: &[&str]| {
        ids.iter()
            .map(|id| PersonId::new(*id))
            .collect::<BTreeSet<_>>()
    };
    let first = BTreeMap::from([
        ("sre".to_owned(), members(&["U1", "U2"])),
        ("gone".to_owned(), members(&["U3"])),
    ]);
    let second = BTreeMap::from([("sre".to_owned(), members(&["U1"]))]);
    let logins = BTreeMap::from([("ops".to_owned(), BTreeSet::from([Login::new("ada@x.com")]))]);
    let mut tx = db.store.begin().await.expect("begin");
    tx.save_user_groups(&first, noon()).await.expect("saved");
    tx.save_tailnet_groups(&logins, noon())
        .await
        .expect("saved");
    tx.save_user_groups(&second, later(30))
        .await
        .expect("saved");
    // A slower replica comes late with what it read before.
    tx.save_user_groups(&first, later(10)).await.expect("saved");
    tx.commit().await.expect("commit");
    let roster = db.store.roster().await.expect("read");
    assert_eq!(roster.user_groups["sre"].of, members(&["U1"]));
    assert_eq!(roster.user_groups["sre"].as_of, later(30));
    assert_eq!(roster.tailnet_groups["ops"].of, logins["ops"]);
    assert_eq!(roster.tailnet_groups["ops"].as_of, noon());
}
