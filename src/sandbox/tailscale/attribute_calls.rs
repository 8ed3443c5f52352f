//! The four calls on attributes: read, write, remove, and the merge patch over many devices.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::attribute::{AttributeValue, check_comment, check_key, parse_expiry};
use super::log::Actor;
use super::refusal::{Answer, Refused};
use super::tailnet::{Change, Tailnet, Write, WriteAnswer, claim_key};
use super::token::has_content_type;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WriteBody {
    value: Value,
    expiry: Option<String>,
    comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PatchBody {
    nodes: BTreeMap<String, BTreeMap<String, Option<PatchValue>>>,
    comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PatchValue {
    value: Value,
    expiry: Option<String>,
}

impl Tailnet {
    pub fn read_attributes(&mut self, id: &str, now: DateTime<Utc>) -> Result<Answer, Refused> {
        let device = self.device(id)?;
        let node = device.node_id.clone();
        let mut attributes: Map<String, Value> = device
            .node_attributes()
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        let mut expiries = Map::new();
        for (key, attribute) in self.attributes(&node, now) {
            if let Some(expiry) = attribute.expiry {
                expiries.insert(
                    key.clone(),
                    Value::from(self.habits.expiry_style.print(expiry)),
                );
            }
            attributes.insert(key, attribute.value.to_json());
        }
        Ok(Answer::json(&if expiries.is_empty() {
            json!({ "attributes": attributes })
        } else {
            json!({ "attributes": attributes, "expiries": expiries })
        }))
    }

    pub fn write_attribute(
        &mut self,
        (id, key): (&str, &str),
        (headers, body): (&HeaderMap, &[u8]),
        actor: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Answer, Refused> {
        let node = self.device(id)?.node_id.clone();
        let body: WriteBody = read_json(headers, body)?;
        check_comment(body.comment.as_deref())?;
        let change = read_change(&body.value, body.expiry.as_deref(), now)?;
        if let Change::Set { value, .. } = &change {
            claim_key(&mut self.keys, key, value)?;
        }
        let write = Write {
            at: now,
            node: node.clone(),
            key: key.to_owned(),
            change,
            comment: body.comment,
        };
        self.change(write, actor);
        match self.habits.write_answer {
            WriteAnswer::EmptyObject => Ok(Answer::json(&json!({}))),
            WriteAnswer::Null => Ok(Answer::json(&Value::Null)),
            WriteAnswer::Attributes => self.read_attributes(&node, now),
        }
    }

    pub fn remove_attribute(
        &mut self,
        (id, key): (&str, &str),
        body: &[u8],
        actor: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Answer, Refused> {
        let node = self.device(id)?.node_id.clone();
        check_key(key)?;
        if !body.is_empty() {
            return Err(Refused::malformed("removing an attribute takes no body"));
        }
        if !self.attributes(&node, now).contains_key(key) {
            return Err(Refused::missing(format!("attribute {key} not found")));
        }
        let write = Write {
            at: now,
            node,
            key: key.to_owned(),
            change: Change::Removed,
            comment: None,
        };
        self.change(write, actor);
        Ok(Answer::empty())
    }

    /// All or nothing: one bad key or unknown device and none of them changes.
    pub fn patch_attributes(
        &mut self,
        headers: &HeaderMap,
        body: &[u8],
        actor: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Answer, Refused> {
        let body: PatchBody = read_json(headers, body)?;
        check_comment(body.comment.as_deref())?;
        let mut keys = self.keys.clone();
        let mut writes = Vec::new();
        for (id, changes) in &body.nodes {
            let node = self.device(id)?.node_id.clone();
            for (key, change) in changes {
                let change = match change {
                    None => {
                        check_key(key)?;
                        Change::Removed
                    }
                    Some(PatchValue { value, expiry }) => {
                        claim_key(&mut keys, key, &AttributeValue::parse(value)?)?;
                        read_change(value, expiry.as_deref(), now)?
                    }
                };
                writes.push(Write {
                    at: now,
                    node: node.clone(),
                    key: key.clone(),
                    change,
                    comment: body.comment.clone(),
                });
            }
        }
        if writes.is_empty() {
            return Err(Refused::malformed("the patch changes nothing"));
        }
        self.keys = keys;
        for write in writes {
            let nothing_to_remove = write.change == Change::Removed
                && !self.attributes(&write.node, now).contains_key(&write.key);
            if !nothing_to_remove {
                self.change(write, actor);
            }
        }
        Ok(Answer::json(&match self.habits.write_answer {
            WriteAnswer::Null => Value::Null,
            WriteAnswer::EmptyObject | WriteAnswer::Attributes => json!({}),
        }))
    }
}

fn read_change(value: &Value, expiry: Option<&str>, now: DateTime<Utc>) -> Result<Change, Refused> {
    Ok(Change::Set {
        value: AttributeValue::parse(value)?,
        expiry: expiry.map(|text| parse_expiry(text, now)).transpose()?,
    })
}

pub(super) fn read_json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: &[u8],
) -> Result<T, Refused> {
    if !has_content_type(headers, "application/json") {
        return Err(Refused::malformed("the body must be application/json"));
    }
    serde_json::from_slice(body)
        .map_err(|error| Refused::malformed(format!("invalid request body: {error}")))
}
