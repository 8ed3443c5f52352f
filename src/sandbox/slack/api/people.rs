//! `auth.test`, `users.*`, `usergroups.*`.

use serde_json::{Value, json};

use super::super::{arguments::Arguments, refused::Refused, state::State, users::Standing};

/// <https://docs.slack.dev/reference/methods/auth.test>
#[expect(clippy::unnecessary_wraps, reason = "every method has the same shape")]
pub(super) fn auth_test(state: &mut State, _: &Arguments) -> Result<Value, Refused> {
    let mut answer = json!({
        "url": format!("https://{}.slack.com/", state.team_domain),
        "team": state.team_domain,
        "user": "sandbox",
        "team_id": state.app.team_id,
        "user_id": state.app.bot_user_id,
        "bot_id": state.app.bot_id,
        "is_enterprise_install": state.org_wide,
    });
    if let Some(enterprise) = &state.enterprise_id {
        answer["enterprise_id"] = json!(enterprise);
    }
    Ok(answer)
}

/// <https://docs.slack.dev/reference/methods/users.info>
pub(super) fn info(state: &mut State, arguments: &Arguments) -> Result<Value, Refused> {
    let id = arguments
        .text("user")
        .ok_or_else(|| Refused::misuse("user_not_found"))?;
    let with_email = state.scopes.contains("users:read.email");
    let user = state
        .users
        .get(id)
        .ok_or_else(|| Refused::because("user_not_found"))?;
    Ok(json!({ "user": user.describe(state.home(), with_email) }))
}

/// Finds active people of this workspace only.
/// <https://docs.slack.dev/reference/methods/users.lookupByEmail>
pub(super) fn lookup_by_email(state: &mut State, arguments: &Arguments) -> Result<Value, Refused> {
    let email = arguments.required("email")?;
    let user = state
        .users
        .values()
        .filter(|user| user.foreign_team.is_none() && !user.deleted)
        .filter(|user| user.standing != Standing::Bot)
        .find(|user| {
            let own = user.email.as_deref();
            own.is_some_and(|own| own.eq_ignore_ascii_case(email))
        })
        .ok_or_else(|| Refused::because("users_not_found"))?;
    Ok(json!({ "user": user.describe(state.home(), true) }))
}

/// <https://docs.slack.dev/reference/methods/usergroups.list>
pub(super) fn usergroups(state: &mut State, arguments: &Arguments) -> Result<Value, Refused> {
    same_team(state, arguments)?;
    let with_users = arguments.flag("include_users");
    let with_disabled = arguments.flag("include_disabled");
    let groups: Vec<Value> = state
        .usergroups
        .values()
        .filter(|group| with_disabled || !group.disabled)
        .map(|group| group.describe(&state.app.team_id, with_users))
        .collect();
    Ok(json!({ "usergroups": groups }))
}

/// <https://docs.slack.dev/reference/methods/usergroups.users.list>
pub(super) fn usergroup_members(
    state: &mut State,
    arguments: &Arguments,
) -> Result<Value, Refused> {
    same_team(state, arguments)?;
    let id = arguments.required("usergroup")?;
    let with_disabled = arguments.flag("include_disabled");
    let group = state
        .usergroups
        .get(id)
        .filter(|group| with_disabled || !group.disabled)
        .ok_or_else(|| Refused::because("no_such_subteam"))?;
    Ok(json!({ "users": group.members }))
}

/// An installation for a whole organisation has to say which workspace it means.
fn same_team(state: &State, arguments: &Arguments) -> Result<(), Refused> {
    match arguments.text("team_id") {
        Some(team) if team != state.app.team_id => Err(Refused::because("team_not_found")),
        None if state.org_wide => Err(Refused {
            messages: vec!["[ERROR] missing required field: team_id".to_owned()],
            ..Refused::misuse("missing_argument")
        }),
        _ => Ok(()),
    }
}
