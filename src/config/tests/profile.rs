//! Rules inside one profile.

use super::{GOOD, but, config, only, told, with};
use crate::domain::attribute::AttributeValue;
use crate::domain::policy::{
    Announcement, ApproverChoice, DeviceRule, JustificationRule, Risk, Selector, SelfApproval,
};
use std::time::Duration;

#[test]
fn what_is_left_out_has_a_default() {
    let config = config(GOOD);
    let profile = &config.policy.profiles[0];
    assert_eq!(profile.risk, Risk::Normal);
    assert_eq!(profile.value, AttributeValue::Bool(true));
    assert_eq!(profile.default_duration, Duration::from_mins(30));
    assert_eq!(profile.max_duration, Duration::from_hours(1));
    assert_eq!(profile.request_ttl, Duration::from_hours(1));
    assert_eq!(profile.justification, JustificationRule::Required);
    assert_eq!(profile.justification_pattern, None);
    assert_eq!(profile.approvals, 1);
    assert_eq!(profile.ask_at_most, 10);
    assert_eq!(profile.approver_choice, ApproverChoice::Lapse);
    assert_eq!(profile.self_approval, SelfApproval::Never);
    assert_eq!(profile.devices, DeviceRule::Own);
    assert_eq!(profile.announcement, Announcement::WithJustification);
    assert_eq!(profile.environment, None);
    assert_eq!(config.policy.hash.as_str().len(), 64);
}

#[test]
fn what_is_written_arrives() {
    let config = config(&with(
        r#"risk = "high"
value = "v1.2"
default_duration = "1h"
max_duration = "1h30m"
request_ttl = "2d"
justification = "optional"
justification_pattern = "^INC-[0-9]+"
justification_hint = "INC-42"
approvals = 2
ask_at_most = 3
choose_approver = true
self_approval = "allowed"
devices = "own-and-tagged"
device_tags = ["tag:ci", "tag:build-2"]
notify_channel = "C06TH49GKHC"
announce_justification = false
environment = "Production"
workflows = "never"
workflow_check = true"#,
    ));
    let profile = &config.policy.profiles[0];
    assert_eq!(profile.risk, Risk::High);
    assert_eq!(profile.value, AttributeValue::Text("v1.2".into()));
    assert_eq!(profile.default_duration, Duration::from_hours(1));
    assert_eq!(profile.max_duration, Duration::from_mins(90));
    assert_eq!(profile.request_ttl, Duration::from_hours(48));
    assert_eq!(profile.justification, JustificationRule::Optional);
    let pattern = profile.justification_pattern.as_ref().expect("a pattern");
    assert!(pattern.matches("INC-42 failover") && !pattern.matches("see INC-42"));
    assert_eq!(profile.approvals, 2);
    assert_eq!(profile.ask_at_most, 3);
    assert_eq!(profile.approver_choice, ApproverChoice::Requester);
    assert_eq!(profile.self_approval, SelfApproval::Allowed);
    assert_eq!(
        profile.devices,
        DeviceRule::OwnAndTagged(vec!["tag:ci".into(), "tag:build-2".into()])
    );
    assert_eq!(profile.announcement, Announcement::WithoutJustification);
    assert_eq!(profile.environment.as_deref(), Some("Production"));
    assert_eq!(profile.requesters, [Selector::Everyone]);
    assert_eq!(
        profile.approvers,
        [Selector::UserGroup("prod-approvers".into())]
    );
}

#[test]
fn an_attribute_follows_tailscale_s_rules() {
    assert_eq!(
        only(&but("custom:prodSsh", "custom:prod-ssh")),
        "lapse.toml:8:13: profiles[0].attribute: `-` is not allowed in an attribute: use \
         letters, digits, `_` and `:`\n    write custom:prodSsh"
    );
    assert_eq!(
        only(&but("custom:prodSsh", "prod.ssh")),
        "lapse.toml:8:13: profiles[0].attribute: a posture attribute that can be written begins \
         with `custom:`\n    write custom:prodSsh"
    );
    assert_eq!(
        only(&but("prodSsh", &"a".repeat(44))),
        "lapse.toml:8:13: profiles[0].attribute: the text has 51 characters, at most 50 are \
         possible\n    shorten it"
    );
}

#[test]
fn a_value_is_one_that_tailscale_takes() {
    for good in ["false", "0", "-5", "9007199254740991", r#""v1.2_x""#] {
        config(&with(&format!("value = {good}")));
    }
    for (bad, message) in [
        (
            r#""a b""#,
            "` ` is not allowed in a string value: use letters, digits, `_` and `.`",
        ),
        (r#""""#, "a string value needs at least one character"),
        (
            "9007199254740992",
            "an integer value is at most 2^53 - 1 either side of zero",
        ),
        (
            "99999999999999999999",
            "an integer value is at most 2^53 - 1 either side of zero",
        ),
    ] {
        assert_eq!(
            only(&with(&format!("value = {bad}"))),
            format!(
                "lapse.toml:12:9: profiles[0].value: {message}\n    write true, a whole number, \
                 or text such as \"v1.2\""
            )
        );
    }
    assert_eq!(
        only(&with("value = 1.5")),
        "lapse.toml:12:9: profiles[0].value: expected `true`, `false`, a whole number or text in \
         quotes, found a number with a decimal point\n    write value = true: What the \
         attribute says: true or false, a whole number, or text."
    );
}

#[test]
fn an_id_can_be_typed_after_a_command() {
    let advice = "write lower-case letters, digits and hyphens, e.g. \"prod-ssh\"";
    for bad in ["Prod", "prod ssh", "prod_ssh", "-prod"] {
        assert_eq!(
            only(&GOOD.replacen("prod-ssh", bad, 1)),
            format!("lapse.toml:5:6: profiles[0].id: `{bad}` is no id of a profile\n    {advice}")
        );
    }
    let long = "a".repeat(41);
    assert_eq!(
        only(&GOOD.replacen("prod-ssh", &long, 1)),
        "lapse.toml:5:6: profiles[0].id: the text has 41 characters, at most 40 are \
         possible\n    shorten it"
    );
}

#[test]
fn durations_agree_with_one_another() {
    assert_eq!(
        only(&with("max_duration = \"45m\"")),
        "lapse.toml:9:21: profiles[0].durations[1]: 1 h is more than max_duration, 45 \
         min\n    remove it or raise `max_duration`"
    );
    assert_eq!(
        only(&with("default_duration = \"45m\"")),
        "lapse.toml:12:20: profiles[0].default_duration: 45 min is not among \
         `durations`\n    write one of them, or add it to them"
    );
    assert_eq!(
        told(&with("default_duration = \"1h\"\nmax_duration = \"45m\"")),
        [
            "lapse.toml:9:21: profiles[0].durations[1]: 1 h is more than max_duration, 45 \
             min\n    remove it or raise `max_duration`",
            "lapse.toml:12:20: profiles[0].default_duration: 1 h is more than \
             max_duration\n    lower it or raise `max_duration`",
        ]
    );
    assert_eq!(
        only(&but(r#""30m", "1h""#, r#""60m", "1h""#)),
        "lapse.toml:9:21: profiles[0].durations[1]: 1 h is offered twice\n    remove it; \
         profiles[0].durations[0] says the same"
    );
    assert_eq!(
        only(&but("30m", "9s")),
        "lapse.toml:9:14: profiles[0].durations[0]: 9 s is too short\n    write at least 10 s"
    );
    assert_eq!(
        only(&with("max_duration = \"366d\"")),
        "lapse.toml:12:16: profiles[0].max_duration: 366 d is too long\n    write at most 365 d"
    );
    let ten: Vec<String> = (1..=10).map(|n| format!("\"{n}h\"")).collect();
    assert_eq!(
        only(&but(r#""30m", "1h""#, &ten.join(", "))),
        "lapse.toml:9:13: profiles[0].durations: the list has 10 entries, at most 9 are \
         possible\n    remove some"
    );
    assert_eq!(
        only(&but(r#""30m", "1h""#, "")),
        "lapse.toml:9:13: profiles[0].durations: the list is empty\n    write durations = \
         [\"30m\", \"1h\"]: What the form offers, each at least 10s."
    );
}

#[test]
fn a_duration_is_written_with_units() {
    let advice = "write it like \"10s\", \"30m\", \"1h30m\" or \"2d\"";
    assert_eq!(
        only(&but("30m", "1.5h")),
        format!(
            "lapse.toml:9:14: profiles[0].durations[0]: `1.5h` is no duration: `.` has no place in \
             a duration: use whole numbers with `d`, `h`, `m` and `s`\n    {advice}"
        )
    );
    assert_eq!(
        only(&with("request_ttl = 3600")),
        "lapse.toml:12:15: profiles[0].request_ttl: expected a duration in quotes, found a whole \
         number\n    write request_ttl = \"1h\": An unanswered request lapses after this, 1m to \
         30d."
    );
}

#[test]
fn a_request_lives_between_a_minute_and_a_month() {
    assert_eq!(
        only(&with("request_ttl = \"59s\"")),
        "lapse.toml:12:15: profiles[0].request_ttl: 59 s is too short\n    write at least 1 min"
    );
    assert_eq!(
        only(&with("request_ttl = \"31d\"")),
        "lapse.toml:12:15: profiles[0].request_ttl: 31 d is too long\n    write at most 30 d"
    );
}

#[test]
fn texts_fit_where_slack_shows_them() {
    for (key, longest, line) in [("name", 60, 6), ("description", 75, 7)] {
        let old = if key == "name" {
            "Production SSH"
        } else {
            "tcp:22 on tag:prod"
        };
        config(&but(old, &"ä".repeat(longest)));
        let column = key.len() + 4;
        assert_eq!(
            only(&but(old, &"ä".repeat(longest + 1))),
            format!(
                "lapse.toml:{line}:{column}: profiles[0].{key}: the text has {} characters, at \
                 most {longest} are possible\n    shorten it",
                longest + 1
            )
        );
    }
    for (key, longest) in [("environment", 75), ("justification_hint", 150)] {
        config(&with(&format!("{key} = \"{}\"", "x".repeat(longest))));
        let column = key.len() + 4;
        assert_eq!(
            only(&with(&format!("{key} = \"{}\"", "x".repeat(longest + 1)))),
            format!(
                "lapse.toml:12:{column}: profiles[0].{key}: the text has {} characters, at most \
                 {longest} are possible\n    shorten it",
                longest + 1
            )
        );
    }
    assert_eq!(
        only(&but("Production SSH", " ")),
        "lapse.toml:6:8: profiles[0].name: the text is empty\n    write name = \"Production \
         SSH\": What people read."
    );
    assert_eq!(
        only(&but("Production SSH", r"Production\u202ESSH")),
        "lapse.toml:6:8: profiles[0].name: the text contains the invisible character \
         U+202E\n    write it on one line, in visible characters"
    );
}

#[test]
fn a_pattern_compiles_and_stays_small() {
    assert_eq!(
        only(&with("justification_pattern = '^(INC|OPS-[0-9]+'")),
        "lapse.toml:12:25: profiles[0].justification_pattern: the pattern does not compile: \
         unclosed group\n    mend it where the mark is:\n        ^(INC|OPS-[0-9]+\n         ^"
    );
    assert_eq!(
        only(&with(r"justification_pattern = '(\w{200}){200}'")),
        "lapse.toml:12:25: profiles[0].justification_pattern: the pattern takes too much memory \
         when it is compiled\n    shorten it, or lower the numbers in {…}"
    );
}

#[test]
fn what_nobody_is_asked_needs_no_pattern() {
    assert_eq!(
        only(&with(
            "justification = \"none\"\njustification_hint = \"INC-42\""
        )),
        "lapse.toml:13:22: warning: profiles[0].justification_hint: nobody is asked for a \
         justification here\n    remove it, or set justification = \"required\""
    );
}

#[test]
fn tags_go_with_own_and_tagged() {
    assert_eq!(
        only(&with("devices = \"own-and-tagged\"")),
        "lapse.toml:12:11: profiles[0].devices: own-and-tagged needs to know which tags\n    add \
         device_tags = [\"tag:ci\"]"
    );
    assert_eq!(
        only(&with("device_tags = [\"tag:ci\"]")),
        "lapse.toml:12:15: profiles[0].device_tags: tags have no meaning unless devices = \
         \"own-and-tagged\"\n    remove `device_tags`, or set devices = \"own-and-tagged\""
    );
    assert_eq!(
        only(&with(
            "devices = \"own-and-tagged\"\ndevice_tags = [\"tag:ci\", \"ci\"]"
        )),
        "lapse.toml:13:26: profiles[0].device_tags[1]: `ci` is no tag\n    write it as in the \
         policy file, e.g. \"tag:ci\""
    );
}

#[test]
fn a_channel_is_named_by_its_id() {
    assert_eq!(
        only(&with("notify_channel = \"#ops\"")),
        "lapse.toml:12:18: profiles[0].notify_channel: `#ops` is no id of a channel\n    copy \
         the id (C… or G…) from the bottom of the channel's details in Slack"
    );
}

#[test]
fn a_quorum_is_between_one_and_ten() {
    for bad in [0, 11] {
        assert_eq!(
            only(&with(&format!("approvals = {bad}\nask_at_most = 11"))),
            format!(
                "lapse.toml:12:13: profiles[0].approvals: `approvals` is between 1 and 10, not \
                 {bad}\n    write approvals = 1: How many different people must agree."
            )
        );
    }
    assert_eq!(
        only(&with("ask_at_most = 0")),
        "lapse.toml:12:15: profiles[0].ask_at_most: `ask_at_most` is between 1 and 100, not \
         0\n    write ask_at_most = 10: How many approvers get a card; the others answer through \
         /access status."
    );
    assert_eq!(
        only(&with("approvals = 3\nask_at_most = 2")),
        "lapse.toml:13:15: profiles[0].ask_at_most: 3 people must agree, and only 2 are \
         asked\n    raise it, or lower `approvals`"
    );
}

#[test]
fn somebody_can_approve() {
    let approvers = |list: &str| but(r#""usergroup:prod-approvers""#, list);
    assert_eq!(
        only(&approvers("")),
        "lapse.toml:11:13: profiles[0].approvers: the list is empty\n    write approvers = \
         [\"usergroup:prod-approvers\"]: Who may review."
    );
    let two = format!(
        "{}approvals = 2\n",
        approvers(r#""grace@example.com", "GRACE@example.com""#)
    );
    assert_eq!(
        only(&two),
        "lapse.toml:11:13: profiles[0].approvers: 2 people must agree, and only 1 can\n    name \
         more people or a group, or lower `approvals`"
    );
    config(&format!(
        "{}approvals = 2\n",
        approvers(r#""grace@example.com", "group:engineering""#)
    ));
}

#[test]
fn a_requester_is_not_the_only_approver() {
    let both = |requesters: &str, approvers: &str| {
        but(r#"["*"]"#, requesters).replace(r#"["usergroup:prod-approvers"]"#, approvers)
    };
    let nobody = "lapse.toml:11:13: profiles[0].approvers: nobody who may ask could ever be \
                  approved: a requester's own review does not count\n    name somebody else as \
                  well, or a group, or set self_approval = \"allowed\"";
    let grace = r#"["grace@example.com"]"#;
    assert_eq!(only(&both(grace, grace)), nobody);
    config(&format!(
        "{}self_approval = \"allowed\"\n",
        both(grace, grace)
    ));
    let pair = r#"["grace@example.com", "ada@example.com"]"#;
    assert_eq!(
        only(&format!("{}approvals = 2\n", both(pair, pair))),
        nobody
    );
    config(&both(pair, pair));
    assert_eq!(
        only(&both(pair, grace)),
        "lapse.toml:10:15: warning: profiles[0].requesters[0]: `grace@example.com` may ask and \
         could never be approved: their own review does not count\n    name somebody else as \
         well, or a group, or set self_approval = \"allowed\""
    );
}

#[test]
fn everybody_as_approver_is_a_warning() {
    assert_eq!(
        only(&but("usergroup:prod-approvers", "*")),
        "lapse.toml:11:14: warning: profiles[0].approvers[0]: every member of the workspace may \
         approve this\n    name a group, e.g. \"usergroup:prod-approvers\", unless you mean it"
    );
}

#[test]
fn a_selector_names_somebody() {
    for (bad, advice) in [
        (
            "grace",
            "write \"*\", an e-mail address, \"usergroup:HANDLE\" or \"group:NAME\"",
        ),
        (
            "@prod",
            "write \"usergroup:prod\" for a Slack user group, an e-mail address for one person",
        ),
        ("U012ABCDEF", "people are named by their e-mail address"),
        (
            "S012ABCDEF",
            "write \"usergroup:S012ABCDEF\" for a Slack user group",
        ),
        (
            "autogroup:admin",
            "tags and autogroups are not people: write \"group:NAME\" for a group of the tailnet \
             policy file",
        ),
        ("usergroup: prod", "remove the space"),
        (
            "a@example.com,b@example.com",
            "one entry names one person or group: write each in quotes of its own",
        ),
    ] {
        assert_eq!(
            only(&but("usergroup:prod-approvers", bad)),
            format!(
                "lapse.toml:11:14: profiles[0].approvers[0]: `{bad}` names nobody that can be \
                 looked up\n    {advice}"
            )
        );
    }
}
