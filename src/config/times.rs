//! The lengths of time of a profile, and whether they agree with one another.

use super::problem::Findings;
use super::tree::Node;
use crate::domain::duration::{parse_duration, spoken};
use std::time::Duration;

const SHORTEST: Duration = Duration::from_secs(10);
const DAY: Duration = Duration::from_hours(24);
const LONGEST: Duration = Duration::from_secs(365 * DAY.as_secs());
const SHORTEST_TTL: Duration = Duration::from_mins(1);
const LONGEST_TTL: Duration = Duration::from_secs(30 * DAY.as_secs());
const DEFAULT_TTL: Duration = Duration::from_hours(1);

/// What a profile says about time.
pub(super) struct Times {
    pub(super) durations: Vec<Duration>,
    pub(super) default_duration: Duration,
    pub(super) max_duration: Duration,
    pub(super) request_ttl: Duration,
}

/// Reads and judges them; `None` when there is no duration to offer.
pub(super) fn read(profile: &Node<'_>, findings: &mut Findings<'_>) -> Option<Times> {
    let offered = offered(profile, findings);
    let longest = offered.iter().map(|(_, duration)| *duration).max();
    let max = valued(profile, "max_duration");
    if let Some((node, max)) = &max {
        within(node, *max, SHORTEST, LONGEST, findings);
    }
    let max_duration = max.as_ref().map(|(_, max)| *max).or(longest);
    for (node, duration) in &offered {
        if let (Some((_, max)), true) = (&max, max_duration < Some(*duration)) {
            let message = format!(
                "{} is more than max_duration, {}",
                spoken(*duration),
                spoken(*max)
            );
            findings.error(node, message, "remove it or raise `max_duration`");
        }
    }
    let default = valued(profile, "default_duration");
    if let Some((node, default)) = &default {
        if !offered.is_empty() && !offered.iter().any(|(_, duration)| duration == default) {
            let message = format!("{} is not among `durations`", spoken(*default));
            findings.error(node, message, "write one of them, or add it to them");
        }
        if max.as_ref().is_some_and(|(_, max)| max < default) {
            let message = format!("{} is more than max_duration", spoken(*default));
            findings.error(node, message, "lower it or raise `max_duration`");
        }
    }
    let ttl = valued(profile, "request_ttl");
    if let Some((node, ttl)) = &ttl {
        within(node, *ttl, SHORTEST_TTL, LONGEST_TTL, findings);
    }
    let durations: Vec<Duration> = offered.into_iter().map(|(_, duration)| duration).collect();
    Some(Times {
        default_duration: default
            .map(|(_, default)| default)
            .or(durations.first().copied())?,
        max_duration: max_duration?,
        request_ttl: ttl.map_or(DEFAULT_TTL, |(_, ttl)| ttl),
        durations,
    })
}

/// The durations that can be read, each once.
fn offered<'t>(profile: &Node<'t>, findings: &mut Findings<'_>) -> Vec<(Node<'t>, Duration)> {
    let mut offered: Vec<(Node<'t>, Duration)> = Vec::new();
    for item in profile.key("durations").iter().flat_map(Node::items) {
        let Some(duration) = duration(&item) else {
            continue;
        };
        if let Some((first, _)) = offered.iter().find(|(_, known)| *known == duration) {
            let message = format!("{} is offered twice", spoken(duration));
            let advice = format!("remove it; {} says the same", first.path);
            findings.error(&item, message, advice);
            continue;
        }
        within(&item, duration, SHORTEST, LONGEST, findings);
        offered.push((item, duration));
    }
    offered
}

fn within(
    node: &Node<'_>,
    duration: Duration,
    shortest: Duration,
    longest: Duration,
    findings: &mut Findings<'_>,
) {
    if duration < shortest {
        let message = format!("{} is too short", spoken(duration));
        let advice = format!("write at least {}", spoken(shortest));
        findings.error(node, message, advice);
    } else if duration > longest {
        let message = format!("{} is too long", spoken(duration));
        let advice = format!("write at most {}", spoken(longest));
        findings.error(node, message, advice);
    }
}

fn valued<'t>(profile: &Node<'t>, key: &str) -> Option<(Node<'t>, Duration)> {
    let node = profile.key(key)?;
    let duration = duration(&node)?;
    Some((node, duration))
}

fn duration(node: &Node<'_>) -> Option<Duration> {
    parse_duration(node.text()?).ok()
}
