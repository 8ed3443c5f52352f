//! Group memberships as they were last read.

use super::error::Result;
use super::people::address_pins;
use super::query::{all, run};
use super::row::{Reader, json, millis};
use super::sql::people as sql;
use super::tx::{Tx, reads};
use crate::domain::ids::PersonId;
use crate::domain::person::Login;
use crate::domain::roster::{Members, Roster};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::AnyConnection;
use std::collections::{BTreeMap, BTreeSet};

const USER_GROUP: &str = "user_group";
const TAILNET_GROUP: &str = "tailnet_group";

reads! {
    /// All memberships and address pins.
    fn roster() -> Roster = roster;
}

impl Tx {
    /// Stores all Slack user groups as read at that time. Groups that are not among them are
    /// forgotten; what somebody else read later stays.
    pub async fn save_user_groups(
        &mut self,
        groups: &BTreeMap<String, BTreeSet<PersonId>>,
        as_of: DateTime<Utc>,
    ) -> Result<()> {
        save(self.conn(), USER_GROUP, groups, as_of).await
    }

    /// Stores all groups of the tailnet policy file, like [`Tx::save_user_groups`].
    pub async fn save_tailnet_groups(
        &mut self,
        groups: &BTreeMap<String, BTreeSet<Login>>,
        as_of: DateTime<Utc>,
    ) -> Result<()> {
        save(self.conn(), TAILNET_GROUP, groups, as_of).await
    }
}

async fn save<T: Serialize>(
    conn: &mut AnyConnection,
    kind: &'static str,
    groups: &BTreeMap<String, BTreeSet<T>>,
    as_of: DateTime<Utc>,
) -> Result<()> {
    for (name, members) in groups {
        let query = sqlx::query(sql::SAVE_GROUP)
            .bind(kind)
            .bind(name.as_str())
            .bind(json(members)?)
            .bind(millis(as_of));
        run(conn, query).await?;
    }
    let query = sqlx::query(sql::FORGET_OLDER_GROUPS)
        .bind(kind)
        .bind(millis(as_of));
    run(conn, query).await?;
    Ok(())
}

async fn roster(conn: &mut AnyConnection) -> Result<Roster> {
    let mut roster = Roster {
        addresses: address_pins(conn).await?,
        ..Roster::default()
    };
    for row in all(conn, sqlx::query(sql::GROUPS)).await? {
        let row = Reader::new("member_lists", "name", &row);
        let (name, as_of) = (row.text("name")?, row.instant("as_of")?);
        match row.text("kind")?.as_str() {
            USER_GROUP => {
                let of = row.json("members")?;
                roster.user_groups.insert(name, Members { of, as_of });
            }
            TAILNET_GROUP => {
                let of = row.json("members")?;
                roster.tailnet_groups.insert(name, Members { of, as_of });
            }
            _ => return Err(row.inconsistent("kind")),
        }
    }
    Ok(roster)
}
