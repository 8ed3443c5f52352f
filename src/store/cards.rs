//! Cards: which exist, and where they are. One writer a card; the last write wins.

use super::error::Result;
use super::query::{all, one, run};
use super::row::{Reader, json, millis};
use super::sql::cards as sql;
use super::tx::{Tx, reads};
use crate::domain::card::{Card, Delivery, Place, ReplyUrl};
use crate::domain::ids::{CardId, RequestId};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

reads! {
    /// A card.
    fn card(id: &CardId) -> Option<Card> = by_id;
    /// The card that this message shows.
    fn card_at(place: &Place) -> Option<Card> = at_place;
    /// Every card of a request, the oldest first.
    fn cards_of(request: &RequestId) -> Vec<Card> = of_request;
}

impl Tx {
    /// Stores a card; `false` when the same card, or one at the same place, was there already.
    pub async fn insert_card(&mut self, card: &Card) -> Result<bool> {
        let place = card.place();
        let query = sqlx::query(sql::INSERT)
            .bind(card.id.to_string())
            .bind(card.request.to_string())
            .bind(json(&card.face)?)
            .bind(name(&card.delivery))
            .bind(json(&card.delivery)?)
            .bind(place.map(|place| place.channel.to_string()))
            .bind(place.map(|place| place.ts.clone()))
            .bind(card.shown.clone())
            .bind(card.reply.as_ref().map(json).transpose()?)
            .bind(millis(card.made_at));
        Ok(run(self.conn(), query).await? == 1)
    }

    /// Stores where a card is and what it shows, for whoever posts and edits it. Its reply
    /// address becomes the card's only where it is still the one that was `used`: a click that
    /// came in between has brought a newer one.
    pub async fn card_shown(&mut self, card: &Card, used: Option<&ReplyUrl>) -> Result<()> {
        let place = card.place();
        let query = sqlx::query(sql::SHOWN)
            .bind(card.id.to_string())
            .bind(name(&card.delivery))
            .bind(json(&card.delivery)?)
            .bind(place.map(|place| place.channel.to_string()))
            .bind(place.map(|place| place.ts.clone()))
            .bind(card.shown.clone())
            .bind(used.map(json).transpose()?)
            .bind(card.reply.as_ref().map(json).transpose()?);
        run(self.conn(), query).await?;
        Ok(())
    }

    /// Forgets a card that turned out to be another one's message.
    pub async fn forget_card(&mut self, id: &CardId) -> Result<()> {
        let query = sqlx::query(sql::FORGET).bind(id.to_string());
        run(self.conn(), query).await?;
        Ok(())
    }

    /// Stores the cheap way to change a card that its last click brought, and nothing else.
    pub async fn set_reply(&mut self, id: &CardId, reply: Option<&ReplyUrl>) -> Result<()> {
        let query = sqlx::query(sql::SET_REPLY)
            .bind(id.to_string())
            .bind(reply.map(json).transpose()?);
        run(self.conn(), query).await?;
        Ok(())
    }
}

fn name(delivery: &Delivery) -> &'static str {
    match delivery {
        Delivery::Unsent => "unsent",
        Delivery::Posted(_) => "posted",
        Delivery::Unknown { .. } => "unknown",
        Delivery::Undeliverable { .. } => "undeliverable",
    }
}

fn read(row: &AnyRow) -> Result<Card> {
    let row = Reader::new("cards", "id", row);
    let delivery: Delivery = row.json("delivery_detail")?;
    if name(&delivery) != row.text("delivery")? {
        return Err(row.inconsistent("delivery"));
    }
    Ok(Card {
        id: CardId::new(row.text("id")?),
        request: RequestId::new(row.text("request")?),
        face: row.json("face")?,
        delivery,
        shown: row.text_or_none("shown")?,
        reply: row.json_or_none("reply")?,
        made_at: row.instant("made_at")?,
    })
}

async fn by_id(conn: &mut AnyConnection, id: &CardId) -> Result<Option<Card>> {
    let query = sqlx::query(sql::BY_ID).bind(id.as_str());
    one(conn, query).await?.map(|row| read(&row)).transpose()
}

async fn at_place(conn: &mut AnyConnection, place: &Place) -> Result<Option<Card>> {
    let query = sqlx::query(sql::AT_PLACE)
        .bind(place.channel.as_str())
        .bind(place.ts.as_str());
    one(conn, query).await?.map(|row| read(&row)).transpose()
}

async fn of_request(conn: &mut AnyConnection, request: &RequestId) -> Result<Vec<Card>> {
    let query = sqlx::query(sql::OF_REQUEST).bind(request.as_str());
    all(conn, query).await?.iter().map(read).collect()
}
