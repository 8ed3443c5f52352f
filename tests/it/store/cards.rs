//! Cards: made once, found by where they are.

use super::harness::{Db, on_both};
use super::samples::{later, noon, stored};
use lapse::domain::card::{Card, Delivery, Face, HowAsked, Place, ReplyUrl};
use lapse::domain::ids::{ChannelId, PersonId};
use lapse::domain::policy::Selector;

on_both!(
    a_card_follows_its_request,
    a_click_and_the_worker_do_not_undo_each_other,
    the_same_card_is_made_once,
    one_message_is_one_card,
);

fn place(ts: &str) -> Place {
    Place {
        channel: ChannelId::new("D1"),
        ts: ts.to_owned(),
    }
}

fn approver(person: &str) -> Face {
    Face::Approver {
        person: PersonId::new(person),
        because: Selector::UserGroup("sre".to_owned()),
        how: HowAsked::Asked,
    }
}

async fn a_card_follows_its_request(db: Db) {
    let request = stored(&db.store, 1, "U1", "prod").await;
    let own = Card::new(
        request.id.clone(),
        Face::Requester(PersonId::new("U1")),
        noon(),
    );
    let mut theirs = Card::new(request.id.clone(), approver("U9"), later(1));
    let mut tx = db.store.begin().await.expect("begin");
    assert!(tx.insert_card(&own).await.expect("insert"));
    assert!(tx.insert_card(&theirs).await.expect("insert"));
    for delivery in [
        Delivery::Unknown { since: later(2) },
        Delivery::Undeliverable {
            error: "user_not_found".to_owned(),
        },
        Delivery::Posted(place("17.1")),
    ] {
        theirs.delivery = delivery;
        theirs.shown = Some("fingerprint".to_owned());
        tx.card_shown(&theirs, None).await.expect("shown");
        assert_eq!(
            tx.card(&theirs.id).await.expect("read"),
            Some(theirs.clone())
        );
    }
    tx.commit().await.expect("commit");
    let cards = db.store.cards_of(&request.id).await.expect("read");
    assert_eq!(cards, [own, theirs.clone()]);
    let found = db.store.card_at(&place("17.1")).await.expect("read");
    assert_eq!(found, Some(theirs));
    assert_eq!(db.store.card_at(&place("17.2")).await.expect("read"), None);
}

fn reply(click: u8, uses_left: u8) -> ReplyUrl {
    ReplyUrl {
        url: format!("https://hooks.slack.com/actions/T/{click}/x"),
        uses_left,
        until: later(1_800),
    }
}

async fn a_click_and_the_worker_do_not_undo_each_other(db: Db) {
    let request = stored(&db.store, 1, "U1", "prod").await;
    let card = Card::new(request.id.clone(), approver("U9"), noon());
    let shown = |words: &str, reply: Option<ReplyUrl>| Card {
        delivery: Delivery::Posted(place("17.1")),
        shown: Some(words.to_owned()),
        reply,
        ..card.clone()
    };
    let mut tx = db.store.begin().await.expect("begin");
    assert!(tx.insert_card(&card).await.expect("insert"));
    // The worker posts what it read before the click.
    tx.set_reply(&card.id, Some(&reply(1, 5)))
        .await
        .expect("click");
    tx.card_shown(&shown("asks", None), None)
        .await
        .expect("shown");
    let expected = shown("asks", Some(reply(1, 5)));
    assert_eq!(tx.card(&card.id).await.expect("read"), Some(expected));

    // It uses the first click's address once, and nobody clicks meanwhile.
    let used = reply(1, 5);
    let once = shown("approved", Some(reply(1, 4)));
    tx.card_shown(&once, Some(&used)).await.expect("shown");
    assert_eq!(tx.card(&card.id).await.expect("read"), Some(once));

    // It uses it up, and meanwhile somebody clicks again.
    tx.set_reply(&card.id, Some(&reply(2, 5)))
        .await
        .expect("click");
    let used = reply(1, 4);
    tx.card_shown(&shown("open", None), Some(&used))
        .await
        .expect("shown");
    let expected = shown("open", Some(reply(2, 5)));
    assert_eq!(tx.card(&card.id).await.expect("read"), Some(expected));

    // The second click's address did not work.
    let used = reply(2, 5);
    tx.card_shown(&shown("ended", None), Some(&used))
        .await
        .expect("shown");
    let expected = shown("ended", None);
    assert_eq!(tx.card(&card.id).await.expect("read"), Some(expected));
    tx.set_reply(&card.id, None).await.expect("click");
    tx.commit().await.expect("commit");
}

async fn the_same_card_is_made_once(db: Db) {
    let request = stored(&db.store, 1, "U1", "prod").await;
    let card = Card::new(request.id.clone(), approver("U9"), noon());
    let mut tx = db.store.begin().await.expect("begin");
    assert!(tx.insert_card(&card).await.expect("insert"));
    assert!(!tx.insert_card(&card).await.expect("insert"));
    tx.commit().await.expect("commit");
}

async fn one_message_is_one_card(db: Db) {
    let request = stored(&db.store, 1, "U1", "prod").await;
    let card = Card::new(request.id.clone(), approver("U9"), noon());
    let copy = card.copy_at(place("17.1"));
    let mut tx = db.store.begin().await.expect("begin");
    assert!(tx.insert_card(&card).await.expect("insert"));
    assert!(tx.insert_card(&copy).await.expect("insert"));
    assert!(!tx.insert_card(&copy).await.expect("insert"));
    assert_eq!(tx.card_at(&place("17.1")).await.expect("read"), Some(copy));
}
