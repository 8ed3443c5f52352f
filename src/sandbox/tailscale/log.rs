//! The configuration audit log: who changed which attribute, and with which comment.
//!
//! See <https://tailscale.com/kb/1203/audit-logging>. A lapse is nobody's change and leaves
//! no entry.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::attribute::{Attribute, ExpiryStyle};
use super::refusal::{Answer, Refused};
use super::tailnet::{Change, Tailnet, Write};

/// Who made a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Actor {
    /// An OAuth client through the API.
    Client(String),
    /// An administrator in the admin console.
    Console(String),
}

/// One entry, as the API prints it.
#[derive(Debug, Clone)]
pub(super) struct LogEntry {
    at: DateTime<Utc>,
    body: Value,
}

impl LogEntry {
    pub fn new(
        write: &Write,
        device_name: &str,
        before: Option<&Attribute>,
        actor: &Actor,
        style: ExpiryStyle,
    ) -> Self {
        let shown = |value: &Value, expiry: Option<DateTime<Utc>>| match expiry {
            Some(expiry) => {
                json!({ &write.key: { "value": value, "expiry": style.print(expiry) } })
            }
            None => json!({ &write.key: { "value": value } }),
        };
        let old = before.map(|a| shown(&a.value.to_json(), a.expiry));
        let (new, action) = match &write.change {
            Change::Set { value, expiry } => {
                let action = if before.is_some() { "UPDATE" } else { "CREATE" };
                (Some(shown(&value.to_json(), *expiry)), action)
            }
            Change::Removed => (None, "DELETE"),
        };
        let (id, kind, origin) = match actor {
            Actor::Client(id) => (id, "OAUTH_CLIENT", "CONFIG_API"),
            Actor::Console(login) => (login, "USER", "ADMIN_CONSOLE"),
        };
        let mut body = json!({
            "eventGroupID": format!("{:x}", write.at.timestamp_micros()),
            "eventTime": write.at.to_rfc3339_opts(SecondsFormat::Nanos, true),
            "type": "CONFIG",
            "origin": origin,
            "actor": { "id": id, "type": kind, "loginName": id, "displayName": id },
            "target": {
                "id": write.node,
                "name": device_name,
                "type": "NODE",
                "property": "ATTRIBUTES",
            },
            "action": action,
        });
        if let Some(fields) = body.as_object_mut() {
            let optional = [
                ("old", old),
                ("new", new),
                ("actionDetails", write.comment.as_deref().map(Value::from)),
            ];
            for (name, value) in optional {
                if let Some(value) = value {
                    fields.insert(name.to_owned(), value);
                }
            }
        }
        Self { at: write.at, body }
    }
}

impl Tailnet {
    /// Entries from `start` up to but without `end`, as far as they are visible yet.
    pub fn read_log(&self, query: &str, now: DateTime<Utc>) -> Result<Answer, Refused> {
        let bound = |name: &str| {
            let text = form_urlencoded::parse(query.as_bytes())
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
                .ok_or_else(|| {
                    Refused::malformed(format!("query parameter {name:?} is required"))
                })?;
            DateTime::parse_from_rfc3339(&text)
                .map(|instant| instant.with_timezone(&Utc))
                .map_err(|_| Refused::malformed(format!("{name} {text:?} is not an RFC 3339 time")))
        };
        let (start, end) = (bound("start")?, bound("end")?);
        if end < start {
            return Err(Refused::malformed("end is before start"));
        }
        let lag = chrono::Duration::from_std(self.habits.log_lag).unwrap_or_default();
        let logs: Vec<&Value> = self
            .log
            .iter()
            .filter(|entry| start <= entry.at && entry.at < end && entry.at + lag <= now)
            .map(|entry| &entry.body)
            .collect();
        Ok(Answer::json(
            &json!({ "version": "1.1", "tailnetId": self.name, "logs": logs }),
        ))
    }
}
