//! Runs of steps of workflows: what was asked, what it is answered, and whether the workflow has
//! been told.

use super::error::Result;
use super::query::{all, one, run};
use super::row::{Reader, json, millis};
use super::sql::executions as sql;
use super::tx::{Tx, reads, single_writes};
use crate::domain::ids::{ExecutionId, PersonId, RequestId};
use crate::domain::workflow::{Inputs, Step, StepAnswer};
use chrono::{DateTime, Utc};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

/// One run of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Slack's name for it.
    pub id: ExecutionId,
    /// Which step runs.
    pub step: Step,
    /// What the workflow filled in.
    pub inputs: Inputs,
    /// The request that it asked for, or whose access it ends, once that is known.
    pub request: Option<RequestId>,
    /// When Slack told of it.
    pub began_at: DateTime<Utc>,
    /// What it is answered, once that is certain.
    pub answer: Option<StepAnswer>,
    /// When the workflow was told, or could not be any more.
    pub told_at: Option<DateTime<Utc>>,
}

reads! {
    /// A run of a step.
    fn execution(id: &ExecutionId) -> Option<Execution> = by_id;
    /// Answered runs that the workflow has not been told of.
    fn untold_executions(limit: u32) -> Vec<ExecutionId> = untold;
    /// How many requests workflows have asked for in this person's name since then.
    fn confirmations_since(person: &PersonId, since: DateTime<Utc>) -> u32 = confirmations;
    /// The runs that wait for this request, or for the end of its access.
    fn executions_waiting_for(request: &RequestId) -> Vec<Execution> = waiting;
}

single_writes! {
    /// Forgets runs that were told of before this; answers how many.
    fn forget_executions(before: DateTime<Utc>) -> u64 = forget;
}

impl Tx {
    /// Stores a run; `false` when it is known already.
    pub async fn begin_execution(
        &mut self,
        id: &ExecutionId,
        step: Step,
        inputs: &Inputs,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let query = sqlx::query(sql::BEGIN)
            .bind(id.to_string())
            .bind(step.name())
            .bind(json(inputs)?)
            .bind(millis(at));
        Ok(run(self.conn(), query).await? == 1)
    }

    /// Notes for which request a run waits, and in whose name it asked.
    pub async fn execution_waits_for(
        &mut self,
        id: &ExecutionId,
        person: Option<&PersonId>,
        request: &RequestId,
    ) -> Result<()> {
        let query = sqlx::query(sql::WAITS_FOR)
            .bind(id.to_string())
            .bind(person.map(ToString::to_string))
            .bind(request.to_string());
        run(self.conn(), query).await?;
        Ok(())
    }

    /// Stores what a run is answered; `false` when it has its answer already.
    pub async fn answer_execution(
        &mut self,
        id: &ExecutionId,
        answer: &StepAnswer,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let query = sqlx::query(sql::ANSWER)
            .bind(id.to_string())
            .bind(json(answer)?)
            .bind(millis(at));
        Ok(run(self.conn(), query).await? == 1)
    }

    /// Notes that the workflow was told, or cannot be told any more.
    pub async fn execution_told(&mut self, id: &ExecutionId, at: DateTime<Utc>) -> Result<()> {
        let query = sqlx::query(sql::TOLD).bind(id.to_string()).bind(millis(at));
        run(self.conn(), query).await?;
        Ok(())
    }
}

fn read(row: &AnyRow) -> Result<Execution> {
    let row = Reader::new("executions", "id", row);
    Ok(Execution {
        id: ExecutionId::new(row.text("id")?),
        step: row.word("step")?,
        inputs: row.json("inputs")?,
        request: row.text_or_none("request")?.map(RequestId::new),
        began_at: row.instant("began_at")?,
        answer: row.json_or_none("answer")?,
        told_at: row.instant_or_none("told_at")?,
    })
}

async fn by_id(conn: &mut AnyConnection, id: &ExecutionId) -> Result<Option<Execution>> {
    let query = sqlx::query(sql::BY_ID).bind(id.as_str());
    one(conn, query).await?.map(|row| read(&row)).transpose()
}

async fn untold(conn: &mut AnyConnection, limit: u32) -> Result<Vec<ExecutionId>> {
    let rows = all(conn, sqlx::query(sql::UNTOLD).bind(i64::from(limit))).await?;
    rows.iter()
        .map(|row| {
            Ok(ExecutionId::new(
                Reader::new("executions", "id", row).text("id")?,
            ))
        })
        .collect()
}

async fn confirmations(
    conn: &mut AnyConnection,
    person: &PersonId,
    since: DateTime<Utc>,
) -> Result<u32> {
    let query = sqlx::query(sql::CONFIRMATIONS)
        .bind(person.as_str())
        .bind(millis(since));
    one(conn, query).await?.map_or(Ok(0), |row| {
        Reader::new("executions", "times", &row).number("times")
    })
}

async fn waiting(conn: &mut AnyConnection, request: &RequestId) -> Result<Vec<Execution>> {
    let query = sqlx::query(sql::WAITING).bind(request.as_str());
    all(conn, query).await?.iter().map(read).collect()
}

async fn forget(conn: &mut AnyConnection, before: DateTime<Utc>) -> Result<u64> {
    run(conn, sqlx::query(sql::FORGET).bind(millis(before))).await
}
