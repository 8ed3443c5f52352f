//! Slash commands.

use super::form::Form;
use super::{Caller, Malformed};
use crate::domain::ids::ChannelId;
use crate::slack::{ResponseUrl, TriggerId, Unlogged};

/// Somebody typed `/access …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Who typed it.
    pub caller: Caller,
    /// The command with its slash.
    pub name: String,
    /// What stood behind the command. May hold a justification.
    pub text: Unlogged,
    /// Where it was typed.
    pub channel: Option<ChannelId>,
    /// Opens one view.
    pub trigger: Option<TriggerId>,
    /// Takes later answers.
    pub response_url: Option<ResponseUrl>,
}

pub(super) fn from_form(form: &Form<'_>) -> Result<Command, Malformed> {
    Ok(Command {
        caller: Caller::from_form(form)?,
        name: form.filled("command")?.ok_or(Malformed)?.to_owned(),
        text: Unlogged::new(form.once("text")?.unwrap_or_default()),
        channel: form.filled("channel_id")?.map(ChannelId::new),
        trigger: form.filled("trigger_id")?.map(TriggerId::new),
        response_url: form.filled("response_url")?.map(ResponseUrl::new),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Malformed, parse_command, samples};
    use crate::slack::Reach;

    #[test]
    fn a_command_of_one_workspace() {
        let body = samples::form(&[
            ("token", "ignored"),
            ("team_id", "T0HARBOUR"),
            ("user_id", "U0AMELIE"),
            ("channel_id", "C0DECK"),
            ("command", "/access"),
            ("text", "request prod-ssh for 2h because of “salt & sun”"),
            (
                "response_url",
                "https://hooks.slack.com/commands/T0HARBOUR/1/x",
            ),
            ("trigger_id", "1.2.abc"),
        ]);
        let command = parse_command(body.as_bytes()).expect("a command");
        assert_eq!(command.caller.person.as_str(), "U0AMELIE");
        assert_eq!(command.caller.team.expect("a team").as_str(), "T0HARBOUR");
        assert_eq!(command.caller.user_team, None);
        assert_eq!(command.caller.reach, Reach::Workspace);
        assert_eq!(command.name, "/access");
        assert_eq!(
            command.text.as_str(),
            "request prod-ssh for 2h because of “salt & sun”"
        );
        assert_eq!(command.trigger.expect("a trigger").as_str(), "1.2.abc");
    }

    #[test]
    fn a_command_of_an_organisation_with_little_in_it() {
        let body = samples::form(&[
            ("user_id", "W0LINUS"),
            ("enterprise_id", "E0FLEET"),
            ("is_enterprise_install", "true"),
            ("team_id", ""),
            ("command", "/access"),
        ]);
        let command = parse_command(body.as_bytes()).expect("a command");
        assert_eq!(command.caller.team, None);
        assert_eq!(command.caller.enterprise.expect("one").as_str(), "E0FLEET");
        assert_eq!(command.caller.reach, Reach::Organisation);
        assert_eq!(command.text.as_str(), "");
        assert_eq!((command.trigger, command.response_url), (None, None));
    }

    #[test]
    fn without_a_person_or_with_two_it_is_malformed() {
        for body in [
            "command=%2Faccess",
            "user_id=&command=%2Faccess",
            "user_id=U0AMELIE&user_id=U0LINUS&command=%2Faccess",
            "user_id=U0AMELIE",
            "ssl_check=1&token=x",
        ] {
            assert_eq!(parse_command(body.as_bytes()), Err(Malformed), "{body}");
        }
    }

    #[test]
    fn what_was_typed_stays_out_of_debug_output() {
        let body = samples::form(&[
            ("user_id", "U0AMELIE"),
            ("command", "/access"),
            ("text", "because the vault leaks"),
            ("response_url", "https://hooks.slack.com/commands/secret"),
        ]);
        let shown = format!("{:?}", parse_command(body.as_bytes()));
        assert!(
            !shown.contains("vault") && !shown.contains("secret"),
            "{shown}"
        );
    }
}
