//! `response_url`s: five uses within thirty minutes.
//! <https://docs.slack.dev/interactivity/handling-user-interaction#message_responses>

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::{
    arguments::Arguments,
    blocks::{Surface, check_blocks},
    messages::{Audience, Author},
    refused::Refused,
    state::{Draft, State},
};

const LIFE: TimeDelta = TimeDelta::minutes(30);
const USES: u32 = 5;

/// What a `response_url` stands for.
#[derive(Clone, Debug)]
pub(super) struct ResponseUrl {
    pub(super) user: String,
    pub(super) channel: String,
    /// The message that was acted on.
    pub(super) source: Option<String>,
    pub(super) issued_at: DateTime<Utc>,
    pub(super) uses: u32,
}

/// All of them, by the last part of the address.
pub(super) type ResponseUrls = BTreeMap<String, ResponseUrl>;

/// Makes a new one and returns its address.
pub(super) fn issue(state: &mut State, user: &str, channel: &str, source: Option<&str>) -> String {
    let token = state.fresh_id("R");
    let url = ResponseUrl {
        user: user.to_owned(),
        channel: channel.to_owned(),
        source: source.map(str::to_owned),
        issued_at: state.now(),
        uses: 0,
    };
    let address = format!("{}/response/{token}", state.origin);
    state.response_urls.insert(token, url);
    address
}

/// Does what was posted to one.
pub(super) fn answer(state: &mut State, token: &str, sent: &Arguments) -> Result<(), Refused> {
    let url = state
        .response_urls
        .get(token)
        .cloned()
        .ok_or_else(|| Refused::misuse("invalid_url"))?;
    if state.now() - url.issued_at > LIFE {
        return Err(Refused::misuse("expired_url"));
    }
    if url.uses >= USES {
        return Err(Refused::misuse("used_url"));
    }
    apply(state, &url, sent)?;
    if let Some(url) = state.response_urls.get_mut(token) {
        url.uses += 1;
    }
    Ok(())
}

/// Judges and shows what the app wants to say; the answer to a command is judged alike.
pub(super) fn apply(state: &mut State, url: &ResponseUrl, sent: &Arguments) -> Result<(), Refused> {
    if sent.flag("delete_original") {
        return change_source(state, url, None);
    }
    let text = sent
        .text("text")
        .ok_or_else(|| Refused::misuse("no_text"))?;
    let blocks = sent.get("blocks").unwrap_or(&Value::Null);
    if !blocks.is_null() {
        let problems = check_blocks(Surface::Message, blocks, "/blocks");
        if !problems.is_empty() {
            return Err(Refused::problems("invalid_blocks", &problems));
        }
    }
    if sent.flag("replace_original") && url.source.is_some() {
        return change_source(state, url, Some((text, blocks)));
    }
    let audience = match sent.text("response_type") {
        None | Some("ephemeral") => Audience::Only(url.user.clone()),
        Some("in_channel") => Audience::Channel,
        Some(_) => return Err(Refused::misuse("invalid_response_type")),
    };
    state.write(Draft {
        channel: &url.channel,
        thread_ts: sent.text("thread_ts").map(str::to_owned),
        author: Author::App,
        audience,
        text,
        blocks,
    });
    Ok(())
}

fn change_source(
    state: &mut State,
    url: &ResponseUrl,
    wording: Option<(&str, &Value)>,
) -> Result<(), Refused> {
    let now = state.now();
    let not_found = || Refused::because("message_not_found");
    let ts = url.source.as_deref().ok_or_else(not_found)?;
    let kept = wording.map(|(text, blocks)| (text.to_owned(), state.keep_blocks(blocks)));
    let message = state.messages.find_mut(&url.channel, ts);
    let message = message.ok_or_else(not_found)?;
    match kept {
        Some((text, blocks)) => message.reword(text, blocks, now),
        None => message.removed = true,
    }
    Ok(())
}
