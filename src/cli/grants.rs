//! `lapse grants`: what is open now. Read-only, beside a running server.

use super::{Format, reading};
use crate::config::Environment;
use crate::domain::grant::Grant;
use crate::domain::ids::RequestId;
use crate::store::{GrantCursor, OpenGrants, Store};
use anyhow::Context;
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// How many grants one page of the reading holds.
const PAGE: u32 = 500;

/// Prints every open grant, the earliest end first.
pub fn run(
    path: &Path,
    environment: &Environment<'_>,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<u8> {
    let grants = reading::with_store(path, environment, async |store| all(store).await)?;
    let printed = match format {
        Format::Json => json_document(&grants, out),
        Format::Text => table(&grants, out),
    };
    printed.context("the answer could not be printed")?;
    Ok(0)
}

/// An open grant, with what its device is called.
struct Open {
    grant: Grant,
    device: Option<String>,
}

async fn all(store: &Store) -> anyhow::Result<Vec<Open>> {
    let mut open: Vec<Open> = Vec::new();
    loop {
        let after = open.last().map(|open| GrantCursor::from(&open.grant));
        let page = store
            .open_grants(&OpenGrants::All, after.as_ref(), PAGE)
            .await?;
        if page.is_empty() {
            return Ok(open);
        }
        let requests: Vec<RequestId> = page.iter().map(|grant| grant.request.clone()).collect();
        let mut names = store.device_names(&requests).await?;
        open.extend(page.into_iter().map(|grant| Open {
            device: names.remove(&grant.request),
            grant,
        }));
    }
}

fn json_document(grants: &[Open], out: &mut dyn Write) -> std::io::Result<()> {
    let rows: Vec<_> = grants
        .iter()
        .map(|Open { grant, device }| {
            json!({
                "request": grant.number.to_string(),
                "request_id": grant.request,
                "person": { "id": grant.holder.id, "name": grant.holder.name, "email": grant.holder.email },
                "device": grant.key.node,
                "device_name": device,
                "profile": grant.profile,
                "attribute": grant.key.attribute,
                "value": grant.value,
                "state": grant.state.name(),
                "approved_at": grant.approved_at,
                "ends_at": grant.ends_at,
                "approvers": grant.approvers,
            })
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &rows)?;
    writeln!(out)
}

fn table(grants: &[Open], out: &mut dyn Write) -> std::io::Result<()> {
    if grants.is_empty() {
        return writeln!(out, "Nothing is open.");
    }
    let mut rows = vec![
        [
            "REQUEST",
            "PERSON",
            "PROFILE",
            "DEVICE",
            "STATE",
            "ENDS (UTC)",
        ]
        .map(str::to_owned),
    ];
    rows.extend(grants.iter().map(|Open { grant, device }| {
        [
            grant.number.to_string(),
            printable(&grant.holder.name),
            grant.profile.to_string(),
            named(grant, device.as_deref()),
            grant.state.name().to_owned(),
            grant.ends_at.format("%Y-%m-%d %H:%M:%S").to_string(),
        ]
    }));
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

/// "ada-mbp (nADAmbp11CNTRL)": people read the name, Tailscale's console is searched by the id.
fn named(grant: &Grant, device: Option<&str>) -> String {
    match device {
        Some(name) => format!("{} ({})", printable(name), grant.key.node),
        None => grant.key.node.to_string(),
    }
}

/// A terminal obeys control characters; a name must not.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .filter(|c| !crate::domain::comment::is_unprintable(*c))
        .collect()
}
