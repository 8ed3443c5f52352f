//! What stands between `<` and `>` in mrkdwn: mentions, links, dates.
//! <https://docs.slack.dev/messaging/formatting-message-text#advanced>

use super::{
    mrkdwn::unescaped,
    span::{Mention, Moment, Span},
};

/// Reads one token, without its brackets.
pub(super) fn read(token: &str) -> Span {
    let (what, label) = match token.split_once('|') {
        Some((what, label)) => (
            what,
            Some(unescaped(label)).filter(|label| !label.is_empty()),
        ),
        None => (token, None),
    };
    let mention = |sign, id: &str, label| {
        let id = id.to_owned();
        Span::Mention(Mention { sign, id, label })
    };
    if let Some(id) = what.strip_prefix('@') {
        mention("@", id, label)
    } else if let Some(id) = what.strip_prefix('#') {
        mention("#", id, label)
    } else if let Some(special) = what.strip_prefix('!') {
        match special.split_once('^') {
            Some(("subteam", id)) => mention("@", id, label),
            Some(("date", rest)) => {
                moment(rest, label).unwrap_or_else(|| Span::Unknown(unescaped(what)))
            }
            None if ["here", "channel", "everyone"].contains(&special) => {
                mention("@", special, label)
            }
            _ => Span::Unknown(unescaped(what)),
        }
    } else if what.contains(':') {
        let url = unescaped(what);
        Span::Link { url, label }
    } else {
        Span::Unknown(unescaped(what))
    }
}

/// `UNIX^format` or `UNIX^format^link`.
fn moment(rest: &str, fallback: Option<String>) -> Option<Span> {
    let mut parts = rest.splitn(3, '^');
    let unix = parts.next()?.parse().ok()?;
    let format = unescaped(parts.next()?);
    let link = parts.next().map(unescaped);
    let fallback = fallback.unwrap_or_else(|| format!("at {unix}"));
    Some(Span::Moment(Moment {
        unix,
        format,
        link,
        fallback,
    }))
}
