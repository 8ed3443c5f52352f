//! `chat.*`.

use serde_json::{Value, json};

use super::{
    super::{
        arguments::Arguments,
        blocks::{Surface, check_blocks},
        messages::{Audience, Author, describe, has_rich_text},
        places::ChannelKind,
        refused::Refused,
        state::{Draft, State},
    },
    conversations::person,
};

/// What a message may say, checked.
struct Content<'a> {
    text: &'a str,
    blocks: &'a Value,
}

/// Reads text and blocks. Slack itself takes blocks without text; the stand-in does not,
/// because mobile notifications show nothing but the text.
fn content(arguments: &Arguments, longest: usize) -> Result<Content<'_>, Refused> {
    let text = arguments
        .text("text")
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| Refused::misuse("no_text"))?;
    if text.chars().count() > longest {
        return Err(Refused::misuse("msg_too_long"));
    }
    if arguments.get("attachments").is_some() {
        return Err(Refused::misuse("invalid_attachments"));
    }
    if let Some(parse) = arguments.text("parse")
        && !["none", "full"].contains(&parse)
    {
        return Err(Refused::invalid("[ERROR] parse must be one of: none, full"));
    }
    let blocks = arguments.get("blocks").unwrap_or(&Value::Null);
    match blocks {
        Value::Null => {}
        Value::Array(_) => {
            let problems = check_blocks(Surface::Message, blocks, "/blocks");
            if !problems.is_empty() {
                return Err(Refused::problems("invalid_blocks", &problems));
            }
        }
        _ => return Err(Refused::misuse("invalid_blocks_format")),
    }
    Ok(Content { text, blocks })
}

/// The conversation that a message may go to.
fn conversation(state: &mut State, id: &str) -> Result<String, Refused> {
    let not_found = || Refused::because("channel_not_found");
    if id.starts_with(['U', 'W']) {
        let user = writable_person(state, id)?;
        return Ok(state.direct(&user));
    }
    let channel = state.channels.get(id).ok_or_else(not_found)?;
    if let ChannelKind::Direct(user) = channel.kind.clone() {
        writable_person(state, &user)?;
        return Ok(id.to_owned());
    }
    if !channel.app_is_member {
        return match channel.kind {
            ChannelKind::Public if state.scopes.contains("chat:write.public") => Ok(id.to_owned()),
            ChannelKind::Public => Err(Refused::because("not_in_channel")),
            _ => Err(not_found()),
        };
    }
    if channel.archived {
        return Err(Refused::because("is_archived"));
    }
    Ok(id.to_owned())
}

fn writable_person(state: &State, id: &str) -> Result<String, Refused> {
    if !state.messages_tab {
        return Err(Refused::because("messages_tab_disabled"));
    }
    let user = person(state, id).map_err(|refused| match refused.code.as_str() {
        "user_disabled" => Refused::because("is_inactive"),
        "user_not_found" | "user_not_visible" => Refused::because("channel_not_found"),
        _ => refused,
    })?;
    Ok(user.to_owned())
}

/// The first message of the thread that a reply goes to.
fn thread(state: &State, channel: &str, asked: Option<&str>) -> Result<Option<String>, Refused> {
    let Some(ts) = asked else {
        return Ok(None);
    };
    let parent = state
        .messages
        .find(channel, ts)
        .filter(|parent| parent.audience == Audience::Channel)
        .ok_or_else(|| Refused::because("cannot_reply_to_message"))?;
    Ok(Some(
        parent.thread_ts.as_ref().unwrap_or(&parent.ts).clone(),
    ))
}

/// <https://docs.slack.dev/reference/methods/chat.postMessage>
pub(super) fn post(state: &mut State, arguments: &Arguments) -> Result<Value, Refused> {
    let asked = arguments.required("channel")?;
    let Content { text, blocks } = content(arguments, 40_000)?;
    let channel = conversation(state, asked)?;
    let thread_ts = thread(state, &channel, arguments.text("thread_ts"))?;
    let message = state.write(Draft {
        channel: &channel,
        thread_ts,
        author: Author::App,
        audience: Audience::Channel,
        text,
        blocks,
    });
    Ok(json!({
        "channel": channel,
        "ts": message.ts,
        "message": describe(&message, &state.app),
    }))
}

/// <https://docs.slack.dev/reference/methods/chat.update>
pub(super) fn update(state: &mut State, arguments: &Arguments) -> Result<Value, Refused> {
    let channel = arguments.required("channel")?;
    let ts = arguments.required("ts")?;
    if channel.starts_with(['U', 'W']) {
        // An update wants the `D…` that posting returned.
        return Err(Refused::misuse("channel_not_found"));
    }
    let Content { text, blocks } = content(arguments, 4_000)?;
    if !state.channels.contains_key(channel) {
        return Err(Refused::because("channel_not_found"));
    }
    conversation(state, channel)?;
    let now = state.now();
    let message = state
        .messages
        .find(channel, ts)
        .filter(|message| message.audience == Audience::Channel)
        .ok_or_else(|| Refused::because("message_not_found"))?;
    if message.author != Author::App {
        return Err(Refused::because("cant_update_message"));
    }
    let posted = message.history.first().map_or(message.at, |first| first.at);
    if state
        .edit_window
        .is_some_and(|window| now - posted > window)
    {
        return Err(Refused::because("edit_window_closed"));
    }
    let new_blocks = blocks.as_array().map(Vec::as_slice).unwrap_or_default();
    if message.has_rich_text() && !has_rich_text(new_blocks) {
        return Err(Refused::because("block_mismatch"));
    }
    let kept = state.keep_blocks(blocks);
    let not_found = || Refused::because("message_not_found");
    let message = state.messages.find_mut(channel, ts).ok_or_else(not_found)?;
    message.reword(text.to_owned(), kept, now);
    let described = describe(message, &state.app);
    Ok(json!({ "channel": channel, "ts": ts, "text": text, "message": described }))
}

/// <https://docs.slack.dev/reference/methods/chat.postEphemeral>
pub(super) fn post_ephemeral(state: &mut State, arguments: &Arguments) -> Result<Value, Refused> {
    let asked = arguments.required("channel")?;
    let user = arguments.required("user")?;
    let Content { text, blocks } = content(arguments, 40_000)?;
    let channel = conversation(state, asked)?;
    let present = state
        .channels
        .get(&channel)
        .is_some_and(|channel| channel.members.contains(user));
    if !present {
        return Err(Refused::because("user_not_in_channel"));
    }
    let thread_ts = thread(state, &channel, arguments.text("thread_ts"))?;
    let message = state.write(Draft {
        channel: &channel,
        thread_ts,
        author: Author::App,
        audience: Audience::Only(user.to_owned()),
        text,
        blocks,
    });
    Ok(json!({ "message_ts": message.ts }))
}

/// <https://docs.slack.dev/reference/methods/chat.getPermalink>
pub(super) fn permalink(state: &mut State, arguments: &Arguments) -> Result<Value, Refused> {
    let channel = arguments.required("channel")?;
    let ts = arguments.required("message_ts")?;
    if !state.channels.contains_key(channel) {
        return Err(Refused::because("channel_not_found"));
    }
    if state.messages.find(channel, ts).is_none() {
        return Err(Refused::because("message_not_found"));
    }
    let domain = &state.team_domain;
    let place = ts.replace('.', "");
    let permalink = format!("https://{domain}.slack.com/archives/{channel}/p{place}");
    Ok(json!({ "channel": channel, "permalink": permalink }))
}
