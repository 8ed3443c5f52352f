//! `conversations.*`.

use serde_json::{Value, json};

use super::{
    super::{
        arguments::Arguments,
        places::{ChannelKind, direct_id},
        refused::Refused,
        state::State,
        users::Standing,
    },
    need,
};

/// <https://docs.slack.dev/reference/methods/conversations.open>
pub(super) fn open(state: &mut State, arguments: &Arguments) -> Result<Value, Refused> {
    let users = arguments.required("users")?;
    if users.contains(',') {
        return Err(need(state, "mpim:write")
            .err()
            .unwrap_or_else(|| Refused::invalid("[ERROR] group messages are not played here")));
    }
    let user = person(state, users)?.to_owned();
    let open = state.channels.contains_key(&direct_id(&user));
    let id = state.direct(&user);
    let mut channel = json!({ "id": id });
    if arguments.flag("return_im")
        && let Some(direct) = state.channels.get(&id)
    {
        channel = direct.describe();
    }
    Ok(json!({ "channel": channel, "no_op": open, "already_open": open }))
}

/// Somebody who can be written to.
pub(super) fn person<'a>(state: &'a State, id: &str) -> Result<&'a str, Refused> {
    let user = state
        .users
        .get(id)
        .ok_or_else(|| Refused::because("user_not_found"))?;
    if user.standing == Standing::Bot {
        return Err(Refused::because("cannot_dm_bot"));
    }
    if user.deleted {
        return Err(Refused::because("user_disabled"));
    }
    if user.foreign_team.is_some() {
        return Err(Refused::because("user_not_visible"));
    }
    Ok(&user.id)
}

/// <https://docs.slack.dev/reference/methods/conversations.info>
pub(super) fn info(state: &mut State, arguments: &Arguments) -> Result<Value, Refused> {
    let id = arguments.required("channel")?;
    let not_found = || Refused::because("channel_not_found");
    let channel = state.channels.get(id).ok_or_else(not_found)?;
    let scope = match &channel.kind {
        ChannelKind::Public => "channels:read",
        ChannelKind::Private => "groups:read",
        ChannelKind::Direct(_) => "im:read",
    };
    need(state, scope)?;
    if channel.kind == ChannelKind::Private && !channel.app_is_member {
        return Err(not_found());
    }
    Ok(json!({ "channel": channel.describe() }))
}
