//! What may be asked for, and who answers.

use super::super::message::Message;
use super::super::sentence::{Sentence, say};
use super::super::story::spoken;
use super::listed;
use super::open::{OpenAccess, holders};
use crate::domain::policy::{JustificationRule, Profile};
use crate::slack::text;

/// As many as one message shows.
const LISTED: usize = 40;

/// `/access profiles`.
pub fn profiles(profiles: &[&Profile]) -> Message {
    let Some(first) = profiles.first() else {
        return listed(&[say(
            "There is no profile that you may ask for. If you expected one, tell whoever runs Lapse here.",
        )]);
    };
    let mut lines = vec![say("You may ask for:")];
    lines.extend(profiles.iter().take(LISTED).map(|profile| offer(profile)));
    if profiles.len() > LISTED {
        let more = profiles.len() - LISTED;
        lines.push(say(format!("and {more} more, see the form: ")).code("/access"));
    }
    let because = match first.justification {
        JustificationRule::None => "",
        JustificationRule::Required | JustificationRule::Optional => " because <reason>",
    };
    let length = crate::domain::duration::written(first.default_duration);
    let example = format!("/access request {} for {length}{because}", first.id);
    lines.push(say("Ask with ").code(&example).say("."));
    listed(&lines)
}

/// "`prod-ssh` · Production SSH · tcp:22 on tag:prod · 1 h, at most 8 h · approved by …".
fn offer(profile: &Profile) -> Sentence {
    let offered: Vec<String> = profile.durations.iter().map(|d| spoken(*d)).collect();
    let mut sentence = Sentence::default()
        .code(profile.id.as_str())
        .say(" · ")
        .name(&profile.name);
    if !profile.description.trim().is_empty() {
        sentence = sentence.say(" · ").name(&profile.description);
    }
    sentence
        .say(format!(
            " · {}, at most {} · approved by ",
            text::join(&offered, "or"),
            spoken(profile.max_duration)
        ))
        .then(approvers(profile))
}

fn approvers(profile: &Profile) -> Sentence {
    let selectors: Vec<String> = profile.approvers.iter().map(text::selector).collect();
    let sentence = Sentence::default().names(&selectors, "or");
    match profile.approvals {
        0 | 1 => sentence,
        n => sentence.say(format!(", {n} of them")),
    }
}

/// `/access who <profile>`: who approves it and, to those who may know, who has it.
///
/// `named` are those who may approve for the reader and whose names are known.
pub fn who(profile: &Profile, named: &[&str], has_it: Option<(&[OpenAccess<'_>], u64)>) -> Message {
    let mut approval = say("Approvers of ")
        .name(&profile.name)
        .say(" (")
        .code(profile.id.as_str())
        .say("): ")
        .then(approvers(profile));
    if !named.is_empty() {
        approval = approval.say("; for you: ").names(named, "or");
    }
    let mut lines = vec![approval.say(".")];
    if let Some((open, more)) = has_it {
        let holders = holders(open, more);
        lines.push(say(match holders.as_slice() {
            [] => "Nobody has it open now.",
            _ => "Who has it, gets it or is losing it:",
        }));
        lines.extend(holders);
    }
    listed(&lines)
}
