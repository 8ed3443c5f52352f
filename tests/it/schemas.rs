//! The two schemas are one: same tables, columns, types, nullability, keys and indexes.

use crate::store::Db;
use sqlx::{AnyConnection, Executor, Row};
use std::collections::BTreeSet;

/// One fact about a schema, as a sentence that reads the same for both.
type Facts = BTreeSet<String>;

async fn texts(conn: &mut AnyConnection, query: &'static str) -> Vec<Vec<String>> {
    let rows = conn.fetch_all(query).await.expect("the catalogue answers");
    rows.iter()
        .map(|row| {
            (0..row.len())
                .map(|at| row.try_get::<String, _>(at).expect("a text"))
                .collect()
        })
        .collect()
}

async fn of_sqlite(db: &Db) -> Facts {
    let mut raw = db.raw().await;
    let columns = texts(
        &mut raw,
        "SELECT t.name, c.name, c.type, CASE c.\"notnull\" WHEN 1 THEN 'NO' ELSE 'YES' END, \
         CAST(c.pk AS TEXT) FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE '_sqlx%'",
    )
    .await;
    let mut facts = Facts::new();
    for column in columns {
        let [table, name, kind, nullable, key] = column.as_slice() else {
            panic!("five columns");
        };
        // STRICT knows no BIGINT; PostgreSQL's INTEGER has 32 bits.
        let kind = match kind.as_str() {
            "INTEGER" => "bigint",
            "TEXT" => "text",
            other => panic!("{table}.{name} is {other}"),
        };
        facts.insert(format!("{table}.{name} {kind} null:{nullable}"));
        if key != "0" {
            facts.insert(format!("{table} key {key} {name}"));
        }
    }
    let indexes = texts(
        &mut raw,
        "SELECT t.name, i.name, CASE i.\"unique\" WHEN 1 THEN 'unique' ELSE 'plain' END, \
         (SELECT group_concat(k.name, ',') FROM pragma_index_info(i.name) k), \
         CASE WHEN s.sql LIKE '% WHERE %' \
         THEN substr(s.sql, instr(s.sql, ' WHERE ') + 7) ELSE '' END \
         FROM sqlite_schema t JOIN pragma_index_list(t.name) i \
         JOIN sqlite_schema s ON s.name = i.name \
         WHERE t.type = 'table' AND i.origin = 'c'",
    )
    .await;
    for index in indexes {
        facts.insert(index_fact(&index));
    }
    facts
}

async fn of_postgres(db: &Db) -> Facts {
    let mut raw = db.raw().await;
    let columns = texts(
        &mut raw,
        "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT), \
         CAST(is_nullable AS TEXT) FROM information_schema.columns \
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'",
    )
    .await;
    let mut facts = Facts::new();
    for column in columns {
        let [table, name, kind, nullable] = column.as_slice() else {
            panic!("four columns");
        };
        facts.insert(format!("{table}.{name} {kind} null:{nullable}"));
    }
    let keys = texts(
        &mut raw,
        "SELECT CAST(c.table_name AS TEXT), CAST(k.ordinal_position AS TEXT), \
         CAST(k.column_name AS TEXT) FROM information_schema.table_constraints c \
         JOIN information_schema.key_column_usage k ON k.constraint_name = c.constraint_name \
         AND k.table_name = c.table_name WHERE c.constraint_type = 'PRIMARY KEY' \
         AND c.table_schema = 'public' AND c.table_name NOT LIKE '\\_sqlx%'",
    )
    .await;
    for key in keys {
        facts.insert(format!("{} key {} {}", key[0], key[1], key[2]));
    }
    let indexes = texts(
        &mut raw,
        "SELECT CAST(t.relname AS TEXT), CAST(i.relname AS TEXT), \
         CASE WHEN x.indisunique THEN 'unique' ELSE 'plain' END, \
         (SELECT string_agg(CAST(a.attname AS TEXT), ',' ORDER BY k.place) \
         FROM unnest(CAST(x.indkey AS SMALLINT[])) WITH ORDINALITY AS k(number, place) \
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number), \
         COALESCE(pg_get_expr(x.indpred, x.indrelid), '') \
         FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid \
         JOIN pg_class t ON t.oid = x.indrelid \
         JOIN pg_namespace n ON n.oid = t.relnamespace \
         WHERE n.nspname = 'public' AND NOT x.indisprimary AND t.relname NOT LIKE '\\_sqlx%'",
    )
    .await;
    for index in indexes {
        facts.insert(index_fact(&index));
    }
    facts
}

/// PostgreSQL prints conditions in words of its own; the letters and words that matter are
/// compared.
fn index_fact(index: &[String]) -> String {
    let condition = index[4]
        .replace("= ANY (ARRAY[", "IN (")
        .replace("::text", "")
        .replace(['(', ')', '[', ']'], "");
    format!(
        "{} index {} {} on {} where {}",
        index[0], index[1], index[2], index[3], condition
    )
}

#[tokio::test]
async fn both_databases_have_the_same_schema() {
    let (one, other) = (
        of_sqlite(&Db::sqlite().await).await,
        of_postgres(&Db::postgres().await).await,
    );
    let only_sqlite: Vec<_> = one.difference(&other).collect();
    let only_postgres: Vec<_> = other.difference(&one).collect();
    assert!(
        only_sqlite.is_empty() && only_postgres.is_empty(),
        "only SQLite: {only_sqlite:#?}\nonly PostgreSQL: {only_postgres:#?}"
    );
    assert!(one.len() > 100, "the catalogues were read");
}
