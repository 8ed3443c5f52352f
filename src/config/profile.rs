//! One `[[profiles]]` table: what its values mean, and whether they agree with one another.

use super::leaked::looks_secret;
use super::people::{self, Quorum};
use super::problem::{Findings, shown};
use super::times;
use super::tree::Node;
use crate::domain::attribute::{Attribute, AttributeError, AttributeValue, LONGEST};
use crate::domain::ids::{ChannelId, ProfileId};
use crate::domain::policy::{
    Announcement, ApproverChoice, DeviceRule, JustificationRule, Pattern, Profile, Risk,
    SelfApproval, WorkflowCheck, WorkflowRule,
};
use regex::RegexBuilder;
use toml::de::DeValue;

/// A compiled justification pattern may not take more memory than this.
const PATTERN_SIZE: usize = 1 << 20;
const DEFAULT_APPROVALS: u32 = 1;
const DEFAULT_ASK_AT_MOST: u32 = 10;

/// Reads a profile; `None` when something that it cannot do without is missing or wrong.
pub(super) fn read(node: &Node<'_>, findings: &mut Findings<'_>) -> Option<Profile> {
    let text = |key: &str| node.text_of(key).map(str::to_owned);
    let id = id(node, findings);
    let attribute = attribute(node, findings);
    let value = value(node, findings);
    let times = times::read(node, findings);
    let justification = justification(node);
    let justification_pattern = pattern(node, findings);
    warn_of_unused(node, justification, findings);
    let devices = devices(node, findings);
    let requesters = selectors(node, "requesters", findings);
    let approvers = selectors(node, "approvers", findings);
    if let Some(list) = node.key("approvers") {
        people::warn_of_everyone(&list, "may approve this", findings);
    }
    let approvals = number(node, "approvals", DEFAULT_APPROVALS);
    let ask_at_most = ask_at_most(node, approvals, findings);
    let self_approval = match node.text_of("self_approval") {
        Some("allowed") => SelfApproval::Allowed,
        _ => SelfApproval::Never,
    };
    if let (Some(requesters), Some(approvers)) = (&requesters, &approvers) {
        let quorum = Quorum {
            requesters,
            approvers,
            approvals,
            self_approval,
        };
        quorum.check(node, findings);
    }
    let notify_channel = channel(node, "notify_channel", findings);
    let times = times?;
    Some(Profile {
        id: id?,
        name: text("name")?,
        description: text("description")?,
        environment: text("environment"),
        risk: match node.text_of("risk") {
            Some("high") => Risk::High,
            _ => Risk::Normal,
        },
        attribute: attribute?,
        value: value?,
        durations: times.durations,
        default_duration: times.default_duration,
        max_duration: times.max_duration,
        request_ttl: times.request_ttl,
        justification,
        justification_pattern,
        justification_hint: text("justification_hint"),
        requesters: requesters?,
        approvers: approvers?,
        approvals,
        ask_at_most,
        approver_choice: if flag(node, "choose_approver", false) {
            ApproverChoice::Requester
        } else {
            ApproverChoice::Lapse
        },
        self_approval,
        devices,
        notify_channel,
        announcement: if flag(node, "announce_justification", true) {
            Announcement::WithJustification
        } else {
            Announcement::WithoutJustification
        },
        workflows: match node.text_of("workflows") {
            Some("never") => WorkflowRule::Never,
            _ => WorkflowRule::Confirm,
        },
        workflow_check: if flag(node, "workflow_check", false) {
            WorkflowCheck::Told
        } else {
            WorkflowCheck::Silent
        },
    })
}

fn id(profile: &Node<'_>, findings: &mut Findings<'_>) -> Option<ProfileId> {
    let node = profile.key("id")?;
    let text = node.text()?;
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !text.trim().is_empty() && (text.starts_with('-') || !text.chars().all(legal)) {
        let message = format!("{} is no id of a profile", shown(text));
        let advice = "write lower-case letters, digits and hyphens, e.g. \"prod-ssh\"";
        findings.error(&node, message, advice);
        return None;
    }
    Some(ProfileId::new(text))
}

fn attribute(profile: &Node<'_>, findings: &mut Findings<'_>) -> Option<Attribute> {
    let node = profile.key("attribute")?;
    let text = node.text()?;
    match Attribute::parse(text) {
        Ok(attribute) => Some(attribute),
        // The size is told with the sizes of all other texts.
        Err(AttributeError::TooLong(_)) => None,
        Err(_) if text.trim().is_empty() => None,
        Err(error) => {
            let advice = format!("write {}", nearest_attribute(text));
            findings.error(&node, error.to_string(), advice);
            None
        }
    }
}

/// The key that somebody who wrote `prod-ssh` or `custom:prod.ssh` probably wants.
fn nearest_attribute(text: &str) -> String {
    let name = text.strip_prefix("custom:").unwrap_or(text);
    let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    let mut key = "custom:".to_owned();
    let mut rises = false;
    for character in name.chars() {
        if !is_legal(character) {
            rises = key != "custom:";
        } else if rises {
            key.push(character.to_ascii_uppercase());
            rises = false;
        } else {
            key.push(character);
        }
    }
    if key == "custom:" || key.len() > LONGEST || looks_secret(name) {
        "custom:prodSsh".to_owned()
    } else {
        key
    }
}

fn value(profile: &Node<'_>, findings: &mut Findings<'_>) -> Option<AttributeValue> {
    let Some(node) = profile.key("value") else {
        return Some(AttributeValue::Bool(true));
    };
    let value = match node.value {
        DeValue::Boolean(value) => AttributeValue::Bool(*value),
        DeValue::String(text) => AttributeValue::Text(text.to_string()),
        // A number that 64 bits cannot hold is as illegal as any that 53 cannot.
        DeValue::Integer(_) => AttributeValue::Integer(node.whole().unwrap_or(i64::MAX)),
        _ => return None,
    };
    if let Err(error) = value.check() {
        let advice = "write true, a whole number, or text such as \"v1.2\"";
        findings.error(&node, error.to_string(), advice);
        return None;
    }
    Some(value)
}

fn justification(profile: &Node<'_>) -> JustificationRule {
    match profile.text_of("justification") {
        Some("optional") => JustificationRule::Optional,
        Some("none") => JustificationRule::None,
        _ => JustificationRule::Required,
    }
}

fn pattern(profile: &Node<'_>, findings: &mut Findings<'_>) -> Option<Pattern> {
    let node = profile.key("justification_pattern")?;
    // A secret is told already, and what follows would repeat it.
    let source = node.text().filter(|source| !looks_secret(source))?;
    let compiled = RegexBuilder::new(source)
        .size_limit(PATTERN_SIZE)
        .dfa_size_limit(PATTERN_SIZE)
        .build();
    match compiled {
        Ok(regex) => Some(Pattern::new(source, move |text: &str| regex.is_match(text))),
        Err(regex::Error::Syntax(explanation)) => {
            let (place, reason) = explanation
                .rsplit_once("error: ")
                .unwrap_or((explanation.as_str(), "unknown"));
            let drawing = place
                .trim_start_matches("regex parse error:")
                .trim_matches('\n');
            let message = format!("the pattern does not compile: {reason}");
            findings.error(
                &node,
                message,
                format!("mend it where the mark is:\n{drawing}"),
            );
            None
        }
        Err(_) => {
            let message = "the pattern takes too much memory when it is compiled";
            findings.error(&node, message, "shorten it, or lower the numbers in {…}");
            None
        }
    }
}

fn warn_of_unused(profile: &Node<'_>, rule: JustificationRule, findings: &mut Findings<'_>) {
    if rule == JustificationRule::None {
        for key in ["justification_pattern", "justification_hint"] {
            if let Some(node) = profile.key(key) {
                let message = "nobody is asked for a justification here";
                let advice = "remove it, or set justification = \"required\"";
                findings.warning(&node, message, advice);
            }
        }
    }
}

fn devices(profile: &Node<'_>, findings: &mut Findings<'_>) -> DeviceRule {
    let rule = profile.key("devices");
    let tags = profile.key("device_tags");
    let with_tagged = rule.as_ref().and_then(Node::text) == Some("own-and-tagged");
    match (with_tagged, tags) {
        (true, Some(tags)) => {
            let items = tags.items();
            let read = items.iter().filter_map(|item| tag(item, findings));
            DeviceRule::OwnAndTagged(read.collect())
        }
        (true, None) => {
            if let Some(rule) = rule {
                let message = "own-and-tagged needs to know which tags";
                findings.error(&rule, message, "add device_tags = [\"tag:ci\"]");
            }
            DeviceRule::Own
        }
        (false, Some(tags)) => {
            let message = "tags have no meaning unless devices = \"own-and-tagged\"";
            let advice = "remove `device_tags`, or set devices = \"own-and-tagged\"";
            findings.error(&tags, message, advice);
            DeviceRule::Own
        }
        (false, None) => DeviceRule::Own,
    }
}

/// <https://tailscale.com/kb/1068/tags>
fn tag(node: &Node<'_>, findings: &mut Findings<'_>) -> Option<String> {
    let text = node.text()?;
    let name = text.strip_prefix("tag:").unwrap_or_default();
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(legal) {
        return Some(text.to_owned());
    }
    if !text.trim().is_empty() {
        let message = format!("{} is no tag", shown(text));
        findings.error(
            node,
            message,
            "write it as in the policy file, e.g. \"tag:ci\"",
        );
    }
    None
}

fn ask_at_most(profile: &Node<'_>, approvals: u32, findings: &mut Findings<'_>) -> u32 {
    let most = number(profile, "ask_at_most", DEFAULT_ASK_AT_MOST);
    if let Some(node) = profile
        .key("ask_at_most")
        .filter(|_| (1..approvals).contains(&most))
    {
        let message = format!("{approvals} people must agree, and only {most} are asked");
        findings.error(&node, message, "raise it, or lower `approvals`");
    }
    most
}

fn selectors(
    profile: &Node<'_>,
    key: &str,
    findings: &mut Findings<'_>,
) -> Option<Vec<crate::domain::policy::Selector>> {
    people::selectors(&profile.key(key)?, findings)
}

/// The id of a channel, as in the URL of the channel.
pub(super) fn channel(
    section: &Node<'_>,
    key: &str,
    findings: &mut Findings<'_>,
) -> Option<ChannelId> {
    let node = section.key(key)?;
    let text = node.text()?;
    let legal = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    if text.len() > 2 && text.starts_with(['C', 'G']) && text.chars().all(legal) {
        return Some(ChannelId::new(text));
    }
    if !text.trim().is_empty() {
        let message = format!("{} is no id of a channel", shown(text));
        let advice = "copy the id (C… or G…) from the bottom of the channel's details in Slack";
        findings.error(&node, message, advice);
    }
    None
}

/// What stands there, if its shape is right; else what would stand there by default.
fn number(profile: &Node<'_>, key: &str, default: u32) -> u32 {
    let written = profile.key(key).and_then(|node| node.whole());
    written
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or(default)
}

fn flag(profile: &Node<'_>, key: &str, default: bool) -> bool {
    let written = profile.key(key).and_then(|node| node.value.as_bool());
    written.unwrap_or(default)
}
