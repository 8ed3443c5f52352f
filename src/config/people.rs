//! Selectors: who is named, and whether those who are named are enough to agree.

use super::leaked::looks_secret;
use super::problem::{Findings, shown};
use super::tree::Node;
use crate::domain::person::Email;
use crate::domain::policy::{Selector, SelfApproval};
use std::collections::BTreeSet;

/// Reads a list of selectors; `None` when one of them names nobody.
pub(super) fn selectors(node: &Node<'_>, findings: &mut Findings<'_>) -> Option<Vec<Selector>> {
    let read: Vec<Option<Selector>> = node
        .items()
        .iter()
        .map(|item| selector(item, findings))
        .collect();
    read.into_iter().collect()
}

fn selector(node: &Node<'_>, findings: &mut Findings<'_>) -> Option<Selector> {
    let text = node.text()?;
    let one_person = !text.contains(',') && text.matches('@').count() <= 1;
    match Selector::try_from(text.to_owned()) {
        Ok(Selector::Address(_)) if !one_person || text.contains(':') => {}
        Ok(selector) => return Some(selector),
        Err(_) => {}
    }
    if !text.trim().is_empty() {
        findings.error(
            node,
            format!("{} names nobody that can be looked up", shown(text)),
            advice(text),
        );
    }
    None
}

fn advice(text: &str) -> String {
    const FORMS: &str = "write \"*\", an e-mail address, \"usergroup:HANDLE\" or \"group:NAME\"";
    let id = |first: &[char]| {
        text.len() > 6
            && text.starts_with(first)
            && text
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    };
    if looks_secret(text) {
        FORMS.to_owned()
    } else if text.contains(',') {
        "one entry names one person or group: write each in quotes of its own".to_owned()
    } else if text.contains(char::is_whitespace) {
        "remove the space".to_owned()
    } else if let Some(handle) = text.strip_prefix('@').filter(|h| !h.contains('@')) {
        format!(
            "write \"usergroup:{handle}\" for a Slack user group, an e-mail address for one person"
        )
    } else if text.starts_with("tag:") || text.starts_with("autogroup:") {
        "tags and autogroups are not people: write \"group:NAME\" for a group of the tailnet \
         policy file"
            .to_owned()
    } else if id(&['S']) {
        format!("write \"usergroup:{text}\" for a Slack user group")
    } else if id(&['U', 'W']) {
        "people are named by their e-mail address".to_owned()
    } else {
        FORMS.to_owned()
    }
}

/// Warns of `*` where it lets everybody decide.
pub(super) fn warn_of_everyone(node: &Node<'_>, power: &str, findings: &mut Findings<'_>) {
    for item in node.items() {
        if item.text() == Some("*") {
            let message = format!("every member of the workspace {power}");
            let advice = "name a group, e.g. \"usergroup:prod-approvers\", unless you mean it";
            findings.warning(&item, message, advice);
        }
    }
}

/// The review rule of one profile.
pub(super) struct Quorum<'a> {
    pub(super) requesters: &'a [Selector],
    pub(super) approvers: &'a [Selector],
    pub(super) approvals: u32,
    pub(super) self_approval: SelfApproval,
}

impl Quorum<'_> {
    /// Reports a rule that can never be met. A group may hold anybody, so only people named
    /// one by one can be too few.
    pub(super) fn check(&self, node: &Node<'_>, findings: &mut Findings<'_>) {
        let (Some(approvers), Some(list)) = (named(self.approvers), node.key("approvers")) else {
            return;
        };
        let needed = usize::try_from(self.approvals).unwrap_or(usize::MAX);
        if approvers.is_empty() {
            return;
        }
        if approvers.len() < needed {
            let message = format!(
                "{needed} people must agree, and only {} can",
                approvers.len()
            );
            let advice = "name more people or a group, or lower `approvals`";
            findings.error(&list, message, advice);
            return;
        }
        if self.self_approval == SelfApproval::Allowed {
            return;
        }
        let stuck = |who: &Email| approvers.contains(who) && approvers.len() - 1 < needed;
        let advice = "name somebody else as well, or a group, or set self_approval = \"allowed\"";
        let all_stuck = named(self.requesters)
            .is_some_and(|who| !who.is_empty() && who.iter().all(|who| stuck(who)));
        if all_stuck {
            let message = "nobody who may ask could ever be approved: a requester's own review does not count";
            findings.error(&list, message, advice);
            return;
        }
        let requesters = node.key("requesters").map(|list| list.items());
        for (item, requester) in requesters.iter().flatten().zip(self.requesters) {
            if matches!(requester, Selector::Address(who) if stuck(who)) {
                let message = format!(
                    "{} may ask and could never be approved: their own review does not count",
                    shown(&requester.to_string())
                );
                findings.warning(item, message, advice);
            }
        }
    }
}

/// The people, when all of them are named one by one.
fn named(selectors: &[Selector]) -> Option<BTreeSet<&Email>> {
    selectors
        .iter()
        .map(|selector| match selector {
            Selector::Address(email) => Some(email),
            _ => None,
        })
        .collect()
}
