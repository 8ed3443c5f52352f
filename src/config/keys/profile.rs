//! The keys of a `[[profiles]]` table.

use super::{
    CHANNEL, Kind, MOST_SELECTORS, TAG, Table, default, formed, optional, required, selectors, text,
};

pub(super) static PROFILE: Table = Table {
    name: "a profile",
    keys: &[
        required(
            "id",
            formed(40, r"^[a-z0-9][a-z0-9-]*$"),
            r#""prod-ssh""#,
            "Stable key: records use it.",
        ),
        required("name", text(60), r#""Production SSH""#, "What people read."),
        required(
            "description",
            text(75),
            r#""tcp:22 on tag:prod""#,
            "What it opens, in a few words.",
        ),
        optional(
            "environment",
            text(75),
            r#""Production""#,
            "Groups the profiles of the form.",
        ),
        default(
            "risk",
            Kind::Choice(&["normal", "high"]),
            r#""normal""#,
            "With high, approving asks for confirmation.",
        ),
        required(
            "attribute",
            formed(50, r"^custom:[A-Za-z0-9_:]+$"),
            r#""custom:prodSsh""#,
            "The posture attribute that approval writes.",
        ),
        default(
            "value",
            Kind::AttributeValue,
            "true",
            "What the attribute says: true or false, a whole number, or text.",
        ),
        required(
            "durations",
            Kind::List {
                of: &Kind::Duration,
                least: 1,
                most: 9,
            },
            r#"["30m", "1h"]"#,
            "What the form offers, each at least 10s.",
        ),
        optional(
            "default_duration",
            Kind::Duration,
            r#""1h""#,
            "The one of `durations` that the form preselects; the first one if left out.",
        ),
        optional(
            "max_duration",
            Kind::Duration,
            r#""8h""#,
            "Nobody gets longer than this; the longest of `durations` if left out.",
        ),
        default(
            "request_ttl",
            Kind::Duration,
            r#""1h""#,
            "An unanswered request lapses after this, 1m to 30d.",
        ),
        default(
            "justification",
            Kind::Choice(&["required", "optional", "none"]),
            r#""required""#,
            "Whether people must say why.",
        ),
        optional(
            "justification_pattern",
            text(500),
            r#""^(INC|OPS)-[0-9]+""#,
            "Regular expression that a justification has to match somewhere.",
        ),
        optional(
            "justification_hint",
            text(150),
            r#""Begin with the incident, e.g. INC-42""#,
            "Shown under the field.",
        ),
        required("requesters", selectors(1), r#"["*"]"#, "Who may ask."),
        required(
            "approvers",
            selectors(1),
            r#"["usergroup:prod-approvers"]"#,
            "Who may review.",
        ),
        default(
            "approvals",
            Kind::Whole { least: 1, most: 10 },
            "1",
            "How many different people must agree.",
        ),
        default(
            "ask_at_most",
            Kind::Whole {
                least: 1,
                most: 100,
            },
            "10",
            "How many approvers get a card; the others answer through /access status.",
        ),
        default(
            "choose_approver",
            Kind::Flag,
            "false",
            "The form lets the requester name one approver to ask first.",
        ),
        default(
            "self_approval",
            Kind::Choice(&["never", "allowed"]),
            r#""never""#,
            "Whether the requester's own review counts.",
        ),
        default(
            "devices",
            Kind::Choice(&["own", "own-and-tagged"]),
            r#""own""#,
            "Which devices may be asked for; own-and-tagged needs `device_tags`.",
        ),
        optional(
            "device_tags",
            Kind::List {
                of: &TAG,
                least: 1,
                most: MOST_SELECTORS,
            },
            r#"["tag:ci"]"#,
            "The tags of shared machines that may be asked for.",
        ),
        optional(
            "notify_channel",
            CHANNEL,
            r#""C06TH49GKHC""#,
            "The id of the Slack channel that gets a line when access opens.",
        ),
        default(
            "announce_justification",
            Kind::Flag,
            "true",
            "Whether that line carries the justification.",
        ),
        default(
            "workflows",
            Kind::Choice(&["confirm", "never"]),
            r#""confirm""#,
            "Whether a workflow may ask in somebody's name, who then confirms.",
        ),
        default(
            "workflow_check",
            Kind::Flag,
            "false",
            "Whether the Check access step may tell who has this open.",
        ),
    ],
};
